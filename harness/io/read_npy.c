#include "selbench/npy.h"

static sb_status npy_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    (void)options;
    return sb_npy_read(in, limit, cx, out);
}

const sb_reader sb_reader_npy = {
    .name = "npy",
    .summary = "one array as numpy.save writes it",
    .source = "NumPy enhancement proposal 1, a simple file format for NumPy arrays",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".npy", NULL},
    .read = npy_read,
};

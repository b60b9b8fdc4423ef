#include "selbench/vecs.h"

static sb_status fvecs_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    (void)options;
    return sb_vecs_read(in, SB_F32, limit, cx, out);
}

const sb_reader sb_reader_fvecs = {
    .name = "fvecs",
    .summary = "rows of float32, each behind its number of columns",
    .source = "Jegou and Amsaleg, Datasets for approximate nearest neighbor search (TEXMEX)",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".fvecs", NULL},
    .read = fvecs_read,
};

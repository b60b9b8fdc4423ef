#include "selbench/vecs.h"

static sb_status u8bin_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    (void)options;
    return sb_bin_read(in, SB_U8, limit, cx, out);
}

const sb_reader sb_reader_u8bin = {
    .name = "u8bin",
    .summary = "rows of unsigned bytes behind their number and width",
    .source = "Simhadri et al. 2022, Results of the NeurIPS'21 challenge on billion-scale ANN search",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".u8bin", NULL},
    .read = u8bin_read,
};

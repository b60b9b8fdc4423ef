#include "selbench/vecs.h"

static sb_status i8bin_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    (void)options;
    return sb_bin_read(in, SB_I8, limit, cx, out);
}

const sb_reader sb_reader_i8bin = {
    .name = "i8bin",
    .summary = "rows of signed bytes behind their number and width",
    .source = "Simhadri et al. 2022, Results of the NeurIPS'21 challenge on billion-scale ANN search",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".i8bin", NULL},
    .read = i8bin_read,
};

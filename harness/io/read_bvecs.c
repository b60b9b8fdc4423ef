#include "selbench/vecs.h"

static sb_status bvecs_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    (void)options;
    return sb_vecs_read(in, SB_U8, limit, cx, out);
}

const sb_reader sb_reader_bvecs = {
    .name = "bvecs",
    .summary = "rows of bytes, each behind its number of columns",
    .source = "Jegou and Amsaleg, Datasets for approximate nearest neighbor search (TEXMEX)",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".bvecs", NULL},
    .read = bvecs_read,
};

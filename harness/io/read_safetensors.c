/* The tensor files of the Hugging Face libraries. */
#include "selbench/safetensors.h"

typedef struct safetensors_options {
    const char *member;
} safetensors_options;

static const sb_param params[] = {
    {"member", "name of the tensor; empty: the only one", "", SB_P_TEXT, offsetof(safetensors_options, member), 0, 0,
     NULL},
    {0},
};

static sb_status safetensors_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const safetensors_options *o = options;
    return sb_safetensors_read(in, o->member, limit, cx, out);
}

const sb_reader sb_reader_safetensors = {
    .name = "safetensors",
    .summary = "a tensor of a safetensors file",
    .source = "Hugging Face, safetensors format",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".safetensors", NULL},
    .option_size = sizeof(safetensors_options),
    .options = params,
    .read = safetensors_read,
};

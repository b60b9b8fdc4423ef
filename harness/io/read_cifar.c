/* The binary version of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3 x 32 x 32 pixels. */
#include <string.h>

#include "selbench/reader.h"

enum { PIXELS = 3 * 32 * 32, LABEL_FINE = 0, LABEL_COARSE = 1 };

typedef struct cifar_options {
    int labels, label;
} cifar_options;

static const sb_param params[] = {
    {"labels", "label bytes of a record: 1 in CIFAR-10, 2 (coarse, fine) in CIFAR-100", "1", SB_P_ENUM,
     offsetof(cifar_options, labels), 0, 1, (const char *const[]){"1", "2", NULL}},
    {"label", "of two labels, the one that is column 0", "fine", SB_P_ENUM, offsetof(cifar_options, label), 0, 1,
     (const char *const[]){"fine", "coarse", NULL}},
    {0},
};

static sb_status cifar_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const cifar_options *o = options;
    const size_t labels = o->labels ? 2 : 1, record = labels + PIXELS, row = 1 + PIXELS;
    uint8_t *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    if (size == 0 || size % record)
        SB_FAIL(cx->err, SB_EFORMAT, "%zu bytes are not a whole number of records of %zu", size, record);
    const size_t n = size / record, skip = labels == 2 && o->label == LABEL_FINE;
    for (size_t i = 0; i < n && labels == 2; i++) { /* rows move down: the write never overtakes the reading */
        bytes[i * row] = bytes[i * record + skip];
        memmove(bytes + i * row + 1, bytes + i * record + 2, PIXELS);
    }
    *out = (sb_array){.type = SB_U8, .dims = 2, .shape = {n, row}, .data = bytes};
    return SB_OK;
}

const sb_reader sb_reader_cifar = {
    .name = "cifar",
    .summary = "binary CIFAR-10 and CIFAR-100; column 0 is the label, then the red, green and blue planes",
    .source = "Krizhevsky 2009, Learning multiple layers of features from tiny images; the data set's page",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".cifar", NULL},
    .option_size = sizeof(cifar_options),
    .options = params,
    .read = cifar_read,
};

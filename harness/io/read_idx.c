/* IDX, the format of MNIST: 0, 0, type, dimensions; one 32-bit size for each; the elements; all big-endian. */
#include <string.h>

#include "selbench/reader.h"

typedef struct idx_type {
    uint8_t code, bytes; /* bytes of an element in the file */
    sb_dtype type;
} idx_type;

static const idx_type types[] = {
    {0x08, 1, SB_U8}, {0x09, 1, SB_I8}, {0x0b, 2, SB_I32}, {0x0c, 4, SB_I32}, {0x0d, 4, SB_F32}, {0x0e, 8, SB_F64},
};

/* Turns count big-endian elements of `bytes` bytes into memory order. */
static void swap_bytes(uint8_t *v, size_t count, size_t bytes)
{
    for (size_t i = 0; i < count && bytes == 4; i++) {
        uint32_t w;
        memcpy(&w, v + 4 * i, 4);
        w = __builtin_bswap32(w);
        memcpy(v + 4 * i, &w, 4);
    }
    for (size_t i = 0; i < count && bytes == 8; i++) {
        uint64_t w;
        memcpy(&w, v + 8 * i, 8);
        w = __builtin_bswap64(w);
        memcpy(v + 8 * i, &w, 8);
    }
}

/* raw: count 16-bit elements in the second half of the int32 values; the write never overtakes the reading. */
static void widen(const uint8_t *raw, size_t count, int32_t *value)
{
    for (size_t i = 0; i < count; i++) value[i] = (int16_t)(uint16_t)(raw[2 * i] << 8 | raw[2 * i + 1]);
}

static sb_status idx_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    (void)options;
    uint8_t head[4];
    SB_TRY(sb_stream_exact(in, head, sizeof head, "IDX header", cx));
    const idx_type *t = NULL;
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (types[k].code == head[2]) t = &types[k];
    if (head[0] || head[1] || !t)
        SB_FAIL(cx->err, SB_EFORMAT, "not IDX: it begins with %02x %02x %02x %02x", head[0], head[1], head[2], head[3]);
    if (head[3] < 1 || head[3] > SB_DIMS_MAX)
        SB_FAIL(cx->err, SB_EFORMAT, "%d dimensions, outside 1 to %d", head[3], SB_DIMS_MAX);
    out->type = t->type;
    out->dims = head[3];
    size_t room = sb_dtype_size(t->type); /* empty dimensions count as 1, so that widths cannot overflow either */
    bool empty = false;
    for (size_t k = 0; k < out->dims; k++) {
        uint8_t b[4];
        SB_TRY(sb_stream_exact(in, b, sizeof b, "IDX header", cx));
        out->shape[k] = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
        empty |= out->shape[k] == 0;
        if (__builtin_mul_overflow(room, out->shape[k] ? out->shape[k] : 1, &room) || room > limit)
            SB_FAIL(cx->err, SB_ENOMEM, "the array is above the limit of %zu bytes", limit);
    }
    const size_t count = empty ? 0 : room / sb_dtype_size(t->type);
    uint8_t *data = SB_NEW(cx->arena, room, uint8_t);
    if (!data) SB_FAIL(cx->err, SB_ENOMEM, "array of %zu bytes", room);
    uint8_t *raw = data + count * (sb_dtype_size(t->type) - t->bytes);
    SB_TRY(sb_stream_exact(in, raw, count * t->bytes, "IDX data", cx));
    SB_TRY(sb_stream_end(in, cx));
    out->data = data;
    if (t->bytes == 2)
        widen(raw, count, out->data);
    else
        swap_bytes(data, count, t->bytes);
    return SB_OK;
}

const sb_reader sb_reader_idx = {
    .name = "idx",
    .summary = "IDX arrays of the MNIST family",
    .source = "LeCun, Cortes and Burges, the MNIST database of handwritten digits",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".idx", "-idx1-ubyte", "-idx3-ubyte", ".idx1-ubyte", ".idx3-ubyte", NULL},
    .read = idx_read,
};

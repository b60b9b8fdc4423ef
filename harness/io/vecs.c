#include "selbench/vecs.h"

#include <string.h>

static uint32_t word(const uint8_t *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

sb_status sb_vecs_read(sb_stream *in, sb_dtype type, size_t limit, sb_ctx *cx, sb_array *out)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    if (size < 4) SB_FAIL(cx->err, SB_EFORMAT, "ends after %zu bytes, before its first row", size);
    const size_t d = word(bytes);
    if (d == 0 || d >= 1u << 24) SB_FAIL(cx->err, SB_EFORMAT, "row 0 has %zu columns, outside 1 to 2^24 - 1", d);
    const size_t packed = d * sb_dtype_size(type), record = 4 + packed, n = size / record;
    if (size % record)
        SB_FAIL(cx->err, SB_EFORMAT, "%zu bytes are not a whole number of rows of 4 + %zu bytes", size, packed);
    for (size_t i = 0; i < n; i++) { /* the rows move down over the numbers between them */
        if (word(bytes + i * record) != d)
            SB_FAIL(cx->err, SB_EFORMAT, "row %zu has %u columns, row 0 has %zu", i, word(bytes + i * record), d);
        memmove(bytes + i * packed, bytes + i * record + 4, packed);
    }
    *out = (sb_array){.type = type, .dims = 2, .shape = {n, d}, .data = bytes};
    return SB_OK;
}

sb_status sb_bin_read(sb_stream *in, sb_dtype type, size_t limit, sb_ctx *cx, sb_array *out)
{
    uint8_t head[8];
    SB_TRY(sb_stream_exact(in, head, sizeof head, "numbers of rows and columns", cx));
    const size_t n = word(head), d = word(head + 4), element = sb_dtype_size(type);
    if (n == 0 || d == 0) SB_FAIL(cx->err, SB_EFORMAT, "%zu rows and %zu columns", n, d);
    if (n > limit / element / d)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu values are above the limit of %zu bytes", n, d, limit);
    uint8_t *data = SB_NEW(cx->arena, n * d * element, uint8_t);
    if (!data) SB_FAIL(cx->err, SB_ENOMEM, "array of %zu x %zu values", n, d);
    SB_TRY(sb_stream_exact(in, data, n * d * element, "rows", cx));
    SB_TRY(sb_stream_end(in, cx));
    *out = (sb_array){.type = type, .dims = 2, .shape = {n, d}, .data = data};
    return SB_OK;
}

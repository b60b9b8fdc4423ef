/* Elements of arrays of any dtype as numbers. */
#include <stdbool.h>
#include <string.h>

#include "selbench/reader.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are kept in little-endian memory");

size_t sb_dtype_size(sb_dtype type)
{
    switch (type) {
    case SB_U8:
    case SB_I8: return 1;
    case SB_F16: return 2;
    case SB_I32:
    case SB_F32: return 4;
    case SB_I64:
    case SB_F64: return 8;
    }
    SB_BUG("dtype %d", (int)type);
}

size_t sb_array_rows(const sb_array *a) { return a->dims ? a->shape[0] : 1; }

size_t sb_array_width(const sb_array *a)
{
    size_t width = 1;
    for (size_t k = 1; k < a->dims; k++) width *= a->shape[k];
    return width;
}

/* IEEE 754 binary16 to binary32, exact. The 15 bits of exponent and mantissa, moved to their binary32 places, are the
 * value times 2^-112, subnormals included; infinity and NaN get their exponent by hand. */
static float half_to_float(uint16_t half)
{
    const uint32_t magnitude = (uint32_t)(half & 0x7fffu) << 13, sign = (uint32_t)(half & 0x8000u) << 16;
    float scaled;
    memcpy(&scaled, &magnitude, sizeof scaled);
    scaled *= 0x1p112f;
    uint32_t bits;
    memcpy(&bits, &scaled, sizeof bits);
    if ((half & 0x7c00u) == 0x7c00u) bits = magnitude | 0x7f800000u;
    bits |= sign;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double sb_array_at(const sb_array *a, size_t i, size_t j)
{
    const size_t at = i * sb_array_width(a) + j;
    switch (a->type) {
    case SB_U8: return ((const uint8_t *)a->data)[at];
    case SB_I8: return ((const int8_t *)a->data)[at];
    case SB_I32: return ((const int32_t *)a->data)[at];
    case SB_I64: return (double)((const int64_t *)a->data)[at];
    case SB_F16: return (double)half_to_float(((const uint16_t *)a->data)[at]);
    case SB_F32: return (double)((const float *)a->data)[at];
    case SB_F64: return ((const double *)a->data)[at];
    }
    SB_BUG("dtype %d", (int)a->type);
}

#define CONVERT(type, expression)                                                                                      \
    do {                                                                                                               \
        const type *from = (const type *)a->data + first;                                                              \
        for (size_t i = 0; i < count; i++) out[i] = expression;                                                        \
        return;                                                                                                        \
    } while (0)

void sb_array_floats(const sb_array *a, size_t first, size_t count, float *out)
{
    switch (a->type) {
    case SB_U8: CONVERT(uint8_t, (float)from[i]);
    case SB_I8: CONVERT(int8_t, (float)from[i]);
    case SB_I32: CONVERT(int32_t, (float)from[i]);
    case SB_I64: CONVERT(int64_t, (float)from[i]);
    case SB_F16: CONVERT(uint16_t, half_to_float(from[i]));
    case SB_F32: CONVERT(float, from[i]);
    case SB_F64: CONVERT(double, (float)from[i]);
    }
    SB_BUG("dtype %d", (int)a->type);
}

/* Eight bytes: the size of the header; the header: JSON, {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0,
 * 24]}, ...}; the tensors. Everything in the header is checked against the others before a byte of data is taken. */
#include "selbench/safetensors.h"

#include <jansson.h>
#include <string.h>

#include "str.h"

enum { HEADER_LIMIT = 1 << 24, SKIP = 1 << 16, NAMES_SHOWN = 16 };

/* How an element lies in the file, and what it becomes. */
typedef struct tensor_type {
    const char *name;
    unsigned char bytes;
    sb_dtype type;
} tensor_type;

static const tensor_type types[] = {
    {"F32", 4, SB_F32}, {"F16", 2, SB_F16}, {"BF16", 2, SB_F32}, {"F64", 8, SB_F64}, {"I8", 1, SB_I8},
    {"I16", 2, SB_I32}, {"I32", 4, SB_I32}, {"I64", 8, SB_I64},  {"U8", 1, SB_U8},   {"U16", 2, SB_I32},
    {"U32", 4, SB_I64}, {"U64", 8, SB_I64}, {"BOOL", 1, SB_U8},
};

typedef struct tensor {
    const tensor_type *type;
    size_t dims, shape[SB_DIMS_MAX], begin, end; /* bytes behind the header */
} tensor;

static sb_status bad_entry(const char *name, const char *what, sb_ctx *cx)
{
    SB_FAIL(cx->err, SB_EFORMAT, "tensor '%.200s': %s", name, what);
}

/* A whole number of at least 0. */
static bool take_size(const json_t *v, size_t *size)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0) return false;
    *size = (size_t)json_integer_value(v);
    return true;
}

static sb_status take_type(const char *name, const json_t *entry, sb_ctx *cx, tensor *t)
{
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype) return bad_entry(name, "it lacks 'dtype'", cx);
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (strcmp(types[k].name, dtype) == 0) t->type = &types[k];
    if (t->type) return SB_OK;
    SB_FAIL(cx->err, SB_EDATA,
            "tensor '%.200s': dtype '%.40s' cannot be read (F16 BF16 F32 F64 I8 I16 I32 I64 U8 U16 U32 U64 BOOL can)",
            name, dtype);
}

static sb_status take_entry(const char *name, const json_t *entry, size_t limit, sb_ctx *cx, tensor *t)
{
    const json_t *shape = json_object_get(entry, "shape"), *at = json_object_get(entry, "data_offsets");
    SB_TRY(take_type(name, entry, cx, t));
    if (!json_is_array(shape)) return bad_entry(name, "it lacks 'shape', a list", cx);
    t->dims = json_array_size(shape);
    if (t->dims > SB_DIMS_MAX) SB_FAIL(cx->err, SB_EDATA, "%zu dimensions, above %d", t->dims, SB_DIMS_MAX);
    size_t room = sb_dtype_size(t->type->type); /* empty dimensions count as 1, so that widths cannot overflow either */
    bool empty = false;
    for (size_t k = 0; k < t->dims; k++) {
        if (!take_size(json_array_get(shape, k), &t->shape[k]))
            return bad_entry(name, "its shape is no list of sizes", cx);
        empty |= t->shape[k] == 0;
        if (__builtin_mul_overflow(room, t->shape[k] ? t->shape[k] : 1, &room) || room > limit)
            SB_FAIL(cx->err, SB_ENOMEM, "the array is above the limit of %zu bytes", limit);
    }
    const size_t count = empty ? 0 : room / sb_dtype_size(t->type->type);
    if (!json_is_array(at) || json_array_size(at) != 2 || !take_size(json_array_get(at, 0), &t->begin) ||
        !take_size(json_array_get(at, 1), &t->end) || t->begin > t->end)
        return bad_entry(name, "'data_offsets' must be [begin, end]", cx);
    if (t->end - t->begin != count * t->type->bytes) return bad_entry(name, "its shape and its offsets disagree", cx);
    return SB_OK;
}

/* Where the last tensor ends. */
static sb_status end_of_data(const json_t *header, sb_ctx *cx, size_t *end)
{
    const char *name = NULL;
    json_t *entry = NULL;
    json_object_foreach((json_t *)(uintptr_t)header, name, entry)
    {
        size_t stop = 0;
        if (strcmp(name, "__metadata__") == 0) continue;
        if (!take_size(json_array_get(json_object_get(entry, "data_offsets"), 1), &stop))
            return bad_entry(name, "'data_offsets' must be [begin, end]", cx);
        if (stop > *end) *end = stop;
    }
    return SB_OK;
}

static sb_status find_tensor(const json_t *header, const char *member, sb_ctx *cx, const char **name,
                             const json_t **found)
{
    sb_buf names = {.arena = cx->arena};
    const char *key = NULL;
    json_t *entry = NULL;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)header, key, entry)
    {
        if (strcmp(key, "__metadata__") == 0) continue;
        if (n++ < NAMES_SHOWN) sb_buf_add(&names, "%s%.100s", n > 1 ? ", " : "", key);
        if (*member && strcmp(key, member) != 0) continue;
        *name = key;
        *found = entry;
    }
    if (!n) SB_FAIL(cx->err, SB_EDATA, "it has no tensor");
    if (names.bad) SB_FAIL(cx->err, SB_ENOMEM, "names of tensors");
    if (*found && (*member || n == 1)) return SB_OK;
    if (*member) SB_FAIL(cx->err, SB_ECONFIG, "no tensor '%.200s', there are: %s", member, names.text);
    SB_FAIL(cx->err, SB_ECONFIG, "%zu tensors, name one with option 'member': %s", n, names.text);
}

/* *header is to be freed by the caller, on failure too. */
static sb_status read_header(sb_stream *in, sb_ctx *cx, json_t **header)
{
    uint8_t b[8];
    json_error_t error = {0};
    SB_TRY(sb_stream_exact(in, b, sizeof b, "size of the header", cx));
    uint64_t size = 0;
    for (size_t k = sizeof b; k-- > 0;) size = size << 8 | b[k];
    if (size < 2 || size > HEADER_LIMIT)
        SB_FAIL(cx->err, SB_EFORMAT, "not safetensors: a header of %llu bytes, outside 2 to %d",
                (unsigned long long)size, HEADER_LIMIT);
    char *text = SB_NEW(cx->arena, size, char);
    if (!text) SB_FAIL(cx->err, SB_ENOMEM, "header of %llu bytes", (unsigned long long)size);
    SB_TRY(sb_stream_exact(in, text, size, "header", cx));
    *header = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!*header) SB_FAIL(cx->err, SB_EFORMAT, "header, byte %d: %s", 8 + error.position, error.text);
    if (!json_is_object(*header)) SB_FAIL(cx->err, SB_EFORMAT, "header: a map of tensors expected");
    return SB_OK;
}

static sb_status skip(sb_stream *in, size_t size, sb_ctx *cx)
{
    uint8_t block[SKIP];
    for (size_t part; size; size -= part) {
        part = size < SKIP ? size : SKIP;
        SB_TRY(sb_stream_exact(in, block, part, "tensors", cx));
    }
    return SB_OK;
}

/* raw lies at the end of the room of data, so that writing element i never reaches an element still to be read. */
static sb_status widen(const tensor_type *t, const uint8_t *raw, size_t count, void *data, sb_ctx *cx)
{
    int32_t *const narrow = data;
    int64_t *const wide = data;
    const bool sign = t->name[0] == 'I', boolean = t->bytes == 1 && t->name[1] == 'O';
    if (sb_dtype_size(t->type) == t->bytes && !boolean && strcmp(t->name, "U64") != 0) return SB_OK;
    for (size_t i = 0; i < count; i++) {
        uint64_t v = 0;
        memcpy(&v, raw + i * t->bytes, t->bytes);
        const uint32_t bits = (uint32_t)v << 16; /* BF16: the upper half of a float */
        if (boolean)
            ((uint8_t *)data)[i] = v != 0;
        else if (t->type == SB_F32)
            memcpy((float *)data + i, &bits, sizeof bits);
        else if (t->type == SB_I32)
            narrow[i] = sign ? (int16_t)(uint16_t)v : (int32_t)v;
        else if (v > INT64_MAX)
            SB_FAIL(cx->err, SB_EDATA, "element %zu is %llu, above 2^63 - 1", i, (unsigned long long)v);
        else
            wide[i] = (int64_t)v;
    }
    return SB_OK;
}

static sb_status take_tensor(sb_stream *in, const tensor *t, size_t end, sb_ctx *cx, sb_array *out)
{
    const size_t count = (t->end - t->begin) / t->type->bytes, bytes = sb_dtype_size(t->type->type);
    uint8_t *data = SB_NEW(cx->arena, count * bytes, uint8_t);
    if (!data) SB_FAIL(cx->err, SB_ENOMEM, "array of %zu bytes", count * bytes);
    uint8_t *raw = data + count * (bytes - t->type->bytes);
    SB_TRY(skip(in, t->begin, cx));
    SB_TRY(sb_stream_exact(in, raw, t->end - t->begin, "tensor", cx));
    SB_TRY(skip(in, end - t->end, cx));
    SB_TRY(sb_stream_end(in, cx));
    SB_TRY(widen(t->type, raw, count, data, cx));
    *out = (sb_array){.type = t->type->type, .dims = t->dims, .data = data};
    memcpy(out->shape, t->shape, sizeof t->shape);
    return SB_OK;
}

static sb_status choose(const json_t *header, const char *member, size_t limit, sb_ctx *cx, tensor *t, size_t *end)
{
    const char *name = NULL;
    const json_t *entry = NULL;
    SB_TRY(find_tensor(header, member, cx, &name, &entry));
    SB_TRY(take_entry(name, entry, limit, cx, t));
    return end_of_data(header, cx, end);
}

sb_status sb_safetensors_read(sb_stream *in, const char *member, size_t limit, sb_ctx *cx, sb_array *out)
{
    json_t *header = NULL;
    tensor t = {0};
    size_t end = 0;
    sb_status st = read_header(in, cx, &header);
    if (st == SB_OK) st = choose(header, member, limit, cx, &t, &end);
    json_decref(header);
    return st == SB_OK ? take_tensor(in, &t, end, cx, out) : st;
}

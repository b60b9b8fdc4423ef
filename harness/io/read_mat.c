/* MAT-files of level 5 (Matlab 5 to 7, scipy.io.savemat, Octave's -v7): a numeric array of them. The file is held in
 * memory; variables that Matlab compressed are unpacked on the way. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "selbench/zip.h"

enum { HEADER = 128, TAG = 8, NAME_MAX_BYTES = 255, MATRIX = 14, COMPRESSED = 15 };
enum { CLASS_DOUBLE = 6, CLASS_U64 = 15, COMPLEX = 0x800 };

typedef struct mat_options {
    const char *member;
} mat_options;

static const sb_param params[] = {
    {"member", "name of the variable; empty: the only numeric one", "", SB_P_TEXT, offsetof(mat_options, member), 0, 0,
     NULL},
    {0},
};

/* A data element: its type and size; up to 4 bytes of data can stand in the tag itself. */
typedef struct tag {
    uint32_t type, size;
    bool small;
    uint8_t data[4];
} tag;

typedef struct variable {
    char name[NAME_MAX_BYTES + 1];
    unsigned flags, class;
    size_t dims, shape[SB_DIMS_MAX], values;
} variable;

static uint32_t u32(const uint8_t *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static sb_status take_tag(sb_stream *in, const char *what, sb_ctx *cx, tag *t)
{
    uint8_t b[TAG];
    SB_TRY(sb_stream_exact(in, b, TAG, what, cx));
    t->type = u32(b);
    t->size = u32(b + 4);
    t->small = t->type >> 16 != 0;
    memcpy(t->data, b + 4, 4);
    if (t->small) {
        t->size = t->type >> 16;
        t->type &= 0xffff;
        if (t->size > 4) SB_FAIL(cx->err, SB_EFORMAT, "%s: %u bytes in a tag, which holds 4", what, t->size);
    }
    return SB_OK;
}

/* The data of a tag, and the bytes that fill it up to a multiple of 8. */
static sb_status take_data(sb_stream *in, const tag *t, void *to, const char *what, sb_ctx *cx)
{
    uint8_t rest[TAG];
    uint8_t *bytes = to;
    for (size_t i = 0; t->small && i < t->size && i < sizeof t->data; i++) bytes[i] = t->data[i];
    if (t->small) return SB_OK;
    SB_TRY(sb_stream_exact(in, bytes, t->size, what, cx));
    return t->size % TAG ? sb_stream_exact(in, rest, TAG - t->size % TAG, what, cx) : SB_OK;
}

/* Flags, dimensions and name: all that stands before the values. */
static sb_status take_variable(sb_stream *in, sb_ctx *cx, variable *v)
{
    tag t;
    uint8_t b[4 * SB_DIMS_MAX];
    *v = (variable){.values = 1};
    SB_TRY(take_tag(in, "array flags", cx, &t));
    if (t.size != 8) SB_FAIL(cx->err, SB_EFORMAT, "array flags of %u bytes, 8 expected", t.size);
    SB_TRY(take_data(in, &t, b, "array flags", cx));
    v->flags = u32(b);
    v->class = v->flags & 0xff;
    SB_TRY(take_tag(in, "dimensions", cx, &t));
    v->dims = t.size / 4;
    if (t.size % 4 || v->dims < 2 || v->dims > SB_DIMS_MAX)
        SB_FAIL(cx->err, SB_EFORMAT, "%u bytes of dimensions, from 8 to %zu can be read", t.size, sizeof b);
    SB_TRY(take_data(in, &t, b, "dimensions", cx));
    for (size_t i = 0; i < v->dims; i++) {
        v->shape[i] = u32(b + 4 * i);
        if (v->shape[i] && v->values > SIZE_MAX / 16 / v->shape[i])
            SB_FAIL(cx->err, SB_EFORMAT, "dimensions whose product overflows");
        v->values *= v->shape[i];
    }
    SB_TRY(take_tag(in, "name", cx, &t));
    if (t.size > NAME_MAX_BYTES) SB_FAIL(cx->err, SB_EFORMAT, "a name of %u bytes", t.size);
    return take_data(in, &t, v->name, "name", cx);
}

static bool is_numeric(const variable *v) { return v->class >= CLASS_DOUBLE && v->class <= CLASS_U64; }

/* How values of a type lie in the file, and what they become; bytes 0: not a type of numbers. */
typedef struct storage {
    size_t bytes;
    bool as_it_is, is_signed;
    sb_dtype dtype;
} storage;

static storage storage_of(uint32_t type)
{
    switch (type) {
    case 1: return (storage){1, true, true, SB_I8};
    case 2: return (storage){1, true, false, SB_U8};
    case 3: return (storage){2, false, true, SB_F64};
    case 4: return (storage){2, false, false, SB_F64};
    case 5: return (storage){4, true, true, SB_I32};
    case 6: return (storage){4, false, false, SB_F64};
    case 7: return (storage){4, true, true, SB_F32};
    case 9: return (storage){8, true, true, SB_F64};
    case 12: return (storage){8, true, true, SB_I64};
    default: return (storage){0};
    }
}

/* Value i of the file into place k of the result. */
static void put(const storage *s, const uint8_t *from, size_t i, uint8_t *to, size_t k)
{
    const uint8_t *b = from + i * s->bytes;
    if (s->as_it_is) { /* both are little-endian, as the harness demands of the machine */
        memcpy(to + k * s->bytes, b, s->bytes);
        return;
    }
    uint32_t v = 0;
    for (size_t j = 0; j < s->bytes; j++) v |= (uint32_t)b[j] << (8 * j);
    const double d = s->is_signed && v > INT16_MAX ? (double)v - 65536 : (double)v; /* signed: 16 bits */
    memcpy(to + k * sizeof d, &d, sizeof d);
}

/* Matlab goes by columns: a matrix is turned; of more dimensions the last counts the rows, which then lie as they
 * should; a vector is one, whichever way it stands. */
static sb_status take_values(sb_stream *in, const variable *v, size_t limit, sb_ctx *cx, sb_array *out)
{
    tag t;
    SB_TRY(take_tag(in, "values", cx, &t));
    const storage s = storage_of(t.type);
    if (!s.bytes)
        SB_FAIL(cx->err, SB_EDATA, "values of type %u, integers up to 64 bits and floats can be read", t.type);
    if (t.size / s.bytes != v->values || t.size % s.bytes)
        SB_FAIL(cx->err, SB_EFORMAT, "%u bytes of values, %zu of %zu expected", t.size, v->values, s.bytes);
    const size_t size = sb_dtype_size(s.dtype);
    if (v->values > limit / size)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu values, above the limit of %zu bytes", v->values, limit);
    uint8_t *file = SB_NEW(cx->arena, t.size, uint8_t), *data = SB_NEW(cx->arena, v->values * size, uint8_t);
    if (!file || !data) SB_FAIL(cx->err, SB_ENOMEM, "%zu values", v->values);
    SB_TRY(take_data(in, &t, file, "values", cx));
    const size_t rows = v->shape[0], columns = v->shape[1];
    const bool matrix = v->dims == 2 && rows != 1 && columns != 1;
    for (size_t i = 0; i < v->values; i++) put(&s, file, i, data, matrix ? (i % rows) * columns + i / rows : i);
    const size_t n = v->dims == 2 ? matrix ? rows : v->values : v->shape[v->dims - 1];
    *out = (sb_array){.type = s.dtype, .dims = matrix || v->dims > 2 ? 2 : 1, .shape = {n}, .data = data};
    if (out->dims == 2) out->shape[1] = n ? v->values / n : 0;
    return SB_OK;
}

/* The variable of an element, unpacked. *in NULL: the element holds none. */
static sb_status open_element(const uint8_t *bytes, uint32_t type, size_t size, sb_ctx *cx, sb_stream **in)
{
    tag t;
    *in = NULL;
    if (type == MATRIX) return sb_bytes_open(bytes, size, "variable", cx, in);
    if (type != COMPRESSED) return SB_OK;
    SB_TRY(sb_zlib_open(bytes, size, "variable", cx, in));
    SB_TRY(take_tag(*in, "compressed element", cx, &t));
    if (t.type != MATRIX) *in = NULL;
    return SB_OK;
}

typedef struct search {
    const char *wanted; /* "": the only one */
    size_t found, used, limit;
    char all[512]; /* names */
    sb_array array;
} search;

static sb_status visit(search *s, sb_stream *in, sb_ctx *cx)
{
    variable v;
    SB_TRY(take_variable(in, cx, &v));
    if (s->used < sizeof s->all) {
        const int w = snprintf(s->all + s->used, sizeof s->all - s->used, "%s%.60s", s->used ? ", " : "", v.name);
        s->used += w > 0 ? (size_t)w : 0;
    }
    if (*s->wanted ? strcmp(v.name, s->wanted) != 0 : !is_numeric(&v)) return SB_OK;
    if (s->found++) return SB_OK;
    sb_status st = SB_OK;
    if (!is_numeric(&v) || v.flags & COMPLEX)
        st = sb_err_set(cx->err, SB_EDATA, __FILE__, __LINE__, "is no array of real numbers (class %u%s)", v.class,
                        v.flags & COMPLEX ? ", complex" : "");
    else
        st = take_values(in, &v, s->limit, cx, &s->array);
    return st == SB_OK ? st : sb_err_in(cx->err, st, "variable '%s'", v.name);
}

static sb_status check_header(const uint8_t *bytes, size_t size, sb_ctx *cx)
{
    if (size >= HEADER && bytes[124] == 0 && bytes[125] == 2 && bytes[126] == 'I' && bytes[127] == 'M')
        SB_FAIL(cx->err, SB_EFORMAT, "a MAT-file of version 7.3 is HDF5: read it by 'hdf5'");
    if (size >= HEADER && bytes[126] == 'M' && bytes[127] == 'I')
        SB_FAIL(cx->err, SB_EDATA, "a big-endian MAT-file, only little-endian ones can be read");
    if (size < HEADER || bytes[124] != 0 || bytes[125] != 1 || bytes[126] != 'I' || bytes[127] != 'M')
        SB_FAIL(cx->err, SB_EFORMAT, "not a MAT-file of level 5");
    return SB_OK;
}

static sb_status mat_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const mat_options *o = options;
    uint8_t *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    SB_TRY(check_header(bytes, size, cx));
    search s = {.wanted = o->member, .limit = limit};
    for (size_t at = HEADER; at < size;) {
        if (size - at < TAG) SB_FAIL(cx->err, SB_EFORMAT, "%zu bytes at the end are no element", size - at);
        const uint32_t type = u32(bytes + at), length = u32(bytes + at + 4);
        at += TAG;
        if (type >> 16 || length > size - at)
            SB_FAIL(cx->err, SB_EFORMAT, "element at byte %zu: %u bytes, %zu are left", at - TAG, length, size - at);
        sb_stream *element = NULL;
        SB_TRY(open_element(bytes + at, type, length, cx, &element));
        if (element) SB_TRY(visit(&s, element, cx));
        at += length;
    }
    if (!s.found && *s.wanted) SB_FAIL(cx->err, SB_ECONFIG, "no variable '%.100s', there are: %s", s.wanted, s.all);
    if (!s.found) SB_FAIL(cx->err, SB_EDATA, "no array of numbers in it");
    if (s.found > 1) SB_FAIL(cx->err, SB_ECONFIG, "%zu arrays, name one with option 'member': %s", s.found, s.all);
    *out = s.array;
    return SB_OK;
}

const sb_reader sb_reader_mat = {
    .name = "mat",
    .summary = "an array of a MAT-file of Matlab 5 to 7; of more than two dimensions the last counts the rows",
    .source = "MathWorks, MAT-File Format (level 5)",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".mat", NULL},
    .option_size = sizeof(mat_options),
    .options = params,
    .read = mat_read,
};

/* Format: magic, version, length of the header, a Python dictionary as text, the elements (NumPy NEP 1). */
#include "selbench/npy.h"

#include <string.h>

enum { HEADER_LIMIT = 1 << 16 };

/* How an element lies in the file (kind: f i u b) and what it becomes. */
typedef struct npy_type {
    char kind, digit; /* as in "<f4" */
    unsigned char bytes;
    sb_dtype type;
} npy_type;

static const npy_type types[] = {
    {'f', '2', 2, SB_F16}, {'f', '4', 4, SB_F32}, {'f', '8', 8, SB_F64}, {'i', '1', 1, SB_I8},
    {'i', '2', 2, SB_I32}, {'i', '4', 4, SB_I32}, {'i', '8', 8, SB_I64}, {'u', '1', 1, SB_U8},
    {'u', '2', 2, SB_I32}, {'u', '4', 4, SB_I64}, {'u', '8', 8, SB_I64}, {'b', '1', 1, SB_U8},
};

typedef struct npy_header {
    const npy_type *type;
    bool big_endian, fortran;
    size_t dims, shape[SB_DIMS_MAX];
} npy_header;

/* ---- the dictionary */
typedef struct scanner {
    const char *begin, *p; /* ended by a 0 byte */
    sb_ctx *cx;
} scanner;

static void skip_blanks(scanner *s) { s->p += strspn(s->p, " \t\r\n"); }

static bool take(scanner *s, char c)
{
    skip_blanks(s);
    if (*s->p != c || !c) return false;
    s->p++;
    return true;
}

static sb_status bad_header(const scanner *s, const char *want)
{
    SB_FAIL(s->cx->err, SB_EFORMAT, "NPY header: expected %s at byte %zu, found '%.20s'", want,
            (size_t)(s->p - s->begin), s->p);
}

/* A text in single or double quotes, without escapes; *text is not ended. */
static sb_status take_text(scanner *s, const char **text, size_t *size)
{
    skip_blanks(s);
    const char quote = *s->p;
    if (quote != '\'' && quote != '"') return bad_header(s, "a quoted text");
    *text = s->p + 1;
    const char *end = strchr(*text, quote);
    if (!end) return bad_header(s, "the end of a text");
    *size = (size_t)(end - *text);
    s->p = end + 1;
    return SB_OK;
}

static sb_status take_size(scanner *s, size_t *value)
{
    skip_blanks(s);
    if (*s->p < '0' || *s->p > '9') return bad_header(s, "a size of 0 or more");
    size_t v = 0;
    for (; *s->p >= '0' && *s->p <= '9'; s->p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s->p - '0', &v))
            return bad_header(s, "a size below 2^64");
    if (*s->p == 'L') s->p++; /* as Python 2 wrote it */
    *value = v;
    return SB_OK;
}

static sb_status take_shape(scanner *s, npy_header *h)
{
    if (!take(s, '(')) return bad_header(s, "the shape as (...)");
    while (!take(s, ')')) {
        if (h->dims == SB_DIMS_MAX) SB_FAIL(s->cx->err, SB_EDATA, "more than %d dimensions", SB_DIMS_MAX);
        SB_TRY(take_size(s, &h->shape[h->dims++]));
        if (take(s, ',')) continue;
        if (!take(s, ')')) return bad_header(s, "',' or ')'");
        break;
    }
    return SB_OK;
}

static sb_status take_type(scanner *s, npy_header *h)
{
    const char *text = NULL;
    size_t size = 0;
    skip_blanks(s);
    if (*s->p == '[') SB_FAIL(s->cx->err, SB_EDATA, "records (structured dtypes) cannot be read");
    SB_TRY(take_text(s, &text, &size));
    for (size_t k = 0; size == 3 && strchr("<>|=", text[0]) && k < sizeof types / sizeof *types; k++)
        if (types[k].kind == text[1] && types[k].digit == text[2]) h->type = &types[k];
    if (!h->type && memchr(text, 'O', size))
        SB_FAIL(s->cx->err, SB_EDATA, "dtype '%.*s' holds Python objects, which cannot be read", (int)size, text);
    if (!h->type)
        SB_FAIL(s->cx->err, SB_EDATA, "dtype '%.*s' cannot be read (f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 can)",
                (int)(size < 40 ? size : 40), text);
    h->big_endian = text[0] == '>';
    return SB_OK;
}

static sb_status take_order(scanner *s, npy_header *h)
{
    skip_blanks(s);
    h->fortran = strncmp(s->p, "True", 4) == 0;
    if (!h->fortran && strncmp(s->p, "False", 5) != 0) return bad_header(s, "True or False");
    s->p += h->fortran ? 4 : 5;
    return SB_OK;
}

static sb_status parse_header(scanner *s, npy_header *h)
{
    static const char *const names[] = {"descr", "fortran_order", "shape"};
    unsigned seen = 0;
    if (!take(s, '{')) return bad_header(s, "'{'");
    while (!take(s, '}')) {
        const char *name = NULL;
        size_t size = 0, k = 0;
        SB_TRY(take_text(s, &name, &size));
        while (k < 3 && (strlen(names[k]) != size || memcmp(names[k], name, size) != 0)) k++;
        if (k == 3 || (seen & 1u << k)) return bad_header(s, "descr, fortran_order and shape, once each, before");
        seen |= 1u << k;
        if (!take(s, ':')) return bad_header(s, "':'");
        if (k == 0)
            SB_TRY(take_type(s, h));
        else if (k == 1)
            SB_TRY(take_order(s, h));
        else
            SB_TRY(take_shape(s, h));
        if (take(s, ',')) continue;
        if (!take(s, '}')) return bad_header(s, "',' or '}'");
        break;
    }
    skip_blanks(s);
    if (*s->p) return bad_header(s, "the end");
    if (seen != 7) SB_FAIL(s->cx->err, SB_EFORMAT, "NPY header lacks descr, fortran_order or shape");
    return SB_OK;
}

static sb_status read_header(sb_stream *in, sb_ctx *cx, npy_header *h, size_t *bytes)
{
    uint8_t head[8], length[4] = {0};
    SB_TRY(sb_stream_exact(in, head, sizeof head, "NPY magic", cx));
    if (memcmp(head, "\x93NUMPY", 6) != 0) SB_FAIL(cx->err, SB_EFORMAT, "not NPY: the magic bytes are missing");
    if (head[6] < 1 || head[6] > 3)
        SB_FAIL(cx->err, SB_EFORMAT, "NPY version %d.%d, known are 1 to 3", head[6], head[7]);
    SB_TRY(sb_stream_exact(in, length, head[6] == 1 ? 2 : 4, "NPY header length", cx));
    const size_t size = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (size > HEADER_LIMIT) SB_FAIL(cx->err, SB_EFORMAT, "NPY header of %zu bytes, above %d", size, HEADER_LIMIT);
    char *text = SB_NEW(cx->arena, size + 1, char);
    if (!text) SB_FAIL(cx->err, SB_ENOMEM, "NPY header of %zu bytes", size);
    SB_TRY(sb_stream_exact(in, text, size, "NPY header", cx));
    if (memchr(text, '\0', size)) SB_FAIL(cx->err, SB_EFORMAT, "NPY header with a NUL byte");
    scanner s = {text, text, cx};
    *bytes = sizeof head + (head[6] == 1 ? 2 : 4) + size;
    return parse_header(&s, h);
}

static bool widened(const npy_type *t)
{
    return sb_dtype_size(t->type) != t->bytes || t->kind == 'b' || (t->kind == 'u' && t->bytes == 8);
}

sb_status sb_npy_header(sb_stream *in, sb_ctx *cx, sb_array *out, size_t *offset)
{
    npy_header h = {0};
    SB_TRY(read_header(in, cx, &h, offset));
    *out = (sb_array){.type = h.type->type, .dims = h.dims};
    memcpy(out->shape, h.shape, sizeof h.shape);
    const bool swapped = h.big_endian && h.type->bytes > 1, turned = h.fortran && h.dims > 1;
    if (swapped || turned || widened(h.type)) *offset = 0;
    return SB_OK;
}

/* ---- the elements */
static void swap_bytes(uint8_t *v, size_t count, size_t bytes)
{
    for (size_t i = 0; i < count; i++)
        for (size_t a = bytes * i, b = bytes * (i + 1) - 1; a < b; a++, b--) {
            const uint8_t t = v[a];
            v[a] = v[b];
            v[b] = t;
        }
}

/* raw lies at the end of the room of data, so that writing element i never reaches an element still to be read. */
static sb_status convert(const npy_type *t, const uint8_t *raw, size_t count, void *data, sb_ctx *cx)
{
    int32_t *const narrow = data;
    int64_t *const wide = data;
    uint8_t *const byte = data;
    for (size_t i = 0; i < count; i++) {
        uint64_t v = 0;
        memcpy(&v, raw + i * t->bytes, t->bytes);
        if (t->kind == 'b')
            byte[i] = v != 0;
        else if (t->kind == 'i')
            narrow[i] = (int16_t)(uint16_t)v;
        else if (t->bytes == 2)
            narrow[i] = (int32_t)v;
        else if (v > INT64_MAX)
            SB_FAIL(cx->err, SB_EDATA, "element %zu is %llu, above 2^63 - 1", i, (unsigned long long)v);
        else
            wide[i] = (int64_t)v;
    }
    return SB_OK;
}

/* from in Fortran order (first index fastest) to C order (last index fastest). */
static void to_c_order(const npy_header *h, size_t bytes, size_t count, const uint8_t *from, uint8_t *to)
{
    size_t stride[SB_DIMS_MAX], index[SB_DIMS_MAX] = {0}, at = 0, step = 1;
    for (size_t k = 0; k < h->dims; k++) {
        stride[k] = step;
        step *= h->shape[k];
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(to + i * bytes, from + at * bytes, bytes);
        for (size_t k = h->dims; k-- > 0;) {
            at += stride[k];
            if (++index[k] < h->shape[k]) break;
            at -= stride[k] * h->shape[k];
            index[k] = 0;
        }
    }
}

static sb_status read_elements(sb_stream *in, const npy_header *h, size_t count, sb_ctx *cx, void *data)
{
    const npy_type *t = h->type;
    const size_t bytes = sb_dtype_size(t->type);
    uint8_t *raw = (uint8_t *)data + count * (bytes - t->bytes);
    SB_TRY(sb_stream_exact(in, raw, count * t->bytes, "NPY data", cx));
    SB_TRY(sb_stream_end(in, cx));
    if (h->big_endian) swap_bytes(raw, count, t->bytes);
    return widened(t) ? convert(t, raw, count, data, cx) : SB_OK;
}

sb_status sb_npy_read(sb_stream *in, size_t limit, sb_ctx *cx, sb_array *out)
{
    npy_header h = {0};
    size_t begin = 0;
    SB_TRY(read_header(in, cx, &h, &begin));
    const size_t bytes = sb_dtype_size(h.type->type);
    size_t room = bytes; /* empty dimensions count as 1, so that widths cannot overflow either */
    bool empty = false;
    for (size_t k = 0; k < h.dims; k++) {
        empty |= h.shape[k] == 0;
        if (__builtin_mul_overflow(room, h.shape[k] ? h.shape[k] : 1, &room) || room > limit)
            SB_FAIL(cx->err, SB_ENOMEM, "the array is above the limit of %zu bytes", limit);
    }
    const size_t count = empty ? 0 : room / bytes;
    uint8_t *data = SB_NEW(cx->arena, room, uint8_t);
    if (!data) SB_FAIL(cx->err, SB_ENOMEM, "array of %zu bytes", room);
    if (h.fortran && h.dims > 1 && count) {
        const size_t mark = sb_arena_mark(cx->arena);
        uint8_t *columns = SB_NEW(cx->arena, room, uint8_t);
        if (!columns) SB_FAIL(cx->err, SB_ENOMEM, "second array of %zu bytes for Fortran order", room);
        SB_TRY(read_elements(in, &h, count, cx, columns));
        to_c_order(&h, bytes, count, columns, data);
        sb_arena_rewind(cx->arena, mark);
    } else {
        SB_TRY(read_elements(in, &h, count, cx, data));
    }
    *out = (sb_array){.type = h.type->type, .dims = h.dims, .data = data};
    memcpy(out->shape, h.shape, sizeof h.shape);
    return SB_OK;
}

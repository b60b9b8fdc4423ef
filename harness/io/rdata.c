/* R Internals, section 1.8 "Serialization Formats". Every length is checked against the bytes that are left, so that
 * damaged files cannot ask for more memory than a few times their size. */
#include "selbench/rdata.h"

#include <string.h>

#include "str.h"

enum { DEPTH = 100, TEXT_SIZE_MAX = 1 << 20 };

/* R's numbers of types, and of things that have none. */
enum {
    NIL = 0,
    SYMBOL = 1,
    PAIRS = 2,
    CLOSURE = 3,
    ENVIRONMENT = 4,
    PROMISE = 5,
    LANGUAGE = 6,
    SPECIAL = 7,
    BUILTIN = 8,
    TEXT = 9,
    LOGICAL = 10,
    INTEGER = 13,
    REAL = 14,
    COMPLEX = 15,
    TEXTS = 16,
    DOTS = 17,
    LIST = 19,
    EXPRESSION = 20,
    RAW = 24,
    S4 = 25,
    ALTREP = 238,
    ATTRIBUTE_PAIRS = 239,
    ATTRIBUTE_LANGUAGE = 240,
    FIRST_SPECIAL_ENVIRONMENT = 241,
    EMPTY_ENVIRONMENT = 242,
    PERSISTENT = 247,
    PACKAGE = 248,
    NAMESPACE = 249,
    BASE_NAMESPACE = 250,
    NIL_VALUE = 254,
    REFERENCE = 255
};

enum { HAS_ATTRIBUTE = 1 << 9, HAS_TAG = 1 << 10 };

typedef struct parser {
    const uint8_t *bytes;
    size_t size, at, limit, depth;
    const char **symbol; /* names of what can be referred to; "" for environments and the like */
    size_t symbols, room;
    sb_ctx *cx;
} parser;

static sb_status read_value(parser *p, const sb_r_value **out);

static sb_status damaged(const parser *p, const char *what)
{
    SB_FAIL(p->cx->err, SB_EFORMAT, "%s at byte %zu", what, p->at);
}

static sb_status no_memory(const parser *p) { SB_FAIL(p->cx->err, SB_ENOMEM, "R object at byte %zu", p->at); }

static sb_status take(parser *p, size_t count, size_t each, const uint8_t **bytes)
{
    if (count > (p->size - p->at) / each) return damaged(p, "R data end too early");
    *bytes = p->bytes + p->at;
    p->at += count * each;
    return SB_OK;
}

static uint32_t big32(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3];
}

static sb_status take_word(parser *p, uint32_t *v)
{
    const uint8_t *b = NULL;
    SB_TRY(take(p, 1, 4, &b));
    *v = big32(b);
    return SB_OK;
}

/* A length, of at most what is left; each: the fewest bytes of an element. */
static sb_status take_length(parser *p, size_t each, size_t *n)
{
    uint32_t v = 0, high = 0, low = 0;
    SB_TRY(take_word(p, &v));
    *n = v;
    if (v == UINT32_MAX) {
        SB_TRY(take_word(p, &high));
        SB_TRY(take_word(p, &low));
        *n = (size_t)high << 32 | low;
    } else if (v > INT32_MAX) {
        return damaged(p, "a negative length");
    }
    return *n > (p->size - p->at) / each ? damaged(p, "a length beyond the end of the R data") : SB_OK;
}

static sb_status new_value(parser *p, unsigned code, sb_r_value **out)
{
    *out = SB_NEW(p->cx->arena, 1, sb_r_value);
    if (!*out) return no_memory(p);
    (*out)->code = code;
    (*out)->at = p->at;
    return SB_OK;
}

static sb_status add_symbol(parser *p, const char *name)
{
    if (p->symbols == p->room) {
        const size_t room = p->room ? 2 * p->room : 64;
        const char **more = SB_NEW(p->cx->arena, room, const char *);
        if (!more) return no_memory(p);
        if (p->symbols) memcpy(more, p->symbol, p->symbols * sizeof *more);
        p->symbol = more;
        p->room = room;
    }
    p->symbol[p->symbols++] = name;
    return SB_OK;
}

/* A text with its type in front; *text NULL: NA. */
static sb_status take_text(parser *p, const char **text)
{
    uint32_t flags = 0, size = 0;
    const uint8_t *b = NULL;
    SB_TRY(take_word(p, &flags));
    if ((flags & 0xff) != TEXT) return damaged(p, "a text expected");
    SB_TRY(take_word(p, &size));
    *text = NULL;
    if (size == UINT32_MAX) return SB_OK;
    if (size > TEXT_SIZE_MAX) return damaged(p, "a text of more than 1 MiB");
    SB_TRY(take(p, size, 1, &b));
    if (memchr(b, '\0', size)) return damaged(p, "a text with a NUL byte");
    *text = sb_str_copy(p->cx->arena, (const char *)b, size);
    return *text ? SB_OK : no_memory(p);
}

static sb_status take_texts(parser *p, size_t n, const char ***out)
{
    const char **text = SB_NEW(p->cx->arena, n, const char *);
    if (!text) return no_memory(p);
    for (size_t i = 0; i < n; i++) SB_TRY(take_text(p, &text[i]));
    *out = text;
    return SB_OK;
}

static sb_status take_integers(parser *p, sb_r_value *v)
{
    const uint8_t *b = NULL;
    SB_TRY(take_length(p, 4, &v->n));
    SB_TRY(take(p, v->n, 4, &b));
    int32_t *integer = SB_NEW(p->cx->arena, v->n, int32_t);
    if (!integer) return no_memory(p);
    for (size_t i = 0; i < v->n; i++) integer[i] = (int32_t)big32(b + 4 * i);
    v->type = SB_R_INTEGER;
    v->integer = integer;
    return SB_OK;
}

static sb_status take_reals(parser *p, sb_r_value *v)
{
    const uint8_t *b = NULL;
    SB_TRY(take_length(p, 8, &v->n));
    SB_TRY(take(p, v->n, 8, &b));
    double *real = SB_NEW(p->cx->arena, v->n, double);
    if (!real) return no_memory(p);
    for (size_t i = 0; i < v->n; i++) {
        const uint64_t bits = (uint64_t)big32(b + 8 * i) << 32 | big32(b + 8 * i + 4);
        memcpy(&real[i], &bits, sizeof bits);
    }
    v->type = SB_R_REAL;
    v->real = real;
    return SB_OK;
}

static sb_status take_list(parser *p, sb_r_value *v)
{
    SB_TRY(take_length(p, 4, &v->n));
    const sb_r_value **list = SB_NEW(p->cx->arena, v->n, const sb_r_value *);
    if (!list) return no_memory(p);
    for (size_t i = 0; i < v->n; i++) SB_TRY(read_value(p, &list[i]));
    v->type = SB_R_LIST;
    v->list = list;
    return SB_OK;
}

/* A symbol, or a reference to one; *name "" for what is neither. */
static sb_status take_name(parser *p, const char **name)
{
    const size_t begin = p->at;
    uint32_t flags = 0, index = 0;
    SB_TRY(take_word(p, &flags));
    *name = "";
    if ((flags & 0xff) == SYMBOL) {
        SB_TRY(take_text(p, name));
        if (!*name) *name = "NA";
        return add_symbol(p, *name);
    }
    if ((flags & 0xff) == REFERENCE) {
        index = flags >> 8;
        if (!index) SB_TRY(take_word(p, &index));
        if (index == 0 || index > p->symbols) return damaged(p, "a reference to nothing");
        *name = p->symbol[index - 1];
        return SB_OK;
    }
    p->at = begin;
    const sb_r_value *other = NULL;
    return read_value(p, &other);
}

/* Pairs whose first flags were read; the rest of the list is walked, not descended into. */
static sb_status take_pairs(parser *p, uint32_t flags, const sb_r_pair **out)
{
    const sb_r_pair **end = out;
    for (*out = NULL;;) {
        const unsigned type = flags & 0xff;
        if (type == NIL_VALUE || type == NIL) return SB_OK;
        if (type != PAIRS && type != ATTRIBUTE_PAIRS && type != LANGUAGE && type != ATTRIBUTE_LANGUAGE &&
            type != CLOSURE && type != PROMISE && type != DOTS) {
            p->at -= 4; /* a list may end in any value, as closures do in their body */
            const sb_r_value *rest = NULL;
            return read_value(p, &rest);
        }
        sb_r_pair *pair = SB_NEW(p->cx->arena, 1, sb_r_pair);
        const sb_r_value *attribute = NULL;
        if (!pair) return no_memory(p);
        pair->name = "";
        if ((flags & HAS_ATTRIBUTE) || type == ATTRIBUTE_PAIRS || type == ATTRIBUTE_LANGUAGE)
            SB_TRY(read_value(p, &attribute));
        if (flags & HAS_TAG) SB_TRY(take_name(p, &pair->name));
        SB_TRY(read_value(p, &pair->value));
        *end = pair;
        end = &pair->next;
        SB_TRY(take_word(p, &flags));
    }
}

/* compact_intseq and compact_realseq: length, first value and step, as three reals. */
static sb_status expand_sequence(const parser *p, const sb_r_value *state, bool whole, sb_r_value *v)
{
    if (state->type != SB_R_REAL || state->n != 3) return damaged(p, "a damaged compact sequence");
    const double n = state->real[0], first = state->real[1], step = state->real[2];
    if (!(n >= 0 && n <= (double)(p->limit / sizeof(double)))) return damaged(p, "a compact sequence that is too long");
    const double last = first + step * (n > 0 ? n - 1 : 0);
    if (whole && !(first >= -2147483647 && first <= 2147483647 && last >= -2147483647 && last <= 2147483647))
        return damaged(p, "a compact sequence of integers beyond 2^31");
    v->n = (size_t)n;
    v->type = whole ? SB_R_INTEGER : SB_R_REAL;
    int32_t *integer = whole ? SB_NEW(p->cx->arena, v->n, int32_t) : NULL;
    double *real = whole ? NULL : SB_NEW(p->cx->arena, v->n, double);
    if (!integer && !real) return no_memory(p);
    for (size_t i = 0; i < v->n; i++) {
        if (whole)
            integer[i] = (int32_t)(first + step * (double)i);
        else
            real[i] = first + step * (double)i;
    }
    if (whole)
        v->integer = integer;
    else
        v->real = real;
    return SB_OK;
}

/* Compact forms that R 3.5 and later write: class, state, attributes. */
static sb_status take_altrep(parser *p, sb_r_value *v)
{
    uint32_t flags = 0;
    const sb_r_pair *rest = NULL;
    const sb_r_value *state = NULL;
    const char *name = "";
    SB_TRY(take_word(p, &flags));
    if ((flags & 0xff) != PAIRS || (flags & (HAS_ATTRIBUTE | HAS_TAG))) return damaged(p, "a damaged compact object");
    SB_TRY(take_name(p, &name));
    SB_TRY(take_word(p, &flags));
    SB_TRY(take_pairs(p, flags, &rest));
    SB_TRY(read_value(p, &state));
    const bool whole = strcmp(name, "compact_intseq") == 0;
    if (whole || strcmp(name, "compact_realseq") == 0) {
        SB_TRY(expand_sequence(p, state, whole, v));
    } else if (strncmp(name, "wrap_", 5) == 0 && state->type == SB_R_PAIRS && state->pairs) {
        const sb_r_value *inner = state->pairs->value;
        *v = *inner;
    } else if (strcmp(name, "deferred_string") != 0) { /* numbers as texts, such as row names: passed over */
        SB_FAIL(p->cx->err, SB_EDATA, "compact form '%.40s' at byte %zu cannot be read", name, v->at);
    }
    SB_TRY(take_word(p, &flags));
    return take_pairs(p, flags, &v->attribute);
}

/* What numbers do not depend on: symbols, environments and the like; they count as things that can be referred to. */
static sb_status pass_over(parser *p, unsigned type)
{
    const sb_r_value *part = NULL;
    const char *name = NULL, **text = NULL;
    const uint8_t *b = NULL;
    size_t n = 0;
    switch (type) {
    case ENVIRONMENT:
        SB_TRY(add_symbol(p, ""));
        SB_TRY(take(p, 1, 4, &b));
        for (int k = 0; k < 4; k++) SB_TRY(read_value(p, &part));
        return SB_OK;
    case PERSISTENT:
    case PACKAGE:
    case NAMESPACE:
        SB_TRY(take(p, 1, 4, &b));
        SB_TRY(take_length(p, 4, &n));
        SB_TRY(take_texts(p, n, &text));
        return add_symbol(p, "");
    case SPECIAL:
    case BUILTIN:
    case RAW: SB_TRY(take_length(p, 1, &n)); return take(p, n, 1, &b);
    case COMPLEX: SB_TRY(take_length(p, 16, &n)); return take(p, n, 16, &b);
    case TEXT: p->at -= 4; return take_text(p, &name);
    case SYMBOL:
    case REFERENCE: p->at -= 4; return take_name(p, &name);
    default: SB_FAIL(p->cx->err, SB_EDATA, "an R object of type %u at byte %zu cannot be read", type, p->at - 4);
    }
}

static bool is_nothing(unsigned type)
{
    return type == NIL || type == S4 || (type >= FIRST_SPECIAL_ENVIRONMENT && type <= EMPTY_ENVIRONMENT) ||
           (type >= BASE_NAMESPACE && type <= NIL_VALUE);
}

static sb_status read_kind(parser *p, uint32_t flags, sb_r_value *v)
{
    const char **text = NULL;
    switch (v->code) {
    case LOGICAL:
    case INTEGER: return take_integers(p, v);
    case REAL: return take_reals(p, v);
    case LIST:
    case EXPRESSION: return take_list(p, v);
    case ALTREP: return take_altrep(p, v);
    case TEXTS:
        SB_TRY(take_length(p, 8, &v->n));
        SB_TRY(take_texts(p, v->n, &text));
        v->type = SB_R_TEXT;
        v->text = text;
        return SB_OK;
    case PAIRS:
    case LANGUAGE:
    case CLOSURE:
    case PROMISE:
    case DOTS:
    case ATTRIBUTE_PAIRS:
    case ATTRIBUTE_LANGUAGE: v->type = SB_R_PAIRS; return take_pairs(p, flags, &v->pairs);
    default: return is_nothing(v->code) ? SB_OK : pass_over(p, v->code);
    }
}

static bool has_attributes_behind(unsigned type)
{
    return type == LOGICAL || type == INTEGER || type == REAL || type == COMPLEX || type == TEXTS || type == LIST ||
           type == EXPRESSION || type == RAW || type == S4;
}

static sb_status read_value(parser *p, const sb_r_value **out)
{
    uint32_t flags = 0;
    sb_r_value *v = NULL;
    if (p->depth == DEPTH)
        SB_FAIL(p->cx->err, SB_EDATA, "R objects nested more than %d deep at byte %zu", DEPTH, p->at);
    p->depth++;
    SB_TRY(take_word(p, &flags));
    SB_TRY(new_value(p, flags & 0xff, &v));
    SB_TRY(read_kind(p, flags, v));
    if ((flags & HAS_ATTRIBUTE) && has_attributes_behind(v->code)) {
        SB_TRY(take_word(p, &flags));
        SB_TRY(take_pairs(p, flags, &v->attribute));
    }
    p->depth--;
    *out = v;
    return SB_OK;
}

/* "RDX3\n" in front of a workspace; "X\n", the versions and, from 3 on, the name of an encoding. */
static sb_status read_head(parser *p, bool *workspace)
{
    const uint8_t *b = NULL;
    uint32_t version = 0, encoding = 0;
    *workspace = p->size >= 5 && memcmp(p->bytes, "RD", 2) == 0 && p->bytes[4] == '\n';
    if (*workspace) p->at = 5;
    SB_TRY(take(p, 2, 1, &b));
    if ((b[0] == 'A' || b[0] == 'B') && b[1] == '\n')
        SB_FAIL(p->cx->err, SB_EDATA, "R data in %s form: save them in R with ascii = FALSE",
                b[0] == 'A' ? "ASCII" : "native");
    if (b[0] != 'X' || b[1] != '\n') {
        p->at = 0;
        return damaged(p, "not R data (.rda or .rds): no header");
    }
    SB_TRY(take_word(p, &version));
    SB_TRY(take(p, 2, 4, &b));
    if (version != 2 && version != 3)
        SB_FAIL(p->cx->err, SB_EDATA, "R serialization version %u, known are 2 and 3", version);
    if (version == 3) {
        SB_TRY(take_word(p, &encoding));
        SB_TRY(take(p, encoding, 1, &b));
    }
    return SB_OK;
}

sb_status sb_rdata_read(const uint8_t *bytes, size_t size, size_t limit, sb_ctx *cx, const sb_r_pair **objects)
{
    parser p = {.bytes = bytes, .size = size, .limit = limit, .cx = cx};
    const sb_r_value *value = NULL;
    bool workspace = false;
    SB_TRY(read_head(&p, &workspace));
    SB_TRY(read_value(&p, &value));
    if (p.at != size) return damaged(&p, "bytes behind the last R object");
    if (workspace) {
        if (value->type != SB_R_PAIRS) SB_FAIL(cx->err, SB_EFORMAT, "an R workspace without objects");
        *objects = value->pairs;
        return SB_OK;
    }
    sb_r_pair *one = SB_NEW(cx->arena, 1, sb_r_pair);
    if (!one) return no_memory(&p);
    *one = (sb_r_pair){.name = "", .value = value};
    *objects = one;
    return SB_OK;
}

const sb_r_value *sb_r_attribute(const sb_r_value *v, const char *name)
{
    for (const sb_r_pair *a = v->attribute; a; a = a->next)
        if (strcmp(a->name, name) == 0) return a->value;
    return NULL;
}

bool sb_r_is(const sb_r_value *v, const char *class_name)
{
    const sb_r_value *c = sb_r_attribute(v, "class");
    for (size_t i = 0; c && c->type == SB_R_TEXT && i < c->n; i++)
        if (c->text[i] && strcmp(c->text[i], class_name) == 0) return true;
    return false;
}

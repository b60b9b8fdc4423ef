/* LIBSVM text, "label index:value index:value ...", made dense: column 0 is the label, the features follow. The text is
 * held in memory and walked twice: once to count and check, once to fill. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "selbench/reader.h"

enum { BASE_AUTO, BASE_ZERO, BASE_ONE };
enum { TARGET_LABEL, TARGET_VALUE };

typedef struct libsvm_options {
    int base, target;
    size_t features, dense_mib;
} libsvm_options;

static const sb_param params[] = {
    {"base", "the first index; auto: 0 when the file has an index 0, else 1", "auto", SB_P_ENUM,
     offsetof(libsvm_options, base), 0, 2, (const char *const[]){"auto", "0", "1", NULL}},
    {"features", "columns of features; 0: up to the largest index", "0", SB_P_SIZE, offsetof(libsvm_options, features),
     0, 1e9, NULL},
    {"target", "of 'label;value': which of them is column 0", "label", SB_P_ENUM, offsetof(libsvm_options, target), 0,
     1, (const char *const[]){"label", "value", NULL}},
    {"dense_mib", "refuse a file whose dense form needs more MiB than this", "4096", SB_P_SIZE,
     offsetof(libsvm_options, dense_mib), 1, 1e9, NULL},
    {0},
};

typedef struct libsvm {
    const libsvm_options *options;
    sb_ctx *cx;
    const char *at, *end; /* the text that is left; *end is 0 */
    size_t line, n, width;
    bool zero;     /* an index 0 was seen */
    size_t base;   /* of the second walk */
    double *value; /* n x width; NULL during the first walk */
} libsvm;

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static bool ends_token(char c) { return is_blank(c) || c == '\n' || c == '#' || c == '\0'; }

/* What stands here, for messages: at most 40 characters of the token. */
static sb_status bad_token(const libsvm *s, const char *token, const char *why)
{
    int size = 0;
    while (size < 40 && token + size < s->end && !ends_token(token[size])) size++;
    SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu: '%.*s' %s", s->line, size, token, why);
}

/* Decimal and finite; *at moves behind it. strtod takes blanks, inf, nan and hexadecimal too: they are refused. */
static bool take_number(const char **at, double *value)
{
    const char *p = *at + (**at == '-' || **at == '+');
    if (!(*p >= '0' && *p <= '9') && *p != '.') return false;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) return false;
    char *end = NULL;
    *value = strtod(*at, &end);
    if (end == *at || !isfinite(*value)) return false;
    *at = end;
    return true;
}

static sb_status take_label(libsvm *s, double *label)
{
    const char *token = s->at;
    if (!take_number(&s->at, label)) return bad_token(s, token, "is no label: a finite number is expected");
    double second = 0;
    const bool pair = *s->at == ';';
    if (pair) {
        s->at++;
        if (!take_number(&s->at, &second)) return bad_token(s, token, "is no 'label;value' of two finite numbers");
    }
    if (!ends_token(*s->at)) return bad_token(s, token, "is no label: a finite number is expected");
    if (s->options->target == TARGET_VALUE) {
        if (!pair) return bad_token(s, token, "has no ';value', but option 'target' asks for it");
        *label = second;
    }
    return SB_OK;
}

static sb_status take_pair(libsvm *s, size_t *index, double *value)
{
    const char *token = s->at;
    if (strncmp(token, "qid:", 4) == 0) return bad_token(s, token, "groups rows for ranking, which is not supported");
    char *end = NULL;
    errno = 0;
    const unsigned long long i = *token >= '0' && *token <= '9' ? strtoull(token, &end, 10) : 0;
    if (!end || *end != ':' || errno) return bad_token(s, token, "is not index:value");
    if (i >= 1u << 30) return bad_token(s, token, "has an index of 2^30 or more");
    s->at = end + 1;
    if (!take_number(&s->at, value) || !ends_token(*s->at)) return bad_token(s, token, "has no finite value");
    *index = (size_t)i;
    return SB_OK;
}

static void skip_blanks(libsvm *s)
{
    while (is_blank(*s->at)) s->at++;
    if (*s->at == '#') s->at += strcspn(s->at, "\n"); /* a comment runs to the end of the line */
}

/* The features of a line; row: where they go, or NULL. */
static sb_status take_features(libsvm *s, double *row)
{
    size_t last = 0;
    for (bool first = true;; first = false) {
        skip_blanks(s);
        if (*s->at == '\n' || s->at == s->end) return SB_OK;
        const char *token = s->at;
        size_t index = 0;
        double value = 0;
        SB_TRY(take_pair(s, &index, &value));
        if (!first && index <= last) return bad_token(s, token, "comes after an index as large: indices must rise");
        last = index;
        s->zero |= index == 0;
        if (index >= s->width) s->width = index + 1;
        if (row) row[1 + index - s->base] = value;
    }
}

static sb_status walk(libsvm *s)
{
    size_t n = 0, empty = 0;
    for (s->line = 1; s->at < s->end; s->line++) {
        skip_blanks(s);
        if (*s->at == '\n' || s->at == s->end) {
            if (!empty) empty = s->line;
        } else {
            if (empty) SB_FAIL(s->cx->err, SB_EFORMAT, "line %zu is empty, but others follow", empty);
            double label = 0, *row = s->value ? s->value + n * s->width : NULL;
            SB_TRY(take_label(s, &label));
            SB_TRY(take_features(s, row));
            if (row) row[0] = label;
            n++;
        }
        if (s->at < s->end) s->at++;
    }
    s->n = n;
    return SB_OK;
}

/* From the first walk: where indices begin, and the columns with the label. */
static sb_status measure(libsvm *s)
{
    const libsvm_options *o = s->options;
    s->base = o->base == BASE_AUTO ? !s->zero : o->base == BASE_ONE;
    if (s->base && s->zero) SB_FAIL(s->cx->err, SB_EDATA, "it has an index 0, but option 'base' is 1");
    const size_t found = s->width > s->base ? s->width - s->base : 0;
    if (o->features && found > o->features)
        SB_FAIL(s->cx->err, SB_EDATA, "it has %zu features, above option 'features', %zu", found, o->features);
    s->width = 1 + (o->features ? o->features : found);
    if (!s->n) SB_FAIL(s->cx->err, SB_EFORMAT, "no line in it");
    return SB_OK;
}

static sb_status libsvm_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    const char *text = (const char *)bytes;
    libsvm s = {.options = options, .cx = cx, .at = text, .end = text + size};
    if (memchr(text, '\0', size)) SB_FAIL(cx->err, SB_EFORMAT, "a NUL byte, not a text");
    SB_TRY(walk(&s));
    SB_TRY(measure(&s));
    const size_t dense = s.options->dense_mib << 20, most = dense < limit ? dense : limit;
    if (s.n > most / sizeof(double) / s.width)
        SB_FAIL(cx->err, SB_ENOMEM,
                "%zu x %zu values need %.0f MiB when dense, above the limit of %.0f MiB (option 'dense_mib')", s.n,
                s.width, (double)s.n * (double)s.width / 131072, (double)most / 1048576);
    s.value = SB_NEW(cx->arena, s.n * s.width, double);
    if (!s.value)
        SB_FAIL(cx->err, SB_ENOMEM,
                "%zu x %zu values need %.0f MiB when dense, above what the memory limit leaves (limits.memory_mb of a "
                "config): raise it, or keep fewer lines or columns of the file; an embedding comes after reading",
                s.n, s.width, (double)s.n * (double)s.width / 131072);
    const size_t n = s.n, width = s.width;
    s.at = text;
    SB_TRY(walk(&s));
    *out = (sb_array){.type = SB_F64, .dims = 2, .shape = {n, width}, .data = s.value};
    return SB_OK;
}

const sb_reader sb_reader_libsvm = {
    .name = "libsvm",
    .summary = "sparse text 'label index:value ...', made dense; column 0 is the label",
    .source = "Chang and Lin, LIBSVM; Joachims, SVM-light",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".libsvm", ".svm", ".svmlight", NULL},
    .option_size = sizeof(libsvm_options),
    .options = params,
    .read = libsvm_read,
};

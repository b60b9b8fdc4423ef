/* Word vectors in text: a line each, the word and its d values, blanks between (GloVe); word2vec's text has a first
 * line "n d" more. Column d of the result is the logarithm of the line's number: such lists are sorted by the frequency
 * of their words, so it is the log frequency rank. Words are any bytes without blanks, quotes too, and are left out. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "selbench/reader.h"

typedef struct wordvec_options {
    int header;
} wordvec_options;

enum { HEADER_NO, HEADER_YES };

static const sb_param params[] = {
    {"header", "the first line is 'n d', as word2vec writes it", "no", SB_P_ENUM, offsetof(wordvec_options, header), 0,
     1, (const char *const[]){"no", "yes", NULL}},
    {0},
};

typedef struct lines {
    const char *at, *end; /* the text that is left; *end is 0 */
    size_t number;        /* of the line at `at`, from 1 */
    sb_ctx *cx;
} lines;

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static void skip_blanks(lines *l)
{
    while (is_blank(*l->at)) l->at++;
}

static void skip_field(lines *l)
{
    while (l->at < l->end && !is_blank(*l->at) && *l->at != '\n') l->at++;
}

static void next_line(lines *l)
{
    const char *feed = memchr(l->at, '\n', (size_t)(l->end - l->at));
    l->at = feed ? feed + 1 : l->end;
    l->number++;
}

/* strtod takes inf, nan and hexadecimal too: they are refused by their first letters. */
static sb_status take_value(lines *l, float *value)
{
    const char *token = l->at, *digits = token + (*token == '-' || *token == '+');
    char *end = NULL;
    const bool plain = (*digits >= '0' && *digits <= '9' && digits[1] != 'x' && digits[1] != 'X') || *digits == '.';
    const double v = plain ? strtod(token, &end) : 0;
    skip_field(l);
    *value = (float)v;
    if (plain && end == l->at && isfinite(*value)) return SB_OK;
    const size_t size = (size_t)(l->at - token);
    SB_FAIL(l->cx->err, SB_EFORMAT, "line %zu: '%.*s' is no finite number", l->number, (int)(size < 40 ? size : 40),
            token);
}

/* Fields behind the word on the line that begins here. */
static size_t count_values(lines l)
{
    size_t fields = 0;
    for (;;) {
        skip_blanks(&l);
        if (*l.at == '\n' || l.at == l.end) return fields ? fields - 1 : 0;
        skip_field(&l);
        fields++;
    }
}

static sb_status take_line(lines *l, size_t d, float *row)
{
    const size_t found = count_values(*l);
    if (found != d)
        SB_FAIL(l->cx->err, SB_EFORMAT, "line %zu has %zu values behind its word, the first one %zu", l->number, found,
                d);
    skip_blanks(l);
    skip_field(l);
    for (size_t j = 0; j < d; j++) {
        skip_blanks(l);
        SB_TRY(take_value(l, &row[j]));
    }
    return SB_OK;
}

static size_t count_lines(const lines *l)
{
    size_t n = 0;
    for (const char *p = l->at; p < l->end; n++) {
        const char *feed = memchr(p, '\n', (size_t)(l->end - p));
        p = feed ? feed + 1 : l->end;
    }
    return n;
}

/* "n d" of the first line against what follows. */
static sb_status check_header(const char *text, size_t n, size_t d, sb_ctx *cx)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long rows = strtoull(text, &end, 10), width = strtoull(end, &end, 10);
    if (errno || rows != n || width != d)
        SB_FAIL(cx->err, SB_EFORMAT, "line 1 says %llu x %llu vectors, but %zu x %zu follow", rows, width, n, d);
    return SB_OK;
}

static sb_status wordvec_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const wordvec_options *o = options;
    uint8_t *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    const char *text = (const char *)bytes;
    lines l = {.at = text, .end = text + size, .number = 1, .cx = cx};
    if (memchr(text, '\0', size)) SB_FAIL(cx->err, SB_EFORMAT, "a NUL byte, not a text");
    if (o->header == HEADER_YES) next_line(&l);
    const size_t n = count_lines(&l), d = count_values(l), width = d + 1;
    if (!n || !d) SB_FAIL(cx->err, SB_EFORMAT, "line %zu is no word with values", l.number);
    if (o->header == HEADER_YES) SB_TRY(check_header(text, n, d, cx));
    if (n > limit / sizeof(float) / width)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu vectors of %zu values, above the limit of %zu bytes", n, d, limit);
    float *value = SB_NEW(cx->arena, n * width, float);
    if (!value) SB_FAIL(cx->err, SB_ENOMEM, "%zu vectors of %zu values", n, d);
    for (size_t i = 0; i < n; i++, next_line(&l)) {
        SB_TRY(take_line(&l, d, value + i * width));
        value[i * width + d] = (float)log((double)(i + 1));
    }
    *out = (sb_array){.type = SB_F32, .dims = 2, .shape = {n, width}, .data = value};
    return SB_OK;
}

const sb_reader sb_reader_wordvec = {
    .name = "wordvec",
    .summary = "word vectors in text; the last column is the logarithm of the line's number, the log frequency rank",
    .source = "Pennington, Socher, Manning 2014 (GloVe); Mikolov et al. 2013 (word2vec, text)",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".wordvec", NULL},
    .option_size = sizeof(wordvec_options),
    .options = params,
    .read = wordvec_read,
};

/* Delimited text as rows of numbers. A field that is no number is an error with its line and column, unless it is one
 * of `words`; nothing is guessed from the content but the delimiter and whether there is a header. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selbench/csv.h"

enum { BLOCK_VALUES = 1 << 16, WORDS_MAX = 256 };
enum { HEADER_AUTO, HEADER_YES, HEADER_NO };
enum { MISSING_ERROR, MISSING_NAN, MISSING_SKIP, MISSING_MEAN };

typedef struct csv_options {
    int delimiter, header, missing;
    const char *columns, *drop, *words;
    size_t skip;
} csv_options;

#define ROW(name, help, fallback, type, min, max, words)                                                               \
    {                                                                                                                  \
#name, help, fallback, type, offsetof(csv_options, name), min, max, words                                      \
    }
static const sb_param params[] = {
    ROW(delimiter, "between fields; space: runs of blanks; auto: found in the first line", "auto", SB_P_ENUM, 0, 4,
        ((const char *const[]){"auto", "comma", "semicolon", "tab", "space", NULL})),
    ROW(header, "the first line holds names; auto: it does when a field of it is no number", "auto", SB_P_ENUM, 0, 2,
        ((const char *const[]){"auto", "yes", "no", NULL})),
    ROW(columns, "the columns to take, in this order: names, positions from 0, -1 for the last, ranges 3-12", "",
        SB_P_TEXT, 0, 0, NULL),
    ROW(drop, "columns to leave out, written as in columns", "", SB_P_TEXT, 0, 0, NULL),
    ROW(missing,
        "empty, ?, NA, N/A, nan, null: an error, a NaN, the row is left out (whatever its column), or the "
        "mean of the column's other values in the file",
        "error", SB_P_ENUM, 0, 3, ((const char *const[]){"error", "nan", "skip", "mean", NULL})),
    ROW(words, "texts that stand for 0, 1, 2, ... wherever they occur, as in [setosa, versicolor]", "", SB_P_TEXT, 0, 0,
        NULL),
    ROW(skip, "lines to ignore at the beginning", "0", SB_P_SIZE, 0, 1e9, NULL),
    {0},
};

typedef struct block {
    double *value;
    size_t rows;
    struct block *next;
} block;

typedef struct table {
    const csv_options *options;
    sb_csv csv;
    sb_ctx *cx;
    size_t width;      /* fields of each line */
    const char **name; /* width names, or NULL */
    size_t d, *pick;   /* columns taken, in order */
    size_t words;
    const char *word[WORDS_MAX];
    block *first, *last;
    size_t n, block_rows;
} table;

/* "[a, b]", "a, b" or "a": the next item, arena memory; NULL at the end. */
static sb_status next_item(const char **list, sb_ctx *cx, const char **item)
{
    const char *p = *list + strspn(*list, " ,[]");
    const size_t whole = strcspn(p, ",]");
    size_t size = whole;
    while (size && p[size - 1] == ' ') size--;
    *list = p + whole;
    *item = NULL;
    if (!size) return SB_OK;
    char *copy = SB_NEW(cx->arena, size + 1, char);
    if (!copy) SB_FAIL(cx->err, SB_ENOMEM, "list of columns");
    memcpy(copy, p, size);
    *item = copy;
    return SB_OK;
}

/* A position from 0, or from the end when negative; *end is behind it. */
static bool position(const char *text, size_t width, size_t *at, const char **end)
{
    char *stop = NULL;
    const char *digits = text + (*text == '-');
    if (*digits < '0' || *digits > '9') return false;
    const long long v = strtoll(text, &stop, 10);
    *end = stop;
    const long long i = v < 0 || *text == '-' ? (long long)width + v : v;
    *at = (size_t)i;
    return i >= 0 && (size_t)i < width;
}

/* The columns from..to that an item names. */
static sb_status resolve(const table *t, const char *item, size_t *from, size_t *to)
{
    for (size_t k = 0; t->name && k < t->width; k++) {
        if (strcmp(t->name[k], item) != 0) continue;
        *from = *to = k;
        return SB_OK;
    }
    const char *end = item;
    bool known = position(item, t->width, from, &end);
    *to = *from;
    if (known && *end == '-') known = position(end + 1, t->width, to, &end) && *from <= *to;
    if (known && !*end) return SB_OK;
    SB_FAIL(t->cx->err, SB_ECONFIG, "no column '%.80s' among %zu%s", item, t->width,
            t->name ? ", by name or by position from 0" : " without names (positions count from 0)");
}

/* state[k]: 0 not named yet, else named; order: the columns in the order named. */
static sb_status mark_columns(const table *t, const char *list, unsigned char *state, size_t *order, size_t *count)
{
    *count = 0;
    for (;;) {
        const char *item = NULL;
        SB_TRY(next_item(&list, t->cx, &item));
        if (!item) return SB_OK;
        size_t from = 0, to = 0;
        SB_TRY(resolve(t, item, &from, &to));
        for (size_t k = from; k <= to; k++) {
            if (state[k]++) SB_FAIL(t->cx->err, SB_ECONFIG, "column '%.80s' is named twice", item);
            order[(*count)++] = k;
        }
    }
}

static sb_status choose_columns(table *t)
{
    unsigned char *taken = SB_NEW(t->cx->arena, t->width, unsigned char);
    unsigned char *dropped = SB_NEW(t->cx->arena, t->width, unsigned char);
    size_t *order = SB_NEW(t->cx->arena, t->width, size_t);
    t->pick = SB_NEW(t->cx->arena, t->width, size_t);
    if (!taken || !dropped || !order || !t->pick) SB_FAIL(t->cx->err, SB_ENOMEM, "choice of %zu columns", t->width);
    size_t count = 0;
    SB_TRY(mark_columns(t, t->options->drop, dropped, order, &count));
    SB_TRY(mark_columns(t, t->options->columns, taken, order, &count));
    if (!count)
        for (; count < t->width; count++) order[count] = count;
    for (size_t k = 0; k < count; k++)
        if (!dropped[order[k]]) t->pick[t->d++] = order[k];
    if (!t->d) SB_FAIL(t->cx->err, SB_ECONFIG, "no column is left of %zu", t->width);
    return SB_OK;
}

/* Decimal numbers only: no inf, nan or hexadecimal. Up to 2^53 and 10^22 both parts are exact, so that one rounding is
 * left and the result is strtod's (Clinger 1990). */
static bool parse_number(const char *text, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *p = text + (*text == '-' || *text == '+');
    uint64_t whole = 0;
    size_t digits = 0, behind = 0;
    for (; *p >= '0' && *p <= '9'; p++, digits++) whole = 10 * whole + (uint64_t)(*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, digits++, behind++) whole = 10 * whole + (uint64_t)(*p - '0');
    if (!digits) return false;
    if (!*p && digits <= 15) {
        const double v = (double)whole / power[behind];
        *value = *text == '-' ? -v : v;
        return true;
    }
    if (text[strspn(text, "+-.0123456789eE")]) return false;
    char *end = NULL;
    *value = strtod(text, &end);
    return !*end && isfinite(*value);
}

static bool is_missing(const char *text)
{
    static const char *const marks[] = {"", "?", "NA", "N/A", "nan", "NaN", "NAN", "null", "NULL"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (strcmp(text, marks[k]) == 0) return true;
    return false;
}

static sb_status bad_value(const table *t, size_t column, const char *why)
{
    const char *text = t->csv.field[column];
    SB_FAIL(t->cx->err, is_missing(text) ? SB_EDATA : SB_EFORMAT, "line %zu, column %zu%s%.80s%s: '%.40s' %s",
            t->csv.line, column + 1, t->name ? " '" : "", t->name ? t->name[column] : "", t->name ? "'" : "", text,
            why);
}

static sb_status value_of(const table *t, size_t column, double *value)
{
    const char *text = t->csv.field[column];
    if (parse_number(text, value)) return SB_OK;
    for (size_t k = 0; k < t->words; k++) {
        if (strcmp(t->word[k], text) != 0) continue;
        *value = (double)k;
        return SB_OK;
    }
    if (!is_missing(text)) return bad_value(t, column, "is not a finite number");
    if (t->options->missing == MISSING_ERROR) return bad_value(t, column, "is a missing value (option 'missing')");
    *value = (double)NAN;
    return SB_OK;
}

static bool lacks_a_value(const sb_csv *csv)
{
    for (size_t k = 0; k < csv->fields; k++)
        if (is_missing(csv->field[k])) return true;
    return false;
}

static sb_status add_row(table *t, size_t limit)
{
    if (t->csv.fields != t->width)
        SB_FAIL(t->cx->err, SB_EFORMAT, "line %zu: %zu fields, %zu expected", t->csv.line, t->csv.fields, t->width);
    if (t->options->missing == MISSING_SKIP && lacks_a_value(&t->csv)) return SB_OK;
    if (t->n >= limit / sizeof(double) / t->d)
        SB_FAIL(t->cx->err, SB_ENOMEM, "line %zu: the array is above the limit of %zu bytes", t->csv.line, limit);
    if (!t->last || t->last->rows == t->block_rows) {
        block *b = SB_NEW(t->cx->arena, 1, block);
        double *value = SB_NEW(t->cx->arena, t->block_rows * t->d, double);
        if (!b || !value) SB_FAIL(t->cx->err, SB_ENOMEM, "line %zu: values of %zu rows", t->csv.line, t->n);
        b->value = value;
        *(t->last ? &t->last->next : &t->first) = b;
        t->last = b;
    }
    double *row = t->last->value + t->last->rows * t->d;
    for (size_t j = 0; j < t->d; j++) SB_TRY(value_of(t, t->pick[j], &row[j]));
    t->last->rows++;
    t->n++;
    return SB_OK;
}

static sb_status read_words(table *t)
{
    for (const char *list = t->options->words;; t->words++) {
        const char *word = NULL;
        SB_TRY(next_item(&list, t->cx, &word));
        if (!word) return SB_OK;
        if (t->words == WORDS_MAX) SB_FAIL(t->cx->err, SB_ECONFIG, "more than %d words", WORDS_MAX);
        t->word[t->words] = word;
    }
}

/* Names from the first record, if it is a header; *header tells so. */
static sb_status read_names(table *t, bool *header)
{
    *header = t->options->header == HEADER_YES;
    for (size_t k = 0; t->options->header == HEADER_AUTO && k < t->width; k++) {
        double v;
        const char *text = t->csv.field[k];
        bool word = false;
        for (size_t w = 0; w < t->words; w++) word |= strcmp(t->word[w], text) == 0;
        *header |= !word && !is_missing(text) && !parse_number(text, &v);
    }
    if (!*header) return SB_OK;
    t->name = SB_NEW(t->cx->arena, t->width, const char *);
    if (!t->name) SB_FAIL(t->cx->err, SB_ENOMEM, "names of %zu columns", t->width);
    for (size_t k = 0; k < t->width; k++) {
        char *copy = SB_NEW(t->cx->arena, strlen(t->csv.field[k]) + 1, char);
        if (!copy) SB_FAIL(t->cx->err, SB_ENOMEM, "names of %zu columns", t->width);
        memcpy(copy, t->csv.field[k], strlen(t->csv.field[k]));
        t->name[k] = copy;
    }
    return SB_OK;
}

/* NaNs become the mean of the rest of their column. */
static sb_status impute(const table *t, double *value)
{
    for (size_t j = 0; j < t->d; j++) {
        double sum = 0;
        size_t known = 0;
        for (size_t i = 0; i < t->n; i++) {
            const double v = value[i * t->d + j];
            if (isnan(v)) continue;
            sum += v;
            known++;
        }
        if (!known && t->n) SB_FAIL(t->cx->err, SB_EDATA, "column %zu has no value, so no mean", t->pick[j] + 1);
        for (size_t i = 0; i < t->n && known < t->n; i++)
            if (isnan(value[i * t->d + j])) value[i * t->d + j] = sum / (double)known;
    }
    return SB_OK;
}

static sb_status finish(const table *t, sb_array *out)
{
    double *value = t->first ? t->first->value : SB_NEW(t->cx->arena, t->d, double);
    if (t->first && t->first->next) value = SB_NEW(t->cx->arena, t->n * t->d, double);
    if (!value) SB_FAIL(t->cx->err, SB_ENOMEM, "array of %zu x %zu values", t->n, t->d);
    size_t at = 0;
    for (const block *b = t->first; b && t->first->next; at += b->rows * t->d, b = b->next)
        memcpy(value + at, b->value, b->rows * t->d * sizeof(double));
    if (t->options->missing == MISSING_MEAN) SB_TRY(impute(t, value));
    *out = (sb_array){.type = SB_F64, .dims = 2, .shape = {t->n, t->d}, .data = value};
    if (!t->name) return SB_OK;
    const char **column = SB_NEW(t->cx->arena, t->d, const char *);
    if (!column) SB_FAIL(t->cx->err, SB_ENOMEM, "names of %zu columns", t->d);
    for (size_t j = 0; j < t->d; j++) column[j] = t->name[t->pick[j]];
    out->column = column;
    return SB_OK;
}

static sb_status csv_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    static const char delimiter[] = {'\0', ',', ';', '\t', ' '};
    const csv_options *o = options;
    table *t = SB_NEW(cx->arena, 1, table);
    if (!t) SB_FAIL(cx->err, SB_ENOMEM, "state of the reader");
    t->options = o;
    t->cx = cx;
    bool header = false;
    SB_TRY(read_words(t));
    SB_TRY(sb_csv_begin(&t->csv, in, delimiter[o->delimiter], o->skip, cx));
    SB_TRY(sb_csv_next(&t->csv));
    if (!t->csv.fields) SB_FAIL(cx->err, SB_EFORMAT, "no line in it");
    t->width = t->csv.fields;
    SB_TRY(read_names(t, &header));
    SB_TRY(choose_columns(t));
    t->block_rows = t->d < BLOCK_VALUES ? BLOCK_VALUES / t->d : 1;
    if (!header) SB_TRY(add_row(t, limit));
    for (;;) {
        SB_TRY(sb_csv_next(&t->csv));
        if (!t->csv.fields) break;
        SB_TRY(add_row(t, limit));
    }
    return finish(t, out);
}

const sb_reader sb_reader_csv = {
    .name = "csv",
    .summary = "delimited text of numbers, with or without names",
    .source = "RFC 4180",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".csv", ".tsv", NULL},
    .option_size = sizeof(csv_options),
    .options = params,
    .read = csv_read,
};

/* Delimited text as rows of numbers. A field that is no number is an error with its line and column, unless its column
 * is named as one of categories; nothing is guessed from the content but the delimiter and whether there is a header.
 */
#include <string.h>

#include "selbench/csv.h"
#include "selbench/frame.h"

enum { HEADER_AUTO, HEADER_YES, HEADER_NO };

typedef struct csv_options {
    int delimiter, header;
    sb_frame_options frame;
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
    SB_FRAME_ROWS(csv_options),
    ROW(skip, "lines to ignore at the beginning", "0", SB_P_SIZE, 0, 1e9, NULL),
    {0},
};

typedef struct table {
    const csv_options *options;
    sb_csv csv;
    sb_frame frame;
    sb_ctx *cx;
    size_t width;      /* fields of each line */
    const char **name; /* width names, or NULL */
} table;

static bool is_missing(const char *text)
{
    static const char *const marks[] = {"", "?", "NA", "N/A", "nan", "NaN", "NAN", "null", "NULL"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (strcmp(text, marks[k]) == 0) return true;
    return false;
}

/* Puts the place and the text of a field in front of what is wrong with it. */
static sb_status in_field(const table *t, size_t column, sb_status st)
{
    return sb_err_in(t->cx->err, st, "line %zu, column %zu%s%.80s%s: '%.40s'", t->csv.line, column + 1,
                     t->name ? " '" : "", t->name ? t->name[column] : "", t->name ? "'" : "", t->csv.field[column]);
}

static sb_status value_of(table *t, size_t j, double *value)
{
    const size_t column = t->frame.pick[j];
    const char *text = t->csv.field[column];
    sb_status st = SB_OK;
    if (sb_frame_is_category(&t->frame, j))
        st = is_missing(text) && !sb_frame_is_given(&t->frame, j, text) ? sb_frame_missing(&t->frame, value)
                                                                        : sb_frame_code(&t->frame, j, text, value);
    else if (sb_csv_number(text, value))
        return SB_OK;
    else if (is_missing(text))
        st = sb_frame_missing(&t->frame, value);
    else
        st = sb_err_set(t->cx->err, SB_EFORMAT, __FILE__, __LINE__,
                        "not a finite number (categories are named by 'onehot' or 'codes')");
    return st == SB_OK ? st : in_field(t, column, st);
}

static bool lacks_a_value(const table *t)
{
    for (size_t k = 0; k < t->width; k++) {
        bool level = false;
        for (size_t j = 0; is_missing(t->csv.field[k]) && j < t->frame.d; j++)
            level |= t->frame.pick[j] == k && sb_frame_is_given(&t->frame, j, t->csv.field[k]);
        if (is_missing(t->csv.field[k]) && !level) return true;
    }
    return false;
}

static sb_status add_row(table *t)
{
    double *row = NULL;
    if (t->csv.fields != t->width)
        SB_FAIL(t->cx->err, SB_EFORMAT, "line %zu: %zu fields, %zu expected", t->csv.line, t->csv.fields, t->width);
    if (t->options->frame.missing == SB_MISSING_SKIP && lacks_a_value(t)) return SB_OK;
    const sb_status st = sb_frame_row(&t->frame, &row);
    if (st != SB_OK) return sb_err_in(t->cx->err, st, "line %zu", t->csv.line);
    for (size_t j = 0; j < t->frame.d; j++) SB_TRY(value_of(t, j, &row[j]));
    sb_frame_keep(&t->frame);
    return SB_OK;
}

/* Names from the first record, if it is a header; *header tells so. */
static sb_status read_names(table *t, bool *header)
{
    const csv_options *o = t->options;
    *header = o->header == HEADER_YES;
    if (o->header == HEADER_AUTO && (*o->frame.onehot || *o->frame.codes))
        SB_FAIL(t->cx->err, SB_ECONFIG,
                "with 'onehot' or 'codes', 'header' must be yes or no: texts do not tell names from values");
    for (size_t k = 0; o->header == HEADER_AUTO && k < t->width; k++) {
        double v;
        *header |= !is_missing(t->csv.field[k]) && !sb_csv_number(t->csv.field[k], &v);
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

static sb_status csv_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    static const char delimiter[] = {'\0', ',', ';', '\t', ' '};
    const csv_options *o = options;
    table *t = SB_NEW(cx->arena, 1, table);
    if (!t) SB_FAIL(cx->err, SB_ENOMEM, "state of the reader");
    t->options = o;
    t->cx = cx;
    bool header = false;
    if (strcmp(o->frame.onehot, "all") == 0)
        SB_FAIL(cx->err, SB_ECONFIG, "'onehot: all' needs a format that declares its categories: name the columns");
    SB_TRY(sb_csv_begin(&t->csv, in, delimiter[o->delimiter], o->skip, cx));
    SB_TRY(sb_csv_next(&t->csv));
    if (!t->csv.fields) SB_FAIL(cx->err, SB_EFORMAT, "no line in it");
    t->width = t->csv.fields;
    SB_TRY(read_names(t, &header));
    SB_TRY(sb_frame_begin(&t->frame, &o->frame, t->width, t->name, limit, cx));
    if (!header) SB_TRY(add_row(t));
    for (;;) {
        SB_TRY(sb_csv_next(&t->csv));
        if (!t->csv.fields) break;
        SB_TRY(add_row(t));
    }
    return sb_frame_finish(&t->frame, out);
}

const sb_reader sb_reader_csv = {
    .name = "csv",
    .summary = "delimited text of numbers and categories, with or without names",
    .source = "RFC 4180",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".csv", ".tsv", NULL},
    .option_size = sizeof(csv_options),
    .options = params,
    .read = csv_read,
};

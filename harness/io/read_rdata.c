/* Data frames and matrices that R saved. librdata, the one library for it in C, is not used: as Debian builds it, it
 * reads no compressed file, and it aborts on damaged ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "selbench/frame.h"
#include "selbench/rdata.h"

typedef struct rdata_options {
    const char *member;
    sb_frame_options frame;
} rdata_options;

static const sb_param params[] = {
    {"member", "name of the data frame or matrix in a workspace; empty: the only one", "", SB_P_TEXT,
     offsetof(rdata_options, member), 0, 0, NULL},
    SB_FRAME_ROWS(rdata_options),
    {0},
};

/* A data frame, or a matrix as one. */
typedef struct table {
    size_t n, width;
    const char **column;             /* names, or NULL */
    const sb_r_value *const *vector; /* data frame: one for each column */
    const sb_r_value *matrix;        /* by columns */
    sb_frame frame;
    sb_ctx *cx;
} table;

static bool is_matrix(const sb_r_value *v)
{
    const sb_r_value *dim = sb_r_attribute(v, "dim");
    return (v->type == SB_R_INTEGER || v->type == SB_R_REAL) && dim && dim->type == SB_R_INTEGER && dim->n == 2;
}

static bool is_frame(const sb_r_value *v) { return v->type == SB_R_LIST && sb_r_is(v, "data.frame"); }

static sb_status find_object(const sb_r_pair *objects, const char *name, sb_ctx *cx, const sb_r_pair **found)
{
    char all[512] = "";
    size_t used = 0, count = 0;
    for (const sb_r_pair *o = objects; o; o = o->next) {
        if (*name ? strcmp(o->name, name) != 0 : !is_frame(o->value) && !is_matrix(o->value)) continue;
        *found = o;
        count++;
    }
    if (count == 1) return SB_OK;
    for (const sb_r_pair *o = objects; o && used < sizeof all; o = o->next) {
        const int w = snprintf(all + used, sizeof all - used, "%s%.100s", used ? ", " : "", o->name);
        used += w > 0 ? (size_t)w : 0;
    }
    if (*name) SB_FAIL(cx->err, SB_ECONFIG, "no object '%.100s', there are: %s", name, all);
    if (count) SB_FAIL(cx->err, SB_ECONFIG, "%zu tables, name one with option 'member': %s", count, all);
    SB_FAIL(cx->err, SB_EDATA, "no data frame and no matrix of numbers in it, but: %s",
            *all ? all : "one other object");
}

/* Names of columns: texts, as many as there are columns. */
static sb_status take_names(table *t, const sb_r_value *names)
{
    if (!names || names->type != SB_R_TEXT || names->n != t->width) return SB_OK;
    t->column = SB_NEW(t->cx->arena, t->width, const char *);
    if (!t->column) SB_FAIL(t->cx->err, SB_ENOMEM, "names of %zu columns", t->width);
    for (size_t k = 0; k < t->width; k++) t->column[k] = names->text[k] ? names->text[k] : "NA";
    return SB_OK;
}

static sb_status open_matrix(table *t, const sb_r_value *v)
{
    const int32_t *dim = sb_r_attribute(v, "dim")->integer;
    const sb_r_value *names = sb_r_attribute(v, "dimnames");
    if (dim[0] < 0 || dim[1] < 1 || (size_t)dim[0] * (size_t)dim[1] != v->n)
        SB_FAIL(t->cx->err, SB_EFORMAT, "matrix of %d x %d with %zu values", dim[0], dim[1], v->n);
    t->n = (size_t)dim[0];
    t->width = (size_t)dim[1];
    t->matrix = v;
    return take_names(t, names && names->type == SB_R_LIST && names->n == 2 ? names->list[1] : NULL);
}

static sb_status open_frame(table *t, const sb_r_value *v)
{
    if (!v->n) SB_FAIL(t->cx->err, SB_EDATA, "a data frame without columns");
    t->width = v->n;
    t->n = v->list[0]->n;
    t->vector = v->list;
    SB_TRY(take_names(t, sb_r_attribute(v, "names")));
    for (size_t k = 0; k < v->n; k++)
        if (v->list[k]->n != t->n || sb_r_attribute(v->list[k], "dim"))
            SB_FAIL(t->cx->err, SB_EDATA, "column %zu has %zu values, one for each of %zu rows expected", k + 1,
                    v->list[k]->n, t->n);
    return SB_OK;
}

static const sb_r_value *levels_of(const sb_r_value *v)
{
    const sb_r_value *levels = v->type == SB_R_INTEGER && sb_r_is(v, "factor") ? sb_r_attribute(v, "levels") : NULL;
    return levels && levels->type == SB_R_TEXT ? levels : NULL;
}

static sb_status in_column(const table *t, size_t k, sb_status st)
{
    return sb_err_in(t->cx->err, st, "column %zu%s%.80s%s", k + 1, t->column ? " '" : "", t->column ? t->column[k] : "",
                     t->column ? "'" : "");
}

static sb_status declare_column(table *t, size_t j, const sb_r_value *v)
{
    const sb_r_value *levels = levels_of(v);
    for (size_t i = 0; levels && i < levels->n; i++)
        if (!levels->text[i]) SB_FAIL(t->cx->err, SB_EFORMAT, "level %zu is NA", i + 1);
    if (levels) return sb_frame_declare(&t->frame, j, levels->text, levels->n);
    if (v->type == SB_R_TEXT && !sb_frame_is_category(&t->frame, j))
        SB_FAIL(t->cx->err, SB_EDATA, "texts: name it in 'onehot' or 'codes', or leave it out by 'drop'");
    if (v->type != SB_R_TEXT && v->type != SB_R_INTEGER && v->type != SB_R_REAL)
        SB_FAIL(t->cx->err, SB_EDATA, "no numbers (R's type %u): leave it out by 'drop'", v->code);
    return SB_OK;
}

static bool is_missing(const table *t, size_t k, size_t i)
{
    const sb_r_value *v = t->matrix ? t->matrix : t->vector[k];
    const size_t at = t->matrix ? k * t->n + i : i;
    if (v->type == SB_R_INTEGER) return v->integer[at] == INT32_MIN;
    if (v->type == SB_R_REAL) return isnan(v->real[at]);
    return v->type == SB_R_TEXT && !v->text[at];
}

static sb_status factor_value(table *t, size_t j, const sb_r_value *levels, int32_t code, double *value)
{
    if (code < 1 || (size_t)code > levels->n)
        SB_FAIL(t->cx->err, SB_EFORMAT, "level %d of a factor of %zu levels", code, levels->n);
    return sb_frame_code(&t->frame, j, levels->text[code - 1], value);
}

/* A number that the user wants as a category goes by its digits. */
static sb_status value_of(table *t, size_t j, size_t i, double *value)
{
    const size_t k = t->frame.pick[j], at = t->matrix ? k * t->n + i : i;
    const sb_r_value *v = t->matrix ? t->matrix : t->vector[k], *levels = levels_of(v);
    if (is_missing(t, k, i)) return sb_frame_missing(&t->frame, value);
    if (levels) return factor_value(t, j, levels, v->integer[at], value);
    if (v->type == SB_R_TEXT) return sb_frame_code(&t->frame, j, v->text[at], value);
    *value = v->type == SB_R_INTEGER ? v->integer[at] : v->real[at];
    if (!isfinite(*value)) SB_FAIL(t->cx->err, SB_EDATA, "not a finite number");
    if (!sb_frame_is_category(&t->frame, j)) return SB_OK;
    char text[32];
    (void)snprintf(text, sizeof text, "%.15g", *value);
    return sb_frame_code(&t->frame, j, text, value);
}

static sb_status add_row(table *t, size_t i)
{
    double *row = NULL;
    for (size_t k = 0; t->frame.options->missing == SB_MISSING_SKIP && k < t->width; k++)
        if (is_missing(t, k, i)) return SB_OK;
    SB_TRY(sb_frame_row(&t->frame, &row));
    for (size_t j = 0; j < t->frame.d; j++) {
        const sb_status st = value_of(t, j, i, &row[j]);
        if (st != SB_OK) return in_column(t, t->frame.pick[j], sb_err_in(t->cx->err, st, "row %zu", i + 1));
    }
    sb_frame_keep(&t->frame);
    return SB_OK;
}

static sb_status rdata_read(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out)
{
    const rdata_options *o = options;
    uint8_t *bytes = NULL;
    size_t size = 0;
    const sb_r_pair *objects = NULL, *object = NULL;
    table *t = SB_NEW(cx->arena, 1, table);
    if (!t) SB_FAIL(cx->err, SB_ENOMEM, "state of the reader");
    t->cx = cx;
    SB_TRY(sb_stream_all(in, limit, &bytes, &size, cx));
    SB_TRY(sb_rdata_read(bytes, size, limit, cx, &objects));
    SB_TRY(find_object(objects, o->member, cx, &object));
    if (is_frame(object->value))
        SB_TRY(open_frame(t, object->value));
    else if (is_matrix(object->value))
        SB_TRY(open_matrix(t, object->value));
    else
        SB_FAIL(cx->err, SB_EDATA, "object '%.100s' is neither a data frame nor a matrix of numbers", object->name);
    SB_TRY(sb_frame_begin(&t->frame, &o->frame, t->width, t->column, limit, cx));
    for (size_t j = 0; j < t->frame.d && !t->matrix; j++) {
        const sb_status st = declare_column(t, j, t->vector[t->frame.pick[j]]);
        if (st != SB_OK) return in_column(t, t->frame.pick[j], st);
    }
    for (size_t i = 0; i < t->n; i++) SB_TRY(add_row(t, i));
    return sb_frame_finish(&t->frame, out);
}

const sb_reader sb_reader_rdata = {
    .name = "rdata",
    .summary = "a data frame or matrix saved by R (.rda, .rds); factors as categories",
    .source = "R Core Team, R Internals, section 1.8 Serialization Formats",
    .abi = SB_READER_ABI,
    .suffix = (const char *const[]){".rda", ".rds", ".RData", ".rdata", NULL},
    .option_size = sizeof(rdata_options),
    .options = params,
    .read = rdata_read,
};

/* Choice of columns and storage of rows; categories are in frame_levels.c. */
#include "selbench/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame_levels.h"

enum { BLOCK_VALUES = 1 << 16 };

struct sb_frame_block {
    double *value;
    size_t rows;
    struct sb_frame_block *next;
};

/* "[a, b]", "a, b" or "a": the next item, arena memory; NULL at the end. */
static sb_status next_item(const char **list, sb_ctx *cx, char **item)
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
static bool known_columns(const sb_frame *f, const char *item, size_t *from, size_t *to)
{
    for (size_t k = 0; f->name && k < f->width; k++) {
        if (strcmp(f->name[k], item) != 0) continue;
        *from = *to = k;
        return true;
    }
    const char *end = item;
    bool known = position(item, f->width, from, &end);
    *to = *from;
    if (known && *end == '-') known = position(end + 1, f->width, to, &end) && *from <= *to;
    return known && !*end;
}

static sb_status no_column(const sb_frame *f, const char *item)
{
    const char *near = f->name ? sb_nearest_of(item, f->name, f->width) : NULL;
    if (near) SB_FAIL(f->cx->err, SB_ECONFIG, "no column '%.80s', did you mean '%.80s'?", item, near);
    SB_FAIL(f->cx->err, SB_ECONFIG, "no column '%.80s' among %zu%s", item, f->width,
            f->name ? ", by name or by position from 0" : " without names (positions count from 0)");
}

/* mark[k] becomes the number of times that column k is named: 0 or 1; order: the columns in the order named. */
static sb_status mark_columns(const sb_frame *f, const char *list, unsigned char *mark, size_t *order, size_t *count)
{
    *count = 0;
    for (;;) {
        char *item = NULL;
        SB_TRY(next_item(&list, f->cx, &item));
        if (!item) return SB_OK;
        size_t from = 0, to = 0;
        if (!known_columns(f, item, &from, &to)) return no_column(f, item);
        for (size_t k = from; k <= to; k++) {
            if (mark[k]++) SB_FAIL(f->cx->err, SB_ECONFIG, "column '%.80s' is named twice", item);
            order[(*count)++] = k;
        }
    }
}

static sb_status choose_columns(sb_frame *f)
{
    unsigned char *taken = SB_NEW(f->cx->arena, f->width, unsigned char);
    unsigned char *dropped = SB_NEW(f->cx->arena, f->width, unsigned char);
    size_t *order = SB_NEW(f->cx->arena, f->width, size_t);
    f->pick = SB_NEW(f->cx->arena, f->width, size_t);
    if (!taken || !dropped || !order || !f->pick) SB_FAIL(f->cx->err, SB_ENOMEM, "choice of %zu columns", f->width);
    size_t count = 0;
    SB_TRY(mark_columns(f, f->options->drop, dropped, order, &count));
    SB_TRY(mark_columns(f, f->options->columns, taken, order, &count));
    if (!count)
        for (; count < f->width; count++) order[count] = count;
    for (size_t k = 0; k < count; k++)
        if (!dropped[order[k]]) f->pick[f->d++] = order[k];
    if (!f->d) SB_FAIL(f->cx->err, SB_ECONFIG, "no column is left of %zu", f->width);
    return SB_OK;
}

/* Columns from..to are categories; levels: "a|b|c", or NULL. Columns that are not taken are passed over. */
static sb_status set_kind(sb_frame *f, size_t from, size_t to, const char *item, const char *levels, sb_frame_kind kind)
{
    for (size_t j = 0; j < f->d; j++) {
        if (f->pick[j] < from || f->pick[j] > to) continue;
        if (f->category[j])
            SB_FAIL(f->cx->err, SB_ECONFIG, "column '%.80s' is named twice in 'onehot' and 'codes'", item);
        f->kind[j] = kind;
        SB_TRY(sb_levels_new(f->cx, &f->category[j]));
        if (levels) SB_TRY(sb_levels_give(f->category[j], levels, f->cx));
    }
    return SB_OK;
}

static sb_status name_categories(sb_frame *f, const char *list, sb_frame_kind kind)
{
    if (kind == SB_FRAME_ONEHOT && strcmp(list, "all") == 0) {
        f->onehot_all = true;
        return SB_OK;
    }
    for (;;) {
        char *item = NULL, *levels = NULL;
        SB_TRY(next_item(&list, f->cx, &item));
        if (!item) return SB_OK;
        size_t from = 0, to = 0;
        if (!known_columns(f, item, &from, &to)) {
            levels = strchr(item, '=');
            if (!levels) return no_column(f, item);
            *levels++ = '\0';
            if (!known_columns(f, item, &from, &to)) return no_column(f, item);
        }
        SB_TRY(set_kind(f, from, to, item, levels, kind));
    }
}

sb_status sb_frame_begin(sb_frame *f, const sb_frame_options *options, size_t width, const char *const *name,
                         size_t limit, sb_ctx *cx)
{
    *f = (sb_frame){.options = options, .width = width, .name = name, .limit = limit, .cx = cx};
    SB_TRY(choose_columns(f));
    f->kind = SB_NEW(cx->arena, f->d, sb_frame_kind);
    f->category = SB_NEW(cx->arena, f->d, sb_frame_levels *);
    if (!f->kind || !f->category) SB_FAIL(cx->err, SB_ENOMEM, "choice of %zu columns", width);
    f->block_rows = f->d < BLOCK_VALUES ? BLOCK_VALUES / f->d : 1;
    SB_TRY(name_categories(f, options->codes, SB_FRAME_CODES));
    return name_categories(f, options->onehot, SB_FRAME_ONEHOT);
}

sb_status sb_frame_declare(sb_frame *f, size_t j, const char *const *level, size_t levels)
{
    if (!f->category[j]) {
        f->kind[j] = f->onehot_all ? SB_FRAME_ONEHOT : SB_FRAME_CODES;
        SB_TRY(sb_levels_new(f->cx, &f->category[j]));
    }
    if (f->category[j]->given) return SB_OK; /* the user's order counts */
    f->category[j]->declared = true;
    return sb_levels_declare(f->category[j], level, levels, f->cx);
}

bool sb_frame_is_category(const sb_frame *f, size_t j) { return f->category[j] != NULL; }

bool sb_frame_is_given(const sb_frame *f, size_t j, const char *text)
{
    uint32_t code;
    return f->category[j] && f->category[j]->given && sb_levels_find(f->category[j], text, &code);
}

sb_status sb_frame_row(sb_frame *f, double **row)
{
    if (f->n >= f->limit / sizeof(double) / f->d)
        SB_FAIL(f->cx->err, SB_ENOMEM, "the array is above the limit of %zu bytes", f->limit);
    if (!f->last || f->last->rows == f->block_rows) {
        struct sb_frame_block *b = SB_NEW(f->cx->arena, 1, struct sb_frame_block);
        double *value = SB_NEW(f->cx->arena, f->block_rows * f->d, double);
        if (!b || !value) SB_FAIL(f->cx->err, SB_ENOMEM, "values of %zu rows", f->n);
        b->value = value;
        *(f->last ? &f->last->next : &f->first) = b;
        f->last = b;
    }
    *row = f->last->value + f->last->rows * f->d;
    return SB_OK;
}

void sb_frame_keep(sb_frame *f)
{
    f->last->rows++;
    f->n++;
}

sb_status sb_frame_code(sb_frame *f, size_t j, const char *text, double *value)
{
    uint32_t code = 0;
    SB_TRY(sb_levels_code(f->category[j], text, f->cx, &code));
    *value = (double)code;
    return SB_OK;
}

sb_status sb_frame_missing(sb_frame *f, double *value)
{
    if (f->options->missing == SB_MISSING_ERROR)
        SB_FAIL(f->cx->err, SB_EDATA, "a missing value (option 'missing': nan, skip or mean)");
    f->incomplete = true;
    *value = (double)NAN;
    return SB_OK;
}

/* All rows behind each other; the blocks themselves when one holds them all. */
static sb_status join(const sb_frame *f, double **value)
{
    const bool one = f->first && !f->first->next;
    *value = one ? f->first->value : SB_NEW(f->cx->arena, f->n * f->d, double);
    if (!*value) SB_FAIL(f->cx->err, SB_ENOMEM, "array of %zu x %zu values", f->n, f->d);
    size_t at = 0;
    for (const struct sb_frame_block *b = f->first; b && !one; at += b->rows * f->d, b = b->next)
        memcpy(*value + at, b->value, b->rows * f->d * sizeof(double));
    return SB_OK;
}

/* Names of the result's columns; without names in the file only categories have one: their position. */
static sb_status name_columns(const sb_frame *f, size_t width, sb_array *out)
{
    bool any = f->name != NULL;
    for (size_t j = 0; j < f->d; j++) any |= f->kind[j] == SB_FRAME_ONEHOT;
    if (!any) return SB_OK;
    const char **column = SB_NEW(f->cx->arena, width, const char *);
    if (!column) SB_FAIL(f->cx->err, SB_ENOMEM, "names of %zu columns", width);
    for (size_t j = 0, k = 0; j < f->d; j++) {
        const char *name = NULL;
        SB_TRY(sb_levels_column(f, j, &name));
        if (f->kind[j] != SB_FRAME_ONEHOT) column[k++] = name;
        for (size_t v = 0; f->kind[j] == SB_FRAME_ONEHOT && v < f->category[j]->n; v++)
            SB_TRY(sb_levels_name(name, f->category[j]->level[v], f->cx, &column[k++]));
    }
    out->column = column;
    return SB_OK;
}

/* Onehot columns widened. */
static sb_status widen(const sb_frame *f, const double *from, size_t width, double **value)
{
    if (f->n && width > f->limit / sizeof(double) / f->n)
        SB_FAIL(f->cx->err, SB_ENOMEM, "%zu x %zu values with 'onehot' are above the limit of %zu bytes", f->n, width,
                f->limit);
    double *to = SB_NEW(f->cx->arena, f->n * width, double);
    if (!to) SB_FAIL(f->cx->err, SB_ENOMEM, "array of %zu x %zu values", f->n, width);
    *value = to;
    for (size_t i = 0; i < f->n; i++)
        for (size_t j = 0; j < f->d; j++, from++) {
            if (f->kind[j] != SB_FRAME_ONEHOT) {
                *to++ = *from;
                continue;
            }
            const size_t levels = f->category[j]->n;
            for (size_t v = 0; v < levels; v++) to[v] = isnan(*from) ? (double)NAN : *from == (double)v;
            to += levels;
        }
    return SB_OK;
}

static sb_status no_mean_of_codes(const sb_frame *f, const double *value)
{
    for (size_t i = 0; i < f->n && f->incomplete && f->options->missing == SB_MISSING_MEAN; i++)
        for (size_t j = 0; j < f->d; j++)
            if (f->kind[j] == SB_FRAME_CODES && isnan(value[i * f->d + j]))
                SB_FAIL(
                    f->cx->err, SB_EDATA,
                    "column %zu of codes lacks the value of row %zu, and codes have no mean: read it as 'onehot' or "
                    "leave such rows out by 'missing: skip'",
                    f->pick[j] + 1, i + 1);
    return SB_OK;
}

sb_status sb_frame_finish(sb_frame *f, sb_array *out)
{
    double *value = NULL;
    size_t width = 0;
    SB_TRY(join(f, &value));
    SB_TRY(no_mean_of_codes(f, value));
    for (size_t j = 0; j < f->d; j++) {
        if (f->category[j]) SB_TRY(sb_levels_sort(f->category[j], value + j, f->n, f->d, f->cx));
        width += f->kind[j] == SB_FRAME_ONEHOT ? f->category[j]->n : 1;
    }
    bool wide = false;
    for (size_t j = 0; j < f->d; j++) wide |= f->kind[j] == SB_FRAME_ONEHOT;
    if (wide) SB_TRY(widen(f, value, width, &value));
    *out = (sb_array){.type = SB_F64, .dims = 2, .shape = {f->n, width}, .data = value};
    out->impute = f->incomplete && f->options->missing == SB_MISSING_MEAN;
    SB_TRY(name_columns(f, width, out));
    return sb_levels_text(f, &out->levels);
}

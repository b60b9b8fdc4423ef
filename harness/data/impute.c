/* Missing values and categories of tables: what only who sees both parts can do without looking at test rows. */
#include <math.h>
#include <string.h>

#include "parts.h"

/* Mean of column `at` of an array over the training rows, summed in their order. */
static sb_status mean_of(const sb_view *train, size_t at, sb_ctx *cx, double *mean)
{
    const size_t width = sb_array_width(train->array);
    const double *value = train->array->data;
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < train->n; i++) {
        const double v = value[sb_view_row(train, i) * width + at];
        if (isnan(v)) continue;
        sum += v;
        known++;
    }
    if (!known)
        SB_FAIL(cx->err, SB_EDATA, "column %zu%s%s has no value in the training rows, so no mean", at + 1,
                train->array->column ? ", " : "", train->array->column ? train->array->column[at] : "");
    *mean = sum / (double)known;
    return SB_OK;
}

static bool lacks_values(const sb_view *v, size_t at)
{
    const size_t width = v->n ? sb_array_width(v->array) : 0;
    for (size_t i = 0; i < v->n; i++)
        if (isnan(((const double *)v->array->data)[sb_view_row(v, i) * width + at])) return true;
    return false;
}

static void fill(const sb_view *v, size_t at, double mean)
{
    const size_t width = v->n ? sb_array_width(v->array) : 0;
    for (size_t i = 0; i < v->n; i++) {
        double *value = (double *)v->array->data + sb_view_row(v, i) * width + at;
        if (isnan(*value)) *value = mean;
    }
}

/* A target is never made up. */
static sb_status refuse_missing(const sb_view *y, sb_ctx *cx)
{
    for (size_t i = 0; i < y->n && y->array->impute; i++)
        for (size_t j = 0; j < y->d; j++)
            if (isnan(sb_view_raw(y, i, j)))
                SB_FAIL(cx->err, SB_EDATA,
                        "row %zu lacks its target: 'missing: mean' fills features only, leave such "
                        "rows out ('missing: skip', or another file)",
                        sb_view_row(y, i) + 1);
    return SB_OK;
}

sb_status sb_parts_impute(const sb_parts *t, sb_ctx *cx)
{
    const sb_view *train = &t->x[SB_TRAIN], *test = &t->x[SB_TEST];
    const bool wanted = (train->n && train->array->impute) || (test->n && test->array->impute);
    if (wanted && (train->array->type != SB_F64 || (test->n && test->array->type != SB_F64)))
        SB_FAIL(cx->err, SB_EDATA, "'missing: mean' needs both parts from tables (csv, arff, rdata)");
    for (size_t j = 0; wanted && j < train->d; j++) {
        const size_t column = train->first + j, at = column + (column >= train->drop);
        double mean = 0;
        if (!lacks_values(train, at) && !lacks_values(test, at)) continue;
        SB_TRY(mean_of(train, at, cx, &mean));
        fill(train, at, mean);
        fill(test, at, mean);
    }
    for (size_t p = 0; p < SB_PARTS; p++) SB_TRY(refuse_missing(&t->y[p], cx));
    return SB_OK;
}

static sb_status same_levels(const sb_view *v, sb_ctx *cx)
{
    if (!v[SB_TRAIN].n || !v[SB_TEST].n) return SB_OK;
    const char *train = v[SB_TRAIN].array->levels, *test = v[SB_TEST].array->levels;
    if (strcmp(train ? train : "", test ? test : "") == 0) return SB_OK;
    SB_FAIL(cx->err, SB_EDATA,
            "the categories of the two files differ, '%.200s' in the training part and '%.200s' in the test part: give "
            "their levels, as in 'onehot: [cut=Fair|Good]'",
            train ? train : "", test ? test : "");
}

sb_status sb_parts_same_levels(const sb_parts *t, sb_ctx *cx)
{
    SB_TRY(same_levels(t->x, cx));
    return same_levels(t->y, cx);
}

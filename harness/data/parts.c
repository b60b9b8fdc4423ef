#include "parts.h"

#include <math.h>
#include <stdlib.h>

#include "selbench/rng.h"

sb_view sb_view_all(const sb_array *array)
{
    return (sb_view){
        .array = array, .d = sb_array_width(array), .drop = SIZE_MAX, .n = sb_array_rows(array), .divide = 1};
}

/* columns from .. to - 1 of row r of an array; division in double, so that every type rounds once */
#define COPY(type, source)                                                                                             \
    do {                                                                                                               \
        const type *in_ = (const type *)(source)->data + r * width;                                                    \
        for (size_t j = from; j < to; j++) *out++ = (OUT)((double)in_[j] / divide);                                    \
    } while (0)

#define DEFINE_COPY(name)                                                                                              \
    static OUT *name(const sb_array *a, size_t r, size_t from, size_t to, double divide, OUT *out)                     \
    {                                                                                                                  \
        const size_t width = sb_array_width(a);                                                                        \
        switch (a->type) {                                                                                             \
        case SB_U8: COPY(uint8_t, a); break;                                                                           \
        case SB_I8: COPY(int8_t, a); break;                                                                            \
        case SB_I32: COPY(int32_t, a); break;                                                                          \
        case SB_I64: COPY(int64_t, a); break;                                                                          \
        case SB_F32: COPY(float, a); break;                                                                            \
        case SB_F64: COPY(double, a); break;                                                                           \
        case SB_F16:                                                                                                   \
            for (size_t j = from; j < to; j++) *out++ = (OUT)(sb_array_at(a, r, j) / divide);                          \
            break;                                                                                                     \
        }                                                                                                              \
        return out;                                                                                                    \
    }

#define OUT float
DEFINE_COPY(copy_f32)
#undef OUT
#define OUT double
DEFINE_COPY(copy_f64)
#undef OUT

static size_t end_of(const sb_view *v) { return v->first + v->d + (v->drop != SIZE_MAX); }

void sb_view_f32(const sb_view *v, size_t i, float *out)
{
    const size_t r = sb_view_row(v, i), end = end_of(v), stop = v->drop == SIZE_MAX ? end : v->drop;
    out = copy_f32(v->array, r, v->first, stop, v->divide, out);
    if (stop < end) (void)copy_f32(v->array, r, stop + 1, end, v->divide, out);
}

void sb_view_f64(const sb_view *v, size_t i, double *out)
{
    const size_t r = sb_view_row(v, i), end = end_of(v), stop = v->drop == SIZE_MAX ? end : v->drop;
    out = copy_f64(v->array, r, v->first, stop, v->divide, out);
    if (stop < end) (void)copy_f64(v->array, r, stop + 1, end, v->divide, out);
}

double sb_view_raw(const sb_view *v, size_t i, size_t j)
{
    const size_t column = v->first + j;
    return sb_array_at(v->array, sb_view_row(v, i), column + (column >= v->drop));
}

static bool find_value(const double *value, size_t values, double v, size_t *at)
{
    for (*at = 0; *at < values; (*at)++)
        if (value[*at] == v) return true;
    return false;
}

sb_status sb_parts_labels(const sb_view *v, const char *what, const double *value, size_t values, size_t *c, sb_ctx *cx,
                          const int32_t **label)
{
    int32_t *out = SB_NEW(cx->arena, v->n, int32_t);
    if (!out) SB_FAIL(cx->err, SB_ENOMEM, "%zu %s", v->n, what);
    size_t largest = 0;
    for (size_t i = 0; i < v->n; i++) {
        const double raw = sb_view_raw(v, i, 0);
        size_t class = 0;
        if (values) {
            if (!find_value(value, values, raw, &class))
                SB_FAIL(cx->err, SB_EDATA, "%s: row %zu is %.10g, not one of the %zu label_values", what,
                        sb_view_row(v, i), raw, values);
        } else {
            if (!(raw >= 0 && raw < 1e6 && raw == floor(raw)))
                SB_FAIL(cx->err, SB_EDATA, "%s: row %zu is %.10g, not a class number from 0 (label_values maps others)",
                        what, sb_view_row(v, i), raw);
            class = (size_t)raw;
            if (*c && class >= *c)
                SB_FAIL(cx->err, SB_EDATA, "%s: row %zu is %zu, outside 0 to %zu", what, sb_view_row(v, i), class,
                        *c - 1);
        }
        if (class > largest) largest = class;
        out[i] = (int32_t) class;
    }
    if (!*c) *c = values ? values : largest + 1;
    *label = out;
    return SB_OK;
}

static int by_row(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

sb_status sb_parts_sample(size_t n, size_t m, uint64_t seed, const char *stream, sb_ctx *cx, uint32_t **chosen,
                          uint32_t **rest)
{
    uint32_t *order = SB_NEW(cx->arena, n, uint32_t);
    if (!order) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", n);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    sb_rng rng = sb_rng_stream(seed, stream);
    sb_rng_shuffle(&rng, order, n, m);
    qsort(order, m, sizeof *order, by_row);
    qsort(order + m, n - m, sizeof *order, by_row);
    *chosen = order;
    if (rest) *rest = order + m;
    return SB_OK;
}

sb_status sb_parts_check(const sb_parts *t, sb_ctx *cx)
{
    const sb_view *train = &t->x[SB_TRAIN], *test = &t->x[SB_TEST];
    if (train->n == 0 || train->d == 0)
        SB_FAIL(cx->err, SB_EDATA, "%zu training rows with %zu features: nothing to select from", train->n, train->d);
    if (train->n > UINT32_MAX || test->n > UINT32_MAX)
        SB_FAIL(cx->err, SB_EDATA, "%zu training and %zu test rows, above the limit of %u", train->n, test->n,
                UINT32_MAX);
    if (test->n && test->d != train->d)
        SB_FAIL(cx->err, SB_EDATA, "test part has %zu features, training part %zu", test->d, train->d);
    if (t->features_only) return SB_OK;
    if (t->kind == SB_REGRESSION) {
        for (size_t p = 0; p < SB_PARTS; p++)
            if (t->x[p].n && (t->y[p].n != t->x[p].n || t->y[p].d != t->t))
                SB_FAIL(cx->err, SB_EDATA, "%s part has %zu x %zu targets for %zu rows with %zu targets",
                        p ? "test" : "training", t->y[p].n, t->y[p].d, t->x[p].n, t->t);
        return SB_OK;
    }
    for (size_t i = 1; i < train->n; i++)
        if (t->label[SB_TRAIN][i] != t->label[SB_TRAIN][0]) return SB_OK;
    SB_FAIL(cx->err, SB_EDATA, "one class only: every training label is %d", t->label[SB_TRAIN][0]);
}

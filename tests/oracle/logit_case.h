/* Random classification problems and the objective of logistic models by its definition, in plain long double loops. */
#ifndef LOGIT_CASE_H
#define LOGIT_CASE_H

#include <float.h>

#include "selbench/logit.h"
#include "test_main.h"

extern const sb_model sb_model_softmax, sb_model_logistic;

typedef struct logit_case {
    test_ctx t;
    sb_data data;
    sb_subset s; /* all rows in order, or a weighted choice with repetitions */
    sb_logit_options o;
    const sb_model *model;
    size_t q;
    double *theta;
    sb_fit_info info;
} logit_case;

static inline void *take(logit_case *p, size_t count, size_t size)
{
    void *v = sb_arena_alloc(p->t.cx.arena, count, size);
    ck_assert_ptr_nonnull(v);
    return v;
}

/* n x d features with columns of different scale and offset, labels from a noisy random linear model. */
static inline void case_init(logit_case *p, const sb_model *model, uint64_t seed, size_t n, size_t d, size_t c)
{
    memset(p, 0, sizeof *p);
    test_ctx_init(&p->t, "logit");
    sb_rng r = sb_rng_stream(seed, "logit_case");
    float *x = take(p, n * d, sizeof *x);
    int32_t *label = take(p, n, sizeof *label);
    double *w = take(p, d * c, sizeof *w);
    for (size_t i = 0; i < d * c; i++) w[i] = 1.5 * sb_rng_normal(&r) / sqrt((double)d + 1);
    for (size_t i = 0; i < n; i++) {
        double top = -INFINITY;
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = (float)((0.3 + (double)(j % 3)) * sb_rng_normal(&r) + (j % 4 == 1 ? 1.5 : 0));
        for (size_t k = 0; k < c; k++) {
            double z = sb_rng_gumbel(&r);
            for (size_t j = 0; j < d; j++) z += w[j * c + k] * (double)x[i * d + j];
            if (z > top) top = z, label[i] = (int32_t)k;
        }
    }
    for (size_t k = 0; k < c && k < n; k++) label[k] = (int32_t)k; /* every class has a row */
    p->data = (sb_data){.x = {x, n, d, d}, .kind = SB_CLASSIFICATION, .c = c, .label = label};
    p->s = (sb_subset){n, NULL, NULL};
    p->model = model;
    p->q = model == &sb_model_logistic ? 1 : c;
    p->theta = take(p, (d + 1) * p->q, sizeof *p->theta);
    sb_param_defaults(model->options, &p->o, &p->t.cx);
}

static inline void case_release(logit_case *p) { test_ctx_release(&p->t); }

/* m rows with repetitions, weights from 0 to 3, one in eight 0; the first c rows are in. */
static inline void case_choose(logit_case *p, uint64_t seed, size_t m)
{
    sb_rng r = sb_rng_stream(seed, "choose");
    uint32_t *row = take(p, m, sizeof *row);
    double *weight = take(p, m, sizeof *weight);
    for (size_t i = 0; i < m; i++) {
        row[i] = i < p->data.c ? (uint32_t)i : (uint32_t)sb_rng_below(&r, p->data.x.n);
        weight[i] = i >= p->data.c && sb_rng_below(&r, 8) == 0 ? 0 : 0.01 + 3 * sb_rng_unit(&r);
    }
    p->s = (sb_subset){m, row, weight};
}

static inline size_t case_row(const logit_case *p, size_t i) { return p->s.row ? p->s.row[i] : i; }
static inline double case_weight(const logit_case *p, size_t i) { return p->s.weight ? p->s.weight[i] : 1; }

static inline void case_fit(logit_case *p, const void *shared)
{
    const size_t mark = sb_arena_mark(p->t.cx.arena);
    ck_assert_ok(&p->t, p->model->fit(&p->data, &p->s, &p->o, shared, &p->t.cx, p->theta, &p->info));
    sb_arena_rewind(p->t.cx.arena, mark);
}

/* Loss of row i at theta (raw, row-major); r (q values) the derivative by the scores. */
static inline double row_loss(const logit_case *p, size_t i, const double *theta, double *r)
{
    const size_t d = p->data.x.d, q = p->q;
    const int32_t y = p->data.label[i];
    long double z[1024], top = -INFINITY, sum = 0;
    for (size_t k = 0; k < q; k++) {
        z[k] = (long double)theta[d * q + k];
        for (size_t j = 0; j < d; j++)
            z[k] += (long double)theta[j * q + k] * (long double)sb_mat_row(p->data.x, i)[j];
        top = z[k] > top ? z[k] : top;
    }
    if (q == 1) {
        const long double s = y ? -z[0] : z[0]; /* loss log(1 + e^s) */
        if (r) *r = (double)((y ? -1 : 1) / (1 + expl(-s)));
        return (double)(s > 0 ? s + log1pl(expl(-s)) : log1pl(expl(s)));
    }
    for (size_t k = 0; k < q; k++) sum += expl(z[k] - top);
    for (size_t k = 0; k < q && r; k++) r[k] = (double)(expl(z[k] - top) / sum) - ((int32_t)k == y);
    return (double)(top - z[y] + logl(sum));
}

/* Centre and scale of column j in the units of the fit. */
static inline void column_units(const logit_case *p, size_t j, double *mean, double *sd)
{
    double sum = 0, total = 0, square = 0;
    *mean = 0, *sd = 1;
    if (!p->o.standardise) return;
    for (size_t i = 0; i < p->s.m; i++) {
        total += case_weight(p, i);
        sum += case_weight(p, i) * (double)sb_mat_row(p->data.x, case_row(p, i))[j];
    }
    for (size_t i = 0; i < p->s.m; i++) {
        const double v = (double)sb_mat_row(p->data.x, case_row(p, i))[j] - sum / total;
        square += case_weight(p, i) * v * v;
    }
    *sd = sqrt(square / total);
    if (p->o.intercept) *mean = sum / total;
}

/* Objective with penalty l2 at raw theta, and the largest entry of its gradient in the units of the fit (or NULL). */
static inline double case_objective(const logit_case *p, double l2, const double *theta, double *largest)
{
    const size_t d = p->data.x.d, q = p->q;
    double *g = calloc((d + 1) * q, sizeof *g), r[1024], total = 0, f = 0;
    double *mean = calloc(d + 1, sizeof *mean), *sd = calloc(d + 1, sizeof *sd);
    for (size_t j = 0; j < d; j++) column_units(p, j, &mean[j], &sd[j]);
    for (size_t i = 0; i < p->s.m; i++) {
        const double w = case_weight(p, i);
        if (!(w > 0)) continue;
        f += w * row_loss(p, case_row(p, i), theta, r);
        total += w;
        for (size_t j = 0; j <= d && largest; j++) {
            const double raw = j < d ? (double)sb_mat_row(p->data.x, case_row(p, i))[j] : 0;
            const double v = j == d ? 1 : sd[j] > 0 ? (raw - mean[j]) / sd[j] : 0;
            for (size_t k = 0; k < q; k++) g[j * q + k] += w * r[k] * v;
        }
    }
    f /= total;
    if (largest) *largest = 0;
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < q; k++) {
            const double w = theta[j * q + k] * sd[j];
            f += 0.5 * l2 * w * w;
            if (largest) *largest = fmax(*largest, fabs(g[j * q + k] / total + l2 * w));
        }
    for (size_t k = 0; k < q && largest && p->o.intercept; k++) *largest = fmax(*largest, fabs(g[d * q + k] / total));
    free(g), free(mean), free(sd);
    return f;
}

/* Largest difference between two parameter arrays of the case. */
static inline double theta_distance(const logit_case *p, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < (p->data.x.d + 1) * p->q; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

#endif

/* Random weighted least-squares problems, and the certificate of a minimum by plain loops in long double. */
#ifndef RIDGE_CASE_H
#define RIDGE_CASE_H

#include "test_main.h"

#include <float.h>

#include "selbench/model.h"

extern const sb_model sb_model_ridge;

enum { CASE_N = 120, CASE_D = 40, CASE_T = 3 };

typedef struct ridge_case {
    test_ctx t;
    size_t n, d, q, m;
    float x[CASE_N * (CASE_D + 1)];
    double y[CASE_N * CASE_T], weight[2 * CASE_N];
    uint32_t row[2 * CASE_N];
    sb_data data;
    sb_subset s;
    void *options;
    double l2;
    bool intercept, standardise;
} ridge_case;

static inline float *case_x(ridge_case *c, size_t i, size_t j) { return &c->x[i * (c->d + 1) + j]; }

/* n x d rows, q targets, a subset of m draws with weights (some zero, some rows twice). */
static inline void case_make(ridge_case *c, int seed, size_t n, size_t d, size_t q, size_t m)
{
    memset(c, 0, sizeof *c);
    test_ctx_init(&c->t, "ridge");
    sb_rng rng = sb_rng_stream((uint64_t)seed, "ridge");
    c->n = n, c->d = d, c->q = q, c->m = m;
    double b[CASE_D];
    for (size_t j = 0; j < d; j++) b[j] = sb_rng_normal(&rng);
    for (size_t i = 0; i < n; i++) {
        double signal = 0;
        for (size_t j = 0; j < d; j++) {
            *case_x(c, i, j) = (float)(sb_rng_normal(&rng) * (1 + (double)(j % 3)) + (double)(j % 5));
            signal += (double)*case_x(c, i, j) * b[j];
        }
        for (size_t k = 0; k < q; k++) c->y[i * q + k] = signal * (double)(k + 1) + 2 * sb_rng_normal(&rng) + 5;
    }
    for (size_t i = 0; i < m; i++) {
        c->row[i] = (uint32_t)sb_rng_below(&rng, n);
        c->weight[i] = i % 9 == 4 ? 0 : 0.1 + 4 * sb_rng_unit(&rng);
    }
    c->data = (sb_data){.x = {c->x, n, d, d + 1}, .kind = SB_REGRESSION, .t = q, .y = c->y};
    c->s = (sb_subset){m, c->row, c->weight};
    c->options = sb_arena_alloc(c->t.cx.arena, 1, sb_model_ridge.option_size);
    sb_param_defaults(sb_model_ridge.options, c->options, &c->t.cx);
    c->intercept = true;
}

static inline void case_set(ridge_case *c, const char *name, const char *value)
{
    ck_assert_ok(&c->t, sb_param_set(sb_model_ridge.options, c->options, name, value, &c->t.cx));
    if (strcmp(name, "intercept") == 0) c->intercept = strcmp(value, "true") == 0;
    if (strcmp(name, "standardise") == 0) c->standardise = strcmp(value, "true") == 0;
    if (strcmp(name, "l2") == 0 && *value != '[') c->l2 = strtod(value, NULL);
}

static inline sb_status case_fit(ridge_case *c, double *theta, sb_fit_info *info)
{
    return sb_model_ridge.fit(&c->data, &c->s, c->options, NULL, &c->t.cx, theta, info);
}

/* q_j of the penalty: weighted variance about the mean (about 0 without intercept), or 1. */
static inline long double case_q(const ridge_case *c, size_t j)
{
    long double total = 0, mean = 0, var = 0;
    for (size_t i = 0; i < c->m; i++) {
        total += (long double)c->weight[i];
        mean += (long double)c->weight[i] * (long double)c->x[c->row[i] * (c->d + 1) + j];
    }
    mean = c->intercept ? mean / total : 0;
    for (size_t i = 0; i < c->m; i++)
        var += (long double)c->weight[i] * powl((long double)c->x[c->row[i] * (c->d + 1) + j] - mean, 2);
    return c->standardise ? var / total : 1;
}

typedef struct plain_check {
    double worst, tolerance, objective; /* max |gradient entry|, what rounding can make of it, F */
} plain_check;

/* dF/dtheta by definition. Rounding: eps for each of the m + d operations of the sums, and eps of the residual's own
 * terms |x'B| + |y|, which matters where the rows are met almost exactly. */
static inline plain_check case_check(const ridge_case *c, double l2, const double *theta)
{
    plain_check r = {0, 0, 0};
    double scale = 0, size = 0;
    long double total = 0, loss = 0, penalty = 0;
    const long double q = (long double)c->q;
    for (size_t i = 0; i < c->m; i++) total += (long double)c->weight[i];
    for (size_t k = 0; k < c->q; k++) {
        long double g[CASE_D + 1] = {0}, a[CASE_D + 1] = {0}, b[CASE_D + 1] = {0};
        for (size_t i = 0; i < c->m; i++) {
            const float *x = c->x + c->row[i] * (c->d + 1);
            long double e = (long double)theta[c->d * c->q + k] - (long double)c->y[c->row[i] * c->q + k];
            long double terms = fabsl(e) + 2 * fabsl((long double)c->y[c->row[i] * c->q + k]);
            for (size_t j = 0; j < c->d; j++) {
                e += (long double)x[j] * (long double)theta[j * c->q + k];
                terms += fabsl((long double)x[j] * (long double)theta[j * c->q + k]);
            }
            const long double w = (long double)c->weight[i] / total;
            loss += w * e * e / q;
            for (size_t j = 0; j <= c->d; j++) {
                const long double term = 2 / q * w * (j < c->d ? (long double)x[j] : 1) * e;
                g[j] += term;
                a[j] += fabsl(term);
                b[j] += w * fabsl(j < c->d ? (long double)x[j] : 1) * terms;
            }
        }
        for (size_t j = 0; j < c->d; j++) {
            const long double coef = (long double)theta[j * c->q + k], qj = case_q(c, j);
            g[j] += 2 * (long double)l2 * qj * coef;
            a[j] += fabsl(2 * (long double)l2 * qj * coef);
            penalty += qj * coef * coef;
        }
        for (size_t j = 0; j < c->d + c->intercept; j++) {
            if (!(fabs((double)g[j]) <= r.worst)) r.worst = fabs((double)g[j]);
            scale = fmax(scale, (double)a[j]);
            size = fmax(size, (double)b[j]);
        }
    }
    r.tolerance = DBL_EPSILON * (64 * (double)(c->m + c->d) * scale + 8 * size);
    r.objective = (double)(loss + (long double)l2 * penalty);
    return r;
}

#endif

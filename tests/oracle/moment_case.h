/* Random embeddings and their second moments in plain loops. */
#ifndef MOMENT_CASE_H
#define MOMENT_CASE_H

#include "jacobi.h"
#include "judge.h"
#include "test_main.h"

enum { N = 120, D = 6, WIDE_N = 90, WIDE_D = 600 };

static inline sb_mat random_matrix(sb_ctx *cx, const char *name, size_t n, size_t d)
{
    sb_rng rng = sb_ctx_stream(cx, name);
    float *const x = SB_NEW(cx->arena, n * d, float);
    for (size_t i = 0; i < n * d; i++) x[i] = (float)(sb_rng_normal(&rng) * (1 + (double)(i % d) / (double)D) + .5);
    return (sb_mat){x, n, d, d};
}

/* d x d (or, by_rows, n x n) matrix of inner products divided by the total weight */
static inline void products(sb_mat x, const double *w, bool by_rows, double *a)
{
    double total = 0;
    for (size_t i = 0; i < x.n; i++) total += w ? w[i] : 1;
    const size_t size = by_rows ? x.n : x.d, inner = by_rows ? x.d : x.n;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            double sum = 0;
            for (size_t k = 0; k < inner; k++)
                sum += by_rows ? (double)sb_mat_row(x, i)[k] * (double)sb_mat_row(x, j)[k]
                               : (w ? w[k] : 1) * (double)sb_mat_row(x, k)[i] * (double)sb_mat_row(x, k)[j];
            a[i * size + j] = sum / total;
        }
}

/* Largest deviation of the directions' inner products from those of an orthonormal set. */
static inline double worst_product(const sb_geometry *g)
{
    double worst = 0;
    for (size_t i = 0; i < g->r; i++)
        for (size_t j = 0; j <= i; j++) {
            double dot = 0;
            for (size_t k = 0; k < g->x.d; k++) dot += g->direction[i * g->x.d + k] * g->direction[j * g->x.d + k];
            worst = fmax(worst, fabs(dot - (i == j ? 1 : 0)));
        }
    return worst;
}

#endif

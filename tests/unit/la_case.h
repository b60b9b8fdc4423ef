/* Random matrices and weighted subsets for the tests of linear algebra. */
#ifndef LA_CASE_H
#define LA_CASE_H

#include "test_main.h"

#include <float.h>

#include "selbench/la.h"

typedef struct la_case {
    test_ctx t;
    sb_rng rng;
    size_t n, d;
    float *data;
    sb_mat x;
    sb_subset s;
} la_case;

static inline void case_make(la_case *c, int seed, size_t n, size_t d)
{
    *c = (la_case){.n = n, .d = d};
    test_ctx_init(&c->t, "la");
    c->rng = sb_rng_stream((uint64_t)seed, "la");
    const size_t ld = d + (size_t)seed % 3;
    c->data = SB_NEW(c->t.cx.arena, n * ld, float);
    for (size_t i = 0; i < n * ld; i++) c->data[i] = (float)sb_rng_normal(&c->rng) + 0.5f;
    c->x = (sb_mat){c->data, n, d, ld};
    const size_t m = n + 3;
    uint32_t *row = SB_NEW(c->t.cx.arena, m, uint32_t);
    double *w = SB_NEW(c->t.cx.arena, m, double);
    for (size_t i = 0; i < m; i++) {
        row[i] = (uint32_t)sb_rng_below(&c->rng, n);
        w[i] = i % 5 == 2 ? 0 : 3 * sb_rng_unit(&c->rng);
    }
    c->s = (sb_subset){m, row, w};
}

static inline double at(const la_case *c, size_t i, size_t j)
{
    return j < c->d ? (double)sb_mat_row(c->x, i)[j] : 1.0;
}

static inline double *randoms(la_case *c, size_t count)
{
    double *v = SB_NEW(c->t.cx.arena, count, double);
    for (size_t i = 0; i < count; i++) v[i] = sb_rng_normal(&c->rng);
    return v;
}

#endif

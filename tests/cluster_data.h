/* Made-up rows for the tests of clustering and covering: kinds that are easy, flat, tied and ill-scaled. */
#ifndef CLUSTER_DATA_H
#define CLUSTER_DATA_H

#include <stdio.h>

#include "selbench/mat.h"
#include "test_main.h"

enum {
    KIND_BLOBS,
    KIND_GAUSS,
    KIND_LATTICE,
    KIND_CONSTANT,
    KIND_OFFSET,
    KIND_LOWRANK,
    KIND_TINY,
    KIND_OUTLIER,
    KIND_HUGE,
    KINDS
};

/* n x d of the kind, with a row distance of d + 3 (the padding is NaN: nobody may read it). */
static inline sb_mat cluster_data(sb_ctx *cx, int kind, size_t n, size_t d, int seed)
{
    char name[32];
    (void)snprintf(name, sizeof name, "data%d-%d", kind, seed);
    sb_rng r = sb_ctx_stream(cx, name);
    const size_t ld = d + 3, blobs = 7;
    float *x = SB_NEW(cx->arena, n * ld, float), *centre = SB_NEW(cx->arena, blobs * d, float);
    ck_assert(x && centre);
    for (size_t j = 0; j < blobs * d; j++) centre[j] = (float)(10 * sb_rng_normal(&r));
    for (size_t i = 0; i < n; i++) {
        const double a = sb_rng_normal(&r), b = sb_rng_normal(&r), wide = sb_rng_unit(&r) < 0.02 ? 1e4 : 1;
        const size_t blob = sb_rng_below(&r, blobs);
        for (size_t j = 0; j < d; j++) {
            const double g = sb_rng_normal(&r);
            double v = g;
            if (kind == KIND_BLOBS) v = (double)centre[blob * d + j] + g;
            if (kind == KIND_LATTICE) v = (double)sb_rng_below(&r, d < 4 ? 4 : 2);
            if (kind == KIND_CONSTANT) v = j % 3 ? 5 : g;
            if (kind == KIND_OFFSET) v = 1e4 + g;
            if (kind == KIND_LOWRANK) v = a * sin((double)j) + b * cos(2 * (double)j) + 0.01 * g;
            if (kind == KIND_TINY) v = 1e-22 * g;
            if (kind == KIND_OUTLIER) v = wide * g;
            if (kind == KIND_HUGE) v = 1e25 * g; /* squares overflow float32 */
            x[i * ld + j] = (float)v;
        }
        for (size_t j = d; j < ld; j++) x[i * ld + j] = NAN;
        if (kind == KIND_BLOBS && i % 5 == 4) memcpy(x + i * ld, x + (i / 2) * ld, d * sizeof *x); /* twins */
    }
    return (sb_mat){x, n, d, ld};
}

/* Squared distance by definition. */
static inline double plain_sqdist(const float *a, const float *b, size_t d)
{
    double s = 0;
    for (size_t j = 0; j < d; j++) s += ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
    return s;
}

#endif

/* The leading principal directions of an embedding, for comparing second moments: exact by the d x d Gram matrix up to
 * WIDE columns; above, from the Gram matrix of a sample of rows, refined by two passes of subspace iteration over all
 * rows. In both cases a last step makes the second-moment matrix of ALL rows diagonal within the span (Rayleigh-Ritz),
 * so that `variance` is exact for the directions given. */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "selbench/la.h"

enum { COVERED = 4096, DIRECTIONS = 64, WIDE = 512, SAMPLE = 512, BLOCK = 256, REFINEMENTS = 2 };
static const double negligible = 1e-12; /* variance of a direction relative to the first, below which it is rounding */

static int by_row(const void *a, const void *b)
{
    const uint32_t u = *(const uint32_t *)a, v = *(const uint32_t *)b;
    return (u > v) - (u < v);
}

/* Gram-Schmidt, each row twice, against the earlier ones ("twice is enough", Kahan); rows that vanish are dropped. */
static size_t orthonormalise(double *v, size_t rows, size_t d)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows; i++) {
        double *const to = v + kept * d;
        double before = 0, after = 0;
        if (kept != i) memcpy(to, v + i * d, d * sizeof *v);
        for (size_t k = 0; k < d; k++) before += to[k] * to[k];
        for (size_t j = 0; j < 2 * kept; j++) {
            const double *const u = v + (j % kept) * d;
            double dot = 0;
            for (size_t k = 0; k < d; k++) dot += u[k] * to[k];
            for (size_t k = 0; k < d; k++) to[k] -= dot * u[k];
        }
        for (size_t k = 0; k < d; k++) after += to[k] * to[k];
        if (!(after > negligible * negligible * before)) continue;
        const double length = sqrt(after);
        for (size_t k = 0; k < d; k++) to[k] /= length;
        kept++;
    }
    return kept;
}

static void to_f64(sb_mat x, size_t first, size_t rows, double *to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < x.d; j++) to[i * x.d + j] = (double)sb_mat_row(x, first + i)[j];
}

/* Leading eigenvectors of X'X, largest first. */
static sb_status leading_exact(sb_mat x, sb_ctx *cx, double *v, size_t *r)
{
    const size_t d = x.d;
    double *const gram = SB_NEW(cx->arena, d * d, double);
    double *const value = SB_NEW(cx->arena, d, double);
    if (!gram || !value) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Gram matrix", d, d);
    SB_TRY(sb_gram_f64(x, NULL, false, cx, gram));
    SB_TRY(sb_eig_sym(gram, d, value, cx));
    for (size_t j = 0; j < *r; j++) memcpy(v + j * d, gram + (d - 1 - j) * d, d * sizeof *v);
    return SB_OK;
}

/* Leading right singular vectors of a sample of rows, from its q x q Gram matrix; *r falls to the sample's rank. */
static sb_status leading_sampled(sb_mat x, const uint32_t *sample, size_t q, sb_ctx *cx, double *v, size_t *r)
{
    const size_t d = x.d;
    double *const rows = SB_NEW(cx->arena, q * d, double);
    double *const gram = SB_NEW(cx->arena, q * q, double);
    double *const value = SB_NEW(cx->arena, q, double);
    if (!rows || !gram || !value) SB_FAIL(cx->err, SB_ENOMEM, "sample of %zu rows of %zu features", q, d);
    for (size_t i = 0; i < q; i++) to_f64(x, sample[i], 1, rows + i * d);
    sb_dgemm(false, true, q, q, d, 1, rows, d, rows, d, 0, gram, q);
    SB_TRY(sb_eig_sym(gram, q, value, cx));
    size_t kept = 0;
    while (kept < *r && kept < q && value[q - 1 - kept] > negligible * value[q - 1]) kept++;
    for (size_t j = 0; j < kept; j++)
        sb_dgemm(false, false, 1, d, q, 1, gram + (q - 1 - j) * q, q, rows, d, 0, v + j * d, d);
    *r = orthonormalise(v, kept, d);
    return SB_OK;
}

/* v <- an orthonormal basis of the span of v X'X */
static sb_status refine(sb_mat x, sb_ctx *cx, double *v, size_t *r)
{
    const size_t d = x.d, mark = sb_arena_mark(cx->arena);
    double *const next = SB_NEW(cx->arena, *r * d, double);
    double *const rows = SB_NEW(cx->arena, BLOCK * d, double);
    double *const z = SB_NEW(cx->arena, BLOCK * *r, double);
    if (!next || !rows || !z) SB_FAIL(cx->err, SB_ENOMEM, "%zu directions of %zu features", *r, d);
    for (size_t first = 0; first < x.n; first += BLOCK) {
        const size_t b = x.n - first < BLOCK ? x.n - first : BLOCK;
        to_f64(x, first, b, rows);
        sb_dgemm(false, true, b, *r, d, 1, rows, d, v, d, 0, z, *r);
        sb_dgemm(true, false, *r, d, b, 1, z, *r, rows, d, 1, next, d);
    }
    *r = orthonormalise(next, *r, d);
    memcpy(v, next, *r * d * sizeof *v);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Turns the basis v within its span so that the second moments of all rows are diagonal, and drops what has none. */
static sb_status rayleigh_ritz(sb_mat x, const double *v, size_t r, sb_ctx *cx, sb_geometry *out)
{
    const sb_subset all = {.m = x.n};
    double *const second = SB_NEW(cx->arena, r * r, double);
    double *const value = SB_NEW(cx->arena, r, double);
    if (!second || !value) SB_FAIL(cx->err, SB_ENOMEM, "second moments in %zu directions", r);
    SB_TRY(sb_moment(x, &all, v, r, cx, second));
    if (r) SB_TRY(sb_eig_sym(second, r, value, cx));
    while (out->r < r && value[r - 1 - out->r] > negligible * value[r - 1]) {
        const size_t j = out->r++, from = r - 1 - j;
        out->variance[j] = value[from];
        sb_dgemm(false, false, 1, x.d, r, 1, second + from * r, r, v, x.d, 0, out->direction + j * x.d, x.d);
    }
    return SB_OK;
}

sb_status sb_geometry_make(sb_mat x, sb_ctx *cx, sb_geometry *out)
{
    const size_t n = x.n, d = x.d, most = d < DIRECTIONS ? d : DIRECTIONS;
    *out = (sb_geometry){.x = x, .rows = n < COVERED ? n : COVERED};
    out->row = SB_NEW(cx->arena, out->rows, uint32_t);
    out->direction = SB_NEW(cx->arena, most * d, double);
    out->variance = SB_NEW(cx->arena, most, double);
    if (!out->row || !out->direction || !out->variance) SB_FAIL(cx->err, SB_ENOMEM, "%zu directions", most);
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *const order = SB_NEW(cx->arena, n, uint32_t);
    double *const v = SB_NEW(cx->arena, most * d, double);
    if (!order || !v) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", n);
    sb_rng rng = sb_ctx_stream(cx, "cover");
    for (uint32_t i = 0; i < n; i++) order[i] = i;
    sb_rng_shuffle(&rng, order, n, out->rows);
    memcpy(out->row, order, out->rows * sizeof *order);
    qsort(out->row, out->rows, sizeof *out->row, by_row);
    size_t r = most;
    if (d <= WIDE) {
        SB_TRY(leading_exact(x, cx, v, &r));
    } else {
        SB_TRY(leading_sampled(x, order, n < SAMPLE ? n : SAMPLE, cx, v, &r));
        for (int k = 0; k < REFINEMENTS; k++) SB_TRY(refine(x, cx, v, &r));
    }
    SB_TRY(rayleigh_ritz(x, v, r, cx, out));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

#include "selbench/countsketch.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "selbench/la.h"

enum { BLOCK = 1024 };

/* R (d x d) of the sketch, or of the rows when these are fewer than the buckets. */
static sb_status sketch_r(sb_mat x, size_t buckets, sb_rng *rng, sb_ctx *cx, double *r)
{
    const size_t n = x.n, d = x.d;
    if (n <= buckets) return sb_qr_r(x, NULL, false, cx, r);
    double *sum = SB_NEW(cx->arena, buckets * d, double);
    if (!sum) SB_FAIL(cx->err, SB_ENOMEM, "CountSketch of %zu x %zu", buckets, d);
    for (size_t i = 0; i < n; i++) {
        double *const to = sum + sb_rng_below(rng, buckets) * d;
        const double sign = sb_rng_u64(rng) & 1 ? 1 : -1;
        for (size_t j = 0; j < d; j++) to[j] += sign * (double)sb_mat_row(x, i)[j];
    }
    return sb_qr_add(r, d, sum, buckets, cx);
}

/* t (d x rank) with x T whitened, from the SVD of R with unit columns. */
static sb_status whitening(double *r, size_t n, size_t d, sb_ctx *cx, double *t, size_t *rank)
{
    double *v = SB_NEW(cx->arena, d * d, double), *s = SB_NEW(cx->arena, d, double);
    double *scale = SB_NEW(cx->arena, d, double);
    if (!v || !s || !scale) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu singular vectors", d, d);
    for (size_t j = 0; j < d; j++) {
        for (size_t i = 0; i < d; i++) scale[j] = hypot(scale[j], r[i * d + j]);
        scale[j] = scale[j] > 0 ? 1 / scale[j] : 0;
        for (size_t i = 0; i < d; i++) r[i * d + j] *= scale[j];
    }
    SB_TRY(sb_svd(r, d, d, s, NULL, v, cx));
    size_t k = 0;
    while (k < d && s[k] > (double)(n > d ? n : d) * DBL_EPSILON * s[0]) k++;
    for (size_t j = 0; j < d; j++)
        for (size_t a = 0; a < k; a++) t[j * k + a] = scale[j] * v[a * d + j] / s[a];
    *rank = k;
    return SB_OK;
}

/* t G in place of t: d x columns. */
static sb_status project(const double *t, size_t d, size_t rank, size_t columns, sb_rng *rng, sb_ctx *cx, double *out)
{
    double *g = SB_NEW(cx->arena, rank * columns, double);
    if (!g) SB_FAIL(cx->err, SB_ENOMEM, "projection to %zu columns", columns);
    for (size_t i = 0; i < rank * columns; i++) g[i] = sb_rng_normal(rng) / sqrt((double)columns);
    if (rank) sb_dgemm(false, false, d, columns, rank, 1, t, rank, g, columns, 0, out, columns);
    return SB_OK;
}

sb_status sb_countsketch_leverage(sb_mat x, size_t buckets, size_t columns, sb_rng *rng, sb_ctx *cx, double *score)
{
    const size_t n = x.n, d = x.d, mark = sb_arena_mark(cx->arena);
    double *r = SB_NEW(cx->arena, d * d, double), *t = SB_NEW(cx->arena, d * d, double);
    if (!r || !t) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu factor", d, d);
    size_t rank = 0;
    SB_TRY(sketch_r(x, buckets ? buckets : d * d, rng, cx, r));
    SB_TRY(whitening(r, n, d, cx, t, &rank));
    size_t k = rank;
    if (columns && columns < rank) {
        double *p = SB_NEW(cx->arena, d * columns, double);
        if (!p) SB_FAIL(cx->err, SB_ENOMEM, "projection to %zu columns", columns);
        SB_TRY(project(t, d, rank, columns, rng, cx, p));
        t = p;
        k = columns;
    }
    double *a = SB_NEW(cx->arena, BLOCK * k, double);
    if (!a) SB_FAIL(cx->err, SB_ENOMEM, "products with %zu columns", k);
    for (size_t i0 = 0; i0 < n; i0 += BLOCK) {
        const size_t q = n - i0 < BLOCK ? n - i0 : BLOCK;
        if (k) SB_TRY(sb_rows_times((sb_mat){sb_mat_row(x, i0), q, d, x.ld}, NULL, q, t, k, cx, a));
        for (size_t i = 0; i < q; i++) {
            score[i0 + i] = 0;
            for (size_t j = 0; j < k; j++) score[i0 + i] += a[i * k + j] * a[i * k + j];
        }
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

size_t sb_countsketch_buckets(size_t n, size_t d) { return d < 65536 && n > d * d ? d * d : 4 * d; }

#include "selbench/basis.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "selbench/la.h"

enum { BLOCK = 1024 };

/* *fine: the Gram matrix of the scaled columns is far from singular. */
static sb_status well_conditioned(sb_mat x, sb_ctx *cx, bool *fine)
{
    const size_t d = x.d, mark = sb_arena_mark(cx->arena);
    double *g = SB_NEW(cx->arena, d * d, double), *scale = SB_NEW(cx->arena, d, double);
    if (!g || !scale) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Gram matrix", d, d);
    SB_TRY(sb_gram_f64(x, NULL, false, cx, g));
    *fine = true;
    for (size_t j = 0; j < d; j++) {
        *fine = *fine && g[j * d + j] > 0;
        scale[j] = *fine ? 1 / sqrt(g[j * d + j]) : 0;
    }
    double norm1 = 0, rcond = 0;
    for (size_t i = 0; i < d && *fine; i++) {
        double column = 0;
        for (size_t j = 0; j < d; j++) column += fabs(g[i * d + j] *= scale[i] * scale[j]);
        norm1 = fmax(norm1, column);
    }
    if (*fine) {
        const sb_status st = sb_chol(g, d, cx);
        if (st != SB_OK && st != SB_ENUM) return st;
        if (st == SB_OK) SB_TRY(sb_chol_rcond(g, d, norm1, cx, &rcond));
        *fine = rcond > 1e-9;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Scales the columns of a to norm 1; scale: what they were multiplied with. */
static void unit_columns(double *a, size_t n, size_t d, double *scale)
{
    for (size_t j = 0; j < d; j++) {
        double norm = 0;
        for (size_t i = 0; i < n; i++) norm = hypot(norm, a[i * d + j]);
        scale[j] = norm > 0 ? 1 / norm : 0;
        for (size_t i = 0; i < n; i++) a[i * d + j] *= scale[j];
    }
}

static size_t rank_of(const double *s, size_t k, size_t n, size_t d)
{
    size_t r = 0;
    while (r < k && s[r] > (double)(n > d ? n : d) * DBL_EPSILON * s[0]) r++;
    return r;
}

/* n <= d: the left singular vectors. */
static sb_status by_rows(sb_mat x, sb_ctx *cx, sb_mat *z, float *out)
{
    const size_t n = x.n, d = x.d;
    double *a = SB_NEW(cx->arena, n * d, double), *u = SB_NEW(cx->arena, n * n, double);
    double *s = SB_NEW(cx->arena, n, double), *scale = SB_NEW(cx->arena, d, double);
    if (!a || !u || !s || !scale) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu singular vectors", n, d);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) a[i * d + j] = (double)sb_mat_row(x, i)[j];
    unit_columns(a, n, d, scale);
    SB_TRY(sb_svd(a, n, d, s, u, NULL, cx));
    const size_t r = rank_of(s, n, n, d);
    for (size_t i = 0; i < n; i++) {
        const bool zero = sb_dot_f32(sb_mat_row(x, i), sb_mat_row(x, i), d) == 0;
        for (size_t k = 0; k < r; k++) out[i * r + k] = zero ? 0 : (float)u[i * n + k];
    }
    *z = (sb_mat){.data = out, .n = n, .d = r, .ld = r};
    return SB_OK;
}

/* n > d: X T with T from the SVD of R, X = Q R. */
static sb_status by_r(sb_mat x, sb_ctx *cx, sb_mat *z, float *out)
{
    const size_t n = x.n, d = x.d;
    double *a = SB_NEW(cx->arena, d * d, double), *v = SB_NEW(cx->arena, d * d, double);
    double *s = SB_NEW(cx->arena, d, double), *scale = SB_NEW(cx->arena, d, double);
    double *block = SB_NEW(cx->arena, BLOCK * d, double), *y = SB_NEW(cx->arena, BLOCK * d, double);
    if (!a || !v || !s || !scale || !block || !y) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu singular vectors", d, d);
    SB_TRY(sb_qr_r(x, NULL, false, cx, a));
    unit_columns(a, d, d, scale);
    SB_TRY(sb_svd(a, d, d, s, NULL, v, cx));
    const size_t r = rank_of(s, d, n, d);
    double *const t = a; /* d x r; the SVD has used a up */
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < r; k++) t[j * r + k] = scale[j] * v[k * d + j] / s[k];
    for (size_t i0 = 0; i0 < n && r; i0 += BLOCK) {
        const size_t q = n - i0 < BLOCK ? n - i0 : BLOCK;
        for (size_t i = 0; i < q; i++)
            for (size_t j = 0; j < d; j++) block[i * d + j] = (double)sb_mat_row(x, i0 + i)[j];
        sb_dgemm(false, false, q, r, d, 1, block, d, t, r, 0, y, r);
        for (size_t i = 0; i < q * r; i++) out[i0 * r + i] = (float)y[i];
    }
    *z = (sb_mat){.data = out, .n = n, .d = r, .ld = r};
    return SB_OK;
}

sb_status sb_independent(sb_mat x, sb_ctx *cx, sb_mat *z)
{
    bool fine = false;
    *z = x;
    if (x.n > x.d) SB_TRY(well_conditioned(x, cx, &fine));
    if (fine) return SB_OK;
    float *out = SB_NEW(cx->arena, x.n * (x.n < x.d ? x.n : x.d), float);
    if (!out) SB_FAIL(cx->err, SB_ENOMEM, "basis of %zu x %zu rows", x.n, x.d);
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(x.n > x.d ? by_r(x, cx, z, out) : by_rows(x, cx, z, out));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_rows_form(sb_mat x, const double *l, sb_ctx *cx, double *form)
{
    const size_t d = x.d, mark = sb_arena_mark(cx->arena);
    double *block = SB_NEW(cx->arena, BLOCK * d, double);
    if (!block) SB_FAIL(cx->err, SB_ENOMEM, "block of %d x %zu rows", BLOCK, d);
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t q = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        for (size_t i = 0; i < q; i++)
            for (size_t j = 0; j < d; j++) block[i * d + j] = (double)sb_mat_row(x, i0 + i)[j];
        sb_dtrsm_right(true, q, d, l, d, block, d);
        for (size_t i = 0; i < q; i++) {
            double s[4] = {0};
            for (size_t j = 0; j < d; j++) s[j % 4] += block[i * d + j] * block[i * d + j];
            form[i0 + i] = (s[0] + s[2]) + (s[1] + s[3]);
        }
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_sketch(sb_mat x, size_t k, sb_rng *rng, sb_ctx *cx, sb_mat *out)
{
    float *f = SB_NEW(cx->arena, x.n * k, float);
    const size_t mark = sb_arena_mark(cx->arena);
    float *gamma = SB_NEW(cx->arena, x.d * k, float);
    if (!f || !gamma) SB_FAIL(cx->err, SB_ENOMEM, "sketch of %zu rows in %zu columns", x.n, k);
    for (size_t i = 0; i < x.d * k; i++) gamma[i] = (float)(sb_rng_normal(rng) / sqrt((double)k));
    sb_sgemm(false, false, x.n, k, x.d, 1, x.data, x.ld, gamma, k, 0, f, k);
    *out = (sb_mat){.data = f, .n = x.n, .d = k, .ld = k};
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

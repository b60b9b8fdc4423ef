/* Leverage scores of n <= d rows, from the n x n matrix K = X X':
 * - exact: independent rows score 1, and a Cholesky factor of K shows that they are;
 * - ridge: h_i = [K (K + lambda I)^{-1}]_ii;
 * - truncated: the squared rows of the leading eigenvectors of K.
 * Where K is too ill-conditioned for that, and as the reference, the SVD of X: the squared rows of U. */
#include <float.h>

#include "leverage_parts.h"
#include "selbench/la.h"

size_t sb_leverage_rank(const double *s, size_t k, sb_mat x, const sb_leverage_options *o)
{
    const double tolerance = (double)(x.n > x.d ? x.n : x.d) * DBL_EPSILON * (k ? s[0] : 0);
    size_t r = 0;
    while (r < k && s[r] > tolerance) r++;
    return o->kind == SB_LEVERAGE_TRUNCATED && o->rank < r ? o->rank : r;
}

sb_status sb_leverage_column_scale(const double *a, size_t n, size_t d, bool unit, sb_ctx *cx, double **scale)
{
    *scale = SB_NEW(cx->arena, d, double);
    if (!*scale) SB_FAIL(cx->err, SB_ENOMEM, "scale of %zu columns", d);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) (*scale)[j] = hypot((*scale)[j], a[i * d + j]);
    for (size_t j = 0; j < d; j++) (*scale)[j] = unit && (*scale)[j] > 0 ? 1 / (*scale)[j] : 1;
    return SB_OK;
}

static bool zero_row(sb_mat x, size_t i) { return sb_dot_f32(sb_mat_row(x, i), sb_mat_row(x, i), x.d) == 0; }

static sb_status by_svd(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score, size_t *rank)
{
    const size_t n = x.n, d = x.d;
    double *a = SB_NEW(cx->arena, n * d, double), *u = SB_NEW(cx->arena, n * n, double), *scale = NULL;
    double *s = SB_NEW(cx->arena, n, double);
    if (!a || !u || !s) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu singular vectors", n, d);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) a[i * d + j] = (double)sb_mat_row(x, i)[j];
    SB_TRY(sb_leverage_column_scale(a, n, d, o->kind == SB_LEVERAGE_EXACT, cx, &scale));
    for (size_t i = 0; i < n * d; i++) a[i] *= scale[i % d];
    SB_TRY(sb_svd(a, n, d, s, u, NULL, cx));
    *rank = sb_leverage_rank(s, n, x, o);
    for (size_t k = 0; k < *rank; k++) {
        const double shrink = s[k] / hypot(s[k], sqrt(sb_leverage_lambda(o)));
        for (size_t i = 0; i < n; i++) u[i * n + k] *= shrink;
    }
    for (size_t i = 0; i < n; i++) /* a zero row is in no direction, whatever rounding put into U */
        score[i] = zero_row(x, i) ? 0 : sb_leverage_sqnorm(u + i * n, *rank);
    return SB_OK;
}

/* Cholesky factor of K + lambda I; exact: of K with its rows and columns scaled to a unit diagonal. *rcond: 0 where
 * there is none. */
static sb_status factor(double *k, size_t n, const sb_leverage_options *o, sb_ctx *cx, double *rcond)
{
    double norm1 = 0, *scale = SB_NEW(cx->arena, n, double);
    if (!scale) SB_FAIL(cx->err, SB_ENOMEM, "scale of %zu rows", n);
    *rcond = 0;
    for (size_t i = 0; i < n; i++) {
        scale[i] = o->kind == SB_LEVERAGE_EXACT ? 1 / sqrt(k[i * n + i]) : 1;
        if (!(scale[i] <= DBL_MAX)) return SB_OK; /* a zero row */
    }
    for (size_t i = 0; i < n; i++) {
        double column = 0;
        k[i * n + i] += sb_leverage_lambda(o);
        for (size_t j = 0; j < n; j++) column += fabs(k[i * n + j] *= scale[i] * scale[j]);
        norm1 = fmax(norm1, column);
    }
    const sb_status st = sb_chol(k, n, cx);
    if (st == SB_ENUM) return SB_OK;
    return st == SB_OK ? sb_chol_rcond(k, n, norm1, cx, rcond) : st;
}

static sb_status by_cholesky(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score, bool *done)
{
    const size_t n = x.n;
    double *k = SB_NEW(cx->arena, n * n, double), *p = SB_NEW(cx->arena, n * n, double), rcond = 0;
    if (!k || !p) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu products of rows", n, n);
    SB_TRY(sb_gram_rows(x, cx, k));
    for (size_t i = 0; i < n * n; i++) p[i] = k[i];
    SB_TRY(factor(p, n, o, cx, &rcond));
    *done = rcond >= SB_LEVERAGE_RCOND64;
    if (!*done) return SB_OK;
    if (o->kind == SB_LEVERAGE_RIDGE) sb_chol_invert(p, n);
    for (size_t i = 0; i < n; i++) { /* the sum keeps the digits of small scores, which 1 - lambda p_ii would lose */
        score[i] = o->kind == SB_LEVERAGE_EXACT;
        for (size_t j = 0; j < n && o->kind == SB_LEVERAGE_RIDGE; j++) score[i] += k[i * n + j] * p[i * n + j];
        score[i] = fmax(score[i], 0);
    }
    return SB_OK;
}

static sb_status by_eigenvectors(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score, bool *done)
{
    const size_t n = x.n, r = o->rank;
    double *k = SB_NEW(cx->arena, n * n, double), *v = SB_NEW(cx->arena, r * n, double);
    double *value = SB_NEW(cx->arena, r, double);
    if (!k || !v || !value) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu products of rows", n, n);
    SB_TRY(sb_gram_rows(x, cx, k));
    SB_TRY(sb_eig_top(k, n, r, value, v, cx));
    *done = value[r - 1] > SB_LEVERAGE_RCOND64 * value[0];
    for (size_t i = 0; i < n; i++) score[i] = 0;
    for (size_t j = 0; j < r; j++)
        for (size_t i = 0; i < n; i++) score[i] += v[j * n + i] * v[j * n + i];
    for (size_t i = 0; i < n; i++)
        if (zero_row(x, i)) score[i] = 0;
    return SB_OK;
}

sb_status sb_leverage_wide(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score, sb_leverage_info *info)
{
    const size_t mark = sb_arena_mark(cx->arena);
    bool done = false;
    if (!o->qr) {
        const bool truncated = o->kind == SB_LEVERAGE_TRUNCATED;
        SB_TRY(truncated ? by_eigenvectors(x, o, cx, score, &done) : by_cholesky(x, o, cx, score, &done));
        sb_arena_rewind(cx->arena, mark);
        info->path = SB_LEVERAGE_GRAM64;
        info->rank = truncated ? o->rank : x.n;
    }
    if (!done) {
        info->path = SB_LEVERAGE_QR;
        SB_TRY(by_svd(x, o, cx, score, &info->rank));
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

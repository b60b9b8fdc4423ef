/* Leverage scores. Every path ends in scores |T'x|^2 with T'(X'X)T = I on the directions kept:
 * - Gram: T = S L^{-T} with S (X'X + lambda I) S = L L' and S = diag(1 / column norms). Cholesky is as accurate as the
 *   SCALED condition allows, so columns in different units cost nothing.
 * - QR: T = V diag(1 / sqrt(s^2 + lambda)) from the SVD of R, X = Q R, by singular values above the tolerance.
 * With n <= d there is less to do on the side of the rows: leverage_wide.c. */
#include "leverage_parts.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "selbench/la.h"

enum { BLOCK = 1024, PROBES = 8 };

/* Smallest reciprocal condition at which a Gram matrix is tried. In float64 that alone decides. In float32 it only
 * saves hopeless work: its worst case, eps32 / rcond, is a thousand times too dark for real data, so the scores are
 * checked. */
static const double RCOND32 = 1e-7, RCOND64 = SB_LEVERAGE_RCOND64;
/* Largest |E|_F accepted in float32, where T'(X'X + lambda I)T = I + E: no score is off by a larger fraction. */
static const double PROBE_MAX = 1e-3;

/* A column-scaled Gram matrix and its Cholesky factor. */
typedef struct factor {
    double *l, *scale; /* d x d lower; d values, 0 for a zero column */
    double rcond;      /* 0: not positive definite */
    size_t columns;    /* that are not zero */
} factor;

static sb_status factor_make(double *g, size_t d, double lambda, sb_ctx *cx, factor *f)
{
    f->l = g;
    f->scale = SB_NEW(cx->arena, d, double);
    if (!f->scale) SB_FAIL(cx->err, SB_ENOMEM, "scale of %zu columns", d);
    f->columns = 0;
    for (size_t j = 0; j < d; j++) {
        const double total = g[j * d + j] + lambda;
        f->scale[j] = g[j * d + j] > 0 ? 1 / sqrt(total) : 0;
        f->columns += g[j * d + j] > 0;
    }
    double norm1 = 0;
    for (size_t i = 0; i < d; i++) {
        double column = 1;
        for (size_t j = 0; j < d; j++) {
            g[i * d + j] *= f->scale[i] * f->scale[j];
            if (j != i) column += fabs(g[i * d + j]);
        }
        g[i * d + i] = 1; /* by construction; a zero column stands alone and is scaled away */
        norm1 = fmax(norm1, column);
    }
    f->rcond = 0;
    const sb_status st = sb_chol(g, d, cx);
    if (st == SB_ENUM) return SB_OK;
    return st == SB_OK ? sb_chol_rcond(g, d, norm1, cx, &f->rcond) : st;
}

/* T' (d x d lower) = L^{-1} S in float32; false when it or the data leave the safe range of float32. */
static bool whitening32(const factor *f, size_t d, double *inverse, float *t)
{
    for (size_t j = 0; j < d; j++) inverse[j * d + j] = 1;
    sb_dtrsm_right(false, d, d, f->l, d, inverse, d);
    double largest = 0;
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            const double v = inverse[i * d + j] * f->scale[j];
            largest = fmax(largest, fabs(v));
            t[i * d + j] = (float)v;
        }
    bool safe = largest < 1e15;
    for (size_t j = 0; j < d; j++) safe = safe && (f->scale[j] == 0 || f->scale[j] > 1e-15); /* so |x| < 1e15 */
    return safe;
}

/* Random signs v (d x PROBES), and sums of (Z'Z + lambda T'T) v, to be compared with v itself. */
typedef struct probe {
    float *v, *u, *part;
    double *sum;
} probe;

static sb_status probe_make(const float *t, size_t d, double lambda, sb_ctx *cx, probe *p)
{
    p->v = SB_NEW(cx->arena, d * PROBES, float);
    p->u = SB_NEW(cx->arena, (d > BLOCK ? d : BLOCK) * PROBES, float);
    p->part = SB_NEW(cx->arena, d * PROBES, float);
    p->sum = SB_NEW(cx->arena, d * PROBES, double);
    if (!p->v || !p->u || !p->part || !p->sum) SB_FAIL(cx->err, SB_ENOMEM, "probes of %zu columns", d);
    sb_rng rng = sb_rng_stream(0, "leverage/probe"); /* fixed: equal data takes the same path in every cell */
    for (size_t i = 0; i < d * PROBES; i++) p->v[i] = sb_rng_u64(&rng) & 1 ? 1.0f : -1.0f;
    if (lambda == 0) return SB_OK;
    for (size_t i = 0; i < d; i++) /* T v: T is upper triangular, t holds T' */
        for (size_t j = i; j < d; j++)
            for (size_t k = 0; k < PROBES; k++) p->u[i * PROBES + k] += t[j * d + i] * p->v[j * PROBES + k];
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++)
            for (size_t k = 0; k < PROBES; k++)
                p->sum[i * PROBES + k] += lambda * (double)t[i * d + j] * (double)p->u[j * PROBES + k];
    return SB_OK;
}

static void probe_add(probe *p, const float *z, size_t k, size_t d)
{
    sb_sgemm(false, false, k, PROBES, d, 1, z, d, p->v, PROBES, 0, p->u, PROBES);
    sb_sgemm(true, false, d, PROBES, k, 1, z, d, p->u, PROBES, 0, p->part, PROBES);
    for (size_t i = 0; i < d * PROBES; i++) p->sum[i] += (double)p->part[i];
}

/* Estimate of |E|_F: the mean of |E v|^2 over signs v is |E|_F^2. A zero column has no share. */
static double probe_error(const probe *p, const factor *f, size_t d)
{
    double total = 0;
    for (size_t i = 0; i < d; i++)
        for (size_t k = 0; k < PROBES && f->scale[i] > 0; k++) {
            const double e = p->sum[i * PROBES + k] - (double)p->v[i * PROBES + k];
            total += e * e;
        }
    return sqrt(total / PROBES);
}

/* Scores through T in float32: blocks of X times a triangular matrix. *done = false when they fail the check. */
static sb_status scores32(sb_mat x, const factor *f, double lambda, sb_ctx *cx, double *score, bool *done)
{
    const size_t d = x.d;
    double *inverse = SB_NEW(cx->arena, d * d, double);
    float *t = SB_NEW(cx->arena, d * d, float), *block = SB_NEW(cx->arena, BLOCK * d, float);
    if (!inverse || !t || !block) SB_FAIL(cx->err, SB_ENOMEM, "inverse of a %zu x %zu Cholesky factor", d, d);
    if (!whitening32(f, d, inverse, t)) return SB_OK;
    probe p;
    SB_TRY(probe_make(t, d, lambda, cx, &p));
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        for (size_t i = 0; i < k; i++) memcpy(block + i * d, sb_mat_row(x, i0 + i), d * sizeof *block);
        sb_strmm_right(true, k, d, t, d, block, d);
        sb_row_sqnorms((sb_mat){block, k, d, d}, score + i0);
        probe_add(&p, block, k, d);
    }
    *done = probe_error(&p, f, d) <= PROBE_MAX;
    return SB_OK;
}

static sb_status scores64(sb_mat x, const factor *f, sb_ctx *cx, double *score)
{
    const size_t d = x.d;
    double *block = SB_NEW(cx->arena, BLOCK * d, double);
    if (!block) SB_FAIL(cx->err, SB_ENOMEM, "block of %d x %zu rows", BLOCK, d);
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < d; j++) block[i * d + j] = f->scale[j] * (double)sb_mat_row(x, i0 + i)[j];
        sb_dtrsm_right(true, k, d, f->l, d, block, d);
        for (size_t i = 0; i < k; i++) score[i0 + i] = sb_leverage_sqnorm(block + i * d, d);
    }
    return SB_OK;
}

/* Tries the Gram matrix in float32, then in float64; *done = false when neither is safe. */
static sb_status by_cholesky(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score, sb_leverage_info *info,
                             bool *done)
{
    const size_t d = x.d;
    for (int precise = 0; precise < 2 && !*done; precise++) {
        const size_t mark = sb_arena_mark(cx->arena);
        double *g = SB_NEW(cx->arena, d * d, double);
        if (!g) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Gram matrix", d, d);
        SB_TRY(precise ? sb_gram_f64(x, NULL, false, cx, g) : sb_gram(x, NULL, false, cx, g));
        factor f = {0};
        SB_TRY(factor_make(g, d, sb_leverage_lambda(o), cx, &f));
        info->rank = f.columns;
        info->path = precise ? SB_LEVERAGE_GRAM64 : SB_LEVERAGE_GRAM32;
        if (precise && f.rcond >= RCOND64) {
            SB_TRY(scores64(x, &f, cx, score));
            *done = true;
        } else if (!precise && f.rcond >= RCOND32) {
            SB_TRY(scores32(x, &f, sb_leverage_lambda(o), cx, score, done));
        }
        const bool hopeless = f.rcond < RCOND64 / 100;
        sb_arena_rewind(cx->arena, mark);
        if (hopeless) break; /* far below what float64 could mend: do not form the second Gram matrix */
    }
    return SB_OK;
}

/* score_i = |x_i T|^2, T d x r. */
static sb_status scores_basis(sb_mat x, const double *t, size_t r, sb_ctx *cx, double *score)
{
    const size_t d = x.d;
    double *block = SB_NEW(cx->arena, BLOCK * d, double), *z = SB_NEW(cx->arena, BLOCK * r, double);
    if (!block || !z) SB_FAIL(cx->err, SB_ENOMEM, "block of %d x %zu rows", BLOCK, d);
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < d; j++) block[i * d + j] = (double)sb_mat_row(x, i0 + i)[j];
        if (r) sb_dgemm(false, false, k, r, d, 1, block, d, t, r, 0, z, r);
        for (size_t i = 0; i < k; i++) score[i0 + i] = sb_leverage_sqnorm(z + i * r, r);
    }
    return SB_OK;
}

static sb_status by_r(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score, size_t *rank)
{
    const size_t d = x.d;
    double *r = SB_NEW(cx->arena, d * d, double), *v = SB_NEW(cx->arena, d * d, double), *scale = NULL;
    double *s = SB_NEW(cx->arena, d, double);
    if (!r || !v || !s) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu singular vectors", d, d);
    SB_TRY(sb_qr_r(x, NULL, false, cx, r));
    SB_TRY(sb_leverage_column_scale(r, d, d, o->kind == SB_LEVERAGE_EXACT, cx, &scale));
    for (size_t i = 0; i < d * d; i++) r[i] *= scale[i % d];
    SB_TRY(sb_svd(r, d, d, s, NULL, v, cx));
    *rank = sb_leverage_rank(s, d, x, o);
    double *t = r; /* d x rank; the SVD has used r up */
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < *rank; k++)
            t[j * *rank + k] = scale[j] * v[k * d + j] / hypot(s[k], sqrt(sb_leverage_lambda(o)));
    return scores_basis(x, t, *rank, cx, score);
}

/* Truncated scores by eigenvectors of the Gram matrix, where the r-th singular value is well above sqrt(eps) s_1. */
static sb_status by_eigenvectors(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score,
                                 sb_leverage_info *info, bool *done)
{
    const size_t d = x.d, r = o->rank < d ? o->rank : d;
    double *g = SB_NEW(cx->arena, d * d, double), *value = SB_NEW(cx->arena, r, double);
    double *v = SB_NEW(cx->arena, r * d, double), *t = SB_NEW(cx->arena, d * r, double);
    if (!g || !value || !v || !t) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Gram matrix", d, d);
    SB_TRY(sb_gram_f64(x, NULL, false, cx, g));
    SB_TRY(sb_eig_top(g, d, r, value, v, cx));
    *done = value[r - 1] > RCOND64 * value[0];
    if (!*done) return SB_OK;
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < r; k++) t[j * r + k] = v[k * d + j] / sqrt(value[k]);
    info->path = SB_LEVERAGE_GRAM64;
    info->rank = r;
    return scores_basis(x, t, r, cx, score);
}

void sb_leverage_summarise(double *score, size_t n, sb_leverage_info *info)
{
    info->largest = 0;
    info->zeros = 0;
    for (size_t i = 0; i < n; i++) {
        score[i] = fmin(score[i], 1); /* rounding, or the error of a sketch */
        info->largest = fmax(info->largest, score[i]);
        info->zeros += score[i] == 0;
    }
    info->effective = sb_sum(score, n);
}

sb_status sb_leverage(sb_mat x, const sb_leverage_options *options, sb_ctx *cx, double *score, sb_leverage_info *info)
{
    sb_leverage_options o = *options;
    if (o.kind == SB_LEVERAGE_RIDGE && o.lambda == 0) o.kind = SB_LEVERAGE_EXACT;
    if (o.kind == SB_LEVERAGE_TRUNCATED && o.rank >= (x.n < x.d ? x.n : x.d)) o.kind = SB_LEVERAGE_EXACT;
    const size_t mark = sb_arena_mark(cx->arena);
    bool done = false;
    *info = (sb_leverage_info){.path = SB_LEVERAGE_QR};
    if (x.n <= x.d) {
        SB_TRY(sb_leverage_wide(x, &o, cx, score, info));
        done = true;
    } else if (!o.qr) {
        if (o.kind == SB_LEVERAGE_TRUNCATED)
            SB_TRY(by_eigenvectors(x, &o, cx, score, info, &done));
        else
            SB_TRY(by_cholesky(x, &o, cx, score, info, &done));
        sb_arena_rewind(cx->arena, mark);
    }
    if (!done) {
        info->path = SB_LEVERAGE_QR;
        SB_TRY(by_r(x, &o, cx, score, &info->rank));
    }
    sb_arena_rewind(cx->arena, mark);
    sb_leverage_summarise(score, x.n, info);
    return SB_OK;
}

sb_status sb_leverage_tail(sb_mat x, size_t k, sb_ctx *cx, double *lambda)
{
    const bool tall = x.n > x.d;
    const size_t side = tall ? x.d : x.n, mark = sb_arena_mark(cx->arena);
    double *g = SB_NEW(cx->arena, side * side, double), *value = SB_NEW(cx->arena, side, double);
    if (!g || !value) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Gram matrix", side, side);
    SB_TRY(tall ? sb_gram_f64(x, NULL, false, cx, g) : sb_gram_rows(x, cx, g));
    SB_TRY(sb_eig_top(g, side, side, value, NULL, cx));
    double sum = 0;
    for (size_t j = side; j-- > k;) sum += fmax(value[j], 0);
    *lambda = sum / (double)k;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

#include "lsq_frame.h"

#include <math.h>
#include <string.h>

/* Rows with weight, and their weights divided by the sum. */
static sb_status active_rows(const sb_lsq *p, const sb_subset *s, sb_ctx *cx, lsq_frame *f)
{
    const size_t m = s ? s->m : p->x.n;
    uint32_t *row = SB_NEW(cx->arena, m, uint32_t);
    double *v = SB_NEW(cx->arena, m, double), *weight = SB_NEW(cx->arena, m, double);
    if (!row || !v || !weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", m);
    f->m = 0;
    for (size_t i = 0; i < m; i++) {
        const double w = s && s->weight ? s->weight[i] : 1.0;
        if (!(w > 0)) continue;
        row[f->m] = s && s->row ? s->row[i] : (uint32_t)i;
        weight[f->m++] = w;
    }
    if (!f->m) SB_FAIL(cx->err, SB_SKIP, "none of %zu rows has a weight above 0", m);
    const double total = sb_sum(weight, f->m);
    for (size_t i = 0; i < f->m; i++) v[i] = weight[i] / total;
    f->row = row;
    f->v = v;
    f->weight = weight;
    return SB_OK;
}

sb_status lsq_frame_make(const sb_lsq *p, const sb_subset *s, sb_ctx *cx, lsq_frame *f)
{
    const size_t d = p->x.d, t = p->t;
    *f = (lsq_frame){.p = p, .d = d, .t = t};
    SB_TRY(active_rows(p, s, cx, f));
    f->mean = SB_NEW(cx->arena, d, double);
    f->unit = SB_NEW(cx->arena, d, double);
    f->mean_y = SB_NEW(cx->arena, t, double);
    if (!f->mean || !f->unit || !f->mean_y) SB_FAIL(cx->err, SB_ENOMEM, "means of %zu columns", d + t);
    sb_col_moments(p->x, &(sb_subset){f->m, f->row, f->v}, f->mean, f->unit);
    for (size_t j = 0; j < d; j++) {
        const double spread = p->intercept ? f->unit[j] : f->unit[j] + f->mean[j] * f->mean[j];
        f->unit[j] = spread > 0 ? 1 / sqrt(spread) : 0;
        f->live += spread > 0;
    }
    if (!p->intercept) {
        memset(f->mean, 0, d * sizeof *f->mean);
        return SB_OK;
    }
    const double *first = p->y + f->row[0] * t; /* shifted: a constant target is met exactly */
    for (size_t i = 0; i < f->m; i++)
        for (size_t k = 0; k < t; k++) f->mean_y[k] += f->v[i] * (p->y[f->row[i] * t + k] - first[k]);
    for (size_t k = 0; k < t; k++) f->mean_y[k] += first[k];
    return SB_OK;
}

void lsq_frame_rows(const lsq_frame *f, size_t i0, size_t k, double *out, size_t ld)
{
    for (size_t i = 0; i < k; i++) {
        const float *x = sb_mat_row(f->p->x, f->row[i0 + i]);
        const double *y = f->p->y + f->row[i0 + i] * f->t, w = sqrt(f->v[i0 + i]);
        double *z = out + i * ld;
        for (size_t j = 0; j < f->d; j++) z[j] = w * (((double)x[j] - f->mean[j]) * f->unit[j]);
        for (size_t q = 0; q < f->t; q++) z[f->d + q] = w * (y[q] - f->mean_y[q]);
    }
}

static sb_status moments_double(const lsq_frame *f, sb_ctx *cx, double **moments)
{
    const size_t dd = f->d + f->t;
    *moments = SB_NEW(cx->arena, dd * dd, double);
    double *block = SB_NEW(cx->arena, LSQ_BLOCK * dd, double);
    if (!*moments || !block) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu second moments", dd, dd);
    for (size_t i0 = 0; i0 < f->m; i0 += LSQ_BLOCK) {
        const size_t k = f->m - i0 < LSQ_BLOCK ? f->m - i0 : LSQ_BLOCK;
        lsq_frame_rows(f, i0, k, block, dd);
        sb_dsyrk(dd, k, 1, block, dd, 1, *moments, dd);
    }
    return SB_OK;
}

static sb_status moments_single(const lsq_frame *f, sb_ctx *cx, double **moments)
{
    const size_t dd = f->d + f->t;
    *moments = SB_NEW(cx->arena, dd * dd, double);
    double *rows = SB_NEW(cx->arena, dd, double);
    float *block = SB_NEW(cx->arena, LSQ_BLOCK32 * dd, float), *part = SB_NEW(cx->arena, dd * dd, float);
    if (!*moments || !rows || !block || !part) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu second moments", dd, dd);
    for (size_t i0 = 0; i0 < f->m; i0 += LSQ_BLOCK32) {
        const size_t k = f->m - i0 < LSQ_BLOCK32 ? f->m - i0 : LSQ_BLOCK32;
        for (size_t i = 0; i < k; i++) {
            lsq_frame_rows(f, i0 + i, 1, rows, dd);
            for (size_t j = 0; j < dd; j++) block[i * dd + j] = (float)rows[j];
        }
        sb_ssyrk(dd, k, 1, block, dd, 0, part, dd);
        for (size_t i = 0; i < dd; i++)
            for (size_t j = 0; j <= i; j++) (*moments)[i * dd + j] += (double)part[i * dd + j];
    }
    return SB_OK;
}

sb_status lsq_moments(const lsq_frame *f, bool single, sb_ctx *cx, double **moments)
{
    return single ? moments_single(f, cx, moments) : moments_double(f, cx, moments);
}

void lsq_penalty(const lsq_frame *f, double l2, double *pen)
{
    for (size_t j = 0; j < f->d; j++) {
        const double q = f->p->standardise ? 1 : f->unit[j] * f->unit[j];
        pen[j] = f->unit[j] > 0 ? (double)f->t * l2 * q : 1;
    }
}

sb_status lsq_factor_primal(const double *a, size_t ld, size_t d, const double *pen, sb_ctx *cx, lsq_factor *f)
{
    *f = (lsq_factor){.d = d};
    f->l = SB_NEW(cx->arena, d * d, double);
    f->scale = SB_NEW(cx->arena, d, double);
    if (!f->l || !f->scale) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu normal equations", d, d);
    for (size_t j = 0; j < d; j++) {
        const double diagonal = a[j * ld + j] + pen[j];
        if (!(diagonal > 0)) return SB_OK; /* a column without variance and without penalty */
        f->scale[j] = 1 / sqrt(diagonal);
    }
    double *sum = SB_NEW(cx->arena, d, double), norm1 = 0;
    if (!sum) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu normal equations", d, d);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < i; j++) {
            f->l[i * d + j] = a[i * ld + j] * f->scale[i] * f->scale[j];
            sum[i] += fabs(f->l[i * d + j]);
            sum[j] += fabs(f->l[i * d + j]);
        }
        f->l[i * d + i] = 1;
    }
    for (size_t i = 0; i < d; i++) norm1 = fmax(norm1, sum[i] + 1);
    const sb_status st = sb_chol(f->l, d, cx);
    if (st == SB_ENUM) return SB_OK;
    return st == SB_OK ? sb_chol_rcond(f->l, d, norm1, cx, &f->rcond) : st;
}

/* (Z'Z + P)^{-1} g = Q (u - Q Z' (I + Z Q^2 Z')^{-1} Z Q u), Q = P^{-1/2}, u = Q g */
static sb_status solve_dual(const lsq_factor *f, double *b, size_t t, sb_ctx *cx)
{
    double *inner = SB_NEW(cx->arena, f->m * t, double);
    if (!inner) SB_FAIL(cx->err, SB_ENOMEM, "solution of %zu dual unknowns", f->m * t);
    for (size_t j = 0; j < f->d; j++)
        for (size_t k = 0; k < t; k++) b[j * t + k] *= f->scale[j];
    sb_dgemm(true, false, f->m, t, f->d, 1, f->zt, f->m, b, t, 0, inner, t);
    sb_chol_solve(f->l, f->m, inner, t);
    sb_dgemm(false, false, f->d, t, f->m, -1, f->zt, f->m, inner, t, 1, b, t);
    for (size_t j = 0; j < f->d; j++)
        for (size_t k = 0; k < t; k++) b[j * t + k] *= f->scale[j];
    return SB_OK;
}

sb_status lsq_factor_solve(const lsq_factor *f, double *b, size_t t, sb_ctx *cx)
{
    if (f->zt) return solve_dual(f, b, t, cx);
    for (size_t j = 0; j < f->d; j++)
        for (size_t k = 0; k < t; k++) b[j * t + k] *= f->scale[j];
    sb_chol_solve(f->l, f->d, b, t);
    for (size_t j = 0; j < f->d; j++)
        for (size_t k = 0; k < t; k++) b[j * t + k] *= f->scale[j];
    return SB_OK;
}

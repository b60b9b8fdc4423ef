/* Weighted least squares: normal equations of centred, scaled rows in float64 by Cholesky; QR where they are not safe; and
 * the certificate, the gradient recomputed from the raw rows. */
#include "selbench/lsq.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lsq_frame.h"

enum { REFINE_MAX = 3 };
static const double TOLERANCE = 1e-11; /* of the gradient, relative to the size of its terms */

const char *const sb_lsq_solver_words[] = {"auto", "cholesky", "qr", NULL};

/* Row j of theta += sign gamma_j unit_j; the intercept follows. */
static void theta_add(const lsq_frame *f, const double *gamma, double sign, double *theta)
{
    double *b0 = theta + f->d * f->t;
    for (size_t j = 0; j < f->d; j++)
        for (size_t k = 0; k < f->t; k++) {
            const double step = sign * gamma[j * f->t + k] * f->unit[j];
            theta[j * f->t + k] += step;
            b0[k] -= step * f->mean[j];
        }
}

/* ---- certificate */

typedef struct certificate {
    double *gradient; /* (d+1) x t, of F in raw units */
    double norm, tolerance, objective;
} certificate;

/* sum v x r' and sum v r into g, sum v |r|^2 into *square; block and r are scratch of LSQ_BLOCK rows. */
static void residual_pass(const lsq_frame *f, const double *theta, double *block, double *r, double *g, double *square)
{
    const size_t d = f->d, t = f->t;
    const double *b0 = theta + d * t;
    for (size_t i0 = 0; i0 < f->m; i0 += LSQ_BLOCK) {
        const size_t k = f->m - i0 < LSQ_BLOCK ? f->m - i0 : LSQ_BLOCK;
        for (size_t i = 0; i < k; i++) {
            const float *x = sb_mat_row(f->p->x, f->row[i0 + i]);
            for (size_t j = 0; j < d; j++) block[i * d + j] = (double)x[j];
        }
        sb_dgemm(false, false, k, t, d, 1, block, d, theta, t, 0, r, t);
        double part = 0;
        for (size_t i = 0; i < k; i++)
            for (size_t q = 0; q < t; q++) {
                const double e = r[i * t + q] + b0[q] - f->p->y[f->row[i0 + i] * t + q];
                part += f->v[i0 + i] * e * e;
                r[i * t + q] = f->v[i0 + i] * e;
                g[d * t + q] += r[i * t + q];
            }
        sb_dgemm(true, false, d, t, k, 1, block, d, r, t, 1, g, t);
        *square += part;
    }
}

/* The largest size of a gradient term: rms(x_j) (rms(y) + |b0| + sum_j rms(x_j) |B_j|), and the penalty's. */
static double gradient_scale(const lsq_frame *f, double l2, const double *theta)
{
    const size_t d = f->d, t = f->t;
    double top_x = f->p->intercept ? 1 : 0, top_y = 0, top_penalty = 0;
    for (size_t k = 0; k < t; k++) {
        double square = 0, size = fabs(theta[d * t + k]);
        for (size_t i = 0; i < f->m; i++) {
            const double y = f->p->y[f->row[i] * t + k];
            square += f->v[i] * y * y;
        }
        for (size_t j = 0; j < d; j++) {
            const double spread = f->unit[j] > 0 ? 1 / f->unit[j] : 0, rms = hypot(f->mean[j], spread);
            const double q = f->p->standardise ? spread * spread : 1;
            top_x = fmax(top_x, rms);
            size += rms * fabs(theta[j * t + k]);
            top_penalty = fmax(top_penalty, 2 * l2 * q * fabs(theta[j * t + k]));
        }
        top_y = fmax(top_y, sqrt(square) + size);
    }
    return 2 / (double)t * top_x * top_y + top_penalty;
}

static sb_status certify(const lsq_frame *f, double l2, const double *theta, sb_ctx *cx, certificate *c)
{
    const size_t d = f->d, t = f->t, mark = sb_arena_mark(cx->arena);
    double *block = SB_NEW(cx->arena, LSQ_BLOCK * d, double), *r = SB_NEW(cx->arena, LSQ_BLOCK * t, double);
    if (!block || !r) SB_FAIL(cx->err, SB_ENOMEM, "residuals of %d x %zu targets", LSQ_BLOCK, t);
    memset(c->gradient, 0, (d + 1) * t * sizeof *c->gradient);
    double square = 0, penalty = 0;
    residual_pass(f, theta, block, r, c->gradient, &square);
    for (size_t j = 0; j < d; j++) {
        const double q = !f->p->standardise ? 1 : f->unit[j] > 0 ? 1 / (f->unit[j] * f->unit[j]) : 0;
        for (size_t k = 0; k < t; k++) {
            const double b = theta[j * t + k];
            penalty += q * b * b;
            c->gradient[j * t + k] = 2 / (double)t * c->gradient[j * t + k] + 2 * l2 * q * b;
        }
    }
    for (size_t k = 0; k < t; k++)
        c->gradient[d * t + k] = f->p->intercept ? 2 / (double)t * c->gradient[d * t + k] : 0;
    c->norm = 0;
    for (size_t j = 0; j < (d + 1) * t; j++)
        if (!(fabs(c->gradient[j]) <= c->norm)) c->norm = fabs(c->gradient[j]); /* keeps a NaN */
    c->objective = square / (double)t + l2 * penalty;
    c->tolerance = TOLERANCE * gradient_scale(f, l2, theta);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* ---- Cholesky */

static sb_status moments_primal(const lsq_frame *f, sb_ctx *cx, double **moments)
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

/* Writes gamma, the solution of (Z'Z + P) gamma = Z'Y, when the factor is good enough. */
static sb_status factor_primal(const lsq_frame *f, const double *pen, sb_ctx *cx, double *gamma, lsq_factor *factor)
{
    double *moments = NULL;
    const size_t dd = f->d + f->t;
    SB_TRY(moments_primal(f, cx, &moments));
    for (size_t j = 0; j < f->d; j++)
        for (size_t k = 0; k < f->t; k++) gamma[j * f->t + k] = moments[(f->d + k) * dd + j];
    SB_TRY(lsq_factor_primal(moments, dd, f->d, pen, cx, factor));
    return factor->rcond >= LSQ_RCOND ? lsq_factor_solve(factor, gamma, f->t, cx) : SB_OK;
}

/* Writes gamma, the solution: Q (Z Q)' alpha with (I + Z Q^2 Z') alpha = Y, Q = pen^{-1/2}. */
static sb_status factor_dual(const lsq_frame *f, const double *pen, sb_ctx *cx, double *gamma, lsq_factor *factor)
{
    const size_t d = f->d, t = f->t, m = f->m, dd = d + t;
    *factor = (lsq_factor){.d = d, .m = m};
    factor->zt = SB_NEW(cx->arena, d * m, double);
    factor->scale = SB_NEW(cx->arena, d, double);
    factor->l = SB_NEW(cx->arena, m * m, double);
    double *row = SB_NEW(cx->arena, dd, double), *alpha = SB_NEW(cx->arena, m * t, double), norm1 = 0;
    if (!factor->zt || !factor->scale || !factor->l || !row || !alpha)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu row products", m, m);
    for (size_t j = 0; j < d; j++) factor->scale[j] = 1 / sqrt(pen[j]);
    for (size_t i = 0; i < m; i++) {
        lsq_frame_rows(f, i, 1, row, dd);
        for (size_t j = 0; j < d; j++) factor->zt[j * m + i] = row[j] * factor->scale[j];
        memcpy(alpha + i * t, row + d, t * sizeof *alpha);
    }
    sb_dsyrk(m, d, 1, factor->zt, m, 0, factor->l, m);
    for (size_t i = 0; i < m; i++) factor->l[i * m + i] += 1;
    for (size_t i = 0; i < m; i++) {
        double sum = 0;
        for (size_t j = 0; j < m; j++) sum += fabs(factor->l[j <= i ? i * m + j : j * m + i]);
        norm1 = fmax(norm1, sum);
    }
    const sb_status st = isfinite(norm1) ? sb_chol(factor->l, m, cx) : SB_ENUM;
    if (st == SB_ENUM) return SB_OK;
    SB_TRY(st);
    SB_TRY(sb_chol_rcond(factor->l, m, norm1, cx, &factor->rcond));
    sb_chol_solve(factor->l, m, alpha, t);
    sb_dgemm(false, false, d, t, m, 1, factor->zt, m, alpha, t, 0, gamma, t);
    for (size_t j = 0; j < d * t; j++) gamma[j] *= factor->scale[j / t];
    return SB_OK;
}

/* One step of Newton's method from theta: exact for a quadratic, so what is left is the rounding of the factor. */
static sb_status refine(const lsq_frame *f, const lsq_factor *factor, const certificate *c, sb_ctx *cx, double *theta)
{
    const size_t d = f->d, t = f->t, mark = sb_arena_mark(cx->arena);
    double *step = SB_NEW(cx->arena, d * t, double);
    if (!step) SB_FAIL(cx->err, SB_ENOMEM, "refinement of %zu coefficients", d * t);
    const double *g0 = c->gradient + d * t;
    for (size_t j = 0; j < d; j++) /* of the problem with b0 eliminated, in units of gamma */
        for (size_t k = 0; k < t; k++)
            step[j * t + k] = (double)t / 2 * f->unit[j] * (c->gradient[j * t + k] - f->mean[j] * g0[k]);
    SB_TRY(lsq_factor_solve(factor, step, t, cx));
    theta_add(f, step, -1, theta);
    for (size_t k = 0; k < t; k++) theta[d * t + k] -= (double)t / 2 * g0[k];
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status by_cholesky(const lsq_frame *f, double l2, sb_ctx *cx, double *theta, certificate *c, sb_fit_info *info,
                             bool *done)
{
    const size_t d = f->d, t = f->t;
    double *pen = SB_NEW(cx->arena, d, double), *gamma = SB_NEW(cx->arena, d * t, double);
    double *best = SB_NEW(cx->arena, (d + 1) * t, double);
    if (!pen || !gamma || !best) SB_FAIL(cx->err, SB_ENOMEM, "%zu coefficients", d * t);
    lsq_penalty(f, l2, pen);
    lsq_factor factor;
    SB_TRY(f->m < d && l2 > 0 ? factor_dual(f, pen, cx, gamma, &factor) : factor_primal(f, pen, cx, gamma, &factor));
    *done = factor.rcond >= LSQ_RCOND;
    if (!*done) {
        if (f->p->solver == SB_LSQ_CHOLESKY)
            SB_FAIL(cx->err, SB_ENUM, "normal equations are singular or nearly so: reciprocal condition %.3g, below %.0e",
                    factor.rcond, LSQ_RCOND);
        return SB_OK;
    }
    info->rank = f->live;
    theta_add(f, gamma, 1, theta);
    for (size_t k = 0; k < t; k++) theta[d * t + k] += f->mean_y[k];
    SB_TRY(certify(f, l2, theta, cx, c));
    info->passes += 4;
    /* moments lose what the condition takes: one step brings it back, more only while they help */
    const size_t wanted = factor.rcond < 1e-4 ? 1 : 0;
    for (; info->iterations < REFINE_MAX && (info->iterations < wanted || !(c->norm <= c->tolerance)); info->iterations++) {
        const double before = c->norm;
        memcpy(best, theta, (d + 1) * t * sizeof *best);
        SB_TRY(refine(f, &factor, c, cx, theta));
        SB_TRY(certify(f, l2, theta, cx, c));
        info->passes++;
        if (c->norm < before) continue;
        memcpy(theta, best, (d + 1) * t * sizeof *best);
        SB_TRY(certify(f, l2, theta, cx, c));
        break;
    }
    return SB_OK;
}

/* ---- QR */

/* a (rows x d) and y (rows x t) with the same normal equations as the m rows of the frame; the penalty's d rows follow. */
static sb_status system_rows(const lsq_frame *f, double l2, const double *unit, sb_ctx *cx, double **a, double **y,
                             size_t *rows)
{
    const size_t d = f->d, t = f->t, dd = d + t, extra = l2 > 0 ? d : 0;
    const bool reduce = f->m > dd + LSQ_BLOCK;
    const size_t k = reduce ? dd : f->m;
    double *pen = SB_NEW(cx->arena, d, double), *w = SB_NEW(cx->arena, k * dd, double);
    double *block = SB_NEW(cx->arena, LSQ_BLOCK * dd, double);
    *a = SB_NEW(cx->arena, (k + extra) * d, double);
    *y = SB_NEW(cx->arena, (k + extra) * t, double);
    if (!pen || !w || !block || !*a || !*y) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu least-squares system", k + extra, dd);
    for (size_t i0 = 0; reduce && i0 < f->m; i0 += LSQ_BLOCK) {
        const size_t b = f->m - i0 < LSQ_BLOCK ? f->m - i0 : LSQ_BLOCK;
        lsq_frame_rows(f, i0, b, block, dd);
        SB_TRY(sb_qr_add(w, dd, block, b, cx));
    }
    if (!reduce) lsq_frame_rows(f, 0, f->m, w, dd);
    lsq_penalty(f, l2, pen);
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < d; j++) (*a)[i * d + j] = w[i * dd + j] * unit[j];
        memcpy(*y + i * t, w + i * dd + d, t * sizeof **y);
    }
    for (size_t j = 0; j < extra; j++) (*a)[(k + j) * d + j] = sqrt(pen[j]) * unit[j];
    *rows = k + extra;
    return SB_OK;
}

/* unit: column scales of the unknowns gamma_j / unit_j, whose norm is the one that is minimised. */
static sb_status qr_solve(const lsq_frame *f, double l2, const double *unit, sb_ctx *cx, double *gamma, size_t *rank)
{
    const size_t d = f->d, t = f->t, mark = sb_arena_mark(cx->arena);
    double *a = NULL, *y = NULL;
    size_t rows = 0;
    SB_TRY(system_rows(f, l2, unit, cx, &a, &y, &rows));
    const double rcond = (double)(f->m > d ? f->m : d) * DBL_EPSILON;
    SB_TRY(sb_lstsq(a, rows, d, y, t, rcond, gamma, rank, cx));
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < t; k++) gamma[j * t + k] *= unit[j];
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status by_qr(const lsq_frame *f, double l2, sb_ctx *cx, double *theta, certificate *c, sb_fit_info *info)
{
    const size_t d = f->d, t = f->t;
    double *gamma = SB_NEW(cx->arena, d * t, double), *other = SB_NEW(cx->arena, d * t, double);
    double *unit = SB_NEW(cx->arena, d, double);
    if (!gamma || !other || !unit) SB_FAIL(cx->err, SB_ENOMEM, "%zu coefficients", d * t);
    for (size_t j = 0; j < d; j++) unit[j] = 1;
    SB_TRY(qr_solve(f, l2, unit, cx, gamma, &info->rank));
    info->passes += 4;
    if (l2 > 0) {
        info->rank = f->live;
    } else if (info->rank < f->live && !f->p->standardise) {
        /* not unique: the smallest B, not the smallest gamma (B_j = unit_j gamma_j) */
        size_t rank = 0;
        for (size_t j = 0; j < d; j++) unit[j] = f->unit[j] > 0 ? 1 / f->unit[j] : 1;
        SB_TRY(qr_solve(f, l2, unit, cx, other, &rank));
        if (rank == info->rank) memcpy(gamma, other, d * t * sizeof *gamma);
        info->passes++;
    }
    memset(theta, 0, (d + 1) * t * sizeof *theta);
    theta_add(f, gamma, 1, theta);
    for (size_t k = 0; k < t; k++) theta[d * t + k] += f->mean_y[k];
    return certify(f, l2, theta, cx, c);
}

sb_status sb_lsq_fit(const sb_lsq *p, const sb_subset *s, double l2, sb_ctx *cx, double *theta, sb_fit_info *info)
{
    const size_t mark = sb_arena_mark(cx->arena), size = (p->x.d + 1) * p->t;
    lsq_frame f;
    *info = (sb_fit_info){.l2 = l2};
    SB_TRY(lsq_frame_make(p, s, cx, &f));
    certificate c = {.gradient = SB_NEW(cx->arena, size, double)};
    if (!c.gradient) SB_FAIL(cx->err, SB_ENOMEM, "gradient of %zu coefficients", size);
    memset(theta, 0, size * sizeof *theta);
    bool done = false;
    const bool hopeless = l2 == 0 && f.m < f.live + p->intercept; /* centred rows have rank m - 1 at most */
    if (p->solver == SB_LSQ_CHOLESKY || (p->solver == SB_LSQ_AUTO && !hopeless))
        SB_TRY(by_cholesky(&f, l2, cx, theta, &c, info, &done));
    if (!done) SB_TRY(by_qr(&f, l2, cx, theta, &c, info));
    info->grad_norm = c.norm;
    info->tolerance = c.tolerance;
    info->objective = c.objective;
    info->converged = c.norm <= c.tolerance;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

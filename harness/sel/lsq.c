/* Weighted least squares: normal equations of centred, scaled rows by Cholesky, refined by Newton steps on the
 * certificate's gradient; QR where they are not safe. */
#include "selbench/lsq.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lsq_frame.h"

enum { REFINE_MAX = 3, SINGLE_MIN_D = 256, SINGLE_MIN_M = 4096 };
static const double SINGLE_RCOND = 1e-8; /* below: moments in float32 are no start for refinement */

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

/* ---- Cholesky */

/* Writes gamma, the solution of (Z'Z + P) gamma = Z'Y, when the factor is good enough. */
static sb_status factor_primal(const lsq_frame *f, const double *pen, bool single, sb_ctx *cx, double *gamma,
                               lsq_factor *factor)
{
    double *moments = NULL;
    const size_t dd = f->d + f->t;
    SB_TRY(lsq_moments(f, single, cx, &moments));
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
static sb_status refine(const lsq_frame *f, const lsq_factor *factor, const lsq_certificate *c, sb_ctx *cx,
                        double *theta)
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

/* From gamma to a certified theta. want: the gradient at which refinement stops, beside the first `least` steps. */
static sb_status polish(const lsq_frame *f, double l2, const double *gamma, const lsq_factor *factor, size_t least,
                        double want, sb_ctx *cx, double *theta, lsq_certificate *c, sb_fit_info *info)
{
    const size_t size = (f->d + 1) * f->t;
    double *best = SB_NEW(cx->arena, size, double);
    if (!best) SB_FAIL(cx->err, SB_ENOMEM, "%zu coefficients", size);
    memset(theta, 0, size * sizeof *theta);
    theta_add(f, gamma, 1, theta);
    for (size_t k = 0; k < f->t; k++) theta[f->d * f->t + k] += f->mean_y[k];
    SB_TRY(lsq_certify(f, l2, theta, cx, c));
    info->passes++;
    for (size_t step = 0; step < REFINE_MAX && (step < least || !(c->norm <= want * c->tolerance)); step++) {
        const double before = c->norm;
        memcpy(best, theta, size * sizeof *best);
        SB_TRY(refine(f, factor, c, cx, theta));
        SB_TRY(lsq_certify(f, l2, theta, cx, c));
        info->passes++;
        info->iterations++;
        if (c->norm < before) continue;
        memcpy(theta, best, size * sizeof *best);
        return lsq_certify(f, l2, theta, cx, c);
    }
    return SB_OK;
}

/* Moments in float32 first where they take most of the time; they must bring the gradient to a hundredth of the
 * tolerance. */
static sb_status by_single(const lsq_frame *f, double l2, const double *pen, double *gamma, sb_ctx *cx, double *theta,
                           lsq_certificate *c, sb_fit_info *info, bool *done)
{
    const size_t mark = sb_arena_mark(cx->arena);
    lsq_factor factor;
    SB_TRY(factor_primal(f, pen, true, cx, gamma, &factor));
    info->passes++;
    if (factor.rcond >= SINGLE_RCOND) {
        SB_TRY(polish(f, l2, gamma, &factor, 1, 0.01, cx, theta, c, info));
        *done = c->norm <= 0.01 * c->tolerance;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status by_cholesky(const lsq_frame *f, double l2, sb_ctx *cx, double *theta, lsq_certificate *c,
                             sb_fit_info *info, bool *done)
{
    const size_t d = f->d, t = f->t;
    double *pen = SB_NEW(cx->arena, d, double), *gamma = SB_NEW(cx->arena, d * t, double);
    if (!pen || !gamma) SB_FAIL(cx->err, SB_ENOMEM, "%zu coefficients", d * t);
    lsq_penalty(f, l2, pen);
    info->rank = f->live;
    if (d >= SINGLE_MIN_D && f->m >= SINGLE_MIN_M && f->m >= d)
        SB_TRY(by_single(f, l2, pen, gamma, cx, theta, c, info, done));
    if (*done) return SB_OK;
    lsq_factor factor;
    SB_TRY(f->m < d && l2 > 0 ? factor_dual(f, pen, cx, gamma, &factor)
                              : factor_primal(f, pen, false, cx, gamma, &factor));
    info->passes++;
    *done = factor.rcond >= LSQ_RCOND;
    if (*done) /* moments lose what the condition takes: one step brings it back, more only while they help */
        return polish(f, l2, gamma, &factor, factor.rcond < 1e-4 ? 1 : 0, 1, cx, theta, c, info);
    if (f->p->solver == SB_LSQ_CHOLESKY)
        SB_FAIL(cx->err, SB_ENUM, "normal equations are singular or nearly so: reciprocal condition %.3g, below %.0e",
                factor.rcond, LSQ_RCOND);
    return SB_OK;
}

/* ---- QR */

/* a (rows x d) and y (rows x t) with the normal equations of the frame's m rows; the penalty's d rows follow. */
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
    if (!pen || !w || !block || !*a || !*y)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu least-squares system", k + extra, dd);
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

static sb_status by_qr(const lsq_frame *f, double l2, sb_ctx *cx, double *theta, lsq_certificate *c, sb_fit_info *info)
{
    const size_t d = f->d, t = f->t;
    double *gamma = SB_NEW(cx->arena, d * t, double), *other = SB_NEW(cx->arena, d * t, double);
    double *unit = SB_NEW(cx->arena, d, double);
    if (!gamma || !other || !unit) SB_FAIL(cx->err, SB_ENOMEM, "%zu coefficients", d * t);
    for (size_t j = 0; j < d; j++) unit[j] = 1;
    SB_TRY(qr_solve(f, l2, unit, cx, gamma, &info->rank));
    info->passes += 2; /* rows and certificate */
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
    return lsq_certify(f, l2, theta, cx, c);
}

sb_status sb_lsq_fit(const sb_lsq *p, const sb_subset *s, double l2, sb_ctx *cx, double *theta, sb_fit_info *info)
{
    const size_t mark = sb_arena_mark(cx->arena), size = (p->x.d + 1) * p->t;
    lsq_frame f;
    *info = (sb_fit_info){.l2 = l2, .passes = 2}; /* means and variances */
    SB_TRY(lsq_frame_make(p, s, cx, &f));
    lsq_certificate c = {.gradient = SB_NEW(cx->arena, size, double)};
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

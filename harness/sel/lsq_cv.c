/* The penalty by cross-validation. Second moments of [z, y, 1] are formed once per fold in the frame of all rows; the
 * rows fitted for a fold are the total less the fold, centred and scaled afresh. The held-out loss is a quadratic form
 * in the fold's own moments. What that cannot do safely is done from the rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lsq_frame.h"
#include "selbench/folds.h"

/* A column whose variance over the rows fitted is below this fraction of that over all rows is constant there. */
static const double CONSTANT = 1e-12;

typedef struct cv {
    const sb_lsq *p;
    lsq_frame f;
    size_t folds, dd;     /* dd = d + t + 1 */
    const uint32_t *fold; /* of each of the frame's m rows */
    double **moments;     /* folds of dd x dd (both triangles), then the total; NULL: from the rows */
} cv;

static int by_row(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Distinct rows in ascending order are dealt to folds; each copy follows its row. */
static sb_status deal(cv *c, size_t folds, sb_ctx *cx)
{
    const size_t m = c->f.m;
    uint32_t *distinct = SB_NEW(cx->arena, m, uint32_t), *of = SB_NEW(cx->arena, m, uint32_t);
    uint32_t *fold = SB_NEW(cx->arena, m, uint32_t);
    if (!distinct || !of || !fold) SB_FAIL(cx->err, SB_ENOMEM, "folds of %zu rows", m);
    memcpy(distinct, c->f.row, m * sizeof *distinct);
    qsort(distinct, m, sizeof *distinct, by_row);
    size_t u = 0;
    for (size_t i = 0; i < m; i++)
        if (!u || distinct[i] != distinct[u - 1]) distinct[u++] = distinct[i];
    c->folds = u < folds ? u : folds;
    if (u < 2) return SB_OK;
    sb_rng rng = sb_ctx_stream(cx, "folds");
    SB_TRY(sb_folds(u, c->folds, NULL, &rng, cx, of));
    for (size_t i = 0; i < m; i++) {
        const uint32_t *at = bsearch(&c->f.row[i], distinct, u, sizeof *distinct, by_row);
        fold[i] = of[at - distinct];
    }
    c->fold = fold;
    return SB_OK;
}

static sb_status fold_moments(cv *c, size_t k, double *block, double *g)
{
    const size_t dd = c->dd, ld = dd;
    size_t used = 0;
    for (size_t i = 0; i < c->f.m; i++) {
        if (c->fold[i] == k) {
            lsq_frame_rows(&c->f, i, 1, block + used * ld, ld);
            block[used++ * ld + dd - 1] = sqrt(c->f.v[i]);
        }
        if (used == LSQ_BLOCK || (used && i + 1 == c->f.m)) {
            sb_dsyrk(dd, used, 1, block, ld, 1, g, dd);
            used = 0;
        }
    }
    sb_symmetrise(g, dd, dd);
    return SB_OK;
}

static sb_status all_moments(cv *c, sb_ctx *cx)
{
    const size_t dd = c->dd;
    double *block = SB_NEW(cx->arena, LSQ_BLOCK * dd, double);
    c->moments = SB_NEW(cx->arena, c->folds + 1, double *);
    if (!block || !c->moments) SB_FAIL(cx->err, SB_ENOMEM, "second moments of %zu folds", c->folds);
    for (size_t k = 0; k <= c->folds; k++) {
        c->moments[k] = SB_NEW(cx->arena, dd * dd, double);
        if (!c->moments[k]) SB_FAIL(cx->err, SB_ENOMEM, "second moments of %zu folds", c->folds);
    }
    for (size_t k = 0; k < c->folds; k++) {
        SB_TRY(fold_moments(c, k, block, c->moments[k]));
        for (size_t i = 0; i < dd * dd; i++) c->moments[c->folds][i] += c->moments[k][i];
    }
    return SB_OK;
}

/* The rows outside a fold as a standardised problem: a = (d+t) x (d+t) moments, unit (d) and mean (d+t) in the frame's
 * units. */
static void outside(const cv *c, size_t k, double *a, double *unit, double *mean)
{
    const size_t dd = c->dd, dt = dd - 1, d = c->f.d;
    const double *total = c->moments[c->folds], *held = c->moments[k];
    const double weight = total[dd * dd - 1] - held[dd * dd - 1];
    for (size_t j = 0; j < dt; j++) mean[j] = c->p->intercept ? (total[dt * dd + j] - held[dt * dd + j]) / weight : 0;
    for (size_t i = 0; i < dt; i++)
        for (size_t j = 0; j <= i; j++)
            a[i * dt + j] = (total[i * dd + j] - held[i * dd + j]) / weight - mean[i] * mean[j];
    for (size_t j = 0; j < d; j++) unit[j] = a[j * dt + j] > CONSTANT ? 1 / sqrt(a[j * dt + j]) : 0;
    for (size_t i = 0; i < dt; i++)
        for (size_t j = 0; j <= i; j++) a[i * dt + j] *= (i < d ? unit[i] : 1) * (j < d ? unit[j] : 1);
}

/* sum over the fold of v |r|^2 for gamma in the frame's units and the intercepts c0: u'Mu, u = [gamma, -e_k, c0]. */
static double held_loss(const cv *c, size_t k, const double *gamma, const double *c0, double *u, double *mu)
{
    const size_t dd = c->dd, d = c->f.d, t = c->f.t;
    double sum = 0;
    for (size_t q = 0; q < t; q++) {
        memset(u, 0, dd * sizeof *u);
        for (size_t j = 0; j < d; j++) u[j] = gamma[j * t + q];
        u[d + q] = -1;
        u[dd - 1] = c0[q];
        sb_dgemv(false, dd, dd, 1, c->moments[k], dd, u, 0, mu);
        double form = 0;
        for (size_t j = 0; j < dd; j++) form += u[j] * mu[j];
        sum += fmax(form, 0);
    }
    return sum;
}

/* Fit and held-out loss of one fold and penalty from the rows themselves. */
static sb_status from_rows(const cv *c, size_t k, double l2, sb_ctx *cx, double *loss)
{
    const size_t m = c->f.m, d = c->f.d, t = c->f.t, mark = sb_arena_mark(cx->arena);
    uint32_t *row = SB_NEW(cx->arena, m, uint32_t);
    double *w = SB_NEW(cx->arena, m, double), *theta = SB_NEW(cx->arena, (d + 1) * t, double);
    if (!row || !w || !theta) SB_FAIL(cx->err, SB_ENOMEM, "rows outside a fold of %zu", m);
    size_t used = 0;
    for (size_t i = 0; i < m; i++)
        if (c->fold[i] != k) {
            w[used] = c->f.weight[i];
            row[used++] = c->f.row[i];
        }
    sb_fit_info info;
    SB_TRY(sb_lsq_fit(c->p, &(sb_subset){used, row, w}, l2, cx, theta, &info));
    for (size_t i = 0; i < m; i++) {
        if (c->fold[i] != k) continue;
        const float *x = sb_mat_row(c->p->x, c->f.row[i]);
        double square = 0;
        for (size_t q = 0; q < t; q++) {
            double e = theta[d * t + q] - c->p->y[c->f.row[i] * t + q];
            for (size_t j = 0; j < d; j++) e += (double)x[j] * theta[j * t + q];
            square += e * e;
        }
        *loss += c->f.v[i] * square / (double)t;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status from_moments(const cv *c, size_t k, const double *grid, size_t count, sb_ctx *cx, double *loss)
{
    const size_t d = c->f.d, t = c->f.t, dt = d + t;
    double *a = SB_NEW(cx->arena, dt * dt, double), *unit = SB_NEW(cx->arena, d, double);
    double *mean = SB_NEW(cx->arena, dt, double), *pen = SB_NEW(cx->arena, d, double);
    double *gamma = SB_NEW(cx->arena, d * t, double), *c0 = SB_NEW(cx->arena, t, double);
    double *u = SB_NEW(cx->arena, 2 * c->dd, double);
    if (!a || !unit || !mean || !pen || !gamma || !c0 || !u) SB_FAIL(cx->err, SB_ENOMEM, "moments outside a fold");
    outside(c, k, a, unit, mean);
    for (size_t g = 0; g < count; g++) {
        const size_t mark = sb_arena_mark(cx->arena);
        for (size_t j = 0; j < d; j++) {
            const double q = c->p->standardise ? 1 : unit[j] * unit[j] * c->f.unit[j] * c->f.unit[j];
            pen[j] = unit[j] > 0 ? (double)t * grid[g] * q : 1;
            for (size_t q2 = 0; q2 < t; q2++) gamma[j * t + q2] = a[(d + q2) * dt + j];
        }
        lsq_factor factor;
        SB_TRY(lsq_factor_primal(a, dt, d, pen, cx, &factor));
        if (factor.rcond < LSQ_RCOND || c->p->solver == SB_LSQ_QR) {
            SB_TRY(from_rows(c, k, grid[g], cx, &loss[g]));
        } else {
            SB_TRY(lsq_factor_solve(&factor, gamma, t, cx));
            for (size_t q = 0; q < t; q++) c0[q] = mean[d + q];
            for (size_t j = 0; j < d; j++)
                for (size_t q = 0; q < t; q++) {
                    gamma[j * t + q] *= unit[j];
                    c0[q] -= gamma[j * t + q] * mean[j];
                }
            loss[g] += held_loss(c, k, gamma, c0, u, u + c->dd) / (double)t;
        }
        sb_arena_rewind(cx->arena, mark);
    }
    return SB_OK;
}

static sb_status choose(cv *c, const double *grid, size_t count, sb_ctx *cx, double *l2, double *total)
{
    const bool shared = c->f.m >= c->f.d && c->p->solver != SB_LSQ_QR;
    if (shared) SB_TRY(all_moments(c, cx));
    for (size_t k = 0; k < c->folds; k++) {
        const size_t mark = sb_arena_mark(cx->arena);
        for (size_t g = 0; g < count && !shared; g++) SB_TRY(from_rows(c, k, grid[g], cx, &total[g]));
        if (shared) SB_TRY(from_moments(c, k, grid, count, cx, total));
        sb_arena_rewind(cx->arena, mark);
    }
    size_t best = 0;
    for (size_t g = 1; g < count; g++)
        if (total[g] < total[best]) best = g;
    *l2 = grid[best];
    return SB_OK;
}

sb_status sb_lsq_choose(const sb_lsq *p, const sb_subset *s, const double *grid, size_t count, size_t folds, sb_ctx *cx,
                        double *l2, double *loss)
{
    const size_t mark = sb_arena_mark(cx->arena);
    cv c = {.p = p, .dd = p->x.d + p->t + 1};
    SB_TRY(lsq_frame_make(p, s, cx, &c.f));
    SB_TRY(deal(&c, folds, cx));
    double *total = SB_NEW(cx->arena, count, double);
    if (!total) SB_FAIL(cx->err, SB_ENOMEM, "losses of %zu penalties", count);
    if (c.fold) {
        SB_TRY(choose(&c, grid, count, cx, l2, total));
    } else {
        *l2 = grid[0];
        for (size_t g = 1; g < count; g++) *l2 = fmax(*l2, grid[g]);
    }
    if (loss) memcpy(loss, total, count * sizeof *loss);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

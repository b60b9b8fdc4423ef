/* Ridge regression by LSQR with damping (Paige and Saunders 1982), stopped by their two rules at a given tolerance.
 * Published tables were made with solvers stopped early by a loose default; this model runs such a stop beside the
 * exact solution of the model ridge. Without intercept. With weights u_i of mean 1 over the M rows that have any:
 *   per: mean  minimises  sum_i u_i |B'x_i - y_i|^2 / (t M) + l2 |B|^2
 *   per: sum   minimises  (sum_i u_i |B'x_i - y_i|^2 + l2 |B|^2) / (t M), as most codes define the penalty
 * A cross-validated penalty follows the published protocol: the first half of the selection, in its own order, against
 * the second; folds of a selection that is sorted by row then hold different clusters, so `cv: shuffled` exists. */
#include <math.h>

#include "selbench/la.h"
#include "selbench/lsq.h"
#include "selbench/model.h"

typedef enum cv_order { CV_ORIGINAL, CV_SORTED, CV_SHUFFLED, CV_NONE } cv_order;

typedef struct lsqr_options {
    sb_reals l2;
    int per, cv;
    double tolerance;
    size_t iterations;
} lsqr_options;

static const char *const per_words[] = {"mean", "sum", NULL};
static const char *const cv_words[] = {"original", "sorted", "shuffled", "none", NULL};

#define ROW(field) offsetof(lsqr_options, field)
static const sb_param lsqr_params[] = {
    {"l2", "penalty on the squared coefficients; several: chosen by 2-fold cross-validation, the smaller among equals",
     "1e-4", SB_P_REALS, ROW(l2), 0, 1e12, NULL},
    {"per", "the penalty stands beside the mean of the losses, or beside their sum", "mean", SB_P_ENUM, ROW(per), 0, 1,
     per_words},
    {"cv",
     "folds are the halves of the selection in its own order, sorted by row (as codes that return sorted rows), or "
     "shuffled;"
     " none: take the first l2",
     "original", SB_P_ENUM, ROW(cv), 0, 3, cv_words},
    {"tolerance", "atol and btol of the stopping rule", "1e-12", SB_P_REAL, ROW(tolerance), 0, 1, NULL},
    {"iterations", "most iterations; 0: 2 d, at least 100", "0", SB_P_SIZE, ROW(iterations), 0, 1e9, NULL},
    {0},
};
#undef ROW

/* Rows with weight, each scaled by root[i] (the square root of its weight), weights of mean 1. */
typedef struct problem {
    sb_mat x;
    const double *y;
    size_t m, t;
    uint32_t *row;
    double *root;
} problem;

/* What the recurrences carry; names of Paige and Saunders. */
typedef struct state {
    double alpha, beta, rhobar, phibar, anorm2, res2, xxnorm, z, cs2, sn2, bnorm, damp, tolerance;
    double *u, *v, *w, *x, *product;
} state;

static double norm(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
    return sqrt(sum);
}

static double normalise(double *v, size_t n)
{
    const double size = norm(v, n);
    for (size_t i = 0; i < n && size > 0; i++) v[i] /= size;
    return size;
}

/* v <- A' u - beta v, normalised; returns its norm. */
static sb_status next_v(const problem *p, state *s, double beta, sb_ctx *cx)
{
    for (size_t i = 0; i < p->m; i++) s->product[i] = p->root[i] * s->u[i];
    for (size_t j = 0; j < p->x.d; j++) s->v[j] *= -beta;
    SB_TRY(sb_rows_cross(p->x, p->row, p->m, s->product, 1, cx, s->v));
    s->alpha = normalise(s->v, p->x.d);
    return SB_OK;
}

static sb_status next_u(const problem *p, state *s, sb_ctx *cx)
{
    SB_TRY(sb_rows_times(p->x, p->row, p->m, s->v, 1, cx, s->product));
    for (size_t i = 0; i < p->m; i++) s->u[i] = p->root[i] * s->product[i] - s->alpha * s->u[i];
    s->beta = normalise(s->u, p->m);
    return SB_OK;
}

/* The norm of x from the recurrence, without x: a second QR factorisation by plane rotations. */
static double x_norm(state *s, double rho, double theta, double phi)
{
    const double rhs = phi - s->sn2 * rho * s->z, gambar = -s->cs2 * rho;
    const double zbar = rhs / gambar, size = sqrt(s->xxnorm + zbar * zbar), gamma = hypot(gambar, theta);
    s->cs2 = gambar / gamma;
    s->sn2 = theta / gamma;
    s->z = rhs / gamma;
    s->xxnorm += s->z * s->z;
    return size;
}

/* One iteration; *stop: a rule says enough, or nothing is left to do. */
static sb_status step(const problem *p, state *s, sb_ctx *cx, bool *stop)
{
    const double before = s->alpha;
    SB_TRY(next_u(p, s, cx));
    s->anorm2 += before * before + s->beta * s->beta + s->damp * s->damp;
    if (s->beta > 0)
        SB_TRY(next_v(p, s, s->beta, cx));
    else
        s->alpha = 0;
    const double rhobar1 = hypot(s->rhobar, s->damp);
    const double psi = s->damp / rhobar1 * s->phibar, phibar1 = s->rhobar / rhobar1 * s->phibar;
    const double rho = hypot(rhobar1, s->beta), c = rhobar1 / rho, sn = s->beta / rho;
    const double theta = sn * s->alpha, phi = c * phibar1;
    s->rhobar = -c * s->alpha;
    s->phibar = sn * phibar1;
    for (size_t j = 0; j < p->x.d; j++) {
        s->x[j] += phi / rho * s->w[j];
        s->w[j] = s->v[j] - theta / rho * s->w[j];
    }
    s->res2 += psi * psi;
    const double xnorm = x_norm(s, rho, theta, phi), anorm = sqrt(s->anorm2);
    const double rnorm = sqrt(s->phibar * s->phibar + s->res2), arnorm = s->alpha * fabs(sn * phi);
    *stop = arnorm <= s->tolerance * anorm * rnorm || rnorm <= s->tolerance * (s->bnorm + anorm * xnorm) ||
            s->alpha == 0 || s->beta == 0;
    return SB_OK;
}

/* Column `target` of B into x (d values). */
static sb_status solve(const problem *p, size_t target, double penalty, const lsqr_options *o, sb_ctx *cx, double *x,
                       size_t *iterations)
{
    const size_t d = p->x.d, mark = sb_arena_mark(cx->arena);
    state s = {.damp = sqrt(penalty), .tolerance = o->tolerance, .cs2 = -1, .x = x};
    s.u = SB_NEW(cx->arena, p->m, double);
    s.v = SB_NEW(cx->arena, d, double);
    s.w = SB_NEW(cx->arena, d, double);
    s.product = SB_NEW(cx->arena, p->m, double);
    if (!s.u || !s.v || !s.w || !s.product) SB_FAIL(cx->err, SB_ENOMEM, "LSQR on %zu x %zu", p->m, d);
    for (size_t j = 0; j < d; j++) x[j] = 0;
    for (size_t i = 0; i < p->m; i++) s.u[i] = p->root[i] * p->y[(size_t)p->row[i] * p->t + target];
    s.bnorm = s.phibar = normalise(s.u, p->m);
    if (s.bnorm > 0) SB_TRY(next_v(p, &s, 0, cx));
    s.rhobar = s.alpha;
    for (size_t j = 0; j < d; j++) s.w[j] = s.v[j];
    const size_t limit = o->iterations ? o->iterations : d > 50 ? 2 * d : 100;
    bool stop = !(s.bnorm > 0 && s.alpha > 0);
    size_t i = 0;
    for (; i < limit && !stop; i++) SB_TRY(step(p, &s, cx, &stop));
    if (i > *iterations) *iterations = i;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* The rows from..to of the order, those with weight. */
static sb_status gather(const sb_data *data, const sb_subset *s, const uint32_t *order, size_t from, size_t to,
                        sb_ctx *cx, problem *p)
{
    *p = (problem){.x = data->x, .y = data->y, .t = data->t};
    p->row = SB_NEW(cx->arena, to - from, uint32_t);
    p->root = SB_NEW(cx->arena, to - from, double);
    if (!p->row || !p->root) SB_FAIL(cx->err, SB_ENOMEM, "%zu rows to fit", to - from);
    double sum = 0;
    for (size_t k = from; k < to; k++) {
        const size_t i = order[k];
        const double w = s->weight ? s->weight[i] : 1;
        if (!(w > 0)) continue;
        p->row[p->m] = s->row ? s->row[i] : (uint32_t)i;
        p->root[p->m++] = w;
        sum += w;
    }
    for (size_t i = 0; i < p->m; i++) p->root[i] = sqrt(p->root[i] * (double)p->m / sum);
    return SB_OK;
}

/* All targets: theta is (d+1) x t, column[] has room for d. */
static sb_status fit_rows(const problem *p, double l2, const lsqr_options *o, sb_ctx *cx, double *theta,
                          size_t *iterations)
{
    const size_t d = p->x.d, mark = sb_arena_mark(cx->arena);
    double *column = SB_NEW(cx->arena, d, double);
    if (!column) SB_FAIL(cx->err, SB_ENOMEM, "%zu coefficients", d);
    const double penalty = o->per ? l2 : l2 * (double)p->m * (double)p->t;
    for (size_t k = 0; k < p->t; k++) {
        SB_TRY(solve(p, k, penalty, o, cx, column, iterations));
        for (size_t j = 0; j < d; j++) theta[j * p->t + k] = column[j];
        theta[d * p->t + k] = 0;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Weighted mean squared error over the rows of p; residual (m x t, or NULL) gets root_i (prediction - target). */
static sb_status error_on(const problem *p, const double *theta, sb_ctx *cx, double *residual, double *mse)
{
    const size_t mark = sb_arena_mark(cx->arena), t = p->t;
    double *out = SB_NEW(cx->arena, p->m * t, double), sum = 0;
    if (!out) SB_FAIL(cx->err, SB_ENOMEM, "%zu predictions", p->m * t);
    SB_TRY(sb_rows_times(p->x, p->row, p->m, theta, t, cx, out));
    for (size_t i = 0; i < p->m * t; i++) {
        const double r = p->root[i / t] * (out[i] - p->y[(size_t)p->row[i / t] * t + i % t]);
        if (residual) residual[i] = r;
        sum += r * r;
    }
    *mse = sum / (double)(p->m * t);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status choose(const sb_data *data, const sb_subset *s, const lsqr_options *o, const uint32_t *order,
                        double *theta, sb_ctx *cx, double *l2)
{
    const size_t half = (s->m + 1) / 2;
    problem part[2];
    SB_TRY(gather(data, s, order, 0, half, cx, &part[0]));
    SB_TRY(gather(data, s, order, half, s->m, cx, &part[1]));
    double best = INFINITY;
    *l2 = o->l2.v[0];
    if (!part[0].m || !part[1].m) return SB_OK;
    for (size_t g = 0; g < o->l2.n; g++) {
        double sum = 0, mse = 0;
        size_t ignored = 0;
        for (size_t f = 0; f < 2; f++) {
            SB_TRY(fit_rows(&part[1 - f], o->l2.v[g], o, cx, theta, &ignored));
            SB_TRY(error_on(&part[f], theta, cx, NULL, &mse));
            sum += mse / 2;
        }
        if (sum < best || (sum <= best && o->l2.v[g] < *l2)) {
            best = sum;
            *l2 = o->l2.v[g];
        }
    }
    return SB_OK;
}

/* Objective and gradient at theta, from the rows; F = mse + l |B|^2 with l as it stands beside the mean loss. */
static sb_status describe(const problem *p, const double *theta, double l2, const lsqr_options *o, sb_ctx *cx,
                          sb_fit_info *info)
{
    const size_t size = p->x.d * p->t;
    const double l = o->per ? l2 / ((double)p->m * (double)p->t) : l2, scale = 2 / ((double)p->m * (double)p->t);
    double *r = SB_NEW(cx->arena, p->m * p->t, double), *g = SB_NEW(cx->arena, size, double);
    if (!r || !g) SB_FAIL(cx->err, SB_ENOMEM, "gradient of %zu coefficients", size);
    SB_TRY(error_on(p, theta, cx, r, &info->objective));
    double top = 0;
    for (size_t i = 0; i < p->m; i++) {
        const float *x = sb_mat_row(p->x, p->row[i]);
        const double u = p->root[i] * p->root[i], size_x = sqrt(sb_dot_f32(x, x, p->x.d));
        for (size_t k = 0; k < p->t; k++) {
            r[i * p->t + k] *= p->root[i];
            top += u * size_x * fabs(p->y[(size_t)p->row[i] * p->t + k]);
        }
    }
    SB_TRY(sb_rows_cross(p->x, p->row, p->m, r, p->t, cx, g));
    for (size_t j = 0; j < size; j++) {
        info->objective += l * theta[j] * theta[j];
        info->grad_norm = fmax(info->grad_norm, fabs(scale * g[j] + 2 * l * theta[j]));
    }
    /* 1e-9 of what the terms of the gradient at 0 can be: an early stop is not converged, and says so. */
    info->tolerance = 1e-9 * scale * top;
    info->converged = info->grad_norm <= info->tolerance;
    return SB_OK;
}

/* The entries of the selection by row, equal rows in their order. */
static sb_status sort_by_row(const sb_subset *s, size_t n, sb_ctx *cx, uint32_t *order)
{
    const size_t mark = sb_arena_mark(cx->arena);
    size_t *start = SB_NEW(cx->arena, n + 1, size_t);
    if (!start) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", n);
    for (size_t i = 0; i < s->m; i++) start[(s->row ? s->row[i] : i) + 1]++;
    for (size_t r = 0; r < n; r++) start[r + 1] += start[r];
    for (size_t i = 0; i < s->m; i++) order[start[s->row ? s->row[i] : i]++] = (uint32_t)i;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status lsqr_outputs(const sb_data *data, const void *options, sb_ctx *cx, size_t *q)
{
    (void)options;
    if (data->kind != SB_REGRESSION || !data->y || data->t == 0)
        SB_FAIL(cx->err, SB_SKIP, "LSQR regression needs numeric targets, the data set has classes");
    *q = data->t;
    return SB_OK;
}

static sb_status lsqr_fit(const sb_data *train, const sb_subset *s, const void *options, const void *shared, sb_ctx *cx,
                          double *theta, sb_fit_info *info)
{
    (void)shared;
    const lsqr_options *o = options;
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *order = SB_NEW(cx->arena, s->m, uint32_t);
    if (!order) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", s->m);
    for (size_t i = 0; i < s->m; i++) order[i] = (uint32_t)i;
    double l2 = o->l2.v[0];
    problem all;
    SB_TRY(gather(train, s, order, 0, s->m, cx, &all));
    if (!all.m) SB_FAIL(cx->err, SB_SKIP, "no row has weight");
    if (o->l2.n > 1 && o->cv != CV_NONE) {
        sb_rng rng = sb_ctx_stream(cx, "folds");
        if (o->cv == CV_SORTED) SB_TRY(sort_by_row(s, train->x.n, cx, order));
        if (o->cv == CV_SHUFFLED) sb_rng_shuffle(&rng, order, s->m, s->m);
        SB_TRY(choose(train, s, o, order, theta, cx, &l2));
    }
    *info = (sb_fit_info){.l2 = l2};
    SB_TRY(fit_rows(&all, l2, o, cx, theta, &info->iterations));
    SB_TRY(describe(&all, theta, l2, o, cx, info));
    info->passes = 2 * info->iterations + 3;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status lsqr_eval(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                           double *out)
{
    (void)options;
    return sb_lsq_eval(data->x, data->y, data->t, theta, cx, loss, out);
}

const sb_model sb_model_lsqr = {
    .name = "lsqr",
    .summary = "ridge regression by LSQR with an early stop, as older codes fit it",
    .source = "Paige, Saunders 1982, Algorithm LSQR with damping",
    .abi = SB_MODEL_ABI,
    .kind = SB_REGRESSION,
    .option_size = sizeof(lsqr_options),
    .options = lsqr_params,
    .outputs = lsqr_outputs,
    .fit = lsqr_fit,
    .eval = lsqr_eval,
};

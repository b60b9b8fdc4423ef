/* Large problems start on a sample of rows, under the Hessian of equal probabilities, then go on with all rows under
 * one matrix per class, in float32 until its noise or the tolerance; float64 checks the end and goes on if needed. */
#include "logit_solve.h"

#include <math.h>

#include "lbfgs.h"

enum { MEMORY = 12, SAMPLE_ROWS = 6000, LARGE_ROWS = 3 * SAMPLE_ROWS, CLASS_ROWS = 2000, GRAM_ROWS = 4000 };
static const double NOISE_F32 = 1e-7, NOISE_F64 = 1e-14;

typedef struct solver {
    sb_logit p;
    sb_logit_work *work;
    sb_logit_metric *metric;
    sb_lbfgs *lbfgs;
    double lowest;
    size_t iterations, passes, limit;
} solver;

static double value_f32(void *self, const double *x, double *g)
{
    solver *s = self;
    return sb_logit_pass_f32(&s->p, s->work, x, g);
}

static double value_f64(void *self, const double *x, double *g)
{
    solver *s = self;
    return sb_logit_pass_f64(&s->p, s->work, x, g, &s->lowest);
}

static void precondition(void *self, const double *g, double *out)
{
    solver *s = self;
    sb_logit_metric_apply(s->metric, g, out);
}

static sb_lbfgs_end run(solver *s, bool exact, double tolerance, double *theta, double *value, double *norm)
{
    const sb_lbfgs_function f = {exact ? value_f64 : value_f32, s->metric ? precondition : NULL, s,
                                 exact ? NOISE_F64 : NOISE_F32};
    size_t passes = 0;
    const sb_lbfgs_end end = sb_lbfgs_run(s->lbfgs, &f, tolerance, s->limit, theta, value, norm, &s->iterations, &passes);
    s->passes += (passes + s->p.stride - 1) / s->p.stride;
    return end;
}

/* Takes the mean over outputs away from weights and intercepts: the same probabilities, and no larger penalty. */
static void centre(const sb_logit *p, double *theta)
{
    const size_t nw = p->q * p->dp;
    for (size_t j = 0; j < p->d && p->q > 1; j++) {
        double sum = 0;
        for (size_t k = 0; k < p->q; k++) sum += theta[k * p->dp + j];
        for (size_t k = 0; k < p->q; k++) theta[k * p->dp + j] -= sum / (double)p->q;
    }
    double sum = 0;
    for (size_t k = 0; k < p->q && p->q > 1; k++) sum += theta[nw + k];
    for (size_t k = 0; k < p->q; k++) theta[nw + k] -= sum / (double)p->q;
}

/* Gradients below this are noise in float32: a few units of rounding of the mean of |x_j| (1 for the intercept). */
static double noise_floor(const sb_logit *p)
{
    const size_t step = p->m / 1000 + 1;
    double top = 1;
    for (size_t j = 0; j < p->d; j++) {
        double sum = 0;
        for (size_t i = 0; i < p->m; i += step) sum += fabs((double)p->x[i * p->ld + j]);
        top = fmax(top, sum / (double)((p->m + step - 1) / step));
    }
    return 1e-6 * top;
}

/* A whole matrix costs Gram and factor; it saves a few hundred passes. */
static bool matrix_pays(const sb_logit *p)
{
    const double d = (double)p->d + 1, m = (double)p->m, rows = fmin(m, GRAM_ROWS);
    return d <= 8192 && rows * d * d + 1.5 * d * d * d <= 60 * 4 * m * d * (double)p->q;
}

static sb_status use_metric(solver *s, const sb_logit_metric *m, sb_ctx *cx)
{
    s->metric = sb_logit_metric_view(m, &s->p, cx->arena);
    if (!s->metric) SB_FAIL(cx->err, SB_ENOMEM, "room of a preconditioner of %zu features", s->p.d);
    return SB_OK;
}

static sb_status first_metric(solver *s, const sb_logit_shared *shared, sb_ctx *cx)
{
    const bool same = shared && shared->l2 == s->p.l2;
    if (same && shared->classes && shared->q == s->p.q) return use_metric(s, shared->classes, cx);
    if (same && shared->all) return use_metric(s, shared->all, cx);
    if (matrix_pays(&s->p)) return sb_logit_metric_shared(&s->p, GRAM_ROWS, cx, &s->metric);
    return sb_logit_metric_diagonal(&s->p, cx, &s->metric);
}

static bool is_large(const sb_logit *p) { return p->m >= LARGE_ROWS && p->q <= 32 && matrix_pays(p); }

/* A first solution from a sample of rows, and the Hessian there, class by class. */
static sb_status start_on_sample(solver *s, double tolerance, sb_ctx *cx, double *theta)
{
    double value = 0, norm = 0;
    s->p.stride = (s->p.m + SAMPLE_ROWS - 1) / SAMPLE_ROWS;
    (void)run(s, false, fmax(tolerance, 1e-3), theta, &value, &norm);
    SB_TRY(sb_logit_metric_classes(&s->p, s->work, theta, CLASS_ROWS, cx, &s->metric));
    sb_lbfgs_forget(s->lbfgs);
    s->p.stride = 1;
    return SB_OK;
}

static sb_status solver_init(solver *s, const sb_logit *p, const sb_logit_options *o, sb_ctx *cx)
{
    const size_t dim = sb_logit_dim(p), memory = dim > 200000 ? MEMORY / 2 : MEMORY;
    *s = (solver){.p = *p, .limit = o->max_iterations};
    s->work = sb_logit_work_new(p, cx->arena);
    s->lbfgs = sb_lbfgs_new(dim, memory, cx->arena);
    if (!s->work || !s->lbfgs) SB_FAIL(cx->err, SB_ENOMEM, "solver of %zu parameters", dim);
    return SB_OK;
}

sb_status sb_logit_solve(const sb_logit *p, const sb_logit_options *o, const sb_logit_shared *shared, sb_ctx *cx,
                         double *theta, double *lowest, sb_fit_info *info)
{
    solver s;
    SB_TRY(solver_init(&s, p, o, cx));
    double value = 0, norm = 0;
    if (!o->reference) {
        const bool large = is_large(p) && !(shared && shared->classes && shared->l2 == p->l2 && shared->q == p->q);
        SB_TRY(first_metric(&s, large ? NULL : shared, cx));
        if (large) SB_TRY(start_on_sample(&s, o->tolerance, cx, theta));
        (void)run(&s, false, fmax(0.9 * o->tolerance, noise_floor(p)), theta, &value, &norm);
    }
    centre(p, theta);
    const size_t before = s.iterations;
    (void)run(&s, true, o->tolerance, theta, &value, &norm);
    if (s.iterations > before) { /* value and norm of what is returned */
        double *g = SB_NEW(cx->arena, sb_logit_dim(p), double);
        if (!g) SB_FAIL(cx->err, SB_ENOMEM, "gradient of %zu parameters", sb_logit_dim(p));
        centre(p, theta);
        value = value_f64(&s, theta, g);
        s.passes++;
        norm = 0;
        for (size_t j = 0; j < sb_logit_dim(p); j++) norm = fmax(norm, fabs(g[j]));
    }
    *lowest = s.lowest;
    *info = (sb_fit_info){.converged = norm <= o->tolerance, .grad_norm = norm, .tolerance = o->tolerance,
                          .objective = value, .l2 = p->l2, .iterations = s.iterations, .passes = s.passes};
    return SB_OK;
}

sb_status sb_logit_prepare(const sb_logit *p, const sb_logit_options *o, sb_ctx *cx, sb_logit_shared *out)
{
    *out = (sb_logit_shared){.q = p->q, .l2 = p->l2};
    if (!matrix_pays(p)) return SB_OK;
    solver s;
    SB_TRY(solver_init(&s, p, o, cx));
    SB_TRY(sb_logit_metric_shared(p, GRAM_ROWS, cx, &s.metric));
    out->all = s.metric;
    if (!is_large(p)) return SB_OK;
    double *theta = SB_NEW(cx->arena, sb_logit_dim(p), double);
    if (!theta) SB_FAIL(cx->err, SB_ENOMEM, "%zu parameters", sb_logit_dim(p));
    SB_TRY(start_on_sample(&s, o->tolerance, cx, theta));
    out->classes = s.metric;
    return SB_OK;
}

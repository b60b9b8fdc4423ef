/* Large problems start on a sample of rows, under the Hessian of equal probabilities, then go on with all rows under
 * one matrix per class, in float32 until its noise or the tolerance; float64 checks the end and goes on if needed. */
#include "logit_solve.h"

#include <math.h>

#include "lbfgs.h"

enum { MEMORY = 12, SAMPLE_ROWS = 6000, MIDDLE_ROWS = 20000, CLASS_ROWS = 2000, GRAM_ROWS = 4000 };
static const double CLASS_FLOATS = 64e6; /* 256 MB */
static const double NOISE_F32 = 1e-7, NOISE_F64 = 1e-14;

typedef struct solver {
    sb_logit p;
    sb_logit_work *work;
    sb_logit_metric *metric;
    sb_lbfgs *lbfgs;
    double lowest;
    size_t iterations, passes, limit;
    double first_norm, least; /* gradient at the start; what float32 can reach, or need not go below */
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

static void run(solver *s, bool exact, double tolerance, double *theta, double *value, double *norm)
{
    const sb_lbfgs_function f = {exact ? value_f64 : value_f32, s->metric ? precondition : NULL, s,
                                 exact ? NOISE_F64 : NOISE_F32};
    size_t passes = 0;
    (void)sb_lbfgs_run(s->lbfgs, &f, tolerance, s->limit, theta, value, norm, &s->iterations, &passes);
    s->passes += (passes + s->p.stride - 1) / s->p.stride;
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

/* A whole matrix costs Gram and factor; it saves a few hundred passes. (4096: 67 MB, and 330 MB while it is made.) */
static bool matrix_pays(const sb_logit *p)
{
    const double d = (double)p->d + 1, m = (double)p->m, rows = fmin(m, GRAM_ROWS);
    return d <= 4096 && rows * d * d + 1.5 * d * d * d <= 60 * 4 * m * d * (double)p->q;
}

/* Matrices for each class cost q Grams and factors; they save some eighty passes. */
static bool classes_pay(const sb_logit *p)
{
    const double d = (double)p->d + 1, m = (double)p->m;
    return p->m >= 2000 && p->q <= 32 && d * d * (double)p->q <= CLASS_FLOATS && matrix_pays(p) &&
           CLASS_ROWS / 2 * d + 1.2 * d * d <= 320 * m;
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
    if (same && shared->classes && shared->q == s->p.q && s->p.m >= s->p.d && !classes_pay(&s->p))
        return use_metric(s, shared->classes, cx);
    if (same && shared->all) return use_metric(s, shared->all, cx);
    if (matrix_pays(&s->p)) return sb_logit_metric_shared(&s->p, GRAM_ROWS, cx, &s->metric);
    return sb_logit_metric_diagonal(&s->p, cx, &s->metric);
}

static double max_norm(const double *g, size_t dim)
{
    double top = 0;
    for (size_t j = 0; j < dim; j++) top = fmax(top, fabs(g[j]));
    return top;
}

/* Goes on until the gradient is `part` of its size at zero, on about `rows` rows; then measures the Hessian there,
 * class by class, from class_rows rows for each. */
static sb_status run_level(solver *s, size_t rows, double part, size_t class_rows, sb_ctx *cx, double *theta)
{
    double value = 0, norm = 0;
    s->p.stride = s->p.m > rows ? s->p.m / rows : 1;
    run(s, false, fmax(part * s->first_norm, s->least), theta, &value, &norm);
    SB_TRY(sb_logit_metric_classes(&s->p, s->work, theta, class_rows, cx, &s->metric));
    sb_lbfgs_forget(s->lbfgs);
    s->p.stride = 1;
    return SB_OK;
}

/* Many rows: most of the way is made on a tenth and a third of them. The Hessian is measured where it no longer changes
 * much: measured at the first level only, twice as many passes follow. */
static sb_status run_levels(solver *s, sb_ctx *cx, double *theta)
{
    double *g = SB_NEW(cx->arena, sb_logit_dim(&s->p), double);
    if (!g) SB_FAIL(cx->err, SB_ENOMEM, "gradient of %zu parameters", sb_logit_dim(&s->p));
    s->p.stride = s->p.m / SAMPLE_ROWS + 1;
    (void)value_f32(s, theta, g);
    s->first_norm = max_norm(g, sb_logit_dim(&s->p));
    s->p.stride = 1;
    if (s->p.m >= 3 * SAMPLE_ROWS) SB_TRY(run_level(s, SAMPLE_ROWS, 1.0 / 40, CLASS_ROWS / 2, cx, theta));
    return run_level(s, MIDDLE_ROWS, 1.0 / 130, CLASS_ROWS, cx, theta);
}

static sb_status solver_init(solver *s, const sb_logit *p, const sb_logit_options *o, sb_ctx *cx)
{
    const size_t dim = sb_logit_dim(p), memory = dim > 200000 ? MEMORY / 2 : MEMORY;
    *s = (solver){.p = *p, .limit = o->max_iterations};
    if (!o->reference) s->least = fmax(0.9 * o->tolerance, noise_floor(p));
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
        const bool large = classes_pay(p);
        SB_TRY(first_metric(&s, shared, cx));
        if (large) SB_TRY(run_levels(&s, cx, theta));
        run(&s, false, s.least, theta, &value, &norm);
    }
    centre(p, theta);
    const size_t before = s.iterations;
    run(&s, true, o->tolerance, theta, &value, &norm);
    if (s.iterations > before) { /* value and norm of what is returned */
        double *g = SB_NEW(cx->arena, sb_logit_dim(p), double);
        if (!g) SB_FAIL(cx->err, SB_ENOMEM, "gradient of %zu parameters", sb_logit_dim(p));
        centre(p, theta);
        value = value_f64(&s, theta, g);
        s.passes++;
        norm = max_norm(g, sb_logit_dim(p));
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
    if (!classes_pay(p)) return SB_OK;
    double *theta = SB_NEW(cx->arena, sb_logit_dim(p), double);
    if (!theta) SB_FAIL(cx->err, SB_ENOMEM, "%zu parameters", sb_logit_dim(p));
    SB_TRY(run_levels(&s, cx, theta));
    out->classes = s.metric;
    return SB_OK;
}

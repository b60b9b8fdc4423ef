/* l1 Lewis weights: w_i = sqrt( x_i' (X' W^{-1} X)^{-1} x_i ), the fixed point that makes each row's share of any l1
 * (hence nearly any logistic) loss at most about d w_i. The map halves the logarithm of the error. */
#include <math.h>

#include <string.h>

#include "selbench/basis.h"
#include "selbench/countsketch.h"
#include "selbench/importance.h"
#include "selbench/la.h"

enum { SCORES_EXACT, SCORES_FAST };

typedef struct opts {
    int scores;
    size_t iterations, buckets, columns;
    double tolerance, plus;
    sb_importance how;
} opts;

static const char *const scores_words[] = {"exact", "fast", NULL};
static const sb_param params[] = {
    {"scores", "leverage in each step: exact, or by a CountSketch of the weighted rows", "exact", SB_P_ENUM,
     offsetof(opts, scores), 0, 1, scores_words},
    {"buckets", "rows of the CountSketch (fast); 0: d^2, or 4 d when there are no more than d^2 rows", "0", SB_P_SIZE,
     offsetof(opts, buckets), 0, 1e9, NULL},
    {"columns", "columns of its Gaussian projection (fast); 0: none", "20", SB_P_SIZE, offsetof(opts, columns), 0, 1e6,
     NULL},
    {"iterations", "steps of the fixed-point map at most", "20", SB_P_SIZE, offsetof(opts, iterations), 1, 1000, NULL},
    {"tolerance", "stop when no weight moves by a larger fraction; 0: all iterations", "1e-4", SB_P_REAL,
     offsetof(opts, tolerance), 0, 1, NULL},
    {"plus", "added to every weight, in units of 1/n", "1", SB_P_REAL, offsetof(opts, plus), 0, 1e12, NULL},
    {"draw", "how rows are drawn from p (successive, the published code's, has biased weights)", "with_replacement",
     SB_P_ENUM, offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {"floor", "share of the uniform distribution mixed into p", "0", SB_P_REAL, offsetof(opts, how.floor), 0, 1, NULL},
    {"weighted", "false: keep the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0, 1,
     NULL},
    {0},
};

typedef struct lewis_state {
    double *w; /* n */
    double sum, change;
    size_t rank, steps;
} lewis_state;

/* form = x'(X' W^{-1} X)^{-1} x estimated: w times the leverage of the rows x / sqrt(w). */
static sb_status fast_form(sb_mat z, const opts *o, const double *w, float *scaled, sb_rng *rng, sb_ctx *cx,
                           double *form)
{
    const size_t d = z.d, buckets = o->buckets ? o->buckets : sb_countsketch_buckets(z.n, d);
    for (size_t i = 0; i < z.n; i++)
        for (size_t j = 0; j < d; j++)
            scaled[i * d + j] = w[i] > 0 ? (float)((double)sb_mat_row(z, i)[j] / sqrt(w[i])) : 0;
    SB_TRY(sb_countsketch_leverage((sb_mat){scaled, z.n, d, d}, buckets, o->columns, rng, cx, form));
    for (size_t i = 0; i < z.n; i++) form[i] *= w[i];
    return SB_OK;
}

static sb_status exact_form(sb_mat z, const double *w, double *inverse, double *g, sb_ctx *cx, double *form)
{
    for (size_t i = 0; i < z.n; i++) inverse[i] = w[i] > 0 ? 1 / w[i] : 0;
    const sb_subset s = {.m = z.n, .weight = inverse};
    SB_TRY(sb_gram_f64(z, &s, false, cx, g));
    SB_TRY(sb_chol(g, z.d, cx));
    return sb_rows_form(z, g, cx, form);
}

/* w' = sqrt(form); the largest |w'/w - 1|. Rows at 0 stay there. */
static double step(double *w, const double *form, size_t n)
{
    double change = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(w[i] > 0)) continue;
        const double next = sqrt(form[i]);
        change = fmax(change, fabs(next / w[i] - 1));
        w[i] = next;
    }
    return change;
}

static sb_status lewis_prepare(const sb_task *task, const void *options, sb_ctx *cx, void **state)
{
    const opts *const o = options;
    const size_t n = task->x.n;
    lewis_state *s = SB_NEW(cx->arena, 1, lewis_state);
    double *w = SB_NEW(cx->arena, n, double);
    if (!s || !w) SB_FAIL(cx->err, SB_ENOMEM, "Lewis weights of %zu rows", n);
    const size_t mark = sb_arena_mark(cx->arena);
    sb_mat z;
    SB_TRY(sb_independent(task->x, cx, &z));
    double *inverse = SB_NEW(cx->arena, n, double), *form = SB_NEW(cx->arena, n, double);
    double *g = SB_NEW(cx->arena, z.d * z.d, double);
    float *scaled = SB_NEW(cx->arena, o->scores == SCORES_FAST ? n * z.d : 0, float);
    sb_rng rng;
    if (o->scores == SCORES_FAST) rng = sb_ctx_stream(cx, "sketch");
    if (!inverse || !form || !g || !scaled) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Gram matrix", z.d, z.d);
    for (size_t i = 0; i < n; i++) w[i] = sb_dot_f32(sb_mat_row(z, i), sb_mat_row(z, i), z.d) > 0;
    s->change = 1;
    while (z.d && s->steps < o->iterations && !(s->change <= o->tolerance)) {
        if (o->scores == SCORES_FAST)
            SB_TRY(fast_form(z, o, w, scaled, &rng, cx, form));
        else
            SB_TRY(exact_form(z, w, inverse, g, cx, form));
        s->change = step(w, form, n);
        s->steps++;
    }
    s->w = w;
    s->rank = z.d;
    s->sum = sb_sum(w, n);
    sb_arena_rewind(cx->arena, mark);
    *state = s;
    return SB_OK;
}

static sb_status lewis_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                              sb_selection *out)
{
    const opts *const o = options;
    const lewis_state *const s = state;
    const size_t n = task->x.n;
    double *score = SB_NEW(cx->arena, n, double);
    if (!score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    for (size_t i = 0; i < n; i++) score[i] = s->w[i] + o->plus / (double)n;
    SB_TRY(sb_importance_select(task, score, &o->how, NULL, 0, budget, cx, out));
    sb_selection_note(out, "rank", (double)s->rank);
    sb_selection_note(out, "weight_sum", s->sum);
    sb_selection_note(out, "iterations", (double)s->steps);
    sb_selection_note(out, "change", s->change);
    return SB_OK;
}

const sb_method sb_method_lewis = {
    .name = "lewis",
    .summary = "sampling by l1 Lewis weights, the leverage of logistic loss",
    .source = "Mai, Musco, Rao 2021; fixed-point iteration: Cohen and Peng 2015",
    .formula = "w_i = sqrt(x_i'(X' diag(1/w) X)^{-1}x_i) from w = 1 until no weight moves by 1e-4; p ~ w + plus/n, "
               "weight 1/(m p)",
    .cost = "3 n d^2 flops a step, 10 to 20 steps: 47 s for 60,000 x 784; fast: 2 n d flops and 8 d^3 a step",
    .variants = "efficient-probit-regression draws successively with the same (then biased) weights: draw successive; "
                "its fast form\n"
                "takes leverage from a CountSketch in each step: scores fast",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = lewis_prepare,
    .select = lewis_select,
};

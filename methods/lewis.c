/* l1 Lewis weights: w_i = sqrt( x_i' (X' W^{-1} X)^{-1} x_i ), the fixed point that makes each row's share of any l1
 * (hence nearly any logistic) loss at most about d w_i. The map halves the logarithm of the error. */
#include <math.h>

#include "selbench/basis.h"
#include "selbench/importance.h"
#include "selbench/la.h"

typedef struct opts {
    size_t iterations;
    double tolerance, plus;
    sb_importance how;
} opts;

static const sb_param params[] = {
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

/* One step; *change: largest |w'/w - 1|. Rows at 0 stay there. */
static sb_status step(sb_mat z, double *w, double *inverse, double *g, double *form, sb_ctx *cx, double *change)
{
    for (size_t i = 0; i < z.n; i++) inverse[i] = w[i] > 0 ? 1 / w[i] : 0;
    const sb_subset s = {.m = z.n, .weight = inverse};
    SB_TRY(sb_gram_f64(z, &s, false, cx, g));
    SB_TRY(sb_chol(g, z.d, cx));
    SB_TRY(sb_rows_form(z, g, cx, form));
    *change = 0;
    for (size_t i = 0; i < z.n; i++) {
        if (!(w[i] > 0)) continue;
        const double next = sqrt(form[i]);
        *change = fmax(*change, fabs(next / w[i] - 1));
        w[i] = next;
    }
    return SB_OK;
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
    if (!inverse || !form || !g) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Gram matrix", z.d, z.d);
    for (size_t i = 0; i < n; i++) w[i] = sb_dot_f32(sb_mat_row(z, i), sb_mat_row(z, i), z.d) > 0;
    s->change = 1;
    while (z.d && s->steps < o->iterations && !(s->change <= o->tolerance)) {
        SB_TRY(step(z, w, inverse, g, form, cx, &s->change));
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
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = lewis_prepare,
    .select = lewis_select,
};

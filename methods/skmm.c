/* Sketchy moment matching: the rows are sketched to r columns; weights s are sought under which the second moment of
 * the sketch, in its own eigenbasis, comes close to gamma times that of all rows; m distinct rows are drawn by s.
 * s = 1/n is feasible and nearly optimal for c near 1, so the notes compare with it. */
#include <math.h>
#include <stdbool.h>

#include "selbench/basis.h"
#include "selbench/draw.h"
#include "selbench/fill.h"
#include "selbench/matching.h"
#include "selbench/rank.h"

enum { PICK_DRAW, PICK_TOP, PICK_SOFTMAX };

typedef struct opts {
    int variant, pick, keep;
    size_t sketch, iterations;
    double c, rate;
} opts;

static const char *const variant_words[] = {"synthetic", "probe", "softmax-w", NULL};
static const char *const pick_words[] = {"draw", "top", "softmax", NULL};
static const char *const keep_words[] = {"after", "measured", NULL};
static const sb_param params[] = {
    {"variant",
     "synthetic: the paper's programme; probe: its real-data code (s squared; rate 0.01, 2000 iterations, c 0.9); "
     "softmax-w: a third path (gamma >= c; rate 0.01, 20000 iterations, c 1)",
     "synthetic", SB_P_ENUM, offsetof(opts, variant), 0, 2, variant_words},
    {"sketch", "columns of the Gaussian sketch (four per cluster in the paper); d or more: no sketch", "32", SB_P_SIZE,
     offsetof(opts, sketch), 1, 1e6, NULL},
    {"c", "gamma is at least 1/c (softmax-w: c)", "0.999", SB_P_REAL, offsetof(opts, c), 1e-6, 1e6, NULL},
    {"rate", "step of Adam", "1e-5", SB_P_REAL, offsetof(opts, rate), 1e-15, 1e3, NULL},
    {"iterations", "steps of Adam", "10000", SB_P_SIZE, offsetof(opts, iterations), 1, 1e9, NULL},
    {"keep", "which s is kept at a new best objective: the one after the step, as published, or the measured one",
     "after", SB_P_ENUM, offsetof(opts, keep), 0, 1, keep_words},
    {"pick", "draw: without replacement by s; top: the largest s; softmax: by exp(s), numerically uniform", "draw",
     SB_P_ENUM, offsetof(opts, pick), 0, 2, pick_words},
    {0},
};

/* The sketch is drawn once for all budgets. */
static sb_status skmm_prepare(const sb_task *task, const void *options, sb_ctx *cx, void **state)
{
    const opts *const o = options;
    sb_matching *p = SB_NEW(cx->arena, 1, sb_matching);
    if (!p) SB_FAIL(cx->err, SB_ENOMEM, "moments of %zu rows", task->x.n);
    sb_mat g = task->x;
    if (o->sketch < task->x.d) {
        sb_rng rng = sb_ctx_stream(cx, "sketch");
        SB_TRY(sb_sketch(task->x, o->sketch, &rng, cx, &g));
    }
    SB_TRY(sb_matching_make(g, cx, p));
    *state = p;
    return SB_OK;
}

/* Distinct rows from those not taken; fewer when s has fewer above 0. */
static sb_status choose(const opts *o, const double *s, const unsigned char *taken, size_t n, size_t budget, sb_ctx *cx,
                        sb_selection *out)
{
    double *p = SB_NEW(cx->arena, n, double), *weight = SB_NEW(cx->arena, n, double), sum = 0;
    if (!p || !weight) SB_FAIL(cx->err, SB_ENOMEM, "probabilities of %zu rows", n);
    size_t positive = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] = taken[i] ? 0 : o->pick == PICK_SOFTMAX ? exp(s[i]) : s[i];
        sum += p[i];
        positive += p[i] > 0;
    }
    for (size_t i = 0; i < n && sum > 0; i++) p[i] /= sum;
    const size_t m = budget < positive ? budget : positive;
    if (o->pick == PICK_TOP) return sb_rank(p, n, budget, true, taken, cx, out->row, &out->m);
    sb_rng rng = sb_ctx_stream(cx, "draw");
    return m ? sb_draw(SB_SUCCESSIVE, p, n, m, &rng, cx, out->row, weight, &out->m) : SB_OK;
}

static sb_status skmm_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    const opts *const o = options;
    const size_t n = task->x.n;
    unsigned char *taken = sb_task_taken(task, cx);
    double *s = SB_NEW(cx->arena, n, double);
    if (!taken || !s) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", n);
    const sb_matching_options how = {.kind = (sb_matching_kind)o->variant,
                                     .c = o->c,
                                     .rate = o->rate,
                                     .iterations = o->iterations,
                                     .m = budget,
                                     .measured = o->keep};
    sb_rng rng = sb_ctx_stream(cx, "start");
    sb_matching_info info;
    SB_TRY(sb_matching_solve(state, &how, &rng, cx, s, &info));
    SB_TRY(choose(o, s, taken, n, budget, cx, out));
    for (size_t j = 0; j < out->m; j++) taken[out->row[j]] = 1;
    sb_selection_note(out, "objective", info.best);
    sb_selection_note(out, "objective_uniform", info.uniform);
    sb_selection_note(out, "effective_rows", info.effective);
    return sb_fill(taken, n, budget, cx, out);
}

const sb_method sb_method_skmm = {
    .name = "skmm",
    .summary = "sketchy moment matching: rows drawn by weights that match sketched second moments",
    .source = "Dong, Phan, Pan, Lei 2024, Sketchy Moment Matching, Algorithm 3.1",
    .formula = "G = X Gamma, G'G/n = V diag(lam) V', Z_ij = (g_i.v_j)^2; Adam on |Z's - gamma o lam|^2 over 0 <= s <= "
               "1/m, sum s = 1,\n"
               "gamma >= 1/c; m rows drawn without replacement by s",
    .cost = "n d sketch once, 4 n sketch flops a step: 10,000 steps of 10,000 x 32 take 10 s",
    .variants = "synthetic (the programme of the paper), probe (real-data code: s squared), softmax-w; keep "
                "after/measured; top picks\n"
                "the largest s, which on the synthetic data misses clusters",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = skmm_prepare,
    .select = skmm_select,
};

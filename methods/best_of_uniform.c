/* The best of R uniform subsets by the full training loss: how much luck alone buys. Its loss sits near the 1/(R+1)
 * quantile of uniform's; it trains R models and reads every label, which the meter shows. */
#include <math.h>
#include <string.h>

#include "selbench/method.h"

typedef struct opts {
    size_t tries;
} opts;

static const sb_param params[] = {
    {"tries", "uniform subsets tried (R)", "20", SB_P_SIZE, offsetof(opts, tries), 1, 100000, NULL},
    {0},
};

typedef struct tally {
    double best, worst, sum;
    size_t fitted, winner;
} tally;

/* What the harness will train on: the joining warm-up rows, then the candidate. */
static sb_status try_subset(const sb_task *task, const uint32_t *row, size_t m, sb_ctx *cx, double *loss)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const sb_status st = sb_task_full_loss(task, &(sb_subset){.m = m, .row = row}, cx, loss);
    sb_arena_rewind(cx->arena, mark);
    return st;
}

static sb_status best_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, front = task->warm_joins ? task->warm_n : 0;
    const unsigned char *taken = sb_task_taken(task, cx);
    uint32_t *order = SB_NEW(cx->arena, n, uint32_t), *candidate = SB_NEW(cx->arena, front + n, uint32_t);
    if (!taken || !order || !candidate) SB_FAIL(cx->err, SB_ENOMEM, "orders of %zu rows", n);
    if (front) memcpy(candidate, task->warm, front * sizeof *candidate);
    sb_rng rng = sb_ctx_stream(cx, "draw");
    tally t = {.best = INFINITY, .worst = -INFINITY};
    for (size_t r = 0; r < o->tries; r++) {
        size_t free_rows = 0;
        for (uint32_t i = 0; i < n; i++)
            if (!taken[i]) order[free_rows++] = i;
        const size_t m = budget < free_rows ? budget : free_rows;
        sb_rng_shuffle(&rng, order, free_rows, m);
        memcpy(candidate + front, order, m * sizeof *order);
        double loss = 0;
        const sb_status st = try_subset(task, candidate, front + m, cx, &loss);
        if (st != SB_OK && st != SB_SKIP) return st;
        if (st == SB_SKIP || !isfinite(loss)) continue; /* cannot be fitted: one class, for example */
        t.fitted++;
        t.sum += loss;
        if (loss > t.worst) t.worst = loss;
        if (loss >= t.best) continue;
        t.best = loss;
        t.winner = r;
        out->m = m;
        memcpy(out->row, order, m * sizeof *order);
    }
    if (!t.fitted) return sb_err_in(cx->err, SB_SKIP, "none of %zu uniform subsets could be fitted", o->tries);
    sb_selection_note(out, "tries_fitted", (double)t.fitted);
    sb_selection_note(out, "winner", (double)t.winner);
    sb_selection_note(out, "best_loss", t.best);
    sb_selection_note(out, "mean_loss", t.sum / (double)t.fitted);
    sb_selection_note(out, "worst_loss", t.worst);
    return SB_OK;
}

const sb_method sb_method_best_of_uniform = {
    .name = "best_of_uniform",
    .summary = "the one of R uniform subsets whose model has the smallest training loss over all rows",
    .source = "point of reference",
    .formula = "of R uniform subsets the one whose model has the smallest mean training loss over all rows",
    .cost = "R fits and R passes over n rows, billed",
    .variants = "a point of reference: it sits near the 1/(R + 1) quantile of uniform, what luck alone buys.\n"
                "Never judged by test rows",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_TRAINING,
    .traits = SB_RANDOM | SB_ANCHOR,
    .option_size = sizeof(opts),
    .options = params,
    .select = best_select,
};

/* Rows that are learnt and lost again: the number of changes from right to wrong between consecutive checkpoints, the
 * largest first. A row starts as wrong, so its first checkpoint is never an event. */
#include "selbench/forgetting.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { TIE_ROW, TIE_MARGIN };

typedef struct opts {
    int never, tie;
} opts;

static const char *const nevers[] = {"inf", "epochs", "zero", NULL};
static const char *const ties[] = {"row", "margin", NULL};
static const sb_param params[] = {
    {"never_learned",
     "rows that were never right: inf first of all; epochs count as that many events; zero as none "
     "(as deepcore has it)",
     "inf", SB_P_ENUM, offsetof(opts, never), 0, 2, nevers},
    {"tie", "among equal counts: lowest row, or smallest mean margin", "row", SB_P_ENUM, offsetof(opts, tie), 0, 1,
     ties},
    {0},
};

/* 0..1/2, larger for a smaller mean margin: orders equal counts and no others. */
static double tie_break(const double *margin, size_t t)
{
    double sum = 0;
    for (size_t k = 0; k < t; k++) sum += margin[k];
    return (1 - sum / (double)t) / 4;
}

static sb_status forgetting_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                   sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "needs classes: regression is never right or wrong");
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double);
    if (!taken || !score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    sb_trajectory path;
    SB_TRY(sb_task_trajectory(task, cx, &path));
    for (size_t i = 0; i < n; i++) {
        score[i] = sb_forgetting_events(path.correct + i * path.t, path.t, (sb_never)o->never);
        if (o->tie == TIE_MARGIN) score[i] += tie_break(path.margin + i * path.t, path.t);
    }
    return sb_rank(score, n, budget, true, taken, cx, out->row, &out->m);
}

const sb_method sb_method_forgetting = {
    .name = "forgetting",
    .summary = "rows that change most often from right to wrong during training",
    .source = "Toneva et al. 2019 (forgetting events)",
    .formula = "score = changes from right to wrong between consecutive checkpoints; the largest first",
    .cost = "the trajectory once per repeat, then 20 n",
    .variants = "rows never right count as infinite (two public codes), as the number of epochs (the authors'),\n"
                "or as 0 (deepcore): never_learned. The state before the first visit is wrong, so the first visit\n"
                "is no event",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_TRAJECTORY,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = forgetting_select,
};

/* Selection via proxy: a cheap model chooses for an expensive one. The proxy is the experiment's first model fitted on
 * the warm-up rows in a random projection of the features; rows are chosen by its probabilities, its trajectories, or
 * the distances in its features. */
#include "selbench/far.h"
#include "selbench/forgetting.h"
#include "selbench/method.h"
#include "selbench/rank.h"
#include "selbench/uncertainty.h"

enum { BY_CONFIDENCE, BY_ENTROPY, BY_MARGIN, BY_FORGETTING, BY_K_CENTER };

typedef struct opts {
    size_t features;
    int by;
} opts;

static const char *const rules[] = {"least_confidence", "entropy", "margin", "forgetting", "k_center", NULL};
static const sb_param params[] = {
    {"features", "columns that the proxy sees, a random projection; 0: the warm-up model is the proxy", "32", SB_P_SIZE,
     offsetof(opts, features), 0, 100000, NULL},
    {"by", "how the proxy chooses, as the method of that name", "least_confidence", SB_P_ENUM, offsetof(opts, by), 0, 4,
     rules},
    {0},
};

static sb_status by_forgetting(const sb_task *task, size_t budget, sb_ctx *cx, sb_selection *out)
{
    const size_t n = task->x.n;
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double);
    sb_trajectory path;
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "needs classes: regression is never right or wrong");
    if (!taken || !score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    SB_TRY(sb_task_trajectory(task, cx, &path));
    for (size_t i = 0; i < n; i++) score[i] = sb_forgetting_events(path.correct + i * path.t, path.t, SB_NEVER_INF);
    return sb_rank(score, n, budget, true, taken, cx, out->row, &out->m);
}

/* The first row is a warm-up row: these were drawn at random, so nothing else has to be. */
static sb_status by_k_center(const sb_task *task, size_t budget, sb_ctx *cx, sb_selection *out)
{
    const size_t seeds = task->warm_joins ? task->warm_n : 0, open = task->x.n - seeds;
    const uint32_t first = task->warm_n ? task->warm[0] : 0;
    out->m = budget < open ? budget : open;
    return sb_far(task->x, seeds ? task->warm : NULL, seeds, first, out->m, false, cx, out->row, NULL);
}

static sb_status svp_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    sb_task small = *task;
    if (o->features) SB_TRY(sb_task_small(task, o->features, cx, &small));
    switch (o->by) {
    case BY_CONFIDENCE: return sb_uncertainty_select(&small, sb_unsure_confidence, budget, cx, out);
    case BY_ENTROPY: return sb_uncertainty_select(&small, sb_unsure_entropy, budget, cx, out);
    case BY_MARGIN: return sb_uncertainty_select(&small, sb_unsure_margin, budget, cx, out);
    case BY_FORGETTING: return by_forgetting(&small, budget, cx, out);
    default: return by_k_center(&small, budget, cx, out);
    }
}

const sb_method sb_method_svp = {
    .name = "svp",
    .summary = "selection via proxy: a model on a few random features chooses for the model on all",
    .source = "Coleman et al. 2020 (selection via proxy)",
    .formula = "least_confidence, entropy, margin, forgetting or k_center of a proxy fitted on the warm-up rows in\n"
               "x R / sqrt(k), R of k random normal columns",
    .cost = "2 n d k for the projection, the fit on k features, then as the method named; memory 4 n k",
    .variants = "public code shrinks the network or its epochs; a linear model is made smaller by its features. Its\n"
                "methods are least_confidence, entropy, k_center and forgetting; margin is often listed with them.\n"
                "features: 0 gives the rows of the method named, bit for bit (k_center where a warm-up joins)",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_SMALL | SB_NEEDS_PROB | SB_NEEDS_TRAJECTORY,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = svp_select,
};

/* Small gap between the two most probable classes first. */
#include "selbench/uncertainty.h"

typedef struct opts {
    int variant;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"variant", "correct: smallest margin first; deepcore: largest first, as its unbalanced mode does", "correct",
     SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {0},
};

static double sure(const double *p, size_t c) { return -sb_unsure_margin(p, c); }

static sb_status margin_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                               sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    return sb_uncertainty_select(task, o->variant ? sure : sb_unsure_margin, budget, cx, out);
}

const sb_method sb_method_margin = {
    .name = "margin",
    .summary = "rows with the smallest gap between the two most probable classes",
    .source = "Scheffer, Decomain, Wrobel 2001",
    .formula = "score = p_(1) - p_(2); the smallest first",
    .cost = "n c; memory 30 n",
    .variants = "deepcore: the largest first (its unbalanced mode): the most confident rows",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = margin_select,
};

/* Smallest largest probability first. */
#include "selbench/uncertainty.h"

typedef struct opts {
    int variant;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"variant",
     "correct: least confident first; deepcore: most confident first, as its unbalanced mode does (there on logits)",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {0},
};

static double sure(const double *p, size_t c) { return -sb_unsure_confidence(p, c); }

static sb_status least_confidence_select(const sb_task *task, const void *options, void *state, size_t budget,
                                         sb_ctx *cx, sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    return sb_uncertainty_select(task, o->variant ? sure : sb_unsure_confidence, budget, cx, out);
}

const sb_method sb_method_least_confidence = {
    .name = "least_confidence",
    .summary = "rows whose most probable class is least probable",
    .source = "Lewis and Gale 1994",
    .formula = "score = 1 - max p; the largest first",
    .cost = "n c; memory 30 n",
    .variants = "deepcore: the most confident first (its unbalanced mode), there on logits",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = least_confidence_select,
};

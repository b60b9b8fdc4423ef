/* Largest entropy of the class probabilities first. */
#include <math.h>

#include "selbench/uncertainty.h"

typedef struct opts {
    int variant;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"variant", "correct: largest entropy first; deepcore: largest sum p log(p + 1e-6), the most confident first",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {0},
};

static double sure(const double *p, size_t c)
{
    double h = 0;
    for (size_t j = 0; j < c; j++) h += p[j] * log(p[j] + 1e-6);
    return h;
}

static sb_status entropy_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    return sb_uncertainty_select(task, o->variant ? sure : sb_unsure_entropy, budget, cx, out);
}

const sb_method sb_method_entropy = {
    .name = "entropy",
    .summary = "rows whose class probabilities have the largest entropy",
    .source = "Shannon 1948; Settles 2009, section 3.1",
    .formula = "score = -sum p log p; the largest first",
    .cost = "n c; memory 30 n",
    .variants = "deepcore: sum p log(p + 1e-6) with its unbalanced mode's reversed order: the most CONFIDENT\n"
                "rows; tables made with it show that",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = entropy_select,
};

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

/* -sum p log p with 0 log 0 = 0; the largest p enters as 1 - (sum of the others), so that saturated rows keep their
 * order. */
static double unsure(const double *p, size_t c)
{
    const sb_certainty s = sb_certainty_of(p, c);
    double h = s.others < 0.5 ? -s.best * log1p(-s.others) : -s.best * log(s.best);
    for (size_t j = 0; j < c; j++)
        if (j != s.at && p[j] > 0) h -= p[j] * log(p[j]);
    return h;
}

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
    return sb_uncertainty_select(task, o->variant ? sure : unsure, budget, cx, out);
}

const sb_method sb_method_entropy = {
    .name = "entropy",
    .summary = "rows whose class probabilities have the largest entropy",
    .source = "Shannon 1948; Settles 2009, section 3.1",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = entropy_select,
};

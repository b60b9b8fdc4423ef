/* Lightweight coreset: p(i) = 1/(2n) + |x_i - mu|^2 / (2 sum_j |x_j - mu|^2), mu the mean of the data; weight 1/(m p).
 */
#include "selbench/importance.h"
#include "selbench/la.h"

typedef struct opts {
    sb_importance how;
} opts;

static const sb_param params[] = {
    {"floor", "share of uniform in p; the paper's is 0.5", "0.5", SB_P_REAL, offsetof(opts, how.floor), 0, 1, NULL},
    {"draw", "scheme; only with_replacement has the paper's guarantee", "with_replacement", SB_P_ENUM,
     offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {"weighted", "false: train on the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0,
     1, NULL},
    {0},
};

static sb_status lightweight_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                    sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const sb_mat x = task->x;
    double *mean = SB_NEW(cx->arena, x.d, double), *square = SB_NEW(cx->arena, x.n, double);
    if (!mean || !square) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", x.n);
    sb_col_moments(x, NULL, mean, NULL);
    for (size_t i = 0; i < x.n; i++) {
        const float *const v = sb_mat_row(x, i);
        for (size_t j = 0; j < x.d; j++) square[i] += ((double)v[j] - mean[j]) * ((double)v[j] - mean[j]);
    }
    return sb_importance_select(task, square, &o->how, NULL, 0, budget, cx, out);
}

const sb_method sb_method_lightweight_coreset = {
    .name = "lightweight_coreset",
    .summary = "draws half uniformly, half by the squared distance to the mean",
    .source = "Bachem, Lucic, Krause 2018, Algorithm 1",
    .formula = "p = 1/(2n) + |x - mu|^2 / (2 sum |x_j - mu|^2), m draws, weight 1/(m p)",
    .cost = "2 n d; memory 60 n",
    .variants = "kmeans_sensitivity with one cluster and alpha = 1 is the same distribution",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = lightweight_select,
};

/* Sensitivities of k-means: p(i) ~ alpha cost(i) / cost(C) + 1 / |C| for row i of cluster C, cost the squared distance
 * to the centre; weight 1/(m p). One cluster and alpha = 1 is the lightweight coreset. A cluster of equal rows has no
 * cost, and its rows only the second term. */
#include "selbench/importance.h"
#include "selbench/kmeans.h"

typedef struct opts {
    sb_count k;
    size_t iterations;
    double alpha;
    sb_importance how;
} opts;

static const sb_param params[] = {
    {"k", "clusters, no more than rows: a number, 10% of the data, or 20%m of the budget", "100", SB_P_COUNT,
     offsetof(opts, k), 1, 1e9, NULL},
    {"iterations", "passes of k-means at most; 0: seeding only", "50", SB_P_SIZE, offsetof(opts, iterations), 0, 100000,
     NULL},
    {"alpha", "weight of the cost term", "10", SB_P_REAL, offsetof(opts, alpha), 0, 1e12, NULL},
    {"floor", "share of uniform in p", "0", SB_P_REAL, offsetof(opts, how.floor), 0, 1, NULL},
    {"draw", "scheme; only with_replacement has a guarantee", "with_replacement", SB_P_ENUM, offsetof(opts, how.draw),
     0, 3, sb_scheme_words},
    {"weighted", "false: train on the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0,
     1, NULL},
    {0},
};

static sb_status kmeans_sensitivity_select(const sb_task *task, const void *options, void *state, size_t budget,
                                           sb_ctx *cx, sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, k = sb_count_rows(o->k, n, budget);
    SB_TRY(sb_option_within("k", k, n, "rows", cx));
    const sb_kmeans_options how = {.k = k, .iterations = o->iterations, .tolerance = 1e-4};
    sb_kmeans km;
    SB_TRY(sb_kmeans_run(task->x, &how, cx, &km));
    double *cost = SB_NEW(cx->arena, km.k, double), *score = SB_NEW(cx->arena, n, double);
    if (!cost || !score) SB_FAIL(cx->err, SB_ENOMEM, "sensitivities of %zu rows", n);
    for (size_t i = 0; i < n; i++) cost[km.cluster[i]] += km.sqdist[i];
    for (size_t i = 0; i < n; i++) {
        const size_t c = km.cluster[i];
        score[i] = 1 / (double)km.size[c];
        if (cost[c] > 0) score[i] += o->alpha * (km.sqdist[i] / cost[c]);
    }
    SB_TRY(sb_importance_select(task, score, &o->how, NULL, 0, budget, cx, out));
    sb_selection_note(out, "kmeans_cost", km.cost);
    return SB_OK;
}

const sb_method sb_method_kmeans_sensitivity = {
    .name = "kmeans_sensitivity",
    .summary = "draws by each row's share of its cluster's cost and by the inverse of the cluster's size",
    .source = "Feldman, Langberg 2011; constants of Fast-Coreset-Generation",
    .formula = "p in proportion to alpha cost_i / cost(C_i) + 1 / |C_i|, alpha = 10",
    .cost = "k-means, then n; memory 60 n and that of k-means",
    .variants = "public code draws without replacement with weights 1/p and an unseeded generator: draw:\n"
                "successive. Others use p = cost_i / sum and add centres with the rest of their cluster's weight;\n"
                "rows of cost 0 are then never drawn, so that form is not offered",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = kmeans_sensitivity_select,
};

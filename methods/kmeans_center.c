/* One cluster for each row of the budget, and of each cluster the row nearest to its mean. Clusters that stay empty
 * (fewer distinct rows than clusters) give the lowest rows left, with weight 0. */
#include "selbench/groups.h"
#include "selbench/kmeans.h"
#include "selbench/method.h"

typedef struct opts {
    size_t iterations;
    bool weighted;
} opts;

static const sb_param params[] = {
    {"iterations", "passes of k-means at most; 0: seeding only", "50", SB_P_SIZE, offsetof(opts, iterations), 0, 100000,
     NULL},
    {"weighted", "true: a row stands for the rows of its cluster; false: no weights", "false", SB_P_BOOL,
     offsetof(opts, weighted), 0, 1, NULL},
    {0},
};

static sb_status kmeans_center_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                      sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    sb_mat x;
    uint32_t *row = NULL;
    SB_TRY(sb_groups_open(task, cx, &x, &row));
    out->m = budget < x.n ? budget : x.n;
    double *weight = SB_NEW(cx->arena, out->m, double);
    if (!weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", out->m);
    sb_kmeans km = {.cost = 0};
    const bool all = out->m == x.n; /* every row is its own cluster: nothing to find */
    const sb_kmeans_options how = {.k = out->m, .iterations = o->iterations, .tolerance = 1e-4};
    if (!all) SB_TRY(sb_kmeans_run(x, &how, cx, &km));
    for (size_t j = 0; j < out->m; j++) {
        const uint32_t i = all ? (uint32_t)j : km.medoid[j];
        out->row[j] = row ? row[i] : i;
        weight[j] = all ? 1 : (double)km.size[j];
    }
    out->weight = o->weighted ? weight : NULL;
    sb_selection_note(out, "kmeans_cost", km.cost);
    return SB_OK;
}

const sb_method sb_method_kmeans_center = {
    .name = "kmeans_center",
    .summary = "k-means with as many clusters as rows asked for; the row nearest to each mean",
    .source = "Ash et al. 2020 (comparison method of BADGE); Bodo, Minier, Csato 2011",
    .formula = "k-means with k = m, then the row nearest to each mean; weight = rows of its cluster",
    .cost = "n m d a pass, most of it pruned; memory 4 m d",
    .variants = "public code fails on empty clusters; here they are seeded again",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED,
    .option_size = sizeof(opts),
    .options = params,
    .select = kmeans_center_select,
};

/* Rows whose losses went the same way while a small model learnt teach the same: k-means on the trajectories of the
 * losses, then even shares of the clusters, small ones first. Before that, even shares of the classes. Clusters of two
 * rows or fewer are left for what remains of the budget. */
#include <math.h>
#include <string.h>

#include "selbench/fair.h"
#include "selbench/kmeans.h"
#include "selbench/method.h"

typedef struct opts {
    size_t k, iterations, thin, least;
    bool by_class;
} opts;

static const sb_param params[] = {
    {"k", "clusters in each class, no more than all rows; a class of fewer rows has one for each row", "100", SB_P_SIZE,
     offsetof(opts, k), 1, 1000000, NULL},
    {"iterations", "passes of k-means at most", "20", SB_P_SIZE, offsetof(opts, iterations), 0, 100000, NULL},
    {"every", "use every so many checkpoints", "1", SB_P_SIZE, offsetof(opts, thin), 1, 1000, NULL},
    {"smallest", "clusters of fewer rows wait until the others are used up", "3", SB_P_SIZE, offsetof(opts, least), 1,
     1000000, NULL},
    {"by_class", "share the budget among the classes first (reads the labels)", "true", SB_P_BOOL,
     offsetof(opts, by_class), 0, 1, NULL},
    {0},
};

/* Picks `want` of the rows member[0..rows), which it reorders, into out. */
static sb_status pick(const float *path, size_t t, const opts *o, uint32_t *member, size_t rows, size_t want,
                      sb_rng *rng, sb_ctx *cx, sb_selection *out)
{
    const size_t mark = sb_arena_mark(cx->arena), k = o->k < rows ? o->k : rows;
    float *x = SB_NEW(cx->arena, rows * t, float);
    size_t *size = SB_NEW(cx->arena, k, size_t), *share = SB_NEW(cx->arena, k, size_t);
    uint32_t *group = SB_NEW(cx->arena, rows, uint32_t), *rest = SB_NEW(cx->arena, rows, uint32_t);
    if (!x || !size || !share || !group || !rest) SB_FAIL(cx->err, SB_ENOMEM, "trajectories of %zu rows", rows);
    for (size_t i = 0; i < rows; i++) memcpy(x + i * t, path + member[i] * t, t * sizeof *x);
    const sb_kmeans_options how = {.k = k, .iterations = o->iterations, .tolerance = 1e-4};
    sb_kmeans km;
    SB_TRY(sb_kmeans_run((sb_mat){.data = x, .n = rows, .d = t, .ld = t}, &how, cx, &km));
    for (size_t g = 0; g < k; g++) size[g] = km.size[g] < o->least ? 0 : km.size[g];
    size_t left = 0, spare = 0;
    SB_TRY(sb_fair_shares(size, k, want, cx, share, &left));
    for (size_t g = 0; g < k; g++) {
        size_t in = 0;
        for (uint32_t i = 0; i < rows; i++)
            if (km.cluster[i] == g) group[in++] = member[i];
        sb_rng_shuffle(rng, group, in, share[g]);
        for (size_t i = 0; i < in; i++) {
            if (i < share[g])
                out->row[out->m++] = group[i];
            else
                rest[spare++] = group[i];
        }
    }
    sb_rng_shuffle(rng, rest, spare, left); /* of clusters left out, or of all when these are too few */
    for (size_t i = 0; i < left; i++) out->row[out->m++] = rest[i];
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Losses as float32, every `thin`-th checkpoint; not finite: 0. */
static sb_status read_paths(const sb_task *task, const opts *o, sb_ctx *cx, float **path, size_t *t)
{
    sb_trajectory all;
    SB_TRY(sb_task_trajectory(task, cx, &all));
    *t = (all.t + o->thin - 1) / o->thin;
    *path = SB_NEW(cx->arena, all.n * *t, float);
    if (!*path) SB_FAIL(cx->err, SB_ENOMEM, "trajectories of %zu rows", all.n);
    for (size_t i = 0; i < all.n; i++)
        for (size_t k = 0; k < *t; k++) {
            const double v = all.loss[i * all.t + k * o->thin];
            (*path)[i * *t + k] = isfinite(v) && fabs(v) < 1e18 ? (float)v : 0;
        }
    return SB_OK;
}

static sb_status s2l_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    SB_TRY(sb_option_within("k", o->k, task->x.n, "rows", cx));
    const size_t n = task->x.n, groups = o->by_class && task->kind == SB_CLASSIFICATION ? task->c : 1;
    const unsigned char *taken = sb_task_taken(task, cx);
    uint32_t *member = SB_NEW(cx->arena, n, uint32_t);
    size_t *size = SB_NEW(cx->arena, groups, size_t), *share = SB_NEW(cx->arena, groups, size_t);
    if (!taken || !member || !size || !share) SB_FAIL(cx->err, SB_ENOMEM, "groups of %zu rows", n);
    float *path = NULL;
    size_t t = 0, left = 0;
    SB_TRY(read_paths(task, o, cx, &path, &t));
    for (size_t i = 0; i < n; i++)
        if (!taken[i]) size[groups > 1 ? (size_t)task->label[i] : 0]++;
    SB_TRY(sb_fair_shares(size, groups, budget, cx, share, &left));
    if (left) SB_BUG("%zu rows of the budget %zu are left over", left, budget);
    sb_rng rng = sb_ctx_stream(cx, "draw");
    out->m = 0;
    for (size_t g = 0; g < groups; g++) {
        size_t rows = 0;
        for (uint32_t i = 0; i < n; i++)
            if (!taken[i] && (groups == 1 || (size_t)task->label[i] == g)) member[rows++] = i;
        if (share[g]) SB_TRY(pick(path, t, o, member, rows, share[g], &rng, cx, out));
    }
    return SB_OK;
}

const sb_method sb_method_s2l = {
    .name = "s2l",
    .summary = "even shares of clusters of loss trajectories",
    .source = "Yang, Mishra, Chiang, Mirzasoleiman 2024 (SmallToLarge), Algorithm 1",
    .formula = "k-means on loss trajectories inside each class; clusters by ascending size get min(size, rest /\n"
               "clusters left), drawn uniformly; clusters of two rows or fewer last",
    .cost = "the trajectory once per repeat, then n k 20 a pass of k-means",
    .variants = "upstream fails when the dropped clusters cannot fill the rest, and its k-means sees 256 rows a\n"
                "centre; here all",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_TRAJECTORY | SB_NEEDS_LABELS,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .select = s2l_select,
};

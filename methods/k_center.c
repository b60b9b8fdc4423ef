/* k-center by farthest-first traversal: each pick is the row farthest from all earlier ones, which covers the data
 * within twice the best possible radius. Sees outliers first. */
#include "selbench/far.h"
#include "selbench/groups.h"
#include "selbench/la.h"
#include "selbench/method.h"

enum { FIRST_RANDOM, FIRST_CENTRAL };

typedef struct opts {
    int first;
    bool from_warmup, weighted;
} opts;

static const char *const first_words[] = {"random", "central", NULL};
static const sb_param params[] = {
    {"first", "first row when nothing is covered yet: random, or the row nearest to the mean", "random", SB_P_ENUM,
     offsetof(opts, first), 0, 1, first_words},
    {"from_warmup", "the rows of a joining warm-up count as picked; false: as if they were not there", "true",
     SB_P_BOOL, offsetof(opts, from_warmup), 0, 1, NULL},
    {"weighted", "true: a row stands for the rows nearest to it among the picks; false: no weights", "false", SB_P_BOOL,
     offsetof(opts, weighted), 0, 1, NULL},
    {0},
};

static sb_status nearest_to_mean(sb_mat x, sb_ctx *cx, uint32_t *row)
{
    double *mean = SB_NEW(cx->arena, x.d, double);
    if (!mean) SB_FAIL(cx->err, SB_ENOMEM, "mean of %zu columns", x.d);
    sb_col_moments(x, NULL, mean, NULL);
    double best = 0;
    for (size_t i = 0; i < x.n; i++) {
        const float *const v = sb_mat_row(x, i);
        double square = 0;
        for (size_t j = 0; j < x.d; j++) square += ((double)v[j] - mean[j]) * ((double)v[j] - mean[j]);
        if (i && square >= best) continue;
        best = square;
        *row = (uint32_t)i;
    }
    return SB_OK;
}

/* Every row that may be chosen counts for its nearest pick; those of a joining warm-up stand for themselves. */
static sb_status cluster_sizes(const sb_task *task, sb_mat x, bool apart, sb_ctx *cx, sb_selection *out)
{
    const unsigned char *taken = sb_task_taken(task, cx);
    double *weight = SB_NEW(cx->arena, out->m, double);
    uint32_t *of = SB_NEW(cx->arena, x.n, uint32_t);
    if (!taken || !weight || !of) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", out->m);
    size_t q = 0;
    for (uint32_t i = 0; i < x.n; i++)
        if (apart || !taken[i]) of[q++] = i;
    SB_TRY(sb_cover_count(x, q < x.n ? of : NULL, q, out->row, out->m, cx, weight));
    out->weight = weight;
    return SB_OK;
}

static sb_status k_center_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                 sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t seeds = task->warm_joins && o->from_warmup ? task->warm_n : 0;
    const bool apart = task->warm_joins && task->warm_n && !o->from_warmup;
    sb_mat x = task->x;
    uint32_t *row = NULL, first = 0;
    double *radius = SB_NEW(cx->arena, budget, double);
    if (!radius) SB_FAIL(cx->err, SB_ENOMEM, "radii of %zu rows", budget);
    if (apart) SB_TRY(sb_groups_open(task, cx, &x, &row));
    const size_t open = x.n - seeds;
    if (!seeds && o->first == FIRST_RANDOM) { /* else nothing is drawn, and the harness may keep the picks */
        sb_rng rng = sb_ctx_stream(cx, "first");
        first = (uint32_t)sb_rng_below(&rng, x.n);
    }
    if (!seeds && o->first == FIRST_CENTRAL) SB_TRY(nearest_to_mean(x, cx, &first));
    out->m = budget < open ? budget : open;
    SB_TRY(sb_far(x, seeds ? task->warm : NULL, seeds, first, out->m, false, cx, out->row, radius));
    if (o->weighted && out->m) SB_TRY(cluster_sizes(task, x, apart, cx, out));
    for (size_t i = 0; apart && i < out->m; i++) out->row[i] = row[out->row[i]];
    sb_selection_note(out, "radius", out->m ? radius[out->m - 1] : 0);
    return SB_OK;
}

const sb_method sb_method_k_center = {
    .name = "k_center",
    .summary = "farthest-first traversal: covers the embedding within twice the best radius",
    .source = "Gonzalez 1985; Sener and Savarese 2018, Algorithm 1",
    .formula = "the next row has the largest distance to the nearest pick; weighted: w = rows nearest to it",
    .cost = "m n d at most, a few percent of it where projections prune; memory 220 n + 16 MB; weighted: the same\n"
            "again",
    .variants = "deepcore returns sorted indices (no order) and embeds with another network. The first row is\n"
                "random, or central. A joining warm-up counts as picked. weighted: cluster sizes as weights, a\n"
                "copy of an earlier pick standing for nothing: the deterministic coreset to compare draws with",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX | SB_WEIGHTED,
    .option_size = sizeof(opts),
    .options = params,
    .select = k_center_select,
};

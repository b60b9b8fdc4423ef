/* k-center by farthest-first traversal: each pick is the row farthest from all earlier ones, which covers the data
 * within twice the best possible radius. Sees outliers first. */
#include <string.h>

#include "selbench/far.h"
#include "selbench/la.h"
#include "selbench/method.h"

enum { FIRST_RANDOM, FIRST_CENTRAL };

typedef struct opts {
    int first;
    bool from_warmup;
} opts;

static const char *const first_words[] = {"random", "central", NULL};
static const sb_param params[] = {
    {"first", "first row when nothing is covered yet: random, or the row nearest to the mean", "random", SB_P_ENUM,
     offsetof(opts, first), 0, 1, first_words},
    {"from_warmup", "the rows of a joining warm-up count as picked; false: as if they were not there", "true",
     SB_P_BOOL, offsetof(opts, from_warmup), 0, 1, NULL},
    {0},
};

/* The rows that may be chosen as a matrix of their own, so that the others neither cover nor are picked. */
static sb_status gather(const sb_task *task, sb_ctx *cx, sb_mat *out, uint32_t **row)
{
    const size_t n = task->x.n, d = task->x.d;
    const unsigned char *taken = sb_task_taken(task, cx);
    uint32_t *open = SB_NEW(cx->arena, n, uint32_t);
    float *copy = SB_NEW(cx->arena, n * d, float);
    if (!taken || !open || !copy) SB_FAIL(cx->err, SB_ENOMEM, "copy of %zu x %zu features", n, d);
    size_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i]) continue;
        memcpy(copy + m * d, sb_mat_row(task->x, i), d * sizeof *copy);
        open[m++] = i;
    }
    *out = (sb_mat){.data = copy, .n = m, .d = d, .ld = d};
    *row = open;
    return SB_OK;
}

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
    if (apart) SB_TRY(gather(task, cx, &x, &row));
    const size_t open = x.n - seeds;
    sb_rng rng = sb_ctx_stream(cx, "first");
    if (!seeds && o->first == FIRST_RANDOM) first = (uint32_t)sb_rng_below(&rng, x.n);
    if (!seeds && o->first == FIRST_CENTRAL) SB_TRY(nearest_to_mean(x, cx, &first));
    out->m = budget < open ? budget : open;
    SB_TRY(sb_far(x, seeds ? task->warm : NULL, seeds, first, out->m, false, cx, out->row, radius));
    for (size_t i = 0; apart && i < out->m; i++) out->row[i] = row[out->row[i]];
    sb_selection_note(out, "radius", out->m ? radius[out->m - 1] : 0);
    return SB_OK;
}

const sb_method sb_method_k_center = {
    .name = "k_center",
    .summary = "farthest-first traversal: covers the embedding within twice the best radius",
    .source = "Gonzalez 1985; Sener and Savarese 2018, Algorithm 1",
    .formula = "the next row has the largest distance to the nearest pick",
    .cost = "m n d at most, a few percent of it where projections prune; memory 220 n + 16 MB",
    .variants = "deepcore returns sorted indices (no order) and embeds with another network. The first row is\n"
                "random, or central. A joining warm-up counts as picked",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = k_center_select,
};

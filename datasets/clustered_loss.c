/* Clusters with a planted loss that varies with the distance to a row near the centre, as the assumption of
 * clustering-based sensitivity sampling has it: with c_j the row nearest the mean of cluster j and v = |x - c_j|^2,
 *     loss = max(0, base_j + lambda v U),   base_j = 2 |N(0,1)|,   U uniform on (-1, 1),   loss(c_j) = base_j,
 * so that |loss - loss(c_j)| <= lambda v for every row. The target is the loss (model `fixed: {loss: target}`). */
#include <math.h>

#include "selbench/generator.h"
#include "selbench/la.h"

struct opts {
    size_t n, d, clusters, seed;
    double centres, spread, lambda;
};

static const sb_param params[] = {
    {"n", "rows", "4000", SB_P_SIZE, offsetof(struct opts, n), 2, 4294967295.0, NULL},
    {"d", "columns", "3", SB_P_SIZE, offsetof(struct opts, d), 1, 1e6, NULL},
    {"clusters", "each row is of one, drawn at random", "20", SB_P_SIZE, offsetof(struct opts, clusters), 1, 1e6, NULL},
    {"centres", "standard deviation of the centres", "5", SB_P_REAL, offsetof(struct opts, centres), 0, 1e6, NULL},
    {"spread", "standard deviation of rows around their centre", "0.5", SB_P_REAL, offsetof(struct opts, spread), 0,
     1e6, NULL},
    {"lambda", "loss per squared distance", "0.7", SB_P_REAL, offsetof(struct opts, lambda), 0, 1e6, NULL},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(struct opts, seed), 0, 4294967295.0, NULL},
    {0}};

static void clustered_loss_shape(const void *options, sb_shape *out)
{
    const struct opts *o = options;
    *out = (sb_shape){.n = o->n, .d = o->d, .t = 1};
}

/* The row of each cluster that is nearest to the mean of its rows; n: the cluster has none. Sums in row order. */
static sb_status find_centres(const struct opts *o, const float *x, const int32_t *group, sb_ctx *cx, size_t *centre)
{
    const size_t d = o->d, k = o->clusters, mark = sb_arena_mark(cx->arena);
    double *mean = SB_NEW(cx->arena, k * d, double), *count = SB_NEW(cx->arena, k, double);
    double *best = SB_NEW(cx->arena, k, double);
    if (!mean || !count || !best) SB_FAIL(cx->err, SB_ENOMEM, "means of %zu clusters", k);
    for (size_t i = 0; i < o->n; i++) {
        count[group[i]]++;
        for (size_t f = 0; f < d; f++) mean[(size_t)group[i] * d + f] += (double)x[i * d + f];
    }
    for (size_t j = 0; j < k; j++) {
        centre[j] = o->n;
        best[j] = HUGE_VAL;
        for (size_t f = 0; f < d && count[j] > 0; f++) mean[j * d + f] /= count[j];
    }
    for (size_t i = 0; i < o->n; i++) {
        const size_t j = (size_t)group[i];
        double v = 0;
        for (size_t f = 0; f < d; f++) {
            const double off = (double)x[i * d + f] - mean[j * d + f];
            v += off * off;
        }
        if (v >= best[j]) continue;
        best[j] = v;
        centre[j] = i;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status clustered_loss_make(const void *options, sb_ctx *cx, sb_generated *out)
{
    const struct opts *o = options;
    const size_t n = o->n, d = o->d, k = o->clusters;
    float *x = SB_NEW(cx->arena, n * d, float);
    double *y = SB_NEW(cx->arena, n, double), *mean = SB_NEW(cx->arena, k * d, double);
    double *base = SB_NEW(cx->arena, k, double);
    int32_t *group = SB_NEW(cx->arena, n, int32_t);
    size_t *centre = SB_NEW(cx->arena, k, size_t);
    if (!x || !y || !mean || !base || !group || !centre)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu generated features", n, d);
    const uint64_t seed = cx->seed + o->seed;
    sb_rng means = sb_rng_stream(seed, "clustered_loss/means"), rows = sb_rng_stream(seed, "clustered_loss/rows");
    sb_rng losses = sb_rng_stream(seed, "clustered_loss/losses");
    for (size_t i = 0; i < k * d; i++) mean[i] = o->centres * sb_rng_normal(&means);
    for (size_t i = 0; i < n; i++) {
        const size_t j = sb_rng_below(&rows, k);
        group[i] = (int32_t)j;
        for (size_t f = 0; f < d; f++) x[i * d + f] = (float)(mean[j * d + f] + o->spread * sb_rng_normal(&rows));
    }
    SB_TRY(find_centres(o, x, group, cx, centre));
    for (size_t j = 0; j < k; j++) base[j] = 2 * fabs(sb_rng_normal(&losses));
    for (size_t i = 0; i < n; i++) {
        const size_t j = (size_t)group[i];
        const double v = sb_sqdist_f32(x + i * d, x + centre[j] * d, d), u = 2 * sb_rng_unit(&losses) - 1;
        y[i] = fmax(0, base[j] + o->lambda * v * u);
    }
    *out = (sb_generated){
        .train = {.x = {x, n, d, d}, .kind = SB_REGRESSION, .t = 1, .y = y}, .group = group, .groups = k};
    return SB_OK;
}

const sb_generator sb_generator_clustered_loss = {
    .name = "clustered_loss",
    .summary = "clusters with a planted loss that obeys the assumption of clustering-based sensitivity sampling",
    .source = "ours, after the assumption of Axiotis et al. 2024",
    .abi = SB_GENERATOR_ABI,
    .kind = SB_REGRESSION,
    .option_size = sizeof(struct opts),
    .options = params,
    .shape = clustered_loss_shape,
    .make = clustered_loss_make,
};

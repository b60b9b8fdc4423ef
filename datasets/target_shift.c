/* Clusters with a rule of their own each; the test part and the target set come from the first few clusters only, and
 * the pool ends with jittered copies of a handful of their rows: what looks most like the target is not what teaches
 * most about it. */
#include "selbench/generator.h"

struct opts {
    size_t n, n_test, d, clusters, targets, originals, copies, queries, seed;
    double spread, noise, jitter;
};

static const sb_param params[] = {
    {"n", "training rows, copies included", "8000", SB_P_SIZE, offsetof(struct opts, n), 2, 4294967295.0, NULL},
    {"n_test", "test rows, of the target clusters", "4000", SB_P_SIZE, offsetof(struct opts, n_test), 1, 4294967295.0,
     NULL},
    {"d", "columns", "16", SB_P_SIZE, offsetof(struct opts, d), 1, 1e6, NULL},
    {"clusters", "clusters, equally likely", "20", SB_P_SIZE, offsetof(struct opts, clusters), 1, 1e6, NULL},
    {"targets", "the first clusters, which the test rows come from", "2", SB_P_SIZE, offsetof(struct opts, targets), 1,
     1e6, NULL},
    {"originals", "rows of the target clusters that have copies; 0: none", "12", SB_P_SIZE,
     offsetof(struct opts, originals), 0, 1e9, NULL},
    {"copies", "copies in all, of the originals in turn", "888", SB_P_SIZE, offsetof(struct opts, copies), 0, 1e9,
     NULL},
    {"queries", "rows of the target set, of the target clusters; 0: none", "60", SB_P_SIZE,
     offsetof(struct opts, queries), 0, 1e9, NULL},
    {"spread", "standard deviation of the clusters' means", "1.2", SB_P_REAL, offsetof(struct opts, spread), 0, 1e6,
     NULL},
    {"noise", "standard deviation of rows around their mean", "0.7", SB_P_REAL, offsetof(struct opts, noise), 0, 1e6,
     NULL},
    {"jitter", "standard deviation of copies around their original", "0.01", SB_P_REAL, offsetof(struct opts, jitter),
     0, 1e6, NULL},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(struct opts, seed), 0, 4294967295.0, NULL},
    {0}};

static void shift_shape(const void *options, sb_shape *out)
{
    const struct opts *o = options;
    *out = (sb_shape){.n = o->n, .n_test = o->n_test, .d = o->d, .c = 2, .target_n = o->queries};
}

struct rule {
    const double *mean, *w; /* clusters x d each */
};

/* Label 1 where w_j . (x - mean_j) > 0. */
static int32_t draw_row(const struct opts *o, const struct rule *r, size_t j, sb_rng *rng, float *row)
{
    double side = 0;
    for (size_t f = 0; f < o->d; f++) {
        const double z = o->noise * sb_rng_normal(rng);
        row[f] = (float)(r->mean[j * o->d + f] + z);
        side += r->w[j * o->d + f] * z;
    }
    return side > 0;
}

/* The pool: plain rows, originals, copies. Group of a plain row: its cluster; of originals and their copies: one each
 * behind the clusters. */
static void draw_pool(const struct opts *o, const struct rule *r, uint64_t seed, float *x, int32_t *label,
                      int32_t *group)
{
    sb_rng rows = sb_rng_stream(seed, "target_shift/rows"), jitter = sb_rng_stream(seed, "target_shift/copies");
    const size_t first = o->n - o->originals - o->copies, d = o->d;
    for (size_t i = 0; i < first + o->originals; i++) {
        const bool plain = i < first;
        const size_t j = sb_rng_below(&rows, plain ? o->clusters : o->targets);
        label[i] = draw_row(o, r, j, &rows, x + i * d);
        group[i] = (int32_t)(plain ? j : o->clusters + i - first);
    }
    for (size_t i = first + o->originals; i < o->n; i++) {
        const size_t from = first + (i - first) % o->originals;
        for (size_t f = 0; f < d; f++)
            x[i * d + f] = (float)((double)x[from * d + f] + o->jitter * sb_rng_normal(&jitter));
        label[i] = label[from];
        group[i] = group[from];
    }
}

static sb_status shift_make(const void *options, sb_ctx *cx, sb_generated *out)
{
    const struct opts *o = options;
    const size_t d = o->d, k = o->clusters;
    if (o->targets > k) SB_FAIL(cx->err, SB_ECONFIG, "'targets' is %zu, above the %zu clusters", o->targets, k);
    if (o->copies && !o->originals) SB_FAIL(cx->err, SB_ECONFIG, "%zu 'copies' of no 'originals'", o->copies);
    if (o->originals > o->n || o->copies > o->n - o->originals)
        SB_FAIL(cx->err, SB_ECONFIG, "%zu originals and %zu copies in %zu rows", o->originals, o->copies, o->n);
    double *mean = SB_NEW(cx->arena, k * d, double), *w = SB_NEW(cx->arena, k * d, double);
    float *x = SB_NEW(cx->arena, o->n * d, float), *tx = SB_NEW(cx->arena, o->n_test * d, float);
    int32_t *label = SB_NEW(cx->arena, o->n, int32_t), *group = SB_NEW(cx->arena, o->n, int32_t);
    int32_t *tlabel = SB_NEW(cx->arena, o->n_test, int32_t);
    float *query = SB_NEW(cx->arena, o->queries * d, float);
    if (!mean || !w || !x || !tx || !label || !group || !tlabel || !query)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu generated features", o->n + o->n_test, d);
    const uint64_t seed = cx->seed + o->seed;
    sb_rng rules = sb_rng_stream(seed, "target_shift/rules"), test = sb_rng_stream(seed, "target_shift/test");
    for (size_t i = 0; i < k * d; i++) mean[i] = o->spread * sb_rng_normal(&rules);
    for (size_t i = 0; i < k * d; i++) w[i] = sb_rng_normal(&rules);
    const struct rule r = {mean, w};
    draw_pool(o, &r, seed, x, label, group);
    for (size_t i = 0; i < o->n_test; i++)
        tlabel[i] = draw_row(o, &r, sb_rng_below(&test, o->targets), &test, tx + i * d);
    sb_rng asked = sb_rng_stream(seed, "target_shift/queries");
    for (size_t i = 0; i < o->queries; i++)
        (void)draw_row(o, &r, sb_rng_below(&asked, o->targets), &asked, query + i * d);
    *out = (sb_generated){
        .train = {.x = {x, o->n, d, d}, .kind = SB_CLASSIFICATION, .c = 2, .label = label},
        .test = {.x = {tx, o->n_test, d, d}, .kind = SB_CLASSIFICATION, .c = 2, .label = tlabel},
        .group = group,
        .groups = k + o->originals,
        .target = {o->queries ? query : NULL, o->queries, d, d},
    };
    return SB_OK;
}

const sb_generator sb_generator_target_shift = {
    .name = "target_shift",
    .summary = "clusters with rules of their own; the test part from a few of them, which the pool has near-copies of",
    .source = "ours, after Liu et al. 2024, TSDS: data selection for task-specific model finetuning, arXiv 2410.11303",
    .abi = SB_GENERATOR_ABI,
    .kind = SB_CLASSIFICATION,
    .option_size = sizeof(struct opts),
    .options = params,
    .shape = shift_shape,
    .make = shift_make,
};

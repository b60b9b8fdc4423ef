/* The synthetic regression of the SkMM paper: clusters of very unequal norm and spread along the first axes, labels
 * constant in each cluster. The draws follow the published code one by one, so that seed 0 is the paper's matrix. */
#include <stdlib.h>

#include "selbench/generator.h"
#include "selbench/pcg64.h"

struct opts {
    size_t n, d, clusters, seed;
    double std_max;
};

static const sb_param params[] = {
    {"n", "rows", "2000", SB_P_SIZE, offsetof(struct opts, n), 2, 4294967295.0, NULL},
    {"d", "columns, at least as many as clusters", "2400", SB_P_SIZE, offsetof(struct opts, d), 1, 1e6, NULL},
    {"clusters", "clusters, each along an axis of its own", "8", SB_P_SIZE, offsetof(struct opts, clusters), 1, 1e6,
     NULL},
    {"std_max", "largest standard deviation of a cluster", "0.04", SB_P_REAL, offsetof(struct opts, std_max), 0, 1e6,
     NULL},
    {"seed", "seed of the published stream", "0", SB_P_SIZE, offsetof(struct opts, seed), 0, 4294967295.0, NULL},
    {0}};

/* What is drawn before the noise: where clusters end, and their norm, spread and label. */
struct mixture {
    size_t *end;
    double *norm, *std, *label;
};

static int by_size(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static sb_status draw_mixture(const struct opts *o, sb_pcg64 *g, const sb_ziggurat *z, sb_ctx *cx, struct mixture *m)
{
    const size_t k = o->clusters;
    m->end = SB_NEW(cx->arena, k, size_t);
    m->norm = SB_NEW(cx->arena, k, double);
    m->std = SB_NEW(cx->arena, k, double);
    m->label = SB_NEW(cx->arena, k, double);
    if (!m->end || !m->norm || !m->std || !m->label) SB_FAIL(cx->err, SB_ENOMEM, "mixture of %zu clusters", k);
    for (size_t j = 0; j + 1 < k; j++) m->end[j] = (size_t)sb_pcg64_between(g, 1, (uint32_t)(o->n - 2));
    qsort(m->end, k - 1, sizeof *m->end, by_size);
    m->end[k - 1] = o->n;
    for (size_t j = 0; j < k; j++) m->norm[j] = (double)sb_pcg64_between(g, 1, (uint32_t)k) * (double)k;
    for (size_t j = 0; j < k; j++) m->std[j] = o->std_max * sb_pcg64_unit(g);
    for (size_t j = 0; j < k; j++) m->label[j] = m->norm[j] * sb_pcg64_normal(g, z);
    return SB_OK;
}

static void draw_rows(const struct opts *o, const struct mixture *m, sb_pcg64 *g, const sb_ziggurat *z, float *x,
                      double *y, int32_t *group)
{
    size_t j = 0;
    for (size_t i = 0; i < o->n; i++) {
        while (i >= m->end[j]) j++;
        float *row = x + i * o->d;
        for (size_t f = 0; f < o->d; f++) {
            const double noise = m->std[j] * sb_pcg64_normal(g, z);
            row[f] = (float)(f == j ? m->norm[j] + noise : noise);
        }
        y[i] = m->label[j];
        group[i] = (int32_t)j;
    }
}

static void skmm_shape(const void *options, sb_shape *out)
{
    const struct opts *o = options;
    *out = (sb_shape){.n = o->n, .d = o->d, .t = 1};
}

static sb_status skmm_make(const void *options, sb_ctx *cx, sb_generated *out)
{
    const struct opts *o = options;
    if (o->clusters > o->d) SB_FAIL(cx->err, SB_ECONFIG, "'clusters' is %zu, above 'd' = %zu", o->clusters, o->d);
    if (o->n < 3 && o->clusters > 1) SB_FAIL(cx->err, SB_ECONFIG, "'n' is %zu, too few for several clusters", o->n);
    float *x = SB_NEW(cx->arena, o->n * o->d, float);
    double *y = SB_NEW(cx->arena, o->n, double);
    int32_t *group = SB_NEW(cx->arena, o->n, int32_t);
    sb_ziggurat *z = SB_NEW(cx->arena, 1, sb_ziggurat);
    if (!x || !y || !group || !z) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu generated features", o->n, o->d);
    sb_ziggurat_init(z);
    sb_pcg64 g = sb_pcg64_seed((uint32_t)o->seed);
    struct mixture m;
    SB_TRY(draw_mixture(o, &g, z, cx, &m));
    draw_rows(o, &m, &g, z, x, y, group);
    *out = (sb_generated){
        .train = {.x = {x, o->n, o->d, o->d}, .kind = SB_REGRESSION, .t = 1, .y = y},
        .test = {.x = {NULL, 0, o->d, o->d}, .kind = SB_REGRESSION, .t = 1},
        .group = group,
        .groups = o->clusters,
    };
    return SB_OK;
}

const sb_generator sb_generator_skmm = {
    .name = "skmm",
    .summary = "Gaussian mixture with unequal norms and spreads, labels constant in each cluster",
    .source = "Dong et al., Sketchy Moment Matching, NeurIPS 2024, arXiv 2407.06120, synthetic experiment",
    .abi = SB_GENERATOR_ABI,
    .kind = SB_REGRESSION,
    .option_size = sizeof(struct opts),
    .options = params,
    .shape = skmm_shape,
    .make = skmm_make,
};

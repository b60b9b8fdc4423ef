/* Candidates and reference rows of one law: x_j ~ N(0, (1 + j mod 4)^2), label = the side of theta'x + noise. Some of
 * the candidates' labels are flipped; the reference rows, clean, are the target set; the test part is clean too. What
 * one training step on a candidate does to the loss of the reference rows is what influence methods predict. */
#include "selbench/generator.h"

struct opts {
    size_t n, n_test, references, d, seed;
    double noise, flip;
};

static const sb_param params[] = {
    {"n", "candidates: the training rows", "3000", SB_P_SIZE, offsetof(struct opts, n), 2, 4294967295.0, NULL},
    {"n_test", "test rows", "2000", SB_P_SIZE, offsetof(struct opts, n_test), 1, 4294967295.0, NULL},
    {"references", "rows of the target set; 0: none", "400", SB_P_SIZE, offsetof(struct opts, references), 0, 1e9,
     NULL},
    {"d", "columns; column j has the standard deviation 1 + j mod 4", "30", SB_P_SIZE, offsetof(struct opts, d), 1, 1e6,
     NULL},
    {"noise", "standard deviation of what is added to theta'x", "6", SB_P_REAL, offsetof(struct opts, noise), 0, 1e6,
     NULL},
    {"flip", "probability that a candidate's label is the other one", "0.15", SB_P_REAL, offsetof(struct opts, flip), 0,
     1, NULL},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(struct opts, seed), 0, 4294967295.0, NULL},
    {0}};

static void reference_shape(const void *options, sb_shape *out)
{
    const struct opts *o = options;
    *out = (sb_shape){.n = o->n, .n_test = o->n_test, .d = o->d, .c = 2, .target_n = o->references};
}

static void draw_rows(const struct opts *o, const double *theta, size_t n, sb_rng *rng, float *x, int32_t *label)
{
    for (size_t i = 0; i < n; i++) {
        double side = o->noise * sb_rng_normal(rng);
        for (size_t j = 0; j < o->d; j++) {
            const double v = (double)(1 + j % 4) * sb_rng_normal(rng);
            x[i * o->d + j] = (float)v;
            side += theta[j] * v;
        }
        label[i] = side > 0;
    }
}

static sb_status reference_make(const void *options, sb_ctx *cx, sb_generated *out)
{
    const struct opts *o = options;
    const size_t d = o->d, n = o->n, q = o->n_test, r = o->references, all = n + q + r;
    float *x = SB_NEW(cx->arena, all * d, float);
    int32_t *label = SB_NEW(cx->arena, all, int32_t), *flipped = SB_NEW(cx->arena, n, int32_t);
    double *theta = SB_NEW(cx->arena, d, double);
    if (!x || !label || !flipped || !theta) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu generated features", all, d);
    const uint64_t seed = cx->seed + o->seed;
    sb_rng law = sb_rng_stream(seed, "reference/law"), rows = sb_rng_stream(seed, "reference/rows");
    sb_rng test = sb_rng_stream(seed, "reference/test"), clean = sb_rng_stream(seed, "reference/references");
    sb_rng flips = sb_rng_stream(seed, "reference/flips");
    for (size_t j = 0; j < d; j++) theta[j] = sb_rng_normal(&law);
    draw_rows(o, theta, n, &rows, x, label);
    draw_rows(o, theta, q, &test, x + n * d, label + n);
    draw_rows(o, theta, r, &clean, x + (n + q) * d, label + n + q);
    for (size_t i = 0; i < n; i++) {
        flipped[i] = sb_rng_unit(&flips) < o->flip;
        if (flipped[i]) label[i] = 1 - label[i];
    }
    *out = (sb_generated){
        .train = {.x = {x, n, d, d}, .kind = SB_CLASSIFICATION, .c = 2, .label = label},
        .test = {.x = {x + n * d, q, d, d}, .kind = SB_CLASSIFICATION, .c = 2, .label = label + n},
        .group = flipped,
        .groups = 2,
        .target = {r ? x + (n + q) * d : NULL, r, d, d},
    };
    return SB_OK;
}

const sb_generator sb_generator_reference = {
    .name = "reference",
    .summary = "candidates with flipped labels and clean reference rows of the same law, which are the target set",
    .source = "ours, after Yu et al. 2024, MATES: model-aware data selection, arXiv 2406.06046",
    .abi = SB_GENERATOR_ABI,
    .kind = SB_CLASSIFICATION,
    .option_size = sizeof(struct opts),
    .options = params,
    .shape = reference_shape,
    .make = reference_make,
};

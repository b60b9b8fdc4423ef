/* Classes made of subgroups whose sizes follow a power law, with labels flipped at random: rare subgroups are what a
 * selection may miss, flipped labels what it may fall for. The test part is clean and balanced over subgroups. */
#include <math.h>

#include "selbench/generator.h"

struct opts {
    size_t n, test_rows, d, c, subgroups, seed;
    double exponent, spread, noise, flip;
};

static const sb_param params[] = {
    {"n", "training rows", "12000", SB_P_SIZE, offsetof(struct opts, n), 2, 4294967295.0, NULL},
    {"test_rows", "test rows of each subgroup", "200", SB_P_SIZE, offsetof(struct opts, test_rows), 1, 1e9, NULL},
    {"d", "columns", "24", SB_P_SIZE, offsetof(struct opts, d), 1, 1e6, NULL},
    {"c", "classes; subgroup j is of class j mod c", "8", SB_P_SIZE, offsetof(struct opts, c), 2, 1e6, NULL},
    {"subgroups", "at least as many as classes", "48", SB_P_SIZE, offsetof(struct opts, subgroups), 2, 1e6, NULL},
    {"exponent", "subgroup j has a frequency in proportion to (j + 1)^-exponent", "1.3", SB_P_REAL,
     offsetof(struct opts, exponent), 0, 100, NULL},
    {"spread", "standard deviation of the subgroups' means", "1.1", SB_P_REAL, offsetof(struct opts, spread), 0, 1e6,
     NULL},
    {"noise", "standard deviation of rows around their mean", "0.8", SB_P_REAL, offsetof(struct opts, noise), 0, 1e6,
     NULL},
    {"flip", "probability that a training label becomes a uniform other class", "0", SB_P_REAL,
     offsetof(struct opts, flip), 0, 1, NULL},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(struct opts, seed), 0, 4294967295.0, NULL},
    {0}};

static void powerlaw_shape(const void *options, sb_shape *out)
{
    const struct opts *o = options;
    *out = (sb_shape){.n = o->n, .n_test = o->subgroups * o->test_rows, .d = o->d, .c = o->c};
}

static void draw_row(const struct opts *o, const float *mean, sb_rng *rng, float *row)
{
    for (size_t f = 0; f < o->d; f++) row[f] = (float)((double)mean[f] + o->noise * sb_rng_normal(rng));
}

/* The subgroup whose part of [0, total) holds u. */
static size_t pick(const double *end, size_t groups, double u)
{
    size_t low = 0, high = groups - 1;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if (u < end[mid])
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

static sb_status powerlaw_make(const void *options, sb_ctx *cx, sb_generated *out)
{
    const struct opts *o = options;
    const size_t d = o->d, k = o->subgroups, n_test = k * o->test_rows;
    if (k < o->c) SB_FAIL(cx->err, SB_ECONFIG, "'subgroups' is %zu, below the %zu classes", k, o->c);
    float *mean = SB_NEW(cx->arena, k * d, float), *x = SB_NEW(cx->arena, o->n * d, float);
    float *tx = SB_NEW(cx->arena, n_test * d, float);
    double *end = SB_NEW(cx->arena, k, double);
    int32_t *label = SB_NEW(cx->arena, o->n, int32_t), *group = SB_NEW(cx->arena, o->n, int32_t);
    int32_t *tlabel = SB_NEW(cx->arena, n_test, int32_t);
    if (!mean || !x || !tx || !end || !label || !group || !tlabel)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu generated features", o->n + n_test, d);
    const uint64_t seed = cx->seed + o->seed;
    sb_rng means = sb_rng_stream(seed, "powerlaw/means"), rows = sb_rng_stream(seed, "powerlaw/rows");
    sb_rng flips = sb_rng_stream(seed, "powerlaw/flips"), test = sb_rng_stream(seed, "powerlaw/test");
    for (size_t i = 0; i < k * d; i++) mean[i] = (float)(o->spread * sb_rng_normal(&means));
    for (size_t j = 0; j < k; j++) end[j] = (j ? end[j - 1] : 0) + pow((double)(j + 1), -o->exponent);
    for (size_t i = 0; i < o->n; i++) {
        const size_t j = pick(end, k, end[k - 1] * sb_rng_unit(&rows)), class = j % o->c;
        draw_row(o, mean + j * d, &rows, x + i * d);
        group[i] = (int32_t)j;
        const bool flip = sb_rng_unit(&flips) < o->flip; /* both draws always: a flip moves no other one */
        const size_t other = (class + 1 + sb_rng_below(&flips, o->c - 1)) % o->c;
        label[i] = (int32_t)(flip ? other : class);
    }
    for (size_t i = 0; i < n_test; i++) {
        draw_row(o, mean + i / o->test_rows * d, &test, tx + i * d);
        tlabel[i] = (int32_t)(i / o->test_rows % o->c);
    }
    *out = (sb_generated){
        .train = {.x = {x, o->n, d, d}, .kind = SB_CLASSIFICATION, .c = o->c, .label = label},
        .test = {.x = {tx, n_test, d, d}, .kind = SB_CLASSIFICATION, .c = o->c, .label = tlabel},
        .group = group,
        .groups = k,
    };
    return SB_OK;
}

const sb_generator sb_generator_powerlaw = {
    .name = "powerlaw",
    .summary = "classes of Gaussian subgroups with power-law sizes and flipped labels; test balanced over subgroups",
    .source = "ours, after the setting of long-tailed recognition (Liu et al. 2019, arXiv 1904.05160)",
    .abi = SB_GENERATOR_ABI,
    .kind = SB_CLASSIFICATION,
    .option_size = sizeof(struct opts),
    .options = params,
    .shape = powerlaw_shape,
    .make = powerlaw_make,
};

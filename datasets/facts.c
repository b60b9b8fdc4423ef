/* Facts to be memorised: keys with one of c values each, the i-th occurring in proportion to i^-exponent. A linear
 * model has room for a limited number of them, so which occurrences to train on matters. The test part asks every fact
 * once. Group of a row: its fact, counted from 0 by falling frequency. */
#include <math.h>

#include "selbench/generator.h"

struct opts {
    size_t facts, d, c, occurrences, seed;
    double exponent;
};

static const sb_param params[] = {
    {"facts", "facts", "600", SB_P_SIZE, offsetof(struct opts, facts), 2, 1e6, NULL},
    {"d", "columns of a key", "48", SB_P_SIZE, offsetof(struct opts, d), 1, 1e6, NULL},
    {"c", "values, equally likely", "32", SB_P_SIZE, offsetof(struct opts, c), 2, 1e6, NULL},
    {"occurrences", "rows per fact on average, before each has at least one", "20", SB_P_SIZE,
     offsetof(struct opts, occurrences), 1, 1e6, NULL},
    {"exponent", "fact i occurs in proportion to i^-exponent; 0: all alike", "1.5", SB_P_REAL,
     offsetof(struct opts, exponent), 0, 100, NULL},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(struct opts, seed), 0, 4294967295.0, NULL},
    {0}};

static double total_weight(const struct opts *o)
{
    double total = 0;
    for (size_t i = o->facts; i > 0; i--) total += pow((double)i, -o->exponent); /* small terms first */
    return total;
}

/* Rows of fact i (from 0): round(occurrences x facts x frequency), at least 1. */
static size_t rows_of(const struct opts *o, double total, size_t i)
{
    const double share = pow((double)(i + 1), -o->exponent) / total;
    const double rows = floor((double)(o->occurrences * o->facts) * share + 0.5);
    return rows < 1 ? 1 : (size_t)rows;
}

static size_t all_rows(const struct opts *o)
{
    const double total = total_weight(o);
    size_t n = 0;
    for (size_t i = 0; i < o->facts; i++) n += rows_of(o, total, i);
    return n;
}

static void facts_shape(const void *options, sb_shape *out)
{
    const struct opts *o = options;
    *out = (sb_shape){.n = all_rows(o), .n_test = o->facts, .d = o->d, .c = o->c};
}

static sb_status facts_make(const void *options, sb_ctx *cx, sb_generated *out)
{
    const struct opts *o = options;
    const size_t d = o->d, k = o->facts, n = all_rows(o);
    if (n > UINT32_MAX) SB_FAIL(cx->err, SB_ECONFIG, "%zu rows, above the limit of %u", n, UINT32_MAX);
    float *key = SB_NEW(cx->arena, k * d, float), *x = SB_NEW(cx->arena, n * d, float);
    int32_t *value = SB_NEW(cx->arena, k, int32_t), *label = SB_NEW(cx->arena, n, int32_t);
    int32_t *fact = SB_NEW(cx->arena, n, int32_t);
    uint32_t *order = SB_NEW(cx->arena, n, uint32_t);
    if (!key || !x || !value || !label || !fact || !order)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu generated features", n + k, d);
    const uint64_t seed = cx->seed + o->seed;
    sb_rng keys = sb_rng_stream(seed, "facts/keys"), values = sb_rng_stream(seed, "facts/values");
    sb_rng shuffle = sb_rng_stream(seed, "facts/order");
    for (size_t i = 0; i < k * d; i++) key[i] = (float)(sb_rng_normal(&keys) / sqrt((double)d));
    for (size_t i = 0; i < k; i++) value[i] = (int32_t)sb_rng_below(&values, o->c);
    const double total = total_weight(o);
    size_t at = 0;
    for (size_t i = 0; i < k; i++)
        for (size_t r = rows_of(o, total, i); r > 0; r--) order[at++] = (uint32_t)i;
    sb_rng_shuffle(&shuffle, order, n, n);
    for (size_t i = 0; i < n; i++) {
        fact[i] = (int32_t)order[i];
        label[i] = value[order[i]];
        for (size_t j = 0; j < d; j++) x[i * d + j] = key[order[i] * d + j];
    }
    *out = (sb_generated){
        .train = {.x = {x, n, d, d}, .kind = SB_CLASSIFICATION, .c = o->c, .label = label},
        .test = {.x = {key, k, d, d}, .kind = SB_CLASSIFICATION, .c = o->c, .label = value},
        .group = fact,
        .groups = k,
    };
    return SB_OK;
}

const sb_generator sb_generator_facts = {
    .name = "facts",
    .summary = "keys with values to be memorised, occurring with a power law; the test part asks each once",
    .source = "ours: a linear associative memory as in capacity studies of memorised facts",
    .abi = SB_GENERATOR_ABI,
    .kind = SB_CLASSIFICATION,
    .option_size = sizeof(struct opts),
    .options = params,
    .shape = facts_shape,
    .make = facts_make,
};

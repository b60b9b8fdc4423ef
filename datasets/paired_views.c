/* Pairs of two views, as images and captions: good pairs share what they show, mismatched ones do not, and generic
 * captions lie near all images. The similarity of a pair alone takes generic captions for good ones.
 *     F = a m_F + u + s N,  G = a m_G + u + s N (good),  a m_G + u' + s N (mismatched),  a m_G + b m_F + s_g N
 * (generic) with unit vectors m_F and m_G and u, u', N of variance 1/d a column; rows are then scaled to norm 1. The
 * features are F, the second view and the targets are G: a model learns to map one onto the other, and is tested on
 * good pairs. */
#include <math.h>
#include <string.h>

#include "selbench/generator.h"

struct opts {
    size_t n, n_test, d, seed;
    double good, mismatched, offset, shift, noise, generic_noise;
};

static const sb_param params[] = {
    {"n", "pairs to select from", "4096", SB_P_SIZE, offsetof(struct opts, n), 2, 4294967295.0, NULL},
    {"n_test", "good pairs of the test part", "1024", SB_P_SIZE, offsetof(struct opts, n_test), 1, 4294967295.0, NULL},
    {"d", "columns of each view", "64", SB_P_SIZE, offsetof(struct opts, d), 1, 1e6, NULL},
    {"good", "probability of a good pair", "0.55", SB_P_REAL, offsetof(struct opts, good), 0, 1, NULL},
    {"mismatched", "probability of a mismatched pair; the rest is generic", "0.3", SB_P_REAL,
     offsetof(struct opts, mismatched), 0, 1, NULL},
    {"offset", "length of each view's mean (a)", "0.8", SB_P_REAL, offsetof(struct opts, offset), 0, 1e6, NULL},
    {"shift", "length of the images' mean in generic captions (b)", "0.55", SB_P_REAL, offsetof(struct opts, shift), 0,
     1e6, NULL},
    {"noise", "length of the noise (s)", "0.9", SB_P_REAL, offsetof(struct opts, noise), 0, 1e6, NULL},
    {"generic_noise", "length of the noise of generic captions (s_g)", "0.5", SB_P_REAL,
     offsetof(struct opts, generic_noise), 0, 1e6, NULL},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(struct opts, seed), 0, 4294967295.0, NULL},
    {0}};

static void paired_shape(const void *options, sb_shape *out)
{
    const struct opts *o = options;
    *out = (sb_shape){.n = o->n, .n_test = o->n_test, .d = o->d, .t = o->d, .view_d = o->d};
}

enum { GOOD, MISMATCHED, GENERIC, KINDS };

struct means {
    const double *f, *g; /* unit vectors of d entries */
};

static void draw_unit(sb_rng *rng, size_t d, double *v)
{
    double norm2 = 0;
    for (size_t j = 0; j < d; j++) v[j] = sb_rng_normal(rng);
    for (size_t j = 0; j < d; j++) norm2 += v[j] * v[j];
    for (size_t j = 0; j < d; j++) v[j] /= sqrt(norm2);
}

static void store(const double *v, size_t d, float *row)
{
    double norm2 = 0;
    for (size_t j = 0; j < d; j++) norm2 += v[j] * v[j];
    const double scale = norm2 > 0 ? 1 / sqrt(norm2) : 0;
    for (size_t j = 0; j < d; j++) row[j] = (float)(v[j] * scale);
}

/* v: 2 x d of scratch. As many draws for each kind, so that one pair moves no other. */
static void draw_pair(const struct opts *o, const struct means *m, int kind, sb_rng *rng, double *v, float *f, float *g)
{
    const size_t d = o->d;
    const double root = 1 / sqrt((double)d);
    double *w = v + d;
    for (size_t j = 0; j < d; j++) {
        const double u = root * sb_rng_normal(rng), other = root * sb_rng_normal(rng);
        const double a = root * sb_rng_normal(rng), b = root * sb_rng_normal(rng);
        v[j] = o->offset * m->f[j] + u + o->noise * a;
        w[j] = o->offset * m->g[j];
        w[j] += kind == GENERIC ? o->shift * m->f[j] + o->generic_noise * b : (kind == GOOD ? u : other) + o->noise * b;
    }
    store(v, d, f);
    store(w, d, g);
}

static int draw_kind(const struct opts *o, sb_rng *rng)
{
    const double u = sb_rng_unit(rng);
    return u < o->good ? GOOD : u < o->good + o->mismatched ? MISMATCHED : GENERIC;
}

/* Rows of one part; kind[i] is written, or all pairs are good where kind is NULL. */
static void draw_part(const struct opts *o, const struct means *m, size_t n, sb_rng *rng, double *v, float *f, float *g,
                      double *y, int32_t *kind)
{
    for (size_t i = 0; i < n; i++) {
        const int k = kind ? draw_kind(o, rng) : GOOD;
        draw_pair(o, m, k, rng, v, f + i * o->d, g + i * o->d);
        if (kind) kind[i] = k;
    }
    for (size_t i = 0; i < n * o->d; i++) y[i] = (double)g[i];
}

static sb_status paired_make(const void *options, sb_ctx *cx, sb_generated *out)
{
    const struct opts *o = options;
    const size_t d = o->d, n = o->n, q = o->n_test;
    if (o->good + o->mismatched > 1 + 1e-12)
        SB_FAIL(cx->err, SB_ECONFIG, "'good' and 'mismatched' are %g and %g, together above 1", o->good, o->mismatched);
    float *f = SB_NEW(cx->arena, (n + q) * d, float), *g = SB_NEW(cx->arena, (n + q) * d, float);
    double *y = SB_NEW(cx->arena, (n + q) * d, double), *v = SB_NEW(cx->arena, 4 * d, double);
    int32_t *kind = SB_NEW(cx->arena, n, int32_t);
    if (!f || !g || !y || !v || !kind) SB_FAIL(cx->err, SB_ENOMEM, "%zu pairs of %zu columns", n + q, d);
    const uint64_t seed = cx->seed + o->seed;
    sb_rng means = sb_rng_stream(seed, "paired_views/means"), rows = sb_rng_stream(seed, "paired_views/rows");
    sb_rng test = sb_rng_stream(seed, "paired_views/test");
    draw_unit(&means, d, v);
    draw_unit(&means, d, v + d);
    const struct means m = {v, v + d};
    draw_part(o, &m, n, &rows, v + 2 * d, f, g, y, kind);
    draw_part(o, &m, q, &test, v + 2 * d, f + n * d, g + n * d, y + n * d, NULL);
    *out = (sb_generated){
        .train = {.x = {f, n, d, d}, .kind = SB_REGRESSION, .t = d, .y = y},
        .test = {.x = {f + n * d, q, d, d}, .kind = SB_REGRESSION, .t = d, .y = y + n * d},
        .group = kind,
        .groups = KINDS,
        .view = {{g, n, d, d}, {g + n * d, q, d, d}},
    };
    return SB_OK;
}

const sb_generator sb_generator_paired_views = {
    .name = "paired_views",
    .summary = "pairs of two views (images and captions) with mismatched and generic ones; models map one on the other",
    .source = "ours, after Wang et al. 2024, CLIPLoss and norm-based data selection, arXiv 2405.19547",
    .abi = SB_GENERATOR_ABI,
    .kind = SB_REGRESSION,
    .option_size = sizeof(struct opts),
    .options = params,
    .shape = paired_shape,
    .make = paired_make,
};

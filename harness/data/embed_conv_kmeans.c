/* Convolutional k-means features: patches of the training images, their contrast normalised, whitened, clustered; an
 * image becomes the sums over a grid of the triangle activation max(0, mean_k z_k - z_j), z_j the distance of each
 * whitened patch to centre j. Images lie row by row, colour planes one after the other. */
#include <math.h>
#include <string.h>

#include "selbench/kmeans.h"
#include "selbench/la.h"
#include "selbench/transform.h"
#include "selbench/whitening.h"

typedef struct conv_options {
    size_t channels, width, patch, stride, centres, patches, pool, seed;
    double contrast, floor;
} conv_options;

#define ROW(name, help, fallback, type, min, max)                                                                      \
    {                                                                                                                  \
#name, help, fallback, type, offsetof(conv_options, name), min, max, NULL                                      \
    }
static const sb_param params[] = {
    ROW(centres, "centres of the dictionary", "200", SB_P_SIZE, 2, 1e5),
    ROW(channels, "colour planes", "1", SB_P_SIZE, 1, 1e4),
    ROW(width, "of the image; 0: it is square", "0", SB_P_SIZE, 0, 1e6),
    ROW(patch, "width and height of a patch", "6", SB_P_SIZE, 1, 1e4),
    ROW(stride, "between patches", "1", SB_P_SIZE, 1, 1e4),
    ROW(patches, "patches drawn to learn from", "20000", SB_P_SIZE, 1, 1e8),
    ROW(pool, "the grid has this many cells in each direction", "2", SB_P_SIZE, 1, 1e4),
    ROW(contrast, "added to a patch's variance, as a fraction of the mean variance of patches", "0.1", SB_P_REAL, 0,
        1e6),
    ROW(floor, "added to each variance before whitening; patches have variance near 1", "0.1", SB_P_REAL, 1e-9, 1e6),
    ROW(seed, "another number draws other patches", "0", SB_P_SIZE, 0, 4294967295.0),
    {0},
};

/* What was learned, and room for one image. */
typedef struct conv {
    const conv_options *o;
    size_t width, height, across, down; /* of the image; patches in each direction */
    size_t q;                           /* values of a patch */
    double contrast;
    float *mean, *w, *centre, *norm2; /* q; q x q; k x q; k */
    float *patch, *white, *z;         /* across down x q, the same, across down x k */
} conv;

static sb_status geometry(const conv_options *o, size_t d, sb_ctx *cx, conv *c)
{
    const size_t plane = d / o->channels;
    c->o = o;
    c->width = o->width ? o->width : (size_t)lround(sqrt((double)plane));
    c->height = plane / c->width;
    if (c->width * c->height * o->channels != d)
        SB_FAIL(cx->err, SB_ECONFIG, "%zu columns are not %zu planes of images %zu wide", d, o->channels, c->width);
    if (o->patch > c->width || o->patch > c->height)
        SB_FAIL(cx->err, SB_ECONFIG, "'patch' is %zu, above the image of %zu x %zu", o->patch, c->width, c->height);
    c->across = (c->width - o->patch) / o->stride + 1;
    c->down = (c->height - o->patch) / o->stride + 1;
    c->q = o->patch * o->patch * o->channels;
    if (o->pool > c->across || o->pool > c->down)
        SB_FAIL(cx->err, SB_ECONFIG, "'pool' is %zu, but there are %zu x %zu patches", o->pool, c->across, c->down);
    return SB_OK;
}

static sb_status conv_columns(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns)
{
    conv c = {0};
    (void)n;
    SB_TRY(geometry(options, d, cx, &c));
    *columns = c.o->pool * c.o->pool * c.o->centres;
    return SB_OK;
}

/* The patch whose corner is (top, left), mean removed; its variance. */
static double take_patch(const conv *c, const float *image, size_t top, size_t left, float *out)
{
    const size_t p = c->o->patch, plane = c->width * c->height;
    double sum = 0, square = 0;
    float *to = out;
    for (size_t k = 0; k < c->o->channels; k++)
        for (size_t i = 0; i < p; i++, to += p)
            memcpy(to, image + k * plane + (top + i) * c->width + left, p * sizeof *to);
    for (size_t j = 0; j < c->q; j++) sum += (double)out[j];
    const double mean = sum / (double)c->q;
    for (size_t j = 0; j < c->q; j++) {
        const double v = (double)out[j] - mean;
        out[j] = (float)v;
        square += v * v;
    }
    return square / (double)c->q;
}

static void normalise(const conv *c, double variance, float *patch)
{
    const double total = variance + c->contrast, scale = total > 0 ? 1 / sqrt(total) : 0;
    for (size_t j = 0; j < c->q; j++) patch[j] = (float)(scale * (double)patch[j]);
}

/* Random patches of the training images, normalised; c->contrast is measured on them. */
static sb_status draw_patches(conv *c, sb_mat train, sb_ctx *cx, float *x)
{
    const size_t m = c->o->patches;
    double *variance = SB_NEW(cx->arena, m, double);
    if (!variance) SB_FAIL(cx->err, SB_ENOMEM, "%zu patches", m);
    sb_rng rng = sb_rng_stream(cx->seed + c->o->seed, cx->path);
    double total = 0;
    for (size_t i = 0; i < m; i++) {
        const size_t row = sb_rng_below(&rng, train.n), top = sb_rng_below(&rng, c->height - c->o->patch + 1);
        const size_t left = sb_rng_below(&rng, c->width - c->o->patch + 1);
        variance[i] = take_patch(c, sb_mat_row(train, row), top, left, x + i * c->q);
        total += variance[i];
    }
    c->contrast = c->o->contrast * total / (double)m;
    for (size_t i = 0; i < m; i++) normalise(c, variance[i], x + i * c->q);
    return SB_OK;
}

/* out (m x q) = (x - mean) W */
static void whiten(const conv *c, float *x, size_t m, float *out)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < c->q; j++) x[i * c->q + j] -= c->mean[j];
    sb_sgemm(false, false, m, c->q, c->q, 1, x, c->q, c->w, c->q, 0, out, c->q);
}

static sb_status learn(conv *c, sb_mat train, sb_ctx *cx)
{
    const size_t m = c->o->patches, q = c->q, k = c->o->centres;
    if (k > m) SB_FAIL(cx->err, SB_ECONFIG, "'centres' is %zu, above 'patches', %zu", k, m);
    float *x = SB_NEW(cx->arena, m * q, float), *white = SB_NEW(cx->arena, m * q, float);
    double *mean = SB_NEW(cx->arena, q, double), *w = SB_NEW(cx->arena, q * q, double);
    double *row = SB_NEW(cx->arena, q, double);
    if (!x || !white || !mean || !w || !row) SB_FAIL(cx->err, SB_ENOMEM, "%zu patches of %zu values", m, q);
    SB_TRY(draw_patches(c, train, cx, x));
    sb_col_moments((sb_mat){x, m, q, q}, NULL, mean, NULL);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < q; j++) row[j] = (double)x[i * q + j] - mean[j];
        sb_dsyrk(q, 1, 1 / (double)m, row, q, 1, w, q);
    }
    SB_TRY(sb_whitening(w, q, c->o->floor, cx));
    for (size_t j = 0; j < q; j++) c->mean[j] = (float)mean[j];
    for (size_t j = 0; j < q * q; j++) c->w[j] = (float)w[j];
    whiten(c, x, m, white);
    sb_kmeans found = {0};
    const sb_kmeans_options how = {.k = k, .iterations = 30, .tolerance = 1e-4, .trials = 1};
    SB_TRY(sb_kmeans_run((sb_mat){white, m, q, q}, &how, cx, &found));
    memcpy(c->centre, found.centre, k * q * sizeof(float));
    for (size_t j = 0; j < k; j++) c->norm2[j] = (float)sb_dot_f32(c->centre + j * q, c->centre + j * q, q);
    return SB_OK;
}

/* z: minus twice the inner products on entry, the distances on return; their mean. */
static double distances(const conv *c, const float *white, float *z)
{
    const size_t k = c->o->centres;
    const float norm2 = (float)sb_dot_f32(white, white, c->q);
    double sum = 0;
    for (size_t j = 0; j < k; j++) {
        z[j] = sqrtf(fmaxf(0, norm2 + z[j] + c->norm2[j]));
        sum += (double)z[j];
    }
    return sum / (double)k;
}

static void image_features(const conv *c, const float *image, double *sums, float *out)
{
    const size_t k = c->o->centres, q = c->q, pool = c->o->pool, columns = pool * pool * k;
    for (size_t i = 0; i < c->down; i++)
        for (size_t j = 0; j < c->across; j++) {
            float *patch = c->patch + (i * c->across + j) * q;
            normalise(c, take_patch(c, image, i * c->o->stride, j * c->o->stride, patch), patch);
        }
    whiten(c, c->patch, c->down * c->across, c->white);
    sb_sgemm(false, true, c->down * c->across, k, q, -2, c->white, q, c->centre, q, 0, c->z, k);
    memset(sums, 0, columns * sizeof *sums);
    for (size_t i = 0; i < c->down; i++)
        for (size_t j = 0; j < c->across; j++) {
            const size_t at = i * c->across + j;
            float *z = c->z + at * k;
            double *cell = sums + (i * pool / c->down * pool + j * pool / c->across) * k;
            const double mean = distances(c, c->white + at * q, z);
            for (size_t f = 0; f < k; f++) cell[f] += fmax(0, mean - (double)z[f]);
        }
    for (size_t f = 0; f < columns; f++) out[f] = (float)sums[f];
}

static sb_status conv_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out, float *test_out)
{
    conv c = {0};
    SB_TRY(geometry(options, train.d, cx, &c));
    const size_t k = c.o->centres, patches = c.across * c.down, columns = c.o->pool * c.o->pool * k;
    c.mean = SB_NEW(cx->arena, c.q, float);
    c.w = SB_NEW(cx->arena, c.q * c.q, float);
    c.centre = SB_NEW(cx->arena, k * c.q, float);
    c.norm2 = SB_NEW(cx->arena, k, float);
    c.patch = SB_NEW(cx->arena, patches * c.q, float);
    c.white = SB_NEW(cx->arena, patches * c.q, float);
    c.z = SB_NEW(cx->arena, patches * k, float);
    double *sums = SB_NEW(cx->arena, columns, double);
    if (!c.mean || !c.w || !c.centre || !c.norm2 || !c.patch || !c.white || !c.z || !sums)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu features of %zu patches", columns, patches);
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(learn(&c, train, cx));
    sb_arena_rewind(cx->arena, mark);
    for (size_t i = 0; i < train.n; i++) image_features(&c, sb_mat_row(train, i), sums, train_out + i * columns);
    for (size_t i = 0; i < test.n; i++) image_features(&c, sb_mat_row(test, i), sums, test_out + i * columns);
    return SB_OK;
}

const sb_transform sb_transform_conv_kmeans = {
    .name = "conv_kmeans",
    .summary = "single-layer convolutional features of images, from a dictionary learned by k-means",
    .source = "Coates, Lee and Ng 2011, An analysis of single-layer networks in unsupervised feature learning",
    .abi = SB_TRANSFORM_ABI,
    .option_size = sizeof(conv_options),
    .options = params,
    .columns = conv_columns,
    .run = conv_run,
};

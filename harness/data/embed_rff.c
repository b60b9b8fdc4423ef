/* Random Fourier features of the Gaussian kernel: sqrt(2 / dims) cos(w . x + b), w ~ N(0, I / bandwidth^2), b uniform
 * on a circle; inner products approach exp(-|x - y|^2 / (2 bandwidth^2)). */
#include <math.h>

#include "selbench/la.h"
#include "selbench/transform.h"

enum { BLOCK = 1024 };

typedef struct rff_options {
    size_t dims, seed;
    double bandwidth;
} rff_options;

static const sb_param params[] = {
    {"dims", "features drawn", "512", SB_P_SIZE, offsetof(rff_options, dims), 1, 1e6, NULL},
    {"bandwidth", "of the kernel, in the unit of the columns; 0: root of the total variance of the training rows", "0",
     SB_P_REAL, offsetof(rff_options, bandwidth), 0, 1e30, NULL},
    {"seed", "another number gives another draw", "0", SB_P_SIZE, offsetof(rff_options, seed), 0, 4294967295.0, NULL},
    {0},
};

static sb_status rff_columns(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns)
{
    (void)n, (void)d, (void)cx;
    *columns = ((const rff_options *)options)->dims;
    return SB_OK;
}

static void apply(sb_mat x, const double *w, const double *phase, size_t p, double *block, double *z, float *out)
{
    const double scale = sqrt(2 / (double)p);
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < x.d; j++) block[i * x.d + j] = (double)sb_mat_row(x, i0 + i)[j];
        sb_dgemm(false, true, k, p, x.d, 1, block, x.d, w, x.d, 0, z, p);
        for (size_t i = 0; i < k * p; i++) out[i0 * p + i] = (float)(scale * cos(z[i] + phase[i % p]));
    }
}

static sb_status rff_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out, float *test_out)
{
    const rff_options *o = options;
    const size_t d = train.d, p = o->dims;
    double *mean = SB_NEW(cx->arena, d, double), *variance = SB_NEW(cx->arena, d, double);
    double *w = SB_NEW(cx->arena, p * d, double), *phase = SB_NEW(cx->arena, p, double);
    double *block = SB_NEW(cx->arena, BLOCK * d, double), *z = SB_NEW(cx->arena, BLOCK * p, double);
    if (!mean || !variance || !w || !phase || !block || !z)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu random features of %zu columns", p, d);
    double total = 0;
    sb_col_moments(train, NULL, mean, variance);
    for (size_t j = 0; j < d; j++) total += variance[j];
    const double bandwidth = o->bandwidth > 0 ? o->bandwidth : total > 0 ? sqrt(total) : 1;
    sb_rng rng = sb_rng_stream(cx->seed + o->seed, cx->path);
    for (size_t i = 0; i < p * d; i++) w[i] = sb_rng_normal(&rng) / bandwidth;
    for (size_t i = 0; i < p; i++) phase[i] = 2 * M_PI * sb_rng_unit(&rng);
    apply(train, w, phase, p, block, z, train_out);
    apply(test, w, phase, p, block, z, test_out);
    return SB_OK;
}

const sb_transform sb_transform_rff = {
    .name = "rff",
    .summary = "random Fourier features of the Gaussian kernel",
    .source = "Rahimi and Recht 2007, Random features for large-scale kernel machines",
    .abi = SB_TRANSFORM_ABI,
    .option_size = sizeof(rff_options),
    .options = params,
    .columns = rff_columns,
    .run = rff_run,
};

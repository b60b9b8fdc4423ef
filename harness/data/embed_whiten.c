/* Zero-phase (ZCA) whitening: (x - mean) V diag(1 / sqrt(s + floor)) V', the whitened rows nearest to the rows. */
#include "selbench/la.h"
#include "selbench/transform.h"
#include "selbench/whitening.h"

enum { BLOCK = 1024 };

typedef struct whiten_options {
    double floor;
} whiten_options;

static const sb_param params[] = {
    {"floor", "added to each variance, as a fraction of their mean: small directions are not blown up", "0.01",
     SB_P_REAL, offsetof(whiten_options, floor), 0, 1e6, NULL},
    {0},
};

static sb_status whiten_columns(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns)
{
    (void)options, (void)n, (void)cx;
    *columns = d;
    return SB_OK;
}

static size_t shifted(sb_mat x, size_t i0, const double *mean, double *out)
{
    const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < x.d; j++) out[i * x.d + j] = (double)sb_mat_row(x, i0 + i)[j] - mean[j];
    return k;
}

static void apply(sb_mat x, const double *mean, const double *w, double *block, double *z, float *out)
{
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = shifted(x, i0, mean, block);
        sb_dgemm(false, false, k, x.d, x.d, 1, block, x.d, w, x.d, 0, z, x.d);
        for (size_t i = 0; i < k * x.d; i++) out[i0 * x.d + i] = (float)z[i];
    }
}

static sb_status whiten_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out,
                            float *test_out)
{
    const whiten_options *o = options;
    const size_t d = train.d;
    double *mean = SB_NEW(cx->arena, d, double), *w = SB_NEW(cx->arena, d * d, double);
    double *block = SB_NEW(cx->arena, BLOCK * d, double), *z = SB_NEW(cx->arena, BLOCK * d, double);
    if (!mean || !w || !block || !z) SB_FAIL(cx->err, SB_ENOMEM, "whitening of %zu columns", d);
    sb_col_moments(train, NULL, mean, NULL);
    for (size_t i0 = 0; i0 < train.n; i0 += BLOCK) {
        const size_t k = shifted(train, i0, mean, block);
        sb_dsyrk(d, k, 1 / (double)train.n, block, d, 1, w, d);
    }
    double total = 0;
    for (size_t j = 0; j < d; j++) total += w[j * d + j];
    SB_TRY(sb_whitening(w, d, o->floor * total / (double)d, cx));
    apply(train, mean, w, block, z, train_out);
    apply(test, mean, w, block, z, test_out);
    return SB_OK;
}

const sb_transform sb_transform_whiten = {
    .name = "whiten",
    .summary = "zero-phase whitening by the covariance of the training rows",
    .source = "Bell and Sejnowski 1997, The independent components of natural scenes are edge filters",
    .abi = SB_TRANSFORM_ABI,
    .option_size = sizeof(whiten_options),
    .options = params,
    .columns = whiten_columns,
    .run = whiten_run,
};

/* Principal components, exact: eigenvectors of the covariance of the training rows (or of X'X / n when not centred).
 * The covariance is formed in float64, because the components written out are those of small variance too. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "selbench/la.h"
#include "selbench/transform.h"

enum { BLOCK = 1024 };

typedef struct pca_options {
    size_t dims;
    bool centre, whiten;
} pca_options;

static const sb_param pca_params[] = {
    {"dims", "components kept, by falling variance; at most d", "64", SB_P_SIZE, offsetof(pca_options, dims), 1, 1e6,
     NULL},
    {"centre", "subtract the mean of the training rows first", "true", SB_P_BOOL, offsetof(pca_options, centre), 0, 0,
     NULL},
    {"whiten", "scale every component to variance 1; components without variance become 0", "false", SB_P_BOOL,
     offsetof(pca_options, whiten), 0, 0, NULL},
    {0},
};

static sb_status pca_columns(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns)
{
    const pca_options *o = options;
    (void)n;
    if (o->dims > d) SB_FAIL(cx->err, SB_ECONFIG, "'dims' is %zu, above the %zu columns of the embedding", o->dims, d);
    *columns = o->dims;
    return SB_OK;
}

static void shifted(sb_mat x, size_t i0, size_t k, const double *mean, double *out)
{
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < x.d; j++) out[i * x.d + j] = (double)sb_mat_row(x, i0 + i)[j] - mean[j];
}

/* c (d x d, lower) = sum of (x - mean)(x - mean)' / n: shifted first, so nothing cancels. */
static void covariance(sb_mat x, const double *mean, double *block, double *c)
{
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        shifted(x, i0, k, mean, block);
        sb_dsyrk(x.d, k, 1 / (double)x.n, block, x.d, 1, c, x.d);
    }
}

/* out (n x p) = (x - mean) B', B p x d */
static void project(sb_mat x, const double *mean, const double *basis, size_t p, double *block, double *z, float *out)
{
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        shifted(x, i0, k, mean, block);
        sb_dgemm(false, true, k, p, x.d, 1, block, x.d, basis, x.d, 0, z, p);
        for (size_t i = 0; i < k * p; i++) out[i0 * p + i] = (float)z[i];
    }
}

static sb_status pca_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out, float *test_out)
{
    const pca_options *o = options;
    const size_t d = train.d, p = o->dims;
    double *mean = SB_NEW(cx->arena, d, double), *v = SB_NEW(cx->arena, d * d, double);
    double *variance = SB_NEW(cx->arena, d, double), *basis = SB_NEW(cx->arena, p * d, double);
    double *block = SB_NEW(cx->arena, BLOCK * d, double), *z = SB_NEW(cx->arena, BLOCK * p, double);
    if (!mean || !v || !variance || !basis || !block || !z)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu principal components of %zu columns", p, d);
    if (o->centre) sb_col_moments(train, NULL, mean, NULL);
    covariance(train, mean, block, v);
    SB_TRY(sb_eig_sym(v, d, variance, cx));
    /* rounding leaves about d eps of the largest variance where there is none */
    const double none = 16 * (double)d * DBL_EPSILON * fmax(variance[d - 1], 0);
    for (size_t k = 0; k < p; k++) {
        const double s = variance[d - 1 - k];
        const double scale = !o->whiten ? 1 : s > none ? 1 / sqrt(s) : 0;
        for (size_t j = 0; j < d; j++) basis[k * d + j] = scale * v[(d - 1 - k) * d + j];
    }
    project(train, mean, basis, p, block, z, train_out);
    project(test, mean, basis, p, block, z, test_out);
    return SB_OK;
}

const sb_transform sb_transform_pca = {
    .name = "pca",
    .summary = "leading principal components of the training rows; each direction's largest entry is positive",
    .source = "Pearson 1901; Hotelling 1933",
    .abi = SB_TRANSFORM_ABI,
    .option_size = sizeof(pca_options),
    .options = pca_params,
    .columns = pca_columns,
    .run = pca_run,
};

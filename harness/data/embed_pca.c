/* Principal components: eigenvectors of the covariance C of the training rows (or of X'X / n when not centred).
 * exact: C is formed in float64, because the components written out are those of small variance too.
 * randomised: C is only multiplied with a few vectors, block by block, so neither its d^2 values nor d^3 operations are
 * needed: subspace iteration Q <- orth(C Q) from random directions, then the eigenvectors of C within Q (Halko,
 * Martinsson and Tropp 2011, algorithms 4.4 and 5.3). A variance found so is never above the exact one. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "selbench/la.h"
#include "selbench/transform.h"

enum { BLOCK = 1024 };

typedef enum solver { EXACT, RANDOMISED, AUTO } solver;
enum { AUTO_COLUMNS = 2048, AUTO_SHARE = 8, OVERSAMPLE = 10 };

typedef struct pca_options {
    size_t dims, passes;
    int solver;
    double tolerance;
    bool centre, whiten;
} pca_options;

static const char *const solver_words[] = {"exact", "randomised", "auto", NULL};

static const sb_param pca_params[] = {
    {"dims", "components kept, by falling variance; at most d", "64", SB_P_SIZE, offsetof(pca_options, dims), 1, 1e6,
     NULL},
    {"centre", "subtract the mean of the training rows first", "true", SB_P_BOOL, offsetof(pca_options, centre), 0, 0,
     NULL},
    {"whiten", "scale every component to variance 1; components without variance become 0", "false", SB_P_BOOL,
     offsetof(pca_options, whiten), 0, 0, NULL},
    {"solver", "exact, randomised, or auto: randomised above 2048 columns for at most an eighth of them", "auto",
     SB_P_ENUM, offsetof(pca_options, solver), 0, 2, solver_words},
    {"passes", "randomised: passes over the rows at most", "20", SB_P_SIZE, offsetof(pca_options, passes), 1, 1000,
     NULL},
    {"tolerance", "randomised: stop when a pass raises the variance kept by less than this fraction", "1e-6", SB_P_REAL,
     offsetof(pca_options, tolerance), 0, 1, NULL},
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

/* variance (p values) and basis (p x d) by falling variance, from the whole covariance */
static sb_status exact(sb_mat x, const double *mean, size_t p, double *block, sb_ctx *cx, double *variance,
                       double *basis)
{
    const size_t d = x.d;
    double *v = SB_NEW(cx->arena, d * d, double), *value = SB_NEW(cx->arena, d, double);
    if (!v || !value) SB_FAIL(cx->err, SB_ENOMEM, "covariance of %zu columns (solver: randomised needs none)", d);
    covariance(x, mean, block, v);
    SB_TRY(sb_eig_sym(v, d, value, cx));
    for (size_t k = 0; k < p; k++) {
        variance[k] = value[d - 1 - k];
        memcpy(basis + k * d, v + (d - 1 - k) * d, d * sizeof *basis);
    }
    return SB_OK;
}

/* z (d x l) = C q, t: BLOCK x l */
static void multiply(sb_mat x, const double *mean, const double *q, size_t l, double *block, double *t, double *z)
{
    memset(z, 0, x.d * l * sizeof *z);
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t k = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        shifted(x, i0, k, mean, block);
        sb_dgemm(false, false, k, l, x.d, 1, block, x.d, q, l, 0, t, l);
        sb_dgemm(true, false, x.d, l, k, 1 / (double)x.n, block, x.d, t, l, 1, z, l);
    }
}

/* The same from subspace iteration: each pass multiplies, and looks at the variances within the subspace. */
static sb_status randomised(sb_mat x, const double *mean, const pca_options *o, double *block, sb_ctx *cx,
                            double *variance, double *basis)
{
    const size_t d = x.d, p = o->dims, more = p + (p / 4 > OVERSAMPLE ? p / 4 : OVERSAMPLE), l = more < d ? more : d;
    double *q = SB_NEW(cx->arena, d * l, double), *z = SB_NEW(cx->arena, d * l, double);
    double *t = SB_NEW(cx->arena, BLOCK * l, double), *m = SB_NEW(cx->arena, l * l, double);
    double *value = SB_NEW(cx->arena, l, double), *size = SB_NEW(cx->arena, l, double);
    if (!q || !z || !t || !m || !value || !size) SB_FAIL(cx->err, SB_ENOMEM, "%zu directions of %zu columns", l, d);
    sb_rng rng = sb_ctx_stream(cx, "directions");
    for (size_t i = 0; i < d * l; i++) z[i] = sb_rng_normal(&rng);
    double before = -1;
    for (size_t pass = 0; pass < o->passes; pass++) {
        SB_TRY(sb_svd(z, d, l, size, q, NULL, cx)); /* q: orthonormal even where z lacks rank */
        multiply(x, mean, q, l, block, t, z);
        sb_dgemm(true, false, l, l, d, 1, q, l, z, l, 0, m, l);
        SB_TRY(sb_eig_sym(m, l, value, cx));
        double kept = 0;
        for (size_t k = 0; k < p; k++) kept += value[l - 1 - k];
        if (before >= 0 && kept - before <= o->tolerance * kept) break;
        before = kept;
    }
    for (size_t k = 0; k < p; k++) {
        variance[k] = value[l - 1 - k];
        sb_dgemv(false, d, l, 1, q, l, m + (l - 1 - k) * l, 0, basis + k * d);
        sb_sign_fix(basis + k * d, d);
    }
    return SB_OK;
}

static bool by_random(const pca_options *o, size_t d)
{
    if (o->solver != AUTO) return o->solver == RANDOMISED;
    return d > AUTO_COLUMNS && o->dims * AUTO_SHARE <= d;
}

static sb_status pca_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out, float *test_out)
{
    const pca_options *o = options;
    const size_t d = train.d, p = o->dims;
    double *mean = SB_NEW(cx->arena, d, double), *variance = SB_NEW(cx->arena, p, double);
    double *basis = SB_NEW(cx->arena, p * d, double), *block = SB_NEW(cx->arena, BLOCK * d, double);
    double *z = SB_NEW(cx->arena, BLOCK * p, double);
    if (!mean || !variance || !basis || !block || !z)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu principal components of %zu columns", p, d);
    if (o->centre) sb_col_moments(train, NULL, mean, NULL);
    const size_t mark = sb_arena_mark(cx->arena);
    if (by_random(o, d))
        SB_TRY(randomised(train, mean, o, block, cx, variance, basis));
    else
        SB_TRY(exact(train, mean, p, block, cx, variance, basis));
    sb_arena_rewind(cx->arena, mark);
    /* rounding leaves about d eps of the largest variance where there is none */
    const double none = 16 * (double)d * DBL_EPSILON * fmax(variance[0], 0);
    for (size_t k = 0; o->whiten && k < p; k++) {
        const double scale = variance[k] > none ? 1 / sqrt(variance[k]) : 0;
        for (size_t j = 0; j < d; j++) basis[k * d + j] *= scale;
    }
    project(train, mean, basis, p, block, z, train_out);
    project(test, mean, basis, p, block, z, test_out);
    return SB_OK;
}

const sb_transform sb_transform_pca = {
    .name = "pca",
    .summary = "leading principal components of the training rows; each direction's largest entry is positive",
    .source = "Pearson 1901; Hotelling 1933; randomised: Halko, Martinsson, Tropp 2011, SIAM Review 53",
    .abi = SB_TRANSFORM_ABI,
    .option_size = sizeof(pca_options),
    .options = pca_params,
    .columns = pca_columns,
    .run = pca_run,
};

/* Columns with mean 0 and variance 1 on the training rows; test rows are scaled by the same numbers. */
#include <float.h>
#include <math.h>

#include "selbench/la.h"
#include "selbench/transform.h"

static sb_status standardise_columns(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns)
{
    (void)options, (void)n, (void)cx;
    *columns = d;
    return SB_OK;
}

static void scale_columns(sb_mat x, const double *mean, const double *deviation, float *out)
{
    const double limit = (double)FLT_MAX;
    for (size_t i = 0; i < x.n; i++)
        for (size_t j = 0; j < x.d; j++) {
            const double v = deviation[j] > 0 ? ((double)sb_mat_row(x, i)[j] - mean[j]) / deviation[j] : 0;
            out[i * x.d + j] = (float)fmax(-limit, fmin(limit, v)); /* a test row may lie absurdly far out */
        }
}

static sb_status standardise_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out,
                                 float *test_out)
{
    (void)options;
    const size_t d = train.d;
    double *mean = SB_NEW(cx->arena, d, double), *deviation = SB_NEW(cx->arena, d, double);
    if (!mean || !deviation) SB_FAIL(cx->err, SB_ENOMEM, "means of %zu columns", d);
    sb_col_moments(train, NULL, mean, deviation); /* a constant column has variance exactly 0 */
    for (size_t j = 0; j < d; j++) deviation[j] = sqrt(deviation[j]);
    scale_columns(train, mean, deviation, train_out);
    scale_columns(test, mean, deviation, test_out);
    return SB_OK;
}

const sb_transform sb_transform_standardise = {
    .name = "standardise",
    .summary = "columns with mean 0 and variance 1 (divisor n) on the training rows; constant columns become 0",
    .source = "none: a definition",
    .abi = SB_TRANSFORM_ABI,
    .columns = standardise_columns,
    .run = standardise_run,
};

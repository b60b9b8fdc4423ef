/* Rows on the unit sphere: Euclidean distance then orders as cosine similarity does. */
#include <math.h>

#include "selbench/la.h"
#include "selbench/transform.h"

static sb_status unit_columns(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns)
{
    (void)options, (void)n, (void)cx;
    *columns = d;
    return SB_OK;
}

static void scale_rows(sb_mat x, float *out)
{
    for (size_t i = 0; i < x.n; i++) {
        const float *row = sb_mat_row(x, i);
        const double norm = sqrt(sb_dot_f32(row, row, x.d)); /* float64: no square of a float32 leaves its range */
        for (size_t j = 0; j < x.d; j++) out[i * x.d + j] = norm > 0 ? (float)((double)row[j] / norm) : 0;
    }
}

static sb_status unit_run(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out, float *test_out)
{
    (void)options, (void)cx;
    scale_rows(train, train_out);
    scale_rows(test, test_out);
    return SB_OK;
}

const sb_transform sb_transform_unit = {
    .name = "unit",
    .summary = "rows scaled to Euclidean norm 1; zero rows stay zero",
    .source = "none: a definition",
    .abi = SB_TRANSFORM_ABI,
    .columns = unit_columns,
    .run = unit_run,
};

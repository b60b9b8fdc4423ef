/* The leading directions of an embedding against Jacobi rotations and planted directions, and the rows for coverage. */
#include <float.h>

#include "moment_case.h"

START_TEST(geometry_finds_the_leading_directions)
{
    test_ctx t;
    test_ctx_init(&t, "geometry");
    const size_t n = _i ? WIDE_N : N, d = _i ? WIDE_D : D, size = _i ? n : d; /* wide: from the n x n products */
    const sb_mat x = random_matrix(&t.cx, "x", n, d);
    sb_geometry g;
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    ck_assert_uint_eq(g.rows, n);
    for (uint32_t i = 0; i < n; i++) ck_assert_uint_eq(g.row[i], i);
    ck_assert_uint_eq(g.r, _i ? 64 : D);
    ck_assert_double_le(worst_product(&g), 64 * (double)d * DBL_EPSILON);
    double *const a = SB_NEW(t.cx.arena, size * size, double), *const v = SB_NEW(t.cx.arena, size * size, double);
    double *const value = SB_NEW(t.cx.arena, size, double), worst = 0, residual = 0;
    products(x, NULL, _i, a);
    double *const copy = SB_NEW(t.cx.arena, size * size, double);
    memcpy(copy, a, size * size * sizeof *a);
    jacobi(copy, size, value, v);
    for (size_t j = 0; j < g.r; j++) worst = fmax(worst, fabs(g.variance[j] - value[j]) / value[0]);
    ck_assert_double_le(worst, 1e-12);
    for (size_t j = 0; !_i && j < g.r; j++) /* A v = value v */
        for (size_t k = 0; k < d; k++) {
            double sum = -g.variance[j] * g.direction[j * d + k];
            for (size_t l = 0; l < d; l++) sum += a[k * d + l] * g.direction[j * d + l];
            residual = fmax(residual, fabs(sum) / value[0]);
        }
    ck_assert_double_le(residual, 1e-12);
    test_ctx_release(&t);
}
END_TEST

/* Five strong directions in noise, more columns than the exact way takes and more rows than its sample. */
START_TEST(wide_embeddings_are_sampled_and_refined)
{
    enum { ROWS = 600, COLUMNS = 530, STRONG = 5 };
    test_ctx t;
    test_ctx_init(&t, "wide");
    sb_rng rng = sb_ctx_stream(&t.cx, "x");
    float *const x = SB_NEW(t.cx.arena, ROWS * COLUMNS, float);
    for (size_t i = 0; i < ROWS; i++) {
        double z[STRONG];
        for (size_t k = 0; k < STRONG; k++) z[k] = sb_rng_normal(&rng) * (double)(2 + k);
        for (size_t j = 0; j < COLUMNS; j++) x[i * COLUMNS + j] = (float)(z[j % STRONG] + .1 * sb_rng_normal(&rng));
    }
    sb_geometry g;
    ck_assert_ok(&t, sb_geometry_make((sb_mat){x, ROWS, COLUMNS, COLUMNS}, &t.cx, &g));
    ck_assert_uint_eq(g.r, 64);
    ck_assert_double_le(worst_product(&g), 64 * COLUMNS * DBL_EPSILON);
    double *const z = SB_NEW(t.cx.arena, ROWS * 64, double), worst = 0, residual = 0;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < 64; k++)
            for (size_t j = 0; j < COLUMNS; j++)
                z[i * 64 + k] += (double)x[i * COLUMNS + j] * g.direction[k * COLUMNS + j];
    for (size_t k = 0; k < 64; k++)
        for (size_t l = 0; l <= k; l++) { /* second moments are diagonal, with the variances stated */
            double sum = k == l ? -g.variance[k] : 0;
            for (size_t i = 0; i < ROWS; i++) sum += z[i * 64 + k] * z[i * 64 + l] / ROWS;
            worst = fmax(worst, fabs(sum) / g.variance[0]);
        }
    ck_assert_double_le(worst, 1e-12);
    for (size_t k = 0; k < STRONG; k++)
        for (size_t j = 0; j < COLUMNS; j++) { /* the strong directions are eigenvectors of X'X/n */
            double sum = -g.variance[k] * g.direction[k * COLUMNS + j];
            for (size_t i = 0; i < ROWS; i++) sum += z[i * 64 + k] * (double)x[i * COLUMNS + j] / ROWS;
            residual = fmax(residual, fabs(sum) / g.variance[0]);
        }
    /* noise to signal below .01 per variance, squared by each of two passes, from a sample's error of about .01 */
    ck_assert_double_le(residual, 1e-6);
    ck_assert(g.variance[STRONG - 1] > 20 * g.variance[STRONG]);
    test_ctx_release(&t);
}
END_TEST

START_TEST(large_embeddings_are_sampled_for_coverage_only)
{
    test_ctx t;
    test_ctx_init(&t, "large");
    const sb_mat x = random_matrix(&t.cx, "x", 5000, 3);
    sb_geometry g, again;
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &again));
    ck_assert_uint_eq(g.rows, 4096);
    size_t unordered = 0;
    for (size_t i = 1; i < g.rows; i++) unordered += g.row[i - 1] >= g.row[i];
    ck_assert_uint_eq(unordered, 0);
    ck_assert_mem_eq(g.row, again.row, g.rows * sizeof *g.row);
    ck_assert_mem_eq(g.direction, again.direction, 9 * sizeof(double));
    double a[9], v[9], value[3];
    products(x, NULL, false, a);
    jacobi(a, 3, value, v);
    for (size_t j = 0; j < 3; j++) ck_assert_double_eq_tol(g.variance[j], value[j], 1e-12 * value[0]);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("geometry");
    TCase *t = tcase_create("geometry");
    tcase_add_loop_test(t, geometry_finds_the_leading_directions, 0, 2);
    tcase_add_test(t, wide_embeddings_are_sampled_and_refined);
    tcase_add_test(t, large_embeddings_are_sampled_for_coverage_only);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

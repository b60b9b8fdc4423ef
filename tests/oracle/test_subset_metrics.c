/* Subset diagnostics against brute force: an eigenproblem by Jacobi rotations and distances by double
 * loops, none of it from the library. */
#include "moment_case.h"

static double *values(sb_ctx *cx)
{
    double *const value = SB_NEW(cx->arena, sb_metric_count(), double);
    for (size_t i = 0; i < sb_metric_count(); i++) value[i] = (double)NAN;
    return value;
}
static double get(const double *value, const char *name) { return value[sb_metric_index(name)]; }

START_TEST(moments_match_brute_force)
{
    test_ctx t;
    test_ctx_init(&t, "moments");
    const sb_mat x = random_matrix(&t.cx, "x", N, D);
    sb_geometry g;
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    enum { M = 15 };
    uint32_t row[M];
    double weight[M], w[N] = {0}, *const value = values(&t.cx);
    for (uint32_t i = 0; i < M; i++) {
        row[i] = i * i % N; /* repeats some rows */
        weight[i] = _i ? .5 + i : (double)N / M;
        w[row[i]] += weight[i];
    }
    const sb_selection s = {.m = M, .row = row, .weight = _i ? weight : NULL};
    ck_assert_ok(&t, sb_evaluate_subset(&s, &g, NULL, 0, &t.cx, value));
    /* eigenvalues of Sigma Sigma_S^-1 are those of T' Sigma T with T = V_S value_S^-1/2 */
    double sigma[D * D], of_s[D * D], v[D * D], lambda[D], b[D * D], ratio[D], u[D * D], trace = 0;
    products(x, NULL, false, sigma);
    products(x, w, false, of_s);
    jacobi(of_s, D, lambda, v);
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++) {
            double sum = 0;
            for (size_t k = 0; k < D; k++)
                for (size_t l = 0; l < D; l++) sum += v[i * D + k] * sigma[k * D + l] * v[j * D + l];
            b[i * D + j] = sum / sqrt(lambda[i] * lambda[j]);
        }
    jacobi(b, D, ratio, u);
    for (size_t i = 0; i < D; i++) trace += ratio[i] / D;
    ck_assert_double_eq_tol(get(value, "moment_trace"), trace, 1e-11 * trace);
    ck_assert_double_eq_tol(get(value, "moment_max"), ratio[0], 1e-11 * ratio[0]);
    ck_assert_double_eq(get(value, "moment_lost"), 0);
    double sum = 0, squares = 0, largest = 0, distinct = 0;
    for (size_t i = 0; i < N; i++) {
        sum += w[i];
        squares += w[i] * w[i];
        largest = fmax(largest, w[i]);
        distinct += w[i] > 0;
    }
    ck_assert_double_eq(get(value, "distinct"), distinct);
    ck_assert_double_eq_tol(get(value, "effective_size"), sum * sum / squares, 1e-12 * N);
    ck_assert_double_eq_tol(get(value, "max_weight"), largest / N, 1e-14);
    ck_assert_double_eq_tol(get(value, "sum_weight"), sum / N, 1e-12);
    ck_assert(isnan(get(value, "classes_missed")));
    test_ctx_release(&t);
}
END_TEST

START_TEST(coverage_and_classes_match_brute_force)
{
    test_ctx t;
    test_ctx_init(&t, "coverage");
    const sb_mat x = random_matrix(&t.cx, "x", N, D);
    sb_geometry g;
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    uint32_t row[] = {3, 50, 50, 77, 8};
    double weight[] = {1, 2, 0, 3, 0}, worst = 0, mean = 0, *const value = values(&t.cx); /* row 8 has no weight */
    int32_t label[N];
    for (size_t i = 0; i < N; i++) label[i] = i == 8 ? 3 : i == 3 || i == 50 || i == 77 ? 0 : i % 2 ? 1 : 4;
    const sb_selection s = {.m = 5, .row = row, .weight = weight};
    ck_assert_ok(&t, sb_evaluate_subset(&s, &g, label, 6, &t.cx, value));
    for (size_t i = 0; i < N; i++) {
        double nearest = (double)INFINITY;
        for (size_t j = 0; j < 4; j++) {
            double square = 0;
            for (size_t k = 0; k < D; k++) {
                const double e = (double)sb_mat_row(x, i)[k] - (double)sb_mat_row(x, row[j])[k];
                square += e * e;
            }
            nearest = fmin(nearest, square);
        }
        worst = fmax(worst, nearest);
        mean += nearest / N;
    }
    /* sb_cover may use float32 products: 6 of them, norms up to about 50 */
    ck_assert_double_eq_tol(get(value, "cover_radius"), sqrt(worst), 1e-5 * sqrt(worst));
    ck_assert_double_eq_tol(get(value, "kmeans_cost"), mean, 1e-5 * mean);
    ck_assert_double_eq(get(value, "classes_missed"), 3); /* 1, 3 (only without weight), 4; not 2 and 5, in no row */
    ck_assert_double_eq(get(value, "distinct"), 4);
    ck_assert_double_eq(get(value, "moment_lost"), D - 3);
    ck_assert(get(value, "moment_trace") > 0 && get(value, "moment_max") >= get(value, "moment_trace"));
    test_ctx_release(&t);
}
END_TEST

START_TEST(everything_has_ratio_one)
{
    test_ctx t;
    test_ctx_init(&t, "everything");
    const sb_mat x = random_matrix(&t.cx, "x", WIDE_N, WIDE_D);
    sb_geometry g;
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    uint32_t row[WIDE_N];
    for (uint32_t i = 0; i < WIDE_N; i++) row[i] = WIDE_N - 1 - i;
    const sb_selection s = {.m = WIDE_N, .row = row};
    double *const value = values(&t.cx);
    ck_assert_ok(&t, sb_evaluate_subset(&s, &g, NULL, 0, &t.cx, value));
    ck_assert_double_eq_tol(get(value, "moment_trace"), 1, 1e-11);
    ck_assert_double_eq_tol(get(value, "moment_max"), 1, 1e-10);
    ck_assert_double_eq(get(value, "cover_radius"), 0);
    ck_assert_double_eq(get(value, "kmeans_cost"), 0);
    ck_assert_double_eq(get(value, "effective_size"), WIDE_N);
    test_ctx_release(&t);
}
END_TEST

START_TEST(degenerate_inputs_give_values_or_nothing)
{
    test_ctx t;
    test_ctx_init(&t, "degenerate");
    float flat[N * D] = {0};
    uint32_t row[] = {4};
    double zero[] = {0}, *value = values(&t.cx);
    sb_mat x = {flat, N, D, D};
    sb_geometry g;
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g)); /* all features 0: no direction */
    ck_assert_uint_eq(g.r, 0);
    sb_selection s = {.m = 1, .row = row};
    ck_assert_ok(&t, sb_evaluate_subset(&s, &g, NULL, 0, &t.cx, value));
    ck_assert(isnan(get(value, "moment_trace")) && get(value, "cover_radius") == 0);
    for (size_t i = 0; i < N * D; i++) flat[i] = 3; /* all rows equal: one direction, which any row has */
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    ck_assert_uint_eq(g.r, 1);
    ck_assert_double_eq_tol(g.variance[0], 9 * D, 1e-12);
    ck_assert_ok(&t, sb_evaluate_subset(&s, &g, NULL, 0, &t.cx, value));
    ck_assert_double_eq_tol(get(value, "moment_trace"), 1, 1e-14);
    ck_assert_double_eq(get(value, "effective_size"), 1);
    ck_assert_double_eq(get(value, "max_weight"), 1);
    value = values(&t.cx);
    s.weight = zero; /* nothing left */
    ck_assert_ok(&t, sb_evaluate_subset(&s, &g, NULL, 0, &t.cx, value));
    ck_assert_double_eq(get(value, "moment_lost"), 1);
    ck_assert_double_eq(get(value, "sum_weight"), 0);
    ck_assert_double_eq(get(value, "distinct"), 1);
    ck_assert(isnan(get(value, "effective_size")) && isnan(get(value, "cover_radius")) &&
              isnan(get(value, "moment_max")));
    row[0] = N;
    ck_assert_fails(&t, sb_evaluate_subset(&s, &g, NULL, 0, &t.cx, value), SB_EARG, "row 120 of 120");
    x = random_matrix(&t.cx, "x", 1, WIDE_D); /* one row, many columns */
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    ck_assert_uint_eq(g.r, 1);
    ck_assert_double_le(worst_product(&g), 1e-13);
    test_ctx_release(&t);
}
END_TEST

START_TEST(every_allocation_can_fail)
{
    test_ctx t;
    test_ctx_init(&t, "failing");
    const sb_mat x = _i ? random_matrix(&t.cx, "x", 20, WIDE_D) : random_matrix(&t.cx, "x", N, D);
    sb_geometry g, other;
    ck_assert_ok(&t, sb_geometry_make(x, &t.cx, &g));
    uint32_t row[] = {1, 2, 3, 4};
    const int32_t label[N] = {0};
    const sb_selection s = {.m = 4, .row = row};
    double *const value = values(&t.cx);
    for (int what = 0; what < 2; what++) {
        size_t k = 0, failed = 0;
        for (size_t fine = 0; fine < 4; k++) { /* naming a stream does without memory: one success is not the end */
            const size_t mark = sb_arena_mark(t.cx.arena);
            t.err.text[0] = 0;
            sb_arena_fail_at(t.cx.arena, k);
            const sb_status st =
                what ? sb_evaluate_subset(&s, &g, label, 2, &t.cx, value) : sb_geometry_make(x, &t.cx, &other);
            ck_assert_msg(st == SB_OK || (st == SB_ENOMEM && t.err.text[0]), "%d at %zu: %s", what, k, t.err.text);
            fine = st == SB_OK ? fine + 1 : 0;
            failed += st != SB_OK;
            sb_arena_rewind(t.cx.arena, mark);
        }
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        ck_assert_uint_ge(failed, 8);
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("subset metrics");
    TCase *t = tcase_create("subset metrics");
    tcase_add_loop_test(t, moments_match_brute_force, 0, 2);
    tcase_add_test(t, coverage_and_classes_match_brute_force);
    tcase_add_test(t, everything_has_ratio_one);
    tcase_add_test(t, degenerate_inputs_give_values_or_nothing);
    tcase_add_loop_test(t, every_allocation_can_fail, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

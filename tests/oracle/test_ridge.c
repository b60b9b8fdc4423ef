/* The ridge model against its own optimality conditions in plain loops, and against invariances. Loop tests: _i is the
 * seed. */
#include "ridge_case.h"

static ridge_case c;
static double theta[(CASE_D + 1) * CASE_T], other[(CASE_D + 1) * CASE_T];

static double worst_gap(const double *a, const double *b, size_t count)
{
    double worst = 0;
    for (size_t i = 0; i < count; i++) worst = fmax(worst, fabs(a[i] - b[i]));
    return worst;
}

/* Shapes with m above and below d; all options. */
static void vary(int seed)
{
    static const char *const l2[] = {"0", "1e-6", "1e-3", "0.7", "40"}, *const solver[] = {"auto", "qr", "cholesky"};
    const size_t d = 1 + (size_t)(seed * 7) % (CASE_D - 1), q = 1 + (size_t)seed % CASE_T;
    const size_t m = seed % 4 == 3 ? 2 + d / 2 : 2 * d + 12;
    case_make(&c, seed, CASE_N, d, q, m);
    const bool unique = m > d;
    case_set(&c, "l2", l2[unique ? seed % 5 : 1 + seed % 4]);
    case_set(&c, "solver", solver[seed % 3]);
    case_set(&c, "intercept", seed % 5 == 1 ? "false" : "true");
    case_set(&c, "standardise", seed / 2 % 2 ? "true" : "false");
    for (size_t i = 0; i < c.n && d > 4 && seed % 6 == 5; i++) *case_x(&c, i, 3) = 2.5f; /* constant */
    for (size_t i = 0; i < c.n && d > 4 && seed % 7 == 6; i++) *case_x(&c, i, 2) *= 1e4f;
}

START_TEST(gradient_vanishes)
{
    vary(_i);
    sb_fit_info info;
    size_t q = 0;
    ck_assert_ok(&c.t, sb_model_ridge.outputs(&c.data, c.options, &c.t.cx, &q));
    ck_assert_uint_eq(q, c.q);
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    const plain_check p = case_check(&c, c.l2, theta);
    ck_assert_msg(p.worst <= p.tolerance, "seed %d: %.3g above %.3g", _i, p.worst, p.tolerance);
    ck_assert_msg(info.converged, "seed %d: %.3g above %.3g", _i, info.grad_norm, info.tolerance);
    ck_assert_double_le(fabs(info.grad_norm - p.worst), p.tolerance);
    ck_assert_double_le(fabs(info.objective - p.objective), 1e-12 * p.objective + 1e-20);
    ck_assert(info.l2 == c.l2 && info.passes >= 4);
    for (size_t k = 0; k < c.q && !c.intercept; k++) ck_assert(theta[c.d * c.q + k] == 0);
    for (size_t k = 0; k < c.q && c.d > 4 && _i % 6 == 5 && c.intercept; k++) ck_assert(theta[3 * c.q + k] == 0);
    test_ctx_release(&c.t);
}
END_TEST

/* The certificate can fail: a penalty wrong by 1e-9 is noticed. */
START_TEST(certificate_sees_a_wrong_penalty)
{
    int seen = 0;
    for (int seed = 0; seed < 20; seed++) {
        case_make(&c, seed, CASE_N, 12, 1, 60);
        case_set(&c, "l2", "3");
        sb_fit_info info;
        ck_assert_ok(&c.t, case_fit(&c, theta, &info));
        const plain_check p = case_check(&c, 3 * (1 + 1e-9), theta);
        seen += p.worst > p.tolerance;
        test_ctx_release(&c.t);
    }
    ck_assert_int_ge(seen, 18);
}
END_TEST

START_TEST(solvers_agree)
{
    case_make(&c, _i, CASE_N, 15, 2, _i % 2 ? 60 : 10);
    case_set(&c, "standardise", _i / 2 % 2 ? "true" : "false");
    case_set(&c, "l2", "1e-2");
    sb_fit_info info;
    case_set(&c, "solver", "cholesky");
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    case_set(&c, "solver", "qr");
    ck_assert_ok(&c.t, case_fit(&c, other, &info));
    ck_assert_double_le(worst_gap(theta, other, 16 * 2), 1e-10); /* condition of the normal equations below 1e5 */
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(rank_deficient_least_squares_has_minimum_norm)
{
    const bool standard = _i % 2;
    case_make(&c, _i, CASE_N, 8, 2, 60);
    case_set(&c, "l2", "0");
    case_set(&c, "standardise", standard ? "true" : "false");
    for (size_t i = 0; i < c.n; i++) {
        *case_x(&c, i, 5) = 4 * *case_x(&c, i, 1); /* exact multiples */
        *case_x(&c, i, 3) = -7;                    /* constant */
        *case_x(&c, i, 6) = 0;
    }
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    ck_assert_uint_eq(info.rank, 5);
    ck_assert(info.converged);
    const plain_check p = case_check(&c, 0, theta);
    ck_assert_double_le(p.worst, p.tolerance);
    double worst = 0;
    for (size_t k = 0; k < 2; k++) { /* B_5 = 4 B_1 minimises B_1^2 + B_5^2; equal gammas: B_5 = B_1 / 4 */
        worst = fmax(worst, fabs(theta[5 * 2 + k] - theta[2 + k] * (standard ? 0.25 : 4)));
        ck_assert(theta[3 * 2 + k] == 0 && theta[6 * 2 + k] == 0);
    }
    ck_assert_double_le(worst, 1e-11);
    case_set(&c, "solver", "cholesky");
    ck_assert_fails(&c.t, case_fit(&c, theta, &info), SB_ENUM, "reciprocal condition");
    test_ctx_release(&c.t);
}
END_TEST

/* m < d, l2 = 0: the rows are met exactly, and B lies in the span of the centred rows. */
START_TEST(fewer_rows_than_columns_interpolate)
{
    case_make(&c, _i, CASE_N, 20, 1, 9);
    for (size_t i = 0; i < 9; i++) c.row[i] = (uint32_t)(10 * i + 3), c.weight[i] = 1 + (double)i;
    case_set(&c, "l2", "0");
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    ck_assert_uint_eq(info.rank, 8);
    double basis[9][20] = {{0}}, left[20], size = 0, off = 0, miss = 0;
    for (size_t i = 0; i < 9; i++) {
        double e = theta[20] - c.y[c.row[i]];
        for (size_t j = 0; j < 20; j++) e += (double)*case_x(&c, c.row[i], j) * theta[j];
        miss = fmax(miss, fabs(e));
    }
    ck_assert_double_le(miss, 1e-10);
    memcpy(left, theta, sizeof left);
    for (size_t i = 1; i < 9; i++) { /* differences to the first row span the centred rows */
        for (size_t j = 0; j < 20; j++) basis[i][j] = (double)(*case_x(&c, c.row[i], j) - *case_x(&c, c.row[0], j));
        for (int twice = 0; twice < 2; twice++)
            for (size_t l = 1; l < i; l++) {
                double dot = 0;
                for (size_t j = 0; j < 20; j++) dot += basis[i][j] * basis[l][j];
                for (size_t j = 0; j < 20; j++) basis[i][j] -= dot * basis[l][j];
            }
        double norm = 0, dot = 0;
        for (size_t j = 0; j < 20; j++) norm += basis[i][j] * basis[i][j];
        for (size_t j = 0; j < 20; j++) basis[i][j] /= sqrt(norm), dot += basis[i][j] * left[j];
        for (size_t j = 0; j < 20; j++) left[j] -= dot * basis[i][j];
    }
    for (size_t j = 0; j < 20; j++) size = fmax(size, fabs(theta[j])), off = fmax(off, fabs(left[j]));
    ck_assert_double_le(off, 1e-6 * size); /* float32 differences of the rows */
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(targets_share_a_penalty_that_counts_each)
{
    case_make(&c, _i, CASE_N, 9, 3, 50);
    case_set(&c, "l2", "0.2");
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    double y[CASE_N * CASE_T], worst = 0;
    memcpy(y, c.y, sizeof y);
    case_set(&c, "l2", "0.6"); /* t l2: the loss is a mean over targets, the penalty a sum */
    c.data.t = c.q = 1;
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < c.n; i++) c.y[i] = y[i * 3 + k];
        ck_assert_ok(&c.t, case_fit(&c, other, &info));
        for (size_t j = 0; j < 10; j++) worst = fmax(worst, fabs(other[j] - theta[j * 3 + k]));
    }
    ck_assert_double_le(worst, 1e-11);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(weights_count_rows)
{
    case_make(&c, _i, CASE_N, 7, 1, 40);
    case_set(&c, "l2", "0.01");
    case_set(&c, "standardise", "true");
    for (size_t i = 0; i < 40; i++) c.row[i] = (uint32_t)i, c.weight[i] = (double)(i % 3);
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    for (size_t i = 0; i < 40; i++) c.weight[i] *= 1e-9; /* a common factor changes nothing */
    ck_assert_ok(&c.t, case_fit(&c, other, &info));
    ck_assert_double_le(worst_gap(theta, other, 8), 1e-12);
    size_t m = 0;
    for (uint32_t i = 0; i < 40; i++)
        for (size_t k = 0; k < i % 3; k++) c.row[m++] = i;
    c.s = (sb_subset){m, c.row, NULL}; /* weight 2 = twice, weight 0 = absent */
    ck_assert_ok(&c.t, case_fit(&c, other, &info));
    ck_assert_double_le(worst_gap(theta, other, 8), 1e-12);
    c.s = (sb_subset){40, NULL, NULL}; /* rows 0..39, equal: as row list and weights of 1 */
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    for (size_t i = 0; i < 40; i++) c.row[i] = (uint32_t)i, c.weight[i] = 1;
    c.s = (sb_subset){40, c.row, c.weight};
    ck_assert_ok(&c.t, case_fit(&c, other, &info));
    ck_assert_double_le(worst_gap(theta, other, 8), 1e-13);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(constant_targets_and_single_rows)
{
    case_make(&c, 1, CASE_N, 6, 2, 30);
    case_set(&c, "l2", "0");
    for (size_t i = 0; i < c.n * 2; i++) c.y[i] = i % 2 ? 0.1 : -3e7;
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    for (size_t j = 0; j < 12; j++) ck_assert(theta[j] == 0);
    ck_assert(theta[12] == -3e7 && theta[13] == 0.1 && info.converged && info.objective == 0);
    c.s.m = 1, c.weight[0] = 2; /* one row: nothing varies, the intercept takes it */
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    ck_assert(theta[0] == 0 && theta[12] == -3e7 && info.rank == 0);
    c.weight[0] = 0;
    ck_assert_fails(&c.t, case_fit(&c, theta, &info), SB_SKIP, "weight above 0");
    const sb_data classes = {.x = c.data.x, .kind = SB_CLASSIFICATION, .c = 2};
    size_t q = 0;
    ck_assert_fails(&c.t, sb_model_ridge.outputs(&classes, c.options, &c.t.cx, &q), SB_SKIP, "targets");
    ck_assert_fails(&c.t, sb_param_set(sb_model_ridge.options, c.options, "l2", "nan", &c.t.cx), SB_ECONFIG, "l2");
    ck_assert_fails(&c.t, sb_param_set(sb_model_ridge.options, c.options, "l2", "[1, -1]", &c.t.cx), SB_ECONFIG, "l2");
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(evaluation_equals_plain_loops)
{
    case_make(&c, _i, CASE_N, 1 + (size_t)_i * 5, 1 + (size_t)_i % 3, 60);
    sb_fit_info info;
    double loss[CASE_N], out[CASE_N * CASE_T], alone[CASE_N * CASE_T], worst = 0;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    ck_assert_ok(&c.t, sb_model_ridge.eval(&c.data, theta, c.options, &c.t.cx, loss, out));
    for (size_t i = 0; i < c.n; i++) {
        long double square = 0;
        for (size_t k = 0; k < c.q; k++) {
            long double p = (long double)theta[c.d * c.q + k];
            for (size_t j = 0; j < c.d; j++) p += (long double)*case_x(&c, i, j) * (long double)theta[j * c.q + k];
            worst = fmax(worst, fabs(out[i * c.q + k] - (double)p));
            square += (p - (long double)c.y[i * c.q + k]) * (p - (long double)c.y[i * c.q + k]);
        }
        worst = fmax(worst, fabs(loss[i] - (double)(square / (long double)c.q)) / (1 + loss[i]));
    }
    ck_assert_double_le(worst, 64 * DBL_EPSILON * (double)c.d * 100); /* predictions up to 100 */
    ck_assert_ok(&c.t, sb_model_ridge.eval(&c.data, theta, c.options, &c.t.cx, NULL, alone));
    ck_assert(memcmp(out, alone, c.n * c.q * sizeof *out) == 0);
    ck_assert_ok(&c.t, sb_model_ridge.eval(&c.data, theta, c.options, &c.t.cx, alone, NULL));
    ck_assert(memcmp(loss, alone, c.n * sizeof *loss) == 0);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(allocation_failures_are_reported)
{
    static const char *const l2[] = {"0.1", "0.1", "[0.1, 1]", "[0.1, 1]"}, *const solver[] = {"auto", "qr", "auto",
                                                                                               "qr"};
    for (int how = 0; how < 8; how++) {
        case_make(&c, how, CASE_N, 10, 2, how < 4 ? 40 : 8);
        case_set(&c, "l2", l2[how % 4]);
        case_set(&c, "folds", "2");
        case_set(&c, "solver", solver[how % 4]);
        sb_fit_info info;
        sb_status st = SB_ENOMEM;
        size_t k = 0;
        for (; st == SB_ENOMEM && k < 2000; k++) {
            const size_t mark = sb_arena_mark(c.t.cx.arena);
            sb_arena_fail_at(c.t.cx.arena, k);
            st = case_fit(&c, theta, &info);
            if (st == SB_OK) ck_assert_uint_eq(sb_arena_used(c.t.cx.arena), mark);
            sb_arena_rewind(c.t.cx.arena, mark);
        }
        sb_arena_fail_at(c.t.cx.arena, SIZE_MAX);
        ck_assert_ok(&c.t, st);
        ck_assert_uint_ge(k, 10);
        test_ctx_release(&c.t);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ridge");
    TCase *t = tcase_create("ridge");
    tcase_add_loop_test(t, gradient_vanishes, 0, 210);
    tcase_add_test(t, certificate_sees_a_wrong_penalty);
    tcase_add_loop_test(t, solvers_agree, 0, 8);
    tcase_add_loop_test(t, rank_deficient_least_squares_has_minimum_norm, 0, 6);
    tcase_add_loop_test(t, fewer_rows_than_columns_interpolate, 0, 4);
    tcase_add_loop_test(t, targets_share_a_penalty_that_counts_each, 0, 4);
    tcase_add_loop_test(t, weights_count_rows, 0, 4);
    tcase_add_test(t, constant_targets_and_single_rows);
    tcase_add_loop_test(t, evaluation_equals_plain_loops, 0, 6);
    tcase_add_test(t, allocation_failures_are_reported);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

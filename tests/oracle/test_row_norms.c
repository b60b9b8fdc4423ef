/* row_norms: p by its formula, the loss |x|^2 exact in every draw, any loss unbiased, rows of zeros. */
#include "select_case.h"

enum { N = 90, D = 6, SEEDS = 500 };

static double norm2(const select_case *s, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j < D; j++) sum += case_value(s, i, j) * case_value(s, i, j);
    return sum;
}

START_TEST(probabilities_are_the_formula)
{
    static const int kinds[] = {KIND_GAUSS, KIND_OUTLIER, KIND_TINY, KIND_HUGE, KIND_BLOBS};
    static const char *const half[] = {"floor", "0.5", NULL};
    select_case s;
    case_init(&s, kinds[_i % 5], N, D, _i);
    double sum = 0, worst = 0;
    for (size_t i = 0; i < N; i++) sum += norm2(&s, i);
    const sb_selection out = case_run(&s, "row_norms", 20, _i < 5 ? NULL : half);
    for (size_t i = 0; i < N; i++) {
        const double p = norm2(&s, i) / sum;
        worst = fmax(worst, fabs(out.prob[i] - (_i < 5 ? p : p / 2 + 0.5 / N)));
    }
    ck_assert_msg(worst < 1e-14, "p differs from the formula by %.3g", worst); /* 90 terms of eps, p <= 1 */
    test_ctx_release(&s.t);
}
END_TEST

/* For f = |x|^2 every term w f is total / m, so each draw gives the total: m eps. Another loss, where no row is too
 * rarely drawn for 500 draws to tell (_i = 0): 4.5 standard errors. */
START_TEST(norms_are_exact_and_sums_unbiased)
{
    select_case s;
    case_init(&s, _i ? KIND_OUTLIER : KIND_GAUSS, N, D, 1);
    double total = 0, plain = 0, worst = 0, bias = 0, square = 0;
    for (size_t i = 0; i < N; i++) {
        total += norm2(&s, i);
        plain += fabs(case_value(&s, i, 0));
    }
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sb_arena_rewind(s.t.cx.arena, mark);
        s.t.cx.seed = seed;
        const sb_selection out = case_run(&s, "row_norms", 15, NULL);
        double exact = 0, other = -plain;
        for (size_t j = 0; j < out.m; j++) {
            exact += out.weight[j] * norm2(&s, out.row[j]);
            other += out.weight[j] * fabs(case_value(&s, out.row[j], 0));
        }
        worst = fmax(worst, fabs(exact / total - 1));
        bias += other / SEEDS;
        square += other * other / SEEDS;
    }
    ck_assert_msg(worst < 1e-13, "the norm's total is off by %.3g", worst);
    if (_i == 0) ck_assert_msg(fabs(bias) <= 4.5 * sqrt(square / SEEDS), "bias %g, sd %g", bias, sqrt(square));
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(rows_of_zeros)
{
    static const char *const pips[] = {"draw", "pips", NULL};
    select_case s;
    sb_selection out;
    case_init(&s, KIND_GAUSS, N, D, 2);
    float *const x = SB_NEW(s.t.cx.arena, N * D, float);
    for (size_t i = 0; i < 4 * D; i++) x[i] = 1;
    s.x = (sb_mat){.data = x, .n = N, .d = D, .ld = D};
    out = case_run(&s, "row_norms", 30, NULL);
    for (size_t j = 0; j < out.m; j++) ck_assert_uint_lt(out.row[j], 4);
    ck_assert_fails(&s.t, case_try(&s, "row_norms", 5, pips, &out), SB_SKIP, "raise the floor");
    for (size_t i = 0; i < 4 * D; i++) x[i] = 0; /* nothing but zeros: uniform */
    out = case_run(&s, "row_norms", 30, NULL);
    for (size_t i = 0; i < N; i++) ck_assert(fabs(out.prob[i] * N - 1) < 1e-12);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("row_norms");
    TCase *t = tcase_create("row_norms");
    tcase_add_loop_test(t, probabilities_are_the_formula, 0, 10);
    tcase_add_loop_test(t, norms_are_exact_and_sums_unbiased, 0, 2);
    tcase_add_test(t, rows_of_zeros);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

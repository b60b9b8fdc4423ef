/* el2n, grand, badge against gradients formed in full, entry by entry. */
#include "proxy_case.h"

enum { PARAMS_MAX = 128, DRAWS = 4000 };
#define SLACK 1e-12 /* sums of at most 128 terms, eps each, with a factor of 30 to spare */

static double norm_of(const double *v, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < k; j++) sum += v[j] * v[j];
    return sqrt(sum);
}

START_TEST(grand_is_the_norm_of_the_gradient)
{
    for (int kind = 0; kind < 2; kind++)
        for (int ones = 0; ones < 2; ones++) {
            proxy_case s;
            sb_selection out;
            double g[PARAMS_MAX], score[64];
            proxy_case_init(&s, (sb_kind)kind, PLAIN_GENERAL);
            ck_assert_ok(&s.t, proxy_case_run(&s, "grand", SET(ones ? "intercept=true" : "intercept=false"), 60, &out));
            for (size_t i = 0; i < s.p.n; i++) {
                proxy_case_gradient(&s, i, false, g);
                score[i] = norm_of(g, proxy_case_params(&s) - (ones ? 0 : plain_outputs(&s.p)));
            }
            ck_assert_uint_eq(out.m, 60);
            expect_largest(&out, score, s.p.n, SLACK);
            test_ctx_release(&s.t);
        }
}
END_TEST

START_TEST(grand_deepcore_inflates_the_last_batch)
{
    proxy_case s;
    sb_selection out;
    double g[PARAMS_MAX], score[64];
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    ck_assert_ok(&s.t, proxy_case_run(&s, "grand", SET("variant=deepcore", "batch=16"), 60, &out));
    for (size_t i = 0; i < 60; i++) { /* batches of 16, 16, 16 and 12: norms of the mean loss */
        proxy_case_gradient(&s, i, false, g);
        score[i] = norm_of(g, proxy_case_params(&s)) / (i < 48 ? 16 : 12);
    }
    expect_largest(&out, score, 60, SLACK);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(el2n_is_the_norm_of_the_error)
{
    static const char *const norms[] = {"norm=l2", "norm=l1", "norm=max"};
    for (int kind = 0; kind < 2; kind++)
        for (size_t m = 0; m < 3; m++) {
            proxy_case s;
            sb_selection out;
            double a[PLAIN_CLASSES], score[64];
            proxy_case_init(&s, (sb_kind)kind, PLAIN_GENERAL);
            ck_assert_ok(&s.t, proxy_case_run(&s, "el2n", SET(norms[m]), 25, &out));
            for (size_t i = 0; i < 60; i++) {
                double most = 0, sum = 0;
                proxy_case_factor(&s, i, false, a);
                for (size_t c = 0; c < plain_outputs(&s.p); c++) {
                    most = fmax(most, fabs(a[c]));
                    sum += fabs(a[c]);
                }
                score[i] = m == 0 ? norm_of(a, plain_outputs(&s.p)) : m == 1 ? sum : most;
                if (m == 1 && kind == 0) ck_assert(fabs(sum - 2 * fabs(a[s.p.label[i]])) < 1e-14); /* 2 (1 - p_y) */
            }
            ck_assert_uint_eq(out.m, 25);
            expect_largest(&out, score, 60, SLACK);
            ck_assert_uint_eq(s.meter.grads, 60);
            ck_assert_uint_eq(s.meter.labels, 60);
            test_ctx_release(&s.t);
        }
}
END_TEST

static double sqdist(const double *a, const double *b, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < k; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

/* The first pick has the largest pseudo-gradient; the second is drawn by squared distance: chi-square over the rows,
 * 99.99% quantile of 58 degrees of freedom 103. Every later pick is at a positive distance while there is one. */
START_TEST(badge_draws_by_squared_distance)
{
    proxy_case s;
    sb_selection out;
    double g[64][PARAMS_MAX], d2[64], sum = 0, chi2 = 0;
    size_t hit[64] = {0}, first = 0;
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    const size_t k = proxy_case_params(&s), n = s.p.n;
    for (size_t i = 0; i < n; i++) proxy_case_gradient(&s, i, true, g[i]);
    for (size_t i = 1; i < n; i++) first = norm_of(g[i], k) > norm_of(g[first], k) ? i : first;
    for (size_t i = 0; i < n; i++) sum += d2[i] = sqdist(g[i], g[first], k);
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (size_t r = 0; r < DRAWS; r++) {
        s.t.cx.seed = r;
        ck_assert_ok(&s.t, proxy_case_run(&s, "badge", NULL, 2, &out));
        ck_assert_uint_eq(out.row[0], first);
        hit[out.row[1]]++;
        sb_arena_rewind(s.t.cx.arena, mark);
    }
    double rare = 0, rare_hits = 0; /* rows of fewer than 5 expected draws make one cell */
    for (size_t i = 0; i < n; i++) {
        const double want = DRAWS * d2[i] / sum, got = (double)hit[i];
        if (want < 5) {
            rare += want;
            rare_hits += got;
        } else
            chi2 += (got - want) * (got - want) / want;
    }
    if (rare > 0) chi2 += (rare_hits - rare) * (rare_hits - rare) / fmax(rare, 5);
    ck_assert_msg(chi2 < 103, "chi-square %g", chi2);
    ck_assert_uint_eq(hit[first], 0);
    test_ctx_release(&s.t);
}
END_TEST

/* 30 rows, each twice: all 30 different ones come before any copy. */
START_TEST(badge_leaves_copies_to_the_end)
{
    proxy_case s;
    sb_selection out;
    size_t seen[30] = {0}, copies = 0;
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_DUPLICATE);
    ck_assert_ok(&s.t, proxy_case_run(&s, "badge", NULL, 60, &out));
    for (size_t j = 0; j < 30; j++) copies += seen[out.row[j] % 30]++ > 0;
    ck_assert_uint_eq(copies, 0);
    ck_assert_uint_eq(out.m, 60);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(no_warm_up_is_a_reason)
{
    static const char *const names[] = {"el2n", "grand", "badge"};
    proxy_case s;
    sb_selection out;
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    s.oracle = (sb_oracle){0};
    for (size_t i = 0; i < 3; i++)
        ck_assert_fails(&s.t, proxy_case_run(&s, names[i], NULL, 2, &out), SB_SKIP, "warm-up");
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gradient_scores");
    TCase *t = tcase_create("gradient_scores");
    tcase_add_test(t, grand_is_the_norm_of_the_gradient);
    tcase_add_test(t, grand_deepcore_inflates_the_last_batch);
    tcase_add_test(t, el2n_is_the_norm_of_the_error);
    tcase_add_test(t, badge_draws_by_squared_distance);
    tcase_add_test(t, badge_leaves_copies_to_the_end);
    tcase_add_test(t, no_warm_up_is_a_reason);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

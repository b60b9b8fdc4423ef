/* Selection via proxy: with the warm-up model as the proxy it is the method named, bit for bit; with a small one it is
 * that method on the small proxy's answers. */
#include "proxy_case.h"

enum { N = 60, M = 20 };

static const char *const by[] = {"least_confidence", "entropy", "margin", "forgetting", "k_center"};

START_TEST(the_warm_up_model_as_proxy_gives_the_method_itself)
{
    proxy_case s;
    sb_selection own, out;
    char word[64];
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    for (uint32_t k = 0; k < 5; k++) s.warm[s.warm_n++] = 11 * k;
    for (int joins = _i == 4; joins < 2; joins++) { /* alone, k_center draws its first row */
        s.joins = joins;
        (void)snprintf(word, sizeof word, "by=%s", by[_i]);
        ck_assert_ok(&s.t, proxy_case_run(&s, by[_i], NULL, M, &own));
        const sb_meter billed = s.meter;
        ck_assert_ok(&s.t, proxy_case_run(&s, "svp", SET("features=0", word), M, &out));
        ck_assert_mem_eq(own.row, out.row, M * sizeof *own.row);
        ck_assert(s.meter.probs == billed.probs && s.meter.fits == billed.fits && s.meter.labels == billed.labels);
    }
    test_ctx_release(&s.t);
}
END_TEST

/* The test's small proxy has theta / -1.3 and the first columns: the method itself on a problem with these. */
START_TEST(a_small_proxy_answers_for_itself)
{
    proxy_case s, small;
    sb_selection own, out;
    char word[64];
    proxy_case_init(&s, SB_CLASSIFICATION, PLAIN_GENERAL);
    proxy_case_init(&small, SB_CLASSIFICATION, PLAIN_GENERAL);
    for (uint32_t k = 0; k < 5; k++) s.warm[s.warm_n++] = small.warm[small.warm_n++] = 11 * k;
    s.joins = small.joins = true;
    for (size_t k = 0; k < proxy_case_params(&small); k++) small.p.theta[k] /= -1.3;
    for (size_t i = 0; _i == 4 && i < N; i++)
        for (size_t j = 2; j < small.p.d; j++) small.p.x[i * small.p.ld + j] = 0;
    (void)snprintf(word, sizeof word, "by=%s", by[_i]);
    ck_assert_ok(&small.t, proxy_case_run(&small, by[_i], NULL, M, &own));
    ck_assert_ok(&s.t, proxy_case_run(&s, "svp", SET("features=2", word), M, &out));
    ck_assert_mem_eq(own.row, out.row, M * sizeof *own.row);
    if (_i == 1) ck_assert(s.meter.proxy && s.meter.probs == N - 5);
    test_ctx_release(&small.t);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(declines_what_it_cannot)
{
    proxy_case s;
    sb_selection out;
    proxy_case_init(&s, SB_REGRESSION, PLAIN_GENERAL);
    ck_assert_fails(&s.t, proxy_case_run(&s, "svp", NULL, M, &out), SB_SKIP, "regression has none");
    ck_assert_fails(&s.t, proxy_case_run(&s, "svp", SET("by=forgetting"), M, &out), SB_SKIP, "needs classes");
    ck_assert_ok(&s.t, proxy_case_run(&s, "svp", SET("by=k_center"), M, &out));
    s.oracle.small = NULL;
    ck_assert_fails(&s.t, proxy_case_run(&s, "svp", SET("by=k_center"), M, &out), SB_SKIP, "a small proxy");
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("svp");
    TCase *t = tcase_create("svp");
    tcase_add_loop_test(t, the_warm_up_model_as_proxy_gives_the_method_itself, 0, 5);
    tcase_add_loop_test(t, a_small_proxy_answers_for_itself, 0, 5);
    tcase_add_test(t, declines_what_it_cannot);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

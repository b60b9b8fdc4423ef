/* l2s: agreement with exact root leverage by elimination, the formula of p, sketches of deficient rows. */
#include "pick_case.h"

#include "selbench/countsketch.h"

static void exact_scores(sb_mat x, double *h)
{
    double g[400], p[400];
    plain_moment(x, NULL, x.n, 0, g);
    plain_inverse(g, x.d, p);
    for (size_t i = 0; i < x.n; i++) {
        h[i] = 0;
        for (size_t a = 0; a < x.d * x.d; a++)
            h[i] += (double)sb_mat_row(x, i)[a / x.d] * p[a] * (double)sb_mat_row(x, i)[a % x.d];
    }
}

static double correlation(const double *a, const double *b, size_t n)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) ma += a[i] / (double)n, mb += b[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / sqrt(aa * bb);
}

/* n 5,000, d 20: 20 columns leave a relative error of 1/sqrt(40) on the root; rank correlation .95 was simulated
 * independently, and the rows here differ in size by e^.5. */
START_TEST(sketched_scores_follow_exact_ones)
{
    pick_case c;
    pick_init(&c, "l2s", 5000, 20);
    pick_normal(&c, 3, 0.5);
    double *const h = SB_NEW(c.t.cx.arena, 5000, double), *const s = SB_NEW(c.t.cx.arena, 5000, double);
    double total = 0, least = 1e9, most = 0;
    exact_scores(c.x, h);
    sb_rng r = sb_rng_stream(1, "sketch");
    ck_assert_ok(&c.t, sb_countsketch_leverage(c.x, 0, _i ? 0 : 15, &r, &c.t.cx, s));
    for (size_t i = 0; i < 5000; i++) {
        total += s[i], least = fmin(least, s[i] / h[i]), most = fmax(most, s[i] / h[i]);
        s[i] = sqrt(s[i]), h[i] = sqrt(h[i]);
    }
    ck_assert_msg(correlation(s, h, 5000) > (_i ? .99 : .9), "correlation %.4f", correlation(s, h, 5000));
    ck_assert_msg(fabs(total / 20 - 1) < .25, "sum of the scores %.3f for rank 20", total);
    /* 400 buckets for 20 columns: every ratio is within (1 +- 2 sqrt(20/400))^-2, that is .48 to 3.3 */
    ck_assert_msg(!_i || (least > .48 && most < 3.3), "ratios %.3f to %.3f", least, most);
    test_ctx_release(&c.t);
}
END_TEST

/* Few rows: no sketch, and without a projection the scores are exact. */
START_TEST(few_rows_are_exact)
{
    pick_case c;
    pick_init(&c, "l2s", 12, 4);
    pick_normal(&c, 3, 0.5);
    memset(pick_x(&c) + 5 * 4, 0, 4 * sizeof(float));
    pick_set(&c, "columns", "0");
    double h[12], sum = 0, worst = 0;
    exact_scores(c.x, h);
    for (size_t i = 0; i < 12; i++) sum += sqrt(h[i]) + 1. / 12;
    ck_assert_ok(&c.t, pick_run(&c, 1, 6, true));
    for (size_t i = 0; i < 12; i++) worst = fmax(worst, fabs(c.out.prob[i] - (sqrt(h[i]) + 1. / 12) / sum));
    ck_assert_msg(worst < 1e-12, "off by %.3g", worst);
    pick_set(&c, "exact_above", "1");
    ck_assert_ok(&c.t, pick_run(&c, 1, 6, true));
    ck_assert(pick_note(&c, "exact") == 1);
    for (size_t i = 0; i < 12; i++) worst = fmax(worst, fabs(c.out.prob[i] - (sqrt(h[i]) + 1. / 12) / sum));
    ck_assert_msg(worst < 1e-3, "off by %.3g", worst); /* the fast path of exact scores is good to 1e-3 relative */
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(deficient_columns_do_not_matter)
{
    pick_case c, full;
    pick_init(&c, "l2s", 300, 4);
    pick_init(&full, "l2s", 300, 2);
    pick_normal(&full, 3, 0.5);
    for (size_t i = 0; i < 300; i++) {
        const float *const x = sb_mat_row(full.x, i);
        const float y[] = {x[0], x[1], 2 * x[0], 0};
        memcpy(pick_x(&c) + i * 4, y, sizeof y);
    }
    double a[300], b[300], worst = 0;
    sb_rng r = sb_rng_stream(1, "sketch"), again = r;
    ck_assert_ok(&c.t, sb_countsketch_leverage(c.x, 16, 0, &r, &c.t.cx, a));
    ck_assert_ok(&c.t, sb_countsketch_leverage(full.x, 16, 0, &again, &c.t.cx, b));
    for (size_t i = 0; i < 300; i++) worst = fmax(worst, fabs(a[i] / b[i] - 1));
    ck_assert_msg(worst < 1e-10, "off by %.3g", worst);
    test_ctx_release(&c.t);
    test_ctx_release(&full.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("l2s");
    TCase *t = tcase_create("l2s");
    tcase_add_loop_test(t, sketched_scores_follow_exact_ones, 0, 2);
    tcase_add_test(t, few_rows_are_exact);
    tcase_add_test(t, deficient_columns_do_not_matter);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* Lewis weights against their fixed point recomputed by elimination, closed forms and invariances. */
#include "pick_case.h"

/* The weights, read off p with plus = 0 and floor = 0: p = w / sum w. */
static double *weights_of(pick_case *c)
{
    pick_set(c, "plus", "0");
    pick_set(c, "tolerance", "0");
    ck_assert_ok(&c->t, pick_run(c, 1, 5, true));
    double *w = SB_NEW(c->t.cx.arena, c->x.n, double);
    for (size_t i = 0; i < c->x.n; i++) w[i] = c->out.prob[i] * pick_note(c, "weight_sum");
    return w;
}

START_TEST(weights_are_a_fixed_point)
{
    enum { N = 40, D = 5 };
    pick_case c;
    pick_init(&c, "lewis", N, D);
    pick_normal(&c, (uint64_t)_i, 1);
    memset(pick_x(&c) + 3 * D, 0, D * sizeof(float));
    pick_set(&c, "iterations", "60");
    const double *const w = weights_of(&c);
    double g[D * D] = {0}, p[D * D], worst = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t a = 0; a < D * D && w[i] > 0; a++)
            g[a] += (double)sb_mat_row(c.x, i)[a / D] * (double)sb_mat_row(c.x, i)[a % D] / w[i];
    plain_inverse(g, D, p);
    for (size_t i = 0; i < N; i++) {
        double form = 0;
        for (size_t a = 0; a < D * D; a++)
            form += (double)sb_mat_row(c.x, i)[a / D] * p[a] * (double)sb_mat_row(c.x, i)[a % D];
        worst = fmax(worst, fabs(sqrt(form) - w[i]));
    }
    ck_assert_msg(worst < 1e-12, "off by %.3g", worst);
    ck_assert(w[3] == 0 && fabs(pick_note(&c, "weight_sum") - D) < 1e-10);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(one_hot_rows_share_their_column)
{
    pick_case c;
    pick_init(&c, "lewis", 12, 4); /* columns 0..2 with 2, 4 and 6 rows of very unequal norm; column 3 is zero */
    for (size_t i = 0; i < 12; i++) pick_x(&c)[i * 4 + (i < 2 ? 0 : i < 6 ? 1 : 2)] = i < 2 ? 1000 : i < 6 ? 1 : .001f;
    const double *const w = weights_of(&c);
    for (size_t i = 0; i < 12; i++)
        ck_assert_msg(fabs(w[i] - 1.0 / (i < 2 ? 2 : i < 6 ? 4 : 6)) < 1e-5, "row %zu: %.9g", i, w[i]);
    ck_assert(pick_note(&c, "rank") == 3);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(twins_halve_and_bases_do_not_matter)
{
    enum { N = 30, D = 3 };
    pick_case a, b, e;
    pick_init(&a, "lewis", N, D);
    pick_init(&b, "lewis", 2 * N, D);
    pick_init(&e, "lewis", N, D + 1);
    pick_normal(&a, 5, 1);
    memcpy(pick_x(&b), a.x.data, N * D * sizeof(float));
    memcpy(pick_x(&b) + N * D, a.x.data, N * D * sizeof(float));
    for (size_t i = 0; i < N; i++) { /* columns scaled by powers of two, and one repeated: exact in float32 */
        const float *const x = sb_mat_row(a.x, i);
        const float y[] = {x[0] * 1024, x[1] / 64, x[2], x[1]};
        memcpy(pick_x(&e) + i * (D + 1), y, sizeof y);
    }
    const double *const wa = weights_of(&a), *const wb = weights_of(&b), *const we = weights_of(&e);
    double worst = 0;
    for (size_t i = 0; i < N; i++) worst = fmax(worst, fmax(fabs(wb[i] - wa[i] / 2), fabs(we[i] - wa[i])));
    ck_assert_msg(worst < 1e-5, "off by %.3g", worst); /* the basis of e is float32; 20 steps leave 1e-6 */
    test_ctx_release(&a.t);
    test_ctx_release(&b.t);
    test_ctx_release(&e.t);
}
END_TEST

START_TEST(wide_rows_are_all_alike)
{
    pick_case c;
    pick_init(&c, "lewis", 6, 15);
    pick_normal(&c, 1, 2);
    const double *const w = weights_of(&c);
    for (size_t i = 0; i < 6; i++) ck_assert(fabs(w[i] - 1) < 1e-5);
    test_ctx_release(&c.t);
}
END_TEST

/* Mean of the weighted totals over 2,000 draws of 8 rows: within 4.5 standard errors for three losses. */
START_TEST(totals_are_unbiased)
{
    enum { N = 25, RUNS = 2000 };
    pick_case c;
    pick_init(&c, "lewis", N, 3);
    pick_normal(&c, 9, 1);
    double sum[3] = {0}, square[3] = {0}, truth[3] = {0}, loss[3][N];
    sb_rng r = sb_rng_stream(1, "losses");
    ck_assert_ok(&c.t, pick_run(&c, 1, 8, true));
    for (size_t i = 0; i < N; i++) {
        loss[0][i] = 1, loss[1][i] = fabs(sb_rng_normal(&r)), loss[2][i] = c.out.prob[i];
        for (size_t k = 0; k < 3; k++) truth[k] += loss[k][i];
    }
    for (uint64_t s = 0; s < RUNS; s++) {
        const size_t mark = sb_arena_mark(c.t.cx.arena);
        ck_assert_ok(&c.t, pick_run(&c, s, 8, true));
        for (size_t k = 0; k < 3; k++) {
            double total = 0;
            for (size_t j = 0; j < c.out.m; j++) total += c.out.weight[j] * loss[k][c.row[j]];
            sum[k] += total, square[k] += total * total;
        }
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    for (size_t k = 0; k < 3; k++) {
        const double mean = sum[k] / RUNS, se = sqrt(fmax(0, square[k] / RUNS - mean * mean) / RUNS);
        ck_assert_msg(fabs(mean - truth[k]) < 4.5 * se + 1e-12, "loss %zu: %.6g, truth %.6g", k, mean, truth[k]);
    }
    test_ctx_release(&c.t);
}
END_TEST

/* With a bucket for each row and no projection the fast scores are the exact ones, up to float32 rows; 25 buckets for 5
 * columns leave weights within a factor that their squares, the leverage, have: (1 +- sqrt(5/25))^-2 and some. */
START_TEST(fast_scores_follow)
{
    enum { N = 400, D = 5 };
    pick_case c;
    pick_init(&c, "lewis", N, D);
    pick_normal(&c, 4, 0.5);
    double exact[N], worst = 0, low = 1e9, high = 0;
    memcpy(exact, weights_of(&c), sizeof exact);
    pick_set(&c, "scores", "fast");
    pick_set(&c, "columns", "0");
    pick_set(&c, "buckets", "400");
    const double *w = weights_of(&c);
    for (size_t i = 0; i < N; i++) worst = fmax(worst, fabs(w[i] / exact[i] - 1));
    ck_assert_msg(worst < 1e-5, "off by %.3g", worst);
    pick_set(&c, "buckets", "0");
    pick_set(&c, "columns", "20");
    w = weights_of(&c);
    for (size_t i = 0; i < N; i++) low = fmin(low, w[i] / exact[i]), high = fmax(high, w[i] / exact[i]);
    ck_assert_msg(low > 0.3 && high < 3 && high > 1.01, "ratios %.3f to %.3f", low, high);
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lewis");
    TCase *t = tcase_create("lewis");
    tcase_add_loop_test(t, weights_are_a_fixed_point, 0, 5);
    tcase_add_test(t, one_hot_rows_share_their_column);
    tcase_add_test(t, twins_halve_and_bases_do_not_matter);
    tcase_add_test(t, wide_rows_are_all_alike);
    tcase_add_test(t, totals_are_unbiased);
    tcase_add_test(t, fast_scores_follow);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

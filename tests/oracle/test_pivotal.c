/* pivotal_leverage: size, marginals against inclusion probabilities by bisection, and less variance for smooth losses.
 */
#include "pick_case.h"

enum { N = 12, D = 2, M = 5, RUNS = 3000 };

/* pi = min(1, c l) with sum m, leverage by elimination, c by bisection */
static void inclusion(sb_mat x, size_t m, double *pi)
{
    double g[D * D], p[D * D], h[256], lo = 0, hi = 1e6;
    plain_moment(x, NULL, x.n, 0, g);
    plain_inverse(g, D, p);
    for (size_t i = 0; i < x.n; i++) {
        h[i] = 0;
        for (size_t a = 0; a < D * D; a++)
            h[i] += (double)sb_mat_row(x, i)[a / D] * p[a] * (double)sb_mat_row(x, i)[a % D];
    }
    for (int t = 0; t < 200; t++) {
        const double c = (lo + hi) / 2;
        double sum = 0;
        for (size_t i = 0; i < x.n; i++) sum += fmin(1, c * h[i]);
        *(sum < (double)m ? &lo : &hi) = c;
    }
    for (size_t i = 0; i < x.n; i++) pi[i] = fmin(1, lo * h[i]);
}

START_TEST(marginals_are_kept)
{
    pick_case c;
    pick_init(&c, "pivotal_leverage", N, D);
    pick_normal(&c, 3, _i == 1 ? 1.2 : 0.4);
    memcpy(pick_x(&c) + 4 * D, pick_x(&c) + 9 * D, D * sizeof(float));
    pick_set(&c, "floor", "0");
    if (_i == 2) pick_set(&c, "tree", "random");
    double pi[N], worst = 0, weights = 0;
    size_t count[N] = {0}, size = 0;
    pick_set(&c, "steps", "2");
    inclusion(c.x, M, pi);
    for (uint64_t s = 0; s < RUNS; s++) {
        const size_t mark = sb_arena_mark(c.t.cx.arena);
        if (pick_run(&c, s, M, true) != SB_OK) ck_abort_msg("%s", c.t.err.text);
        size += c.out.m != M;
        for (size_t j = 0; j < M; j++) {
            count[c.row[j]]++;
            weights = fmax(weights, fabs(c.out.weight[j] * pi[c.row[j]] - 1));
        }
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    for (size_t i = 0; i < N; i++) {
        if (pi[i] > 1 - 1e-9) ck_assert_uint_eq(count[i], RUNS);
        if (pi[i] > 1 - 1e-9) continue;
        worst = fmax(worst, fabs((double)count[i] - RUNS * pi[i]) / sqrt(RUNS * pi[i] * (1 - pi[i])));
    }
    ck_assert_uint_eq(size, 0);
    ck_assert_msg(worst < 4.5 && weights < 1e-3, "z = %.2f, weights off by %.3g", worst, weights);
    test_ctx_release(&c.t);
}
END_TEST

/* Variance of the weighted total of a loss that is smooth in x. */
static double variance(const char *tree)
{
    enum { ROWS = 200, TIMES = 300 };
    pick_case c;
    pick_init(&c, "pivotal_leverage", ROWS, D);
    sb_rng r = sb_rng_stream(1, "square");
    for (size_t i = 0; i < ROWS * D; i++) pick_x(&c)[i] = (float)(1 + sb_rng_unit(&r));
    pick_set(&c, "tree", tree);
    double sum = 0, square = 0;
    for (uint64_t s = 0; s < TIMES; s++) {
        const size_t mark = sb_arena_mark(c.t.cx.arena);
        ck_assert_ok(&c.t, pick_run(&c, s, 20, true));
        double total = 0;
        for (size_t j = 0; j < c.out.m; j++) {
            const float *const x = sb_mat_row(c.x, c.row[j]);
            total += c.out.weight[j] * sin(2 * (double)x[0]) * (double)x[1];
        }
        sum += total, square += total * total;
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    test_ctx_release(&c.t);
    return square / TIMES - sum / TIMES * (sum / TIMES);
}

START_TEST(the_tree_lowers_variance)
{
    const double spatial = variance("principal"), blind = variance("random");
    /* measured ratios of such losses lie near 0.3; the variance of 300 draws is known to about 8% */
    ck_assert_msg(spatial < 0.7 * blind, "variance %.4g along the tree, %.4g at random", spatial, blind);
}
END_TEST

START_TEST(too_few_positive_scores_are_declined)
{
    pick_case c;
    pick_init(&c, "pivotal_leverage", N, D);
    pick_normal(&c, 3, 0.4);
    memset(pick_x(&c), 0, 4 * D * sizeof(float));
    pick_set(&c, "floor", "0");
    ck_assert_fails(&c.t, pick_run(&c, 1, 9, false), SB_SKIP, "only 8");
    ck_assert_ok(&c.t, pick_run(&c, 1, 8, false));
    for (size_t j = 0; j < 8; j++) ck_assert_uint_eq(c.row[j], j + 4);
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pivotal");
    TCase *t = tcase_create("pivotal");
    tcase_add_loop_test(t, marginals_are_kept, 0, 3);
    tcase_add_test(t, the_tree_lowers_variance);
    tcase_add_test(t, too_few_positive_scores_are_declined);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

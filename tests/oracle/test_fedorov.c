/* fedorov against the optimum over all C(12, 6) sets, and local optimality by recomputing every swap. */
#include "pick_case.h"

enum { N = 12, D = 3, M = 6 };
static const char *const names[] = {"D", "A", "I", "c"};

/* The criterion as its note states it: log det M, or the trace. */
static double value_of(sb_mat x, const uint32_t *row, size_t m, int criterion)
{
    double g[D * D], p[D * D], all[D * D], copy[D * D], mean[D] = {0}, v = 0;
    plain_moment(x, row, m, 0, g);
    memcpy(copy, g, sizeof g);
    const double det = plain_det(copy, D);
    if (criterion == 0) return det > 0 ? log(det) : -(double)INFINITY;
    if (!(det > 1e-12)) return (double)INFINITY;
    plain_inverse(g, D, p);
    plain_moment(x, NULL, x.n, 0, all);
    for (size_t i = 0; i < x.n; i++)
        for (size_t j = 0; j < D; j++) mean[j] += (double)sb_mat_row(x, i)[j] / (double)x.n;
    for (size_t a = 0; a < D * D; a++)
        v += p[a] * (criterion == 1   ? a % (D + 1) == 0
                     : criterion == 2 ? all[a] / (double)x.n
                                      : mean[a / D] * mean[a % D]);
    return v;
}

static double better(int criterion, double v) { return criterion == 0 ? v : -v; }

START_TEST(finds_the_best_of_all_sets)
{
    const int criterion = _i % 4;
    pick_case c;
    pick_init(&c, "fedorov", N, D);
    pick_normal(&c, (uint64_t)(_i / 4), 0.5);
    pick_set(&c, "criterion", names[criterion]);
    pick_set(&c, "restarts", "20");
    double best = -(double)INFINITY;
    for (size_t set = 0; set < 1 << N; set++) {
        uint32_t row[N];
        size_t m = 0;
        for (uint32_t i = 0; i < N; i++)
            if (set >> i & 1) row[m++] = i;
        if (m == M) best = fmax(best, better(criterion, value_of(c.x, row, M, criterion)));
    }
    ck_assert_ok(&c.t, pick_run(&c, 1, M, false));
    const double got = value_of(c.x, c.row, M, criterion), noted = pick_note(&c, "criterion");
    ck_assert_msg(fabs(noted - got) <= 1e-9 * fmax(1, fabs(got)), "%s: note %.12g, directly %.12g", names[criterion],
                  noted, got);
    ck_assert_msg(better(criterion, got) >= best - 1e-9 * fmax(1, fabs(best)), "%s: %.9g, the optimum is %.9g",
                  names[criterion], better(criterion, got), best);
    test_ctx_release(&c.t);
}
END_TEST

/* 300 rows, 40 chosen: some 40 swaps, so the tables have followed that many without being renewed. */
START_TEST(no_swap_helps)
{
    enum { MOST = 40 };
    const int criterion = _i % 4;
    const size_t n = _i < 4 ? 60 : 300, m = _i < 4 ? 10 : MOST;
    pick_case c;
    pick_init(&c, "fedorov", n, D);
    pick_normal(&c, (uint64_t)_i, 0.5);
    memcpy(pick_x(&c) + 7 * D, pick_x(&c) + 50 * D, D * sizeof(float));
    pick_set(&c, "criterion", names[criterion]);
    pick_set(&c, "restarts", "1");
    ck_assert_ok(&c.t, pick_run(&c, (uint64_t)_i, m, false));
    const double now = better(criterion, value_of(c.x, c.row, m, criterion));
    double gain = 0;
    for (size_t k = 0; k < m; k++)
        for (uint32_t j = 0; j < n; j++) {
            bool used = false;
            uint32_t trial[MOST];
            for (size_t l = 0; l < m; l++) used = used || c.row[l] == j;
            memcpy(trial, c.row, m * sizeof *trial);
            trial[k] = j;
            if (!used) gain = fmax(gain, better(criterion, value_of(c.x, trial, m, criterion)) - now);
        }
    ck_assert_msg(gain <= 1e-8 * fmax(1, fabs(now)), "%s: a swap gains %.3g", names[criterion], gain);
    ck_assert_msg(_i < 4 || (pick_note(&c, "swaps") > 20 && pick_note(&c, "swaps") < 50), "%.0f swaps",
                  pick_note(&c, "swaps"));
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(what_is_undefined_is_declined)
{
    pick_case c;
    pick_init(&c, "fedorov", 30, D);
    pick_normal(&c, 1, 0.5);
    ck_assert_fails(&c.t, pick_run(&c, 1, 2, false), SB_SKIP, "rank 3");
    ck_assert_ok(&c.t, pick_run(&c, 1, 3, false));
    for (size_t i = 0; i < 30; i++) pick_x(&c)[i * D + 2] = pick_x(&c)[i * D];
    ck_assert_ok(&c.t, pick_run(&c, 1, 2, false));
    pick_set(&c, "criterion", "A");
    ck_assert_fails(&c.t, pick_run(&c, 1, 5, false), SB_SKIP, "coordinates");
    pick_set(&c, "work", "10");
    ck_assert_fails(&c.t, pick_run(&c, 1, 5, false), SB_SKIP, "multiply-adds");
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fedorov");
    TCase *t = tcase_create("fedorov");
    tcase_add_loop_test(t, finds_the_best_of_all_sets, 0, 12);
    tcase_add_loop_test(t, no_swap_helps, 0, 8);
    tcase_add_test(t, what_is_undefined_is_declined);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

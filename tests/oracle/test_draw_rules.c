/* What is deterministic about drawing: probabilities, inclusion probabilities, quotas, errors. */
#include "test_main.h"

#include <stdbool.h>

#include "selbench/draw.h"

/* Pareto(shape) scores as probabilities: a few rows carry much of the mass. Every tenth row is 0 when zeros is set. */
static void heavy(double *p, size_t n, double shape, bool zeros, uint64_t seed)
{
    sb_rng r = sb_rng_stream(seed, "heavy");
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] = zeros && i % 10 == 3 ? 0 : pow(sb_rng_open(&r), -1 / shape);
        sum += p[i];
    }
    for (size_t i = 0; i < n; i++) p[i] /= sum;
}

START_TEST(probabilities_follow_the_scores_and_the_floor)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const double score[] = {1, 0, 3, 4}, huge[] = {1e308, 1e308, 0, 1e308}, none[4] = {0};
    double p[4];
    size_t zeros = 9;
    ck_assert_ok(&t, sb_draw_probabilities(score, 4, 0, p, &zeros, &t.cx));
    ck_assert(p[0] == 0.125 && p[1] == 0 && p[2] == 0.375 && p[3] == 0.5 && zeros == 1);
    ck_assert_ok(&t, sb_draw_probabilities(score, 4, 0.5, p, &zeros, &t.cx));
    ck_assert(p[0] == 0.1875 && p[1] == 0.125 && p[2] == 0.3125 && p[3] == 0.375 && zeros == 0);
    ck_assert_ok(&t, sb_draw_probabilities(huge, 4, 0, p, NULL, &t.cx));
    ck_assert(fabs(p[0] - 1.0 / 3) < 1e-16 && p[2] == 0);
    ck_assert_ok(&t, sb_draw_probabilities(none, 4, 0, p, &zeros, &t.cx));
    ck_assert(p[0] == 0.25 && p[3] == 0.25 && zeros == 0);
    const double bad[][4] = {{1, 1, -1, 1}, {1, 1, NAN, 1}, {1, 1, INFINITY, 1}};
    for (size_t b = 0; b < 3; b++)
        ck_assert_fails(&t, sb_draw_probabilities(bad[b], 4, 0, p, &zeros, &t.cx), SB_ENUM, "row 2");
    ck_assert_fails(&t, sb_draw_probabilities(score, 4, NAN, p, &zeros, &t.cx), SB_EARG, "floor");
    ck_assert_fails(&t, sb_draw_probabilities(score, 4, 1.5, p, &zeros, &t.cx), SB_EARG, "1.5");
    ck_assert_fails(&t, sb_draw_probabilities(score, 0, 0, p, &zeros, &t.cx), SB_EARG, "no rows");
    test_ctx_release(&t);
}
END_TEST

/* Oracle: bisection on c in sum min(1, c p) = m. Its own accuracy is n eps relative, amplified by 1 / (share of the
 * mass not at 1); 1e-10 is far above that and far below any mistake in the rule. */
START_TEST(inclusion_solves_its_equation)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    enum { N = 300 };
    double p[N], pi[N];
    heavy(p, N, _i % 2 ? 0.7 : 2.5, _i % 3 == 0, (uint64_t)_i);
    const size_t sizes[] = {0, 1, 2, 30, 150, 269, 270, 300};
    for (size_t s = 0; s < 8; s++) {
        const size_t m = sizes[s];
        if (_i % 3 == 0 && m > 270) {
            ck_assert_fails(&t, sb_draw_inclusion(p, N, m, pi, &t.cx), SB_EARG, "270 of 300");
            continue;
        }
        ck_assert_ok(&t, sb_draw_inclusion(p, N, m, pi, &t.cx));
        double lo = 0, hi = 1e12, sum = 0, worst = 0;
        for (int step = 0; step < 200; step++) {
            const double c = (lo + hi) / 2;
            double total = 0;
            for (size_t i = 0; i < N; i++) total += fmin(1, c * p[i]);
            if (total < (double)m)
                lo = c;
            else
                hi = c;
        }
        for (size_t i = 0; i < N; i++) {
            sum += pi[i];
            worst = fmax(worst, fabs(pi[i] - fmin(1, hi * p[i])));
        }
        ck_assert_msg(fabs(sum - (double)m) <= 1e-12 * N, "seed %d m %zu: sum %.17g", _i, m, sum);
        ck_assert_msg(worst <= 1e-10, "seed %d m %zu: off by %.3g", _i, m, worst);
    }
    test_ctx_release(&t);
}
END_TEST

/* Oracle: give the leftovers one by one to the largest remainder not yet served, the lowest group among equals. */
START_TEST(quotas_are_largest_remainder)
{
    sb_rng r = sb_rng_stream((uint64_t)_i, "quotas");
    enum { G = 12 };
    size_t size[G], quota[G], want[G], total = 0, given = 0, sum = 0;
    for (size_t g = 0; g < G; g++) total += size[g] = sb_rng_below(&r, _i % 2 ? 4 : 50);
    const size_t m = sb_rng_below(&r, total + 1);
    bool served[G] = {false};
    for (size_t g = 0; g < G; g++) given += want[g] = m * size[g] / total;
    for (; given < m; given++) {
        size_t best = G;
        for (size_t g = 0; g < G; g++)
            if (!served[g] && (best == G || m * size[g] % total > m * size[best] % total)) best = g;
        served[best] = true;
        want[best]++;
    }
    sb_draw_quotas(size, G, m, quota);
    for (size_t g = 0; g < G; g++) {
        ck_assert_uint_eq(quota[g], want[g]);
        ck_assert_uint_le(quota[g], size[g]);
        sum += quota[g];
    }
    ck_assert_uint_eq(sum, m);
}
END_TEST

START_TEST(errors_and_memory_failures)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const double p[4] = {.5, .5, 0, 0}, bad[4] = {.5, NAN, .5, 0}, none[4] = {0};
    uint32_t row[8];
    double w[8];
    size_t got = 0;
    sb_rng r = sb_rng_stream(1, "errors");
    for (int s = SB_WITH_REPLACEMENT; s <= SB_SUCCESSIVE; s++) {
        ck_assert_fails(&t, sb_draw((sb_scheme)s, bad, 4, 2, &r, &t.cx, row, w, &got), SB_ENUM, "row 1");
        ck_assert_int_eq(sb_draw((sb_scheme)s, none, 4, 1, &r, &t.cx, row, w, &got), SB_EARG);
        if (s != SB_WITH_REPLACEMENT)
            ck_assert_fails(&t, sb_draw((sb_scheme)s, p, 4, 3, &r, &t.cx, row, w, &got), SB_EARG, "only 2");
        for (size_t k = 0, failed = 0;; k++, failed++) {
            sb_arena_fail_at(t.cx.arena, k);
            const sb_status st = sb_draw((sb_scheme)s, p, 4, 1, &r, &t.cx, row, w, &got);
            if (st == SB_OK) {
                ck_assert_uint_ge(failed, 1);
                break;
            }
            ck_assert_int_eq(st, SB_ENOMEM);
        }
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        ck_assert_ok(&t, sb_draw((sb_scheme)s, p, 4, 2, &r, &t.cx, row, w, &got)); /* m = all positive rows */
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("draw_rules");
    TCase *t = tcase_create("draw_rules");
    tcase_add_test(t, probabilities_follow_the_scores_and_the_floor);
    tcase_add_loop_test(t, inclusion_solves_its_equation, 0, 12);
    tcase_add_loop_test(t, quotas_are_largest_remainder, 0, 50);
    tcase_add_test(t, errors_and_memory_failures);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

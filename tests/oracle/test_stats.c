/* Statistics against closed forms, numerical integration, definitions by plain loops, and coverage by simulation. */
#include <float.h>

#include "stats.h"
#include "test_main.h"

/* Student's t: 1 df is the Cauchy law, t = tan(pi (p - 1/2)); 2 df: with a = 2p - 1, t = a sqrt(2 / (1 - a^2)); 4
 * df: the distribution function is 1/2 + (3/8) s (1 - s^2/12 * t^2/(1+t^2/4)) with s = t/sqrt(1+t^2/4) (integrate
 * (1+t^2/4)^(-5/2)). */
START_TEST(t_has_its_closed_forms)
{
    double worst = 0;
    for (int i = 1; i < 400; i++) {
        const double p = i / 400.0, a = 2 * p - 1;
        const double one = tan(M_PI * (p - 0.5)), two = a * sqrt(2 / (1 - a * a));
        worst = fmax(worst, fabs(sb_stat_t_quantile(p, 1) - one) / (1 + fabs(one)));
        worst = fmax(worst, fabs(sb_stat_t_quantile(p, 2) - two) / (1 + fabs(two)));
        worst = fmax(worst, fabs(sb_stat_t_cdf(one, 1) - p));
        worst = fmax(worst, fabs(sb_stat_t_cdf(two, 2) - p));
        const double t = -5 + i / 40.0, u = 1 + t * t / 4, s = t / sqrt(u);
        worst = fmax(worst, fabs(sb_stat_t_cdf(t, 4) - (0.5 + 0.375 * s * (1 - t * t / (12 * u)))));
    }
    ck_assert_msg(worst < 256 * DBL_EPSILON, "%.3g", worst); /* exp and lgamma of moderate arguments, a few dozen eps */
}
END_TEST

/* Any df: Simpson's rule on the density, whose constant comes from the recurrence of the gamma function. */
static double t_upper_by_simpson(double t, int df)
{
    /* density at 0: 1/pi for 1 df, 1/sqrt(8) for 2, and c(v)/c(v-2) = (v-1)/(v-2) sqrt((v-2)/v) */
    double constant = df % 2 ? 1 / M_PI : 1 / sqrt(8.0);
    for (int v = df % 2 ? 3 : 4; v <= df; v += 2) constant *= (v - 1.0) / (v - 2.0) * sqrt((v - 2.0) / v);
    const int steps = 4000;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
        const double x = t * i / steps, weight = i == 0 || i == steps ? 1 : i % 2 ? 4 : 2;
        sum += weight * pow(1 + x * x / df, -(df + 1) / 2.0);
    }
    return 0.5 - constant * sum * t / steps / 3;
}

START_TEST(t_agrees_with_integration)
{
    double worst = 0, back = 0;
    const int dfs[] = {1, 2, 3, 5, 8, 9, 29, 64, 200, 999};
    for (size_t k = 0; k < sizeof dfs / sizeof *dfs; k++)
        for (double t = 0.05; t < 5; t += 0.37) {
            const double tail = 1 - sb_stat_t_cdf(t, dfs[k]);
            worst = fmax(worst, fabs(tail - t_upper_by_simpson(t, dfs[k])));
            back = fmax(back, fabs(sb_stat_t_cdf(sb_stat_t_quantile(1 - tail, dfs[k]), dfs[k]) - (1 - tail)));
        }
    ck_assert_msg(worst < 1e-11, "%.3g", worst); /* Simpson: (t/4000)^4 times the fourth derivative */
    ck_assert_msg(back < 64 * DBL_EPSILON, "%.3g", back);
}
END_TEST

/* Integer a, b: I_x(a,b) = P(Bin(a+b-1, x) >= a) (DLMF 8.17.5). */
START_TEST(beta_is_a_binomial_tail)
{
    double worst = 0;
    for (int a = 1; a <= 12; a++)
        for (int b = 1; b <= 12; b++)
            for (double x = 0; x <= 1; x += 0.0625) {
                const int n = a + b - 1;
                double tail = 0;
                for (int j = a; j <= n; j++) {
                    double choose = 1;
                    for (int i = 0; i < j; i++) choose = choose * (n - i) / (i + 1);
                    tail += choose * pow(x, j) * pow(1 - x, n - j);
                }
                worst = fmax(worst, fabs(sb_stat_beta(a, b, x) - tail));
            }
    ck_assert_msg(worst < 512 * DBL_EPSILON, "%.3g", worst);
    ck_assert(isnan(sb_stat_beta(0, 1, 0.5)) && isnan(sb_stat_beta(1, 1, NAN)) && isnan(sb_stat_t_quantile(1, 3)));
}
END_TEST

START_TEST(location_and_spread_by_definition)
{
    const double x[] = {3, NAN, 1, 4, 1, 5, NAN}, same[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    double kept[7];
    ck_assert_uint_eq(sb_stat_keep(x, 7, kept), 5);
    ck_assert_double_eq_tol(sb_stat_mean(kept, 5), 2.8, 4 * DBL_EPSILON);
    ck_assert_double_eq_tol(sb_stat_sd(kept, 5), sqrt(12.8 / 4), 4 * DBL_EPSILON); /* 0.04 + 2 3.24 + 1.44 + 4.84 */
    sb_stat_sort(kept, 5);
    ck_assert_double_eq(sb_stat_quantile(kept, 5, 0.5), 3);
    ck_assert_double_eq(sb_stat_quantile(kept, 5, 0), 1);
    ck_assert_double_eq(sb_stat_quantile(kept, 5, 1), 5);
    ck_assert_double_eq_tol(sb_stat_quantile(kept, 5, 0.6), 3.4, 8 * DBL_EPSILON); /* position 1 + 4 x 0.6 = 3.4 */
    ck_assert_double_eq(sb_stat_mean(same, 7), 0.1);
    ck_assert_double_eq(sb_stat_sd(same, 7), 0);
    ck_assert(isnan(sb_stat_mean(x, 0)) && isnan(sb_stat_sd(x, 1)) && isnan(sb_stat_quantile(x, 0, 0.5)));
    ck_assert(isnan(sb_stat_mean_interval(x, 1, 0.95).low));
}
END_TEST

/* For every n: the interval's k by summing binomial coefficients in long double, and no wider k would do. */
START_TEST(median_interval_is_binomial)
{
    double x[64];
    for (size_t i = 0; i < 64; i++) x[i] = (double)i;
    for (size_t n = 1; n <= 60; n++) {
        long double all = 0, below[64] = {0}, choose = 1;
        for (size_t j = 0; j <= n; j++) {
            below[j] = all; /* P(Bin < j), unscaled */
            all += choose;
            choose = choose * (long double)(n - j) / (long double)(j + 1);
        }
        size_t k = 0;
        for (size_t j = 1; 2 * j <= n; j++)
            if (1 - 2 * below[j] / all >= 0.95L) k = j;
        const sb_interval r = sb_stat_median_interval(x, n, 0.95);
        if (k == 0) ck_assert_msg(isnan(r.low) && r.level < 0.95, "n = %zu", n);
        else
            ck_assert_msg(r.low == x[k - 1] && r.high == x[n - k] &&
                          fabs(r.level - (double)(1 - 2 * below[k] / all)) < 1e-12, "n = %zu: [%g, %g]", n, r.low,
                              r.high);
    }
}
END_TEST

static double normal(sb_rng *r) { return sb_rng_normal(r); }
static double skewed(sb_rng *r) { return -log(sb_rng_open(r)); } /* median ln 2 */

/* 4000 samples: the share covered is within 4 standard errors (0.0138) of 0.95, or above for the discrete interval. */
/* At the ends of the interval the tails, summed term by term, are half of what the level leaves. */
START_TEST(rate_interval_is_binomial)
{
    static const size_t trials[] = {1, 7, 40, 300};
    double worst = 0;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        const size_t n = trials[i];
        for (size_t k = 0; k <= n; k += 1 + n / 13) {
            const sb_interval ci = sb_stat_rate_interval(k, n, 0.95);
            double most = 0, least = 0; /* P(X <= k | high), P(X >= k | low) */
            for (size_t j = 0; j <= n; j++) {
                const double log_c = lgamma((double)n + 1) - lgamma((double)j + 1) - lgamma((double)(n - j) + 1);
                const double a = (double)j, b = (double)(n - j);
                if (j <= k && k < n) most += exp(log_c + a * log(ci.high) + b * log1p(-ci.high));
                if (j >= k && k > 0) least += exp(log_c + a * log(ci.low) + b * log1p(-ci.low));
            }
            if (k < n) worst = fmax(worst, fabs(most - 0.025));
            if (k > 0) worst = fmax(worst, fabs(least - 0.025));
            ck_assert((k > 0 || ci.low == 0) && (k < n || ci.high == 1));
        }
    }
    ck_assert_msg(worst < 1e-11, "%g", worst); /* lgamma of 300 is 1,400, good to 1e-13 */
    ck_assert_double_le(fabs(sb_stat_rate_interval(0, 20, 0.95).high - (1 - pow(0.025, 0.05))), 1e-14);
    ck_assert(isnan(sb_stat_rate_interval(0, 0, 0.95).low) && isnan(sb_stat_rate_interval(3, 2, 0.95).low));
}
END_TEST

START_TEST(intervals_cover)
{
    sb_rng r = sb_rng_stream(7, "coverage");
    int mean_hits = 0, median_hits = 0;
    double promised = 0;
    for (int trial = 0; trial < 4000; trial++) {
        double x[12], y[12];
        for (int i = 0; i < 12; i++) {
            x[i] = 3 + 2 * normal(&r);
            y[i] = skewed(&r);
        }
        const sb_interval a = sb_stat_mean_interval(x, 12, 0.95);
        sb_stat_sort(y, 12);
        const sb_interval b = sb_stat_median_interval(y, 12, 0.95);
        mean_hits += a.low <= 3 && 3 <= a.high;
        median_hits += b.low <= M_LN2 && M_LN2 <= b.high;
        promised = b.level;
    }
    ck_assert_msg(fabs(mean_hits / 4000.0 - 0.95) < 0.0138, "%d", mean_hits);
    ck_assert_msg(promised >= 0.95 && fabs(median_hits / 4000.0 - promised) < 0.0138, "%d of %g", median_hits,
                  promised);
}
END_TEST

static double flip_by_force(const double *d, size_t n)
{
    double seen = 0, size = 0;
    for (size_t i = 0; i < n; i++) seen += d[i], size += fabs(d[i]);
    size_t hits = 0;
    for (size_t mask = 0; mask < (size_t)1 << n; mask++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) sum += mask >> i & 1 ? d[i] : -d[i];
        hits += fabs(sum) >= fabs(seen) - 1e-9 * size;
    }
    return (double)hits / (double)((size_t)1 << n);
}

START_TEST(sign_flips_equal_enumeration)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_rng r = sb_rng_stream((uint64_t)_i, "flips");
    const size_t n = 2 + (size_t)_i % 15;
    double d[16];
    for (size_t i = 0; i < n; i++) {
        if (_i % 3 == 0) d[i] = 0.1 + normal(&r);
        else if (_i % 3 == 1) d[i] = (double)sb_rng_below(&r, 5) / 1000 - 0.001; /* many ties and zeros */
        else d[i] = 0.8123 + 1e-4 * (double)(i + 1) - 0.8123;                    /* all one sign, rounded */
    }
    double p = -1;
    ck_assert_ok(&t, sb_stat_sign_flip(d, n, &t.cx, &p));
    ck_assert_msg(p == flip_by_force(d, n), "seed %d: %.17g, by force %.17g", _i, p, flip_by_force(d, n));
    ck_assert(p >= sb_stat_sign_flip_floor(n));
    if (_i % 3 == 2) ck_assert_double_eq(p, sb_stat_sign_flip_floor(n));
    test_ctx_release(&t);
}
END_TEST

/* Above the limit: drawn, the same each time, and within 5 standard errors of the exact share (equal differences:
 * the sum is a binomial count). */
START_TEST(many_repeats_are_drawn)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    double d[50], p = 0, again = 0;
    for (size_t i = 0; i < 50; i++) d[i] = i < 30 ? 1 : -1; /* |sum| = 10: P(Bin(50,1/2) <= 20) twice */
    ck_assert_ok(&t, sb_stat_sign_flip(d, 50, &t.cx, &p));
    ck_assert_ok(&t, sb_stat_sign_flip(d, 50, &t.cx, &again));
    const double exact = 2 * sb_stat_binomial_half(50, 20);
    ck_assert_double_eq(p, again);
    ck_assert_msg(fabs(p - exact) < 5 * sqrt(exact * (1 - exact) / 65536), "%g, exact %g", p, exact);
    test_ctx_release(&t);
}
END_TEST

START_TEST(adjusted_p_by_definition)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_rng r = sb_rng_stream((uint64_t)_i, "bh");
    double p[40], q[40];
    for (size_t i = 0; i < 40; i++) p[i] = i % 7 == 3 ? (double)NAN : ceil(20 * pow(sb_rng_unit(&r), 2)) / 20;
    ck_assert_ok(&t, sb_stat_adjust_bh(p, 40, &t.cx, q));
    double m = 0;
    for (size_t i = 0; i < 40; i++) m += !isnan(p[i]);
    for (size_t i = 0; i < 40; i++) {
        if (isnan(p[i])) {
            ck_assert(isnan(q[i]));
            continue;
        }
        double least = 1; /* smallest false discovery rate at which test i is rejected */
        for (size_t j = 0; j < 40; j++) {
            if (!(p[j] >= p[i])) continue;
            double rank = 0;
            for (size_t k = 0; k < 40; k++) rank += p[k] <= p[j];
            least = fmin(least, m * p[j] / rank);
        }
        ck_assert_msg(fabs(q[i] - least) <= 4 * DBL_EPSILON, "seed %d, test %zu: %g, by definition %g", _i, i, q[i],
                      least);
    }
    test_ctx_release(&t);
}
END_TEST

START_TEST(pairs_leave_out_nan)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const double a[] = {1, NAN, 3, 4, 5, INFINITY}, b[] = {0.5, 2, NAN, 4, 5.5, INFINITY};
    sb_paired r;
    ck_assert_ok(&t, sb_stat_pair(a, b, 6, 0.95, &t.cx, &r));
    ck_assert(r.pairs == 4 && r.missing == 2 && r.above == 1 && r.equal == 2 && r.below == 1);
    ck_assert(r.mean == 0 && r.median == 0 && r.p == 1 && r.effect == 0);
    ck_assert_ok(&t, sb_stat_pair(a, b, 1, 0.95, &t.cx, &r));
    ck_assert(r.pairs == 1 && r.mean == 0.5 && isnan(r.p) && isnan(r.ci.low) && isnan(r.effect));
    const double far[] = {INFINITY, 1}, near[] = {1, 2};
    ck_assert_ok(&t, sb_stat_pair(far, near, 2, 0.95, &t.cx, &r));
    ck_assert(isnan(r.p) && isinf(r.mean) && r.above == 1 && r.below == 1);
    ck_assert_ok(&t, sb_stat_pair(a, b, 0, 0.95, &t.cx, &r));
    ck_assert(r.pairs == 0 && isnan(r.mean) && isnan(r.p));
    test_ctx_release(&t);
}
END_TEST

START_TEST(no_memory_is_said)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const double a[] = {1, 2, 3, 4, 5, 6}, b[] = {0, 1, 1, 1, 2, 2};
    sb_paired r;
    size_t k = 0;
    for (;; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        const sb_status st = sb_stat_pair(a, b, 6, 0.95, &t.cx, &r);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
    }
    ck_assert_uint_ge(k, 5);
    double q[6];
    sb_arena_fail_at(t.cx.arena, 0);
    ck_assert_fails(&t, sb_stat_adjust_bh(a, 6, &t.cx, q), SB_ENOMEM, "6 tests");
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stats");
    TCase *t = tcase_create("stats");
    tcase_add_test(t, t_has_its_closed_forms);
    tcase_add_test(t, t_agrees_with_integration);
    tcase_add_test(t, beta_is_a_binomial_tail);
    tcase_add_test(t, location_and_spread_by_definition);
    tcase_add_test(t, median_interval_is_binomial);
    tcase_add_test(t, rate_interval_is_binomial);
    tcase_add_test(t, intervals_cover);
    tcase_add_loop_test(t, sign_flips_equal_enumeration, 0, 60);
    tcase_add_test(t, many_repeats_are_drawn);
    tcase_add_loop_test(t, adjusted_p_by_definition, 0, 30);
    tcase_add_test(t, pairs_leave_out_nan);
    tcase_add_test(t, no_memory_is_said);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

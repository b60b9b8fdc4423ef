/* Bootstrap, ranks, Friedman and Nemenyi against closed forms, published tables and plain versions of their definitions
 * that share no code with them. */
#include "stats.h"
#include "test_main.h"

static test_ctx t;
static void start(void) { test_ctx_init(&t, "rank"); }
static void stop(void) { test_ctx_release(&t); }

START_TEST(normal_distribution)
{
    /* Abramowitz & Stegun, tables 26.1 and 26.5 */
    ck_assert(fabs(sb_stat_normal_cdf(1) - 0.841344746068543) < 1e-15);
    ck_assert(fabs(sb_stat_normal_cdf(-3) - 0.001349898031630) < 1e-15);
    ck_assert(fabs(sb_stat_normal_quantile(0.975) - 1.959963984540054) < 1e-13);
    ck_assert(fabs(sb_stat_normal_quantile(0.001) + 3.090232306167813) < 1e-12);
    ck_assert(isnan(sb_stat_normal_quantile(0)) && isnan(sb_stat_normal_quantile(1)));
}
END_TEST

START_TEST(range_quantiles)
{
    /* two values: their range is |N(0,2)| */
    ck_assert(fabs(sb_stat_range_quantile(0.05, 2) - M_SQRT2 * 1.959963984540054) < 1e-9);
    /* Demsar (2006), table 5(a): q / sqrt 2 to three decimals, for k = 2..10 */
    static const double q05[] = {1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164};
    static const double q10[] = {1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920};
    double worst = 0;
    for (size_t k = 2; k <= 10; k++) {
        worst = fmax(worst, fabs(sb_stat_range_quantile(0.05, k) / M_SQRT2 - q05[k - 2]));
        worst = fmax(worst, fabs(sb_stat_range_quantile(0.10, k) / M_SQRT2 - q10[k - 2]));
    }
    ck_assert_msg(worst <= 0.00151, "off the table by %g", worst); /* the table is rounded, some entries by one unit */
    ck_assert(isnan(sb_stat_range_quantile(0.05, 1)));
}
END_TEST

/* P(F > f) by Simpson's rule on the density of b = df1 f / (df1 f + df2), which is Beta(df1/2, df2/2). */
static double plain_f_tail(double f, double df1, double df2)
{
    const double a = df1 / 2, b = df2 / 2, from = df1 * f / (df1 * f + df2);
    enum { STEPS = 20000 };
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        const double x = from + (1 - from) * i / STEPS;
        const double v = x >= 1 ? (b > 1 ? 0 : 1) : pow(x, a - 1) * pow(1 - x, b - 1);
        sum += v * (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
    }
    return sum * (1 - from) / STEPS / 3 * exp(lgamma(a + b) - lgamma(a) - lgamma(b));
}

/* Ranks by counting, the statistic in its form with the variance of all ranks (Conover 1999), which holds with ties. */
static void check_friedman(const double *score, size_t n, size_t k)
{
    double rank[16], sum[16] = {0}, all = 0, between = 0, worst = 0;
    sb_friedman f;
    ck_assert_ok(&t, sb_stat_friedman(score, n, k, 0.05, &t.cx, rank, &f));
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < k; i++) {
            double own = 1;
            for (size_t j = 0; j < k; j++) {
                if (j == i) continue;
                if (score[b * k + j] < score[b * k + i]) own += 1;
                if (score[b * k + j] == score[b * k + i]) own += 0.5;
            }
            sum[i] += own;
            all += pow(own - ((double)k + 1) / 2, 2);
        }
    for (size_t i = 0; i < k; i++) {
        worst = fmax(worst, fabs(rank[i] - sum[i] / (double)n));
        between += pow(sum[i] - (double)n * ((double)k + 1) / 2, 2);
    }
    const double chi2 = ((double)k - 1) * between / all;
    ck_assert_msg(worst < 1e-14 * (double)k, "ranks off by %g", worst);
    ck_assert_msg(fabs(f.chi2 - chi2) <= 1e-12 * chi2, "chi2 %.17g, expected %.17g", f.chi2, chi2);
    const double F = ((double)n - 1) * chi2 / ((double)n * ((double)k - 1) - chi2);
    const double p = plain_f_tail(F, (double)k - 1, ((double)k - 1) * ((double)n - 1));
    ck_assert_msg(fabs(f.p - p) < 1e-7, "p %.12g, expected %.12g", f.p, p);
}

START_TEST(friedman_by_definition)
{
    sb_rng r = sb_rng_stream(5, "scores");
    for (size_t trial = 0; trial < 40; trial++) {
        double score[12 * 8];
        const size_t n = 4 + sb_rng_below(&r, 8), k = 4 + sb_rng_below(&r, 4);
        for (size_t i = 0; i < n * k; i++)
            score[i] = trial % 2 ? (double)sb_rng_below(&r, 5) : sb_rng_unit(&r) + 0.1 * (double)(i % k);
        check_friedman(score, n, k);
    }
}
END_TEST

START_TEST(friedman_edges)
{
    double rank[3];
    sb_friedman f;
    const double tied[] = {1, 1, 1, 2, 2, 2}, clear[] = {1, 2, 3, 1, 2, 3, 4, 5, 6};
    ck_assert_ok(&t, sb_stat_friedman(tied, 2, 3, 0.05, &t.cx, rank, &f));
    ck_assert(isnan(f.p) && rank[0] == 2 && rank[2] == 2);
    ck_assert_ok(&t, sb_stat_friedman(clear, 3, 3, 0.05, &t.cx, rank, &f));
    ck_assert(f.p == 0 && fabs(f.chi2 - 6) < 1e-12 && rank[0] == 1 && rank[2] == 3);
    /* Nemenyi for k = 3, n = 3: 2.343701 sqrt(3 * 4 / 18) */
    ck_assert(fabs(f.critical - 2.343701 * sqrt(12.0 / 18)) < 1e-5);
    ck_assert_ok(&t, sb_stat_friedman(clear, 1, 3, 0.05, &t.cx, rank, &f));
    ck_assert(isnan(f.p) && isnan(f.critical));
    const double bad[] = {1, NAN};
    ck_assert_fails(&t, sb_stat_friedman(bad, 1, 2, 0.05, &t.cx, rank, &f), SB_EARG, "score 1 of block 0");
}
END_TEST

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double phi_inverse(double p) /* Newton on erf */
{
    double z = 0;
    for (int i = 0; i < 60; i++) z -= ((1 + erf(z / sqrt(2))) / 2 - p) * sqrt(2 * M_PI) * exp(z * z / 2);
    return z;
}

/* The definition (Efron 1987) with another generator, many resamples and the jackknife done literally. */
static void plain_bca(const double *x, int n, double level, double *low, double *high)
{
    enum { B = 60000 };
    static double m[B];
    unsigned long long state = 12345;
    double mean = 0, below = 0, sum = 0, cube = 0, square = 0, jack[64];
    for (int i = 0; i < n; i++) mean += x[i] / n;
    for (int b = 0; b < B; b++) {
        m[b] = 0;
        for (int i = 0; i < n; i++) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            m[b] += x[(state >> 33) % (unsigned)n] / n;
        }
        below += m[b] < mean;
    }
    qsort(m, B, sizeof *m, ascending);
    for (int i = 0; i < n; i++) {
        jack[i] = 0;
        for (int j = 0; j < n; j++) jack[i] += j == i ? 0 : x[j] / (n - 1);
        sum += jack[i] / n;
    }
    for (int i = 0; i < n; i++) {
        cube += pow(sum - jack[i], 3);
        square += pow(sum - jack[i], 2);
    }
    const double a = cube / (6 * pow(square, 1.5)), z0 = phi_inverse(below / B);
    for (int side = 0; side < 2; side++) {
        const double z = z0 + phi_inverse(side ? (1 + level) / 2 : (1 - level) / 2);
        const double p = (1 + erf((z0 + z / (1 - a * z)) / sqrt(2))) / 2;
        *(side ? high : low) = m[(int)(p * (B - 1))];
    }
}

START_TEST(bootstrap_by_definition)
{
    sb_rng r = sb_rng_stream(9, "sample");
    double x[25], low = 0, high = 0, scaled[25];
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 25; i++)
            x[i] = k == 0 ? sb_rng_normal(&r) : k == 1 ? -log(sb_rng_open(&r)) : sb_rng_unit(&r);
        sb_interval ci, again, moved;
        ck_assert_ok(&t, sb_stat_bootstrap(x, 25, 0.9, &t.cx, &ci));
        plain_bca(x, 25, 0.9, &low, &high);
        /* a quantile of 4095 resamples near 5% has an error of about sqrt(.05 .95 / 4095) / density, 0.033 standard
         * errors of the mean; z0 adds as much: four of their sum */
        const double tolerance = 0.2 * sb_stat_sd(x, 25) / 5;
        ck_assert_msg(fabs(ci.low - low) < tolerance && fabs(ci.high - high) < tolerance,
                      "[%g, %g], by definition [%g, %g]", ci.low, ci.high, low, high);
        ck_assert_ok(&t, sb_stat_bootstrap(x, 25, 0.9, &t.cx, &again));
        ck_assert(memcmp(&ci, &again, sizeof ci) == 0); /* the stream decides, not what ran before */
        for (int i = 0; i < 25; i++) scaled[i] = 8 * x[i];
        ck_assert_ok(&t, sb_stat_bootstrap(scaled, 25, 0.9, &t.cx, &moved));
        ck_assert(moved.low == 8 * ci.low && moved.high == 8 * ci.high); /* powers of two scale without rounding */
    }
    sb_interval ci;
    const double same[] = {2.5, 2.5, 2.5};
    ck_assert_ok(&t, sb_stat_bootstrap(same, 3, 0.95, &t.cx, &ci));
    ck_assert(ci.low == 2.5 && ci.high == 2.5);
    ck_assert_ok(&t, sb_stat_bootstrap(same, 1, 0.95, &t.cx, &ci));
    ck_assert(isnan(ci.low));
    sb_arena_fail_at(t.cx.arena, 0);
    ck_assert_fails(&t, sb_stat_bootstrap(x, 25, 0.9, &t.cx, &ci), SB_ENOMEM, "resampled");
}
END_TEST

/* Skewed samples: the share of intervals that hold the true mean, for which BCa is made. */
START_TEST(bootstrap_covers)
{
    sb_rng r = sb_rng_stream(3, "cover");
    unsigned hits = 0;
    for (int trial = 0; trial < 200; trial++) {
        double x[20];
        sb_interval ci;
        for (int i = 0; i < 20; i++) x[i] = -log(sb_rng_open(&r));
        ck_assert_ok(&t, sb_stat_bootstrap(x, 20, 0.9, &t.cx, &ci));
        hits += ci.low <= 1 && 1 <= ci.high;
    }
    /* 90% nominal; small samples of a skewed law lose some points; 200 trials have a standard error of 2.1 points */
    ck_assert_msg(hits >= 160 && hits <= 194, "%u of 200", hits);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stats_rank");
    TCase *c = tcase_create("stats_rank");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, normal_distribution);
    tcase_add_test(c, range_quantiles);
    tcase_add_test(c, friedman_by_definition);
    tcase_add_test(c, friedman_edges);
    tcase_add_test(c, bootstrap_by_definition);
    tcase_add_test(c, bootstrap_covers);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

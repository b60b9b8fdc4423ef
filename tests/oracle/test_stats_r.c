/* Statistics against R: the cases of tests/data/stats/reference.tsv, which tests/data/make_stats.R computed. */
#include <float.h>
#include <stdio.h>

#include "stats.h"
#include "test_main.h"

enum { ROOM = 512, LINE = 1 << 16 };
static test_ctx t;
static FILE *file;
static char line[LINE];

static void start(void)
{
    test_ctx_init(&t, "r");
    file = fopen(SB_SOURCE_DIR "/tests/data/stats/reference.tsv", "r");
    ck_assert_ptr_nonnull(file);
}

static void stop(void)
{
    (void)fclose(file);
    test_ctx_release(&t);
}

/* The next case of this kind. */
static bool next(const char *kind)
{
    while (fgets(line, LINE, file))
        if (strncmp(line, kind, strlen(kind)) == 0 && line[strlen(kind)] == '\t') return true;
    return false;
}

static size_t numbers(const char *name, double *v)
{
    char field[32];
    (void)snprintf(field, sizeof field, "\t%s=", name);
    const char *at = strstr(line, field);
    ck_assert_msg(at != NULL, "no '%s' in: %.60s", name, line);
    char *p = line + (at - line) + strlen(field);
    size_t n = 0;
    while (*p && *p != '\t' && *p != '\n') {
        ck_assert_uint_lt(n, ROOM);
        v[n++] = strtod(p, &p);
        while (*p == ' ') p++;
    }
    return n;
}

static double number(const char *name)
{
    double v[ROOM];
    ck_assert_uint_eq(numbers(name, v), 1);
    return v[0];
}

/* |value - R's| over the scale: R and we both round at each of some hundred operations. */
static void close_to(const char *name, double value, double scale)
{
    const double r = number(name);
    const bool fits = fabs(value - r) <= 1e-11 * fmax(scale, fabs(r));
    ck_assert_msg(fits, "%s: %.17g, R has %.17g, in: %.80s", name, value, r, line);
}

START_TEST(location_and_intervals)
{
    double x[ROOM];
    size_t cases = 0;
    for (; next("location"); cases++) {
        const size_t n = numbers("x", x);
        const sb_interval ci = sb_stat_mean_interval(x, n, number("level"));
        close_to("mean", sb_stat_mean(x, n), 1);
        close_to("sd", sb_stat_sd(x, n), 1);
        close_to("low", ci.low, 1);
        close_to("high", ci.high, 1);
        sb_stat_sort(x, n);
        close_to("median", sb_stat_quantile(x, n, 0.5), 1);
        close_to("q", sb_stat_quantile(x, n, 0.3), 1);
    }
    ck_assert_uint_eq(cases, 12);
    rewind(file);
    for (cases = 0; next("median"); cases++) {
        const size_t n = numbers("x", x);
        sb_stat_sort(x, n);
        const sb_interval ci = sb_stat_median_interval(x, n, number("level"));
        close_to("low", ci.low, 1);
        close_to("high", ci.high, 1);
        close_to("attained", ci.level, 1);
    }
    ck_assert_uint_eq(cases, 4);
}
END_TEST

START_TEST(paired_differences)
{
    double a[ROOM], b[ROOM];
    size_t cases = 0, drawn = 0;
    for (; next("paired"); cases++) {
        sb_paired r;
        const size_t n = numbers("a", a);
        ck_assert_uint_eq(numbers("b", b), n);
        ck_assert_ok(&t, sb_stat_pair(a, b, n, number("level"), &t.cx, &r));
        close_to("mean", r.mean, 1000); /* of differences of values in the thousands */
        close_to("sd", r.sd, 1000);
        close_to("median", r.median, 1000);
        close_to("low", r.ci.low, 1000);
        close_to("high", r.ci.high, 1000);
        close_to("effect", r.effect, 1);
        ck_assert(r.above == (size_t)number("above") && r.equal == (size_t)number("equal") &&
                  r.below == (size_t)number("below"));
        const double p = number("p");
        if (n <= SB_STAT_EXACT)
            close_to("p", r.p, 0);
        else /* Monte Carlo: five standard errors of the drawn share */
            ck_assert_msg(fabs(r.p - p) <= 5 * sqrt(p * (1 - p) / 65536), "%g, R has %g", r.p, p);
        drawn += n > SB_STAT_EXACT;
    }
    ck_assert(cases == 8 && drawn == 1);
}
END_TEST

START_TEST(adjusted_p)
{
    double p[ROOM], want[ROOM];
    size_t cases = 0;
    for (; next("bh"); cases++) {
        const size_t n = numbers("p", p);
        ck_assert_uint_eq(numbers("adjusted", want), n);
        ck_assert_ok(&t, sb_stat_adjust_bh(p, n, &t.cx, p));
        for (size_t i = 0; i < n; i++)
            ck_assert_msg(isnan(want[i]) ? isnan(p[i]) : fabs(p[i] - want[i]) <= 8 * DBL_EPSILON, "%zu: %g, R has %g",
                          i, p[i], want[i]);
    }
    ck_assert_uint_eq(cases, 5);
}
END_TEST

START_TEST(bca_interval)
{
    double x[ROOM], low[ROOM], high[ROOM];
    size_t cases = 0;
    for (; next("bca"); cases++) {
        sb_interval ci;
        const size_t n = numbers("x", x);
        ck_assert(numbers("low", low) == 2 && numbers("high", high) == 2);
        ck_assert_ok(&t, sb_stat_bootstrap(x, n, number("level"), &t.cx, &ci));
        const double room = 8 * DBL_EPSILON; /* means of the same values, summed in another order */
        ck_assert_msg(ci.low >= low[0] - room && ci.low <= low[1] + room, "%.17g, R has %g to %g", ci.low, low[0],
                      low[1]);
        ck_assert_msg(ci.high >= high[0] - room && ci.high <= high[1] + room, "%.17g, R has %g to %g", ci.high,
                      high[0], high[1]);
    }
    ck_assert_uint_eq(cases, 8);
}
END_TEST

START_TEST(friedman_and_nemenyi)
{
    double score[ROOM], rank[ROOM], want[ROOM];
    size_t cases = 0;
    for (; next("friedman"); cases++) {
        sb_friedman f;
        const size_t blocks = (size_t)number("blocks"), k = (size_t)number("methods");
        double worst = 0;
        ck_assert_uint_eq(numbers("score", score), blocks * k);
        ck_assert_uint_eq(numbers("rank", want), k);
        ck_assert_ok(&t, sb_stat_friedman(score, blocks, k, number("alpha"), &t.cx, rank, &f));
        for (size_t i = 0; i < k; i++) worst = fmax(worst, fabs(rank[i] - want[i]));
        ck_assert_msg(worst <= 1e-14 * (double)k, "%g", worst);
        close_to("chi2", f.chi2, 1);
        close_to("p", f.p, 0.1);
        /* R's qtukey stops its secant search within 1e-4 of the quantile */
        ck_assert_msg(fabs(f.critical - number("critical")) <= 2e-4 * f.critical, "%g", f.critical);
    }
    ck_assert_uint_eq(cases, 10);
}
END_TEST

START_TEST(repeats_needed)
{
    size_t cases = 0;
    for (; next("needed"); cases++) {
        const double sd = number("sd"), delta = number("delta"), alpha = number("alpha");
        const size_t n = sb_stat_repeats_needed(sd, delta, alpha, number("power"));
        ck_assert_msg(n == (size_t)number("n"), "%zu: %.100s", n, line);
        /* R's noncentral t is good to about 1e-12 absolute; ours to 1e-9 */
        const double at = sb_stat_paired_power(n, sd, -delta, alpha);
        ck_assert_msg(fabs(at - number("at")) < 1e-9, "%.12g: %.100s", at, line);
    }
    ck_assert_uint_eq(cases, 36);
    /* many: quantiles are normal, n ~ (1.959964 + 0.841621)^2 r^2, and t adds about 2 */
    const double large = 7.848879 * 100 * 100;
    ck_assert(fabs((double)sb_stat_repeats_needed(100, 1, 0.05, 0.8) - large) < 4);
    ck_assert_uint_eq(sb_stat_repeats_needed(1e6, 1, 0.05, 0.8), SIZE_MAX);
    ck_assert_uint_eq(sb_stat_repeats_needed(1, 0, 0.05, 0.8), 0);
    ck_assert_uint_eq(sb_stat_repeats_needed(NAN, 1, 0.05, 0.8), 0);
    ck_assert_uint_eq(sb_stat_repeats_needed(0, 1, 0.05, 0.8), 6); /* 2^(1-6) is the first floor below 0.05 */
    ck_assert(sb_stat_paired_power(4, 0, 1, 0.05) == 1 && isnan(sb_stat_paired_power(4, 0, 0, 0.05)));
    ck_assert(isnan(sb_stat_paired_power(1, 1, 1, 0.05)));
    /* two pairs, the longest tail: with one degree of freedom P(T > c) = P(Z1 + shift > c |Z2|), by Simpson's rule */
    const double cut = tan(M_PI * 0.475), shift = 3 * M_SQRT2, step = 1e-3;
    double sum = 0;
    for (int i = 0; i <= 9000; i++) {
        const double z = i * step, f = sqrt(2 / M_PI) * exp(-z * z / 2) * 0.5 * erfc((cut * z - shift) / M_SQRT2);
        sum += f * (i == 0 || i == 9000 ? 1 : i % 2 ? 4 : 2) * step / 3;
    }
    ck_assert_msg(fabs(sb_stat_paired_power(2, 1, 3, 0.05) - sum) < 1e-9, "%.12g",
                  sb_stat_paired_power(2, 1, 3, 0.05) - sum);
}
END_TEST

START_TEST(nested_components)
{
    double x[ROOM], levels[4], want[4];
    size_t cases = 0;
    for (; next("nested"); cases++) {
        unsigned level[4];
        sb_component c[4];
        size_t n = 1;
        ck_assert_uint_eq(numbers("level", levels), 4);
        for (int i = 0; i < 4; i++) n *= level[i] = (unsigned)levels[i];
        ck_assert_uint_eq(numbers("x", x), n);
        sb_stat_nested(x, level, 4, 0.95, c);
        static const char *const names[] = {"df", "ms", "variance", "share", "low", "high"};
        for (int k = 0; k < 6; k++) {
            ck_assert_uint_eq(numbers(names[k], want), 4);
            for (int i = 0; i < 4; i++) {
                const double v[] = {c[i].df, c[i].ms, c[i].variance, c[i].share, c[i].ci.low, c[i].ci.high};
                /* chi-squared as an F with a million degrees of freedom moves the sixth digit */
                const double room = k < 4 ? 1e-12 : 2e-5 * fmax(1, fabs(want[i]));
                ck_assert_msg(isnan(want[i]) ? isnan(v[k]) : fabs(v[k] - want[i]) <= room, "%s %d: %.12g, R has %.12g",
                              names[k], i, v[k], want[i]);
            }
        }
    }
    ck_assert_uint_eq(cases, 4);
    ck_assert(isnan(sb_stat_f_quantile(1, 2, 3)) && isnan(sb_stat_f_quantile(0.5, 0, 3)));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stats_r");
    TCase *c = tcase_create("stats_r");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, location_and_intervals);
    tcase_add_test(c, paired_differences);
    tcase_add_test(c, adjusted_p);
    tcase_add_test(c, bca_interval);
    tcase_add_test(c, friedman_and_nemenyi);
    tcase_add_test(c, repeats_needed);
    tcase_add_test(c, nested_components);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

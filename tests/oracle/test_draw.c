/* The draws against what probability theory says of them: frequencies, inclusion, unbiasedness, sizes.
 * Statistical limits are 4.5 standard errors at fixed seeds: a correct sampler passes all of them by a wide margin. */
#include "test_main.h"

#include <stdbool.h>

#include "selbench/draw.h"

static const double Z = 4.5;

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

/* Chi-square of counts against expected probabilities (cells with probability 0 must be empty), as a normal score. */
static double chi_square_z(const size_t *count, const double *p, size_t cells, size_t draws)
{
    double chi = 0, df = -1;
    for (size_t i = 0; i < cells; i++) {
        if (p[i] == 0 && count[i]) return (double)INFINITY;
        if (p[i] == 0) continue;
        const double e = (double)draws * p[i], o = (double)count[i];
        chi += (o - e) * (o - e) / e;
        df += 1;
    }
    return (chi - df) / sqrt(2 * df);
}

START_TEST(draws_with_replacement_have_their_frequencies)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    enum { N = 60, M = 200000 };
    double p[N];
    heavy(p, N, 1.5, true, 11);
    uint32_t *row = SB_NEW(t.cx.arena, M, uint32_t);
    double *w = SB_NEW(t.cx.arena, M, double);
    size_t got = 0, count[N] = {0}, wrong = 0;
    sb_rng r = sb_rng_stream(5, "with");
    ck_assert_ok(&t, sb_draw(SB_WITH_REPLACEMENT, p, N, M, &r, &t.cx, row, w, &got));
    ck_assert_uint_eq(got, M);
    for (size_t j = 0; j < M; j++) {
        count[row[j]]++;
        wrong += !(fabs(w[j] * M * p[row[j]] - 1) < 1e-15);
    }
    ck_assert_uint_eq(wrong, 0);
    const double z = chi_square_z(count, p, N, M);
    ck_assert_msg(fabs(z) < Z, "z %.2f", z);
    /* with p = 1/8 the sums are exact, so the j-th row is floor(8 u_j): freezes the code of the draw */
    double eighth[8] = {.125, .125, .125, .125, .125, .125, .125, .125};
    sb_rng a = sb_rng_stream(6, "frozen"), b = a;
    ck_assert_ok(&t, sb_draw(SB_WITH_REPLACEMENT, eighth, 8, 100, &a, &t.cx, row, w, &got));
    for (size_t j = 0; j < 100; j++) wrong += row[j] != (uint32_t)floor(8 * sb_rng_unit(&b));
    ck_assert_uint_eq(wrong, 0);
    test_ctx_release(&t);
}
END_TEST

START_TEST(successive_draws_follow_their_law)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const double p[5] = {.5, .25, 0, .15, .1};
    enum { R = 40000 };
    size_t count[25] = {0};
    double law[25] = {0};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            if (i != j && p[i] > 0 && p[j] > 0) law[5 * i + j] = p[i] * p[j] / (1 - p[i]);
    sb_rng r = sb_rng_stream(7, "successive");
    for (size_t rep = 0; rep < R; rep++) {
        uint32_t row[2];
        double w[2];
        size_t got = 0;
        ck_assert_int_eq(sb_draw(SB_SUCCESSIVE, p, 5, 2, &r, &t.cx, row, w, &got), SB_OK);
        count[5 * row[0] + row[1]]++;
    }
    const double z = chi_square_z(count, law, 25, R);
    ck_assert_msg(fabs(z) < Z, "z %.2f", z);
    test_ctx_release(&t);
}
END_TEST

/* Equal p: by symmetry of the random order every pair is equally likely; without it neighbours would never meet. */
START_TEST(pips_pairs_are_equally_likely)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    enum { N = 6, R = 30000 };
    double p[N], law[N * N] = {0};
    size_t count[N * N] = {0};
    for (size_t i = 0; i < N; i++) p[i] = 1.0 / N;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) law[i * N + j] = 1.0 / 15;
    sb_rng r = sb_rng_stream(8, "pairs");
    for (size_t rep = 0; rep < R; rep++) {
        uint32_t row[2];
        double w[2];
        size_t got = 0;
        ck_assert_int_eq(sb_draw(SB_PIPS, p, N, 2, &r, &t.cx, row, w, &got), SB_OK);
        count[row[0] > row[1] ? row[0] * N + row[1] : row[1] * N + row[0]]++;
    }
    const double z = chi_square_z(count, law, N * N, R);
    ck_assert_msg(fabs(z) < Z, "z %.2f", z);
    test_ctx_release(&t);
}
END_TEST

enum { ROWS = 40, SIZE = 12, REPEATS = 20000 };

/* _i: scheme. Inclusion frequencies against pi; exact sizes and distinct rows for pips; weights 1/pi; the estimates of
 * three totals within Z standard errors (or exact up to rounding where the variance is 0). */
START_TEST(unbiased_schemes_are_unbiased)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_scheme scheme = (sb_scheme)_i;
    double p[ROWS], pi[ROWS], loss[3][ROWS], truth[3] = {0}, mean[3] = {0}, square[3] = {0};
    size_t seen[ROWS] = {0}, bad = 0;
    heavy(p, ROWS, 1.5, false, 21);
    ck_assert_ok(&t, sb_draw_inclusion(p, ROWS, SIZE, pi, &t.cx));
    sb_rng r = sb_rng_stream(22, "losses");
    for (size_t i = 0; i < ROWS; i++) {
        loss[0][i] = 1;
        loss[1][i] = sb_rng_unit(&r);
        loss[2][i] = p[i];
        for (size_t l = 0; l < 3; l++) truth[l] += loss[l][i];
    }
    for (size_t rep = 1; rep <= REPEATS; rep++) {
        uint32_t row[ROWS];
        double w[ROWS], est[3] = {0};
        size_t got = 0, here[ROWS] = {0};
        ck_assert_int_eq(sb_draw(scheme, p, ROWS, SIZE, &r, &t.cx, row, w, &got), SB_OK);
        if (scheme != SB_POISSON) bad += got != SIZE;
        for (size_t j = 0; j < got; j++) {
            here[row[j]]++;
            seen[row[j]]++;
            if (scheme != SB_WITH_REPLACEMENT) bad += here[row[j]] > 1 || !(fabs(w[j] * pi[row[j]] - 1) < 1e-15);
            for (size_t l = 0; l < 3; l++) est[l] += w[j] * loss[l][row[j]];
        }
        for (size_t l = 0; l < 3; l++) { /* Welford */
            const double d = est[l] - mean[l];
            mean[l] += d / (double)rep;
            square[l] += d * (est[l] - mean[l]);
        }
    }
    ck_assert_uint_eq(bad, 0);
    for (size_t l = 0; l < 3; l++) {
        const double se = sqrt(square[l] / (REPEATS - 1.0) / REPEATS), off = fabs(mean[l] - truth[l]);
        ck_assert_msg(off <= Z * se + 1e-12 * truth[l], "loss %zu: %.6g for %.6g, se %.2g", l, mean[l], truth[l], se);
    }
    double worst = 0;
    for (size_t i = 0; i < ROWS && scheme != SB_WITH_REPLACEMENT; i++) {
        const double f = (double)seen[i] / REPEATS, sd = sqrt(pi[i] * (1 - pi[i]) / REPEATS);
        worst = fmax(worst, pi[i] == 1 ? (f == 1 ? 0 : (double)INFINITY) : fabs(f - pi[i]) / sd);
    }
    ck_assert_msg(worst < Z, "inclusion z %.2f", worst);
    test_ctx_release(&t);
}
END_TEST

/* Budget 1 of four rows: all 15 non-empty subsets have their conditional probability, and the weights make the mean of
 * each row's indicator times its weight exactly 1 (enumerated, not drawn). */
START_TEST(poisson_never_takes_nothing)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    enum { R = 40000 };
    const double p[4] = {.4, .3, .2, .1};
    size_t count[16] = {0}, got = 0;
    double law[16] = {0}, weight[4], expected[4] = {0}, empty = 1;
    for (size_t i = 0; i < 4; i++) empty *= 1 - p[i];
    sb_rng r = sb_rng_stream(9, "poisson");
    for (size_t rep = 0; rep < R; rep++) {
        uint32_t row[4];
        double w[4];
        size_t set = 0;
        ck_assert_int_eq(sb_draw(SB_POISSON, p, 4, 1, &r, &t.cx, row, w, &got), SB_OK);
        for (size_t j = 0; j < got; j++) {
            set |= (size_t)1 << row[j];
            weight[row[j]] = w[j];
        }
        count[set]++;
    }
    for (size_t set = 1; set < 16; set++) {
        law[set] = 1 / (1 - empty);
        for (size_t i = 0; i < 4; i++) law[set] *= set >> i & 1 ? p[i] : 1 - p[i];
        for (size_t i = 0; i < 4; i++) expected[i] += set >> i & 1 ? law[set] * weight[i] : 0;
    }
    const double z = chi_square_z(count, law, 16, R);
    ck_assert_msg(fabs(z) < Z, "z %.2f", z); /* count[0] > 0 would be infinite */
    for (size_t i = 0; i < 4; i++) ck_assert_msg(fabs(expected[i] - 1) < 1e-14, "row %zu: %.17g", i, expected[i]);
    test_ctx_release(&t);
}
END_TEST

/* The weight 1/(m p) of successive sampling: too high a total for a constant loss when p is heavy-tailed. */
START_TEST(successive_weights_are_biased_as_documented)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    enum { N = 1000, M = 100, R = 200 };
    double p[N], w[M], mean = 0;
    uint32_t row[M];
    size_t got = 0;
    heavy(p, N, 1.5, false, 31);
    sb_rng r = sb_rng_stream(32, "bias");
    for (size_t rep = 0; rep < R; rep++) {
        ck_assert_int_eq(sb_draw(SB_SUCCESSIVE, p, N, M, &r, &t.cx, row, w, &got), SB_OK);
        for (size_t j = 0; j < M; j++) mean += w[j] / R;
    }
    ck_assert_msg(mean > 1.1 * N, "total %.4g", mean);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("draw");
    TCase *t = tcase_create("draw");
    tcase_add_test(t, draws_with_replacement_have_their_frequencies);
    tcase_add_test(t, successive_draws_follow_their_law);
    tcase_add_test(t, pips_pairs_are_equally_likely);
    tcase_add_loop_test(t, unbiased_schemes_are_unbiased, SB_WITH_REPLACEMENT, SB_PIPS + 1);
    tcase_add_test(t, poisson_never_takes_nothing);
    tcase_add_test(t, successive_weights_are_biased_as_documented);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

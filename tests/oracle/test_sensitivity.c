/* `sensitivity` as an estimator of the total loss: unbiased, with the stated variance, inside the bound, and better
 * than uniform where the assumption holds. Standard deviations are exact, so the draws only have to agree with them. */
#include "sensitivity_case.h"

enum { N = 4000, K = 20, REPEATS = 1000 };

static double estimate(const sb_selection *out, const double *f)
{
    double sum = 0;
    for (size_t j = 0; j < out->m; j++) sum += out->weight[j] * f[out->row[j]];
    return sum;
}

/* sqrt((sum f^2 / p - F^2) / m): the standard deviation of the estimate of F = sum f from m draws with replacement. */
static double exact_sd(const scene *s, const double *p, const double *f, size_t m)
{
    double square = 0, total = 0;
    for (size_t i = 0; i < s->n; i++) {
        square += p[i] > 0 ? f[i] * f[i] / p[i] : 0;
        total += f[i];
    }
    return sqrt(fmax(0, square - total * total) / (double)m);
}

/* eps with m = (2 + 2 eps / 3) log(2 / delta) / eps^2 at delta = .05 */
static double bound_eps(size_t m)
{
    const double c = log(2 / 0.05) / (double)m;
    return c / 3 + sqrt(c * c / 9 + 2 * c);
}

/* _i: which m and floor. Three losses besides the queried one share the draws: constant, random, proportional to p. */
START_TEST(estimates_are_unbiased_with_the_exact_variance)
{
    static const size_t sizes[] = {54, 207, 207, 814};
    static const char *const floors[] = {"0.1", "0.1", "0.5", "0.1"};
    const size_t m = sizes[_i];
    scene s;
    scene_points(&s, N, K, 1);
    scene_set(&s, "floor", floors[_i]);
    scene_set(&s, "lambda_rule", "fixed");
    scene_set(&s, "lambda", "0.7");
    scene_ready(&s, 2);
    double *f[4] = {s.loss}, mean[4] = {0}, var[4] = {0}, total[4] = {0}, sd[4] = {0};
    sb_rng r = sb_rng_stream(2, "other losses");
    sb_selection out;
    ck_assert_ok(&s.t, scene_select(&s, m, 1000, &out));
    for (size_t l = 1; l < 4; l++) f[l] = SB_NEW(s.t.cx.arena, N, double);
    for (size_t i = 0; i < N; i++) {
        f[1][i] = 1;
        f[2][i] = sb_rng_unit(&r);
        f[3][i] = out.prob[i];
        for (size_t l = 0; l < 4; l++) total[l] += f[l][i];
    }
    for (size_t l = 0; l < 4; l++) sd[l] = exact_sd(&s, out.prob, f[l], m);
    const double limit = bound_eps(m) * out.score_sum;
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    size_t outside = 0;
    for (uint64_t rep = 1; rep <= REPEATS; rep++) {
        ck_assert_int_eq(scene_select(&s, m, 1000 + rep, &out), SB_OK);
        for (size_t l = 0; l < 4; l++) { /* Welford */
            const double e = estimate(&out, f[l]), d = e - mean[l];
            mean[l] += d / (double)rep;
            var[l] += d * (e - mean[l]) / (REPEATS - 1);
            if (l == 0) outside += fabs(e - s.total) >= limit;
        }
        sb_arena_rewind(s.t.cx.arena, mark);
    }
    for (size_t l = 0; l < 4; l++) {
        const double off = fabs(mean[l] - total[l]), rounding = 1e-12 * total[l];
        ck_assert_msg(off <= 4.5 * sd[l] / sqrt(REPEATS) + rounding, "loss %zu: mean %.8g, true %.8g", l, mean[l],
                      total[l]);
        if (l == 3) continue;                                                        /* no variance */
        const double z = (var[l] / (sd[l] * sd[l]) - 1) * sqrt((REPEATS - 1) / 2.0); /* chi-square, 99.9% */
        ck_assert_msg(fabs(z) < 3.3, "loss %zu: variance %.6g, exact %.6g, z %.2f", l, var[l], sd[l] * sd[l], z);
    }
    ck_assert_msg(outside <= REPEATS / 20, "%zu estimates outside the bound", outside);
    test_ctx_release(&s.t);
}
END_TEST

/* q >= l holds by construction, with lambda as planted: the sd must be well below uniform's (without replacement). */
START_TEST(beats_uniform_where_the_assumption_holds)
{
    scene s;
    scene_points(&s, N, K, (uint64_t)_i + 100);
    scene_set(&s, "lambda_rule", "fixed");
    scene_set(&s, "lambda", "0.7");
    scene_set(&s, "floor", "0");
    scene_ready(&s, 2);
    sb_selection out;
    ck_assert_ok(&s.t, scene_select(&s, 207, 1, &out));
    const double mean = s.total / N, sd = exact_sd(&s, out.prob, s.loss, 207);
    double spread = 0;
    for (size_t i = 0; i < N; i++) spread += (s.loss[i] - mean) * (s.loss[i] - mean) / (N - 1.0);
    const double uniform = N * sqrt((1 - 207.0 / N) * spread / 207);
    ck_assert_msg(sd <= 0.65 * uniform, "instance %d: ratio %.3f", _i, sd / uniform);
    ck_assert_msg(out.score_sum <= s.total + 2 * case_lambda * scene_note(&out, "phi"), "Q above L + 2 lambda Phi");
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(all_rows_as_centres_give_the_exact_total)
{
    scene s;
    scene_points(&s, 150, 150, 7);
    scene_set(&s, "floor", "0");
    scene_ready(&s, 2);
    sb_selection out;
    double worst = 0, off = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        ck_assert_ok(&s.t, scene_select(&s, 13, seed, &out));
        worst = fmax(worst, fabs(estimate(&out, s.loss) / s.total - 1));
    }
    for (size_t i = 0; i < s.n; i++) off = fmax(off, fabs(out.prob[i] * s.total - s.loss[i]) / s.total);
    ck_assert_uint_eq(s.meter.losses, 150);
    ck_assert_msg(worst <= 1e-13 && off <= 1e-13, "estimates off by %.3g, scores by %.3g", worst, off);
    test_ctx_release(&s.t);
}
END_TEST

/* Certain rows (joined centres, joining warm-up) and draws from the others: the sum over both is unbiased. _i: scheme
 * for the unbiased ones. The warm-up's rows stand for themselves outside the selection. */
START_TEST(joined_centres_keep_it_unbiased)
{
    static const char *const schemes[] = {"with_replacement", "poisson", "pips"};
    static const uint32_t warm[] = {0, 3, 8, 100, 101};
    scene s;
    scene_points(&s, 400, K, 8);
    scene_set(&s, "centres", "join");
    scene_set(&s, "draw", schemes[_i]);
    scene_ready(&s, 2);
    s.warm = warm;
    s.warm_n = 5;
    size_t certain = K, wrong = 0;
    for (size_t j = 0; j < K; j++)
        for (size_t w = 0; w < 5; w++) certain -= s.r.centre[j] == warm[w];
    double mean = 0, var = 0, known = 0;
    for (size_t w = 0; w < 5; w++) known += s.loss[warm[w]];
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (uint64_t rep = 1; rep <= REPEATS; rep++) {
        sb_selection out;
        ck_assert_int_eq(scene_select(&s, 80, rep, &out), SB_OK);
        wrong += !out.prob != (_i != 0) || out.certain != certain || (_i != 1 && out.m != 80);
        for (size_t j = 0; j < out.m; j++) {
            const uint32_t row = out.row[j];
            const bool centre = s.r.km.medoid[s.r.km.cluster[row]] == row;
            wrong += centre != (j < certain) || (centre && out.weight[j] != 1);
            for (size_t w = 0; w < 5; w++) wrong += row == warm[w];
        }
        const double e = estimate(&out, s.loss) + known, d = e - mean;
        mean += d / (double)rep;
        var += d * (e - mean) / (REPEATS - 1);
        sb_arena_rewind(s.t.cx.arena, mark);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_msg(fabs(mean - s.total) <= 4.5 * sqrt(var / REPEATS), "mean %.8g, true %.8g", mean, s.total);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(unweighted_and_budget_relative_clusters)
{
    scene s;
    scene_points(&s, 400, K, 9);
    scene_set(&s, "weighted", "false");
    scene_set(&s, "k", "20%m");
    scene_ready(&s, 2);
    ck_assert_ptr_null(s.state);
    sb_selection out;
    ck_assert_ok(&s.t, scene_select(&s, 100, 1, &out));
    ck_assert(out.weight == NULL && out.prob == NULL && out.score_sum == 0 && out.m == 100);
    ck_assert_uint_eq(s.meter.losses, 20);
    ck_assert_ok(&s.t, scene_select(&s, 50, 1, &out));
    ck_assert_uint_eq(s.meter.losses, 10);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sensitivity");
    TCase *t = tcase_create("sensitivity");
    tcase_add_loop_test(t, estimates_are_unbiased_with_the_exact_variance, 0, 4);
    tcase_add_loop_test(t, beats_uniform_where_the_assumption_holds, 0, 20);
    tcase_add_test(t, all_rows_as_centres_give_the_exact_total);
    tcase_add_loop_test(t, joined_centres_keep_it_unbiased, 0, 3);
    tcase_add_test(t, unweighted_and_budget_relative_clusters);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

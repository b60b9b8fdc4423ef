/* `sensitivity` with `query: mean` or `rms`, the anchor that knows all losses: its scores, and that no draw which
 * treats the rows of a cluster alike has a smaller variance. */
#include "sensitivity_case.h"

/* m times the variance of the estimated total loss, in closed form. */
static double variance(const scene *s, const double *p)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) sum += s->loss[i] > 0 ? s->loss[i] * s->loss[i] / p[i] : 0;
    return sum - s->total * s->total;
}

/* _i: mean or rms; with and without centres and a warm-up that join, whose rows the draws do not stand for. */
START_TEST(known_cluster_losses_are_the_formula)
{
    static const uint32_t warm[] = {0, 3, 8, 100, 101};
    scene s;
    sb_selection out;
    scene_points(&s, 400, 20, 7);
    scene_set(&s, "query", _i % 2 ? "rms" : "mean");
    scene_set(&s, "centres", _i < 2 ? "none" : "join");
    scene_set(&s, "lambda_rule", "fixed");
    scene_set(&s, "lambda", "0.3");
    scene_set(&s, "floor", "0");
    scene_ready(&s, 2);
    if (_i >= 2) {
        s.warm = warm;
        s.warm_n = 5;
    }
    ck_assert_ok(&s.t, scene_select(&s, 80, 1, &out));
    ck_assert(s.meter.losses == s.n && s.asks == s.n);
    double known[20] = {0}, q[400] = {0};
    size_t rows[20] = {0}, in[400] = {0};
    for (size_t w = 0; w < s.warm_n; w++) in[warm[w]] = 1;
    for (size_t j = 0; j < s.k && _i >= 2; j++) in[s.r.centre[j]] = 1;
    for (size_t i = 0; i < s.n; i++) {
        known[s.r.km.cluster[i]] += in[i] ? 0 : pow(s.loss[i], 1 + _i % 2);
        rows[s.r.km.cluster[i]] += !in[i];
    }
    for (size_t i = 0; i < s.n; i++) {
        const size_t j = s.r.km.cluster[i];
        if (!in[i]) q[i] = pow(known[j] / (double)rows[j], 1 / (1.0 + _i % 2)) + 0.3 * s.r.v[i];
    }
    scene_expect_scores(&s, &out, q, 0, true);
    s.loss[5] = NAN;
    ck_assert_fails(&s.t, scene_select(&s, 80, 1, &out), SB_ENUM, "loss of row 5");
    test_ctx_release(&s.t);
}
END_TEST

/* With the distance left out, rms has the smallest variance of all draws that treat the rows of a cluster alike: it is
 * (sum_C |C| rms_C)^2 - L^2, below that of the mean, of the centres, and of any change of one cluster's share. */
START_TEST(rms_is_the_best_that_clusters_can_do)
{
    static const char *const queries[] = {"rms", "mean", "centre"};
    scene s;
    sb_selection out;
    double var[3], p[400], square[20] = {0}, root = 0;
    scene_points(&s, 400, 20, (uint64_t)_i + 20);
    scene_set(&s, "ratio", "0");
    scene_set(&s, "floor", "0.01"); /* a centre without loss would leave its cluster out */
    scene_ready(&s, 2);
    for (size_t k = 0; k < 3; k++) {
        scene_set(&s, "query", queries[k]);
        ck_assert_ok(&s.t, scene_select(&s, 60, 1, &out));
        var[k] = variance(&s, out.prob);
    }
    scene_set(&s, "floor", "0");
    scene_set(&s, "query", "rms");
    ck_assert_ok(&s.t, scene_select(&s, 60, 1, &out));
    const double least = variance(&s, out.prob);
    for (size_t i = 0; i < s.n; i++) square[s.r.km.cluster[i]] += s.loss[i] * s.loss[i];
    for (size_t j = 0; j < s.k; j++) root += sqrt(square[j] * (double)s.r.km.size[j]);
    const double want = root * root - s.total * s.total;
    ck_assert_msg(fabs(least / want - 1) < 1e-9, "variance %.12g, closed form %.12g", least, want);
    ck_assert(least <= var[0] && var[0] < var[1] * (1 + 1e-3) && var[1] < var[2]);
    size_t better = 0;
    for (size_t j = 0; j < s.k; j++)
        for (int up = 0; up < 2; up++) { /* one cluster's share up or down by a tenth */
            double sum = 0;
            for (size_t i = 0; i < s.n; i++) sum += p[i] = out.prob[i] * (s.r.km.cluster[i] != j ? 1 : up ? 1.1 : 0.9);
            for (size_t i = 0; i < s.n; i++) p[i] /= sum;
            better += variance(&s, p) < least * (1 - 1e-12);
        }
    ck_assert_uint_eq(better, 0);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sensitivity_known");
    TCase *t = tcase_create("sensitivity_known");
    tcase_add_loop_test(t, known_cluster_losses_are_the_formula, 0, 4);
    tcase_add_loop_test(t, rms_is_the_best_that_clusters_can_do, 0, 5);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

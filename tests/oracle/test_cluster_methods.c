/* kmeans_center, prototypes, lightweight_coreset and kmeans_sensitivity: planted clusters, closed forms, unbiasedness.
 */
#include "select_case.h"

enum { CLUSTERS = 6, D = 6 };

/* Tight clusters of growing size around 100 e_g: row i belongs to cluster group[i]. */
static size_t planted(select_case *s, size_t *group)
{
    size_t n = 0;
    case_init(s, KIND_GAUSS, CASE_ROWS, D, 1);
    float *x = SB_NEW(s->t.cx.arena, CASE_ROWS * D, float);
    for (size_t g = 0; g < CLUSTERS; g++)
        for (size_t k = 0; k < 5 + 4 * g; k++, n++) {
            group[n] = g;
            for (size_t j = 0; j < D; j++) x[n * D + j] = (float)(0.1 * case_value(s, n, j) + (j == g ? 100 : 0));
        }
    s->x = (sb_mat){x, n, D, D};
    return n;
}

START_TEST(one_row_of_each_cluster_nearest_to_its_mean)
{
    static const char *const weighted[] = {"weighted", "true", NULL};
    select_case s;
    size_t group[CASE_ROWS], hit[CLUSTERS] = {0}, bad = 0;
    const size_t n = planted(&s, group);
    const sb_selection out = case_run(&s, "kmeans_center", CLUSTERS, weighted);
    double total = 0;
    for (size_t t = 0; t < CLUSTERS; t++) {
        const size_t g = group[out.row[t]], size = 5 + 4 * g;
        double mean[D] = {0}, own = 0;
        hit[g]++;
        bad += out.weight[t] != (double)size;
        total += out.weight[t];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < D && group[i] == g; j++) mean[j] += case_value(&s, i, j) / (double)size;
        for (size_t j = 0; j < D; j++) own += pow(case_value(&s, out.row[t], j) - mean[j], 2);
        for (size_t i = 0; i < n; i++) {
            double other = 0;
            for (size_t j = 0; j < D; j++) other += pow(case_value(&s, i, j) - mean[j], 2);
            bad += group[i] == g && other < own * (1 - 1e-3); /* centres are float32: 1e-5 of distances of 0.1 */
        }
    }
    for (size_t g = 0; g < CLUSTERS; g++) bad += hit[g] != 1;
    ck_assert_uint_eq(bad, 0);
    ck_assert(total == (double)n);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(all_rows_or_all_but_the_warm_up)
{
    static const char *const weighted[] = {"weighted", "true", NULL};
    select_case s;
    case_init(&s, _i % 2 ? KIND_BLOBS : KIND_LATTICE, 50, 3, _i);
    if (_i >= 2) case_join(&s);
    for (size_t m = 50 - s.warm_n; m > 43; m--) {
        double total = 0;
        const sb_selection out = case_run(&s, "kmeans_center", m, weighted);
        case_expect_distinct(&s, &out);
        for (size_t j = 0; j < m; j++) total += out.weight[j];
        ck_assert(total == (double)(50 - s.warm_n));
    }
    test_ctx_release(&s.t);
}
END_TEST

/* One prototype is the mean: scores and their order follow by plain loops; easy is hard reversed. */
START_TEST(one_prototype_is_the_mean)
{
    const char *options[] = {"k", "1", "keep", _i % 2 ? "easy" : "hard", "distance", _i < 2 ? "cosine" : "euclidean",
                             NULL};
    select_case s;
    case_init(&s, KIND_GAUSS, 80, D, _i);
    if (_i == 3) case_join(&s);
    double mean[D] = {0}, score[80], worst = 0;
    unsigned char picked[80] = {0};
    for (size_t i = 0; i < 80; i++)
        for (size_t j = 0; j < D; j++) mean[j] += case_value(&s, i, j) / 80;
    for (size_t i = 0; i < 80; i++) {
        double xm = 0, xx = 0, mm = 0, dd = 0;
        for (size_t j = 0; j < D; j++) {
            const double v = case_value(&s, i, j);
            xm += v * mean[j];
            xx += v * v;
            mm += mean[j] * mean[j];
            dd += (v - mean[j]) * (v - mean[j]);
        }
        score[i] = (_i % 2 ? 1 : -1) * (_i < 2 ? 1 - xm / sqrt(xx * mm) : dd);
    }
    const sb_selection out = case_run(&s, "prototypes", 30, options);
    case_expect_distinct(&s, &out);
    for (size_t t = 0; t < 30; t++) {
        for (size_t i = 0; i < 80; i++)
            if (!picked[i] && !case_is_warm(&s, i)) worst = fmax(worst, score[out.row[t]] - score[i]);
        picked[out.row[t]] = 1;
    }
    ck_assert_msg(worst < 1e-5, "a row is better than a pick by %.3g", worst); /* float32 centroid of values near 1 */
    test_ctx_release(&s.t);
}
END_TEST

/* p by its formula, and k = 1, alpha = 1 of kmeans_sensitivity is the same up to the float32 centre. */
START_TEST(probabilities_are_the_formula)
{
    static const char *const one[] = {"k", "1", "alpha", "1", NULL};
    select_case s;
    case_init(&s, _i % 2 ? KIND_GAUSS : KIND_OUTLIER, 120, D, _i);
    double mean[D] = {0}, square[120] = {0}, sum = 0, worst = 0, apart = 0;
    for (size_t i = 0; i < 120; i++)
        for (size_t j = 0; j < D; j++) mean[j] += case_value(&s, i, j) / 120;
    for (size_t i = 0; i < 120; i++) {
        for (size_t j = 0; j < D; j++) square[i] += pow(case_value(&s, i, j) - mean[j], 2);
        sum += square[i];
    }
    const sb_selection light = case_run(&s, "lightweight_coreset", 40, NULL);
    const double *const p = light.prob;
    for (size_t i = 0; i < 120; i++) {
        worst = fmax(worst, fabs(p[i] - 1 / 240.0 - square[i] / (2 * sum)));
        ck_assert(p[i] >= (1 - 1e-12) / 240);
    }
    const sb_selection km = case_run(&s, "kmeans_sensitivity", 40, one);
    for (size_t i = 0; i < 120; i++) apart = fmax(apart, fabs(km.prob[i] - p[i]));
    ck_assert_msg(worst < 1e-14, "p differs from the formula by %.3g", worst); /* 120 terms of eps, p <= 1 */
    ck_assert_msg(apart < 1e-6, "one cluster differs from lightweight by %.3g", apart);
    test_ctx_release(&s.t);
}
END_TEST

/* Weighted sums of three losses over many seeds: within 4.5 standard errors of the truth. */
START_TEST(sums_are_unbiased)
{
    enum { SEEDS = 400, N = 60 };
    static const char *const few[] = {"k", "5", NULL};
    select_case s;
    double loss[3][N], truth[3] = {0}, first[3] = {0}, second[3] = {0};
    case_init(&s, KIND_BLOBS, N, D, 3);
    for (size_t i = 0; i < N; i++) {
        loss[0][i] = 1;
        loss[1][i] = fabs(s.factor[i * CASE_CLASSES]);
        loss[2][i] = fabs(case_value(&s, i, 0));
        for (size_t k = 0; k < 3; k++) truth[k] += loss[k][i];
    }
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sb_arena_rewind(s.t.cx.arena, mark);
        s.t.cx.seed = seed;
        const sb_selection out =
            _i ? case_run(&s, "kmeans_sensitivity", 20, few) : case_run(&s, "lightweight_coreset", 20, NULL);
        for (size_t k = 0; k < 3; k++) {
            double total = 0;
            for (size_t j = 0; j < 20; j++) total += out.weight[j] * loss[k][out.row[j]];
            first[k] += (total - truth[k]) / SEEDS;
            second[k] += pow(total - truth[k], 2) / SEEDS;
        }
    }
    for (size_t k = 0; k < 3; k++)
        ck_assert_msg(fabs(first[k]) <= 4.5 * sqrt(second[k] / SEEDS), "loss %zu: bias %g, sd %g", k, first[k],
                      sqrt(second[k]));
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cluster_methods");
    TCase *t = tcase_create("cluster_methods");
    tcase_add_test(t, one_row_of_each_cluster_nearest_to_its_mean);
    tcase_add_loop_test(t, all_rows_or_all_but_the_warm_up, 0, 4);
    tcase_add_loop_test(t, one_prototype_is_the_mean, 0, 4);
    tcase_add_loop_test(t, probabilities_are_the_formula, 0, 4);
    tcase_add_loop_test(t, sums_are_unbiased, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

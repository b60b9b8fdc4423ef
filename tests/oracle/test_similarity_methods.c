/* graph_cut and log_det against matrices of similarities written out by plain loops, freesel against its rule. */
#include "select_case.h"

enum { N = 60, D = 4 };

/* s = (1 + cos)/2 of rows or of explicit gradients a (x) [x; 1], by plain loops. */
static double similarity(const select_case *s, size_t i, size_t j, bool gradients)
{
    double ij = 0, ii = 0, jj = 0;
    for (size_t c = 0; c < (gradients ? CASE_CLASSES : 1); c++)
        for (size_t k = 0; k < (gradients ? s->x.d + 1 : s->x.d); k++) {
            const double x = k < s->x.d ? case_value(s, i, k) : 1, y = k < s->x.d ? case_value(s, j, k) : 1;
            const double a = gradients ? s->factor[i * CASE_CLASSES + c] * x : x;
            const double b = gradients ? s->factor[j * CASE_CLASSES + c] * y : y;
            ij += a * b;
            ii += a * a;
            jj += b * b;
        }
    return ii > 0 && jj > 0 ? 0.5 + 0.5 * ij / sqrt(ii * jj) : 0.5;
}

static const char *const plain[] = {NULL}, *const gradients[] = {"space", "gradients", NULL},
                         *const balance[] = {"balance", "true", NULL},
                         *const deepcore[] = {"variant", "deepcore", NULL};

static double cut(const select_case *s, const unsigned char *in, const unsigned char *group, double lambda, bool grads)
{
    double f = 0;
    for (size_t j = 0; j < s->x.n; j++)
        for (size_t i = 0; i < s->x.n && in[j]; i++)
            f += group[i] && group[j] ? (lambda - (in[i] ? 1 : 0)) * similarity(s, i, j, grads) : 0;
    return f;
}

/* Each pick raises f by as much as any row would: 60 x 60 terms of at most 1, rounded to 1e-16: 1e-12. */
START_TEST(graph_cut_takes_the_best_row)
{
    const char *const *const options[] = {plain, gradients, balance};
    const int kinds[] = {KIND_GAUSS, KIND_BLOBS, KIND_LATTICE, KIND_CONSTANT};
    select_case s;
    case_init(&s, kinds[_i % 4], 40, D, _i);
    if (_i % 5 == 3) case_join(&s);
    const sb_selection out = case_run(&s, "graph_cut", 24, options[_i % 3]);
    case_expect_distinct(&s, &out);
    unsigned char in[CASE_ROWS] = {0}, group[CASE_ROWS];
    double worst = 0;
    memset(group, 1, sizeof group);
    for (size_t j = 0; j < s.warm_n; j++) in[s.warm[j]] = 1;
    const double start = cut(&s, in, group, 1, _i % 3 == 1);
    for (size_t t = 0; t < out.m; t++) {
        double best = -(double)INFINITY, got = 0;
        for (size_t i = 0; i < s.x.n; i++) group[i] = _i % 3 != 2 || s.label[i] == s.label[out.row[t]];
        for (size_t i = 0; i < s.x.n; i++) {
            if (in[i] || !group[i]) continue;
            in[i] = 1;
            const double f = cut(&s, in, group, 1, _i % 3 == 1);
            in[i] = 0;
            best = fmax(best, f);
            if (i == out.row[t]) got = f;
        }
        in[out.row[t]] = 1;
        worst = fmax(worst, best - got);
    }
    ck_assert_msg(worst < 1e-11, "a pick is worse than another row by %.3g", worst);
    if (_i % 3 != 2) {
        const double gained = cut(&s, in, group, 1, _i % 3 == 1) - start;
        ck_assert_msg(fabs(out.note[0].value - gained) < 1e-11, "f grew by %.15g, noted %.15g", gained,
                      out.note[0].value);
    }
    test_ctx_release(&s.t);
}
END_TEST

/* Determinant of the m x m matrix a by Gaussian elimination with pivots: its logarithm. */
static double log_determinant(double *a, size_t m)
{
    double log_det = 0;
    for (size_t k = 0; k < m; k++) {
        size_t p = k;
        for (size_t i = k; i < m; i++)
            if (fabs(a[i * m + k]) > fabs(a[p * m + k])) p = i;
        for (size_t j = 0; j < m && p != k; j++) {
            const double t = a[p * m + j];
            a[p * m + j] = a[k * m + j];
            a[k * m + j] = t;
        }
        log_det += log(fabs(a[k * m + k]));
        for (size_t i = k + 1; i < m; i++) {
            const double r = a[i * m + k] / a[k * m + k];
            for (size_t j = k; j < m; j++) a[i * m + j] -= r * a[k * m + j];
        }
    }
    return log_det;
}

static double set_value(const select_case *s, const uint32_t *row, size_t m, bool grads)
{
    double a[24 * 24];
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) a[i * m + j] = similarity(s, row[i], row[j], grads) + (i == j ? 0.001 : 0);
    return log_determinant(a, m);
}

/* Condition at most 24 / 0.001, so the logarithms are good to 1e-10. */
START_TEST(log_det_takes_the_best_row)
{
    const int kinds[] = {KIND_GAUSS, KIND_BLOBS, KIND_LATTICE, KIND_CONSTANT};
    select_case s;
    case_init(&s, kinds[_i % 4], N, D, _i);
    if (_i % 5 == 3) case_join(&s);
    const bool grads = _i % 2;
    const sb_selection out = case_run(&s, "log_det", 10, grads ? gradients : plain);
    case_expect_distinct(&s, &out);
    uint32_t set[24];
    unsigned char in[N] = {0};
    double worst = 0;
    memcpy(set, s.warm, s.warm_n * sizeof *set);
    for (size_t j = 0; j < s.warm_n; j++) in[s.warm[j]] = 1;
    const double start = set_value(&s, set, s.warm_n, grads);
    for (size_t t = 0; t < out.m; t++) {
        const size_t m = s.warm_n + t;
        set[m] = out.row[t];
        const double got = set_value(&s, set, m + 1, grads);
        for (uint32_t i = 0; i < N; i++) {
            if (in[i]) continue;
            set[m] = i;
            worst = fmax(worst, set_value(&s, set, m + 1, grads) - got);
        }
        set[m] = out.row[t];
        in[out.row[t]] = 1;
    }
    ck_assert_msg(worst < 1e-9, "a pick is worse than another row by %.3g", worst);
    const double end = set_value(&s, set, s.warm_n + out.m, grads);
    ck_assert_msg(fabs(out.note[0].value - (end - start)) < 1e-9, "log det %g, noted %g", end - start,
                  out.note[0].value);
    test_ctx_release(&s.t);
}
END_TEST

/* Three tight clusters of 20: the correct form visits all three at once, DeepCore's stays where row 0 is. */
START_TEST(clusters_are_visited)
{
    select_case s;
    case_init(&s, KIND_GAUSS, N, 3, 5);
    float x[N * 3];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < 3; j++) x[i * 3 + j] = (float)(0.01 * case_value(&s, i, j) + (i / 20 == j ? 1 : 0));
    s.x = (sb_mat){x, N, 3, 3};
    size_t hit[3] = {0};
    const sb_selection out = case_run(&s, "log_det", 3, NULL);
    for (size_t t = 0; t < 3; t++) hit[out.row[t] / 20]++;
    ck_assert(hit[0] == 1 && hit[1] == 1 && hit[2] == 1);
    const sb_selection wrong = case_run(&s, "log_det", 5, deepcore);
    for (size_t t = 0; t < 5; t++) ck_assert_uint_eq(wrong.row[t] / 20, 0);
    ck_assert_uint_eq(wrong.row[0], 0);
    test_ctx_release(&s.t);
}
END_TEST

static double least_gap(const select_case *s, size_t i, const uint32_t *row, size_t m)
{
    double least = 2;
    for (size_t j = 0; j < m; j++) least = fmin(least, 2 - 2 * similarity(s, i, row[j], false));
    return least;
}

START_TEST(freesel_farthest_is_the_rule)
{
    static const char *const farthest[] = {"mode", "farthest", NULL};
    select_case s;
    case_init(&s, _i % 2 ? KIND_GAUSS : KIND_BLOBS, N, D, _i);
    if (_i % 3 == 2) case_join(&s);
    const sb_selection out = case_run(&s, "freesel", 12, farthest);
    case_expect_distinct(&s, &out);
    uint32_t all[16];
    double worst = 0;
    memcpy(all, s.warm, s.warm_n * sizeof *all);
    memcpy(all + s.warm_n, out.row, 12 * sizeof *all);
    for (size_t m = s.warm_n ? s.warm_n : 1; m < s.warm_n + 12; m++)
        for (size_t i = 0; i < N; i++) worst = fmax(worst, least_gap(&s, i, all, m) - least_gap(&s, all[m], all, m));
    ck_assert_msg(worst < 1e-13, "a pick is nearer by %.3g than the farthest row", worst);
    test_ctx_release(&s.t);
}
END_TEST

/* Two patterns of two features: the row taken has the pattern that is farthest from all patterns of the rows before. */
START_TEST(freesel_patterns_belong_together)
{
    static const char *const two[] = {"mode", "farthest", "patterns", "2", NULL}, *const three[] = {"patterns", "3",
                                                                                                    NULL};
    enum { M = 12 };
    select_case s;
    case_init(&s, _i % 2 ? KIND_GAUSS : KIND_BLOBS, N, 4, _i);
    const sb_selection out = case_run(&s, "freesel", M, two);
    case_expect_distinct(&s, &out);
    double worst = 0;
    for (size_t t = 1; t < M; t++) {
        double most = 0, own = 0;
        for (size_t k = 0; k < 2 * N; k++) {
            double least = 2;
            bool in = false;
            for (size_t j = 0; j < 2 * t; j++) {
                const size_t a = k / 2, b = out.row[j / 2], p = k % 2 * 2, q = j % 2 * 2;
                const double x0 = case_value(&s, a, p), x1 = case_value(&s, a, p + 1);
                const double y0 = case_value(&s, b, q), y1 = case_value(&s, b, q + 1);
                const double size = sqrt((x0 * x0 + x1 * x1) * (y0 * y0 + y1 * y1));
                least = fmin(least, size > 0 ? 1 - (x0 * y0 + x1 * y1) / size : 1);
                in |= a == b;
            }
            if (!in) most = fmax(most, least);
            if (k / 2 == out.row[t]) own = fmax(own, least);
        }
        worst = fmax(worst, most - own);
    }
    ck_assert_msg(worst < 1e-13, "a pick is nearer by %.3g than the farthest pattern", worst);
    sb_selection none;
    ck_assert_fails(&s.t, case_try(&s, "freesel", M, three, &none), SB_SKIP, "do not divide");
    test_ctx_release(&s.t);
}
END_TEST

/* The second pick, given the first, is row i with probability D_i^e / sum D^e: a chi-squared statistic over 30000 seeds
 * with 9 x 7 degrees of freedom stays below 130 (probability of more: 1e-6). */
START_TEST(freesel_draws_by_the_power)
{
    enum { ROWS = 9, SEEDS = 30000 };
    const char *options[] = {"exponent", _i == 0 ? "2" : _i == 1 ? "1" : "0", NULL};
    select_case s;
    case_init(&s, KIND_GAUSS, ROWS, 3, 7);
    static size_t count[ROWS][ROWS];
    memset(count, 0, sizeof count);
    const size_t mark = sb_arena_mark(s.t.cx.arena);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        sb_arena_rewind(s.t.cx.arena, mark);
        s.t.cx.seed = seed;
        const sb_selection out = case_run(&s, "freesel", 2, options);
        count[out.row[0]][out.row[1]]++;
    }
    double chi = 0;
    for (uint32_t first = 0; first < ROWS; first++) {
        double p[ROWS], sum = 0;
        size_t draws = 0;
        for (size_t i = 0; i < ROWS; i++) {
            p[i] = i == first ? 0 : pow(least_gap(&s, i, &first, 1), 2 - _i);
            sum += p[i];
            draws += count[first][i];
        }
        ck_assert(draws > 3000 && count[first][first] == 0);
        for (size_t i = 0; i < ROWS; i++) {
            const double want = p[i] / sum * (double)draws;
            if (want > 1e-3) chi += pow((double)count[first][i] - want, 2) / want;
        }
    }
    ck_assert_msg(chi < 130, "chi squared %g", chi);
    test_ctx_release(&s.t);
}
END_TEST

/* Copies of chosen rows, in another scale too, are drawn only when nothing else is left; zero rows are copies. */
START_TEST(freesel_leaves_copies_for_the_end)
{
    select_case s;
    case_init(&s, KIND_GAUSS, 40, 3, _i);
    float x[40 * 3];
    for (size_t i = 0; i < 40; i++)
        for (size_t j = 0; j < 3; j++)
            x[i * 3 + j] = i % 8 == 7 ? 0 : (float)(case_value(&s, i % 8, j)) * (i / 8 % 2 ? 1.5f : 1.0f);
    s.x = (sb_mat){x, 40, 3, 3};
    const sb_selection out = case_run(&s, "freesel", 40, NULL);
    case_expect_distinct(&s, &out);
    size_t hit[8] = {0}, bad = 0;
    for (size_t t = 0; t < 8; t++) hit[out.row[t] % 8]++;
    for (size_t g = 0; g < 8; g++) bad += hit[g] != 1;
    ck_assert_uint_eq(bad, 0);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("similarity_methods");
    TCase *t = tcase_create("similarity_methods");
    tcase_add_loop_test(t, graph_cut_takes_the_best_row, 0, 12);
    tcase_add_loop_test(t, log_det_takes_the_best_row, 0, 10);
    tcase_add_test(t, clusters_are_visited);
    tcase_add_loop_test(t, freesel_farthest_is_the_rule, 0, 6);
    tcase_add_loop_test(t, freesel_patterns_belong_together, 0, 4);
    tcase_add_loop_test(t, freesel_draws_by_the_power, 0, 3);
    tcase_add_loop_test(t, freesel_leaves_copies_for_the_end, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

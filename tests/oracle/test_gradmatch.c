/* gradmatch against explicit gradients: optimality of the weights, the first picks by brute force, exact recovery. */
#include "proxy_case.h"

#include "selbench/nnls.h"

enum { N = 60, MAX = 18 };

static double dot(const double *a, const double *b, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < k; j++) sum += a[j] * b[j];
    return sum;
}

typedef struct matching {
    proxy_case s;
    double g[N][MAX], target[MAX], rest[MAX];
    size_t k;
} matching;

static void init(matching *m, sb_kind kind)
{
    memset(m, 0, sizeof *m);
    proxy_case_init(&m->s, kind, PLAIN_GENERAL);
    m->k = proxy_case_params(&m->s);
    for (size_t i = 0; i < N; i++) {
        proxy_case_gradient(&m->s, i, false, m->g[i]);
        for (size_t j = 0; j < m->k; j++) m->target[j] += m->g[i][j];
    }
}

static double residual(matching *m, const sb_selection *out)
{
    memcpy(m->rest, m->target, sizeof m->rest);
    for (size_t i = 0; i < out->m; i++)
        for (size_t j = 0; j < m->k; j++) m->rest[j] -= out->weight[i] * m->g[out->row[i]][j];
    return sqrt(dot(m->rest, m->rest, m->k));
}

/* Of all weights >= 0 on the chosen rows none is better: w > 0 and <g_i, rest> = lambda w_i for each of them. And the
 * match gets no worse with more rows. */
START_TEST(weights_are_optimal)
{
    static const char *const lambda[] = {"lambda=0", "lambda=0.5"};
    for (size_t l = 0; l < 2; l++) {
        matching m;
        sb_selection out;
        double last = (double)INFINITY, worst = 0;
        init(&m, _i ? SB_REGRESSION : SB_CLASSIFICATION);
        for (size_t budget = 1; budget <= 12; budget++) {
            ck_assert_ok(&m.s.t, proxy_case_run(&m.s, "gradmatch", SET("per_class=false", lambda[l]), budget, &out));
            ck_assert(out.m <= budget);
            double w2 = 0;
            const double rest = residual(&m, &out);
            for (size_t i = 0; i < out.m; i++) {
                const double *const g = m.g[out.row[i]], w = out.weight[i];
                ck_assert(w > 0);
                worst = fmax(worst, fabs(dot(g, m.rest, m.k) - (l ? 0.5 : 0) * w) / sqrt(dot(g, g, m.k)));
                w2 += w * w;
            }
            const double goal = rest * rest + (l ? 0.5 : 0) * w2;
            ck_assert_msg(goal <= last * (1 + 1e-9) + 1e-12, "budget %zu: %g after %g", budget, goal, last);
            last = goal;
        }
        /* the Gram matrix of few rows has condition below 1e6; target of size 10 to 100 */
        ck_assert_msg(worst < 1e-8, "not stationary: %g", worst);
        test_ctx_release(&m.s.t);
    }
}
END_TEST

START_TEST(picks_have_the_largest_product)
{
    matching m;
    sb_selection one, two;
    init(&m, SB_CLASSIFICATION);
    ck_assert_ok(&m.s.t, proxy_case_run(&m.s, "gradmatch", SET("per_class=false"), 1, &one));
    size_t first = 0, second = N;
    for (size_t i = 1; i < N; i++) first = dot(m.g[i], m.target, m.k) > dot(m.g[first], m.target, m.k) ? i : first;
    ck_assert_uint_eq(one.row[0], first);
    const double w = dot(m.g[first], m.target, m.k) / dot(m.g[first], m.g[first], m.k);
    ck_assert(fabs(one.weight[0] / w - 1) < 1e-12);
    (void)residual(&m, &one);
    for (size_t i = 0; i < N; i++)
        if (i != first && (second == N || dot(m.g[i], m.rest, m.k) > dot(m.g[second], m.rest, m.k))) second = i;
    ck_assert_ok(&m.s.t, proxy_case_run(&m.s, "gradmatch", SET("per_class=false"), 2, &two));
    ck_assert(two.m == 2 && two.row[0] == first && two.row[1] == second);
    test_ctx_release(&m.s.t);
}
END_TEST

/* With all rows allowed a few of them reproduce the sum of all, in every class. */
START_TEST(enough_rows_match_exactly)
{
    matching m;
    sb_selection out;
    init(&m, _i ? SB_REGRESSION : SB_CLASSIFICATION);
    ck_assert_ok(&m.s.t, proxy_case_run(&m.s, "gradmatch", SET("tolerance=0"), N, &out));
    const double rest = residual(&m, &out);
    ck_assert_msg(rest < 1e-8 * sqrt(dot(m.target, m.target, m.k)), "residual %g", rest);
    if (_i == 0) {
        double part[3][MAX] = {{0}}, worst = 0;
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < m.k; j++) part[m.s.p.label[i]][j] += m.g[i][j];
        for (size_t i = 0; i < out.m; i++)
            for (size_t j = 0; j < m.k; j++) part[m.s.p.label[out.row[i]]][j] -= out.weight[i] * m.g[out.row[i]][j];
        for (size_t c = 0; c < 3; c++) worst = fmax(worst, sqrt(dot(part[c], part[c], m.k)));
        ck_assert_msg(worst < 1e-7, "a class is off by %g", worst);
    }
    test_ctx_release(&m.s.t);
}
END_TEST

/* deepcore, one group: rows by free weights, then w >= 0 with gradient conditions of |Q w - r|^2, Q = G + lambda I. */
START_TEST(deepcore_fits_the_normal_equations)
{
    matching m;
    sb_selection out;
    init(&m, SB_CLASSIFICATION);
    ck_assert_ok(&m.s.t,
                 proxy_case_run(&m.s, "gradmatch", SET("per_class=false", "variant=deepcore", "lambda=1"), 6, &out));
    double f[6] = {0}, worst = 0;
    for (size_t i = 0; i < out.m; i++) { /* Q w - r, with w of the mean: n times smaller */
        f[i] = out.weight[i] / N - dot(m.g[out.row[i]], m.target, m.k) / N;
        for (size_t j = 0; j < out.m; j++) f[i] += dot(m.g[out.row[i]], m.g[out.row[j]], m.k) * out.weight[j] / N;
    }
    for (size_t i = 0; i < out.m; i++) {
        double slope = f[i], size = 0;
        for (size_t j = 0; j < out.m; j++) {
            slope += dot(m.g[out.row[i]], m.g[out.row[j]], m.k) * f[j];
            size += fabs(dot(m.g[out.row[i]], m.target, m.k) / N);
        }
        worst = fmax(worst, fabs(slope) / (1 + size));
    }
    ck_assert_msg(out.m > 1 && worst < 1e-9, "not stationary: %g", worst);
    test_ctx_release(&m.s.t);
}
END_TEST

/* w >= 0 least squares on random problems: all conditions of optimality, with columns that come and go. */
START_TEST(nnls_meets_its_conditions)
{
    enum { K = 12, R = 8 };
    test_ctx t;
    test_ctx_init(&t, "nnls");
    sb_rng rng = sb_rng_stream((uint64_t)_i, "nnls");
    double a[R][K], b[R];
    sb_nnls s;
    ck_assert_ok(&t, sb_nnls_init(&s, K, &t.cx));
    for (size_t i = 0; i < R * K; i++) a[i / K][i % K] = sb_rng_normal(&rng) + 0.5;
    for (size_t i = 0; i < R; i++) b[i] = sb_rng_normal(&rng);
    for (size_t i = 0; i < K * K; i++)
        for (size_t r = 0; r < R; r++) s.q[i] += a[r][i / K] * a[r][i % K];
    for (size_t i = 0; i < K; i++)
        for (size_t r = 0; r < R; r++) s.r[i] += a[r][i] * b[r];
    double worst = 0;
    for (size_t step = 0; step < 200; step++) {
        size_t best = K;
        double most = 1e-10;
        worst = 0;
        for (size_t i = 0; i < K; i++) {
            double slope = s.r[i];
            for (size_t j = 0; j < K; j++) slope -= s.q[i * K + j] * s.w[j];
            ck_assert(s.w[i] >= 0);
            worst = fmax(worst, s.w[i] > 0 ? fabs(slope) : slope);
            if (s.w[i] > 0 || slope <= most) continue;
            most = slope;
            best = i;
        }
        if (best == K) break;
        (void)sb_nnls_admit(&s, (uint32_t)best);
    }
    ck_assert_msg(worst < 1e-9, "conditions off by %g", worst);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gradmatch");
    TCase *t = tcase_create("gradmatch");
    tcase_add_loop_test(t, weights_are_optimal, 0, 2);
    tcase_add_test(t, picks_have_the_largest_product);
    tcase_add_loop_test(t, enough_rows_match_exactly, 0, 2);
    tcase_add_test(t, deepcore_fits_the_normal_equations);
    tcase_add_loop_test(t, nnls_meets_its_conditions, 0, 30);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

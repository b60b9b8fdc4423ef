/* k-medoids: a fixed point by brute force, the optimum where one is clear, never dearer than where it started. */
#include "cluster_data.h"
#include "selbench/kmeans.h"

static double plain_cost(sb_mat x, const uint32_t *medoid, size_t k)
{
    double cost = 0;
    for (size_t i = 0; i < x.n; i++) {
        double near = HUGE_VAL;
        for (size_t c = 0; c < k; c++) near = fmin(near, plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, medoid[c]), x.d));
        cost += sqrt(near);
    }
    return cost;
}

static double plain_total(sb_mat x, const uint32_t *cluster, uint32_t row)
{
    double s = 0;
    for (size_t i = 0; i < x.n; i++)
        if (cluster[i] == cluster[row]) s += sqrt(plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, row), x.d));
    return s;
}

START_TEST(converges_to_a_fixed_point)
{
    test_ctx t;
    test_ctx_init(&t, "kmedoids");
    t.cx.seed = (uint64_t)_i;
    const size_t n = 50 + 9 * (size_t)(_i % 8), d = (size_t)_i % 3 * 30 + 1, k = (size_t)_i % 4 * 5 + 1;
    const sb_mat x = cluster_data(&t.cx, _i % KINDS, n, d, _i);
    sb_kmeans_options o = {.k = k, .iterations = 60};
    sb_kmeans m, start, exact;
    ck_assert_ok(&t, sb_kmeans_run(x, &o, &t.cx, &start));
    ck_assert_ok(&t, sb_kmedoids_run(x, &o, &t.cx, &m));
    o.exact = true;
    ck_assert_ok(&t, sb_kmedoids_run(x, &o, &t.cx, &exact));
    ck_assert(memcmp(m.medoid, exact.medoid, k * sizeof *m.medoid) == 0 && m.cost == exact.cost);
    ck_assert(memcmp(m.cluster, exact.cluster, n * sizeof *m.cluster) == 0);
    ck_assert(m.converged);
    const double tol = 4 * (double)(n + d) * 2.3e-16; /* sums of d squares and of n roots, in another order */
    const double cost = plain_cost(x, m.medoid, k);
    ck_assert_msg(fabs(m.cost - cost) <= tol * cost, "seed %d: cost %.17g, by definition %.17g", _i, m.cost, cost);
    ck_assert_msg(m.cost <= plain_cost(x, start.medoid, k) * (1 + tol), "seed %d: dearer than k-means' medoids", _i);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t own = m.medoid[m.cluster[i]];
        const double s = plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, own), d);
        ck_assert_msg(fabs(m.sqdist[i] - s) <= tol * s, "seed %d: row %u at %g", _i, i, m.sqdist[i]);
        for (size_t c = 0; c < k; c++) /* no medoid is nearer */
            ck_assert(s <= plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, m.medoid[c]), d) * (1 + tol));
        const double other = plain_total(x, m.cluster, i), best = plain_total(x, m.cluster, own);
        ck_assert_msg(best <= other * (1 + tol), "seed %d: row %u would be the better medoid", _i,
                      i); /* no member is better */
    }
    for (size_t c = 0; c < k; c++)
        ck_assert(memcmp(m.centre + c * d, sb_mat_row(x, m.medoid[c]), d * sizeof(float)) == 0);
    test_ctx_release(&t);
}
END_TEST

/* Three groups on a line, far apart: the best of all subsets of three rows. */
START_TEST(optimum_of_separated_groups)
{
    test_ctx t;
    test_ctx_init(&t, "kmedoids");
    t.cx.seed = (uint64_t)_i;
    sb_rng r = sb_ctx_stream(&t.cx, "line");
    float x[12];
    for (size_t i = 0; i < 12; i++) x[i] = (float)(1000 * (double)(i % 3) + 10 * sb_rng_unit(&r));
    const sb_mat X = {x, 12, 1, 1};
    double best = HUGE_VAL;
    for (uint32_t a = 0; a < 12; a++)
        for (uint32_t b = 0; b < a; b++)
            for (uint32_t c = 0; c < b; c++) best = fmin(best, plain_cost(X, (uint32_t[]){a, b, c}, 3));
    sb_kmeans m;
    ck_assert_ok(&t, sb_kmedoids_run(X, &(sb_kmeans_options){.k = 3, .iterations = 20}, &t.cx, &m));
    ck_assert_msg(fabs(m.cost - best) <= 1e-13 * best, "seed %d: %g against %g", _i, m.cost, best);
    test_ctx_release(&t);
}
END_TEST

/* Above 2048 rows the search is by the mean: still never dearer than the start. */
START_TEST(large_clusters)
{
    test_ctx t;
    test_ctx_init(&t, "kmedoids");
    const sb_mat x = cluster_data(&t.cx, KIND_GAUSS, 5000, 3, 1);
    const sb_kmeans_options o = {.k = 2, .iterations = 10};
    sb_kmeans m, start;
    ck_assert_ok(&t, sb_kmeans_run(x, &o, &t.cx, &start));
    ck_assert_ok(&t, sb_kmedoids_run(x, &o, &t.cx, &m));
    ck_assert(m.size[0] > 2048 && m.size[0] + m.size[1] == 5000);
    ck_assert(m.cost <= plain_cost(x, start.medoid, 2) * (1 + 1e-11));
    ck_assert(fabs(m.cost - plain_cost(x, m.medoid, 2)) <= 1e-11 * m.cost);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("kmedoids");
    TCase *t = tcase_create("kmedoids");
    tcase_add_loop_test(t, converges_to_a_fixed_point, 0, 32);
    tcase_add_loop_test(t, optimum_of_separated_groups, 0, 10);
    tcase_add_test(t, large_clusters);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

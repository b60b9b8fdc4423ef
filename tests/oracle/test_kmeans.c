/* k-means against plain loops written here, its pruned form against its exact form, seeding against its probabilities.
 */
#include "cluster_data.h"
#include "kmeans_steps.h"

static sb_kmeans run(test_ctx *t, sb_mat x, sb_kmeans_options o)
{
    sb_kmeans m;
    ck_assert_ok(t, sb_kmeans_run(x, &o, &t->cx, &m));
    return m;
}

static void plain_assign(sb_mat x, const float *centre, size_t k, uint32_t *cluster, double *sqdist)
{
    for (size_t i = 0; i < x.n; i++) {
        sqdist[i] = HUGE_VAL;
        for (size_t c = 0; c < k; c++) {
            const double s = plain_sqdist(sb_mat_row(x, i), centre + c * x.d, x.d);
            if (!(s < sqdist[i])) continue;
            sqdist[i] = s;
            cluster[i] = (uint32_t)c;
        }
    }
}

static size_t first_empty(const uint32_t *cluster, size_t n, size_t k)
{
    for (size_t c = 0; c < k; c++) {
        size_t size = 0;
        for (size_t i = 0; i < n; i++) size += cluster[i] == c;
        if (!size) return c;
    }
    return k;
}

/* The pass of kmeans.h by definition. Returns the clusters re-seeded. */
static size_t plain_pass(sb_mat x, size_t k, float *centre, uint32_t *cluster, double *sqdist)
{
    size_t reseeded = 0;
    for (size_t c = 0; c < k; c++)
        for (size_t j = 0; j < x.d; j++) {
            double sum = 0, size = 0;
            for (size_t i = 0; i < x.n; i++) {
                if (cluster[i] != c) continue;
                sum += (double)sb_mat_row(x, i)[j];
                size++;
            }
            if (size > 0) centre[c * x.d + j] = (float)(sum / size);
        }
    plain_assign(x, centre, k, cluster, sqdist);
    for (size_t c; (c = first_empty(cluster, x.n, k)) < k; reseeded++) {
        size_t far = 0;
        for (size_t i = 1; i < x.n; i++)
            if (sqdist[i] > sqdist[far]) far = i;
        if (sqdist[far] <= 0) break;
        memcpy(centre + c * x.d, sb_mat_row(x, far), x.d * sizeof *centre);
        plain_assign(x, centre, k, cluster, sqdist);
    }
    return reseeded;
}

/* Clusters and centres must agree exactly; distances to the rounding of a sum of d terms. */
static void compare(const sb_kmeans *m, sb_mat x, const float *centre, const uint32_t *cluster, const double *sqdist,
                    int seed)
{
    double worst = 0, inertia = 0;
    size_t differ = 0;
    for (size_t i = 0; i < x.n; i++) {
        differ += m->cluster[i] != cluster[i];
        worst = fmax(worst, fabs(m->sqdist[i] - sqdist[i]) / (sqdist[i] + 1e-300));
        inertia += sqdist[i];
    }
    ck_assert_msg(differ == 0, "seed %d: %zu of %zu rows elsewhere", seed, differ, x.n);
    ck_assert_msg(memcmp(m->centre, centre, m->k * x.d * sizeof *centre) == 0, "seed %d: centres differ", seed);
    ck_assert_msg(worst <= 2 * (double)x.d * 2.3e-16, "seed %d: distances off by %g", seed, worst);
    ck_assert_msg(fabs(m->inertia - inertia) <= (double)(x.n + x.d) * 2.3e-16 * inertia, "seed %d: inertia", seed);
}

START_TEST(lloyd_by_definition)
{
    static const int kinds[] = {KIND_BLOBS, KIND_GAUSS, KIND_LOWRANK, KIND_CONSTANT};
    test_ctx t;
    test_ctx_init(&t, "kmeans");
    t.cx.seed = (uint64_t)_i;
    const size_t n = 60 + 13 * (size_t)(_i % 11), d = (size_t)(_i * 7) % 70 + 1, k = (size_t)_i % 9 * 5 + 1;
    const sb_mat x = cluster_data(&t.cx, kinds[_i % 4], n, d, _i);
    const sb_kmeans start = run(&t, x, (sb_kmeans_options){.k = k});
    const size_t passes = 1 + (size_t)_i % 6;
    const sb_kmeans m = run(&t, x, (sb_kmeans_options){.k = k, .iterations = passes});
    uint32_t *cluster = SB_NEW(t.cx.arena, n, uint32_t);
    double *sqdist = SB_NEW(t.cx.arena, n, double);
    float *centre = SB_NEW(t.cx.arena, k * d, float);
    memcpy(centre, start.centre, k * d * sizeof *centre);
    plain_assign(x, centre, k, cluster, sqdist);
    compare(&start, x, centre, cluster, sqdist, _i);
    for (size_t p = 0; p < m.iterations; p++) (void)plain_pass(x, k, centre, cluster, sqdist);
    compare(&m, x, centre, cluster, sqdist, _i);
    ck_assert(m.iterations == passes || m.converged);
    ck_assert(m.inertia <= start.inertia && m.cost == m.inertia);
    test_ctx_release(&t);
}
END_TEST

/* A start with all centres in one place: most clusters are empty and must be re-seeded as the header says. */
START_TEST(empty_clusters_are_reseeded)
{
    test_ctx t;
    test_ctx_init(&t, "kmeans");
    const size_t n = 90, d = (size_t)_i % 2 ? 5 : 60, k = 12;
    const sb_mat x = cluster_data(&t.cx, _i % 4 < 2 ? KIND_BLOBS : KIND_GAUSS, n, d, _i);
    const sb_kmeans_options o = {.k = k, .iterations = 4, .exact = _i % 3 == 0};
    sb_kmeans m;
    sb_nearest e;
    ck_assert_ok(&t, sb_kmeans_prepare(x, &o, &t.cx, &m));
    ck_assert_ok(&t, sb_nearest_init(&e, x, k, o.exact, &t.cx));
    for (size_t c = 0; c < k; c++) memcpy(m.centre + c * d, sb_mat_row(x, c < 3 ? (size_t)_i : 1), d * sizeof(float));
    uint32_t *cluster = SB_NEW(t.cx.arena, n, uint32_t);
    double *sqdist = SB_NEW(t.cx.arena, n, double);
    float *centre = SB_NEW(t.cx.arena, k * d, float);
    memcpy(centre, m.centre, k * d * sizeof *centre);
    plain_assign(x, centre, k, cluster, sqdist);
    ck_assert_ok(&t, sb_nearest_run(&e, m.centre, k, NULL, m.cluster, m.sqdist, &t.cx));
    ck_assert_ok(&t, sb_kmeans_passes(&e, &o, &t.cx, &m));
    size_t reseeded = 0;
    for (size_t p = 0; p < m.iterations; p++) reseeded += plain_pass(x, k, centre, cluster, sqdist);
    compare(&m, x, centre, cluster, sqdist, _i);
    ck_assert_uint_ge(reseeded, k - 4);
    for (size_t c = 0; c < k; c++) ck_assert_uint_ge(m.size[c], 1);
    test_ctx_release(&t);
}
END_TEST

static void assert_same(const sb_kmeans *a, const sb_kmeans *b, size_t n, int seed)
{
    ck_assert_msg(memcmp(a->cluster, b->cluster, n * sizeof *a->cluster) == 0, "seed %d: clusters", seed);
    ck_assert_msg(memcmp(a->sqdist, b->sqdist, n * sizeof *a->sqdist) == 0, "seed %d: distances", seed);
    ck_assert_msg(memcmp(a->centre, b->centre, a->k * a->d * sizeof *a->centre) == 0, "seed %d: centres", seed);
    ck_assert_msg(memcmp(a->medoid, b->medoid, a->k * sizeof *a->medoid) == 0, "seed %d: medoids", seed);
    ck_assert_msg(memcmp(a->size, b->size, a->k * sizeof *a->size) == 0, "seed %d: sizes", seed);
    ck_assert(memcmp(&a->inertia, &b->inertia, sizeof a->inertia) == 0 && a->iterations == b->iterations);
}

extern void openblas_set_num_threads(int);

START_TEST(pruned_is_exact_bit_for_bit)
{
    test_ctx t;
    test_ctx_init(&t, "kmeans");
    t.cx.seed = (uint64_t)_i;
    const size_t dims[] = {1, 2, 10, 49, 64, 130}, d = dims[(size_t)_i % 6], n = 40 + (size_t)_i * 3;
    const size_t ks[] = {1, 5, 33, 40, n}, k = ks[(size_t)_i % 5];
    const sb_mat x = cluster_data(&t.cx, _i % KINDS, n, d, _i);
    sb_kmeans_options o = {
        .k = k, .iterations = 8, .trials = (size_t)_i % 3, .tolerance = _i % 2 ? 1e-3 : 0, .exact = true};
    const sb_kmeans exact = run(&t, x, o);
    o.exact = false;
    const sb_kmeans pruned = run(&t, x, o);
    assert_same(&exact, &pruned, n, _i);
    openblas_set_num_threads(2);
    const sb_kmeans two = run(&t, x, o);
    openblas_set_num_threads(1);
    assert_same(&exact, &two, n, _i);
    test_ctx_release(&t);
}
END_TEST

/* Isotropic data defeats projections: the GEMM takes over, with the same result; structured data keeps projections. */
START_TEST(fallback_is_taken_and_exact)
{
    test_ctx t;
    test_ctx_init(&t, "kmeans");
    for (int kind = 0; kind < 2; kind++) {
        const sb_mat x = cluster_data(&t.cx, kind ? KIND_LOWRANK : KIND_GAUSS, 900, 200, 5);
        const sb_kmeans_options o = {.k = 70, .iterations = 5, .trials = 1};
        sb_kmeans_options plain = o;
        plain.exact = true;
        sb_kmeans m;
        sb_nearest e;
        ck_assert_ok(&t, sb_kmeans_prepare(x, &o, &t.cx, &m));
        ck_assert_ok(&t, sb_nearest_init(&e, x, o.k, false, &t.cx));
        ck_assert_ok(&t, sb_kmeans_start(&e, &o, &t.cx, &m));
        ck_assert_ok(&t, sb_kmeans_passes(&e, &o, &t.cx, &m));
        ck_assert_ok(&t, sb_kmeans_nearest_rows(&m, x.n, &t.cx, m.medoid));
        ck_assert_msg(e.dense == (kind == 0), "kind %d: dense %d", kind, e.dense);
        const sb_kmeans exact = run(&t, x, plain);
        assert_same(&exact, &m, x.n, kind);
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("kmeans");
    TCase *t = tcase_create("lloyd");
    tcase_add_loop_test(t, lloyd_by_definition, 0, 44);
    tcase_add_loop_test(t, empty_clusters_are_reseeded, 0, 12);
    tcase_add_loop_test(t, pruned_is_exact_bit_for_bit, 0, 120);
    tcase_add_test(t, fallback_is_taken_and_exact);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* k-means++ draws with the probabilities of its definition; the ends of the range of k; bad input and memory. */
#include "cluster_data.h"
#include "selbench/kmeans.h"

static sb_kmeans run(test_ctx *t, sb_mat x, sb_kmeans_options o)
{
    sb_kmeans m;
    ck_assert_ok(t, sb_kmeans_run(x, &o, &t->cx, &m));
    return m;
}

enum { N = 6, DRAWS = 20000 };
/* On a line, with twins at 3 (rows 2 and 3): a twin of a seed must never follow it. */
static const float line[N] = {0, 1, 3, 3, 7, 8};

static double gap2(size_t a, size_t b) { return plain_sqdist(&line[a], &line[b], 1); }

static double potential(size_t a, size_t b)
{
    double s = 0;
    for (size_t i = 0; i < N; i++) s += fmin(gap2(i, a), gap2(i, b));
    return s;
}

/* P(second = b | first = a): one draw, or the better of two (by potential, lowest row among equals). */
static double second(size_t a, size_t b, size_t trials)
{
    double total = 0, p = 0;
    for (size_t i = 0; i < N; i++) total += gap2(i, a);
    if (trials == 1) return gap2(b, a) / total;
    for (size_t u = 0; u < N; u++)
        for (size_t v = 0; v < N; v++) {
            const double pu = potential(a, u), pv = potential(a, v);
            const size_t best = pu < pv || (pu == pv && u < v) ? u : v;
            if (best == b) p += gap2(u, a) / total * gap2(v, a) / total;
        }
    return p;
}

static void assert_chi2(const size_t *count, const double *p, size_t cells, const char *what)
{
    double chi2 = 0, df = -1;
    for (size_t c = 0; c < cells; c++) {
        if (p[c] == 0) ck_assert_msg(count[c] == 0, "%s: cell %zu is impossible", what, c);
        if (p[c] == 0) continue;
        const double e = p[c] * DRAWS;
        chi2 += ((double)count[c] - e) * ((double)count[c] - e) / e;
        df++;
    }
    ck_assert_msg(chi2 < df + 6 * sqrt(2 * df), "%s: chi-square %.1f with %.0f degrees", what, chi2,
                  df); /* six deviations */
}

START_TEST(seeds_follow_their_probabilities)
{
    test_ctx t;
    test_ctx_init(&t, "seed");
    const size_t trials = 1 + (size_t)_i;
    size_t pair[N * N] = {0}, third[N] = {0};
    double p[N * N], p3[N] = {0};
    const sb_mat x = {line, N, 1, 1};
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++) {
            p[a * N + b] = second(a, b, trials) / N;
            const double left = potential(a, b);
            for (size_t c = 0; c < N && p[a * N + b] > 0; c++)
                p3[c] += p[a * N + b] * fmin(gap2(c, a), gap2(c, b)) / left;
        }
    const size_t mark = sb_arena_mark(t.cx.arena);
    for (uint64_t s = 0; s < DRAWS; s++) {
        t.cx.seed = s;
        const sb_kmeans m = run(&t, x, (sb_kmeans_options){.k = trials == 1 ? 3 : 2, .trials = trials});
        pair[m.medoid[0] * N + m.medoid[1]]++;
        if (trials == 1) third[m.medoid[2]]++;
        sb_arena_rewind(t.cx.arena, mark);
    }
    /* the medoid of a twin's cluster is the lower twin: fold row 3 into row 2 */
    for (size_t a = 0; a < N; a++) {
        p[a * N + 2] += p[a * N + 3];
        p[a * N + 3] = 0;
    }
    for (size_t b = 0; b < N; b++) {
        p[2 * N + b] += p[3 * N + b];
        p[3 * N + b] = 0;
    }
    p3[2] += p3[3];
    p3[3] = 0;
    assert_chi2(pair, p, N * N, "pairs");
    if (trials == 1) assert_chi2(third, p3, N, "third");
    test_ctx_release(&t);
}
END_TEST

/* Blobs at distance 100 with spread 1: greedy seeding and Lloyd give the planted partition. */
START_TEST(planted_clusters_are_found)
{
    test_ctx t;
    test_ctx_init(&t, "seed");
    t.cx.seed = (uint64_t)_i;
    const size_t n = 400, d = 60, k = 12;
    sb_rng r = sb_ctx_stream(&t.cx, "planted");
    float *x = SB_NEW(t.cx.arena, n * d, float);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) x[i * d + j] = (float)(sb_rng_normal(&r) + (j == i % k ? 100 : 0));
    const sb_kmeans m = run(&t, (sb_mat){x, n, d, d}, (sb_kmeans_options){.k = k, .iterations = 20});
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) wrong += m.cluster[i] != m.cluster[i % k];
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < i; j++) wrong += m.cluster[i] == m.cluster[j];
    ck_assert_uint_eq(wrong, 0);
    ck_assert(m.converged);
    for (size_t c = 0; c < k; c++) { /* converged: the centres are the means, the medoids the rows nearest to them */
        uint32_t best = 0;
        double least = HUGE_VAL, off = 0;
        for (size_t j = 0; j < d; j++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += m.cluster[i] == c ? (double)x[i * d + j] : 0;
            off = fmax(off, fabs(sum / (double)m.size[c] - (double)m.centre[c * d + j]));
        }
        ck_assert_msg(off <= 100 * 6e-8, "mean off by %g", off); /* rounded to float32 */
        for (uint32_t i = 0; i < n; i++) {
            const double s = plain_sqdist(x + i * d, m.centre + c * d, d);
            if (m.cluster[i] != c || s >= least) continue;
            least = s;
            best = i;
        }
        ck_assert_uint_eq(m.medoid[c], best);
    }
    test_ctx_release(&t);
}
END_TEST

START_TEST(as_many_clusters_as_rows)
{
    test_ctx t;
    test_ctx_init(&t, "seed");
    t.cx.seed = (uint64_t)_i;
    const size_t n = 80, d = _i % 2 ? 3 : 55;
    const sb_mat x = cluster_data(&t.cx, _i % 4 < 2 ? KIND_BLOBS : KIND_GAUSS, n, d, _i);
    const sb_kmeans m = run(&t, x, (sb_kmeans_options){.k = n, .iterations = 3, .exact = _i % 3 == 0});
    size_t distinct = 0, used = 0, rows = 0, picked = 0;
    for (size_t i = 0; i < n; i++) {
        bool twin = false;
        for (size_t j = 0; j < i; j++) {
            const bool same = plain_sqdist(sb_mat_row(x, i), sb_mat_row(x, j), d) == 0;
            ck_assert((m.cluster[i] == m.cluster[j]) == same);
            twin = twin || same;
        }
        distinct += !twin;
        used += m.size[i] > 0;
        rows += m.size[i];
        bool medoid = false;
        for (size_t c = 0; c < n; c++) medoid = medoid || m.medoid[c] == i;
        picked += medoid;
    }
    ck_assert_uint_eq(used, distinct);
    ck_assert_uint_eq(rows, n);
    ck_assert_uint_eq(picked, n); /* medoids are distinct rows even when clusters are empty */
    ck_assert(m.inertia == 0 && m.converged);
    test_ctx_release(&t);
}
END_TEST

START_TEST(bad_arguments_and_memory)
{
    test_ctx t;
    test_ctx_init(&t, "seed");
    const sb_mat x = cluster_data(&t.cx, KIND_BLOBS, 100, 60, 3);
    sb_kmeans m;
    ck_assert_fails(&t, sb_kmeans_run(x, &(sb_kmeans_options){.k = 0}, &t.cx, &m), SB_EARG, "0 clusters of 100");
    ck_assert_fails(&t, sb_kmeans_run(x, &(sb_kmeans_options){.k = 101}, &t.cx, &m), SB_EARG, "101 clusters");
    ck_assert_fails(&t, sb_kmeans_run(x, &(sb_kmeans_options){.k = 2, .tolerance = NAN}, &t.cx, &m), SB_EARG,
                    "tolerance");
    ck_assert_fails(&t, sb_kmedoids_run(x, &(sb_kmeans_options){.k = 101}, &t.cx, &m), SB_EARG, "101 clusters");
    const size_t used = sb_arena_used(t.cx.arena);
    const sb_kmeans_options o = {.k = 35, .iterations = 3};
    for (int medoids = 0; medoids < 2; medoids++) {
        size_t failures = 0;
        for (size_t k = 0;; k++, failures++) {
            sb_arena_fail_at(t.cx.arena, k);
            const sb_status st = medoids ? sb_kmedoids_run(x, &o, &t.cx, &m) : sb_kmeans_run(x, &o, &t.cx, &m);
            if (st == SB_OK) break;
            ck_assert_int_eq(st, SB_ENOMEM);
            ck_assert_uint_gt(strlen(t.err.text), 0);
            sb_arena_rewind(t.cx.arena, used);
        }
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        ck_assert_uint_ge(failures, 25);
        sb_arena_rewind(t.cx.arena, used);
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("kmeans_seed");
    TCase *t = tcase_create("seed");
    tcase_add_loop_test(t, seeds_follow_their_probabilities, 0, 2);
    tcase_add_loop_test(t, planted_clusters_are_found, 0, 10);
    tcase_add_loop_test(t, as_many_clusters_as_rows, 0, 12);
    tcase_add_test(t, bad_arguments_and_memory);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

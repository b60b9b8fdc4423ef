/* k_center against the definition (plain loops in double), the brute-force optimum, and well separated clusters. */
#include "test_main.h"

#include <stdbool.h>

#include "registry.h"

enum { NMAX = 120, D = 3 };

typedef struct scene {
    test_ctx t;
    size_t n;
    float x[NMAX * D];
    uint32_t row[NMAX], warm[4];
    size_t warm_n;
    bool joins;
    double radius;
} scene;

static void scene_init(scene *s, size_t n, int seed)
{
    memset(s, 0, sizeof *s);
    test_ctx_init(&s->t, "test/k_center");
    s->t.cx.seed = (uint64_t)seed;
    s->n = n;
    sb_rng r = sb_rng_stream((uint64_t)seed, "points");
    for (size_t i = 0; i < n * D; i++) s->x[i] = (float)sb_rng_normal(&r);
}

/* options: "name=text" pairs, ended by NULL */
static sb_selection run(scene *s, size_t budget, const char *const (*options)[2])
{
    const sb_method *const m = sb_method_find("k_center", NULL);
    sb_meter meter = {0};
    const sb_task task = {.x = {.data = s->x, .n = s->n, .d = D, .ld = D},
                          .kind = SB_REGRESSION,
                          .t = 1,
                          .warm = s->warm_n ? s->warm : NULL,
                          .warm_n = s->warm_n,
                          .warm_joins = s->joins,
                          .meter = &meter};
    char opts[64] = {0};
    sb_param_defaults(m->options, opts, &s->t.cx);
    for (; options && (*options)[0]; options++)
        ck_assert_ok(&s->t, sb_param_set(m->options, opts, (*options)[0], (*options)[1], &s->t.cx));
    sb_selection out = {.row = s->row};
    ck_assert_ok(&s->t, m->select(&task, opts, NULL, budget, &s->t.cx, &out));
    for (size_t i = 0; i < out.notes; i++)
        if (strcmp(out.note[i].name, "radius") == 0) s->radius = out.note[i].value;
    return out;
}

static double distance(const scene *s, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < D; k++) sum += pow((double)s->x[i * D + k] - (double)s->x[j * D + k], 2);
    return sqrt(sum);
}

static double gap(const scene *s, size_t i, const uint32_t *picked, size_t m)
{
    double least = (double)INFINITY;
    for (size_t j = 0; j < m; j++) least = fmin(least, distance(s, i, picked[j]));
    return least;
}

static double covering_radius(const scene *s, const uint32_t *picked, size_t m)
{
    double top = 0;
    for (size_t i = 0; i < s->n; i++) top = fmax(top, gap(s, i, picked, m));
    return top;
}

/* Each pick is as far from all before it as any row is; 1e-12 is the rounding of float64 distances of normal points. */
static void expect_farthest(const scene *s, const uint32_t *all, size_t from, size_t m)
{
    double worst = 0;
    for (size_t j = from; j < m; j++) worst = fmax(worst, covering_radius(s, all, j) - gap(s, all[j], all, j));
    ck_assert_msg(worst <= 1e-12, "a pick is nearer by %.3g than the farthest row", worst);
}

START_TEST(every_pick_is_the_farthest)
{
    scene s;
    scene_init(&s, NMAX, _i);
    const sb_selection out = run(&s, 40, NULL);
    ck_assert_uint_eq(out.m, 40);
    expect_farthest(&s, out.row, 1, 40);
    ck_assert(fabs(s.radius - covering_radius(&s, out.row, 40)) <= 1e-12);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(first_row_is_as_asked)
{
    scene s;
    scene_init(&s, NMAX, _i);
    const char *const central[][2] = {{"first", "central"}, {NULL, NULL}};
    run(&s, 5, central);
    double mean[D] = {0}, best = (double)INFINITY;
    size_t want = 0;
    for (size_t i = 0; i < s.n; i++)
        for (size_t k = 0; k < D; k++) mean[k] += (double)s.x[i * D + k] / (double)s.n;
    for (size_t i = 0; i < s.n; i++) {
        double sum = 0;
        for (size_t k = 0; k < D; k++) sum += pow((double)s.x[i * D + k] - mean[k], 2);
        if (sum < best) want = i;
        best = fmin(best, sum);
    }
    ck_assert_uint_eq(s.row[0], want);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(warm_up_rows_count_as_picked)
{
    scene s;
    scene_init(&s, 60, _i);
    const uint32_t warm[] = {3, 7, 20, 41};
    memcpy(s.warm, warm, sizeof warm);
    s.warm_n = 4;
    s.joins = true;
    uint32_t all[24];
    const sb_selection out = run(&s, 20, NULL);
    memcpy(all, warm, sizeof warm);
    memcpy(all + 4, out.row, 20 * sizeof *all);
    expect_farthest(&s, all, 4, 24);
    const char *const apart[][2] = {{"from_warmup", "false"}, {NULL, NULL}};
    run(&s, 56, apart); /* every row that is left, each once, none of the warm-up's */
    size_t seen[60] = {0}, bad = 0;
    for (size_t j = 0; j < 56; j++) seen[s.row[j]]++;
    for (size_t i = 0; i < 60; i++) bad += seen[i] != (i == 3 || i == 7 || i == 20 || i == 41 ? 0u : 1u);
    ck_assert_uint_eq(bad, 0);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(radius_is_within_twice_the_optimum)
{
    scene s;
    scene_init(&s, 11, _i);
    const sb_selection out = run(&s, 3, NULL);
    double best = (double)INFINITY;
    for (uint32_t a = 0; a < 11; a++)
        for (uint32_t b = 0; b < a; b++)
            for (uint32_t c = 0; c < b; c++) best = fmin(best, covering_radius(&s, (const uint32_t[]){a, b, c}, 3));
    const double got = covering_radius(&s, out.row, 3);
    ck_assert_msg(got >= best && got <= 2 * best * (1 + 1e-12), "radius %g, optimum %g", got, best);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(far_clusters_are_all_hit_first)
{
    scene s;
    scene_init(&s, NMAX, _i);
    for (size_t i = 0; i < s.n; i++) s.x[i * D + i % D] += (float)(1000 * (1 + i % 8));
    const sb_selection out = run(&s, 24, NULL); /* i mod 3 and i mod 8 name 24 clusters */
    size_t hit[24] = {0}, missed = 0;
    for (size_t j = 0; j < out.m; j++) hit[out.row[j] % 24]++;
    for (size_t g = 0; g < 24; g++) missed += hit[g] != 1;
    ck_assert_uint_eq(missed, 0);
    test_ctx_release(&s.t);
}
END_TEST

/* Each weight is the number of rows nearest to its pick, by plain loops; together they stand for all rows that may be
 * chosen. _i % 3: no warm-up, one that counts as picked, one apart. Every fifth row is there twice. */
START_TEST(weights_are_cluster_sizes)
{
    static const char *const options[][3][2] = {{{"weighted", "true"}, {NULL, NULL}},
                                                {{"weighted", "true"}, {"from_warmup", "false"}, {NULL, NULL}}};
    scene s;
    scene_init(&s, NMAX, _i);
    for (size_t i = 0; i + 1 < s.n; i += 5) memcpy(s.x + (i + 1) * D, s.x + i * D, D * sizeof *s.x);
    const uint32_t warm[] = {3, 7, 20, 41};
    memcpy(s.warm, warm, sizeof warm);
    s.warm_n = _i % 3 ? 4 : 0;
    s.joins = _i % 3 != 0;
    const size_t m = _i % 2 ? 100 : 9; /* 100: copies are picked too, and stand for nothing */
    const sb_selection out = run(&s, m, options[_i % 3 == 2]);
    double want[NMAX] = {0}, off = 0, sum = 0;
    for (size_t i = 0; i < s.n; i++) {
        size_t best = 0;
        if (s.joins && (i == 3 || i == 7 || i == 20 || i == 41)) continue;
        for (size_t j = 1; j < m; j++)
            if (distance(&s, i, out.row[j]) < distance(&s, i, out.row[best])) best = j;
        want[best]++;
    }
    for (size_t j = 0; j < m; j++) {
        off += fabs(out.weight[j] - want[j]);
        sum += out.weight[j];
    }
    ck_assert_msg(off == 0 && sum == (double)(s.n - s.warm_n), "%g rows elsewhere, sum %g", off / 2, sum);
    ck_assert_ptr_null(run(&s, m, NULL).weight);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("k_center");
    TCase *t = tcase_create("k_center");
    tcase_add_loop_test(t, every_pick_is_the_farthest, 0, 10);
    tcase_add_loop_test(t, first_row_is_as_asked, 0, 5);
    tcase_add_loop_test(t, warm_up_rows_count_as_picked, 0, 5);
    tcase_add_loop_test(t, radius_is_within_twice_the_optimum, 0, 20);
    tcase_add_loop_test(t, far_clusters_are_all_hit_first, 0, 5);
    tcase_add_loop_test(t, weights_are_cluster_sizes, 0, 18);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

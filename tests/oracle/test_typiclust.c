/* TypiClust on planted clusters, where k-means can only find them: order of turns, typicality by plain loops. */
#include "select_case.h"

enum { CLUSTERS = 5, D = 5 };

typedef struct planted {
    select_case s;
    size_t group[CASE_ROWS], size[CLUSTERS];
} planted;

/* Clusters of 30, 24, 18, 12 and 4 rows (the last is small) around 100 e_g. */
static void make(planted *p)
{
    const size_t size[] = {12, 30, 4, 24, 18};
    size_t n = 0;
    memset(p, 0, sizeof *p);
    case_init(&p->s, KIND_GAUSS, CASE_ROWS, D, 3);
    float *x = SB_NEW(p->s.t.cx.arena, CASE_ROWS * D, float);
    for (size_t g = 0; g < CLUSTERS; g++) {
        p->size[g] = size[g];
        for (size_t k = 0; k < size[g]; k++, n++) {
            p->group[n] = g;
            for (size_t j = 0; j < D; j++) x[n * D + j] = (float)(case_value(&p->s, n, j) + (j == g ? 100 : 0));
        }
    }
    p->s.x = (sb_mat){x, n, D, D};
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean squared distance to the min(20, half) nearest rows of the own cluster, rows that are left out apart. */
static double spread(const planted *p, size_t i, const unsigned char *without)
{
    double square[CASE_ROWS], sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < p->s.x.n; k++) {
        if (k == i || p->group[k] != p->group[i] || (without && without[k])) continue;
        square[n++] = plain_sqdist(sb_mat_row(p->s.x, i), sb_mat_row(p->s.x, k), D);
    }
    qsort(square, n, sizeof *square, compare);
    const size_t half = (n + 1) / 2, most = half < 20 ? half : 20, k = most < 1 ? 1 : most;
    for (size_t j = 0; j < k && j < n; j++) sum += square[j] / (double)k;
    return sum;
}

/* Larger clusters first, each giving its most typical row that is left; 1e-9: distances near 100 squared in float64. */
static void expect_turns(planted *p, const sb_selection *out, const size_t *order, size_t clusters, bool upstream)
{
    unsigned char done[CASE_ROWS] = {0};
    double worst = 0;
    for (size_t j = 0; j < p->s.warm_n; j++) done[p->s.warm[j]] = 1;
    for (size_t t = 0; t < out->m; t++) {
        const uint32_t row = out->row[t];
        const unsigned char *const without = upstream ? done : NULL;
        ck_assert_msg(p->group[row] == order[t % clusters], "turn %zu is cluster %zu's", t, p->group[row]);
        for (size_t i = 0; i < p->s.x.n; i++)
            if (!done[i] && p->group[i] == p->group[row])
                worst = fmax(worst, spread(p, row, without) - spread(p, i, without));
        done[row] = 1;
    }
    ck_assert_msg(worst < 1e-9, "a pick is less typical than another row by %.3g", worst);
}

START_TEST(clusters_take_turns)
{
    const char *options[] = {"clusters", "5", "variant", _i ? "upstream" : "correct", NULL};
    const size_t order[] = {1, 3, 4, 0};
    planted p;
    make(&p);
    const sb_selection out = case_run(&p.s, "typiclust", 12, options); /* three rounds without the small cluster */
    expect_turns(&p, &out, order, 4, _i == 1);
    case_expect_distinct(&p.s, &out);
    test_ctx_release(&p.s.t);
}
END_TEST

/* Clusters with rows of the warm-up come later, the one with more of them last. */
START_TEST(labelled_clusters_wait)
{
    const char *options[] = {"clusters", "5", "variant", _i ? "upstream" : "correct", NULL};
    const size_t order[] = {3, 4, 0, 1};
    const uint32_t warm[] = {2, 15, 20};
    planted p;
    make(&p);
    memcpy(p.s.warm, warm, sizeof warm);
    p.s.warm_n = 3;
    const sb_selection out = case_run(&p.s, "typiclust", 8, options);
    expect_turns(&p, &out, order, 4, _i == 1);
    case_expect_distinct(&p.s, &out);
    test_ctx_release(&p.s.t);
}
END_TEST

START_TEST(every_row_in_the_end)
{
    static const char *const few[] = {"clusters", "5", NULL};
    planted p;
    make(&p);
    const size_t n = p.s.x.n;
    sb_selection out = case_run(&p.s, "typiclust", n, few);
    case_expect_distinct(&p.s, &out);
    for (size_t t = n - 4; t < n; t++) ck_assert_uint_eq(p.group[out.row[t]], 2); /* the small cluster last */
    out = case_run(&p.s, "typiclust", n - 1, NULL);
    case_expect_distinct(&p.s, &out);
    test_ctx_release(&p.s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("typiclust");
    TCase *t = tcase_create("typiclust");
    tcase_add_loop_test(t, clusters_take_turns, 0, 2);
    tcase_add_loop_test(t, labelled_clusters_wait, 0, 2);
    tcase_add_test(t, every_row_in_the_end);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

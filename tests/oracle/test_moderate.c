/* Moderate coreset against the definition (sorted medians, sorted distances) and a planted line. */
#include "select_case.h"

enum { D = 4 };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Distance of row i to the median of its class, by sorting. */
static double distance(const select_case *s, size_t i)
{
    double total = 0;
    for (size_t j = 0; j < s->x.d; j++) {
        double v[CASE_ROWS];
        size_t n = 0;
        for (size_t k = 0; k < s->x.n; k++)
            if (s->label[k] == s->label[i]) v[n++] = case_value(s, k, j);
        qsort(v, n, sizeof *v, compare);
        const double mid = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
        total += pow(case_value(s, i, j) - mid, 2);
    }
    return total;
}

/* Rank of row i among the rows that may be chosen (of its class): by distance, then by row. */
static size_t rank_of(const select_case *s, const double *dist, size_t i, bool by_class, size_t *of)
{
    size_t before = 0;
    *of = 0;
    for (size_t k = 0; k < s->x.n; k++) {
        if (case_is_warm(s, k) || (by_class && s->label[k] != s->label[i])) continue;
        ++*of;
        before += dist[k] < dist[i] || (dist[k] == dist[i] && k < i);
    }
    return before;
}

START_TEST(ranks_are_the_middle_ones)
{
    const int kinds[] = {KIND_GAUSS, KIND_BLOBS, KIND_LATTICE, KIND_CONSTANT};
    static const char *const tails[] = {"variant", "upstream", NULL}, *const balance[] = {"balance", "true", NULL};
    const bool by_class = _i % 3 == 2, upstream = _i % 3 == 1;
    const size_t n = 90, m = 30 + (size_t)_i % 2;
    select_case s;
    case_init(&s, kinds[_i % 4], n, D, _i);
    if (_i % 5 == 4) case_join(&s);
    double dist[CASE_ROWS];
    size_t bad = 0, in_class[CASE_CLASSES] = {0};
    for (size_t i = 0; i < n; i++) dist[i] = distance(&s, i);
    const sb_selection out = case_run(&s, "moderate", m, upstream ? tails : by_class ? balance : NULL);
    case_expect_distinct(&s, &out);
    for (size_t j = 0; j < m; j++) in_class[s.label[out.row[j]]]++;
    for (size_t j = 0; j < m; j++) {
        size_t of = 0;
        const size_t rank = rank_of(&s, dist, out.row[j], by_class, &of);
        const size_t keep = by_class ? in_class[s.label[out.row[j]]] : m;
        if (upstream)
            bad += rank >= m / 2 && rank < of - (m - m / 2);
        else
            bad += rank < (of - keep) / 2 || rank >= (of - keep) / 2 + keep;
    }
    ck_assert_uint_eq(bad, 0);
    test_ctx_release(&s.t);
}
END_TEST

/* 1..9, one class: median 5; distances 0, 1, 1, 2, 2, ...; the middle three of nine ranks are 2, 2 and one 3. */
START_TEST(line_of_nine)
{
    static const char *const tails[] = {"variant", "upstream", NULL};
    const float v[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const uint32_t middle[] = {2, 6, 1};
    size_t seen[9] = {0};
    select_case s;
    case_init(&s, KIND_GAUSS, 9, 1, 1);
    s.x = (sb_mat){v, 9, 1, 1};
    memset(s.label, 0, sizeof s.label);
    sb_selection out = case_run(&s, "moderate", 3, NULL);
    ck_assert_mem_eq(out.row, middle, sizeof middle);
    for (size_t j = 0; j < 3; j++) seen[out.row[j]]++;
    out = case_run(&s, "moderate", 6, tails); /* the tails of 6 and the middle 3 are all nine */
    for (size_t j = 0; j < 6; j++) seen[out.row[j]]++;
    for (size_t i = 0; i < 9; i++) ck_assert_uint_eq(seen[i], 1);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("moderate");
    TCase *t = tcase_create("moderate");
    tcase_add_loop_test(t, ranks_are_the_middle_ones, 0, 24);
    tcase_add_test(t, line_of_nine);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* volume: the law by enumeration of all subsets; what is undefined is declined. */
#include "pick_case.h"

enum { N = 7, D = 2, M = 4, SETS = 1 << N, RUNS = 20000 };

static size_t bits(size_t set)
{
    size_t k = 0;
    for (; set; set &= set - 1) k++;
    return k;
}

/* P(S) by definition, for every set of M rows */
static void law_of(sb_mat x, double *law)
{
    double total = 0;
    for (size_t set = 0; set < SETS; set++) {
        uint32_t row[N];
        size_t m = 0;
        double g[D * D];
        law[set] = 0;
        if (bits(set) != M) continue;
        for (uint32_t i = 0; i < N; i++)
            if (set >> i & 1) row[m++] = i;
        plain_moment(x, row, m, 0, g);
        total += law[set] = plain_det(g, D);
    }
    for (size_t set = 0; set < SETS; set++) law[set] /= total;
}

/* 35 sets, 20,000 runs: expected total variation sum sqrt(2 p / (pi R)) / 2 < 0.017. */
START_TEST(sets_follow_their_determinants)
{
    pick_case c;
    pick_init(&c, "volume", N, _i == 1 ? D + 1 : D);
    pick_normal(&c, 3, 0.8);
    double *const law = SB_NEW(c.t.cx.arena, SETS, double), tv = 0;
    size_t *const count = SB_NEW(c.t.cx.arena, SETS, size_t);
    sb_mat plane = c.x;
    if (_i == 1) { /* a dependent third column: the same column space */
        float *const two = SB_NEW(c.t.cx.arena, N * D, float);
        for (size_t i = 0; i < N; i++) {
            pick_x(&c)[i * 3 + 2] = 2 * pick_x(&c)[i * 3];
            memcpy(two + i * 2, pick_x(&c) + i * 3, 2 * sizeof *two);
        }
        plane = (sb_mat){.data = two, .n = N, .d = D, .ld = D};
    }
    law_of(plane, law);
    for (uint64_t s = 0; s < RUNS; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, M, false));
        size_t set = 0;
        for (size_t j = 0; j < M; j++) set |= (size_t)1 << c.row[j];
        count[set]++;
    }
    for (size_t set = 0; set < SETS; set++) tv += fabs((double)count[set] / RUNS - law[set]) / 2;
    ck_assert_msg(tv < 0.03, "total variation %.4f", tv);
    ck_assert(pick_note(&c, "rank") == D);
    test_ctx_release(&c.t);
}
END_TEST

/* The mean over draws of the fit on S is the fit on all rows: within 4.5 standard errors per coefficient. */
START_TEST(least_squares_is_unbiased)
{
    enum { ROWS = 12, RUNS2 = 4000 };
    pick_case c;
    pick_init(&c, "volume", ROWS, D);
    pick_normal(&c, 5, 0.8);
    double y[ROWS], sum[D] = {0}, square[D] = {0}, full[D] = {0}, g[D * D], p[D * D];
    sb_rng r = sb_rng_stream(2, "targets");
    for (size_t i = 0; i < ROWS; i++) y[i] = sb_rng_normal(&r) + 3;
    for (uint64_t s = 0; s <= RUNS2; s++) {
        double beta[D] = {0}, cross[D] = {0};
        if (s < RUNS2) ck_assert_ok(&c.t, pick_run(&c, s, 3, false));
        const size_t m = s < RUNS2 ? 3 : ROWS;
        plain_moment(c.x, s < RUNS2 ? c.row : NULL, m, 0, g);
        plain_inverse(g, D, p);
        for (size_t j = 0; j < m; j++)
            for (size_t a = 0; a < D; a++) {
                const size_t i = s < RUNS2 ? c.row[j] : j;
                cross[a] += y[i] * (double)sb_mat_row(c.x, i)[a];
            }
        for (size_t a = 0; a < D * D; a++) beta[a / D] += p[a] * cross[a % D];
        for (size_t a = 0; a < D; a++) {
            if (s == RUNS2) full[a] = beta[a];
            if (s < RUNS2) sum[a] += beta[a], square[a] += beta[a] * beta[a];
        }
    }
    for (size_t a = 0; a < D; a++) {
        const double mean = sum[a] / RUNS2, se = sqrt((square[a] / RUNS2 - mean * mean) / RUNS2);
        ck_assert_msg(fabs(mean - full[a]) < 4.5 * se, "%.4f, all rows %.4f, error %.4f", mean, full[a], se);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(what_is_undefined_is_declined)
{
    pick_case c;
    pick_init(&c, "volume", 40, 5);
    pick_normal(&c, 5, 0.8);
    ck_assert_fails(&c.t, pick_run(&c, 1, 4, false), SB_SKIP, "rank is 5");
    ck_assert_ok(&c.t, pick_run(&c, 1, 5, false));
    pick_set(&c, "work", "1000");
    ck_assert_fails(&c.t, pick_run(&c, 1, 20, false), SB_SKIP, "multiply-adds");
    ck_assert_ok(&c.t, pick_run(&c, 1, 40, false));
    pick_set(&c, "work", "1e9");
    memset(pick_x(&c), 0, 200 * sizeof(float));
    ck_assert_fails(&c.t, pick_run(&c, 1, 20, false), SB_SKIP, "zero");
    test_ctx_release(&c.t);
}
END_TEST

/* A row that alone carries a direction can never leave; copies of a row share it. */
START_TEST(sole_carriers_stay)
{
    pick_case c;
    pick_init(&c, "volume", 8, 3);
    for (size_t i = 0; i < 8; i++) pick_x(&c)[i * 3 + (i == 2 ? 0 : i < 4 ? 1 : 2)] = i == 2 ? 1e-3f : 1;
    for (uint64_t s = 0; s < 200; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 3, false));
        size_t first = 0, second = 0;
        for (size_t j = 0; j < 3; j++) first += c.row[j] == 2, second += c.row[j] < 4 && c.row[j] != 2;
        ck_assert(first == 1 && second == 1);
    }
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("volume");
    TCase *t = tcase_create("volume");
    tcase_add_loop_test(t, sets_follow_their_determinants, 0, 2);
    tcase_add_test(t, least_squares_is_unbiased);
    tcase_add_test(t, what_is_undefined_is_declined);
    tcase_add_test(t, sole_carriers_stay);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

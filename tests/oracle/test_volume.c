/* volume: the laws by enumeration of all subsets and sequences; what is undefined is declined. */
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

static size_t code_of(size_t a, size_t b, size_t c)
{
    const size_t low = a < b ? (a < c ? a : c) : b < c ? b : c, high = a > b ? (a > c ? a : c) : b > c ? b : c;
    return low + 4 * (a + b + c - low - high) + 16 * high;
}

/* Leveraged: P(sequence) ~ det( sum x x'/q ) prod q over all sequences of three of four rows (Derezinski, Warmuth, Hsu
 * 2018, whatever the length of the candidates), q = leverage / 2. 20 multisets, 20,000 runs: expected variation .01. */
START_TEST(leveraged_sequences_follow_their_law)
{
    enum { ROWS = 4, CODES = 64 };
    pick_case c;
    pick_init(&c, "volume", ROWS, D);
    pick_normal(&c, 8, 0.8);
    pick_set(&c, "kind", "leveraged");
    pick_set(&c, "oversample", _i ? "4" : "1");
    double g[D * D], p[D * D], q[ROWS] = {0}, law[CODES] = {0}, count[CODES] = {0}, total = 0, tv = 0, wrong = 0;
    plain_moment(c.x, NULL, ROWS, 0, g);
    plain_inverse(g, D, p);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t a = 0; a < D * D; a++)
            q[i] += (double)sb_mat_row(c.x, i)[a / D] * p[a] * (double)sb_mat_row(c.x, i)[a % D] / D;
    for (size_t code = 0; code < CODES; code++) {
        const size_t at[3] = {code % 4, code / 4 % 4, code / 16};
        double m[D * D] = {0};
        for (size_t j = 0; j < 3; j++)
            for (size_t a = 0; a < D * D; a++)
                m[a] += (double)sb_mat_row(c.x, at[j])[a / D] * (double)sb_mat_row(c.x, at[j])[a % D] / q[at[j]];
        const double share = q[at[0]] * q[at[1]] * q[at[2]] * plain_det(m, D);
        law[code_of(at[0], at[1], at[2])] += share;
        total += share;
    }
    const size_t mark = sb_arena_mark(c.t.cx.arena);
    for (uint64_t s = 0; s < RUNS; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 3, true));
        count[code_of(c.row[0], c.row[1], c.row[2])]++;
        for (size_t j = 0; j < 3; j++) wrong = fmax(wrong, fabs(c.out.weight[j] * 3 * q[c.row[j]] - 1));
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    for (size_t code = 0; code < CODES; code++) tv += fabs(count[code] / RUNS - law[code] / total) / 2;
    ck_assert_msg(tv < 0.025, "total variation %.4f", tv);
    ck_assert_msg(wrong < 1e-6, "a weight is off by %.3g", wrong);
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
    pick_set(&c, "kind", _i ? "leveraged" : "plain"); /* the latter's fit is weighted by 1/q */
    double y[ROWS], sum[D] = {0}, square[D] = {0}, full[D] = {0}, g[D * D], p[D * D];
    sb_rng r = sb_rng_stream(2, "targets");
    for (size_t i = 0; i < ROWS; i++) y[i] = sb_rng_normal(&r) + 3;
    for (uint64_t s = 0; s <= RUNS2; s++) {
        double beta[D] = {0}, cross[D] = {0};
        const size_t m = s < RUNS2 ? 3 : ROWS, mark = sb_arena_mark(c.t.cx.arena);
        if (s < RUNS2) ck_assert_ok(&c.t, pick_run(&c, s, m, true));
        memset(g, 0, sizeof g);
        for (size_t j = 0; j < m; j++) {
            const size_t i = s < RUNS2 ? c.row[j] : j;
            const double w = s < RUNS2 && c.out.weight ? c.out.weight[j] : 1;
            const float *const x = sb_mat_row(c.x, i);
            for (size_t a = 0; a < D; a++) cross[a] += w * y[i] * (double)x[a];
            for (size_t a = 0; a < D * D; a++) g[a] += w * (double)x[a / D] * (double)x[a % D];
        }
        sb_arena_rewind(c.t.cx.arena, mark);
        plain_inverse(g, D, p);
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
    pick_set(&c, "kind", "leveraged");
    ck_assert_fails(&c.t, pick_run(&c, 1, 40, false), SB_SKIP, "multiply-adds");
    pick_set(&c, "work", "1e9");
    memset(pick_x(&c), 0, 200 * sizeof(float));
    ck_assert_fails(&c.t, pick_run(&c, 1, 20, false), SB_SKIP, "zero");
    test_ctx_release(&c.t);
    pick_init(&c, "volume", 60, 20);
    pick_normal(&c, 5, 0.1);
    pick_set(&c, "kind", "leveraged");
    pick_set(&c, "oversample", "0.05"); /* 20 draws for 20 columns: accepted with probability 20!/20^20 = 2e-8 */
    ck_assert_fails(&c.t, pick_run(&c, 1, 20, false), SB_SKIP, "raise oversample");
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
    tcase_add_loop_test(t, leveraged_sequences_follow_their_law, 0, 2);
    tcase_add_loop_test(t, least_squares_is_unbiased, 0, 2);
    tcase_add_test(t, what_is_undefined_is_declined);
    tcase_add_test(t, sole_carriers_stay);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

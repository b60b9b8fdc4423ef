/* rpcholesky and rbrp against the definition: residual diagonals by determinants (no orthogonalisation), exact
 * probabilities of the first two picks, greedy picks by exhaustion. */
#include "pick_case.h"

#include "selbench/pivots.h"

enum { N = 9, D = 4, RUNS = 20000 };

/* Squared distance of row i to the span of picked rows: det G(S + i) / det G(S), G the inner products. */
static double distance2(sb_mat x, const uint32_t *s, size_t m, size_t i)
{
    double big[64], small[64];
    for (size_t a = 0; a <= m; a++)
        for (size_t b = 0; b <= m; b++) {
            const float *const u = sb_mat_row(x, a < m ? s[a] : i), *const v = sb_mat_row(x, b < m ? s[b] : i);
            double dot = 0;
            for (size_t j = 0; j < x.d; j++) dot += (double)u[j] * (double)v[j];
            big[a * (m + 1) + b] = dot;
            if (a < m && b < m) small[a * m + b] = dot;
        }
    return plain_det(big, m + 1) / (m ? plain_det(small, m) : 1);
}

/* probability of each ordered pair of first picks */
static void pair_law(sb_mat x, double *law)
{
    double total = 0;
    for (size_t i = 0; i < N; i++) total += distance2(x, NULL, 0, i);
    for (uint32_t i = 0; i < N; i++) {
        double rest = 0, r[N];
        if (distance2(x, NULL, 0, i) == 0) continue;
        for (size_t j = 0; j < N; j++) rest += r[j] = j == i ? 0 : distance2(x, &i, 1, j);
        for (size_t j = 0; j < N; j++) law[i * N + j] = distance2(x, NULL, 0, i) / total * r[j] / rest;
    }
}

static const char *const modes[] = {"random", "accelerated"};

/* 81 cells, 20,000 runs: the expected total variation is sum sqrt(2 p / (pi R)) / 2 < 0.026; 0.04 is beyond chance. */
START_TEST(first_two_picks_have_the_exact_law)
{
    pick_case c;
    pick_init(&c, "rpcholesky", N, D);
    pick_normal(&c, 3, 0.7);
    memcpy(pick_x(&c) + 5 * D, pick_x(&c) + 2 * D, D * sizeof(float)); /* a duplicate, and below a zero row */
    memset(pick_x(&c) + 7 * D, 0, D * sizeof(float));
    pick_set(&c, "mode", modes[_i]);
    pick_set(&c, "block", "5");
    double law[N * N] = {0}, tv = 0;
    size_t count[N * N] = {0};
    pair_law(c.x, law);
    for (uint64_t s = 0; s < RUNS; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 2, false));
        count[c.row[0] * N + c.row[1]]++;
    }
    for (size_t k = 0; k < N * N; k++) tv += fabs((double)count[k] / RUNS - law[k]) / 2;
    ck_assert_msg(tv < 0.04, "total variation %.4f", tv);
    ck_assert(count[2 * N + 5] == 0 && count[0 * N + 7] == 0);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(left_is_the_residual_diagonal)
{
    pick_case c;
    pick_init(&c, "rpcholesky", 30, 6);
    pick_normal(&c, (uint64_t)_i, 1);
    sb_pivots p;
    ck_assert_ok(&c.t, sb_pivots_init(&p, c.x, 4, &c.t.cx));
    const uint32_t s[] = {3, 11, 12, 29};
    double worst = 0;
    for (size_t m = 0; m <= 4; m++) {
        for (size_t i = 0; i < 30; i++)
            worst = fmax(worst, fabs(p.left[i] - fmax(0, distance2(c.x, s, m, i))) / p.norm2[i]);
        if (m == 4) break;
        ck_assert(sb_pivots_append(&p, s[m]));
        if (m == 1) ck_assert(sb_pivots_append(&p, s[++m])); /* two directions at a time */
        ck_assert_ok(&c.t, sb_pivots_update(&p, &c.t.cx));
    }
    /* determinants of 5 x 5 Gram matrices with rows of sizes e^-2 .. e^2 lose 1e5 or so */
    ck_assert_msg(worst < 1e-9, "off by %.3g", worst);
    ck_assert(!sb_pivots_append(&p, 3) && !sb_pivots_append(&p, 5)); /* in the span; no room */
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(greedy_takes_the_farthest)
{
    pick_case c;
    pick_init(&c, "rpcholesky", 25, 6);
    pick_normal(&c, (uint64_t)_i, 0.5);
    pick_set(&c, "mode", "greedy");
    ck_assert_ok(&c.t, pick_run(&c, 1, 6, false));
    for (size_t m = 0; m < 6; m++) {
        double top = 0;
        for (size_t i = 0; i < 25; i++) top = fmax(top, distance2(c.x, c.row, m, i));
        ck_assert(distance2(c.x, c.row, m, c.row[m]) >= top * (1 - 1e-9));
    }
    test_ctx_release(&c.t);
}
END_TEST

/* Rank r < m: r pivots, the rest filled or by restart; nothing twice. */
START_TEST(beyond_the_rank)
{
    for (int restart = 0; restart < 2; restart++) {
        pick_case c;
        pick_init(&c, _i == 2 ? "rbrp" : "rpcholesky", 40, 5);
        pick_normal(&c, 8, 0.3);
        for (size_t i = 0; i < 40; i++) pick_x(&c)[i * 5 + 4] = 2 * pick_x(&c)[i * 5];
        if (_i < 2) pick_set(&c, "mode", modes[_i]);
        if (_i < 2 && restart) pick_set(&c, "beyond", "restart");
        size_t seen[40] = {0}, twice = 0;
        ck_assert_ok(&c.t, pick_run(&c, 4, 40, false));
        for (size_t j = 0; j < 40; j++) twice += seen[c.row[j]]++ > 0;
        ck_assert_uint_eq(twice, 0);
        ck_assert(c.out.m == 40);
        if (restart && _i < 2) {
            ck_assert(pick_note(&c, "filled") == 0 && pick_note(&c, "rank") == 40);
            for (size_t g = 0; g < 10; g++) /* every four picks span the space */
                ck_assert(distance2(c.x, c.row + 4 * g, 3, c.row[4 * g + 3]) > 1e-9);
        } else {
            ck_assert(pick_note(&c, "filled") == 36 && pick_note(&c, "rank") == 4);
        }
        test_ctx_release(&c.t);
    }
}
END_TEST

START_TEST(warm_rows_are_in_the_span)
{
    pick_case c;
    pick_init(&c, _i ? "rbrp" : "rpcholesky", 6, 3);
    const float x[] = {1, 0, 0, 5, 0, 0, 0, 1, 0, 0, 3, 0, 7, 2, 0, 0, 0, .01f};
    memcpy(pick_x(&c), x, sizeof x);
    c.warm[0] = 0, c.warm[1] = 2, c.warm_n = 2; /* span the first two axes: only row 5 is off it */
    for (uint64_t s = 0; s < 10; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 4, false));
        ck_assert(c.row[0] == 5 && pick_note(&c, "rank") == 1);
    }
    pick_set(&c, "from_warmup", "false");
    ck_assert_ok(&c.t, pick_run(&c, 1, 3, false));
    ck_assert(pick_note(&c, "rank") == 3);
    test_ctx_release(&c.t);
}
END_TEST

/* Blocks of 8 from 3 tight groups and one spread direction: robust pivots never take two near copies in a block while
 * the unsifted ones do. */
START_TEST(rbrp_leaves_near_copies)
{
    for (int variant = 0; variant < 2; variant++) {
        pick_case c;
        pick_init(&c, "rbrp", 300, 12);
        sb_rng r = sb_rng_stream(1, "copies");
        for (size_t i = 0; i < 300; i++)
            for (size_t j = 0; j < 12; j++)
                pick_x(&c)[i * 12 + j] = (float)((i % 3 == j ? 10 : 0) + 1e-3 * sb_rng_normal(&r));
        pick_set(&c, "block", "8");
        if (variant) pick_set(&c, "variant", "epperly-block");
        size_t complete = 0;
        for (uint64_t s = 0; s < 50; s++) {
            ck_assert_ok(&c.t, pick_run(&c, s, 3, false));
            complete += c.row[0] % 3 != c.row[1] % 3 && c.row[1] % 3 != c.row[2] % 3 && c.row[0] % 3 != c.row[2] % 3;
        }
        /* a block of 8 draws misses a group with probability 3 (2/3)^8 = .12; three draws hit all with 2/9 */
        ck_assert_msg(variant ? complete < 25 : complete > 35, "all groups hit in %zu of 50", complete);
        test_ctx_release(&c.t);
    }
}
END_TEST

/* Block 1 is one pick at a time: the law of rpcholesky. */
START_TEST(rbrp_of_single_rows_has_the_exact_law)
{
    pick_case c;
    pick_init(&c, "rbrp", N, D);
    pick_normal(&c, 5, 0.7);
    pick_set(&c, "block", "1");
    double law[N * N] = {0}, tv = 0;
    size_t count[N * N] = {0};
    pair_law(c.x, law);
    for (uint64_t s = 0; s < RUNS; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 2, false));
        count[c.row[0] * N + c.row[1]]++;
    }
    for (size_t k = 0; k < N * N; k++) tv += fabs((double)count[k] / RUNS - law[k]) / 2;
    ck_assert_msg(tv < 0.04, "total variation %.4f", tv);
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pivots");
    TCase *t = tcase_create("pivots");
    tcase_add_loop_test(t, first_two_picks_have_the_exact_law, 0, 2);
    tcase_add_loop_test(t, left_is_the_residual_diagonal, 0, 5);
    tcase_add_loop_test(t, greedy_takes_the_farthest, 0, 5);
    tcase_add_loop_test(t, beyond_the_rank, 0, 3);
    tcase_add_loop_test(t, warm_rows_are_in_the_span, 0, 2);
    tcase_add_test(t, rbrp_leaves_near_copies);
    tcase_add_test(t, rbrp_of_single_rows_has_the_exact_law);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* The kinds of leverage beyond test_leverage.c: online scores by Gram-Schmidt and elimination row by row; the sketched
 * kinds against exact scores; what is added to scores and how they are rounded. */
#include "pick_case.h"

#include "selbench/leverage.h"

enum { ROWS = 640, COLUMNS = 5 }; /* more rows than a block of the fast code */

/* The score of row i among rows 0..i: 1 outside the span of those before, else h/(1+h) with h = c'(C'C)^{-1}c in
 * coordinates c of an orthonormal basis of the span; with a ridge by elimination. */
static void plain_online(sb_mat x, double lambda, double *score)
{
    double basis[COLUMNS][COLUMNS] = {{0}}, g[COLUMNS * COLUMNS] = {0}, m[COLUMNS * COLUMNS], p[COLUMNS * COLUMNS];
    const size_t d = x.d;
    size_t k = lambda > 0 ? d : 0;
    for (size_t a = 0; a < d && lambda > 0; a++) basis[a][a] = 1, g[a * d + a] = lambda;
    for (size_t i = 0; i < x.n; i++) {
        double rest[COLUMNS], c[COLUMNS] = {0}, left = 0, norm = 0, h = 0;
        for (size_t j = 0; j < d; j++) rest[j] = (double)sb_mat_row(x, i)[j], norm += rest[j] * rest[j];
        for (int pass = 0; pass < 2; pass++)
            for (size_t a = 0; a < k; a++) {
                double dot = 0;
                for (size_t j = 0; j < d; j++) dot += basis[a][j] * rest[j];
                for (size_t j = 0; j < d; j++) rest[j] -= dot * basis[a][j];
                c[a] += dot;
            }
        for (size_t j = 0; j < d; j++) left += rest[j] * rest[j];
        const bool fresh = left > 1e-16 * norm;
        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k; b++) m[a * k + b] = g[a * d + b];
        if (k) plain_inverse(m, k, p);
        for (size_t a = 0; a < k * k; a++) h += c[a / k] * p[a] * c[a % k];
        score[i] = fresh ? 1 : h / (1 + h);
        if (fresh) {
            c[k] = sqrt(left);
            for (size_t j = 0; j < d; j++) basis[k][j] = rest[j] / sqrt(left);
            k++;
        }
        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k; b++) g[a * d + b] += c[a] * c[b];
    }
}

/* 0 plain, 1 zero rows and twins, 2 dependent columns, 3 units, 4 one direction appears late */
static void spoil(pick_case *c, int how)
{
    float *const x = pick_x(c);
    for (size_t i = 0; i < ROWS; i++) {
        float *const row = x + i * COLUMNS;
        if (how == 1 && i % 5 == 1) memset(row, 0, COLUMNS * sizeof *row);
        if (how == 1 && i % 5 == 3) memcpy(row, row - COLUMNS, COLUMNS * sizeof *row);
        if (how == 2) row[4] = row[0], row[3] = 0;
        if (how == 3) row[0] *= 0x1p20f, row[1] *= 0x1p-20f;
        if (how == 4 && i < 600) row[2] = 0;
    }
}

START_TEST(online_scores_equal_the_rows_so_far)
{
    pick_case c;
    pick_init(&c, "leverage", ROWS, COLUMNS);
    pick_normal(&c, (uint64_t)_i, 0.3);
    if (_i != 3) spoil(&c, _i);
    double truth[ROWS], score[ROWS], exact[ROWS];
    sb_leverage_info info;
    for (int ridge = 0; ridge < 2; ridge++) {
        if (ridge && _i == 3) continue; /* a ridge does not know units */
        const double lambda = ridge ? 2.5 : 0;
        double worst = 0, below = 0;
        plain_online(c.x, lambda, truth);
        if (_i == 3) spoil(&c, _i); /* scores do not know units; the plain way does */
        ck_assert_ok(&c.t, sb_leverage_online(c.x, lambda, &c.t.cx, score, &info));
        for (size_t i = 0; i < ROWS; i++) worst = fmax(worst, fabs(score[i] - truth[i]));
        /* no ridge: 1e-11 n over the squared sine between an early row and the span of those before */
        ck_assert_msg(worst < (ridge ? 1e-12 : 1e-4), "case %d: off by %.3g", _i, worst);
        const sb_leverage_options o = {.kind = SB_LEVERAGE_RIDGE, .lambda = lambda, .qr = true};
        ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, exact, &info));
        for (size_t i = 0; i < ROWS; i++) below = fmax(below, exact[i] - score[i]);
        ck_assert_msg(below < 1e-6 && fabs(exact[ROWS - 1] - score[ROWS - 1]) < 1e-6, "below by %.3g", below);
        if (_i == 1) ck_assert(score[1] == 0 && score[6] == 0);
    }
    test_ctx_release(&c.t);
}
END_TEST

/* p of the method is proportional to f(score) for the scores given. */
static double worst_share(pick_case *c, const double *score)
{
    double sum = 0, worst = 0;
    pick_set(c, "floor", "0");
    const size_t mark = sb_arena_mark(c->t.cx.arena);
    ck_assert_ok(&c->t, pick_run(c, 1, 20, true));
    for (size_t i = 0; i < c->x.n; i++) sum += score[i];
    for (size_t i = 0; i < c->x.n; i++) worst = fmax(worst, fabs(c->out.prob[i] * sum / score[i] - 1));
    sb_arena_rewind(c->t.cx.arena, mark);
    return worst;
}

START_TEST(sketches_come_close)
{
    pick_case c;
    pick_init(&c, "leverage", ROWS, COLUMNS);
    pick_normal(&c, 7, 0.3);
    double exact[ROWS];
    sb_leverage_info info;
    /* 20,000 columns of a Gaussian sketch: inner products are off by about 1/sqrt(20000) of the norms, scores by a few
     */
    sb_leverage_options o = {.kind = SB_LEVERAGE_RIDGE, .lambda = 40, .qr = true};
    ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, exact, &info));
    pick_set(&c, "kind", "sketched_ridge");
    pick_set(&c, "lambda", "40");
    pick_set(&c, "sketch", "20000");
    ck_assert_double_le(worst_share(&c, exact), 0.06);
    ck_assert(pick_note(&c, "lambda") == 40);
    pick_set(&c, "sketch", "3"); /* fewer columns than features: their effective dimension is below 3 */
    ck_assert_double_gt(worst_share(&c, exact), 0.06);
    ck_assert_double_lt(pick_note(&c, "effective_dimension"), 3);
    /* no projection, and a bucket for each row: exact */
    o = (sb_leverage_options){.qr = true};
    ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, exact, &info));
    pick_set(&c, "kind", "fast");
    pick_set(&c, "columns", "0");
    pick_set(&c, "buckets", "640");
    ck_assert_double_le(worst_share(&c, exact), 1e-12);
    pick_set(&c, "buckets", "0"); /* 25: ratios within (1 +- sqrt(5/25))^-2 and a little more, after normalising */
    const double share = worst_share(&c, exact);
    ck_assert_msg(share > 1e-3 && share < 3, "%.3f", share);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(scores_are_raised_and_rounded)
{
    pick_case c;
    pick_init(&c, "leverage", ROWS, COLUMNS);
    pick_normal(&c, 7, 0.3);
    double exact[ROWS], rounded[ROWS];
    sb_leverage_info info;
    ck_assert_ok(&c.t, sb_leverage(c.x, &(sb_leverage_options){.qr = true}, &c.t.cx, exact, &info));
    pick_set(&c, "qr", "true");
    pick_set(&c, "root", "true");
    pick_set(&c, "plus", "2");
    for (size_t i = 0; i < ROWS; i++) {
        exact[i] = sqrt(exact[i]) + 2. / ROWS;
        rounded[i] = 1;
        while (rounded[i] / 2 >= exact[i]) rounded[i] /= 2;
        while (rounded[i] < exact[i]) rounded[i] *= 2;
    }
    ck_assert_double_le(worst_share(&c, exact), 1e-12);
    pick_set(&c, "power_of_two", "true");
    ck_assert_double_le(worst_share(&c, rounded), 1e-12);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(allocation_failures_are_reported)
{
    pick_case c;
    pick_init(&c, "leverage", 30, 4);
    pick_normal(&c, 7, 0.3);
    sb_status st = SB_ENOMEM;
    size_t k = 0;
    for (; st == SB_ENOMEM && k < 40; k++) {
        double score[30];
        sb_leverage_info info;
        const size_t mark = sb_arena_mark(c.t.cx.arena);
        sb_arena_fail_at(c.t.cx.arena, k);
        st = sb_leverage_online(c.x, 0, &c.t.cx, score, &info);
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    sb_arena_fail_at(c.t.cx.arena, SIZE_MAX);
    ck_assert_ok(&c.t, st);
    ck_assert_uint_gt(k, 5);
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("leverage_kinds");
    TCase *t = tcase_create("leverage_kinds");
    tcase_add_loop_test(t, online_scores_equal_the_rows_so_far, 0, 5);
    tcase_add_test(t, sketches_come_close);
    tcase_add_test(t, scores_are_raised_and_rounded);
    tcase_add_test(t, allocation_failures_are_reported);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* Leverage scores against a one-sided Jacobi SVD in long double, closed forms, invariances and limits. */
#include "test_main.h"

#include <float.h>

#include "selbench/leverage.h"

enum { N_MAX = 400, D_MAX = 40 };

/* Scores of the rank-r truncation with ridge lambda; r = SIZE_MAX: the numerical rank. Returns the rank. */
static size_t jacobi_scores(sb_mat x, size_t r, double lambda, double *score)
{
    static long double a[D_MAX][N_MAX];
    const size_t n = x.n, d = x.d;
    for (size_t j = 0; j < d; j++)
        for (size_t i = 0; i < n; i++) a[j][i] = (long double)sb_mat_row(x, i)[j];
    for (int sweep = 0; sweep < 60; sweep++) {
        bool moved = false;
        for (size_t p = 0; p < d; p++)
            for (size_t q = p + 1; q < d; q++) {
                long double pp = 0, qq = 0, pq = 0;
                for (size_t i = 0; i < n; i++)
                    pp += a[p][i] * a[p][i], qq += a[q][i] * a[q][i], pq += a[p][i] * a[q][i];
                if (fabsl(pq) <= 1e-18L * sqrtl(pp * qq)) continue;
                moved = true;
                const long double zeta = (qq - pp) / (2 * pq);
                const long double t = (zeta < 0 ? -1 : 1) / (fabsl(zeta) + sqrtl(1 + zeta * zeta));
                const long double c = 1 / sqrtl(1 + t * t), s = c * t;
                for (size_t i = 0; i < n; i++) {
                    const long double ap = a[p][i];
                    a[p][i] = c * ap - s * a[q][i], a[q][i] = s * ap + c * a[q][i];
                }
            }
        if (!moved) break;
    }
    long double s2[D_MAX] = {0}, top = 0;
    for (size_t j = 0; j < d; j++) {
        for (size_t i = 0; i < n; i++) s2[j] += a[j][i] * a[j][i];
        top = fmaxl(top, s2[j]);
    }
    for (size_t i = 0; i < n; i++) score[i] = 0;
    size_t rank = 0;
    for (size_t j = 0; j < d; j++) {
        size_t above = 0;
        for (size_t k = 0; k < d; k++) above += s2[k] > s2[j] || (s2[k] == s2[j] && k < j);
        if (s2[j] <= 1e-28L * top || above >= r) continue;
        rank++;
        for (size_t i = 0; i < n; i++) score[i] += (double)(a[j][i] * a[j][i] / (s2[j] + (long double)lambda));
    }
    return rank;
}

typedef struct lev_case {
    test_ctx t;
    float *data;
    sb_mat x;
} lev_case;

static void case_make(lev_case *c, int seed, size_t n, size_t d)
{
    test_ctx_init(&c->t, "leverage");
    sb_rng rng = sb_rng_stream((uint64_t)seed, "leverage");
    const size_t ld = d + 1;
    c->data = SB_NEW(c->t.cx.arena, n * ld, float);
    for (size_t i = 0; i < n * ld; i++) c->data[i] = (float)(sb_rng_normal(&rng) * exp(sb_rng_normal(&rng)));
    c->x = (sb_mat){c->data, n, d, ld};
}

static float *entry(lev_case *c, size_t i, size_t j) { return c->data + i * c->x.ld + j; }

static double worst_error(const double *a, const double *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs(a[i] - b[i]));
    return worst;
}

static double total(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i];
    return sum;
}

/* Changes that a data set may bring: 0 none, 1 zero rows, 2 zero column, 3 constant column and its multiple (rank
 * falls), 4 units 1e6 and 1e-6, 5 every row twice, 6 huge and tiny units, 7 nearly equal columns */
static size_t spoil(lev_case *c, int how)
{
    const size_t n = c->x.n, d = c->x.d;
    for (size_t i = 0; i < n; i++) {
        if (how == 1 && i % 7 == 3) memset(entry(c, i, 0), 0, d * sizeof(float));
        if (how == 2) *entry(c, i, 1) = 0;
        if (how == 3) *entry(c, i, 0) = 3, *entry(c, i, d - 1) = -6;
        if (how == 4) *entry(c, i, 0) *= 1e6f, *entry(c, i, 1) *= 1e-6f;
        if (how == 5 && i % 2) memcpy(entry(c, i, 0), entry(c, i - 1, 0), d * sizeof(float));
        if (how == 6) *entry(c, i, 0) *= 1e25f, *entry(c, i, 1) *= 1e-25f;
        if (how == 7) *entry(c, i, 1) = *entry(c, i, 0) * (1 + 1e-6f * (float)(i % 3));
    }
    return how == 2 || how == 3 ? d - 1 : d;
}

START_TEST(exact_scores_equal_the_hat_matrix)
{
    const size_t shape[][2] = {{300, 12}, {60, 20}, {40, 3}, {25, 24}, {12, 12}, {9, 30}};
    const int how = _i / 6;
    lev_case c;
    case_make(&c, _i, shape[_i % 6][0], shape[_i % 6][1]);
    const size_t n = c.x.n, d = c.x.d, columns = spoil(&c, how);
    double truth[N_MAX], score[N_MAX];
    lev_case scaled; /* the oracle resolves a rank only between comparable columns; scores do not depend on units */
    case_make(&scaled, _i, n, d);
    memcpy(scaled.data, c.data, n * c.x.ld * sizeof(float));
    for (size_t i = 0; i < n && (how == 4 || how == 6); i++) {
        const float unit = how == 4 ? 1e6f : 1e25f;
        *entry(&scaled, i, 0) /= unit, *entry(&scaled, i, 1) *= unit;
    }
    const size_t rank = jacobi_scores(scaled.x, SIZE_MAX, 0, truth);
    ck_assert_uint_le(rank, columns);
    for (int qr = 0; qr < 2; qr++) {
        sb_leverage_info info;
        ck_assert_ok(&c.t, sb_leverage(c.x, &(sb_leverage_options){.qr = qr}, &c.t.cx, score, &info));
        /* rounding the units back costs float32 eps; else float32 path 1e-4 by its check, float64 eps x condition 1e9
         */
        const bool rounded = how == 4 || how == 6;
        const double tol = info.path == SB_LEVERAGE_GRAM32 ? 1e-4 : rounded ? 1e-5 : how == 7 ? 1e-6 : 1e-9;
        ck_assert_double_le(worst_error(score, truth, n), tol);
        ck_assert_double_le(fabs(total(score, n) - (double)rank), info.path == SB_LEVERAGE_GRAM32 ? 1e-3 : 1e-8);
        ck_assert(qr ? info.path == SB_LEVERAGE_QR : true);
        ck_assert(fabs(info.effective - total(score, n)) < 1e-9 && info.largest <= 1);
        ck_assert_uint_eq(info.rank, rank);
        for (size_t i = 0; i < n && how == 1; i++) ck_assert(i % 7 == 3 ? score[i] == 0 : score[i] > 0);
    }
    test_ctx_release(&c.t);
    test_ctx_release(&scaled.t);
}
END_TEST

START_TEST(truncated_and_ridge_scores_equal_the_svd)
{
    const size_t shape[][2] = {{300, 12}, {60, 20}, {9, 30}, {40, 40}};
    lev_case c;
    case_make(&c, _i, shape[_i % 4][0], shape[_i % 4][1]);
    spoil(&c, _i / 4 == 2 ? 3 : 0);
    const size_t n = c.x.n;
    double truth[N_MAX], score[N_MAX];
    sb_leverage_info info;
    for (int qr = 0; qr < 2; qr++) {
        for (size_t r = 1; r < 9; r += 3) {
            const sb_leverage_options o = {.kind = SB_LEVERAGE_TRUNCATED, .rank = r, .qr = qr};
            ck_assert_uint_eq(jacobi_scores(c.x, r, 0, truth), r);
            ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, score, &info));
            ck_assert_uint_eq(info.rank, r);
            ck_assert_double_le(worst_error(score, truth, n), 1e-9); /* eps x condition / gap of random spectra */
        }
        for (double lambda = 1e-3; lambda < 1e6; lambda *= 100) {
            const sb_leverage_options o = {.kind = SB_LEVERAGE_RIDGE, .lambda = lambda, .qr = qr};
            (void)jacobi_scores(c.x, SIZE_MAX, lambda, truth);
            ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, score, &info));
            ck_assert_double_le(worst_error(score, truth, n), info.path == SB_LEVERAGE_GRAM32 ? 1e-4 : 1e-10);
        }
        const sb_leverage_options huge = {.kind = SB_LEVERAGE_RIDGE, .lambda = 1e12, .qr = qr};
        ck_assert_ok(&c.t, sb_leverage(c.x, &huge, &c.t.cx, score, &info));
        double worst = 0; /* lambda l -> |x|^2, off by at most the fraction s_1^2 / lambda */
        for (size_t i = 0; i < n; i++) {
            double norm = 0;
            for (size_t j = 0; j < c.x.d; j++) norm += pow((double)*entry(&c, i, j), 2);
            worst = fmax(worst, fabs(1e12 * score[i] / norm - 1));
        }
        ck_assert_double_le(worst, 1e-5);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(one_hot_rows_score_one_over_their_count)
{
    lev_case c;
    case_make(&c, 1, 300, 5);
    size_t count[5] = {0};
    for (size_t i = 0; i < 300; i++) {
        const size_t k = i % 25 == 0 ? 0 : i % 7 == 0 ? 1 : 2 + i % 3;
        for (size_t j = 0; j < 5; j++) *entry(&c, i, j) = j == k ? 2.5f : 0;
        count[k]++;
    }
    for (int qr = 0; qr < 2; qr++) {
        double score[N_MAX], worst = 0;
        sb_leverage_info info;
        ck_assert_ok(&c.t, sb_leverage(c.x, &(sb_leverage_options){.qr = qr}, &c.t.cx, score, &info));
        for (size_t i = 0; i < 300; i++)
            for (size_t j = 0; j < 5; j++)
                if (*entry(&c, i, j) > 0) worst = fmax(worst, fabs(score[i] * (double)count[j] - 1));
        ck_assert_double_le(worst, qr ? 1e-13 : 1e-6); /* float64, float32 eps x a few */
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(scores_do_not_depend_on_the_basis)
{
    lev_case c, xa;
    case_make(&c, _i, 120, 9);
    case_make(&xa, _i, 120, 9);
    sb_rng rng = sb_rng_stream((uint64_t)_i, "basis");
    double a[9][9];
    for (size_t j = 0; j < 9; j++)
        for (size_t k = 0; k < 9; k++) a[j][k] = (double)sb_rng_below(&rng, 9) - 4 + (j == k ? 12 : 0);
    for (size_t i = 0; i < 120; i++) {
        for (size_t j = 0; j < 9; j++) *entry(&c, i, j) = (float)((double)sb_rng_below(&rng, 200) - 100);
        for (size_t k = 0; k < 9; k++) { /* whole numbers below 2^24: the product is exact */
            double sum = 0;
            for (size_t j = 0; j < 9; j++) sum += (double)*entry(&c, i, j) * a[j][k];
            *entry(&xa, i, k) = (float)sum;
        }
    }
    for (int qr = 0; qr < 2; qr++) {
        double one[N_MAX], two[N_MAX];
        sb_leverage_info info;
        ck_assert_ok(&c.t, sb_leverage(c.x, &(sb_leverage_options){.qr = qr}, &c.t.cx, one, &info));
        ck_assert_ok(&c.t, sb_leverage(xa.x, &(sb_leverage_options){.qr = qr}, &c.t.cx, two, &info));
        ck_assert_double_le(worst_error(one, two, 120), qr ? 1e-12 : 1e-5);
    }
    test_ctx_release(&c.t);
    test_ctx_release(&xa.t);
}
END_TEST

/* Each path is taken where it should be, and the fast ones agree with the plain one. */
START_TEST(paths_follow_the_condition)
{
    const double gap[] = {1, 3e-3, 3e-6};
    const sb_leverage_path path[] = {SB_LEVERAGE_GRAM32, SB_LEVERAGE_GRAM64, SB_LEVERAGE_QR};
    for (int k = 0; k < 3; k++) {
        lev_case c;
        case_make(&c, k, 350, 6);
        for (size_t i = 0; i < 350; i++)
            *entry(&c, i, 5) = (float)((double)*entry(&c, i, 4) + gap[k] * (double)*entry(&c, i, 5));
        double fast[N_MAX], plain[N_MAX];
        sb_leverage_info info;
        ck_assert_ok(&c.t, sb_leverage(c.x, &(sb_leverage_options){0}, &c.t.cx, fast, &info));
        ck_assert_int_eq((int)info.path, (int)path[k]);
        ck_assert_ok(&c.t, sb_leverage(c.x, &(sb_leverage_options){.qr = true}, &c.t.cx, plain, &info));
        ck_assert_double_le(worst_error(fast, plain, 350), k ? 1e-9 : 1e-5);
        test_ctx_release(&c.t);
    }
}
END_TEST

/* With n <= d: independent rows score 1 by Cholesky, twins by the SVD; every path agrees with the plain one. */
START_TEST(wide_paths_follow_the_condition)
{
    lev_case c;
    case_make(&c, _i, 30, 90);
    spoil(&c, _i % 3 == 1 ? 5 : _i % 3 == 2 ? 1 : 0);
    double fast[N_MAX], plain[N_MAX];
    sb_leverage_info info;
    for (int kind = 0; kind < 3; kind++) {
        sb_leverage_options o = {.kind = (sb_leverage_kind)kind, .rank = 4, .lambda = 30};
        ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, fast, &info));
        const bool singular = kind == SB_LEVERAGE_EXACT && _i % 3;
        ck_assert_int_eq((int)info.path, (int)(singular ? SB_LEVERAGE_QR : SB_LEVERAGE_GRAM64));
        o.qr = true;
        ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, plain, &info));
        ck_assert_int_eq((int)info.path, SB_LEVERAGE_QR);
        ck_assert_double_le(worst_error(fast, plain, 30), 1e-10);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(tail_ridge_is_the_tail_of_the_spectrum)
{
    lev_case c;
    case_make(&c, 3, 8, 4);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 4; j++) *entry(&c, i, j) = i == j ? (float)(1 << (4 - j)) : 0; /* s = 16, 8, 4, 2 */
    const double tail[] = {(64 + 16 + 4) / 1.0, (16 + 4) / 2.0, 4 / 3.0, 0};
    for (size_t k = 1; k <= 5; k++) {
        double lambda = -1;
        ck_assert_ok(&c.t, sb_leverage_tail(c.x, k, &c.t.cx, &lambda));
        ck_assert_double_le(fabs(lambda - (k < 5 ? tail[k - 1] : 0)), 1e-12);
    }
    test_ctx_release(&c.t);
    case_make(&c, 4, 200, 15);
    for (size_t k = 1; k < 15; k++) { /* Cohen, Musco and Musco: at most 2k */
        sb_leverage_options o = {.kind = SB_LEVERAGE_RIDGE};
        double score[N_MAX];
        sb_leverage_info info;
        ck_assert_ok(&c.t, sb_leverage_tail(c.x, k, &c.t.cx, &o.lambda));
        ck_assert_ok(&c.t, sb_leverage(c.x, &o, &c.t.cx, score, &info));
        ck_assert_double_le(info.effective, 2 * (double)k);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(allocation_failures_are_reported)
{
    for (int how = 0; how < 7; how++) {
        lev_case c;
        case_make(&c, how, how > 2 ? 8 : 50, 10);
        if (how == 2 || how == 3) spoil(&c, how == 2 ? 3 : 5); /* so that QR and SVD are needed */
        const sb_leverage_options o = {.kind = how == 1 || how == 5 ? SB_LEVERAGE_TRUNCATED
                                               : how == 6           ? SB_LEVERAGE_RIDGE
                                                                    : SB_LEVERAGE_EXACT,
                                       .rank = 3,
                                       .lambda = 1};
        double score[N_MAX];
        sb_leverage_info info;
        sb_status st = SB_ENOMEM;
        size_t k = 0;
        for (; st == SB_ENOMEM && k < 80; k++) {
            const size_t mark = sb_arena_mark(c.t.cx.arena);
            sb_arena_fail_at(c.t.cx.arena, k);
            st = sb_leverage(c.x, &o, &c.t.cx, score, &info);
            if (st == SB_OK) ck_assert_uint_eq(sb_arena_used(c.t.cx.arena), mark);
            sb_arena_rewind(c.t.cx.arena, mark);
        }
        sb_arena_fail_at(c.t.cx.arena, SIZE_MAX);
        ck_assert_ok(&c.t, st);
        ck_assert_uint_gt(k, 4);
        test_ctx_release(&c.t);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("leverage");
    TCase *t = tcase_create("leverage");
    tcase_add_loop_test(t, exact_scores_equal_the_hat_matrix, 0, 48);
    tcase_add_loop_test(t, truncated_and_ridge_scores_equal_the_svd, 0, 12);
    tcase_add_test(t, one_hot_rows_score_one_over_their_count);
    tcase_add_loop_test(t, scores_do_not_depend_on_the_basis, 0, 8);
    tcase_add_test(t, paths_follow_the_condition);
    tcase_add_loop_test(t, wide_paths_follow_the_condition, 0, 9);
    tcase_add_test(t, tail_ridge_is_the_tail_of_the_spectrum);
    tcase_add_test(t, allocation_failures_are_reported);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

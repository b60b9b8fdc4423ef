/* The penalty chosen by cross-validation, against fits of every fold by Gaussian elimination in long double. */
#include "ridge_case.h"

#include "selbench/folds.h"
#include "selbench/lsq.h"

static ridge_case c;

/* Which fold each draw is in: the distinct rows with weight, ascending, are dealt. Returns the folds. */
static size_t deal(size_t folds, uint32_t *fold)
{
    bool used[CASE_N] = {false};
    uint32_t of[CASE_N], place[CASE_N], u = 0;
    for (size_t i = 0; i < c.m; i++) used[c.row[i]] = used[c.row[i]] || c.weight[i] > 0;
    for (uint32_t r = 0; r < c.n; r++)
        if (used[r]) place[r] = u++;
    sb_rng rng = sb_ctx_stream(&c.t.cx, "folds");
    if (folds > u) folds = u;
    ck_assert_ok(&c.t, sb_folds(u, folds, NULL, &rng, &c.t.cx, of));
    for (size_t i = 0; i < c.m; i++) fold[i] = c.weight[i] > 0 ? of[place[c.row[i]]] : UINT32_MAX;
    return folds;
}

static long double at(size_t i, size_t j) { return j < c.d ? (long double)*case_x(&c, c.row[i], j) : 1; }

/* theta (d+1) of one target over the draws outside fold k: normal equations with the intercept as a column. */
static void plain_fit(const uint32_t *fold, size_t k, double l2, size_t target, long double *theta)
{
    static long double a[CASE_D + 1][CASE_D + 2];
    const size_t d = c.d, e = d + c.intercept;
    long double total = 0, mean[CASE_D] = {0}, var[CASE_D] = {0};
    for (size_t i = 0; i < c.m; i++)
        if (fold[i] != k) total += (long double)c.weight[i];
    for (size_t i = 0; i < c.m; i++)
        for (size_t j = 0; j < d && fold[i] != k; j++) mean[j] += (long double)c.weight[i] * at(i, j) / total;
    for (size_t i = 0; i < c.m; i++)
        for (size_t j = 0; j < d && fold[i] != k; j++)
            var[j] += (long double)c.weight[i] * powl(at(i, j) - (c.intercept ? mean[j] : 0), 2) / total;
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < c.m; i++)
        for (size_t p = 0; p < e && fold[i] != k; p++) {
            const long double wx = (long double)c.weight[i] / total * at(i, p);
            for (size_t q = 0; q < e; q++) a[p][q] += wx * at(i, q);
            a[p][e] += wx * (long double)c.y[c.row[i] * c.q + target];
        }
    for (size_t j = 0; j < d; j++) {
        a[j][j] += (long double)(l2 * (double)c.q) * (c.standardise ? var[j] : 1);
        if (var[j] > 1e-20L) continue;
        for (size_t q = 0; q <= e; q++) a[j][q] = 0; /* constant there: coefficient 0 */
        for (size_t p = 0; p < e; p++) a[p][j] = 0;
        a[j][j] = 1;
    }
    for (size_t p = 0; p < e; p++) {
        size_t pivot = p;
        for (size_t r = p + 1; r < e; r++)
            if (fabsl(a[r][p]) > fabsl(a[pivot][p])) pivot = r;
        for (size_t q = 0; q <= e; q++) {
            const long double swap = a[p][q];
            a[p][q] = a[pivot][q], a[pivot][q] = swap;
        }
        for (size_t r = 0; r < e; r++) {
            const long double f = r == p ? 0 : a[r][p] / a[p][p];
            for (size_t q = p; q <= e && f != 0; q++) a[r][q] -= f * a[p][q];
        }
    }
    theta[d] = 0;
    for (size_t p = 0; p < e; p++) theta[p] = a[p][e] / a[p][p];
}

static double plain_loss(const uint32_t *fold, size_t folds, double l2)
{
    long double sum = 0, total = 0, theta[CASE_D + 1];
    for (size_t i = 0; i < c.m; i++) total += (long double)c.weight[i];
    for (size_t k = 0; k < folds; k++)
        for (size_t target = 0; target < c.q; target++) {
            plain_fit(fold, k, l2, target, theta);
            for (size_t i = 0; i < c.m; i++) {
                if (fold[i] != k) continue;
                long double e = theta[c.d] - (long double)c.y[c.row[i] * c.q + target];
                for (size_t j = 0; j < c.d; j++) e += theta[j] * at(i, j);
                sum += (long double)c.weight[i] / total * e * e / (long double)c.q;
            }
        }
    return (double)sum;
}

/* More rows than columns (moments less the fold's) and fewer (each fold from its rows); _i / 8: a column that is
 * constant outside one fold. */
START_TEST(choice_equals_brute_force)
{
    const size_t d = 3 + (size_t)_i % 5 * 4, q = 1 + (size_t)_i % 3, m = _i % 4 == 3 ? d - 1 : 2 * d + 14;
    case_make(&c, _i, CASE_N, d, q, m);
    static const char *const text = "[1e-5, 1e-3, 0.05, 1, 30]";
    const double grid[] = {1e-5, 1e-3, 0.05, 1, 30};
    case_set(&c, "l2", text);
    case_set(&c, "folds", _i % 2 ? "5" : "3");
    case_set(&c, "intercept", _i % 7 == 2 ? "false" : "true");
    case_set(&c, "standardise", _i / 2 % 2 ? "true" : "false");
    case_set(&c, "solver", _i % 5 == 1 ? "qr" : "auto");
    if (_i >= 12)
        for (uint32_t i = 0; i < c.n; i++) *case_x(&c, i, 1) = i == c.row[0] ? 3.25f : 0.5f;
    uint32_t fold[2 * CASE_N];
    const size_t folds = deal(_i % 2 ? 5 : 3, fold);
    double truth[5], loss[5], l2 = -1, theta[(CASE_D + 1) * CASE_T];
    size_t best = 0;
    for (size_t g = 0; g < 5; g++) truth[g] = plain_loss(fold, folds, grid[g]);
    for (size_t g = 1; g < 5; g++) best = truth[g] < truth[best] ? g : best;
    const sb_lsq p = {c.data.x, c.y, q, c.intercept, c.standardise, _i % 5 == 1 ? SB_LSQ_QR : SB_LSQ_AUTO};
    ck_assert_ok(&c.t, sb_lsq_choose(&p, &c.s, grid, 5, _i % 2 ? 5 : 3, &c.t.cx, &l2, loss));
    ck_assert(l2 == grid[best]);
    for (size_t g = 0; g < 5;
         g++) /* normal equations without refinement: eps x condition 1e6 of the smallest penalty */
        ck_assert_msg(fabs(loss[g] / truth[g] - 1) < 1e-8, "seed %d: %.17g, expected %.17g", _i, loss[g], truth[g]);
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    ck_assert(info.l2 == grid[best] && info.converged);
    const plain_check check = case_check(&c, grid[best], theta);
    ck_assert_double_le(check.worst, check.tolerance);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(copies_of_a_row_share_a_fold)
{
    case_make(&c, 1, CASE_N, 4, 1, 60); /* pure noise: with leaks the smallest penalty would win */
    sb_rng rng = sb_rng_stream(9, "noise");
    for (size_t i = 0; i < c.n; i++) c.y[i] = sb_rng_normal(&rng);
    for (size_t i = 0; i < c.m; i++) c.row[i] = (uint32_t)(i % 6), c.weight[i] = 1;
    case_set(&c, "l2", "[1e-9, 1000]");
    case_set(&c, "folds", "10"); /* only 6 distinct rows */
    double theta[CASE_D + 1];
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    ck_assert(info.l2 == 1000);
    for (size_t i = 0; i < c.m; i++) c.row[i] = 5;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info)); /* one distinct row: the largest */
    ck_assert(info.l2 == 1000 && theta[0] == 0);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(equal_losses_choose_the_first)
{
    case_make(&c, 1, CASE_N, 4, 1, 60);
    for (size_t i = 0; i < c.n; i++) c.y[i] = 2;
    case_set(&c, "l2", "[3, 0.1, 5]");
    double theta[CASE_D + 1];
    sb_fit_info info;
    ck_assert_ok(&c.t, case_fit(&c, theta, &info));
    ck_assert(info.l2 == 3);
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ridge_cv");
    TCase *t = tcase_create("ridge_cv");
    tcase_add_loop_test(t, choice_equals_brute_force, 0, 24);
    tcase_add_test(t, copies_of_a_row_share_a_fold);
    tcase_add_test(t, equal_losses_choose_the_first);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* chen_price: on every run the weighted rows have all eigenvalues between the walls (Jacobi), weights that sum to about
 * n, and about 1.5 d / g^2 rows. */
#include "pick_case.h"

#include "jacobi.h"

enum { N = 500, D = 4 };

START_TEST(eigenvalues_stay_between_the_walls)
{
    pick_case c;
    pick_init(&c, "chen_price", N, D);
    pick_normal(&c, (uint64_t)_i, 0.7);
    pick_set(&c, "g", _i % 2 ? "0.2" : "0.3");
    const double g = _i % 2 ? .2 : .3;
    ck_assert_ok(&c.t, pick_run(&c, (uint64_t)_i, 100, true));
    double all[D * D], some[D * D] = {0}, value[D], v[D * D], half[D * D] = {0}, w[D * D] = {0}, sum = 0;
    plain_moment(c.x, NULL, N, 0, all);
    for (size_t j = 0; j < c.out.m; j++) {
        sum += c.out.weight[j];
        for (size_t a = 0; a < D * D; a++)
            some[a] +=
                c.out.weight[j] * (double)sb_mat_row(c.x, c.row[j])[a / D] * (double)sb_mat_row(c.x, c.row[j])[a % D];
    }
    jacobi(all, D, value, v); /* half = V diag(1/sqrt(value)): half' some half has the relative eigenvalues */
    for (size_t k = 0; k < D; k++)
        for (size_t a = 0; a < D; a++) half[a * D + k] = v[k * D + a] / sqrt(value[k]);
    for (size_t k = 0; k < D; k++)
        for (size_t l = 0; l < D; l++)
            for (size_t a = 0; a < D * D; a++) w[k * D + l] += half[a / D * D + k] * some[a] * half[a % D * D + l];
    jacobi(w, D, value, v);
    const double low = pick_note(&c, "lower_wall"), high = pick_note(&c, "upper_wall");
    ck_assert_msg(low > 0 && value[D - 1] > low - 1e-6 && value[0] < high + 1e-6, "%.4f..%.4f outside %.4f..%.4f",
                  value[D - 1], value[0], low, high);
    const double rows = 1.5 * D / (g * g);
    ck_assert_msg((double)c.out.m > .6 * rows && (double)c.out.m < 1.7 * rows, "%zu rows, expected about %.0f", c.out.m,
                  rows);
    /* the weights sum to n on average; rows that differ in size by e^.7 scatter single runs */
    ck_assert_msg(fabs(sum / N - 1) < .6, "weights sum to %.1f", sum);
    test_ctx_release(&c.t);
}
END_TEST

/* A = (uI-B)^{-1} + (B-lI)^{-1} in coordinates where X'X = I; returns its trace. */
static double barrier(const double *b, double upper, double lower, double *a)
{
    double up[4], down[4], inverse[4];
    for (size_t k = 0; k < 4; k++) {
        up[k] = (k % 3 == 0 ? upper : 0) - b[k];
        down[k] = b[k] - (k % 3 == 0 ? lower : 0);
    }
    plain_inverse(up, 2, a);
    plain_inverse(down, 2, inverse);
    for (size_t k = 0; k < 4; k++) a[k] += inverse[k];
    return a[0] + a[3];
}

static double form(const double *a, const double *v)
{
    return a[0] * v[0] * v[0] + (a[1] + a[2]) * v[0] * v[1] + a[3] * v[1] * v[1];
}

/* Every run is replayed from the definition. With q the law of a draw and q0 that of the first, the mean of
 * q(row)/q0(row) - sum q^2/q0 over all draws is 0 if rows follow q, and minus the chi-square distance if they follow
 * q0. So for each row alone the mean of [drawn] - q(row). All within 4.5 standard errors. */
START_TEST(draws_follow_their_law)
{
    enum { ROWS = 6, RUNS = 20000 };
    const double g = 0.45;
    pick_case c;
    pick_init(&c, "chen_price", ROWS, 2);
    pick_normal(&c, 3, 0.5);
    pick_set(&c, "g", "0.45");
    double all[4], value[2], w[4], v[ROWS][2], q[ROWS], q0[ROWS], sum[ROWS + 1] = {0}, var[ROWS + 1] = {0};
    plain_moment(c.x, NULL, ROWS, 0, all);
    jacobi(all, 2, value, w);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < 2; k++)
            v[i][k] = (w[k * 2] * (double)sb_mat_row(c.x, i)[0] + w[k * 2 + 1] * (double)sb_mat_row(c.x, i)[1]) /
                      sqrt(value[k]);
    for (uint64_t s = 0; s < RUNS; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 24, false));
        double b[4] = {0}, upper = 4 / g, lower = -4 / g;
        for (size_t j = 0; j < c.out.m; j++) {
            double a[4], mean = 0, square = 0;
            const double phi = barrier(b, upper, lower, a), *const x = v[c.row[j]], f = form(a, x);
            for (size_t i = 0; i < ROWS; i++) {
                q[i] = form(a, v[i]) / phi;
                if (j == 0) q0[i] = q[i];
                mean += q[i] * q[i] / q0[i], square += q[i] * q[i] / q0[i] * q[i] / q0[i];
                sum[i] += (c.row[j] == i) - q[i], var[i] += q[i] * (1 - q[i]);
            }
            sum[ROWS] += q[c.row[j]] / q0[c.row[j]] - mean, var[ROWS] += square - mean * mean;
            for (size_t k = 0; k < 4; k++) b[k] += g / f * x[k / 2] * x[k % 2];
            upper += g / (phi * (1 - g));
            lower += g / (phi * (1 + g));
        }
    }
    for (size_t i = 0; i <= ROWS; i++)
        ck_assert_msg(fabs(sum[i]) < 4.5 * sqrt(var[i]), "%zu: %.1f with deviation %.1f", i, sum[i], sqrt(var[i]));
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(weights_sum_to_n_on_average)
{
    enum { RUNS = 60 };
    pick_case c;
    pick_init(&c, "chen_price", N, D);
    pick_normal(&c, 3, 0.3);
    pick_set(&c, "g", "0.2");
    double mean = 0;
    for (uint64_t s = 0; s < RUNS; s++) {
        const size_t mark = sb_arena_mark(c.t.cx.arena);
        ck_assert_ok(&c.t, pick_run(&c, s, 100, true));
        for (size_t j = 0; j < c.out.m; j++) mean += c.out.weight[j] / N / RUNS;
        sb_arena_rewind(c.t.cx.arena, mark);
    }
    ck_assert_msg(fabs(mean - 1) < .2, "mean %.3f", mean);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(too_small_budgets_are_declined)
{
    pick_case c;
    pick_init(&c, "chen_price", N, D);
    pick_normal(&c, 3, 0.3);
    ck_assert_fails(&c.t, pick_run(&c, 1, 10, false), SB_SKIP, "rank 4");
    ck_assert_ok(&c.t, pick_run(&c, 1, 60, false));
    ck_assert(c.out.m > 36 && c.out.m < 100);
    pick_set(&c, "work", "10");
    ck_assert_fails(&c.t, pick_run(&c, 1, 60, false), SB_SKIP, "multiply-adds");
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("chen_price");
    TCase *t = tcase_create("chen_price");
    tcase_add_loop_test(t, eigenvalues_stay_between_the_walls, 0, 6);
    tcase_add_test(t, draws_follow_their_law);
    tcase_add_test(t, weights_sum_to_n_on_average);
    tcase_add_test(t, too_small_budgets_are_declined);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

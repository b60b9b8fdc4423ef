/* ted and rpv against their objectives recomputed from scratch, with an elimination that shares nothing with LAPACK. */
#include "pick_case.h"

#include "selbench/basis.h"
#include "selbench/inverse.h"

enum { N = 30, D = 4 };

/* tr( B (lambda I + sum_S x x')^{-1} ), B = X'X */
static double trace_of(sb_mat x, const uint32_t *s, size_t m, double lambda)
{
    double g[D * D], b[D * D], p[D * D], trace = 0;
    plain_moment(x, s, m, lambda, g);
    plain_moment(x, NULL, x.n, 0, b);
    plain_inverse(g, x.d, p);
    for (size_t i = 0; i < x.d * x.d; i++) trace += b[i] * p[i];
    return trace;
}

/* sum_i min_b |x_i - X_S'b|^2 + lambda |b|^2 by n small ridge problems in the dual: b = (K_SS + lambda I)^{-1} K_Si. */
static double rebuild_error(sb_mat x, const uint32_t *s, size_t m, double lambda)
{
    double k[64], inverse[64], total = 0;
    for (size_t a = 0; a < m; a++)
        for (size_t b = 0; b < m; b++) {
            double dot = a == b ? lambda : 0;
            for (size_t j = 0; j < x.d; j++) dot += (double)sb_mat_row(x, s[a])[j] * (double)sb_mat_row(x, s[b])[j];
            k[a * m + b] = dot;
        }
    plain_inverse(k, m, inverse);
    for (size_t i = 0; i < x.n; i++) {
        double c[8] = {0}, beta[8] = {0}, e[8];
        for (size_t a = 0; a < m; a++)
            for (size_t j = 0; j < x.d; j++) c[a] += (double)sb_mat_row(x, s[a])[j] * (double)sb_mat_row(x, i)[j];
        for (size_t a = 0; a < m; a++)
            for (size_t b = 0; b < m; b++) beta[a] += inverse[a * m + b] * c[b];
        for (size_t j = 0; j < x.d; j++) {
            e[j] = (double)sb_mat_row(x, i)[j];
            for (size_t a = 0; a < m; a++) e[j] -= beta[a] * (double)sb_mat_row(x, s[a])[j];
            total += e[j] * e[j];
        }
        for (size_t a = 0; a < m; a++) total += lambda * beta[a] * beta[a];
    }
    return total;
}

/* The picked row lowers the objective at least as much as any other, to 1e-10 of the objective. */
static void expect_greedy(sb_mat x, const uint32_t *s, size_t from, size_t m, double lambda)
{
    for (size_t j = from; j < m; j++) {
        uint32_t trial[N];
        memcpy(trial, s, j * sizeof *s);
        const double chosen = trace_of(x, s, j + 1, lambda);
        double best = (double)INFINITY;
        for (uint32_t i = 0; i < x.n; i++) {
            bool used = false;
            for (size_t k = 0; k < j; k++) used = used || s[k] == i;
            trial[j] = i;
            if (!used) best = fmin(best, trace_of(x, trial, j + 1, lambda));
        }
        ck_assert_msg(chosen <= best * (1 + 1e-10), "pick %zu leaves %.12g, the best %.12g", j, chosen, best);
    }
}

START_TEST(ted_lowers_its_objective_most)
{
    pick_case c;
    pick_init(&c, "ted", N, D);
    pick_normal(&c, (uint64_t)_i, 0.6);
    memcpy(pick_x(&c) + 9 * D, pick_x(&c) + 2 * D, D * sizeof(float));
    pick_set(&c, "lambda_rule", "value");
    pick_set(&c, "lambda", _i % 2 ? "0.5" : "0.01");
    const double lambda = _i % 2 ? 0.5 : 0.01;
    ck_assert_ok(&c.t, pick_run(&c, 1, 8, false));
    expect_greedy(c.x, c.row, 0, 8, lambda);
    double total = 0;
    for (size_t i = 0; i < N * D; i++) total += (double)pick_x(&c)[i] * (double)pick_x(&c)[i];
    const double direct = rebuild_error(c.x, c.row, 8, lambda) / total;
    ck_assert_msg(fabs(pick_note(&c, "left_frac") - direct) < 1e-10, "left %.12g, directly %.12g",
                  pick_note(&c, "left_frac"), direct);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(ted_with_a_huge_ridge_ranks_by_kernel_norm)
{
    pick_case c;
    pick_init(&c, "ted", N, D);
    pick_normal(&c, 4, 0.6);
    pick_set(&c, "lambda_rule", "value");
    pick_set(&c, "lambda", "1e12");
    ck_assert_ok(&c.t, pick_run(&c, 1, N, false));
    double norm[N], worst = 0;
    for (size_t j = 0; j < N; j++) {
        norm[j] = 0;
        for (size_t i = 0; i < N; i++) {
            double dot = 0;
            for (size_t k = 0; k < D; k++) dot += (double)sb_mat_row(c.x, i)[k] * (double)sb_mat_row(c.x, c.row[j])[k];
            norm[j] += dot * dot;
        }
        if (j) worst = fmax(worst, norm[j] / norm[j - 1] - 1);
    }
    ck_assert_msg(worst < 1e-6, "a later pick has a larger kernel norm by %.3g", worst);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(ted_counts_warm_rows)
{
    pick_case c;
    pick_init(&c, "ted", N, D);
    pick_normal(&c, 6, 0.6);
    pick_set(&c, "lambda_rule", "value");
    c.warm[0] = 3, c.warm[1] = 7, c.warm_n = 2;
    ck_assert_ok(&c.t, pick_run(&c, 1, 4, false));
    uint32_t all[6] = {3, 7};
    memcpy(all + 2, c.row, 4 * sizeof *all);
    expect_greedy(c.x, all, 2, 6, 0.1);
    test_ctx_release(&c.t);
}
END_TEST

/* sketch >= d with the budget far above it: k = d, and the sketch is a change of basis, under which the score does not
 * change. So the greedy rows are those that lower tr(X'X (X_S'X_S)^{-1}) most. The sketch rounds to float32: 1e-5. */
START_TEST(rpv_greedy_lowers_the_variance_most)
{
    pick_case c;
    pick_init(&c, "rpv", N, D);
    pick_normal(&c, (uint64_t)_i, 0.6);
    pick_set(&c, "rule", "greedy");
    ck_assert_ok(&c.t, pick_run(&c, (uint64_t)_i, N, false));
    ck_assert(pick_note(&c, "sketch") == D && pick_note(&c, "pivots") == D && pick_note(&c, "filled") == 0);
    for (size_t j = D; j < D + 6; j++) {
        double chosen = trace_of(c.x, c.row, j + 1, 0), best = chosen;
        uint32_t trial[N];
        memcpy(trial, c.row, j * sizeof *trial);
        for (size_t k = j; k < N; k++) {
            trial[j] = c.row[k];
            best = fmin(best, trace_of(c.x, trial, j + 1, 0));
        }
        ck_assert_msg(chosen <= best * (1 + 1e-5), "pick %zu leaves %.9g, the best %.9g", j, chosen, best);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(rpv_linear_draws_by_score)
{
    enum { RUNS = 4000 };
    pick_case c;
    pick_init(&c, "rpv", 8, 2);
    pick_normal(&c, 2, 0.4);
    pick_set(&c, "sketch", "2");
    const uint32_t warm[] = {0, 1, 2, 3};
    memcpy(c.warm, warm, sizeof warm);
    c.warm_n = 4; /* budget 1 + 4: k = 2, the warm rows are the pivots, one draw among rows 4..7 */
    double want[8], sum = 0;
    const double before = trace_of(c.x, warm, 4, 0);
    for (uint32_t i = 4; i < 8; i++) {
        const uint32_t s[] = {0, 1, 2, 3, i};
        sum += want[i] = before - trace_of(c.x, s, 5, 0);
    }
    size_t count[8] = {0};
    for (uint64_t s = 0; s < RUNS; s++) {
        ck_assert_ok(&c.t, pick_run(&c, s, 1, false));
        count[c.row[0]]++;
    }
    for (size_t i = 4; i < 8; i++) {
        const double p = want[i] / sum, z = ((double)count[i] - RUNS * p) / sqrt(RUNS * p * (1 - p));
        ck_assert_msg(fabs(z) < 4.5, "row %zu: z = %.2f", i, z);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(rpv_shrinks_its_sketch_and_fills)
{
    pick_case c;
    pick_init(&c, "rpv", 50, 40);
    pick_normal(&c, 2, 0.4);
    ck_assert_ok(&c.t, pick_run(&c, 1, 50, false));
    ck_assert(pick_note(&c, "sketch") == 30); /* max(50 - 20, 25) */
    ck_assert_ok(&c.t, pick_run(&c, 1, 21, false));
    ck_assert(pick_note(&c, "sketch") == 10);
    memset(pick_x(&c), 0, 50 * 40 * sizeof(float));
    ck_assert_ok(&c.t, pick_run(&c, 1, 50, false));
    ck_assert(pick_note(&c, "filled") == 50);
    test_ctx_release(&c.t);
}
END_TEST

/* The engine after many additions and removals against a fresh inverse. */
START_TEST(inverse_follows_its_matrix)
{
    pick_case c;
    pick_init(&c, "ted", 40, D);
    pick_normal(&c, (uint64_t)_i, 1);
    double m[D * D], b[D * D], p[D * D], worst = 0;
    uint32_t chosen[400];
    size_t k = 0;
    plain_moment(c.x, NULL, 0, 0.3, m);
    plain_moment(c.x, NULL, 40, 0, b);
    sb_inverse e;
    ck_assert_ok(&c.t, sb_inverse_init(&e, c.x, m, b, false, &c.t.cx));
    sb_rng r = sb_rng_stream((uint64_t)_i, "moves");
    for (size_t t = 0; t < 300; t++) {
        const size_t j = k ? sb_rng_below(&r, k) : 0;
        if (k > 5 && sb_rng_unit(&r) < .5) {
            ck_assert_ok(&c.t, sb_inverse_change(&e, chosen[j], -1, &c.t.cx));
            chosen[j] = chosen[--k];
        } else {
            chosen[k] = (uint32_t)sb_rng_below(&r, 40);
            ck_assert_ok(&c.t, sb_inverse_change(&e, chosen[k++], 1, &c.t.cx));
        }
    }
    plain_moment(c.x, chosen, k, 0.3, m);
    plain_inverse(m, D, p);
    for (size_t i = 0; i < 40; i++) {
        double u[D], h = 0, s = 0;
        for (size_t a = 0; a < D; a++) {
            u[a] = 0;
            for (size_t q = 0; q < D; q++) u[a] += p[a * D + q] * (double)sb_mat_row(c.x, i)[q];
            h += u[a] * (double)sb_mat_row(c.x, i)[a];
        }
        for (size_t a = 0; a < D; a++)
            for (size_t q = 0; q < D; q++) s += u[a] * b[a * D + q] * u[q];
        worst = fmax(worst, fmax(fabs(e.h[i] - h) / (h + 1), fabs(e.s[i] - s) / (s + 1)));
    }
    ck_assert_msg(worst < 1e-8, "off by %.3g", worst); /* 200 updates of numbers up to 1e3 larger */
    test_ctx_release(&c.t);
}
END_TEST

/* The variant by its explicit kernel: K -= k k'/(1 + lambda) with k a column of the first K, the largest column next.
 */
START_TEST(transductive_deflates_by_the_first_kernel)
{
    pick_case c;
    pick_init(&c, "ted", N, D);
    pick_normal(&c, (uint64_t)_i, 0.6);
    pick_set(&c, "variant", "transductive");
    pick_set(&c, "lambda_rule", "value");
    pick_set(&c, "lambda", "40");
    static double first[N * N], k[N * N];
    bool used[N] = {false};
    for (size_t a = 0; a < N * N; a++) {
        first[a] = 0;
        for (size_t j = 0; j < D; j++)
            first[a] += (double)sb_mat_row(c.x, a / N)[j] * (double)sb_mat_row(c.x, a % N)[j];
        k[a] = first[a];
    }
    ck_assert_ok(&c.t, pick_run(&c, 1, 8, false));
    for (size_t pick = 0; pick < 8; pick++) {
        double top = -1;
        size_t best = 0;
        for (size_t i = 0; i < N; i++) {
            double norm = 0;
            for (size_t j = 0; j < N; j++) norm += k[i * N + j] * k[i * N + j];
            if (!used[i] && norm > top) top = norm, best = i;
        }
        ck_assert_uint_eq(c.row[pick], best);
        used[best] = true;
        for (size_t a = 0; a < N * N; a++) k[a] -= first[a / N * N + best] * first[best * N + a % N] / 41;
    }
    test_ctx_release(&c.t);
}
END_TEST

/* Greedy with blocks: the second and third row of a block have the next best scores of the block's start. */
START_TEST(rpv_blocks_share_their_scores)
{
    enum { BLOCK = 3, SKETCH = 4 };
    pick_case c;
    pick_init(&c, "rpv", N, D);
    pick_normal(&c, (uint64_t)_i, 0.6);
    pick_set(&c, "rule", "greedy");
    pick_set(&c, "block", "3");
    pick_set(&c, "sketch", "4");
    ck_assert_ok(&c.t, pick_run(&c, (uint64_t)_i, 28, false));
    sb_mat f; /* the sketch, drawn again from its stream */
    sb_rng rng = sb_ctx_stream(&c.t.cx, "sketch");
    ck_assert_ok(&c.t, sb_sketch(c.x, SKETCH, &rng, &c.t.cx, &f));
    const size_t from = (size_t)pick_note(&c, "pivots");
    ck_assert_uint_eq(from, SKETCH);
    for (size_t b = from; b + BLOCK <= 28; b += BLOCK) {
        const double now = trace_of(f, c.row, b, 0);
        double last = (double)INFINITY, rest = 0;
        for (uint32_t i = 0, j = 0; i < N; i++) {
            uint32_t trial[N];
            memcpy(trial, c.row, b * sizeof *trial);
            trial[b] = i;
            bool chosen = false, earlier = false;
            for (j = 0; j < b; j++) earlier = earlier || c.row[j] == i;
            for (; j < b + BLOCK; j++) chosen = chosen || c.row[j] == i;
            const double score = earlier ? 0 : now - trace_of(f, trial, b + 1, 0);
            if (chosen) last = fmin(last, score);
            if (!chosen && !earlier) rest = fmax(rest, score);
        }
        ck_assert_msg(last >= rest * (1 - 1e-9), "block at %zu: %.9g taken, %.9g left", b, last, rest);
    }
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ted_rpv");
    TCase *t = tcase_create("ted_rpv");
    tcase_add_loop_test(t, ted_lowers_its_objective_most, 0, 6);
    tcase_add_test(t, ted_with_a_huge_ridge_ranks_by_kernel_norm);
    tcase_add_test(t, ted_counts_warm_rows);
    tcase_add_loop_test(t, rpv_greedy_lowers_the_variance_most, 0, 4);
    tcase_add_test(t, rpv_linear_draws_by_score);
    tcase_add_test(t, rpv_shrinks_its_sketch_and_fills);
    tcase_add_loop_test(t, inverse_follows_its_matrix, 0, 4);
    tcase_add_loop_test(t, transductive_deflates_by_the_first_kernel, 0, 4);
    tcase_add_loop_test(t, rpv_blocks_share_their_scores, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

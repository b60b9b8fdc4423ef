/* LSQR against what it is by definition: after k steps, the minimiser over the Krylov space of A'A and A'b, found here
 * by Gram-Schmidt and Gaussian elimination; converged, the ridge solution; on the published matrix, the risks that a
 * NumPy program gave. */
#include <stdio.h>

#include "registry.h"
#include "selbench/generator.h"
#include "selbench/model.h"
#include "test_main.h"

extern const sb_model sb_model_lsqr;
enum { M = 14, D = 9, ROWS = 2 * M };

typedef struct lsqr_case {
    test_ctx t;
    float x[ROWS * D];
    double y[ROWS], weight[M];
    uint32_t row[M];
    sb_data data;
    sb_subset s;
    void *options;
} lsqr_case;

static void set(lsqr_case *c, const char *name, const char *value)
{
    ck_assert_ok(&c->t, sb_param_set(sb_model_lsqr.options, c->options, name, value, &c->t.cx));
}

static void case_make(lsqr_case *c, int seed)
{
    memset(c, 0, sizeof *c);
    test_ctx_init(&c->t, "lsqr");
    sb_rng rng = sb_rng_stream((uint64_t)seed, "lsqr");
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < D; j++) c->x[i * D + j] = (float)(sb_rng_normal(&rng) * (1 + (double)(j % 3)));
        c->y[i] = 3 * sb_rng_normal(&rng) + (double)c->x[i * D];
    }
    for (size_t i = 0; i < M; i++) {
        c->row[i] = (uint32_t)sb_rng_below(&rng, ROWS);
        c->weight[i] = i == 3 ? 0 : 0.2 + sb_rng_unit(&rng);
    }
    c->data = (sb_data){.x = {c->x, ROWS, D, D}, .kind = SB_REGRESSION, .t = 1, .y = c->y};
    c->s = (sb_subset){M, c->row, seed % 2 ? c->weight : NULL};
    c->options = sb_arena_alloc(c->t.cx.arena, 1, sb_model_lsqr.option_size);
    sb_param_defaults(sb_model_lsqr.options, c->options, &c->t.cx);
}

/* H = A'A + p I and g = A'b of the given rows (indices into the selection), weights of mean 1; returns their number. */
static size_t normal_equations(const lsqr_case *c, const size_t *pick, size_t count, double penalty, bool sum,
                               double h[D][D], double g[D])
{
    double total = 0;
    size_t m = 0;
    for (size_t k = 0; k < count; k++) {
        const double w = c->s.weight ? c->s.weight[pick[k]] : 1;
        total += w;
        m += w > 0;
    }
    for (size_t a = 0; a < D; a++) {
        g[a] = 0;
        for (size_t b = 0; b < D; b++) h[a][b] = a == b ? penalty * (sum ? 1 : (double)m) : 0;
    }
    for (size_t k = 0; k < count; k++) {
        const double w = (c->s.weight ? c->s.weight[pick[k]] : 1) * (double)m / total;
        const float *x = c->x + (size_t)c->row[pick[k]] * D;
        for (size_t a = 0; a < D; a++) {
            g[a] += w * (double)x[a] * c->y[c->row[pick[k]]];
            for (size_t b = 0; b < D; b++) h[a][b] += w * (double)x[a] * (double)x[b];
        }
    }
    return m;
}

/* Gaussian elimination with partial pivoting, size n of a D x D array. */
static void eliminate(double h[D][D], double *g, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        size_t top = k;
        for (size_t i = k + 1; i < n; i++) top = fabs(h[i][k]) > fabs(h[top][k]) ? i : top;
        for (size_t j = 0; j < n; j++) {
            const double swap = h[k][j];
            h[k][j] = h[top][j];
            h[top][j] = swap;
        }
        const double swap = g[k];
        g[k] = g[top];
        g[top] = swap;
        for (size_t i = k + 1; i < n; i++) {
            const double f = h[i][k] / h[k][k];
            for (size_t j = k; j < n; j++) h[i][j] -= f * h[k][j];
            g[i] -= f * g[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++) g[k] -= h[k][j] * g[j];
        g[k] /= h[k][k];
    }
}

static void times(double h[D][D], const double *v, double *out)
{
    for (size_t a = 0; a < D; a++) {
        out[a] = 0;
        for (size_t b = 0; b < D; b++) out[a] += h[a][b] * v[b];
    }
}

/* The minimiser of x'Hx/2 - g'x over span{g, Hg, .., H^(k-1) g}, the same space for every penalty. */
static void krylov(double h[D][D], const double *g, size_t k, double *x)
{
    double q[D][D] = {{0}}, small[D][D] = {{0}}, right[D] = {0}, hq[D];
    for (size_t i = 0; i < k; i++) {
        if (i)
            times(h, q[i - 1], q[i]);
        else
            memcpy(q[0], g, sizeof q[0]);
        for (size_t pass = 0; pass < 3; pass++)
            for (size_t j = 0; j < i; j++) {
                double dot = 0;
                for (size_t a = 0; a < D; a++) dot += q[i][a] * q[j][a];
                for (size_t a = 0; a < D; a++) q[i][a] -= dot * q[j][a];
            }
        double size = 0;
        for (size_t a = 0; a < D; a++) size += q[i][a] * q[i][a];
        for (size_t a = 0; a < D; a++) q[i][a] /= sqrt(size);
    }
    for (size_t i = 0; i < k; i++) {
        times(h, q[i], hq);
        for (size_t j = 0; j < k; j++)
            for (size_t a = 0; a < D; a++) small[j][i] += q[j][a] * hq[a];
        for (size_t a = 0; a < D; a++) right[i] += q[i][a] * g[a];
    }
    eliminate(small, right, k);
    for (size_t a = 0; a < D; a++) {
        x[a] = 0;
        for (size_t i = 0; i < k; i++) x[a] += q[i][a] * right[i];
    }
}

static const size_t everything[M] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

static double gap(const double *a, const double *b)
{
    double worst = 0;
    for (size_t j = 0; j < D; j++) worst = fmax(worst, fabs(a[j] - b[j]));
    return worst;
}

START_TEST(iterates_minimise_over_krylov_spaces)
{
    static lsqr_case c;
    case_make(&c, _i);
    set(&c, "l2", _i % 3 ? "0.3" : "2");
    set(&c, "per", _i / 2 % 2 ? "sum" : "mean");
    set(&c, "tolerance", "0");
    for (size_t k = 1; k <= 5; k++) {
        char text[8];
        (void)snprintf(text, sizeof text, "%zu", k);
        set(&c, "iterations", text);
        double theta[D + 1], h[D][D], g[D], x[D];
        sb_fit_info info;
        ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
        ck_assert_uint_eq(info.iterations, k);
        (void)normal_equations(&c, everything, M, _i % 3 ? 0.3 : 2, _i / 2 % 2, h, g);
        krylov(h, g, k, x);
        /* entries near 1; five steps of both recurrences at condition below 1e3 lose less than 1e-11 */
        ck_assert_msg(gap(theta, x) < 1e-11, "seed %d, step %zu: %g", _i, k, gap(theta, x));
        ck_assert(theta[D] == 0);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(limit_is_exact_ridge)
{
    static lsqr_case c;
    case_make(&c, _i);
    set(&c, "l2", "0.05");
    set(&c, "tolerance", "1e-14");
    double theta[D + 1], h[D][D], g[D];
    sb_fit_info info;
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    (void)normal_equations(&c, everything, M, 0.05, false, h, g);
    eliminate(h, g, D);
    ck_assert_msg(gap(theta, g) < 1e-11, "seed %d: %g", _i, gap(theta, g)); /* condition below 1e3 */
    ck_assert(info.converged && info.l2 == 0.05);
    double objective = 0, total = 0;
    for (size_t i = 0; i < M; i++) {
        const double w = c.s.weight ? c.s.weight[i] : 1;
        double r = -c.y[c.row[i]];
        for (size_t j = 0; j < D; j++) r += (double)c.x[c.row[i] * D + j] * theta[j];
        objective += w * r * r;
        total += w;
    }
    objective /= total;
    for (size_t j = 0; j < D; j++) objective += 0.05 * theta[j] * theta[j];
    ck_assert_double_le(fabs(objective - info.objective), 1e-12 * objective);
    set(&c, "iterations", "2");
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    ck_assert(!info.converged && info.grad_norm > info.tolerance); /* an early stop does not call itself an optimum */
    test_ctx_release(&c.t);
}
END_TEST

/* Held-out error of one penalty: halves of the selection in its own order. */
static double held_out(const lsqr_case *c, double penalty)
{
    double sum = 0;
    for (size_t f = 0; f < 2; f++) {
        size_t train[M], n = 0;
        double h[D][D], g[D], error = 0, total = 0;
        for (size_t i = 0; i < M; i++)
            if ((i < (M + 1) / 2) != (f == 0)) train[n++] = i;
        (void)normal_equations(c, train, n, penalty, true, h, g);
        eliminate(h, g, D);
        for (size_t i = 0; i < M; i++) {
            if ((i < (M + 1) / 2) != (f == 0)) continue;
            const double w = c->s.weight ? c->s.weight[i] : 1;
            double r = -c->y[c->row[i]];
            for (size_t j = 0; j < D; j++) r += (double)c->x[c->row[i] * D + j] * g[j];
            error += w * r * r;
            total += w;
        }
        sum += error / total / 2;
    }
    return sum;
}

START_TEST(penalty_is_chosen_on_the_halves)
{
    static lsqr_case c;
    static const double grid[4] = {0.01, 1, 10, 100};
    case_make(&c, _i);
    set(&c, "l2", "[0.01, 1, 10, 100]");
    set(&c, "per", "sum");
    size_t best = 0;
    for (size_t k = 1; k < 4; k++) best = held_out(&c, grid[k]) < held_out(&c, grid[best]) ? k : best;
    double theta[D + 1];
    sb_fit_info info;
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    ck_assert_msg(info.l2 == grid[best], "seed %d: %g, expected %g", _i, info.l2, grid[best]);
    set(&c, "cv", "none");
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    ck_assert(info.l2 == grid[0]);
    test_ctx_release(&c.t);
}
END_TEST

/* Sorted rows whose halves do not know each other's cluster: the halves in order choose the largest penalty, shuffled
 * ones the smallest. */
START_TEST(order_decides_what_folds_see)
{
    static lsqr_case c;
    case_make(&c, 0);
    for (size_t i = 0; i < M; i++) {
        const bool late = i >= M / 2;
        for (size_t j = 0; j < D; j++) c.x[i * D + j] = j == 0 ? 1 : j == 1 && late ? 4 : 0;
        c.y[i] = late ? 100 - 400 : 100;
        c.row[i] = (uint32_t)i;
    }
    c.s.weight = NULL;
    set(&c, "l2", "[0.001, 100]");
    set(&c, "per", "sum");
    double theta[D + 1];
    sb_fit_info info;
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    ck_assert(info.l2 == 100);
    for (size_t i = 0; i < M; i++) c.row[i] = (uint32_t)(i % 2 * (M / 2) + i / 2); /* both kinds in either half */
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    ck_assert(info.l2 == 0.001);
    set(&c, "cv", "sorted");
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    ck_assert(info.l2 == 100);
    for (size_t i = 0; i < M; i++) c.row[i] = (uint32_t)i;
    set(&c, "cv", "shuffled");
    ck_assert_ok(&c.t, sb_model_lsqr.fit(&c.data, &c.s, c.options, NULL, &c.t.cx, theta, &info));
    ck_assert(info.l2 == 0.001);
    test_ctx_release(&c.t);
}
END_TEST

/* All rows of the published matrix at penalty .001: the risk after some steps, and the step where tolerance 1e-3 stops.
 * Values printed by an independent NumPy program to the digits given. */
START_TEST(published_matrix)
{
    static const struct {
        const char *iterations, *tolerance;
        double risk;
    } step[4] = {{"5", "0", 1.29670}, {"8", "0", 2.94779e-3}, {"9", "0", 1.06382e-3}, {"0", "1e-3", 2.94779e-3}};
    test_ctx t;
    test_ctx_init(&t, "skmm");
    const sb_generator *skmm = sb_generator_find("skmm", NULL);
    void *options = sb_arena_alloc(t.cx.arena, 1, skmm->option_size);
    void *own = sb_arena_alloc(t.cx.arena, 1, sb_model_lsqr.option_size);
    sb_param_defaults(skmm->options, options, &t.cx);
    sb_param_defaults(sb_model_lsqr.options, own, &t.cx);
    sb_generated made;
    ck_assert_ok(&t, skmm->make(options, &t.cx, &made));
    const size_t n = made.train.x.n, d = made.train.x.d;
    double *theta = SB_NEW(t.cx.arena, d + 1, double), *loss = SB_NEW(t.cx.arena, n, double);
    ck_assert_ok(&t, sb_param_set(sb_model_lsqr.options, own, "l2", "0.001", &t.cx));
    ck_assert_ok(&t, sb_param_set(sb_model_lsqr.options, own, "per", "sum", &t.cx));
    for (size_t k = 0; k < 4; k++) {
        sb_fit_info info;
        double risk = 0;
        ck_assert_ok(&t, sb_param_set(sb_model_lsqr.options, own, "iterations", step[k].iterations, &t.cx));
        ck_assert_ok(&t, sb_param_set(sb_model_lsqr.options, own, "tolerance", step[k].tolerance, &t.cx));
        ck_assert_ok(&t, sb_model_lsqr.fit(&made.train, &(sb_subset){.m = n}, own, NULL, &t.cx, theta, &info));
        ck_assert_ok(&t, sb_model_lsqr.eval(&made.train, theta, own, &t.cx, loss, NULL));
        for (size_t i = 0; i < n; i++) risk += loss[i] / (double)n;
        ck_assert_msg(fabs(risk - step[k].risk) <= 3e-5 * step[k].risk, "%zu: %.7g, expected %g", k, risk,
                      step[k].risk);
        if (k == 3) ck_assert_uint_eq(info.iterations, 8);
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lsqr");
    TCase *t = tcase_create("lsqr");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, iterates_minimise_over_krylov_spaces, 0, 24);
    tcase_add_loop_test(t, limit_is_exact_ridge, 0, 12);
    tcase_add_loop_test(t, penalty_is_chosen_on_the_halves, 0, 12);
    tcase_add_test(t, order_decides_what_folds_see);
    tcase_add_test(t, published_matrix);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

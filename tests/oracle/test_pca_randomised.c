/* Randomised principal components on planted spectra. X = U diag(s) V' with cosine bases U and V, so that the
 * covariance is sum_k s_k^2 / n v_k v_k' in closed form; the bound of subspace iteration is evaluated from the start
 * directions: with T = Omega_2 Omega_1^-1 in the basis V, the k-th variance found after q multiplications lies in [
 * lambda_k / (1 + (lambda_{l+1} / lambda_k)^{2q} |T|^2), lambda_k ]      (Saibaba 2019, theorem 9, for C = X'X/n) */
#include <float.h>

#include "selbench/transform.h"
#include "test_main.h"

extern const sb_transform sb_transform_pca;

enum { N = 260, D = 160, R = 120, P = 8, L = P + 10, T = 3 };

static test_ctx t;
static double lambda[R];
static float x[(N + T) * D], out[(N + T) * D];
static const double PI = 3.14159265358979323846;

static void set_up(void) { test_ctx_init(&t, "pca"); }
static void tear_down(void) { test_ctx_release(&t); }

/* row k >= 1 of the orthonormal cosine basis; its entries sum to 0 */
static double cosine(size_t k, size_t j, size_t n)
{
    return sqrt(2.0 / (double)n) * cos(PI * ((double)j + 0.5) * (double)k / (double)n);
}

static void plant(double decay)
{
    for (size_t k = 0; k < R; k++) lambda[k] = 100 * pow(decay, (double)k);
    memset(x, 0, sizeof x);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++) {
            double v = 3 + (double)(j % 5); /* a mean to be taken off */
            for (size_t k = 0; k < R; k++) v += sqrt(lambda[k] * N) * cosine(k + 1, i, N) * cosine(k + 1, j, D);
            x[i * D + j] = (float)v;
        }
    memcpy(x + N * D, x, T * D * sizeof *x); /* test rows: copies of the first training rows */
}

static sb_status run(const char *const *option, size_t *p)
{
    void *options = sb_arena_alloc(t.cx.arena, 1, sb_transform_pca.option_size);
    if (!options) SB_FAIL(&t.err, SB_ENOMEM, "options");
    sb_param_defaults(sb_transform_pca.options, options, &t.cx);
    for (; *option; option += 2) SB_TRY(sb_param_set(sb_transform_pca.options, options, option[0], option[1], &t.cx));
    const sb_mat train = {x, N, D, D}, test = {x + N * D, T, D, D};
    SB_TRY(sb_transform_pca.columns(options, N, D, &t.cx, p));
    return sb_transform_pca.run(options, train, test, &t.cx, out, out + N * *p);
}

static double variance(size_t k, size_t p)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < N; i++) mean += (double)out[i * p + k] / N;
    for (size_t i = 0; i < N; i++) sum += pow((double)out[i * p + k] - mean, 2) / N;
    return sum;
}

/* |Omega_2 Omega_1^-1|_F^2 for the start directions, in the cosine basis of the columns. */
static double start_size(void)
{
    static double omega[D][L], turned[D][L], a[L][2 * L];
    sb_rng rng = sb_ctx_stream(&t.cx, "directions");
    for (size_t j = 0; j < D; j++)
        for (size_t c = 0; c < L; c++) omega[j][c] = sb_rng_normal(&rng);
    memset(turned, 0, sizeof turned), memset(a, 0, sizeof a);
    for (size_t k = 0; k < D; k++) /* the last basis vector is the constant one */
        for (size_t j = 0; j < D; j++)
            for (size_t c = 0; c < L; c++)
                turned[k][c] += (k + 1 < D ? cosine(k + 1, j, D) : sqrt(1.0 / D)) * omega[j][c];
    for (size_t k = 0; k < L; k++)
        for (size_t c = 0; c < L; c++) a[k][c] = turned[k][c], a[k][L + k] = 1;
    for (size_t k = 0; k < L; k++) { /* Gauss-Jordan with pivoting */
        size_t best = k;
        for (size_t r = k + 1; r < L; r++) best = fabs(a[r][k]) > fabs(a[best][k]) ? r : best;
        for (size_t c = 0; c < 2 * L; c++) {
            const double keep = a[k][c];
            a[k][c] = a[best][c], a[best][c] = keep;
        }
        for (size_t c = 2 * L; c-- > k;) a[k][c] /= a[k][k];
        for (size_t r = 0; r < L; r++)
            for (size_t c = 2 * L; r != k && c-- > k;) a[r][c] -= a[r][k] * a[k][c];
    }
    double sum = 0;
    for (size_t k = L; k < D; k++)
        for (size_t c = 0; c < L; c++) {
            double v = 0;
            for (size_t r = 0; r < L; r++) v += turned[k][r] * a[r][L + c];
            sum += v * v;
        }
    return sum;
}

START_TEST(variances_obey_the_bound)
{
    static const double decay[] = {0.7, 0.9, 0.97};
    static const char *const passes[] = {"1", "2", "3", "4", "6"};
    static const double power[] = {0, 1, 2, 3, 5};
    plant(decay[_i]);
    const double tau2 = start_size();
    for (size_t q = 0; q < 5; q++) {
        size_t p = 0;
        ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "randomised", "passes", passes[q],
                                                   "tolerance", "0", NULL},
                             &p));
        for (size_t k = 0; k < P; k++) {
            const double v = variance(k, P), low = lambda[k] / (1 + pow(lambda[L] / lambda[k], 2 * power[q]) * tau2);
            /* rows are rounded to float32: D entries of size up to 200 */
            const double rounding = 8 * (double)FLT_EPSILON * 200 * sqrt(lambda[0] * D);
            ck_assert_msg(v <= lambda[k] + rounding && v >= low - rounding,
                          "decay %g, %s passes, variance %zu is %.10g, not in [%.10g, %.10g]", decay[_i], passes[q], k,
                          v, low, lambda[k]);
        }
    }
}
END_TEST

/* Converged: the scores of the exact solver, sqrt(lambda n) u, up to a sign: the largest entries of a cosine come in
 * pairs, so that rounding decides which one the sign goes by. Test rows likewise. */
START_TEST(converged_scores_are_those_of_the_exact_solver)
{
    static float kept[(N + T) * P];
    plant(0.8);
    size_t p = 0;
    double worst = 0, planted = 0;
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "exact", NULL}, &p));
    memcpy(kept, out, sizeof kept);
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "randomised", "tolerance", "1e-12", NULL}, &p));
    for (size_t i = 0; i < (N + T) * P; i++) {
        const double truth = sqrt(lambda[i % P] * N) * cosine(i % P + 1, i / P < N ? i / P : i / P - N, N);
        worst = fmax(worst, fabs(fabs((double)out[i]) - fabs((double)kept[i])));
        planted = fmax(planted, fabs(fabs((double)out[i]) - fabs(truth)));
    }
    /* directions turn by rounding / gap: eps x 200 x sqrt(D) against gaps of a fifth of lambda, at scores up to 15 */
    ck_assert_double_le(worst, 1e-3);
    ck_assert_double_le(planted, 1e-3);
    static float again[(N + T) * P];
    memcpy(again, out, sizeof again);
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "randomised", "tolerance", "1e-12", NULL}, &p));
    ck_assert_int_eq(memcmp(again, out, sizeof again), 0);
}
END_TEST

START_TEST(whitened_and_uncentred)
{
    plant(0.8);
    size_t p = 0;
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "randomised", "whiten", "true", NULL}, &p));
    for (size_t k = 0; k < P; k++) ck_assert_double_le(fabs(variance(k, P) - 1), 1e-3);
    static float exact[N * P];
    double worst = 0;
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "exact", "centre", "false", NULL}, &p));
    memcpy(exact, out, sizeof exact);
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "randomised", "centre", "false", "tolerance",
                                               "1e-12", NULL},
                         &p));
    for (size_t i = 0; i < N * P; i++) worst = fmax(worst, fabs(fabs((double)out[i]) - fabs((double)exact[i])));
    ck_assert_double_le(worst, 1e-3);
}
END_TEST

/* 161 dimensions do not exist; all of them, or one of constant rows, are no trouble. */
START_TEST(edges)
{
    size_t p = 0;
    plant(0.8);
    ck_assert_fails(&t, run((const char *const[]){"dims", "161", "solver", "randomised", NULL}, &p), SB_ECONFIG,
                    "above the 160 columns");
    ck_assert_ok(&t, run((const char *const[]){"dims", "160", "solver", "randomised", NULL}, &p));
    double kept = 0, total = 0;
    for (size_t k = 0; k < D; k++) kept += variance(k, D);
    for (size_t k = 0; k < R; k++) total += lambda[k];
    ck_assert_double_le(fabs(kept / total - 1), 1e-4);
    for (size_t i = 0; i < (N + T) * D; i++) x[i] = 2.5f;
    ck_assert_ok(&t, run((const char *const[]){"dims", "4", "solver", "randomised", "whiten", "true", NULL}, &p));
    for (size_t i = 0; i < N * 4; i++) ck_assert(out[i] == 0);
}
END_TEST

START_TEST(auto_is_exact_for_few_columns)
{
    static float exact[N * P];
    size_t p = 0;
    plant(0.9);
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", "solver", "exact", NULL}, &p));
    memcpy(exact, out, sizeof exact);
    ck_assert_ok(&t, run((const char *const[]){"dims", "8", NULL}, &p));
    ck_assert_int_eq(memcmp(exact, out, sizeof exact), 0);
    enum { WIDE = 2100, ROWS = 30 };
    static float wide[ROWS * WIDE], a[ROWS * 4], b[ROWS * 4];
    sb_rng rng = sb_rng_stream(1, "wide");
    for (size_t i = 0; i < ROWS * WIDE; i++) wide[i] = (float)sb_rng_normal(&rng);
    void *options = sb_arena_alloc(t.cx.arena, 1, sb_transform_pca.option_size);
    ck_assert_ptr_nonnull(options);
    sb_param_defaults(sb_transform_pca.options, options, &t.cx);
    ck_assert_ok(&t, sb_param_set(sb_transform_pca.options, options, "dims", "4", &t.cx));
    const sb_mat train = {wide, ROWS, WIDE, WIDE}, none = {wide, 0, WIDE, WIDE};
    ck_assert_ok(&t, sb_transform_pca.run(options, train, none, &t.cx, a, NULL));
    ck_assert_ok(&t, sb_param_set(sb_transform_pca.options, options, "solver", "randomised", &t.cx));
    ck_assert_ok(&t, sb_transform_pca.run(options, train, none, &t.cx, b, NULL));
    ck_assert_int_eq(memcmp(a, b, sizeof a), 0);
}
END_TEST

START_TEST(no_memory)
{
    plant(0.8);
    size_t p = 0, k = 0;
    for (sb_status st = SB_ENOMEM; st != SB_OK; k++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        sb_arena_fail_at(t.cx.arena, k);
        st = run((const char *const[]){"dims", "8", "solver", "randomised", "passes", "2", NULL}, &p);
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        sb_arena_rewind(t.cx.arena, mark);
        ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "allocation %zu: %s", k, t.err.text);
    }
    ck_assert_uint_gt(k, 8);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pca_randomised");
    TCase *c = tcase_create("pca_randomised");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, variances_obey_the_bound, 0, 3);
    tcase_add_test(c, converged_scores_are_those_of_the_exact_solver);
    tcase_add_test(c, whitened_and_uncentred);
    tcase_add_test(c, edges);
    tcase_add_test(c, auto_is_exact_for_few_columns);
    tcase_add_test(c, no_memory);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

/* Wide and long: second moments in float32 are a start, the result must not show it. The certificate by plain loops,
 * and a planted solution. */
#include "test_main.h"

#include <float.h>

#include "selbench/lsq.h"

enum { N = 4300, D = 260, T = 2 };

typedef struct large {
    test_ctx t;
    float *x;
    double *y, theta[(D + 1) * T], planted[D + 1];
    sb_lsq p;
} large;

static large c;

static void case_make(double noise, float twin)
{
    memset(&c, 0, sizeof c);
    test_ctx_init(&c.t, "large");
    sb_rng rng = sb_rng_stream(1, "large");
    c.x = SB_NEW(c.t.cx.arena, N * D, float);
    c.y = SB_NEW(c.t.cx.arena, N * T, double);
    for (size_t j = 0; j <= D; j++) c.planted[j] = sb_rng_normal(&rng);
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < D; j++) c.x[i * D + j] = (float)(sb_rng_normal(&rng) + 3 * (double)(j % 2));
        if (twin > 0) c.x[i * D + 1] = c.x[i * D] + twin * c.x[i * D + 1];
        double signal = c.planted[D];
        for (size_t j = 0; j < D; j++) signal += (double)c.x[i * D + j] * c.planted[j];
        for (size_t k = 0; k < T; k++) c.y[i * T + k] = (double)(k + 1) * signal + noise * sb_rng_normal(&rng);
    }
    c.p = (sb_lsq){{c.x, N, D, D}, c.y, T, true, false, SB_LSQ_AUTO};
}

/* max |dF/dtheta| and max sum of |terms|, by definition in long double. */
static void certificate(double l2, double *worst, double *scale)
{
    static long double g[(D + 1) * T], a[(D + 1) * T];
    memset(g, 0, sizeof g);
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < T; k++) {
            long double e = (long double)c.theta[D * T + k] - (long double)c.y[i * T + k];
            for (size_t j = 0; j < D; j++) e += (long double)c.x[i * D + j] * (long double)c.theta[j * T + k];
            for (size_t j = 0; j <= D; j++) {
                const long double term = e * (j < D ? (long double)c.x[i * D + j] : 1) / N; /* 2 / T = 1 */
                g[j * T + k] += term;
                a[j * T + k] += fabsl(term);
            }
        }
    *worst = *scale = 0;
    for (size_t j = 0; j < (D + 1) * T; j++) {
        if (j < D * T) g[j] += 2 * (long double)l2 * (long double)c.theta[j];
        *worst = fmax(*worst, fabs((double)g[j]));
        *scale = fmax(*scale, (double)a[j]);
    }
}

START_TEST(gradient_vanishes_for_long_wide_data)
{
    const float twin[] = {0, 0, 1e-3f, 1e-5f}; /* condition of the moments 1e2, 1e2, 1e6, 1e10 */
    const double l2[] = {1e-3, 0, 0, 0};
    case_make(2, twin[_i]);
    sb_fit_info info;
    double worst = 0, scale = 0;
    ck_assert_ok(&c.t, sb_lsq_fit(&c.p, NULL, l2[_i], &c.t.cx, c.theta, &info));
    certificate(l2[_i], &worst, &scale);
    /* residuals carry eps of their terms: |x'B| is 1e5 where the columns are twins */
    const double tolerance = DBL_EPSILON * (64 * D * scale + 64 * fabs(c.theta[0]));
    ck_assert_msg(worst <= tolerance, "%.3g above %.3g", worst, tolerance);
    ck_assert(info.converged && fabs(info.grad_norm - worst) <= tolerance);
    ck_assert_uint_eq(info.rank, D);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(planted_solution_is_found)
{
    case_make(0, 0);
    sb_fit_info info;
    double worst = 0;
    ck_assert_ok(&c.t, sb_lsq_fit(&c.p, NULL, 0, &c.t.cx, c.theta, &info));
    for (size_t j = 0; j <= D; j++)
        for (size_t k = 0; k < T; k++) worst = fmax(worst, fabs(c.theta[j * T + k] - (double)(k + 1) * c.planted[j]));
    ck_assert_double_le(worst, 1e-11); /* eps x condition 1e2 x predictions of size 50 */
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ridge_large");
    TCase *t = tcase_create("ridge_large");
    tcase_add_loop_test(t, gradient_vanishes_for_long_wide_data, 0, 4);
    tcase_add_test(t, planted_solution_is_found);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* Sums, moments, Gram matrices and mixed products against plain loops, which share no code with them. Loop tests: _i is
 * the seed. */
#include "la_case.h"

START_TEST(sums_equal_long_double_loops)
{
    la_case c;
    case_make(&c, _i, 3, 1 + (size_t)_i * 37 % 500);
    double *v = randoms(&c, 5000);
    const size_t n = (size_t)(_i * 397) % 5000;
    long double sum = 0, size = 0, dot = 0, dist = 0, sizes = 0;
    for (size_t i = 0; i < n; i++) sum += (long double)v[i], size += fabsl((long double)v[i]);
    for (size_t j = 0; j < c.d; j++) {
        const long double a = at(&c, 0, j), b = at(&c, 1, j);
        dot += a * b, dist += (a - b) * (a - b), sizes += fabsl(a * b);
    }
    /* eight lanes of at most d/8 additions, and a tree */
    const double eps = DBL_EPSILON * (double)(c.d / 8 + 5);
    ck_assert_double_le(fabs(sb_sum(v, n) - (double)sum), 32 * DBL_EPSILON * (double)size);
    ck_assert_double_le(fabs(sb_dot_f32(sb_mat_row(c.x, 0), sb_mat_row(c.x, 1), c.d) - (double)dot),
                        eps * (double)sizes);
    ck_assert_double_le(fabs(sb_sqdist_f32(sb_mat_row(c.x, 0), sb_mat_row(c.x, 1), c.d) - (double)dist),
                        eps * (double)dist);
    ck_assert(sb_sqdist_f32(sb_mat_row(c.x, 2), sb_mat_row(c.x, 2), c.d) == 0);
    double norm[3];
    sb_row_sqnorms(c.x, norm);
    ck_assert(norm[1] == sb_dot_f32(sb_mat_row(c.x, 1), sb_mat_row(c.x, 1), c.d));
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(moments_equal_plain_loops)
{
    la_case c;
    case_make(&c, _i, 40 + 600 * (size_t)(_i % 2), 3 + 130 * (size_t)(_i % 3));
    for (size_t i = 0; i < c.n; i++) c.data[i * c.x.ld + 1] = 0.1f;
    for (size_t i = 0; i < c.n; i++) c.data[i * c.x.ld + 2] += 1000.0f;
    double *mean = randoms(&c, c.d), *var = randoms(&c, c.d), *alone = randoms(&c, c.d);
    const sb_subset all = {c.n, NULL, NULL}, *use[] = {&c.s, &all, NULL};
    for (size_t k = 0; k < 3; k++) {
        sb_col_moments(c.x, use[k], mean, var);
        sb_col_moments(c.x, use[k], alone, NULL);
        const size_t m = k ? c.n : c.s.m;
        double worst = 0;
        for (size_t j = 0; j < c.d; j++) {
            long double total = 0, first = 0, second = 0;
            for (size_t i = 0; i < m; i++) {
                const long double w = k ? 1 : c.s.weight[i];
                total += w, first += w * (long double)at(&c, k ? i : c.s.row[i], j);
            }
            first /= total;
            for (size_t i = 0; i < m; i++) {
                const long double t = (long double)at(&c, k ? i : c.s.row[i], j) - first;
                second += (k ? 1 : (long double)c.s.weight[i]) * t * t;
            }
            worst = fmax(worst, fabs(mean[j] - (double)first) / (1 + fabs((double)first)));
            worst = fmax(worst, fabs(var[j] - (double)(second / total)));
            ck_assert(alone[j] == mean[j]);
        }
        ck_assert_double_le(worst, 64 * DBL_EPSILON * 10); /* values of size 3 after the shift, variances near 1 */
        ck_assert(mean[1] == (double)0.1f && var[1] == 0);
    }
    const double zero[2] = {0, 0};
    sb_col_moments(c.x, &(sb_subset){2, NULL, zero}, mean, var);
    ck_assert(mean[0] == 0 && var[0] == 0);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(mixed_products_equal_plain_loops)
{
    la_case c;
    case_make(&c, _i, 5 + (size_t)_i, 1 + (size_t)_i * 3 % 20);
    const size_t t = 1 + (size_t)_i * 2, m = _i % 2 ? c.s.m : c.n, d = c.d;
    const uint32_t *row = _i % 2 ? c.s.row : NULL;
    double *b = randoms(&c, d * t), *y = randoms(&c, m * t), *out = randoms(&c, m * t), *g = randoms(&c, d * t);
    double *start = randoms(&c, d * t), worst = 0;
    memcpy(g, start, d * t * sizeof *g);
    ck_assert_ok(&c.t, sb_rows_times(c.x, row, m, b, t, &c.t.cx, out));
    ck_assert_ok(&c.t, sb_rows_cross(c.x, row, m, y, t, &c.t.cx, g));
    for (size_t k = 0; k < t; k++) {
        for (size_t i = 0; i < m; i++) {
            long double sum = 0;
            for (size_t j = 0; j < d; j++) sum += (long double)at(&c, row ? row[i] : i, j) * (long double)b[j * t + k];
            worst = fmax(worst, fabs(out[i * t + k] - (double)sum));
        }
        for (size_t j = 0; j < d; j++) {
            long double sum = (long double)start[j * t + k];
            for (size_t i = 0; i < m; i++) sum += (long double)at(&c, row ? row[i] : i, j) * (long double)y[i * t + k];
            worst = fmax(worst, fabs(g[j * t + k] - (double)sum));
        }
    }
    ck_assert_double_le(worst, DBL_EPSILON * (double)(m + d) * 10); /* terms below 10 */
    test_ctx_release(&c.t);
}
END_TEST

/* max |G - sum w [x 1]'[x 1]| relative to the size of the sums */
static double gram_error(const la_case *c, const sb_subset *s, bool ones, const double *g)
{
    const size_t dd = c->d + ones, m = s ? s->m : c->n;
    double worst = 0;
    for (size_t a = 0; a < dd; a++)
        for (size_t b = 0; b < dd; b++) {
            long double sum = 0, size = 0;
            for (size_t i = 0; i < m; i++) {
                const size_t r = s && s->row ? s->row[i] : i;
                const long double p = (s && s->weight ? s->weight[i] : 1.0) * at(c, r, a) * at(c, r, b);
                sum += p, size += fabsl(p);
            }
            worst = fmax(worst, fabs(g[a * dd + b] - (double)sum) / (double)(size + 1e-300L));
        }
    return worst;
}

START_TEST(gram_equals_plain_loops)
{
    la_case c;
    case_make(&c, _i, _i == 3 ? 2500 : 30, 7 + (size_t)_i % 4);
    double *g = randoms(&c, 200);
    const sb_subset head = {c.n - 2, NULL, NULL}, *use[] = {NULL, &c.s, &head};
    for (size_t k = 0; k < 3; k++)
        for (int ones = 0; ones < 2; ones++) {
            ck_assert_ok(&c.t, sb_gram(c.x, use[k], ones, &c.t.cx, g));
            ck_assert_double_le(gram_error(&c, use[k], ones, g), 16 * (double)FLT_EPSILON);
            ck_assert_ok(&c.t, sb_gram_f64(c.x, use[k], ones, &c.t.cx, g));
            ck_assert_double_le(gram_error(&c, use[k], ones, g), 64 * DBL_EPSILON);
            double *r = SB_NEW(c.t.cx.arena, 200, double), *rr = SB_NEW(c.t.cx.arena, 200, double);
            const size_t dd = c.d + (size_t)ones;
            ck_assert_ok(&c.t, sb_qr_r(c.x, use[k], ones, &c.t.cx, r));
            for (size_t a = 0; a < dd; a++)
                for (size_t b = 0; b < dd; b++)
                    for (size_t e = 0; e < dd; e++) rr[a * dd + b] += r[e * dd + a] * r[e * dd + b];
            for (size_t a = 1; a < dd; a++) ck_assert(r[a * dd] == 0);
            double norm = 0;
            for (size_t a = 0; a < dd; a++) norm = fmax(norm, g[a * dd + a]);
            for (size_t a = 0; a < dd * dd; a++) /* QR is backward stable in norm, not entry by entry */
                ck_assert_double_le(fabs(rr[a] - g[a]), 64 * DBL_EPSILON * (double)dd * norm);
        }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(gram_survives_the_range_of_float32)
{
    const float size[] = {1e25f, 1e-25f};
    for (int k = 0; k < 2; k++) {
        la_case c;
        case_make(&c, k, 30, 5);
        for (size_t i = 0; i < c.n; i++) c.data[i * c.x.ld + 3] *= size[k];
        for (size_t i = 0; i < c.n; i++) c.data[i * c.x.ld + 4] = 0;
        double g[25];
        ck_assert_ok(&c.t, sb_gram(c.x, NULL, false, &c.t.cx, g));
        ck_assert_double_le(gram_error(&c, NULL, false, g), 16 * (double)FLT_EPSILON);
        test_ctx_release(&c.t);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("la");
    TCase *t = tcase_create("la");
    tcase_add_loop_test(t, sums_equal_long_double_loops, 0, 20);
    tcase_add_loop_test(t, moments_equal_plain_loops, 0, 6);
    tcase_add_loop_test(t, gram_equals_plain_loops, 0, 6);
    tcase_add_loop_test(t, mixed_products_equal_plain_loops, 0, 20);
    tcase_add_test(t, gram_survives_the_range_of_float32);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* Factorisations against certificates (residual, orthogonality, normal equations) that share no code with them. Loop
 * tests: _i is the seed. */
#include "la_case.h"

START_TEST(cholesky_solves_and_names_the_pivot)
{
    la_case c;
    case_make(&c, _i, 40, 1 + (size_t)_i);
    const size_t d = c.d, q = 3;
    double *g = randoms(&c, d * d), *l = randoms(&c, d * d), *b = randoms(&c, d * q), *x = randoms(&c, d * q);
    ck_assert_ok(&c.t, sb_gram_f64(c.x, NULL, false, &c.t.cx, g));
    memcpy(l, g, d * d * sizeof *g);
    memcpy(x, b, d * q * sizeof *b);
    ck_assert_ok(&c.t, sb_chol(l, d, &c.t.cx));
    double product = 0, norm1 = 0, residual = 0, size = 0;
    for (size_t i = 0; i < d; i++) {
        double column = 0;
        for (size_t j = 0; j < d; j++) column += fabs(g[i * d + j]);
        norm1 = fmax(norm1, column);
        for (size_t j = 0; j <= i; j++) {
            double sum = -g[i * d + j];
            for (size_t k = 0; k <= j; k++) sum += l[i * d + k] * l[j * d + k];
            product = fmax(product, fabs(sum));
        }
    }
    ck_assert_double_le(product, 8 * DBL_EPSILON * (double)(d + 1) * norm1);
    sb_chol_solve(l, d, x, q);
    for (size_t i = 0; i < d; i++)
        for (size_t t = 0; t < q; t++) {
            double sum = -b[i * q + t];
            for (size_t j = 0; j < d; j++) sum += g[i * d + j] * x[j * q + t], size = fmax(size, fabs(x[j * q + t]));
            residual = fmax(residual, fabs(sum));
        }
    ck_assert_double_le(residual, 8 * DBL_EPSILON * (double)(d + 1) * norm1 * size);
    double rcond = 0;
    ck_assert_ok(&c.t, sb_chol_rcond(l, d, norm1, &c.t.cx, &rcond));
    ck_assert(rcond > 0 && rcond <= 1);
    if (d > 2) {
        g[2 * d + 2] = -1;
        ck_assert_fails(&c.t, sb_chol(g, d, &c.t.cx), SB_ENUM, "pivot 2");
    }
    test_ctx_release(&c.t);
}
END_TEST

static bool sign_fixed(const double *v, size_t n)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++)
        if (fabs(v[j]) > fabs(v[best]) * (1 + 1e-8)) best = j;
    return v[best] > 0;
}

/* max |V V' - I| over k rows of length n, each `step` apart, entries `inner` apart */
static double not_orthonormal(const double *v, size_t k, size_t n, size_t step, size_t inner)
{
    double worst = 0;
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = a == b ? -1 : 0;
            for (size_t j = 0; j < n; j++) sum += v[a * step + j * inner] * v[b * step + j * inner];
            worst = fmax(worst, fabs(sum));
        }
    return worst;
}

START_TEST(eigenvectors_rebuild_the_matrix)
{
    la_case c;
    case_make(&c, _i, 5 + (size_t)_i * 3, 1 + (size_t)_i * 4);
    const size_t d = c.d;
    double *g = randoms(&c, d * d), *v = randoms(&c, d * d), *value = randoms(&c, d), worst = 0;
    ck_assert_ok(&c.t, sb_gram_f64(c.x, NULL, false, &c.t.cx, g));
    memcpy(v, g, d * d * sizeof *g);
    for (size_t i = 0; i < d; i++)
        for (size_t j = i + 1; j < d; j++) v[i * d + j] = NAN; /* only the lower triangle is read */
    ck_assert_ok(&c.t, sb_eig_sym(v, d, value, &c.t.cx));
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            double sum = -g[i * d + j];
            for (size_t k = 0; k < d; k++) sum += value[k] * v[k * d + i] * v[k * d + j];
            worst = fmax(worst, fabs(sum));
        }
    ck_assert_double_le(worst, 32 * DBL_EPSILON * (double)d * value[d - 1]);
    ck_assert_double_le(not_orthonormal(v, d, d, d, 1), 16 * DBL_EPSILON * (double)d);
    for (size_t k = 0; k < d; k++) ck_assert((!k || value[k] >= value[k - 1]) && sign_fixed(v + k * d, d));
    test_ctx_release(&c.t);
}
END_TEST

/* Certificates: residuals of eigenpairs, orthonormality, and the values against those of the whole problem. */
START_TEST(top_eigenvectors_are_the_top)
{
    la_case c;
    case_make(&c, _i, 5 + (size_t)_i * 3, 1 + (size_t)_i * 4);
    const size_t d = c.d, r = 1 + (size_t)_i * d / 10;
    double *g = randoms(&c, d * d), *copy = randoms(&c, d * d), *value = randoms(&c, r), *only = randoms(&c, r);
    double *v = randoms(&c, r * d), *all = randoms(&c, d), worst = 0;
    ck_assert_ok(&c.t, sb_gram_f64(c.x, NULL, false, &c.t.cx, g));
    for (int vectors = 0; vectors < 2; vectors++) {
        memcpy(copy, g, d * d * sizeof *g);
        for (size_t i = 0; i < d; i++)
            for (size_t j = i + 1; j < d; j++) copy[i * d + j] = NAN; /* only the lower triangle is read */
        ck_assert_ok(&c.t, sb_eig_top(copy, d, r, vectors ? value : only, vectors ? v : NULL, &c.t.cx));
    }
    memcpy(copy, g, d * d * sizeof *g);
    ck_assert_ok(&c.t, sb_eig_sym(copy, d, all, &c.t.cx));
    for (size_t k = 0; k < r; k++) {
        worst = fmax(worst, fmax(fabs(value[k] - all[d - 1 - k]), fabs(only[k] - all[d - 1 - k])));
        for (size_t i = 0; i < d; i++) {
            double sum = -value[k] * v[k * d + i];
            for (size_t j = 0; j < d; j++) sum += g[i * d + j] * v[k * d + j];
            worst = fmax(worst, fabs(sum));
        }
    }
    ck_assert_double_le(worst, 32 * DBL_EPSILON * (double)d * all[d - 1]);
    ck_assert_double_le(not_orthonormal(v, r, d, d, 1), 32 * DBL_EPSILON * (double)d);
    for (size_t k = 0; k < r; k++) ck_assert(sign_fixed(v + k * d, d));
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(products_of_rows_and_their_inverse)
{
    la_case c;
    case_make(&c, _i, 1 + (size_t)_i * 3, 40);
    const size_t n = c.n;
    double *k = randoms(&c, n * n), *p = randoms(&c, n * n), wrong = 0, worst = 0, top = 0, topp = 0;
    ck_assert_ok(&c.t, sb_gram_rows(c.x, &c.t.cx, k));
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            double sum = 0;
            for (size_t j = 0; j < c.d; j++) sum += (double)sb_mat_row(c.x, a)[j] * (double)sb_mat_row(c.x, b)[j];
            wrong = fmax(wrong, fabs(k[a * n + b] - sum));
            top = fmax(top, fabs(sum));
            p[a * n + b] = k[a * n + b] + (a == b ? 1.0 : 0);
        }
    ck_assert_double_le(wrong, 40 * DBL_EPSILON * top);
    for (size_t i = 0; i < n; i++) k[i * n + i] += 1;
    ck_assert_ok(&c.t, sb_chol(p, n, &c.t.cx));
    sb_chol_invert(p, n);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            double sum = a == b ? -1 : 0;
            for (size_t j = 0; j < n; j++) sum += k[a * n + j] * p[j * n + b];
            worst = fmax(worst, fabs(sum));
            topp = fmax(topp, fabs(p[a * n + b]));
        }
    ck_assert_double_le(worst, 32 * (double)(n * n) * DBL_EPSILON * (top + 1) * topp);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(singular_vectors_rebuild_the_matrix)
{
    const size_t shape[][2] = {{9, 4}, {4, 9}, {6, 6}, {200, 3}, {3, 200}, {1, 5}, {5, 1}};
    const size_t n = shape[_i][0], d = shape[_i][1], k = n < d ? n : d;
    la_case c;
    case_make(&c, _i, n, d);
    double *a = randoms(&c, n * d), *u = randoms(&c, n * k), *v = randoms(&c, k * d), *s = randoms(&c, k);
    double *copy = randoms(&c, n * d), *s2 = randoms(&c, k), *v2 = randoms(&c, k * d), *u2 = randoms(&c, n * k),
           worst = 0;
    memcpy(copy, a, n * d * sizeof *a);
    ck_assert_ok(&c.t, sb_svd(copy, n, d, s, u, v, &c.t.cx));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            double sum = -a[i * d + j];
            for (size_t l = 0; l < k; l++) sum += u[i * k + l] * s[l] * v[l * d + j];
            worst = fmax(worst, fabs(sum));
        }
    ck_assert_double_le(worst, 16 * DBL_EPSILON * (double)(n + d) * s[0]);
    ck_assert_double_le(not_orthonormal(v, k, d, d, 1), 16 * DBL_EPSILON * (double)d);
    ck_assert_double_le(not_orthonormal(u, k, n, 1, k), 16 * DBL_EPSILON * (double)n);
    for (int with = 0; with < 3; with++) { /* either side alone, or none */
        memcpy(copy, a, n * d * sizeof *a);
        ck_assert_ok(&c.t, sb_svd(copy, n, d, s2, with == 1 ? u2 : NULL, with == 2 ? v2 : NULL, &c.t.cx));
        for (size_t l = 0; l < k; l++) {
            ck_assert_double_le(fabs(s[l] - s2[l]), 64 * DBL_EPSILON * s[0]);
            ck_assert((!l || s[l] <= s[l - 1]) && sign_fixed(v + l * d, d));
        }
    }
    ck_assert(memcmp(u, u2, n * k * sizeof *u) == 0 && memcmp(v, v2, k * d * sizeof *v) == 0);
    test_ctx_release(&c.t);
}
END_TEST

/* Certificates: A'(A B - Y) = 0, and B in the row space: B = A' W for some W, so N B = 0 for null vectors N. */
START_TEST(least_squares_is_optimal_and_of_minimum_norm)
{
    const size_t shape[][2] = {{12, 5}, {5, 12}, {8, 8}, {60, 9}, {1, 4}, {9, 1}};
    const size_t m = shape[_i % 6][0], d = shape[_i % 6][1], q = 2, k = m < d ? m : d;
    const bool twins = _i >= 6 && d > 2;
    la_case c;
    case_make(&c, _i, m, d);
    double *a = randoms(&c, m * d), *y = randoms(&c, m * q), *b = randoms(&c, d * q), gradient = 0, off = 0;
    if (twins) /* column 2 = 2 x column 0, column 1 = 0: rank falls and the minimum norm decides */
        for (size_t i = 0; i < m; i++) a[i * d + 2] = 2 * a[i * d], a[i * d + 1] = 0;
    double *ac = randoms(&c, m * d), *yc = randoms(&c, m * q);
    memcpy(ac, a, m * d * sizeof *a);
    memcpy(yc, y, m * q * sizeof *y);
    size_t rank = 0;
    ck_assert_ok(&c.t, sb_lstsq(ac, m, d, yc, q, 1e-12, b, &rank, &c.t.cx));
    ck_assert_uint_eq(rank, twins && d - 2 < k ? d - 2 : k);
    for (size_t t = 0; t < q; t++)
        for (size_t j = 0; j < d; j++) {
            double g = 0;
            for (size_t i = 0; i < m; i++) {
                double r = -y[i * q + t];
                for (size_t e = 0; e < d; e++) r += a[i * d + e] * b[e * q + t];
                g += a[i * d + j] * r;
            }
            gradient = fmax(gradient, fabs(g));
        }
    ck_assert_double_le(gradient,
                        1e4 * DBL_EPSILON * (double)(m + d)); /* entries near 1; cond of square cases <= 1e3 */
    double *s = randoms(&c, d), *v = randoms(&c, d * d), *full = SB_NEW(c.t.cx.arena, (m + d) * d, double);
    memcpy(full, a, m * d * sizeof *a);
    ck_assert_ok(&c.t, sb_svd(full, m + d, d, s, NULL, v, &c.t.cx)); /* zero rows added: all d right vectors */
    for (size_t j = rank; j < d; j++)
        for (size_t t = 0; t < q; t++) {
            double sum = 0;
            for (size_t e = 0; e < d; e++) sum += v[j * d + e] * b[e * q + t];
            off = fmax(off, fabs(sum));
        }
    ck_assert_double_le(off, 1e4 * DBL_EPSILON * (double)(m + d));
    test_ctx_release(&c.t);
}
END_TEST

/* Every call, with its k-th allocation failing for k = 0, 1, ...: SB_ENOMEM each time, then success. */
START_TEST(allocation_failures_are_reported)
{
    la_case c;
    case_make(&c, 1, 20, 6);
    double *a = randoms(&c, 200), *b = randoms(&c, 200), *e = randoms(&c, 200), *f = randoms(&c, 200);
    for (int call = 0; call < 9; call++) {
        sb_status st = SB_ENOMEM;
        size_t k = 0;
        for (; st == SB_ENOMEM && k < 50; k++) {
            const size_t mark = sb_arena_mark(c.t.cx.arena);
            for (size_t i = 0; i < 200; i++) a[i] = sb_rng_normal(&c.rng);
            sb_arena_fail_at(c.t.cx.arena, k);
            st = call == 0   ? sb_gram(c.x, &c.s, true, &c.t.cx, b)
                 : call == 1 ? sb_gram_f64(c.x, NULL, true, &c.t.cx, b)
                 : call == 2 ? sb_qr_r(c.x, &c.s, true, &c.t.cx, b)
                 : call == 3 ? sb_eig_sym(a, 6, b, &c.t.cx)
                 : call == 4 ? sb_svd(a, 20, 6, b, NULL, NULL, &c.t.cx)
                 : call == 5 ? sb_svd(a, 6, 20, b, NULL, e, &c.t.cx)
                 : call == 6 ? sb_eig_top(a, 6, 3, b, e, &c.t.cx)
                 : call == 7 ? sb_gram_rows((sb_mat){c.x.data, 5, c.x.d, c.x.ld}, &c.t.cx, b)
                             : sb_lstsq(a, 6, 20, b, 1, 1e-12, f, NULL, &c.t.cx);
            if (st != SB_ENOMEM) ck_assert_uint_eq(sb_arena_used(c.t.cx.arena), mark);
            sb_arena_rewind(c.t.cx.arena, mark);
        }
        sb_arena_fail_at(c.t.cx.arena, SIZE_MAX);
        ck_assert_ok(&c.t, st);
        ck_assert_uint_gt(k, 1);
    }
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("la_factor");
    TCase *t = tcase_create("la_factor");
    tcase_add_loop_test(t, cholesky_solves_and_names_the_pivot, 0, 12);
    tcase_add_loop_test(t, eigenvectors_rebuild_the_matrix, 0, 10);
    tcase_add_loop_test(t, top_eigenvectors_are_the_top, 0, 10);
    tcase_add_loop_test(t, products_of_rows_and_their_inverse, 0, 8);
    tcase_add_loop_test(t, singular_vectors_rebuild_the_matrix, 0, 7);
    tcase_add_loop_test(t, least_squares_is_optimal_and_of_minimum_norm, 0, 12);
    tcase_add_test(t, allocation_failures_are_reported);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

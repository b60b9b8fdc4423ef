/* Linear algebra against plain loops and certificates (orthogonality, residual, normal equations), which share no code
 * with it. Loop tests: _i is the seed. */
#include "test_main.h"

#include <float.h>

#include "selbench/la.h"

typedef struct la_case {
    test_ctx t;
    sb_rng rng;
    size_t n, d;
    float *data;
    sb_mat x;
    sb_subset s;
} la_case;

static void case_make(la_case *c, int seed, size_t n, size_t d)
{
    *c = (la_case){.n = n, .d = d};
    test_ctx_init(&c->t, "la");
    c->rng = sb_rng_stream((uint64_t)seed, "la");
    const size_t ld = d + (size_t)seed % 3;
    c->data = SB_NEW(c->t.cx.arena, n * ld, float);
    for (size_t i = 0; i < n * ld; i++) c->data[i] = (float)sb_rng_normal(&c->rng) + 0.5f;
    c->x = (sb_mat){c->data, n, d, ld};
    const size_t m = n + 3;
    uint32_t *row = SB_NEW(c->t.cx.arena, m, uint32_t);
    double *w = SB_NEW(c->t.cx.arena, m, double);
    for (size_t i = 0; i < m; i++) {
        row[i] = (uint32_t)sb_rng_below(&c->rng, n);
        w[i] = i % 5 == 2 ? 0 : 3 * sb_rng_unit(&c->rng);
    }
    c->s = (sb_subset){m, row, w};
}

static double at(const la_case *c, size_t i, size_t j) { return j < c->d ? (double)sb_mat_row(c->x, i)[j] : 1.0; }

static double *randoms(la_case *c, size_t count)
{
    double *v = SB_NEW(c->t.cx.arena, count, double);
    for (size_t i = 0; i < count; i++) v[i] = sb_rng_normal(&c->rng);
    return v;
}

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
    for (int call = 0; call < 7; call++) {
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
    Suite *s = suite_create("la");
    TCase *t = tcase_create("la");
    tcase_add_loop_test(t, sums_equal_long_double_loops, 0, 20);
    tcase_add_loop_test(t, moments_equal_plain_loops, 0, 6);
    tcase_add_loop_test(t, gram_equals_plain_loops, 0, 6);
    tcase_add_loop_test(t, mixed_products_equal_plain_loops, 0, 20);
    tcase_add_test(t, gram_survives_the_range_of_float32);
    tcase_add_loop_test(t, cholesky_solves_and_names_the_pivot, 0, 12);
    tcase_add_loop_test(t, eigenvectors_rebuild_the_matrix, 0, 10);
    tcase_add_loop_test(t, singular_vectors_rebuild_the_matrix, 0, 7);
    tcase_add_loop_test(t, least_squares_is_optimal_and_of_minimum_norm, 0, 12);
    tcase_add_test(t, allocation_failures_are_reported);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* The SkMM generator and the NumPy stream below it, against values printed by NumPy 1.24 (default_rng(0)) and by an
 * independent program: both agree on every digit given here. */
#include <stdio.h>

#include "registry.h"
#include "selbench/pcg64.h"
#include "test_main.h"

enum { K = 8, N = 2000, D = 2400 };

static const double first_std[K] = {.5436249914654229, .9350724237877682, .8158535541215322, .002738500170148095,
                                    .8574042765875693, .0335855753,       .7296554464,       .1756556206};
static const double first_theta[K] = {-.5442589828573, -.3163001563692, .4116305363741,  1.0425133694427,
                                      -.1285346629440, 1.3664634705497, -.6651946734866, .3515100700930};

START_TEST(stream_equals_the_published_one)
{
    sb_pcg64 g = sb_pcg64_seed(0);
    ck_assert_uint_eq(g.state[0], 0x1aa1b5345996452d);
    ck_assert_uint_eq(g.state[1], 0x09585eb7a69561e3);
    ck_assert_uint_eq(g.inc[0], 0x418ddadb3af71a82);
    ck_assert_uint_eq(g.inc[1], 0x588133bc447873a9);
    static const uint64_t first[4] = {0xa30febcfd9c2825f, 0x4510bdf882d9d721, 0x0a7d3da94ecde8b8, 0x043b27b61342f01d};
    for (size_t i = 0; i < 4; i++) ck_assert_uint_eq(sb_pcg64_u64(&g), first[i]);
}
END_TEST

/* Everything of the recipe in its order, drawn here again from the stream. */
START_TEST(recipe_draws_equal_the_published_ones)
{
    static const int64_t cut[7] = {1700, 1273, 1022, 540, 616, 82, 151}, norm[K] = {1, 2, 7, 6, 8, 5, 5, 8};
    static sb_ziggurat z;
    sb_ziggurat_init(&z);
    ck_assert(z.k[0] >= 0xef33d8025ef67 && z.k[0] <= 0xef33d8025ef6a); /* the rounding of exp and log may differ */
    sb_pcg64 g = sb_pcg64_seed(0);
    for (size_t j = 0; j < 7; j++) ck_assert_int_eq(sb_pcg64_between(&g, 1, N - 2), cut[j]);
    for (size_t j = 0; j < K; j++) ck_assert_int_eq(sb_pcg64_between(&g, 1, K), norm[j]);
    ck_assert(g.kept);
    double worst = 0;
    for (size_t j = 0; j < K; j++) worst = fmax(worst, fabs(sb_pcg64_unit(&g) - first_std[j]));
    ck_assert_double_le(worst, 5e-11); /* half a unit of the last printed digit */
    worst = 0;
    for (size_t j = 0; j < K; j++) worst = fmax(worst, fabs(sb_pcg64_normal(&g, &z) - first_theta[j]));
    ck_assert_double_le(worst, 1e-13); /* the same */

    double sum = 0, squares = 0, largest = 0, second = 0;
    size_t beyond = 0;
    for (size_t i = 0; i < (size_t)N * D; i++) {
        const double v = sb_pcg64_normal(&g, &z);
        if (i == 0) ck_assert_double_le(fabs(v - .9034701816518), 1e-13);
        if (i == D) second = v;
        sum += v;
        squares += v * v;
        largest = fmax(largest, fabs(v));
        beyond += fabs(v) > 3.6541529;
    }
    const double mean = sum / ((double)N * D), variance = squares / ((double)N * D) - mean * mean;
    ck_assert_double_le(fabs(second + 1.2138402744034), 1e-13);
    ck_assert_double_le(fabs(mean + 1.6997e-4), 6e-9);
    ck_assert_double_le(fabs(variance - .99971829), 6e-9);
    ck_assert_double_le(fabs(largest - 5.3501062), 6e-8);
    ck_assert_uint_eq(beyond, 1200);
    ck_assert_uint_eq(g.used, 4905658);
    ck_assert_uint_eq(sb_pcg64_u64(&g), 0x359af86c84bf4de5);
}
END_TEST

static sb_generated make(test_ctx *t, const char *name, const char *value)
{
    const sb_generator *skmm = sb_generator_find("skmm", NULL);
    ck_assert_ptr_nonnull(skmm);
    void *options = sb_arena_alloc(t->cx.arena, 1, skmm->option_size);
    sb_param_defaults(skmm->options, options, &t->cx);
    if (name) ck_assert_ok(t, sb_param_set(skmm->options, options, name, value, &t->cx));
    sb_shape shape;
    skmm->shape(options, &shape);
    sb_generated made;
    ck_assert_ok(t, skmm->make(options, &t->cx, &made));
    ck_assert_uint_eq(made.train.x.n, shape.n);
    ck_assert_uint_eq(made.train.x.d, shape.d);
    ck_assert_uint_eq(made.train.t, shape.t);
    ck_assert_uint_eq(made.test.x.n, shape.n_test);
    return made;
}

/* Largest singular value by power iteration with plain loops. */
static double largest_singular(sb_mat x, sb_ctx *cx)
{
    double *v = SB_NEW(cx->arena, x.d, double), *u = SB_NEW(cx->arena, x.n, double), value = 0;
    for (size_t j = 0; j < x.d; j++) v[j] = 1;
    for (int pass = 0; pass < 40; pass++) {
        double length = 0;
        for (size_t j = 0; j < x.d; j++) length += v[j] * v[j];
        for (size_t j = 0; j < x.d; j++) v[j] /= sqrt(length);
        value = sqrt(sqrt(length)); /* |X'X v| of the pass before, for |v| = 1 */
        for (size_t i = 0; i < x.n; i++) {
            u[i] = 0;
            for (size_t j = 0; j < x.d; j++) u[i] += (double)sb_mat_row(x, i)[j] * v[j];
        }
        memset(v, 0, x.d * sizeof *v);
        for (size_t i = 0; i < x.n; i++)
            for (size_t j = 0; j < x.d; j++) v[j] += u[i] * (double)sb_mat_row(x, i)[j];
    }
    return value;
}

START_TEST(matrix_equals_the_published_one)
{
    static const size_t size[K] = {82, 69, 389, 76, 406, 251, 427, 300};
    static const double norm[K] = {8, 16, 56, 48, 64, 40, 40, 64};
    static const double label[K] = {-4.354072, -5.060803, 23.051310,  50.040642,
                                    -8.226218, 54.658539, -26.607787, 22.496645};
    test_ctx t;
    test_ctx_init(&t, "skmm");
    const sb_generated made = make(&t, NULL, NULL);
    const sb_mat x = made.train.x;
    ck_assert_uint_eq(made.groups, K);
    double worst = 0, drift = 0, risk = 0, frobenius = 0;
    size_t i = 0, misplaced = 0;
    for (size_t j = 0; j < K; j++)
        for (size_t end = i + size[j]; i < end; i++) {
            misplaced += made.group[i] != (int32_t)j;
            worst = fmax(worst, fabs(made.train.y[i] - label[j]));
            drift = fmax(drift, fabs((double)sb_mat_row(x, i)[j] - norm[j]));
            risk += made.train.y[i] * made.train.y[i];
            for (size_t f = 0; f < D; f++) frobenius += pow((double)sb_mat_row(x, i)[f], 2);
        }
    ck_assert_uint_eq(i, N);
    ck_assert_uint_eq(misplaced, 0);
    ck_assert_double_le(worst, 6e-7);       /* printed to 6 decimals */
    ck_assert_double_le(drift, 5.36 * .04); /* the largest normal times the largest spread */
    ck_assert_double_le(fabs(risk / N - 815.908), 6e-4);
    ck_assert_double_le(fabs(sqrt(risk) - 1277.4257), 6e-5);
    ck_assert_double_le(fabs(frobenius - 5398041.787),
                        0.02); /* 2,000 main terms rounded to float: 5.4e6 2^-24 / sqrt(2000) */
    const float *a = sb_mat_row(x, 0);
    ck_assert_double_le(fabs((double)a[0] - 8.01964596), 5e-7); /* half a unit in the last place of a float at 8 */
    ck_assert_double_le(fabs((double)a[1] - .00204429738), 2e-10);
    ck_assert_double_le(fabs((double)a[2] + .0161673909), 1.1e-9);
    ck_assert_double_le(fabs((double)sb_mat_row(x, N - 1)[D - 1] + .0024657282), 2e-10);
    ck_assert_double_le(fabs(largest_singular(x, &t.cx) - 1289.54), 6e-3);
    test_ctx_release(&t);
}
END_TEST

START_TEST(options_change_the_recipe_and_bad_ones_are_refused)
{
    test_ctx t;
    test_ctx_init(&t, "skmm");
    const sb_generator *skmm = sb_generator_find("skmm", NULL);
    const sb_generated a = make(&t, "n", "300"), b = make(&t, "n", "300"), c = make(&t, "seed", "7");
    ck_assert_int_eq(memcmp(a.train.x.data, b.train.x.data, 300 * D * sizeof(float)), 0);
    ck_assert_uint_eq(c.train.x.n, N);
    ck_assert(memcmp(a.train.y, c.train.y, sizeof(double)) != 0);
    static const char *const bad[][2] = {{"clusters", "2401"}, {"n", "2"}};
    for (size_t i = 0; i < 2; i++) {
        void *options = sb_arena_alloc(t.cx.arena, 1, skmm->option_size);
        sb_param_defaults(skmm->options, options, &t.cx);
        ck_assert_ok(&t, sb_param_set(skmm->options, options, bad[i][0], bad[i][1], &t.cx));
        sb_generated made;
        ck_assert_fails(&t, skmm->make(options, &t.cx, &made), SB_ECONFIG, bad[i][0]);
    }
    test_ctx_release(&t);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    test_ctx t;
    test_ctx_init(&t, "skmm");
    const sb_generator *skmm = sb_generator_find("skmm", NULL);
    void *options = sb_arena_alloc(t.cx.arena, 1, skmm->option_size);
    sb_param_defaults(skmm->options, options, &t.cx);
    ck_assert_ok(&t, sb_param_set(skmm->options, options, "n", "50", &t.cx));
    for (size_t k = 0;; k++) {
        ck_assert_uint_lt(k, 100);
        sb_arena_fail_at(t.cx.arena, k);
        sb_generated made;
        const sb_status st = skmm->make(options, &t.cx, &made);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("skmm");
    TCase *c = tcase_create("skmm");
    tcase_add_test(c, stream_equals_the_published_one);
    tcase_add_test(c, recipe_draws_equal_the_published_ones);
    tcase_add_test(c, matrix_equals_the_published_one);
    tcase_add_test(c, options_change_the_recipe_and_bad_ones_are_refused);
    tcase_add_test(c, every_allocation_may_fail);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

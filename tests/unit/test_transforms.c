/* Embedding transforms: definitions by plain loops, and the certificate of principal components (orthonormal
 * directions, uncorrelated scores of falling variance that keep the total). */
#include "test_main.h"

#include <float.h>

#include "selbench/transform.h"

extern const sb_transform sb_transform_pca, sb_transform_standardise, sb_transform_unit;

enum { N = 300, T = 7, D = 9 };

typedef struct tr_case {
    test_ctx t;
    float train[N * (D + 2)], test[T * (D + 2)], a[N * D], b[T * D];
    sb_mat x, z;
    void *options;
} tr_case;

static tr_case c;

static void case_make(const sb_transform *tr)
{
    memset(&c, 0, sizeof c);
    test_ctx_init(&c.t, "transform");
    sb_rng rng = sb_rng_stream(1, "transform");
    for (size_t i = 0; i < N + T; i++) {
        float *row = i < N ? c.train + i * (D + 2) : c.test + (i - N) * (D + 2);
        for (size_t j = 0; j < D; j++)
            row[j] = j == 4 ? 7.1f : (float)((double)(j + 1) * sb_rng_normal(&rng) + 50 * (j == 2));
        for (size_t j = 0; j < D && (i == 11 || i == N + 2); j++) row[j] = 0;
    }
    c.x = (sb_mat){c.train, N, D, D + 2}, c.z = (sb_mat){c.test, T, D, D + 2};
    c.options = sb_arena_alloc(c.t.cx.arena, 1, tr->option_size ? tr->option_size : 1);
    sb_param_defaults(tr->options, c.options, &c.t.cx);
}

static void set(const sb_transform *tr, const char *name, const char *value)
{
    ck_assert_ok(&c.t, sb_param_set(tr->options, c.options, name, value, &c.t.cx));
}

static void run(const sb_transform *tr, size_t expected)
{
    size_t columns = 0;
    ck_assert_ok(&c.t, tr->columns(c.options, N, D, &c.t.cx, &columns));
    ck_assert_uint_eq(columns, expected);
    ck_assert_ok(&c.t, tr->run(c.options, c.x, c.z, &c.t.cx, c.a, c.b));
}

static double train(size_t i, size_t j) { return (double)c.train[i * (D + 2) + j]; }

START_TEST(unit_rows_have_norm_one)
{
    case_make(&sb_transform_unit);
    c.train[3 * (D + 2)] = 3e38f, c.train[4 * (D + 2) + 1] = 1e-45f;
    for (size_t j = 0; j < D; j++) c.train[4 * (D + 2) + j] = j == 1 ? 1e-45f : 0;
    run(&sb_transform_unit, D);
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
        double norm = 0, raw = 0;
        for (size_t j = 0; j < D; j++) norm += pow((double)c.a[i * D + j], 2), raw += pow(train(i, j), 2);
        if (i == 11)
            ck_assert(norm == 0);
        else
            worst = fmax(worst, fabs(sqrt(norm) - 1));
        for (size_t j = 0; j < D && raw > 0; j++)
            worst = fmax(worst, fabs((double)c.a[i * D + j] - train(i, j) / sqrt(raw)));
    }
    ck_assert_double_le(worst, (double)FLT_EPSILON);
    ck_assert(c.a[4 * D + 1] == 1 && c.b[2 * D] == 0 && c.b[0] != 0);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(standardised_columns_have_mean_zero_and_variance_one)
{
    case_make(&sb_transform_standardise);
    for (size_t i = 0; i < N; i++)
        c.train[i * (D + 2) + 4] = 7.1f; /* the zero row too: constant on the training rows */
    c.test[4] = 3e38f;
    c.test[(D + 2) + 5] = 3e38f;
    run(&sb_transform_standardise, D);
    double worst = 0;
    for (size_t j = 0; j < D; j++) {
        long double mean = 0, var = 0, raw = 0, raw2 = 0;
        for (size_t i = 0; i < N; i++) mean += (long double)c.a[i * D + j], raw += (long double)train(i, j);
        for (size_t i = 0; i < N; i++) {
            var += powl((long double)c.a[i * D + j] - mean / N, 2);
            raw2 += powl((long double)train(i, j) - raw / N, 2);
        }
        worst = fmax(worst, fmax(fabs((double)(mean / N)), fabs((double)(var / N) - (j == 4 ? 0 : 1))));
        const double expected = ((double)c.test[6 * (D + 2) + j] - (double)(raw / N)) / sqrt((double)(raw2 / N));
        if (j != 4) worst = fmax(worst, fabs((double)c.b[6 * D + j] - expected) / (1 + fabs(expected)));
    }
    ck_assert_double_le(worst, 2 * (double)FLT_EPSILON);
    ck_assert(c.b[4] == 0 && isfinite(c.b[D + 5]));
    test_ctx_release(&c.t);
}
END_TEST

/* covariance (about the mean, or about 0) of the scores a and b of the training rows */
static double moment(size_t p, size_t a, size_t b, bool centre)
{
    long double ma = 0, mb = 0, sum = 0;
    for (size_t i = 0; i < N && centre; i++)
        ma += (long double)c.a[i * p + a] / N, mb += (long double)c.a[i * p + b] / N;
    for (size_t i = 0; i < N; i++) sum += ((long double)c.a[i * p + a] - ma) * ((long double)c.a[i * p + b] - mb) / N;
    return (double)sum;
}

START_TEST(components_are_principal)
{
    const bool centre = _i % 2 == 0, whiten = _i / 2 % 2;
    case_make(&sb_transform_pca);
    set(&sb_transform_pca, "dims", "9");
    set(&sb_transform_pca, "centre", centre ? "true" : "false");
    set(&sb_transform_pca, "whiten", whiten ? "true" : "false");
    if (_i >= 4) /* rank 8: the last component has no variance */
        for (size_t i = 0; i < N + T; i++) {
            float *row = i < N ? c.train + i * (D + 2) : c.test + (i - N) * (D + 2);
            row[6] = 2 * row[7];
        }
    run(&sb_transform_pca, 9);
    double off = 0, total = 0, kept = 0, dist = 0;
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < a; b++) off = fmax(off, fabs(moment(D, a, b, centre)));
    double top = 0;
    for (size_t j = 0; j < D; j++) {
        long double mean = 0, var = 0;
        for (size_t i = 0; i < N && centre; i++) mean += (long double)train(i, j) / N;
        for (size_t i = 0; i < N; i++) var += powl((long double)train(i, j) - mean, 2) / N;
        total += (double)var;
        const double v = moment(D, j, j, centre);
        kept += v;
        top = fmax(top, v);
        if (whiten)
            ck_assert_double_le(fabs(v - (_i >= 4 && j == 8 ? 0 : 1)), 1e-4);
        else if (j)
            ck_assert_double_le(v, moment(D, j - 1, j - 1, centre));
    }
    ck_assert_double_le(off, 8 * (double)FLT_EPSILON * top); /* the scores are rounded to float32 */
    if (!whiten) {
        ck_assert_double_le(fabs(kept / total - 1), 8 * (double)FLT_EPSILON);
        for (size_t i = 0; i < T; i++) { /* all components: a rotation, distances stay, for test rows too */
            double before = 0, after = 0;
            for (size_t j = 0; j < D; j++) {
                before += pow((double)c.test[i * (D + 2) + j] - train(0, j), 2);
                after += pow((double)c.b[i * D + j] - (double)c.a[j], 2);
            }
            dist = fmax(dist, fabs(after / before - 1));
        }
        ck_assert_double_le(dist, 1e-5);
    }
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(fewer_components_are_the_first_ones_with_fixed_signs)
{
    case_make(&sb_transform_pca);
    set(&sb_transform_pca, "dims", "9");
    run(&sb_transform_pca, 9);
    static float all[N * D];
    memcpy(all, c.a, sizeof all);
    set(&sb_transform_pca, "dims", "3");
    run(&sb_transform_pca, 3);
    double worst = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < 3; k++) worst = fmax(worst, fabs((double)c.a[i * 3 + k] - (double)all[i * D + k]));
    ck_assert_double_le(worst, 1e-4);                                  /* values near 50, float32 */
    for (size_t i = 0; i < N * (D + 2); i++) c.train[i] = -c.train[i]; /* mirrored data, same directions */
    run(&sb_transform_pca, 3);
    for (size_t i = 0; i < N * 3; i++) ck_assert(fabs((double)c.a[i] + (double)all[i / 3 * D + i % 3]) < 1e-4);
    set(&sb_transform_pca, "dims", "10");
    size_t columns = 0;
    ck_assert_fails(&c.t, sb_transform_pca.columns(c.options, N, D, &c.t.cx, &columns), SB_ECONFIG,
                    "above the 9 columns");
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(allocation_failures_are_reported)
{
    const sb_transform *const tr[] = {&sb_transform_pca, &sb_transform_standardise};
    for (size_t w = 0; w < 2; w++) {
        case_make(tr[w]);
        if (w == 0) set(tr[w], "dims", "4");
        sb_status st = SB_ENOMEM;
        size_t k = 0;
        for (; st == SB_ENOMEM && k < 40; k++) {
            sb_arena_fail_at(c.t.cx.arena, k);
            st = tr[w]->run(c.options, c.x, (sb_mat){c.test, 0, D, D}, &c.t.cx, c.a, c.b);
        }
        sb_arena_fail_at(c.t.cx.arena, SIZE_MAX);
        ck_assert_ok(&c.t, st);
        ck_assert_uint_gt(k, 2);
        test_ctx_release(&c.t);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("transforms");
    TCase *t = tcase_create("transforms");
    tcase_add_test(t, unit_rows_have_norm_one);
    tcase_add_test(t, standardised_columns_have_mean_zero_and_variance_one);
    tcase_add_loop_test(t, components_are_principal, 0, 8);
    tcase_add_test(t, fewer_components_are_the_first_ones_with_fixed_signs);
    tcase_add_test(t, allocation_failures_are_reported);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

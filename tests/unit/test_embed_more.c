/* Whitening, random features, random projection and convolutional k-means against what defines them: covariances by
 * plain loops, kernel values, linearity, invariances of images, and classes that only patches can tell apart. */
#include <float.h>

#include "selbench/transform.h"
#include "test_main.h"

extern const sb_transform sb_transform_whiten, sb_transform_rff, sb_transform_random_projection,
    sb_transform_conv_kmeans;

enum { N = 200, T = 5, D = 6 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "embed"); }
static void tear_down(void) { test_ctx_release(&t); }

/* Runs with options "name", "value", ..., NULL; *out: train rows, then test rows. */
static sb_status run(const sb_transform *tr, const char *const *option, sb_mat train, sb_mat test, size_t *p,
                     float **out)
{
    void *options = sb_arena_alloc(t.cx.arena, 1, tr->option_size);
    if (!options) SB_FAIL(&t.err, SB_ENOMEM, "options");
    sb_param_defaults(tr->options, options, &t.cx);
    for (; *option; option += 2) SB_TRY(sb_param_set(tr->options, options, option[0], option[1], &t.cx));
    SB_TRY(tr->columns(options, train.n, train.d, &t.cx, p));
    *out = SB_NEW(t.cx.arena, (train.n + test.n) * *p, float);
    if (!*out) SB_FAIL(&t.err, SB_ENOMEM, "features");
    return tr->run(options, train, test, &t.cx, *out, *out + train.n * *p);
}

static float x[(N + T) * D];
static sb_mat train, test;

static void fill(void)
{
    sb_rng rng = sb_rng_stream(3, "embed");
    for (size_t i = 0; i < N + T; i++)
        for (size_t j = 0; j < D; j++)
            x[i * D + j] =
                (float)(5 + (double)(j + 1) * sb_rng_normal(&rng) + (j ? 0.5 * (double)x[i * D + j - 1] : 0));
    train = (sb_mat){x, N, D, D};
    test = (sb_mat){x + N * D, T, D, D};
}

static double cov(const float *a, size_t p, size_t i, const float *b, size_t q, size_t j)
{
    double ma = 0, mb = 0, sum = 0;
    for (size_t r = 0; r < N; r++) ma += (double)a[r * p + i] / N, mb += (double)b[r * q + j] / N;
    for (size_t r = 0; r < N; r++) sum += ((double)a[r * p + i] - ma) * ((double)b[r * q + j] - mb) / N;
    return sum;
}

/* With C the covariance and f the floor: cov(z) (C + f I) = C, cov(x, z) = C W is symmetric, and the mean is 0. */
START_TEST(whitened_covariance_is_as_defined)
{
    static const char *const floors[] = {"0", "0.3"};
    fill();
    float *z;
    size_t p;
    ck_assert_ok(&t, run(&sb_transform_whiten, (const char *const[]){"floor", floors[_i], NULL}, train, test, &p, &z));
    ck_assert_uint_eq(p, D);
    double c[D][D], cz[D][D], total = 0, worst = 0, scale = 0;
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++) c[i][j] = cov(x, D, i, x, D, j), cz[i][j] = cov(z, D, i, z, D, j);
    for (size_t i = 0; i < D; i++) total += c[i][i];
    const double f = strtod(floors[_i], NULL) * total / D;
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++) {
            double sum = cz[i][j] * f;
            for (size_t k = 0; k < D; k++) sum += cz[i][k] * c[k][j];
            worst = fmax(worst, fabs(sum - c[i][j]));
            worst = fmax(worst, fabs(cov(x, D, i, z, D, j) - cov(x, D, j, z, D, i)));
            scale = fmax(scale, fabs(c[i][j]));
        }
    ck_assert_double_le(worst, 64 * (double)FLT_EPSILON * D * scale); /* the output is rounded to float32 */
    double mean = 0; /* test rows: the same map, so a training row put there gives the same bits */
    for (size_t i = 0; i < N; i++) mean += (double)z[i * D] / N;
    ck_assert_double_le(fabs(mean), 1e-6);
    float *again;
    const sb_mat same = {x + 3 * D, 1, D, D};
    ck_assert_ok(&t,
                 run(&sb_transform_whiten, (const char *const[]){"floor", floors[_i], NULL}, train, same, &p, &again));
    for (size_t j = 0; j < D; j++) ck_assert(again[N * D + j] == z[3 * D + j]);
}
END_TEST

START_TEST(random_features_approach_the_kernel)
{
    fill();
    for (size_t j = 0; j < D; j++) x[j] = 0; /* where the phases alone decide */
    float *z, *again, *other;
    size_t p;
    static const char *const option[] = {"dims", "4096", "bandwidth", "9", NULL};
    ck_assert_ok(&t, run(&sb_transform_rff, option, train, test, &p, &z));
    double worst = 0;
    for (size_t a = 0; a < 20; a++)
        for (size_t b = 0; b < 20; b++) {
            double dot = 0, square = 0;
            for (size_t j = 0; j < p; j++) dot += (double)z[a * p + j] * (double)z[b * p + j];
            for (size_t j = 0; j < D; j++) square += pow((double)x[a * D + j] - (double)x[b * D + j], 2);
            worst = fmax(worst, fabs(dot - exp(-square / 162)));
        }
    ck_assert_double_le(worst, 6 / sqrt(4096)); /* each feature's product has variance below 1: six standard errors */
    ck_assert_double_ge(worst, 1e-9);
    ck_assert_ok(&t, run(&sb_transform_rff, option, train, test, &p, &again));
    ck_assert_int_eq(memcmp(z, again, (N + T) * p * sizeof *z), 0);
    static const char *const seed[] = {"dims", "4096", "bandwidth", "9", "seed", "1", NULL};
    ck_assert_ok(&t, run(&sb_transform_rff, seed, train, test, &p, &other));
    ck_assert_int_ne(memcmp(z, other, (N + T) * p * sizeof *z), 0);
}
END_TEST

START_TEST(default_bandwidth_follows_the_scale)
{
    fill();
    float *z, *scaled;
    size_t p;
    ck_assert_ok(&t, run(&sb_transform_rff, (const char *const[]){"dims", "32", NULL}, train, test, &p, &z));
    for (size_t i = 0; i < (N + T) * D; i++) x[i] *= 1024; /* a power of two: exact */
    ck_assert_ok(&t, run(&sb_transform_rff, (const char *const[]){"dims", "32", NULL}, train, test, &p, &scaled));
    double worst = 0;
    for (size_t i = 0; i < (N + T) * p; i++) worst = fmax(worst, fabs((double)z[i] - (double)scaled[i]));
    ck_assert_double_le(worst, 1e-6);
}
END_TEST

START_TEST(projection_is_linear_and_keeps_lengths)
{
    static const char *const entries[] = {"gaussian", "sparse"};
    const size_t dims = 4000;
    fill();
    for (size_t j = 0; j < D; j++) {
        x[2 * D + j] = x[j] + 4 * x[D + j];
        x[3 * D + j] = j == 1; /* a unit vector shows a column of the matrix */
    }
    float *z;
    size_t p;
    ck_assert_ok(&t, run(&sb_transform_random_projection,
                         (const char *const[]){"dims", "4000", "entries", entries[_i], NULL}, train, test, &p, &z));
    ck_assert_uint_eq(p, dims);
    double linear = 0, ratio = 0;
    size_t zeros = 0, odd = 0;
    for (size_t j = 0; j < p; j++) {
        const double a = (double)z[j], b = (double)z[p + j], e = (double)z[3 * p + j] * sqrt((double)dims);
        linear = fmax(linear, fabs((double)z[2 * p + j] - (a + 4 * b)));
        zeros += e == 0;
        odd += e != 0 && fabs(fabs(e) - sqrt(3)) > 1e-6;
    }
    for (size_t i = 0; i < N; i++) {
        double in = 0, out = 0;
        for (size_t j = 0; j < D; j++) in += pow((double)x[i * D + j], 2);
        for (size_t j = 0; j < p; j++) out += pow((double)z[i * p + j], 2);
        ratio = fmax(ratio, fabs(out / in - 1));
    }
    ck_assert_double_le(linear, 1e-4);
    ck_assert_double_le(ratio, 6 * sqrt(2.0 / (double)dims)); /* six standard errors of a chi-square mean */
    if (_i == 1) {
        ck_assert_uint_eq(odd, 0);
        ck_assert_double_le(fabs((double)zeros / (double)dims - 2.0 / 3), 6 * sqrt(2.0 / 9 / (double)dims));
    }
}
END_TEST

enum { SIDE = 12, PIXELS = SIDE * SIDE, IMAGES = 60, CENTRES = 10, CELL = CENTRES };
static float image[(IMAGES + 6) * PIXELS];

/* stripes, horizontal or vertical, of random phase: the mean images of both classes are the same */
static void stripes(float *to, bool vertical, size_t phase)
{
    for (size_t i = 0; i < SIDE; i++)
        for (size_t j = 0; j < SIDE; j++) to[i * SIDE + j] = ((vertical ? j : i) + phase) % 4 < 2 ? 1 : 0;
}

static void fill_images(void)
{
    sb_rng rng = sb_rng_stream(5, "images");
    memset(image, 0, sizeof image);
    for (size_t i = 0; i < IMAGES; i++) {
        stripes(image + i * PIXELS, i % 2, sb_rng_below(&rng, 4));
        for (size_t j = 0; j < PIXELS; j++) image[i * PIXELS + j] += (float)(0.1 * sb_rng_normal(&rng));
    }
    float *more = image + IMAGES * PIXELS; /* 0: blank; 1: blank, but bright */
    for (size_t j = 0; j < PIXELS; j++) more[PIXELS + j] = 0.5f;
    for (size_t i = 0; i < 3; i++) /* 2: a mark at the top left; 3: the same, moved by one pixel */
        for (size_t j = 0; j < 3; j++) more[2 * PIXELS + i * SIDE + j + 1 + SIDE] = 0.3f * (float)(i + 2 * j);
    memcpy(more + 3 * PIXELS + SIDE + 1, more + 2 * PIXELS, (PIXELS - SIDE - 1) * sizeof(float));
    memcpy(more + 4 * PIXELS, image, PIXELS * sizeof(float)); /* 4: a training image; 5: the same, brighter */
    for (size_t j = 0; j < PIXELS; j++) more[5 * PIXELS + j] = image[j] + 0.25f;
}

START_TEST(convolutional_features_behave_as_images)
{
    static const char *const whole[] = {"patch", "4", "centres", "10", "patches", "2000", "pool", "1", NULL};
    static const char *const cells[] = {"patch", "4", "centres", "10", "patches", "2000", NULL};
    fill_images();
    const sb_mat a = {image, IMAGES, PIXELS, PIXELS}, b = {image + IMAGES * PIXELS, 6, PIXELS, PIXELS};
    float *z, *one;
    size_t p;
    ck_assert_ok(&t, run(&sb_transform_conv_kmeans, cells, a, b, &p, &z));
    ck_assert_uint_eq(p, 4 * CELL);
    const float *more = z + IMAGES * p;
    double negative = 0, total = 0, bright = 0, quadrant = 0, changed = 0, blank = 0;
    for (size_t i = 0; i < IMAGES * p; i++) negative = fmin(negative, (double)z[i]), total += (double)z[i];
    for (size_t j = 0; j < p; j++) {
        bright = fmax(bright, fabs((double)more[5 * p + j] - (double)more[4 * p + j]));
        blank = fmax(blank, fabs((double)more[p + j] - (double)more[j]));
        const double mark = fabs((double)more[2 * p + j] - (double)more[j]);
        *(j < CELL ? &changed : &quadrant) = fmax(j < CELL ? changed : quadrant, mark);
        ck_assert(more[4 * p + j] == z[j]); /* test rows go the way of training rows */
    }
    ck_assert(negative >= 0 && total > 0);
    ck_assert_double_le(bright, 1e-3); /* patches lose their mean */
    ck_assert(blank == 0);
    ck_assert_double_gt(changed, 0.01); /* patches at rows 0-4 alone see the mark: the first cell of two by two */
    ck_assert(quadrant == 0);
    ck_assert_ok(&t, run(&sb_transform_conv_kmeans, whole, a, b, &p, &one));
    ck_assert_uint_eq(p, CELL);
    for (size_t i = 0; i < IMAGES + 6; i++)
        for (size_t j = 0; j < CELL; j++) {
            double sum = 0;
            for (size_t cell = 0; cell < 4; cell++) sum += (double)z[i * 4 * CELL + cell * CELL + j];
            ck_assert_double_le(fabs(sum - (double)one[i * CELL + j]), 1e-4 * (1 + sum));
        }
}
END_TEST

START_TEST(patches_tell_textures_apart)
{
    static const char *const option[] = {"patch", "4", "centres", "10", "patches", "2000", NULL};
    fill_images();
    const sb_mat a = {image, 40, PIXELS, PIXELS}, b = {image + 40 * PIXELS, 20, PIXELS, PIXELS};
    float *z;
    size_t p, right = 0;
    ck_assert_ok(&t, run(&sb_transform_conv_kmeans, option, a, b, &p, &z));
    for (size_t i = 40; i < 60; i++) { /* nearest class mean */
        double far[2] = {0, 0};
        for (size_t class = 0; class < 2; class ++)
            for (size_t j = 0; j < p; j++) {
                double mean = 0;
                for (size_t r = class; r < 40; r += 2) mean += (double)z[r * p + j] / 20;
                far[class] += pow((double)z[i * p + j] - mean, 2);
            }
        right += (far[1] < far[0]) == (i % 2 == 1);
    }
    ck_assert_uint_eq(right, 20);
}
END_TEST

START_TEST(wrong_shapes_are_refused)
{
    fill_images();
    const sb_mat a = {image, IMAGES, PIXELS, PIXELS}, none = {image, 0, PIXELS, PIXELS};
    const sb_mat odd = {image, IMAGES, PIXELS - 1, PIXELS};
    float *z;
    size_t p;
    const sb_transform *tr = &sb_transform_conv_kmeans;
    ck_assert_fails(&t, run(tr, (const char *const[]){NULL}, odd, none, &p, &z), SB_ECONFIG, "143 columns");
    ck_assert_fails(&t, run(tr, (const char *const[]){"patch", "13", NULL}, a, none, &p, &z), SB_ECONFIG, "12 x 12");
    ck_assert_fails(&t, run(tr, (const char *const[]){"pool", "8", NULL}, a, none, &p, &z), SB_ECONFIG, "'pool' is 8");
    ck_assert_fails(&t, run(tr, (const char *const[]){"patches", "9", NULL}, a, none, &p, &z), SB_ECONFIG, "above");
}
END_TEST

START_TEST(allocation_failures_are_clean)
{
    static const sb_transform *const all[] = {&sb_transform_whiten, &sb_transform_rff, &sb_transform_random_projection,
                                              &sb_transform_conv_kmeans};
    static const char *const small[] = {"patch", "3", "centres", "3", "patches", "20", NULL}, *const none[] = {NULL};
    fill_images();
    const sb_mat a = {image, 10, PIXELS, PIXELS}, b = {image, 2, PIXELS, PIXELS};
    for (size_t k = 0; k < 4; k++) {
        size_t failures = 0;
        for (;; failures++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            float *z;
            size_t p;
            sb_arena_fail_at(t.cx.arena, failures);
            const sb_status st = run(all[k], k == 3 ? small : none, a, b, &p, &z);
            sb_arena_fail_at(t.cx.arena, SIZE_MAX);
            sb_arena_rewind(t.cx.arena, mark);
            if (st == SB_OK) break;
            ck_assert_msg(st == SB_ENOMEM, "%s, allocation %zu: %s", all[k]->name, failures, t.err.text);
        }
        ck_assert_uint_ge(failures, 4);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("embed more");
    TCase *c = tcase_create("embed more");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, whitened_covariance_is_as_defined, 0, 2);
    tcase_add_test(c, random_features_approach_the_kernel);
    tcase_add_test(c, default_bandwidth_follows_the_scale);
    tcase_add_loop_test(c, projection_is_linear_and_keeps_lengths, 0, 2);
    tcase_add_test(c, convolutional_features_behave_as_images);
    tcase_add_test(c, patches_tell_textures_apart);
    tcase_add_test(c, wrong_shapes_are_refused);
    tcase_add_test(c, allocation_failures_are_clean);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

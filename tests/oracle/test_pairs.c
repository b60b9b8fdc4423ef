/* Similarities against explicit gradients, formed and compared by plain loops; the drawing wheel against frequencies.
 */
#include "selbench/pairs.h"
#include "selbench/wheel.h"
#include "select_case.h"

enum { N = 40, D = 5, WIDE = CASE_CLASSES * (D + 1) };

typedef struct explicit_rows {
    select_case s;
    sb_pairs p;
    uint32_t member[N];
    double g[N][WIDE];
    size_t width;
} explicit_rows;

/* Every second case compares gradients a (x) [x; 1], which are written out here. */
static void make(explicit_rows *e, int i)
{
    const int kinds[] = {KIND_GAUSS, KIND_BLOBS, KIND_LATTICE, KIND_TINY, KIND_HUGE, KIND_CONSTANT};
    const bool gradients = i % 2;
    memset(e, 0, sizeof *e);
    case_init(&e->s, kinds[i % 6], N, D, i);
    const sb_oracle oracle = {.self = &e->s, .residual = case_residual};
    const sb_task task = {.x = e->s.x,
                          .kind = SB_CLASSIFICATION,
                          .c = CASE_CLASSES,
                          .granted = SB_NEEDS_GRADIENT,
                          .oracle = &oracle,
                          .meter = &e->s.meter};
    for (uint32_t k = 0; k < N; k++) e->member[k] = (k * 7) % N;
    e->width = gradients ? WIDE : D;
    for (size_t k = 0; k < N; k++)
        for (size_t c = 0; c < (gradients ? CASE_CLASSES : 1); c++)
            for (size_t j = 0; j < (gradients ? D + 1 : D); j++) {
                const double x = j < D ? case_value(&e->s, e->member[k], j) : 1;
                e->g[k][c * (D + 1) + j] = gradients ? x * e->s.factor[e->member[k] * CASE_CLASSES + c] : x;
            }
    ck_assert_ok(&e->s.t, sb_pairs_make(&task, gradients ? SB_SPACE_GRADIENTS : SB_SPACE_FEATURES, e->member, N,
                                        &e->s.t.cx, &e->p));
}

static double product(const explicit_rows *e, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < e->width; k++) sum += e->g[i][k] * e->g[j][k];
    return sum;
}

static double plain_cosine(const explicit_rows *e, size_t i, size_t j)
{
    const double ii = product(e, i, i), jj = product(e, j, j);
    return ii > 0 && jj > 0 ? product(e, i, j) / (sqrt(ii) * sqrt(jj)) : 0;
}

/* 24 terms each rounded to 1.1e-16 of the norms, in both programs: 1e-14. */
START_TEST(products_and_cosines_are_the_explicit_ones)
{
    explicit_rows e;
    make(&e, _i);
    double out[N], cosine[N], sums[N], worst = 0, angle = 0, apart = 0;
    ck_assert_ok(&e.s.t, sb_pairs_cosine_sums(&e.p, &e.s.t.cx, sums));
    for (size_t j = 0; j < N; j++) {
        double total = 0;
        ck_assert_ok(&e.s.t, sb_pairs_products(&e.p, j, &e.s.t.cx, out));
        ck_assert_ok(&e.s.t, sb_pairs_cosines(&e.p, j, &e.s.t.cx, cosine));
        for (size_t i = 0; i < N; i++) {
            const double scale = sqrt(product(&e, i, i)) * sqrt(product(&e, j, j));
            if (scale > 0) worst = fmax(worst, fabs(out[i] - product(&e, i, j)) / scale);
            angle = fmax(angle, fabs(cosine[i] - plain_cosine(&e, i, j)));
            total += plain_cosine(&e, i, j);
        }
        apart = fmax(apart, fabs(sums[j] - total));
        ck_assert(product(&e, j, j) == 0 || cosine[j] == 1);
    }
    ck_assert_msg(worst < 1e-14 && angle < 1e-14, "products differ by %.3g, cosines by %.3g", worst, angle);
    ck_assert_msg(apart < N * 1e-14, "sums of cosines differ by %.3g", apart);
    test_ctx_release(&e.s.t);
}
END_TEST

/* float32 entries: half a unit of 1.2e-7 of the largest. */
START_TEST(matrix_is_the_explicit_one)
{
    static float s[N * N];
    explicit_rows e;
    make(&e, _i / 2);
    const bool far = _i % 2, squared = _i % 4 == 3;
    double top = -1, most = 0, worst = 0;
    size_t bad = 0;
    ck_assert_ok(&e.s.t, sb_pairs_matrix(&e.p,
                                         squared ? SB_SIMILARITY_SQUARED
                                         : far   ? SB_SIMILARITY_DISTANCE
                                                 : SB_SIMILARITY_COSINE,
                                         &e.s.t.cx, s, &top));
    double d[N][N];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0;
            for (size_t k = 0; k < e.width; k++) sum += (e.g[i][k] - e.g[j][k]) * (e.g[i][k] - e.g[j][k]);
            most = fmax(most, d[i][j] = squared ? sum : sqrt(sum));
        }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            const double want = far ? (most - d[i][j]) / most : 0.5 + 0.5 * plain_cosine(&e, i, j);
            worst = fmax(worst, fabs((double)s[i * N + j] / (far ? most : 1) - want));
            bad += s[i * N + j] != s[j * N + i] || !(s[i * N + j] >= 0) ||
                   (far && d[i][j] == 0 && (double)s[i * N + j] != top);
        }
    ck_assert_msg(worst < 2e-7, "similarities differ by %.3g", worst);
    ck_assert_uint_eq(bad, 0);
    ck_assert(far ? fabs(top - most) <= 1e-7 * most : top == 0);
    test_ctx_release(&e.s.t);
}
END_TEST

START_TEST(matrix_over_several_blocks)
{
    enum { M = 300 };
    static float s[M * M];
    select_case c;
    case_init(&c, KIND_GAUSS, M, 3, 1);
    sb_pairs p;
    uint32_t member[M];
    double worst = 0;
    for (uint32_t i = 0; i < M; i++) member[i] = i;
    const sb_task task = {.x = c.x};
    ck_assert_ok(&c.t, sb_pairs_make(&task, SB_SPACE_FEATURES, member, M, &c.t.cx, &p));
    ck_assert_ok(&c.t, sb_pairs_matrix(&p, SB_SIMILARITY_COSINE, &c.t.cx, s, NULL));
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < M; j++) {
            double ij = 0, ii = 0, jj = 0;
            for (size_t k = 0; k < 3; k++) {
                ij += case_value(&c, i, k) * case_value(&c, j, k);
                ii += case_value(&c, i, k) * case_value(&c, i, k);
                jj += case_value(&c, j, k) * case_value(&c, j, k);
            }
            worst = fmax(worst, fabs((double)s[i * M + j] - 0.5 - 0.5 * ij / sqrt(ii * jj)));
        }
    ck_assert_msg(worst < 2e-7, "similarities differ by %.3g", worst);
    test_ctx_release(&c.t);
}
END_TEST

enum {
    TALL = 100,
    WIDEST = 784,
    TWIN = 7
}; /* five panels of rows, the last not full; rows i and i + TWIN^2 may be equal */

/* Columns of one sign, which float32 sums like least; two tight clusters far away, whose distances cancel; signs mixed.
 * Rows differ in size by up to 1e9, except in the clusters. Some rows are copies, one is zero. */
static void wide_rows(int kind, size_t d, float *x)
{
    sb_rng r = sb_rng_stream((uint64_t)kind, "wide");
    for (size_t i = 0; i < TALL; i++)
        for (size_t k = 0; k < d; k++) {
            const double u = sb_rng_unit(&r), size = i % 10 == 3 ? 1e-9 : 1;
            x[i * d + k] = (float)(kind == 0   ? size * u * u
                                   : kind == 1 ? (i % 2 ? 1000 : -500) + 1e-3 * u
                                               : size * sb_rng_normal(&r));
        }
    for (size_t i = 0; i + TWIN * TWIN < TALL; i += TWIN) memcpy(x + (i + TWIN * TWIN) * d, x + i * d, d * sizeof *x);
    for (size_t k = 0; kind != 1 && k < d; k++) x[60 * d + k] = 0;
}

/* Half a unit of a float32 entry is 0.6e-7; six standard deviations of the product are twice as much. */
START_TEST(features_of_any_width)
{
    static float x[TALL * WIDEST], s[TALL * TALL];
    static double want[TALL][TALL];
    const size_t widths[] = {1, 2, 17, 64, 300, WIDEST}, d = widths[_i / 9];
    const sb_similarity kind = (sb_similarity)(_i % 3);
    test_ctx t;
    test_ctx_init(&t, "test/pairs");
    wide_rows(_i / 3 % 3, d, x);
    uint32_t member[TALL];
    for (uint32_t i = 0; i < TALL; i++) member[i] = i;
    const sb_task task = {.x = {x, TALL, d, d}};
    sb_pairs p;
    double top = -1, most = 0, worst = 0;
    size_t bad = 0;
    ck_assert_ok(&t, sb_pairs_make(&task, SB_SPACE_FEATURES, member, TALL, &t.cx, &p));
    ck_assert_ok(&t, sb_pairs_matrix(&p, kind, &t.cx, s, &top));
    for (size_t i = 0; i < TALL; i++)
        for (size_t j = 0; j < TALL; j++) {
            double ij = 0, ii = 0, jj = 0, apart = 0;
            for (size_t k = 0; k < d; k++) {
                const double a = (double)x[i * d + k], b = (double)x[j * d + k];
                ij += a * b;
                ii += a * a;
                jj += b * b;
                apart += (a - b) * (a - b);
            }
            const double cosine = ii > 0 && jj > 0 ? 0.5 + 0.5 * ij / (sqrt(ii) * sqrt(jj)) : 0.5;
            most = fmax(most, want[i][j] = kind == SB_SIMILARITY_COSINE     ? cosine
                                           : kind == SB_SIMILARITY_DISTANCE ? sqrt(apart)
                                                                            : apart);
            bad += kind == SB_SIMILARITY_COSINE ? apart == 0 && ii > 0 && s[i * TALL + j] < 1
                                                : apart == 0 && (double)s[i * TALL + j] != top;
        }
    for (size_t i = 0; i < TALL; i++)
        for (size_t j = 0; j < TALL; j++) {
            const double v = kind == SB_SIMILARITY_COSINE ? want[i][j] : (most - want[i][j]) / most;
            worst = fmax(worst, fabs((double)s[i * TALL + j] / (kind == SB_SIMILARITY_COSINE ? 1 : most) - v));
            bad += s[i * TALL + j] != s[j * TALL + i] || !(s[i * TALL + j] >= 0);
        }
    for (size_t i = 0; i + TWIN * TWIN < TALL; i += TWIN)
        bad += memcmp(s + i * TALL, s + (i + TWIN * TWIN) * TALL, sizeof *s * TALL) != 0;
    ck_assert_msg(worst < 2e-7, "similarities of %zu features differ by %.3g", d, worst);
    ck_assert_uint_eq(bad, 0);
    test_ctx_release(&t);
}
END_TEST

START_TEST(memory_that_is_refused)
{
    static float x[TALL * 3], s[TALL * TALL];
    test_ctx t;
    test_ctx_init(&t, "test/pairs");
    wide_rows(0, 3, x);
    uint32_t member[TALL];
    for (uint32_t i = 0; i < TALL; i++) member[i] = i;
    const sb_task task = {.x = {x, TALL, 3, 3}};
    sb_pairs p;
    ck_assert_ok(&t, sb_pairs_make(&task, SB_SPACE_FEATURES, member, TALL, &t.cx, &p));
    size_t k = 0;
    for (sb_status st = SB_ENOMEM; st != SB_OK; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        st = sb_pairs_matrix(&p, SB_SIMILARITY_DISTANCE, &t.cx, s, NULL);
        ck_assert(st == SB_OK || st == SB_ENOMEM);
    }
    ck_assert_uint_gt(k, 4); /* panels, squares, roots, mean */
    test_ctx_release(&t);
}
END_TEST

/* The row returned is the one at which the running sum passes u, found by a plain scan; rows of weight 0 never. */
START_TEST(wheel_is_the_running_sum)
{
    enum { ROWS = 3000 };
    test_ctx t;
    sb_wheel w;
    test_ctx_init(&t, "test/wheel");
    ck_assert_ok(&t, sb_wheel_init(&w, ROWS, &t.cx));
    ck_assert(sb_wheel_total(&w) == 0);
    sb_rng r = sb_rng_stream((uint64_t)_i, "wheel");
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++) { /* small integers: all sums exact; a block of zeros in the middle */
        w.weight[i] = i / 1024 == 1 ? 0 : (double)sb_rng_below(&r, 4);
        sum += w.weight[i];
    }
    ck_assert(sb_wheel_total(&w) == sum);
    size_t bad = 0;
    for (size_t k = 0; k < 2000; k++) {
        const double u = k ? sb_rng_unit(&r) : 0;
        double at = 0;
        size_t want = 0;
        while (at + w.weight[want] <= u * sum) at += w.weight[want++];
        const size_t got = sb_wheel_at(&w, u, sum);
        bad += got != want || !(w.weight[got] > 0);
    }
    ck_assert_uint_eq(bad, 0);
    ck_assert(w.weight[sb_wheel_at(&w, 1 - 0x1p-53, sum * 1.001)] > 0); /* beyond the end: a row that can be drawn */
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pairs");
    TCase *t = tcase_create("pairs");
    tcase_add_loop_test(t, products_and_cosines_are_the_explicit_ones, 0, 12);
    tcase_add_loop_test(t, matrix_is_the_explicit_one, 0, 24);
    tcase_add_test(t, matrix_over_several_blocks);
    tcase_add_loop_test(t, features_of_any_width, 0, 54);
    tcase_add_test(t, memory_that_is_refused);
    tcase_add_loop_test(t, wheel_is_the_running_sum, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

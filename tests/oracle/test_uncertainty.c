/* margin, least_confidence and entropy against plain loops in long double over the logits of a known softmax. */
#include "test_main.h"

#include <float.h>

#include "registry.h"

enum { N = 200, C = 4 };

/* Logits as drawn; the probabilities given to the method are their softmax in double. */
typedef struct scene {
    test_ctx t;
    long double p[N][C], others[N];
    size_t c, order[N];
    double given[N * C];
    uint32_t row[N];
    sb_meter meter;
    size_t blocks;
} scene;

static sb_status give(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *prob)
{
    scene *const s = self;
    (void)cx;
    s->blocks++;
    for (size_t j = 0; j < m; j++)
        for (size_t k = 0; k < s->c; k++) prob[j * s->c + k] = s->given[(row ? row[j] : j) * s->c + k];
    return SB_OK;
}

/* spread: size of the logits; 30 saturates: p rounds to 1 for most rows, and only the small probabilities tell. */
static void scene_init(scene *s, size_t c, double spread, int seed)
{
    test_ctx_init(&s->t, "test/uncertainty");
    s->c = c;
    s->meter = (sb_meter){0};
    sb_rng r = sb_rng_stream((uint64_t)seed, "logits");
    for (size_t i = 0; i < N; i++) {
        long double z[C], sum = 0, top = -1e9L;
        for (size_t k = 0; k < c; k++) {
            z[k] = (long double)(spread * sb_rng_normal(&r));
            if (z[k] > top) top = z[k];
        }
        for (size_t k = 0; k < c; k++) sum += expl(z[k] - top);
        for (size_t k = 0; k < c; k++) {
            s->p[i][k] = expl(z[k] - top) / sum;
            s->given[i * c + k] = (double)s->p[i][k];
        }
    }
}

/* Uncertain first. Everything in long double, with 1 - p1 as the sum of the rest: the exact order but for rounding. */
static long double oracle_score(const scene *s, const char *method, size_t i)
{
    long double sorted[C], rest = 0, h = 0;
    for (size_t k = 0; k < s->c; k++) sorted[k] = s->p[i][k];
    for (size_t a = 0; a < s->c; a++)
        for (size_t b = a + 1; b < s->c; b++)
            if (sorted[b] > sorted[a]) {
                const long double swap = sorted[a];
                sorted[a] = sorted[b];
                sorted[b] = swap;
            }
    for (size_t k = 1; k < s->c; k++) rest += sorted[k];
    if (strcmp(method, "margin") == 0) return rest + sorted[1];
    if (strcmp(method, "least_confidence") == 0) return rest;
    h = -(1 - rest) * log1pl(-rest);
    for (size_t k = 1; k < s->c; k++)
        if (sorted[k] > 0) h -= sorted[k] * logl(sorted[k]);
    return h;
}

static sb_status run(scene *s, const char *method, const char *variant, size_t budget, sb_selection *out)
{
    const sb_method *const m = sb_method_find(method, NULL);
    static const float x[N] = {0};
    const sb_oracle oracle = {.self = s, .prob = give};
    const sb_task task = {.x = {.data = x, .n = N, .d = 1, .ld = 1},
                          .kind = SB_CLASSIFICATION,
                          .c = s->c,
                          .granted = SB_NEEDS_PROB,
                          .oracle = &oracle,
                          .meter = &s->meter};
    char options[64] = {0};
    ck_assert_uint_le(m->option_size, sizeof options);
    sb_param_defaults(m->options, options, &s->t.cx);
    ck_assert_ok(&s->t, sb_param_set(m->options, options, "variant", variant, &s->t.cx));
    *out = (sb_selection){.row = s->row};
    return m->select(&task, options, NULL, budget, &s->t.cx, out);
}

static const char *const methods[] = {"margin", "least_confidence", "entropy"};

/* The picks are in the oracle's order, up to pairs whose scores differ by less than 64 eps of their size. */
static void expect_order(scene *s, const char *method, const sb_selection *out, bool reversed)
{
    size_t wrong = 0, seen[N] = {0};
    for (size_t j = 0; j < out->m; j++) wrong += seen[out->row[j]]++ > 0;
    for (size_t j = 0; j + 1 < out->m; j++) {
        const long double a = oracle_score(s, method, out->row[j]), b = oracle_score(s, method, out->row[j + 1]);
        const long double slack = 64 * (long double)DBL_EPSILON * (a + b);
        wrong += reversed ? a > b + slack : a < b - slack;
    }
    ck_assert_msg(wrong == 0, "%s, %zu classes: %zu picks out of order", method, s->c, wrong);
}

START_TEST(order_is_that_of_the_definition)
{
    const double spreads[] = {0.5, 3, 30};
    for (size_t m = 0; m < 3; m++)
        for (size_t k = 0; k < 3; k++)
            for (size_t c = 2; c <= C; c += 2) {
                scene s;
                sb_selection out;
                scene_init(&s, c, spreads[k], _i);
                ck_assert_ok(&s.t, run(&s, methods[m], "correct", N, &out));
                ck_assert_uint_eq(out.m, N);
                expect_order(&s, methods[m], &out, false);
                ck_assert_uint_eq(s.meter.probs, N);
                ck_assert_uint_eq(s.meter.labels, 0);
                if (m < 2) { /* deepcore's entropy adds 1e-6 inside the logarithm: another order by design */
                    ck_assert_ok(&s.t, run(&s, methods[m], "deepcore", N, &out));
                    expect_order(&s, methods[m], &out, true);
                }
                test_ctx_release(&s.t);
            }
}
END_TEST

START_TEST(deepcore_entropy_is_its_formula)
{
    scene s;
    sb_selection out;
    scene_init(&s, C, 3, 5);
    ck_assert_ok(&s.t, run(&s, "entropy", "deepcore", N, &out));
    double last = (double)INFINITY;
    size_t wrong = 0;
    for (size_t j = 0; j < N; j++) {
        double score = 0;
        for (size_t k = 0; k < C; k++) score += s.given[out.row[j] * C + k] * log(s.given[out.row[j] * C + k] + 1e-6);
        wrong += score > last;
        last = score;
    }
    ck_assert_uint_eq(wrong, 0);
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(two_classes_make_all_orders_equal)
{
    scene s;
    scene_init(&s, 2, 2, 7);
    uint32_t first[N];
    sb_selection out;
    for (size_t m = 0; m < 3; m++) {
        ck_assert_ok(&s.t, run(&s, methods[m], "correct", N, &out));
        if (m == 0) memcpy(first, out.row, sizeof first);
        ck_assert_msg(memcmp(first, out.row, sizeof first) == 0, "%s has another order", methods[m]);
    }
    test_ctx_release(&s.t);
}
END_TEST

/* Uniform probabilities everywhere: all scores tie, so the picks are the rows in order. */
START_TEST(ties_break_to_the_lowest_row)
{
    scene s;
    scene_init(&s, C, 1, 8);
    for (size_t i = 0; i < N * C; i++) s.given[i] = 1.0 / C;
    for (size_t m = 0; m < 3; m++)
        for (int v = 0; v < 2; v++) {
            sb_selection out;
            ck_assert_ok(&s.t, run(&s, methods[m], v ? "deepcore" : "correct", 20, &out));
            for (uint32_t j = 0; j < 20; j++) ck_assert_uint_eq(out.row[j], j);
        }
    test_ctx_release(&s.t);
}
END_TEST

/* Where p1 rounds to 1, -p1 log p1 is still worth sum of the others: h(a, 0) = a (1 - log a) = 4.0143946e-16 is above
 * h(b, b) = 2 b (1 - log b) = 4.0143907e-16, and without that term (3.9144e-16 and 3.9161e-16) it would be below. */
START_TEST(saturated_entropy_keeps_its_order)
{
    scene s;
    scene_init(&s, C, 1, 9);
    for (size_t i = 0; i < N * C; i++) s.given[i] = i % C == 0 ? 1 : 0;
    s.given[10 * C + 1] = s.given[10 * C + 2] = 4.913016479292333e-18;
    s.given[50 * C + 3] = 1e-17;
    sb_selection out;
    ck_assert_ok(&s.t, run(&s, "entropy", "correct", 3, &out));
    ck_assert(out.row[0] == 50 && out.row[1] == 10 && out.row[2] == 0);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("uncertainty");
    TCase *t = tcase_create("uncertainty");
    tcase_add_loop_test(t, order_is_that_of_the_definition, 0, 5);
    tcase_add_test(t, deepcore_entropy_is_its_formula);
    tcase_add_test(t, two_classes_make_all_orders_equal);
    tcase_add_test(t, saturated_entropy_keeps_its_order);
    tcase_add_test(t, ties_break_to_the_lowest_row);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

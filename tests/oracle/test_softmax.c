/* Minimisers certified by the definition: gradient, objective and convexity recomputed from the raw rows. */
#include "logit_case.h"

static const double EXACT = 1e-9; /* tolerance at which the float64 end of the solver is tested */

static void l2_set(logit_case *p, double l2) { p->o.l2 = (sb_reals){1, {l2}}; }

/* Shapes, options and weights that vary with the seed. */
static void varied_init(logit_case *p, int seed)
{
    const sb_model *model = seed % 5 == 4 ? &sb_model_logistic : &sb_model_softmax;
    const size_t c = model == &sb_model_logistic ? 2 : 2 + (size_t)(seed % 12), d = 1 + (size_t)(seed * 7 % 37);
    case_init(p, model, (uint64_t)seed, 120 + (size_t)seed * 3, d, c);
    if (seed % 3) case_choose(p, (uint64_t)seed, 90 + (size_t)seed);
    p->o.intercept = seed % 4 != 2;
    p->o.standardise = seed % 2;
    p->o.reference = seed % 7 == 6;
    p->o.tolerance = EXACT;
    l2_set(p, pow(10, -(seed % 4)));
}

/* The recomputed gradient may differ from the solver's by rounding: 1e-12 of sums of order 1. */
START_TEST(gradient_vanishes_by_definition)
{
    logit_case p;
    varied_init(&p, _i);
    case_fit(&p, NULL);
    double largest = 0, wrong = 0;
    const double f = case_objective(&p, p.o.l2.v[0], p.theta, &largest);
    ck_assert_msg(p.info.converged && largest <= EXACT + 1e-12, "seed %d: gradient %.3g", _i, largest);
    ck_assert_msg(fabs(largest - p.info.grad_norm) <= 1e-12, "seed %d: %.3g recorded", _i, p.info.grad_norm);
    ck_assert_msg(fabs(f - p.info.objective) <= 1e-13 * (1 + f), "seed %d: objective off by %.3g", _i,
                  f - p.info.objective);
    /* a penalty wrong by 1e-6 would show wherever weights are not tiny */
    (void)case_objective(&p, p.o.l2.v[0] * (1 + 1e-6), p.theta, &wrong);
    if (p.o.l2.v[0] >= 0.1) ck_assert_msg(wrong > 2 * EXACT, "seed %d: a wrong penalty gives %.3g", _i, wrong);
    case_release(&p);
}
END_TEST

START_TEST(no_direction_improves)
{
    logit_case p;
    varied_init(&p, _i);
    case_fit(&p, NULL);
    const size_t size = (p.data.x.d + 1) * p.q;
    const double f = case_objective(&p, p.o.l2.v[0], p.theta, NULL);
    double *moved = take(&p, size, sizeof *moved), best = INFINITY;
    sb_rng r = sb_rng_stream((uint64_t)_i, "directions");
    for (int step = 0; step < 60; step++) {
        const double length = pow(10, -(step % 4) - 1);
        for (size_t j = 0; j < size; j++) {
            const bool fixed = !p.o.intercept && j >= size - p.q;
            moved[j] = p.theta[j] + (fixed ? 0 : length * sb_rng_normal(&r));
        }
        best = fmin(best, case_objective(&p, p.o.l2.v[0], moved, NULL));
    }
    ck_assert_msg(best >= f - 1e-14, "seed %d: %.17g below %.17g", _i, best, f);
    case_release(&p);
}
END_TEST

/* The penalty makes the objective strongly convex in W: |W1 - W2| <= (|g1| + |g2|) / l2, over all entries. */
static double distance_bound(const logit_case *p)
{
    return 2 * p->o.tolerance * sqrt((double)((p->data.x.d + 1) * p->q)) / p->o.l2.v[0];
}

/* W without the row of intercepts, in raw units (no standardisation in the tests that use it). */
static double weight_distance(const logit_case *p, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < p->data.x.d * p->q; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

START_TEST(fast_path_agrees_with_the_reference)
{
    logit_case p;
    const size_t c = _i % 3 == 2 ? 60 : 2 + (size_t)_i; /* 60 outputs: products by the library */
    case_init(&p, &sb_model_softmax, (uint64_t)_i, c == 60 ? 400 : _i == 4 ? 2600 : 900, 5 + 11 * (size_t)_i, c);
    if (_i % 2) case_choose(&p, (uint64_t)_i, 700);
    l2_set(&p, 1e-2);
    p.o.tolerance = 1e-5;
    double *fast = take(&p, (p.data.x.d + 1) * p.q, sizeof *fast), largest = 0;
    case_fit(&p, NULL);
    (void)case_objective(&p, 1e-2, p.theta, &largest);
    ck_assert_msg(p.info.converged && largest <= 1e-5 * 1.001, "case %d: gradient %.3g", _i, largest);
    memcpy(fast, p.theta, (p.data.x.d + 1) * p.q * sizeof *fast);
    p.o.reference = true;
    case_fit(&p, NULL);
    const double off = weight_distance(&p, fast, p.theta);
    ck_assert_msg(p.info.converged && off <= distance_bound(&p), "case %d: apart by %.3g", _i, off);
    case_release(&p);
}
END_TEST

START_TEST(shared_preconditioner_does_not_move_the_minimiser)
{
    logit_case p;
    case_init(&p, _i ? &sb_model_softmax : &sb_model_logistic, 5, 19000, 24, _i ? 4 : 2);
    l2_set(&p, 1e-3);
    p.o.standardise = _i == 2;
    double largest = 0;
    void *shared = NULL;
    case_fit(&p, NULL); /* all rows: starts on a sample */
    (void)case_objective(&p, 1e-3, p.theta, &largest);
    ck_assert_msg(p.info.converged && largest <= p.o.tolerance * 1.001, "full: %.3g", largest);
    ck_assert_ok(&p.t, p.model->share(&p.data, &p.o, &p.t.cx, &shared));
    ck_assert_ptr_nonnull(shared);
    case_choose(&p, 3, 600);
    double *alone = take(&p, (p.data.x.d + 1) * p.q, sizeof *alone);
    p.o.tolerance = EXACT;
    case_fit(&p, NULL);
    memcpy(alone, p.theta, (p.data.x.d + 1) * p.q * sizeof *alone);
    case_fit(&p, shared);
    (void)case_objective(&p, 1e-3, p.theta, &largest);
    ck_assert_msg(p.info.converged && largest <= EXACT + 1e-12, "shared: %.3g", largest);
    ck_assert_double_le(weight_distance(&p, alone, p.theta), 4 * distance_bound(&p));
    case_release(&p);
}
END_TEST

START_TEST(repetitions_are_integer_weights_and_order_does_not_matter)
{
    logit_case p;
    case_init(&p, _i % 2 ? &sb_model_softmax : &sb_model_logistic, 7 + (uint64_t)_i, 80, 6, _i % 2 ? 3 : 2);
    p.o.tolerance = EXACT;
    p.o.standardise = _i >= 2;
    l2_set(&p, 0.05);
    uint32_t row[400], once[80];
    double weight[80], *first = take(&p, 7 * p.q, sizeof *first);
    size_t m = 0;
    for (uint32_t i = 0; i < 80; i++) {
        const uint32_t copies = i * 37 % 5;
        once[79 - i] = i;
        weight[79 - i] = copies;
        for (uint32_t k = 0; k < copies; k++) row[m++] = i;
    }
    p.s = (sb_subset){m, row, NULL};
    case_fit(&p, NULL);
    memcpy(first, p.theta, 7 * p.q * sizeof *first);
    p.s = (sb_subset){80, once, weight};
    case_fit(&p, NULL);
    /* raw and fit units differ by the spread of the columns, at most 3 here */
    ck_assert_double_le(weight_distance(&p, first, p.theta), 4 * distance_bound(&p));
    ck_assert_double_le(theta_distance(&p, first, p.theta), 40 * distance_bound(&p));
    case_release(&p);
}
END_TEST

START_TEST(two_class_softmax_is_logistic_with_half_the_penalty)
{
    logit_case a, b;
    case_init(&a, &sb_model_logistic, 11, 150, 9, 2);
    case_init(&b, &sb_model_softmax, 11, 150, 9, 2);
    a.o.tolerance = b.o.tolerance = EXACT;
    l2_set(&a, 0.02);
    l2_set(&b, 0.04);
    case_fit(&a, NULL);
    case_fit(&b, NULL);
    double worst = 0, loss[2][150], prob[2][300];
    for (size_t j = 0; j <= 9; j++) worst = fmax(worst, fabs(a.theta[j] - (b.theta[2 * j + 1] - b.theta[2 * j])));
    ck_assert_double_le(worst, 4 * distance_bound(&a));
    ck_assert_ok(&a.t, a.model->eval(&a.data, a.theta, &a.o, &a.t.cx, loss[0], prob[0]));
    ck_assert_ok(&b.t, b.model->eval(&b.data, b.theta, &b.o, &b.t.cx, loss[1], prob[1]));
    for (size_t i = 0; i < 150; i++) worst = fmax(worst, fabs(loss[0][i] - loss[1][i]));
    for (size_t i = 0; i < 300; i++) worst = fmax(worst, fabs(prob[0][i] - prob[1][i]));
    ck_assert_double_le(worst, 100 * distance_bound(&a));
    case_release(&a);
    case_release(&b);
}
END_TEST

START_TEST(same_input_same_bits)
{
    logit_case p;
    case_init(&p, &sb_model_softmax, 21, 1500, 30, 7);
    l2_set(&p, 1e-3);
    double *first = take(&p, 31 * 7, sizeof *first);
    case_fit(&p, NULL);
    memcpy(first, p.theta, 31 * 7 * sizeof *first);
    memset(p.theta, 0xff, 31 * 7 * sizeof *first);
    case_fit(&p, NULL);
    ck_assert_int_eq(memcmp(first, p.theta, 31 * 7 * sizeof *first), 0);
    case_release(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("softmax");
    TCase *t = tcase_create("softmax");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, gradient_vanishes_by_definition, 0, 40);
    tcase_add_loop_test(t, no_direction_improves, 0, 12);
    tcase_add_loop_test(t, fast_path_agrees_with_the_reference, 0, 6);
    tcase_add_loop_test(t, shared_preconditioner_does_not_move_the_minimiser, 0, 3);
    tcase_add_loop_test(t, repetitions_are_integer_weights_and_order_does_not_matter, 0, 4);
    tcase_add_test(t, two_class_softmax_is_logistic_with_half_the_penalty);
    tcase_add_test(t, same_input_same_bits);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

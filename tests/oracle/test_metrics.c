/* The metric table, loss approximation against enumeration and closed forms, and test scores against cases by hand. */
#include <float.h>
#include <stdio.h>

#include "file.h"
#include "judge.h"
#include "test_main.h"

enum { N = 400 };

START_TEST(table_is_consistent_and_documented)
{
    test_ctx t;
    test_ctx_init(&t, "metrics");
    char *text;
    size_t size;
    ck_assert_ok(&t, sb_file_read(SB_SOURCE_DIR "/results/metrics.md", 1 << 20, &t.cx, &text, &size));
    size_t count = 0, headlines = 0;
    for (const sb_metric *m = sb_metrics; m->name; m++, count++) {
        char cell[64];
        (void)snprintf(cell, sizeof cell, "| `%s` |", m->name);
        ck_assert_msg(strstr(text, cell) != NULL, "%s is not in metrics.md", m->name);
        ck_assert_int_eq(sb_metric_index(m->name), (int)count);
        ck_assert(m->title && *m->title && m->unit);
        headlines += m->headline;
    }
    ck_assert_uint_eq(count, sb_metric_count());
    ck_assert_uint_ge(headlines, 5);
    ck_assert_int_eq(sb_metric_index("loss_err@nowhere"), -1);
    test_ctx_release(&t);
}
END_TEST

START_TEST(loss_error_by_hand)
{
    const double loss[] = {1, 2, 3, 4}, none[] = {0, 0, 0, 0};
    uint32_t ends[] = {0, 3}, all[] = {3, 1, 0, 2}, twice[] = {1, 1, 1};
    double w[] = {4, 1.5}, zero[] = {0, 0};
    const struct {
        sb_selection s;
        double err;
    } c[] = {{{.m = 2, .row = ends}, 0},
             {{.m = 1, .row = ends}, .6},
             {{.m = 2, .row = ends, .weight = w}, 0},
             {{.m = 4, .row = all}, 0},
             {{.m = 3, .row = twice}, .2},
             {{.m = 2, .row = ends, .weight = zero}, 1},
             {{.m = 1, .row = ends, .weight = w}, .6}};
    sb_approx a;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        sb_approx_losses(&c[i].s, loss, 4, .05, &a);
        ck_assert_msg(fabs(a.err - c[i].err) <= 4 * DBL_EPSILON, "case %zu: %.17g", i, a.err);
        ck_assert(isnan(a.sd) && isnan(a.bound) && isnan(a.theorem) && isnan(a.above));
    }
    sb_approx_losses(&c[0].s, none, 4, .05, &a);
    ck_assert(isnan(a.err)); /* a total of 0 has no relative error */
}
END_TEST

START_TEST(standard_error_equals_enumeration)
{
    const double loss[] = {1, 0, 5, 2.5, .125}, p[] = {.1, .2, .4, .25, .05};
    uint32_t row[3] = {0};
    double square = 0, simple = 0, samples = 0;
    const double total = 8.625;
    for (size_t k = 0; k < 125; k++) { /* all ordered draws of three */
        const size_t e[] = {k % 5, k / 5 % 5, k / 25};
        double est = 0, chance = 1;
        for (size_t i = 0; i < 3; i++) {
            est += loss[e[i]] / (3 * p[e[i]]);
            chance *= p[e[i]];
        }
        square += chance * (est - total) * (est - total);
        if (e[0] == e[1] || e[0] == e[2] || e[1] == e[2]) continue;
        const double plain = 5. / 3 * (loss[e[0]] + loss[e[1]] + loss[e[2]]) - total;
        simple += plain * plain;
        samples++;
    }
    sb_selection s = {.m = 3, .row = row, .prob = p};
    sb_approx a;
    sb_approx_losses(&s, loss, 5, .05, &a);
    ck_assert_double_eq_tol(a.sd, sqrt(square) / total, 1e-14); /* some 125 roundings of values near 1 */
    s.prob = NULL;
    s.simple_random = true;
    sb_approx_losses(&s, loss, 5, .05, &a);
    ck_assert_double_eq_tol(a.sd, sqrt(simple / samples) / total, 1e-14);
    uint32_t all[] = {0, 1, 2, 3, 4};
    s = (sb_selection){.m = 5, .row = all, .simple_random = true};
    sb_approx_losses(&s, loss, 5, .05, &a);
    ck_assert(a.sd == 0 && a.err <= 2 * DBL_EPSILON);
}
END_TEST

START_TEST(standard_error_of_exact_scores_is_zero)
{
    double loss[N], p[N], total = 0;
    for (size_t i = 0; i < N; i++) total += loss[i] = 1 + (double)(i * i % 37);
    for (size_t i = 0; i < N; i++) p[i] = loss[i] / total;
    uint32_t row[] = {7};
    const sb_selection s = {.m = 1, .row = row, .prob = p, .score_sum = total};
    sb_approx a;
    sb_approx_losses(&s, loss, N, .05, &a);
    ck_assert_double_le(a.sd, 8 * DBL_EPSILON); /* a difference of squares would leave sqrt(eps) */
    ck_assert_double_eq(a.above, 0);
}
END_TEST

/* Skewed losses; scores that follow them loosely. dominate: q >= l everywhere. */
static void synthetic(sb_ctx *cx, bool dominate, double *loss, double *p, double *total, double *q_sum)
{
    sb_rng rng = sb_ctx_stream(cx, "losses");
    *total = *q_sum = 0;
    for (size_t i = 0; i < N; i++) {
        const double z = sb_rng_normal(&rng);
        loss[i] = exp(z);
        p[i] = dominate ? loss[i] * (1 + sb_rng_unit(&rng)) + .1 : .3 + sb_rng_unit(&rng);
        *total += loss[i];
        *q_sum += p[i];
    }
    for (size_t i = 0; i < N; i++) p[i] /= *q_sum;
}

START_TEST(bounds_hold_and_variance_is_that_of_draws)
{
    enum { DRAWS = 1000, M = 60 };
    test_ctx t;
    test_ctx_init(&t, _i ? "dominated" : "loose");
    double loss[N], p[N], total, q_sum, weight[M], squares = 0;
    synthetic(&t.cx, _i, loss, p, &total, &q_sum);
    uint32_t row[M];
    sb_rng rng = sb_ctx_stream(&t.cx, "draws");
    size_t over = 0, over_theorem = 0;
    sb_approx a = {0};
    for (int k = 0; k < DRAWS; k++) {
        for (size_t i = 0; i < M; i++) {
            double u = sb_rng_unit(&rng);
            uint32_t e = 0;
            while (e + 1 < N && u >= p[e]) u -= p[e++];
            row[i] = e;
            weight[i] = 1 / (M * p[e]);
        }
        const sb_selection s = {.m = M, .row = row, .weight = weight, .prob = p, .score_sum = q_sum};
        sb_approx_losses(&s, loss, N, .05, &a);
        over += a.err >= a.bound;
        over_theorem += a.err >= a.theorem;
        squares += a.err * a.err;
    }
    /* chi-square with 1000 degrees, 3.3 sd of it, with some room for the fourth moment of a mean of 60 skewed draws */
    ck_assert_msg(fabs(squares / (a.sd * a.sd) - DRAWS) < 1.5 * 3.3 * sqrt(2. * DRAWS), "%g", squares / (a.sd * a.sd));
    ck_assert_uint_le(over, 72); /* 99.9% of a binomial of 1000 at .05 */
    double largest = 0, above = 0;
    for (size_t i = 0; i < N; i++) {
        largest = fmax(largest, loss[i] / (p[i] * q_sum));
        above += loss[i] > p[i] * q_sum ? 1. / N : 0;
    }
    /* the defining equations, in the form with kappa and eps = u L / Q */
    const double eps = a.bound * total / q_sum, right = (2 * largest * total / q_sum + 2 * largest * eps / 3) * log(40);
    ck_assert_double_eq_tol(M * eps * eps, right, 1e-12 * right);
    const double e2 = a.theorem * total / q_sum;
    ck_assert_double_eq_tol(M * e2 * e2, (2 + 2 * e2 / 3) * log(40), 1e-12 * M * e2 * e2);
    ck_assert_double_eq_tol(a.above, above, 1e-12);
    if (_i) {
        ck_assert_uint_le(over_theorem, 72);
        ck_assert_double_eq(a.above, 0);
        ck_assert_double_le(a.bound, a.theorem); /* kappa <= 1 and L <= Q */
    } else {
        ck_assert_double_gt(a.above, 0);
    }
    test_ctx_release(&t);
}
END_TEST

START_TEST(rows_that_cannot_be_drawn)
{
    const double loss[] = {1, 2, 0}, p[] = {.5, .5, 0}, q[] = {1, 0, 0};
    uint32_t row[] = {0};
    sb_selection s = {.m = 1, .row = row, .prob = p, .score_sum = 4};
    sb_approx a;
    sb_approx_losses(&s, loss, 3, .05, &a);
    ck_assert_double_eq_tol(a.sd, 1. / 3, 1e-15); /* estimates 2 and 4 of a total of 3 */
    ck_assert_double_eq(a.above, 0);
    s.prob = q;
    sb_approx_losses(&s, loss, 3, .05, &a);
    ck_assert(isnan(a.sd) && isnan(a.bound));
    ck_assert_double_eq_tol(a.above, 1. / 3, 1e-15);
}
END_TEST

/* Rows 1 and 3 are in with weight 1; two draws from the other three. */
START_TEST(rows_that_are_sure_to_be_in)
{
    const double loss[] = {1, 7, 5, 2.5, .125}, p[] = {.25, 0, .7, 0, .05};
    uint32_t row[] = {1, 3, 0, 0};
    double square = 0;
    const double total = 15.625, open = 6.125, largest = 5 / .7;
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < 5; b++) {
            if (p[a] * p[b] == 0) continue;
            const double est = loss[1] + loss[3] + loss[a] / (2 * p[a]) + loss[b] / (2 * p[b]);
            square += p[a] * p[b] * (est - total) * (est - total);
        }
    sb_selection s = {.m = 4, .row = row, .prob = p, .certain = 2, .score_sum = 8};
    sb_approx a;
    sb_approx_losses(&s, loss, 5, .05, &a);
    ck_assert_double_eq_tol(a.sd, sqrt(square) / total, 1e-14);
    const double t = a.bound * total, right = (2 * largest * open + 2 * largest * t / 3) * log(40);
    ck_assert_double_eq_tol(2 * t * t, right, 1e-12 * right);
    ck_assert_double_eq(a.above, 0); /* q = 2, 5.6, .4; rows 1 and 3 need none */
    s.certain = 1;                   /* row 3 is then drawn by no one */
    sb_approx_losses(&s, loss, 5, .05, &a);
    ck_assert(isnan(a.sd) && isnan(a.bound));
    ck_assert_double_eq_tol(a.above, .2, 1e-15);
    uint32_t sure[] = {0, 1, 2, 3, 4};
    const double none[] = {0, 0, 0, 0, 0};
    s = (sb_selection){.m = 5, .row = sure, .prob = none, .certain = 5, .score_sum = 8};
    sb_approx_losses(&s, loss, 5, .05, &a);
    ck_assert(a.sd == 0 && a.bound == 0 && isnan(a.theorem));
}
END_TEST

/* A model whose outputs are its features: probabilities or predictions written down by the test. */
static sb_status echo_eval(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                           double *out)
{
    (void)theta, (void)options, (void)cx, (void)loss;
    for (size_t i = 0; out && i < data->x.n; i++)
        for (size_t j = 0; j < data->x.d; j++) out[i * data->x.d + j] = (double)sb_mat_row(data->x, i)[j];
    return SB_OK;
}
static const sb_model echo = {.name = "echo", .eval = echo_eval};
static const sb_model_use use_echo = {&echo, NULL};

START_TEST(class_scores_by_hand)
{
    /* labels 0 0 0 1 1 2; predictions 0 0 1 1 3 0 (the tie of the last goes to class 0); class 4 never occurs */
    const float x[] = {.75F, .25F, 0, 0, 0, .5F, .25F, .25F, 0, 0, .25F, .5F, .25F, 0, 0,
                       0,    1,    0, 0, 0, 0,   0,    0,    1, 0, .5F,  0,   .5F,  0, 0};
    const int32_t label[] = {0, 0, 0, 1, 1, 2};
    const sb_data data = {.x = {x, 6, 5, 5}, .kind = SB_CLASSIFICATION, .c = 5, .label = label};
    test_ctx t;
    test_ctx_init(&t, "scores");
    sb_score s;
    ck_assert_ok(&t, sb_score_model(&data, &use_echo, NULL, &t.cx, NULL, &s));
    ck_assert_double_eq_tol(s.accuracy, 3. / 6, 1e-15);
    ck_assert_double_eq_tol(s.balanced_accuracy, (2. / 3 + 1. / 2 + 0) / 3, 1e-15); /* of classes 0 1 2 */
    /* class 0: TP 2 FP 1 FN 1; class 1: TP 1 FP 1 FN 1; class 2: FN 1; class 3: FP 1; class 4 left out */
    ck_assert_double_eq_tol(s.macro_f1, (4. / 6 + 2. / 4 + 0 + 0) / 4, 1e-15);
    const double logs = -(log(.75) + log(.5) + log(.25) + log(1.) + log(DBL_EPSILON) + log(.5)) / 6;
    ck_assert_double_eq_tol(s.log_loss, logs, 1e-14);
    ck_assert(isnan(s.mse) && isnan(s.mae) && isnan(s.one_minus_r2));
    test_ctx_release(&t);
}
END_TEST

START_TEST(target_scores_by_hand)
{
    const float x[] = {1, 10, 2, 20, 6, 30}; /* predictions of two targets */
    const double y[] = {2, 10, 2, 22, 5, 28}, flat[] = {4, 4, 4, 4, 4, 4};
    sb_data data = {.x = {x, 3, 2, 2}, .kind = SB_REGRESSION, .t = 2, .y = y};
    test_ctx t;
    test_ctx_init(&t, "scores");
    sb_score s;
    ck_assert_ok(&t, sb_score_model(&data, &use_echo, NULL, &t.cx, NULL, &s));
    ck_assert_double_eq_tol(s.mse, (1 + 0 + 0 + 4 + 1 + 4) / 6., 1e-15);
    ck_assert_double_eq_tol(s.mae, (1 + 0 + 0 + 2 + 1 + 2) / 6., 1e-15);
    ck_assert_double_eq_tol(s.one_minus_r2, 10. / (6 + 168), 1e-15); /* means 3 and 20 */
    ck_assert(isnan(s.accuracy) && isnan(s.log_loss));
    data.y = flat;
    ck_assert_ok(&t, sb_score_model(&data, &use_echo, NULL, &t.cx, NULL, &s));
    ck_assert(isnan(s.one_minus_r2) && s.mse > 0);
    data.x.n = 0;
    ck_assert_ok(&t, sb_score_model(&data, &use_echo, NULL, &t.cx, NULL, &s));
    ck_assert(isnan(s.mse) && isnan(s.mae));
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("metrics");
    TCase *t = tcase_create("metrics");
    tcase_add_test(t, table_is_consistent_and_documented);
    tcase_add_test(t, loss_error_by_hand);
    tcase_add_test(t, standard_error_equals_enumeration);
    tcase_add_test(t, standard_error_of_exact_scores_is_zero);
    tcase_add_loop_test(t, bounds_hold_and_variance_is_that_of_draws, 0, 2);
    tcase_add_test(t, rows_that_cannot_be_drawn);
    tcase_add_test(t, rows_that_are_sure_to_be_in);
    tcase_add_test(t, class_scores_by_hand);
    tcase_add_test(t, target_scores_by_hand);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

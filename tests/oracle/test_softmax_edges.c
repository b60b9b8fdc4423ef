/* What data can do to logistic models, the choice of the penalty, evaluation, one pass by finite differences, and
 * running out of memory. */
#include "logit_case.h"
#include "logit_pass.h"
#include "selbench/folds.h"

static void l2_set(logit_case *p, double l2) { p->o.l2 = (sb_reals){1, {l2}}; }

static double worst_eval(logit_case *p, double *largest_loss)
{
    const size_t n = p->data.x.n, c = p->q == 1 ? 2 : p->q;
    double *loss = take(p, n, sizeof *loss), *prob = take(p, n * c, sizeof *prob), worst = 0, r[1024];
    ck_assert_ok(&p->t, p->model->eval(&p->data, p->theta, &p->o, &p->t.cx, loss, prob));
    *largest_loss = 0;
    for (size_t i = 0; i < n; i++) {
        const double want = row_loss(p, i, p->theta, r), y = p->data.label[i];
        double sum = 0;
        for (size_t k = 0; k < c; k++) {
            const double pk = p->q > 1 ? r[k] + ((double)k == y) : k == 1 ? r[0] + y : 1 - r[0] - y;
            worst = fmax(worst, fabs(prob[i * c + k] - pk));
            sum += prob[i * c + k];
        }
        const double off = fmax(fabs(loss[i] - want) / (1 + want), fabs(sum - 1));
        worst = off <= worst ? worst : off; /* NaN wins */
        *largest_loss = fmax(*largest_loss, loss[i]);
    }
    return worst;
}

/* Scores are sums of d products below 1e4: their rounding is d eps 1e4, and so is that of the losses (relative to 1 +
 * loss when the loss itself is of that size). */
START_TEST(evaluation_follows_the_definition)
{
    logit_case p;
    const size_t c = _i % 4 == 3 ? 70 : 2 + (size_t)_i;
    case_init(&p, _i == 0 ? &sb_model_logistic : &sb_model_softmax, (uint64_t)_i, 133, 4 + (size_t)_i * 5, c);
    sb_rng r = sb_rng_stream((uint64_t)_i, "theta");
    const double size = _i % 2 ? 1e4 : 1;
    double largest = 0;
    for (size_t j = 0; j < (p.data.x.d + 1) * p.q; j++) p.theta[j] = size * sb_rng_normal(&r);
    const double worst = worst_eval(&p, &largest);
    ck_assert_msg(worst <= 64 * (double)p.data.x.d * DBL_EPSILON * size, "case %d: %.3g", _i, worst);
    ck_assert_msg(isfinite(largest) && (size < 2 || largest > 1e3), "case %d: largest loss %.3g", _i, largest);
    case_release(&p);
}
END_TEST

START_TEST(absent_classes_keep_finite_parameters_and_losses)
{
    logit_case p;
    case_init(&p, &sb_model_softmax, 3, 300, 8, 5);
    uint32_t *row = take(&p, 300, sizeof *row);
    double *weight = take(&p, 300, sizeof *weight), largest = 0, gradient = 0, sum = 0, at_most = 0;
    size_t m = 0;
    for (uint32_t i = 0; i < 300; i++) {
        const int32_t y = p.data.label[i];
        if (y == 3) continue;
        row[m] = i;
        weight[m++] = y == 1 ? 0 : 1; /* class 1 has rows, without weight */
    }
    p.s = (sb_subset){m, row, weight};
    l2_set(&p, 0.01);
    p.o.tolerance = 1e-9;
    p.o.standardise = _i == 1;
    case_fit(&p, NULL);
    ck_assert(p.info.converged);
    for (size_t j = 0; j < 8; j++) ck_assert(p.theta[j * 5 + 1] == 0 && p.theta[j * 5 + 3] == 0);
    for (size_t k = 0; k < 5; k++) sum += p.theta[40 + k];
    ck_assert_double_le(fabs(sum), 1e-13);
    ck_assert_double_le(worst_eval(&p, &largest), 1e-13);
    ck_assert_double_le(largest, 40);
    /* the largest probability of the absent classes over the fitted rows is just below 1 / (rows + c) */
    double *prob = take(&p, 300 * 5, sizeof *prob), kept = 0;
    ck_assert_ok(&p.t, p.model->eval(&p.data, p.theta, &p.o, &p.t.cx, NULL, prob));
    for (size_t i = 0; i < m; i++)
        if (weight[i] > 0) at_most = fmax(at_most, prob[row[i] * 5 + 3]), kept++;
    ck_assert(at_most <= 1 / (kept + 5) && at_most >= 0.98 / (kept + 5));
    /* without those two classes the rest is the minimiser over three */
    p.theta[40 + 1] = p.theta[40 + 3] = -1e4;
    (void)case_objective(&p, 0.01, p.theta, &gradient);
    ck_assert_double_le(gradient, 1e-9 + 1e-12);
    case_release(&p);
}
END_TEST

static sb_status case_try(logit_case *p)
{
    return p->model->fit(&p->data, &p->s, &p->o, NULL, &p->t.cx, p->theta, &p->info);
}

START_TEST(what_cannot_be_fitted_says_why)
{
    logit_case p;
    case_init(&p, &sb_model_softmax, 4, 50, 3, 3);
    int32_t *label = take(&p, 50, sizeof *label);
    double *weight = take(&p, 50, sizeof *weight);
    size_t q = 0;
    sb_data data = p.data;
    ck_assert_fails(&p.t, sb_model_logistic.outputs(&data, &p.o, &p.t.cx, &q), SB_SKIP, "the data have 3");
    ck_assert_ok(&p.t, sb_model_softmax.outputs(&data, &p.o, &p.t.cx, &q));
    ck_assert_uint_eq(q, 3);
    data.kind = SB_REGRESSION;
    ck_assert_fails(&p.t, sb_model_softmax.outputs(&data, &p.o, &p.t.cx, &q), SB_SKIP, "class labels");
    ck_assert_fails(&p.t, sb_model_logistic.outputs(&data, &p.o, &p.t.cx, &q), SB_SKIP, "class labels");
    p.s.weight = weight;
    ck_assert_fails(&p.t, case_try(&p), SB_SKIP, "weights are zero");
    p.o.l2 = (sb_reals){2, {1, 2}};
    ck_assert_fails(&p.t, case_try(&p), SB_SKIP, "0 rows");
    p.s.weight = NULL;
    for (size_t i = 0; i < 50; i++) label[i] = 2;
    p.data.label = label;
    ck_assert_fails(&p.t, case_try(&p), SB_SKIP, "two classes");
    l2_set(&p, 1);
    ck_assert_fails(&p.t, case_try(&p), SB_SKIP, "have class 2");
    case_release(&p);
}
END_TEST

START_TEST(separable_without_penalty_stops_at_the_limit)
{
    logit_case p;
    case_init(&p, _i % 2 ? &sb_model_logistic : &sb_model_softmax, 6, 40, 60, 2);
    l2_set(&p, 0);
    p.o.tolerance = 1e-14;
    p.o.max_iterations = 25;
    p.o.reference = _i >= 2;
    case_fit(&p, NULL);
    size_t bad = 0;
    for (size_t j = 0; j < 61 * p.q; j++) bad += isfinite(p.theta[j]) ? 0 : 1;
    ck_assert_uint_eq(bad, 0);
    ck_assert(!p.info.converged && p.info.grad_norm > 0 && p.info.grad_norm < 1e-2 && p.info.iterations <= 25);
    case_release(&p);
}
END_TEST

/* One column constant, one constant but for a single float32 step, twin columns, features of size 1e4. */
START_TEST(awkward_columns)
{
    logit_case p;
    case_init(&p, &sb_model_softmax, 8, 400, 6, 3);
    float *x = take(&p, 2400, sizeof *x);
    for (size_t i = 0; i < 400; i++) {
        memcpy(x + i * 6, sb_mat_row(p.data.x, i), 6 * sizeof *x);
        x[i * 6] = 0.1f;
        x[i * 6 + 1] = i == 7 ? nextafterf(0.1f, 1) : 0.1f;
        x[i * 6 + 3] = x[i * 6 + 2];
        x[i * 6 + 4] *= 1e4f;
    }
    p.data.x.data = x;
    p.o.standardise = true;
    p.o.tolerance = 1e-9;
    l2_set(&p, 0.01);
    case_fit(&p, NULL);
    double largest = 0;
    (void)case_objective(&p, 0.01, p.theta, &largest);
    ck_assert_msg(p.info.converged && largest <= 1e-9 + 1e-11, "gradient %.3g", largest);
    for (size_t k = 0; k < 3; k++) {
        ck_assert(p.theta[k] == 0 && p.theta[3 + k] != 0);
        ck_assert_double_le(fabs(p.theta[6 + k] - p.theta[9 + k]), 1e-6);
    }
    p.o.standardise = false; /* hopeless units, honest answer */
    p.o.tolerance = 1e-5;
    case_fit(&p, NULL);
    (void)case_objective(&p, 0.01, p.theta, &largest);
    ck_assert(isfinite(p.info.objective) && fabs(largest - p.info.grad_norm) <= 1e-9 && p.info.objective < log(3));
    case_release(&p);
}
END_TEST

/* Brute force: fit each fold and penalty apart, with the reference solver, and add up plain losses. */
START_TEST(penalty_is_the_best_of_the_folds)
{
    logit_case p;
    case_init(&p, _i % 2 ? &sb_model_logistic : &sb_model_softmax, 30 + (uint64_t)_i, 130, 12, _i % 2 ? 2 : 3);
    case_choose(&p, (uint64_t)_i, 110);
    const sb_reals grid = {4, {0.003, 1, 0.3, 0.03}};
    p.o.l2 = grid;
    p.o.folds = 4;
    p.o.tolerance = 1e-8;
    case_fit(&p, NULL);
    const double chosen = p.info.l2;
    uint32_t row[110], fold[110], kept[110];
    int32_t stratum[110];
    double weight[110], part[110], sum[4] = {0};
    size_t m = 0;
    for (size_t i = 0; i < 110; i++)
        if (p.s.weight[i] > 0) row[m] = p.s.row[i], stratum[m] = p.data.label[row[m]], weight[m++] = p.s.weight[i];
    sb_rng rng = sb_ctx_stream(&p.t.cx, "folds");
    ck_assert_ok(&p.t, sb_folds(m, 4, stratum, &rng, &p.t.cx, fold));
    p.o.reference = true;
    for (size_t v = 0; v < 4; v++)
        for (size_t f = 0; f < 4; f++) {
            size_t k = 0;
            for (size_t i = 0; i < m; i++)
                if (fold[i] != f) kept[k] = row[i], part[k++] = weight[i];
            p.s = (sb_subset){k, kept, part};
            p.o.l2 = (sb_reals){1, {grid.v[v]}};
            case_fit(&p, NULL);
            for (size_t i = 0; i < m; i++)
                if (fold[i] == f) sum[v] += weight[i] * row_loss(&p, row[i], p.theta, NULL);
        }
    for (size_t v = 0; v < 4; v++)
        ck_assert_msg(grid.v[v] == chosen || sum[v] > fmin(fmin(sum[0], sum[1]), fmin(sum[2], sum[3])),
                      "seed %d: %.3g is better than %.3g", _i, grid.v[v], chosen);
    case_release(&p);
}
END_TEST

/* Central differences of the float64 value: at h = 1e-5 the error h^2 f''' / 6, |f'''| <= mean |x_j|^3 + ..., is below
 * 1e-9 and eps f / h below 4e-9. */
START_TEST(gradient_of_a_pass_by_finite_differences)
{
    test_ctx t;
    test_ctx_init(&t, "pass");
    enum { M = 37, D = 8 };
    const size_t q = _i == 0 ? 1 : _i == 1 ? 2 : _i == 2 ? 9 : 50, dim = q * (D + 1);
    sb_rng r = sb_rng_stream((uint64_t)_i, "pass");
    float x[M * D];
    int32_t label[M];
    double weight[M], *theta = calloc(dim, 8), *g = calloc(dim, 8), *g32 = calloc(dim, 8), *unused = calloc(dim, 8);
    for (size_t i = 0; i < M * D; i++) x[i] = (float)sb_rng_normal(&r);
    for (size_t i = 0; i < M; i++) label[i] = (int32_t)sb_rng_below(&r, q == 1 ? 2 : q);
    for (size_t i = 0; i < M; i++) weight[i] = 2 * sb_rng_unit(&r);
    for (size_t j = 0; j < dim; j++) theta[j] = sb_rng_normal(&r);
    const sb_logit p = {.m = M, .d = D, .dp = D, .q = q, .x = x, .ld = D, .source = {x, M, D, D}, .label = label,
                        .weight = weight, .l2 = 0.3, .intercept = true, .stride = 1 + (size_t)(_i == 2)};
    sb_logit_work *work = sb_logit_work_new(&p, t.cx.arena);
    const double f = sb_logit_pass_f64(&p, work, theta, g, NULL), f32 = sb_logit_pass_f32(&p, work, theta, g32);
    double worst = 0, worst32 = 0;
    for (size_t j = 0; j < dim; j++) {
        const double at = theta[j], h = 1e-5;
        theta[j] = at + h;
        const double up = sb_logit_pass_f64(&p, work, theta, unused, NULL);
        theta[j] = at - h;
        const double down = sb_logit_pass_f64(&p, work, theta, unused, NULL);
        theta[j] = at;
        worst = fmax(worst, fabs((up - down) / (2 * h) - g[j]));
        worst32 = fmax(worst32, fabs(g32[j] - g[j]));
    }
    ck_assert_msg(worst <= 4e-9, "q %zu: %.3g", q, worst);
    /* float32: scores of size 3 sqrt(D) with 8 products, residuals up to 2 */
    worst32 = fmax(worst32, fabs(f - f32) / f);
    ck_assert_msg(worst32 <= 32 * (double)FLT_EPSILON, "q %zu: %.3g", q, worst32);
    free(theta), free(g), free(g32), free(unused);
    test_ctx_release(&t);
}
END_TEST

START_TEST(every_failed_allocation_is_reported)
{
    logit_case p;
    case_init(&p, _i == 2 ? &sb_model_logistic : &sb_model_softmax, 9, _i ? 60 : 18500, 5, _i == 2 ? 2 : 3);
    p.o.l2 = _i ? (sb_reals){2, {0.1, 1}} : (sb_reals){1, {0.1}};
    p.o.standardise = _i != 1;
    p.o.tolerance = 1e-2;
    double *loss = take(&p, p.data.x.n, sizeof *loss);
    const size_t mark = sb_arena_mark(p.t.cx.arena);
    size_t k = 0, fine = 0; /* naming a stream survives a failed allocation: only a run of successes is the end */
    for (; k < 2000 && fine < 4; k++) {
        void *shared = NULL;
        sb_arena_fail_at(p.t.cx.arena, k);
        sb_status st = p.model->share(&p.data, &p.o, &p.t.cx, &shared);
        if (st == SB_OK) st = p.model->fit(&p.data, &p.s, &p.o, shared, &p.t.cx, p.theta, &p.info);
        if (st == SB_OK) st = p.model->eval(&p.data, p.theta, &p.o, &p.t.cx, loss, NULL);
        sb_arena_fail_at(p.t.cx.arena, (size_t)-1);
        sb_arena_rewind(p.t.cx.arena, mark);
        fine = st == SB_OK ? fine + 1 : 0;
        ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "allocation %zu: %s", k, sb_status_text(st));
    }
    ck_assert_msg(k > 20 && k < 2000, "%zu allocations", k);
    case_release(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("softmax edges");
    TCase *t = tcase_create("softmax edges");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, evaluation_follows_the_definition, 0, 8);
    tcase_add_loop_test(t, absent_classes_keep_finite_parameters_and_losses, 0, 2);
    tcase_add_test(t, what_cannot_be_fitted_says_why);
    tcase_add_loop_test(t, separable_without_penalty_stops_at_the_limit, 0, 4);
    tcase_add_test(t, awkward_columns);
    tcase_add_loop_test(t, penalty_is_the_best_of_the_folds, 0, 6);
    tcase_add_loop_test(t, gradient_of_a_pass_by_finite_differences, 0, 4);
    tcase_add_loop_test(t, every_failed_allocation_is_reported, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* What selections are compared with (fits, truth, probes), and the evaluation of a trained model. */
#include "fake_model.h"
#include "registry.h"

/* Losses by a call of the model for each row alone. Alone a row is an edge: it differs by about 1e-13 (fake_model.h).
 */
static double plain_mean(const world *w, const double *theta, double *loss)
{
    double sum = 0;
    for (size_t i = 0; i < w->train.x.n; i++) {
        sb_data one = w->train;
        one.x.data = sb_mat_row(w->train.x, i);
        one.x.n = 1;
        if (one.label) one.label += i;
        if (one.y) one.y += i * one.t;
        sb_ctx cx = w->t.cx;
        ck_assert_int_eq(w->use->model->eval(&one, theta, NULL, &cx, loss + i, NULL), SB_OK);
        sum += loss[i];
    }
    return sum / (double)w->train.x.n;
}

START_TEST(probes_are_as_stated)
{
    world w;
    world_new(&w, 700, _i ? 3 : 0, _i ? 0 : 2);
    ck_assert_uint_eq(w.probes.count, 6);
    ck_assert(w.probes.has_pilot && w.probes.n == 700);
    double loss[700], worst = 0;
    const double full = plain_mean(&w, w.truth.full.theta, loss);
    ck_assert_double_eq_tol(w.truth.loss, full, 1e-11 * full);
    ck_assert_double_eq(w.truth.loss, w.probes.mean[SB_PROBE_FULL]);
    const double pilot = plain_mean(&w, w.pilot.theta, loss);
    ck_assert_double_eq_tol(w.probes.mean[SB_PROBE_PILOT], pilot, 1e-11 * pilot);
    for (size_t i = 0; i < 700; i++) worst = fmax(worst, fabs(loss[i] - w.probes.loss[700 + i]) / (1 + loss[i]));
    ck_assert_double_le(worst, 1e-11); /* the edge of fake_eval is 1e-13 (k + 1), squared distances up to about 30 */
    if (_i) ck_assert_double_eq_tol(w.probes.mean[2], log(3), 1e-11); /* zero parameters */
    for (size_t j = 2; j < 6; j++) ck_assert_double_ge(w.probes.mean[j], w.truth.loss * (1 - 1e-3));
    sb_ctx cx = w.t.cx; /* a later call, after other draws, gives the same bits; so does a stored optimum */
    sb_probes again;
    sb_truth stored;
    ck_assert_ok(&w.t, sb_truth_make(&w.train, w.use, w.truth.full.theta, &w.truth.full.info, &cx, &stored));
    ck_assert_double_eq(stored.loss, w.truth.loss);
    ck_assert(stored.full.info.iterations == 7 && stored.full.q == w.truth.full.q);
    ck_assert_ok(&w.t, sb_probes_make(&w.train, w.use, &stored, NULL, 4, &cx, &again));
    ck_assert(!again.has_pilot && isnan(again.mean[SB_PROBE_PILOT]));
    ck_assert_mem_eq(again.loss + 2 * 700, w.probes.loss + 2 * 700, 4 * 700 * sizeof(double));
    ck_assert_ok(&w.t, sb_probes_make(&w.train, w.use, &stored, NULL, 0, &cx, &again));
    ck_assert_uint_eq(again.count, 2);
    ck_assert_ok(&w.t, sb_probes_make(&w.train, w.use, &stored, NULL, 30, &cx, &again));
    ck_assert_uint_eq(again.count, 3 + 5); /* zero; 32 64 128 256 512 */
    test_ctx_release(&w.t);
}
END_TEST

START_TEST(whole_data_is_judged_perfect)
{
    world w;
    world_new(&w, 700, _i ? 3 : 0, _i ? 0 : 2);
    uint32_t row[700];
    for (uint32_t i = 0; i < 700; i++) row[i] = 699 - i;
    const sb_selection s = {.m = 700, .row = row, .simple_random = true};
    double *const value = fake_values(&w.t.cx);
    uint64_t ns;
    ck_assert_ok(&w.t, sb_evaluate_model(&w.train, &w.test, w.use, &w.truth, &w.probes, &s, .05, &w.t.cx, value, &ns));
    const char *const zero[] = {"loss_err@full", "loss_err@pilot", "loss_err@subset", "loss_err_sup", "excess_loss"};
    for (size_t i = 0; i < 5; i++) ck_assert_double_le(fabs(fake_get(value, zero[i])), 1e-14);
    ck_assert_double_eq(fake_get(value, "loss_sd@full"), 0);
    ck_assert_double_eq_tol(fake_get(value, "train_loss"), w.truth.loss, 1e-14 * w.truth.loss);
    ck_assert_double_eq(fake_get(value, "converged"), 1);
    ck_assert_double_eq(fake_get(value, "grad_norm"), 1e-9);
    ck_assert_double_eq(fake_get(value, "l2"), .25);
    ck_assert_double_eq(fake_get(value, "iterations"), 7);
    ck_assert(isnan(fake_get(value, "loss_bound_theorem@pilot")) && isnan(fake_get(value, "labels")));
    ck_assert(isnan(fake_get(value, "accuracy")) == !_i && isnan(fake_get(value, "mse")) == (_i == 1));
    if (!_i) ck_assert_double_eq_tol(fake_get(value, "one_minus_r2_train"), 1, 1e-9); /* the mean explains nothing */
    test_ctx_release(&w.t);
}
END_TEST

START_TEST(weighted_selection_against_plain_loops)
{
    world w;
    world_new(&w, 500, 3, 0);
    enum { M = 40 };
    uint32_t row[M];
    double weight[M], loss[500], *const value = fake_values(&w.t.cx);
    for (uint32_t i = 0; i < M; i++) {
        row[i] = i * 37 % 500;
        weight[i] = 5 + (double)(i % 7) * 2.5;
    }
    const sb_selection s = {.m = M, .row = row, .weight = weight};
    uint64_t ns;
    w.test.x.n = 0; /* no test part */
    ck_assert_ok(&w.t, sb_evaluate_model(&w.train, &w.test, w.use, &w.truth, &w.probes, &s, .05, &w.t.cx, value, &ns));
    double count[3] = {0}, total = 0, worst = 0;
    for (size_t i = 0; i < M; i++) {
        count[w.train.label[row[i]]] += weight[i];
        total += weight[i];
    }
    double theta[18] = {0};
    for (size_t k = 0; k < 3; k++) theta[15 + k] = log((count[k] + .5) / (total + 1.5));
    const double *const at[] = {w.truth.full.theta, w.pilot.theta, theta};
    const char *const name[] = {"loss_err@full", "loss_err@pilot", "loss_err@subset"};
    for (size_t j = 0; j < 3; j++) {
        const double mean = plain_mean(&w, at[j], loss);
        double est = 0;
        for (size_t i = 0; i < M; i++) est += weight[i] * loss[row[i]] / 500;
        worst = fmax(worst, fabs(fake_get(value, name[j]) - fabs(est - mean) / mean));
        if (j == 2) ck_assert_double_eq_tol(fake_get(value, "train_loss"), mean, 1e-11);
        if (j == 2)
            ck_assert_double_eq_tol(fake_get(value, "excess_loss"), (mean - w.truth.loss) / w.truth.loss, 1e-11);
    }
    double sup = 0;
    for (size_t j = 2; j < w.probes.count; j++) {
        double est = 0;
        for (size_t i = 0; i < M; i++) est += weight[i] * w.probes.loss[j * 500 + row[i]] / 500;
        sup = fmax(sup, fabs(est - w.probes.mean[j]) / w.probes.mean[j]);
    }
    ck_assert_double_le(worst, 1e-11);
    ck_assert_double_eq_tol(fake_get(value, "loss_err_sup"), sup, 1e-14);
    ck_assert(isnan(fake_get(value, "accuracy")) && isnan(fake_get(value, "log_loss")));
    test_ctx_release(&w.t);
}
END_TEST

START_TEST(bad_selections_are_refused)
{
    world w;
    world_new(&w, 100, 3, 0);
    uint32_t row[] = {1, 100}, ok[] = {1, 2};
    double negative[] = {1, -1}, nan[] = {(double)NAN, 1}, zero[] = {0, 0}, *const value = fake_values(&w.t.cx);
    uint64_t ns;
    const struct {
        sb_selection s;
        double delta;
        sb_status status;
        const char *words;
    } c[] = {{{.m = 0, .row = ok}, .05, SB_EARG, "no rows"},
             {{.m = 2, .row = row}, .05, SB_EARG, "entry 1 is row 100 of 100"},
             {{.m = 2, .row = ok, .weight = negative}, .05, SB_EARG, "weight -1"},
             {{.m = 2, .row = ok, .weight = nan}, .05, SB_EARG, "entry 0"},
             {{.m = 2, .row = ok}, (double)NAN, SB_EARG, "delta"},
             {{.m = 2, .row = ok, .weight = zero}, .05, SB_SKIP, "model 'fake_classifier': all weights are zero"},
             {{.m = 1, .row = ok}, .05, SB_SKIP, "one class"}};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        ck_assert_fails(
            &w.t,
            sb_evaluate_model(&w.train, &w.test, w.use, &w.truth, &w.probes, &c[i].s, c[i].delta, &w.t.cx, value, &ns),
            c[i].status, c[i].words);
    ck_assert_double_eq(fake_get(value, "loss_err@full") >= 0, 1); /* written before the fit was refused */
    test_ctx_release(&w.t);
}
END_TEST

static bool has(const sb_model *m, const char *option)
{
    for (const sb_param *row = m->options; row && row->name; row++)
        if (strcmp(row->name, option) == 0) return true;
    return false;
}

/* Every model of the build: fitted on all rows in another order it is the full-data optimum again, up to its tolerance.
 */
START_TEST(models_judge_the_whole_data_perfect)
{
    const struct {
        size_t c, t;
    } shape[] = {{2, 0}, {5, 0}, {0, 1}, {0, 3}};
    test_ctx t;
    test_ctx_init(&t, "models");
    sb_ctx *const cx = &t.cx;
    uint32_t row[400];
    for (uint32_t i = 0; i < 400; i++) row[i] = 399 - i;
    const sb_selection s = {.m = 400, .row = row, .simple_random = true};
    for (size_t k = 0; k < 4; k++) {
        const sb_data train = fake_data(cx, "train", 400, 6, shape[k].c, shape[k].t);
        const sb_data test = fake_data(cx, "test", 300, 6, shape[k].c, shape[k].t);
        for (const sb_model_entry *e = sb_model_table; e->plugin; e++) {
            size_t q;
            uint64_t ns;
            void *const options = SB_NEW(cx->arena, e->plugin->option_size, char);
            sb_param_defaults(e->plugin->options, options, cx);
            if (e->plugin->kind != train.kind || e->plugin->outputs(&train, options, cx, &q) == SB_SKIP) continue;
            const sb_model_use use = {e->plugin, options};
            sb_truth truth;
            sb_probes probes;
            double *const value = fake_values(cx);
            ck_assert_ok(&t, sb_truth_make(&train, &use, NULL, NULL, cx, &truth));
            ck_assert_ok(&t, sb_probes_make(&train, &use, &truth, NULL, 4, cx, &probes));
            ck_assert_uint_eq(probes.count, 6);
            ck_assert_ok(&t, sb_evaluate_model(&train, &test, &use, &truth, &probes, &s, .05, cx, value, &ns));
            ck_assert_double_le(fake_get(value, "loss_err@full"), 1e-14);
            ck_assert_double_le(fake_get(value, "loss_err_sup"), 1e-14);
            /* gradients are below 1e-4 or so, and the loss is quadratic in what is left of them */
            ck_assert_double_le(fabs(fake_get(value, "excess_loss")), 1e-4);
            ck_assert_double_eq(fake_get(value, "converged"), 1);
            ck_assert_double_gt(fake_get(value, train.c ? "accuracy" : "mse"), train.c ? 1.2 / (double)train.c : .5);
            ck_assert(!isnan(fake_get(value, train.c ? "log_loss" : "one_minus_r2")));
            /* 9 parts signal, 1 noise; a model without an intercept leaves the targets' mean as well, and what has no
             * penalty is no model but a fixed loss */
            if (!train.c && has(e->plugin, "l2"))
                ck_assert_double_le(fake_get(value, "one_minus_r2"), has(e->plugin, "intercept") ? .2 : .5);
        }
    }
    test_ctx_release(&t);
}
END_TEST

START_TEST(every_allocation_can_fail)
{
    world w;
    world_new(&w, 300, 3, 0);
    uint32_t row[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const sb_selection s = {.m = 8, .row = row};
    double *const value = fake_values(&w.t.cx), loss[300];
    uint64_t ns;
    for (int what = 0; what < 4; what++) {
        size_t k = 0, failed = 0;
        for (size_t fine = 0; fine < 4; k++) { /* naming a stream does without memory: one success is not the end */
            const size_t mark = sb_arena_mark(w.t.cx.arena);
            sb_status st = SB_OK;
            sb_truth truth;
            sb_probes probes;
            sb_proxy p;
            sb_proxy_init(&p, &w.train, w.use, w.pilot.theta, NULL, &w.t.cx);
            w.t.err.text[0] = 0;
            sb_arena_fail_at(w.t.cx.arena, k);
            if (what == 0) st = sb_truth_make(&w.train, w.use, NULL, NULL, &w.t.cx, &truth);
            if (what == 1) st = sb_probes_make(&w.train, w.use, &w.truth, &w.pilot, 3, &w.t.cx, &probes);
            if (what == 2)
                st = sb_evaluate_model(&w.train, &w.test, w.use, &w.truth, &w.probes, &s, .1, &w.t.cx, value, &ns);
            if (what == 3) st = p.oracle.residual(p.oracle.self, row, 8, &w.t.cx, loss);
            ck_assert_msg(st == SB_OK || (st == SB_ENOMEM && w.t.err.text[0]), "%d at %zu: %s", what, k, w.t.err.text);
            fine = st == SB_OK ? fine + 1 : 0;
            failed += st != SB_OK;
            sb_arena_rewind(w.t.cx.arena, mark);
        }
        sb_arena_fail_at(w.t.cx.arena, SIZE_MAX);
        ck_assert_uint_ge(failed, 5);
    }
    test_ctx_release(&w.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("judge");
    TCase *t = tcase_create("judge");
    tcase_add_loop_test(t, probes_are_as_stated, 0, 2);
    tcase_add_loop_test(t, whole_data_is_judged_perfect, 0, 2);
    tcase_add_test(t, weighted_selection_against_plain_loops);
    tcase_add_test(t, bad_selections_are_refused);
    tcase_add_test(t, models_judge_the_whole_data_perfect);
    tcase_add_test(t, every_allocation_can_fail);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

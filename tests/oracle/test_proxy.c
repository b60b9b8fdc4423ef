/* The oracle of a fitted proxy: equal bits on every way to a row, no full pass for a few rows, and what is kept. */
#include "fake_model.h"
#include "registry.h"

START_TEST(proxy_answers_the_same_bits_on_every_way)
{
    world w, other;
    world_new(&w, 1000, _i ? 3 : 0, _i ? 0 : 2);
    test_ctx_init(&other.t, "caller");
    const size_t n = 1000, width = _i ? 3 : 2;
    sb_proxy p;
    sb_proxy_init(&p, &w.train, w.use, w.pilot.theta, NULL, &w.t.cx);
    sb_ctx *const cx = &other.t.cx;
    uint32_t row[300];
    for (uint32_t i = 0; i < 300; i++) row[i] = (i * 619 + 998) % 1000;
    double *const part = SB_NEW(cx->arena, 300 * width, double), *const all = SB_NEW(cx->arena, n * width, double);
    double *const late = SB_NEW(cx->arena, 300 * width, double);
    for (size_t m = 1; m <= 300; m += 13) { /* gathered, before anything is cached */
        fake_evaluated = 0;
        ck_assert_ok(&other.t, p.oracle.loss(p.oracle.self, row, m, cx, part));
        ck_assert_uint_eq(fake_evaluated, (m + 255) / 256 * 256); /* not a full pass */
        ck_assert(!p.loss);
    }
    ck_assert_ok(&other.t, p.oracle.loss(p.oracle.self, row, 300, cx, part));
    ck_assert_ok(&other.t, p.oracle.loss(p.oracle.self, NULL, n, cx, all));
    ck_assert_mem_eq(all, w.probes.loss + n, n * sizeof *all);
    fake_evaluated = 0;
    ck_assert_ok(&other.t, p.oracle.loss(p.oracle.self, row, 300, cx, late));
    ck_assert_uint_eq(fake_evaluated, 0);
    ck_assert_mem_eq(part, late, 300 * sizeof *part);
    for (size_t i = 0; i < 300; i++) ck_assert(memcmp(part + i, all + row[i], sizeof *part) == 0);
    ck_assert((p.oracle.prob != NULL) == (_i == 1));
    ck_assert_ok(&other.t, p.oracle.residual(p.oracle.self, row, 300, cx, part));
    ck_assert_ok(&other.t, p.oracle.residual(p.oracle.self, NULL, n, cx, all));
    ck_assert_ok(&other.t, p.oracle.residual(p.oracle.self, row, 300, cx, late));
    ck_assert_mem_eq(part, late, 300 * width * sizeof *part);
    double worst = 0;
    for (size_t i = 0; i < n; i++) { /* p_y - 1, or half the squared residual, against the loss */
        const double *const a = all + i * width, l = w.probes.loss[n + i];
        worst = fmax(worst, _i ? fabs(-log(1 + a[w.train.label[i]]) - l) / (1 + l)
                               : fabs((a[0] * a[0] + a[1] * a[1]) / 2 - l) / (1 + l));
    }
    ck_assert_double_le(worst, 1e-12);
    for (size_t i = 0; i < 300; i++)
        ck_assert(memcmp(part + i * width, all + row[i] * width, width * sizeof *part) == 0);
    test_ctx_release(&other.t);
    test_ctx_release(&w.t);
}
END_TEST

START_TEST(proxy_trains_and_does_not_keep_what_a_rewind_would_take)
{
    world w;
    world_new(&w, 600, 3, 0);
    sb_ctx *const cx = &w.t.cx;
    sb_proxy p;
    sb_proxy_init(&p, &w.train, w.use, NULL, NULL, cx);
    ck_assert(!p.oracle.loss && !p.oracle.prob && !p.oracle.residual);
    const sb_subset all = {.m = 600};
    double mean;
    fake_fits = 0;
    ck_assert_ok(&w.t, p.oracle.full_loss(p.oracle.self, &all, cx, &mean));
    ck_assert_double_eq(mean, w.truth.loss);
    ck_assert_uint_eq(fake_fits, 1);
    double loss[600];
    sb_proxy_init(&p, &w.train, w.use, w.pilot.theta, NULL, cx);
    ck_assert_ok(&w.t, p.oracle.loss(p.oracle.self, NULL, 600, cx, loss));
    ck_assert(!p.loss);
    ck_assert_mem_eq(loss, w.probes.loss + 600, sizeof loss);
    test_ctx_release(&w.t);
}
END_TEST

/* The reason for blocks of one size: BLAS treats the edge of a matrix differently, and queries must not show it. */
START_TEST(models_give_queried_rows_the_bits_of_a_full_pass)
{
    enum { ROWS = 1000, COLUMNS = 37 };
    const struct {
        size_t c, t;
    } shape[] = {{2, 0}, {7, 0}, {0, 1}, {0, 3}};
    test_ctx t;
    test_ctx_init(&t, "models");
    sb_rng rng = sb_ctx_stream(&t.cx, "theta");
    for (size_t k = 0; k < 4; k++) {
        const sb_data data = fake_data(&t.cx, "train", ROWS, COLUMNS, shape[k].c, shape[k].t);
        const size_t width = sb_pass_width(&data);
        double *const loss = SB_NEW(t.cx.arena, ROWS, double), *const out = SB_NEW(t.cx.arena, ROWS * width, double);
        double *const l = SB_NEW(t.cx.arena, ROWS, double), *const o = SB_NEW(t.cx.arena, ROWS * width, double);
        for (const sb_model_entry *e = sb_model_table; e->plugin; e++) {
            size_t q, different = 0;
            void *const options = SB_NEW(t.cx.arena, e->plugin->option_size, char);
            sb_param_defaults(e->plugin->options, options, &t.cx);
            if (e->plugin->kind != data.kind || e->plugin->outputs(&data, options, &t.cx, &q) == SB_SKIP) continue;
            double *const theta = SB_NEW(t.cx.arena, (COLUMNS + 1) * q, double);
            for (size_t i = 0; i < (COLUMNS + 1) * q; i++) theta[i] = .3 * sb_rng_normal(&rng);
            const sb_model_use use = {e->plugin, options};
            ck_assert_ok(&t, sb_pass(&data, &use, theta, NULL, ROWS, &t.cx, loss, out));
            for (size_t m = 1; m <= 600; m += m < 20 ? 1 : 59) {
                uint32_t row[600];
                for (size_t i = 0; i < m; i++) row[i] = (uint32_t)sb_rng_below(&rng, ROWS);
                ck_assert_ok(&t, sb_pass(&data, &use, theta, row, m, &t.cx, l, NULL));
                ck_assert_ok(&t, sb_pass(&data, &use, theta, row, m, &t.cx, NULL, o));
                for (size_t i = 0; i < m; i++)
                    different += memcmp(l + i, loss + row[i], sizeof *l) != 0 ||
                                 memcmp(o + i * width, out + row[i] * width, width * sizeof *o) != 0;
            }
            ck_assert_msg(!different, "%s: %zu rows differ", e->plugin->name, different);
        }
    }
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("proxy");
    TCase *t = tcase_create("proxy");
    tcase_add_loop_test(t, proxy_answers_the_same_bits_on_every_way, 0, 2);
    tcase_add_test(t, proxy_trains_and_does_not_keep_what_a_rewind_would_take);
    tcase_add_test(t, models_give_queried_rows_the_bits_of_a_full_pass);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

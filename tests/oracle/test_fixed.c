/* The fixed losses against plain sums, and what a model without parameters may not do. */
#include <math.h>

#include "registry.h"
#include "test_main.h"

enum { N = 40, D = 3, T = 2 };

typedef struct world {
    test_ctx t;
    float x[N * D];
    double y[N * T];
    sb_data data;
    const sb_model *model;
    void *options;
} world;

static void world_init(world *w, const char *loss)
{
    test_ctx_init(&w->t, "fixed");
    sb_rng rng = sb_ctx_stream(&w->t.cx, "data");
    for (size_t i = 0; i < N * D; i++) w->x[i] = (float)sb_rng_normal(&rng);
    for (size_t i = 0; i < N * T; i++) w->y[i] = sb_rng_unit(&rng);
    w->data = (sb_data){.x = {w->x, N, D, D}, .kind = SB_REGRESSION, .t = T, .y = w->y};
    w->model = sb_model_find("fixed", NULL);
    ck_assert_ptr_nonnull(w->model);
    w->options = sb_arena_alloc(w->t.cx.arena, 1, w->model->option_size);
    sb_param_defaults(w->model->options, w->options, &w->t.cx);
    ck_assert_ok(&w->t, sb_param_set(w->model->options, w->options, "loss", loss, &w->t.cx));
}

START_TEST(losses_are_the_plain_sums)
{
    static const char *const word[] = {"norm2", "target"};
    world w;
    world_init(&w, word[_i]);
    const uint32_t row[] = {3, 3, 17};
    const double weight[] = {1, 2, 5};
    double theta[(D + 1) * T] = {9}, loss[N], out[N * T] = {9}, want[N], worst = 0;
    sb_fit_info info;
    const sb_subset s = {.m = 3, .row = row, .weight = weight};
    ck_assert_ok(&w.t, w.model->fit(&w.data, &s, w.options, NULL, &w.t.cx, theta, &info));
    ck_assert_ok(&w.t, w.model->eval(&w.data, theta, w.options, &w.t.cx, loss, out));
    for (size_t i = 0; i < N; i++) {
        const double x = (double)w.x[i * D], y = (double)w.x[i * D + 1], z = (double)w.x[i * D + 2];
        want[i] = _i ? w.y[i * T] + w.y[i * T + 1] : x * x + y * y + z * z;
        worst = fmax(worst, fabs(loss[i] - want[i]) + fabs(out[i * T]) + fabs(out[i * T + 1]));
    }
    for (size_t i = 0; i < (D + 1) * T; i++) worst = fmax(worst, fabs(theta[i]));
    ck_assert_double_le(worst, 1e-14); /* three terms below 20, a few roundings */
    ck_assert_double_le(fabs(info.objective - (3 * want[3] + 5 * want[17]) / 8), 1e-14);
    ck_assert(info.converged);
    test_ctx_release(&w.t);
}
END_TEST

START_TEST(what_it_cannot_do_is_said)
{
    world w;
    world_init(&w, "target");
    double theta[(D + 1) * T], zero[2] = {0};
    sb_fit_info info;
    size_t q;
    const sb_subset all = {.m = N}, nothing = {.m = 2, .row = (const uint32_t[]){0, 1}, .weight = zero};
    ck_assert_fails(&w.t, w.model->fit(&w.data, &nothing, w.options, NULL, &w.t.cx, theta, &info), SB_SKIP, "weight");
    w.y[T * 7] = -9;
    ck_assert_fails(&w.t, w.model->fit(&w.data, &all, w.options, NULL, &w.t.cx, theta, &info), SB_SKIP, "row 7");
    w.data.y = NULL;
    ck_assert_fails(&w.t, w.model->outputs(&w.data, w.options, &w.t.cx, &q), SB_SKIP, "regression");
    test_ctx_release(&w.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fixed");
    TCase *c = tcase_create("fixed");
    tcase_add_loop_test(c, losses_are_the_plain_sums, 0, 2);
    tcase_add_test(c, what_it_cannot_do_is_said);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

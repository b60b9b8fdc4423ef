/* uniform, stratified_uniform, best_of_uniform and full: inclusion frequencies, weights, and the winner of the tries.
 */
#include "test_main.h"

#include <stdbool.h>

#include "registry.h"

enum { N = 120, C = 4, REPEATS = 5000, TRIES = 7 };

typedef struct scene {
    test_ctx t;
    float x[N];
    int32_t label[N];
    uint32_t row[N], warm[3];
    bool joins;
    sb_meter meter;
    double loss[TRIES]; /* of each subset tried, in order */
    size_t sizes[TRIES], fits, fail_every;
} scene;

/* The loss of a subset is the sum of its rows' first feature: any function that tells subsets apart. */
static sb_status full_loss(void *self, const sb_subset *sub, sb_ctx *cx, double *loss)
{
    scene *const s = self;
    *loss = 0;
    for (size_t j = 0; j < sub->m; j++) *loss += (double)s->x[sub->row[j]];
    s->sizes[s->fits] = sub->m;
    s->loss[s->fits++] = *loss;
    if (s->fail_every && s->fits % s->fail_every == 0) SB_FAIL(cx->err, SB_SKIP, "one class only");
    return SB_OK;
}

static void scene_init(scene *s)
{
    memset(s, 0, sizeof *s);
    test_ctx_init(&s->t, "test/baselines");
    sb_rng r = sb_rng_stream(1, "baselines");
    for (size_t i = 0; i < N; i++) {
        s->x[i] = (float)sb_rng_normal(&r);
        s->label[i] = (int32_t)(sb_rng_below(&r, 9) % C); /* unequal classes */
    }
}

static sb_status run(scene *s, const char *name, size_t budget, sb_selection *out)
{
    const sb_method *const m = sb_method_find(name, NULL);
    const sb_oracle oracle = {.self = s, .full_loss = full_loss};
    const sb_task task = {.x = {.data = s->x, .n = N, .d = 1, .ld = 1},
                          .kind = SB_CLASSIFICATION,
                          .c = C,
                          .label = s->label,
                          .warm = s->joins ? s->warm : NULL,
                          .warm_n = s->joins ? 3 : 0,
                          .warm_joins = s->joins,
                          .granted = m->needs,
                          .oracle = &oracle,
                          .meter = &s->meter};
    char options[64] = {0};
    sb_param_defaults(m->options, options, &s->t.cx);
    if (strcmp(name, "best_of_uniform") == 0)
        ck_assert_ok(&s->t, sb_param_set(m->options, options, "tries", "7", &s->t.cx));
    *out = (sb_selection){.row = s->row};
    s->fits = 0;
    s->meter = (sb_meter){0};
    return m->select(&task, options, NULL, budget, &s->t.cx, out);
}

START_TEST(uniform_includes_every_row_equally)
{
    scene s;
    scene_init(&s);
    size_t seen[N] = {0};
    sb_selection out;
    for (s.t.cx.seed = 0; s.t.cx.seed < REPEATS; s.t.cx.seed++) {
        ck_assert_int_eq(run(&s, "uniform", 30, &out), SB_OK);
        for (size_t j = 0; j < out.m; j++) seen[out.row[j]]++;
    }
    const double p = 30.0 / N, sd = sqrt(REPEATS * p * (1 - p));
    double worst = 0;
    for (size_t i = 0; i < N; i++) worst = fmax(worst, fabs((double)seen[i] - REPEATS * p) / sd);
    ck_assert_msg(worst < 4.5, "z %.2f", worst);
    test_ctx_release(&s.t);
}
END_TEST

/* Weights of a class sum to its size; inside a class all rows are equally likely; the quotas never move. */
START_TEST(strata_keep_their_shares)
{
    scene s;
    scene_init(&s);
    size_t size[C] = {0}, quota[C] = {0}, seen[N] = {0}, wrong = 0;
    for (size_t i = 0; i < N; i++) size[s.label[i]]++;
    for (s.t.cx.seed = 0; s.t.cx.seed < REPEATS; s.t.cx.seed++) {
        sb_selection out;
        size_t here[C] = {0};
        double weight[C] = {0};
        ck_assert_int_eq(run(&s, "stratified_uniform", 31, &out), SB_OK);
        for (size_t j = 0; j < out.m; j++) {
            here[s.label[out.row[j]]]++;
            seen[out.row[j]]++;
            weight[s.label[out.row[j]]] += out.weight[j];
        }
        for (size_t g = 0; g < C; g++) {
            wrong += fabs(weight[g] - (double)size[g]) > 1e-9;
            wrong += fabs((double)here[g] - 31.0 * (double)size[g] / N) >= 1;
            if (s.t.cx.seed == 0) quota[g] = here[g];
            wrong += quota[g] != here[g];
        }
    }
    ck_assert_uint_eq(wrong, 0);
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
        const double p = (double)quota[s.label[i]] / (double)size[s.label[i]];
        worst = fmax(worst, fabs((double)seen[i] - REPEATS * p) / sqrt(REPEATS * p * (1 - p)));
    }
    ck_assert_msg(worst < 4.5, "z %.2f", worst);
    test_ctx_release(&s.t);
}
END_TEST

static double sum_of(const scene *s, const sb_selection *out)
{
    double sum = 0;
    for (size_t j = 0; s->joins && j < 3; j++) sum += (double)s->x[s->warm[j]];
    for (size_t j = 0; j < out->m; j++) sum += (double)s->x[out->row[j]];
    return sum;
}

/* The subset returned has the smallest loss of those tried, warm-up rows in front included; every try is billed. */
START_TEST(best_of_uniform_returns_the_winner)
{
    scene s;
    scene_init(&s);
    const uint32_t warm[] = {5, 6, 90};
    memcpy(s.warm, warm, sizeof warm);
    sb_selection out;
    for (int joins = 0; joins < 2; joins++) {
        s.joins = joins == 1;
        ck_assert_ok(&s.t, run(&s, "best_of_uniform", 10, &out));
        ck_assert_uint_eq(s.fits, TRIES);
        ck_assert_uint_eq(s.meter.fits, TRIES);
        ck_assert_uint_eq(s.meter.labels, TRIES * N);
        double best = s.loss[0];
        for (size_t r = 1; r < TRIES; r++) best = fmin(best, s.loss[r]);
        ck_assert(sum_of(&s, &out) == best && out.m == 10 && s.sizes[3] == (s.joins ? 13 : 10));
    }
    s.fail_every = 2; /* the 2nd, 4th and 6th cannot be fitted */
    ck_assert_ok(&s.t, run(&s, "best_of_uniform", 10, &out));
    ck_assert(sum_of(&s, &out) == fmin(fmin(s.loss[0], s.loss[2]), fmin(s.loss[4], s.loss[6])));
    s.fail_every = 1;
    ck_assert_fails(&s.t, run(&s, "best_of_uniform", 10, &out), SB_SKIP, "one class only");
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(full_is_everything)
{
    scene s;
    scene_init(&s);
    sb_selection out;
    ck_assert_ok(&s.t, run(&s, "full", 5, &out));
    ck_assert(out.m == N && !out.weight);
    for (uint32_t i = 0; i < N; i++) ck_assert_uint_eq(out.row[i], i);
    test_ctx_release(&s.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("baselines");
    TCase *t = tcase_create("baselines");
    tcase_add_test(t, uniform_includes_every_row_equally);
    tcase_add_test(t, strata_keep_their_shares);
    tcase_add_test(t, best_of_uniform_returns_the_winner);
    tcase_add_test(t, full_is_everything);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

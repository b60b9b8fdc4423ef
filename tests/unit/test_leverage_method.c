/* The method around the scores: probabilities, warm-up rows, weights, options, refusals. */
#include "test_main.h"

#include "selbench/leverage.h"
#include "selbench/method.h"

extern const sb_method sb_method_leverage;

enum { N = 40, D = 4 };

typedef struct lev_task {
    test_ctx t;
    float x[N * D];
    sb_task task;
    uint32_t warm[6];
    void *options;
} lev_task;

static void task_make(lev_task *c)
{
    test_ctx_init(&c->t, "leverage");
    sb_rng rng = sb_rng_stream(1, "task");
    for (size_t i = 0; i < N * D; i++) c->x[i] = i / D % 10 == 9 ? 0 : (float)sb_rng_normal(&rng); /* 4 zero rows */
    for (uint32_t i = 0; i < 6; i++) c->warm[i] = 5 * i;
    c->task = (sb_task){.x = {c->x, N, D, D}};
    c->options = sb_arena_alloc(c->t.cx.arena, 1, sb_method_leverage.option_size);
    sb_param_defaults(sb_method_leverage.options, c->options, &c->t.cx);
}

static void set(lev_task *c, const char *name, const char *value)
{
    ck_assert_ok(&c->t, sb_param_set(sb_method_leverage.options, c->options, name, value, &c->t.cx));
}

static sb_status draw(lev_task *c, size_t budget, sb_selection *out)
{
    void *state = NULL;
    sb_task plain = c->task;
    plain.warm = NULL, plain.warm_n = 0, plain.warm_joins = false;
    *out = (sb_selection){.row = SB_NEW(c->t.cx.arena, N, uint32_t)};
    SB_TRY(sb_method_leverage.prepare(&plain, c->options, &c->t.cx, &state));
    return sb_method_leverage.select(&c->task, c->options, state, budget, &c->t.cx, out);
}

static double note(const sb_selection *s, const char *name)
{
    for (size_t i = 0; i < s->notes; i++)
        if (strcmp(s->note[i].name, name) == 0) return s->note[i].value;
    return NAN;
}

START_TEST(probabilities_mix_scores_and_floor)
{
    for (int root = 0; root < 2; root++) {
        lev_task c;
        task_make(&c);
        set(&c, "floor", "0.2");
        set(&c, "root", root ? "true" : "false");
        double score[N], sum = 0, worst = 0;
        sb_leverage_info info;
        ck_assert_ok(&c.t, sb_leverage(c.task.x, &(sb_leverage_options){0}, &c.t.cx, score, &info));
        for (size_t i = 0; i < N; i++) sum += score[i] = root ? sqrt(score[i]) : score[i];
        sb_selection s;
        ck_assert_ok(&c.t, draw(&c, 25, &s));
        ck_assert(s.m == 25 && s.prob && s.weight && s.score_sum == 0);
        for (size_t i = 0; i < N; i++) worst = fmax(worst, fabs(s.prob[i] - (0.8 * score[i] / sum + 0.2 / N)));
        for (size_t j = 0; j < 25; j++) worst = fmax(worst, fabs(s.weight[j] * 25 * s.prob[s.row[j]] - 1));
        ck_assert_double_le(worst, 1e-15 * 16);
        ck_assert(note(&s, "rank") == 4 && fabs(note(&s, "effective_dimension") - 4) < 1e-5 && note(&s, "zero_prob_rows") == 0);
        ck_assert(note(&s, "max_leverage") == info.largest);
        test_ctx_release(&c.t);
    }
}
END_TEST

START_TEST(warm_rows_are_not_chosen_when_they_join)
{
    static const char *const scheme[] = {"with_replacement", "poisson", "pips", "successive"};
    for (size_t k = 0; k < 4; k++)
        for (int joins = 0; joins < 2; joins++) {
            lev_task c;
            task_make(&c);
            set(&c, "draw", scheme[k]);
            set(&c, "floor", "0.5");
            c.task.warm = c.warm, c.task.warm_n = 6, c.task.warm_joins = joins;
            sb_selection s;
            size_t warm = 0;
            ck_assert_ok(&c.t, draw(&c, 34, &s));
            ck_assert(s.m > 0 && s.m <= N && (k == 1 || s.m == 34));
            for (size_t j = 0; j < s.m; j++) warm += s.row[j] % 5 == 0 && s.row[j] <= 25;
            ck_assert(joins ? warm == 0 : warm > 0);
            if (s.prob) {
                double sum = 0;
                for (size_t i = 0; i < N; i++) sum += s.prob[i];
                ck_assert(fabs(sum - 1) < 1e-14 && (!joins || s.prob[5] == 0));
            }
            ck_assert(k == 0 ? s.prob != NULL : s.prob == NULL);
            test_ctx_release(&c.t);
        }
}
END_TEST

START_TEST(refusals_say_why)
{
    lev_task c;
    task_make(&c);
    sb_selection s;
    set(&c, "floor", "0");
    ck_assert_ok(&c.t, draw(&c, N, &s)); /* with replacement any budget can be met */
    ck_assert(note(&s, "zero_prob_rows") == 4 && s.prob[9] == 0);
    set(&c, "draw", "pips");
    ck_assert_ok(&c.t, draw(&c, N - 4, &s));
    ck_assert_fails(&c.t, draw(&c, N - 3, &s), SB_SKIP, "4 of 40 have probability 0");
    set(&c, "weights", "no");
    ck_assert_ok(&c.t, draw(&c, 1, &s));
    ck_assert(s.m == 1 && !s.weight && !s.prob);
    ck_assert_fails(&c.t, sb_param_set(sb_method_leverage.options, c.options, "lambda", "-1", &c.t.cx), SB_ECONFIG,
                    "lambda");
    ck_assert_fails(&c.t, sb_param_set(sb_method_leverage.options, c.options, "rank", "0", &c.t.cx), SB_ECONFIG,
                    "rank");
    memset(c.x, 0, sizeof c.x); /* nothing to score by: uniform */
    set(&c, "draw", "with_replacement");
    ck_assert_ok(&c.t, draw(&c, 5, &s));
    ck_assert(note(&s, "rank") == 0 && note(&s, "max_leverage") == 0);
    test_ctx_release(&c.t);
}
END_TEST

START_TEST(ridge_units)
{
    lev_task c;
    task_make(&c);
    set(&c, "kind", "ridge");
    set(&c, "lambda", "0.5");
    double trace = 0, tail = 0;
    for (size_t i = 0; i < N * D; i++) trace += (double)c.x[i] * (double)c.x[i];
    ck_assert_ok(&c.t, sb_leverage_tail(c.task.x, 2, &c.t.cx, &tail));
    const double expected[] = {0.5, 0.5 * trace / D, 0.5 * tail};
    static const char *const rule[] = {"value", "mean", "tail"};
    set(&c, "rank", "2");
    for (size_t k = 0; k < 3; k++) {
        sb_selection s;
        set(&c, "lambda_rule", rule[k]);
        ck_assert_ok(&c.t, draw(&c, 3, &s));
        ck_assert(fabs(note(&s, "lambda") / expected[k] - 1) < 1e-13);
        sb_leverage_info info;
        double score[N];
        const sb_leverage_options o = {.kind = SB_LEVERAGE_RIDGE, .lambda = expected[k]};
        ck_assert_ok(&c.t, sb_leverage(c.task.x, &o, &c.t.cx, score, &info));
        ck_assert(fabs(note(&s, "effective_dimension") - info.effective) < 1e-6);
    }
    test_ctx_release(&c.t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("leverage_method");
    TCase *t = tcase_create("leverage_method");
    tcase_add_test(t, probabilities_mix_scores_and_floor);
    tcase_add_test(t, warm_rows_are_not_chosen_when_they_join);
    tcase_add_test(t, refusals_say_why);
    tcase_add_test(t, ridge_units);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* Every option row of every method: its default parses, its text reads back, its bounds refuse, its words run. */
#include "method_case.h"

static const sb_param *rows_of(int method) { return sb_method_table[method].plugin->options; }

static void expect_refused(subject *s, const sb_param *row, const char *text)
{
    void *options = defaults_of(s->c.method, &s->p, &s->t);
    const sb_status st = sb_param_set(s->c.method->options, options, row->name, text, &s->t.cx);
    ck_assert_msg(st == SB_ECONFIG, "%s: %s = %s was not refused", s->c.method->name, row->name, text);
    ck_assert_msg(strstr(s->t.err.text, row->name) != NULL, "message '%s' lacks the option", s->t.err.text);
}

/* Values that say something only beside another option. */
static const char *const beside[][3] = {{"lowrank_sensitivity", "singular", "loss=norm"},
                                        {"sensitivity", "ai-algos", "lambda_rule=cluster"}};

static void *options_with(const subject *s, const sb_param *row, const char *text, test_ctx *t)
{
    void *options = defaults_of(s->c.method, &s->p, t);
    ck_assert_ok(t, sb_param_set(s->c.method->options, options, row->name, text, &t->cx));
    for (size_t k = 0; k < sizeof beside / sizeof *beside; k++) {
        char name[64];
        const char *const eq = strchr(beside[k][2], '=');
        if (strcmp(beside[k][0], s->c.method->name) != 0 || strcmp(beside[k][1], text) != 0) continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)(eq - beside[k][2]), beside[k][2]);
        ck_assert_ok(t, sb_param_set(s->c.method->options, options, name, eq + 1, &t->cx));
    }
    return options;
}

/* One problem, budgets 1, the case's own (twice, to the same bits) and n: how often it ran and did not decline. */
static size_t runs_of(int method, sb_kind kind, plain_shape shape, const sb_param *row, const char *text)
{
    subject s;
    size_t worked = 0;
    subject_init(&s, method, kind, shape);
    s.c.options = options_with(&s, row, text, &s.t);
    const size_t mark = sb_arena_mark(s.t.cx.arena), budgets[] = {1, s.p.n < 10 ? s.p.n : 10, s.p.n};
    for (size_t b = 0; b < 3; b++) {
        sb_selection first, again;
        s.c.budget = budgets[b];
        if (!run_checked(&s.t, &s.c, &first)) continue;
        worked++;
        if (b == 1) {
            ck_assert(run_checked(&s.t, &s.c, &again));
            ck_assert_msg(same_bits(&first, &again, s.p.n), "%s with %s = %s: same seed, other bits", where(&s.c),
                          row->name, text);
        }
        sb_arena_rewind(s.t.cx.arena, mark);
    }
    test_ctx_release(&s.t);
    return worked;
}

static void expect_runs(int method, const sb_param *row, const char *text, int shapes)
{
    size_t worked = 0;
    const bool limit = strcmp(row->name, "work") == 0 || strcmp(row->name, "memory_mb") == 0; /* 0: declines, and may */
    for (int kind = 0; kind < 2; kind++)
        for (int shape = 0; shape < shapes; shape++)
            worked += runs_of(method, (sb_kind)kind, (plain_shape)shape, row, text);
    ck_assert_msg(worked > 0 || limit, "%s declines with %s = %s wherever it is tried",
                  sb_method_table[method].plugin->name, row->name, text);
}

/* Ties, copies, zero scores, rank deficiency, a class of one row, a single row; classes and targets. */
static void expect_runs_everywhere(int method, const sb_param *row, const char *text)
{
    expect_runs(method, row, text, PLAIN_SHAPES);
}

START_TEST(rows_are_sound)
{
    subject s;
    subject_init(&s, _i, SB_CLASSIFICATION, PLAIN_GENERAL);
    for (const sb_param *row = rows_of(_i); row && row->name; row++) {
        ck_assert_msg(row->help && strlen(row->help) > 3, "%s: no help", row->name);
        ck_assert_msg(row->offset < s.c.method->option_size, "%s lies outside the struct", row->name);
        for (const sb_param *other = rows_of(_i); other < row; other++)
            ck_assert_msg(strcmp(other->name, row->name) != 0, "two options '%s'", row->name);
        void *options = defaults_of(s.c.method, &s.p, &s.t);
        const char *text = sb_param_text(row, options, s.t.cx.arena);
        ck_assert_ok(&s.t, sb_param_set(s.c.method->options, options, row->name, text, &s.t.cx));
        ck_assert_str_eq(sb_param_text(row, options, s.t.cx.arena), text);
    }
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(bounds_refuse)
{
    subject s;
    subject_init(&s, _i, SB_CLASSIFICATION, PLAIN_GENERAL);
    for (const sb_param *row = rows_of(_i); row && row->name; row++) {
        if (row->type == SB_P_TEXT) continue;
        expect_refused(&s, row, "nan");
        expect_refused(&s, row, "no-such-word");
        expect_refused(&s, row, "");
        if (row->type == SB_P_BOOL || row->type == SB_P_ENUM) continue;
        char text[64];
        (void)snprintf(text, sizeof text, "%.17g", row->min - 1 - fabs(row->min));
        expect_refused(&s, row, text);
        (void)snprintf(text, sizeof text, "%.17g", row->max * 2 + 1);
        if (isfinite(row->max) && row->max < 1e15) expect_refused(&s, row, text);
        if (row->type == SB_P_COUNT) expect_refused(&s, row, "101%");
    }
    test_ctx_release(&s.t);
}
END_TEST

START_TEST(every_word_and_edge_runs)
{
    for (const sb_param *row = rows_of(_i); row && row->name; row++) {
        char text[64];
        switch (row->type) {
        case SB_P_ENUM:
            for (const char *const *word = row->words; *word; word++) expect_runs_everywhere(_i, row, *word);
            break;
        case SB_P_BOOL:
            expect_runs_everywhere(_i, row, "true");
            expect_runs_everywhere(_i, row, "false");
            break;
        case SB_P_COUNT:
            expect_runs(_i, row, "3", 1);
            expect_runs(_i, row, "20%", 1);
            expect_runs(_i, row, "30%m", 1);
            break;
        case SB_P_SIZE:
        case SB_P_REAL:
        case SB_P_REALS:
            (void)snprintf(text, sizeof text, "%.17g", row->min);
            expect_runs(_i, row, text, 1);
            break;
        case SB_P_TEXT: break;
        }
    }
}
END_TEST

/* A number above what the data have is refused by name, value and limit, never cut. */
START_TEST(numbers_beyond_the_data_are_refused)
{
    for (const sb_param *row = rows_of(_i); row && row->name; row++) {
        if (strcmp(row->name, "k") != 0) continue;
        for (int kind = 0; kind < 2; kind++) {
            subject s;
            sb_selection out;
            subject_init(&s, _i, (sb_kind)kind, PLAIN_GENERAL);
            void *options = defaults_of(s.c.method, &s.p, &s.t);
            s.c.options = options;
            if (run_checked(&s.t, &s.c, &out)) {
                ck_assert_ok(&s.t, sb_param_set(s.c.method->options, options, "k", "61", &s.t.cx));
                ck_assert_fails(&s.t, run(&s.c, &s.t.cx, &out), SB_SKIP, "'k' is 61, above the ");
            }
            test_ctx_release(&s.t);
        }
    }
}
END_TEST

/* What may be too much work says so before it asks for memory or queries anything. */
START_TEST(estimates_come_first)
{
    for (const sb_param *row = rows_of(_i); row && row->name; row++) {
        if (strcmp(row->name, "work") != 0) continue;
        for (int kind = 0; kind < 2; kind++) {
            subject s;
            subject_init(&s, _i, (sb_kind)kind, PLAIN_GENERAL);
            void *options = defaults_of(s.c.method, &s.p, &s.t);
            char text[64];
            (void)snprintf(text, sizeof text, "%.17g", row->min);
            ck_assert_ok(&s.t, sb_param_set(s.c.method->options, options, "work", text, &s.t.cx));
            const sb_oracle oracle = plain_oracle(&s.p);
            sb_meter meter = {0};
            const sb_task task = task_of(&s.c, &oracle, &meter);
            uint32_t place[64];
            sb_selection out = {.row = place};
            sb_arena_fail_at(s.t.cx.arena, 0);
            const sb_status st = s.c.method->select(&task, options, NULL, s.c.budget, &s.t.cx, &out);
            sb_arena_fail_at(s.t.cx.arena, (size_t)-1);
            ck_assert_msg(st == SB_SKIP && meter.losses + meter.probs + meter.grads + meter.fits == 0, "%s: %s: %s",
                          where(&s.c), sb_status_text(st), s.t.err.text);
            test_ctx_release(&s.t);
        }
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("method_options");
    TCase *t = tcase_create("method_options");
    int methods = 0;
    while (sb_method_table[methods].plugin) methods++;
    tcase_add_loop_test(t, rows_are_sound, 0, methods);
    tcase_add_loop_test(t, bounds_refuse, 0, methods);
    tcase_add_loop_test(t, every_word_and_edge_runs, 0, methods);
    tcase_add_loop_test(t, numbers_beyond_the_data_are_refused, 0, methods);
    tcase_add_loop_test(t, estimates_come_first, 0, methods);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

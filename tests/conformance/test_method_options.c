/* Every option row of every method: its default parses, its text reads back, its bounds refuse, its words run. */
#include "method_case.h"

static const sb_param *rows_of(int method) { return sb_method_table[method].plugin->options; }

static void expect_refused(subject *s, const sb_param *row, const char *text)
{
    void *options = defaults_of(s->c.method, &s->t);
    const sb_status st = sb_param_set(s->c.method->options, options, row->name, text, &s->t.cx);
    ck_assert_msg(st == SB_ECONFIG, "%s: %s = %s was not refused", s->c.method->name, row->name, text);
    ck_assert_msg(strstr(s->t.err.text, row->name) != NULL, "message '%s' lacks the option", s->t.err.text);
}

/* The value is taken and the method runs with it, or declines with a reason. */
static void expect_runs(int method, const sb_param *row, const char *text)
{
    for (int kind = 0; kind < 2; kind++) {
        subject s;
        subject_init(&s, method, (sb_kind)kind, PLAIN_GENERAL);
        void *options = defaults_of(s.c.method, &s.t);
        ck_assert_ok(&s.t, sb_param_set(s.c.method->options, options, row->name, text, &s.t.cx));
        s.c.options = options;
        sb_selection first, again;
        if (run_checked(&s.t, &s.c, &first)) {
            ck_assert(run_checked(&s.t, &s.c, &again));
            ck_assert_msg(same_bits(&first, &again, s.p.n), "%s with %s = %s: same seed, other bits", where(&s.c),
                          row->name, text);
        }
        test_ctx_release(&s.t);
    }
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
        void *options = defaults_of(s.c.method, &s.t);
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
            for (const char *const *word = row->words; *word; word++) expect_runs(_i, row, *word);
            break;
        case SB_P_BOOL:
            expect_runs(_i, row, "true");
            expect_runs(_i, row, "false");
            break;
        case SB_P_COUNT:
            expect_runs(_i, row, "3");
            expect_runs(_i, row, "20%");
            expect_runs(_i, row, "30%m");
            break;
        case SB_P_SIZE:
        case SB_P_REAL:
        case SB_P_REALS:
            (void)snprintf(text, sizeof text, "%.17g", row->min);
            expect_runs(_i, row, text);
            break;
        case SB_P_TEXT: break;
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
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

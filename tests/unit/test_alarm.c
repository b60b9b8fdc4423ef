/* Alarms on a made-up run: each is raised for the method that has the fault, and for no other. */
#include "alarm.h"
#include "file.h"
#include "test_main.h"

#include <stdio.h>

enum { METHODS = 5, REPS = 8, SETTINGS = 2 };
static test_ctx t;
static const sb_metric *metric[64];
static double value[SETTINGS][METHODS][REPS][64];
static char subset[SETTINGS][METHODS][REPS][16];
static sb_result result[SETTINGS * METHODS * REPS];
/* names of real plug-ins: uniform, stratified_uniform, leverage and sensitivity draw; margin does not */
static const sb_method_label method[METHODS] = {{"full", "full", "", true, ""},
                                                {"uniform", "uniform", "", false, ""},
                                                {"leverage", "leverage", "", false, ""},
                                                {"margin", "margin", "", false, ""},
                                                {"sensitivity", "sensitivity", "", false, ""}};
static const sb_setting setting[SETTINGS] = {{"d", "raw", "softmax", "50", 50}, {"d", "raw", "logistic", "50", 50}};
static sb_results r;

static double *at(size_t s, size_t m, size_t i, const char *name) { return &value[s][m][i][sb_metric_index(name)]; }

/* A healthy run: every subset its own, but margin's, which does not draw. */
static void start(void)
{
    test_ctx_init(&t, "alarm");
    for (size_t k = 0; k < sb_metric_count(); k++) metric[k] = &sb_metrics[k];
    sb_result *e = result;
    for (size_t s = 0; s < SETTINGS; s++)
        for (size_t m = 0; m < METHODS; m++)
            for (unsigned i = 0; i < REPS; i++, e++) {
                for (size_t k = 0; k < sb_metric_count(); k++) value[s][m][i][k] = NAN;
                *at(s, m, i, "accuracy") = (m == 0 ? 0.9 : 0.7 + 0.02 * (double)m) + 1e-3 * i;
                *at(s, m, i, "distinct") = 45;
                *at(s, m, i, "effective_size") = 30;
                *at(s, m, i, "classes_missed") = 0;
                *at(s, m, i, "converged") = 1;
                *at(s, m, i, "sum_weight") = 1 + (i % 2 ? 0.05 : -0.05);
                (void)snprintf(subset[s][m][i], sizeof subset[s][m][i], "%zu.%u", m, m == 3 ? 0 : i);
                *e = (sb_result){.setting = s,
                                 .method = m,
                                 .rep = i,
                                 .status = "ok",
                                 .reason = "",
                                 .key = "k",
                                 .subset = subset[s][m][i],
                                 .value = value[s][m][i]};
            }
    r = (sb_results){.name = "n",
                     .title = "",
                     .reference = "uniform",
                     .settings = SETTINGS,
                     .methods = METHODS,
                     .metrics = sb_metric_count(),
                     .results = SETTINGS * METHODS * REPS,
                     .repeats = REPS,
                     .setting = setting,
                     .method = method,
                     .metric = metric,
                     .result = result,
                     .config = "",
                     .provenance = "",
                     .warnings = ""};
}

static void stop(void) { test_ctx_release(&t); }

/* The only alarm must be of this kind, its text must hold the words, and it counts so many rows. */
static void only(sb_alarm_kind kind, const char *words, size_t rows)
{
    sb_summary s;
    const sb_alarm *list = NULL;
    size_t n = 0;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(list[i].kind == kind, "'%s' is raised too: %s", sb_alarm_words[list[i].kind], list[i].what);
    ck_assert_uint_eq(n, 1);
    ck_assert_msg(strstr(list[0].what, words) != NULL, "'%s' lacks '%s'", list[0].what, words);
    ck_assert_uint_eq(list[0].rows, rows);
    ck_assert_uint_gt(strlen(list[0].advice), 20);
}

START_TEST(a_healthy_run_is_quiet)
{
    sb_summary s;
    const sb_alarm *list = NULL;
    size_t n = 1;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    ck_assert_msg(n == 0, "%s", n ? list[0].what : "");
}
END_TEST

START_TEST(subsets_alike)
{
    for (size_t i = 0; i < REPS; i++)
        for (size_t s = 0; s < SETTINGS; s++)
            (void)snprintf(subset[s][4][i], sizeof subset[s][4][i], "%s", i < 5 ? subset[s][2][i] : "own");
    for (size_t i = 6; i < REPS; i++) subset[0][4][i][0] = subset[1][4][i][0] = (char)('A' + i);
    only(SB_A_TWINS, "leverage and sensitivity chose the same rows with the same weights in 5 of 8", 5);
}
END_TEST

START_TEST(repeats_alike)
{
    (void)snprintf(subset[0][2][6], 16, "%s", subset[0][2][3]);
    only(SB_A_STREAM, "leverage chose the same rows in repeats 3 and 6", 1);
    for (size_t i = 0; i < REPS; i++) (void)snprintf(subset[0][2][i], 16, "one");
    only(SB_A_SEED, "leverage chose the same rows in every repeat", 1);
}
END_TEST

START_TEST(like_the_reference)
{
    for (size_t s = 0; s < SETTINGS; s++)
        for (size_t i = 0; i < REPS; i++) *at(s, 3, i, "accuracy") = *at(s, 1, i, "accuracy") + (i % 2 ? 0.01 : -0.01);
    only(SB_A_LIKE_REFERENCE, "margin cannot be told from uniform in any of 2", 2);
}
END_TEST

/* Uniform's own accuracies with a sign that alternates, for all: with eight pairs the least p of a test is 2/256, that
 * times the 6 comparisons is 0.047. At seven pairs it is 0.094, and silence says nothing. */
START_TEST(silence_of_too_few_repeats)
{
    for (size_t s = 0; s < SETTINGS; s++)
        for (size_t m = 2; m < METHODS; m++)
            for (size_t i = 0; i < REPS; i++)
                *at(s, m, i, "accuracy") = *at(s, 1, i, "accuracy") + (i % 2 ? 0.01 : -0.01);
    sb_summary s;
    const sb_alarm *list = NULL;
    size_t n = 0;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    ck_assert(n == 3 && s.comparisons == 6 && s.shown == 0);
    ck_assert_double_eq_tol(sb_summary_reach(&s, 8), 6 * 2 / 256.0, 1e-15);
    for (size_t i = 0; i < n; i++) ck_assert_int_eq(list[i].kind, SB_A_LIKE_REFERENCE);
    for (size_t i = 0; i < r.results; i++)
        if (result[i].rep == REPS - 1) result[i].status = "timeout", result[i].value = NULL;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    ck_assert_msg(n == 0, "%s", n ? list[0].what : "");
    ck_assert_double_eq_tol(sb_summary_reach(&s, 7), 6 * 2 / 128.0, 1e-15);
}
END_TEST

/* Sums of weights 1.3 and 1.34: 16 standard errors of one degree of freedom, which is chance once in 25; with eight
 * repeats of that kind it is none. */
START_TEST(few_repeats_are_not_biased)
{
    for (size_t i = 0; i < REPS; i++) *at(0, 2, i, "sum_weight") = 1.3 + (i % 2 ? 0.04 : 0);
    only(SB_A_BIASED, "leverage: its weights stand for 1.32 times", 1);
    for (size_t keep = 2; keep <= 3; keep++) {
        for (size_t i = 0; i < r.results; i++) {
            const bool ok = result[i].rep < keep;
            result[i].status = ok ? "ok" : "timeout";
            result[i].value = ok ? value[result[i].setting][result[i].method][result[i].rep] : NULL;
        }
        sb_summary s;
        const sb_alarm *list = NULL;
        size_t n = 0;
        ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
        ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
        ck_assert_msg(n == 0, "%zu repeats: %s", keep, n ? list[0].what : "");
    }
}
END_TEST

START_TEST(numbers_out_of_bounds)
{
    *at(0, 2, 5, "distinct") = 20;
    *at(1, 2, 5, "distinct") = 20; /* the same selection under another model: counted once */
    only(SB_A_DUPLICATES, "leverage: down to 40% of the rows asked for are distinct, in 1 of 8", 1);
    *at(0, 2, 5, "distinct") = 25;
    *at(0, 4, 0, "effective_size") = 4;
    only(SB_A_EFFECTIVE, "sensitivity: its weights are worth down to 8%", 1);
    *at(0, 4, 0, "effective_size") = 5;
    *at(0, 3, 0, "classes_missed") = 2;
    only(SB_A_CLASSES, "margin: up to 2 classes", 1);
    *at(0, 3, 0, "classes_missed") = 0;
    *at(1, 3, 0, "converged") = 0;
    only(SB_A_SOLVER, "margin: training on its subsets did not meet the tolerance, in 1 of 16 fits", 1);
}
END_TEST

START_TEST(biased_and_saturated)
{
    for (size_t i = 0; i < REPS; i++) *at(0, 2, i, "sum_weight") += 0.3;
    only(SB_A_BIASED, "leverage: its weights stand for 1.3 times", 1);
    for (size_t i = 0; i < REPS; i++) *at(0, 2, i, "sum_weight") -= 0.3;
    for (size_t i = 0; i < REPS; i++) *at(1, 0, i, "accuracy") = *at(1, 1, i, "accuracy") + 0.004;
    sb_summary s;
    const sb_alarm *list = NULL;
    size_t n = 0;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(list[0].kind, SB_A_SATURATED);
    ck_assert_ptr_nonnull(strstr(list[0].what, "accuracy: uniform is as good as all the data in 1 of 2"));
}
END_TEST

/* Repeats that the config lets share draws: said, and not taken for repeats that are one. */
START_TEST(shared_draws)
{
    static const sb_vary training[SETTINGS] = {{{1, 1, 4, 2}}, {{1, 1, 4, 2}}}, warm[SETTINGS] = {{{1, 4, 2, 1}}},
                         own[SETTINGS] = {{{1, 1, 8, 1}}, {{1, 1, 8, 1}}};
    for (size_t m = 0; m < METHODS; m++)
        for (size_t i = 1; i < REPS; i += 2)
            if (m != 3) memcpy(subset[0][m][i], subset[0][m][i - 1], 16);
    r.vary = training;
    only(SB_A_SHARED, "8 repeats are made of 1 splits, 1 warm-ups, 4 selections (first: d, raw, 50 rows)", 1);
    r.vary = warm;
    sb_summary s;
    const sb_alarm *list = NULL;
    size_t n = 0, streams = 0, shared = 0;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    for (size_t i = 0; i < n; i++) {
        streams += list[i].kind == SB_A_STREAM;
        shared += list[i].kind == SB_A_SHARED;
        if (list[i].kind == SB_A_SHARED)
            ck_assert_ptr_nonnull(strstr(list[i].what, "1 splits, 4 warm-ups, 8 selections"));
    }
    ck_assert(streams == 3 && shared == 1); /* uniform, leverage and sensitivity draw */
    stop();
    start();
    r.vary = own;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    ck_assert_uint_eq(n, 1); /* the same warm-up in all repeats is shared too */
    ck_assert_int_eq(list[0].kind, SB_A_SHARED);
}
END_TEST

/* Every place is named, and every kind has its section in results/alarms.md under the anchor that is linked to. */
START_TEST(places_and_page)
{
    for (size_t s = 0; s < SETTINGS; s++) *at(s, 3, 0, "converged") = 0;
    sb_summary s;
    const sb_alarm *list = NULL;
    size_t n = 0, size = 0;
    char *page = NULL;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(list[0].where, "d, raw, 50 rows, softmax; d, raw, 50 rows, logistic");
    sb_buf tsv = {.arena = t.cx.arena};
    sb_alarms_tsv(list, n, &tsv);
    ck_assert_ptr_nonnull(strstr(tsv.text, "\talarms.md#not-converged\n"));
    ck_assert_ok(&t, sb_file_read(SB_SOURCE_DIR "/results/alarms.md", 1 << 20, &t.cx, &page, &size));
    size_t sections = 0;
    for (const char *p = page; (p = strstr(p, "\n## ")); p++) sections++;
    ck_assert_uint_eq(sections, SB_A_COUNT);
    for (int k = 0; k < SB_A_COUNT; k++) {
        char head[64], anchor[64];
        (void)snprintf(head, sizeof head, "\n## %s\n", sb_alarm_words[k]);
        head[4] = (char)(head[4] - 'a' + 'A');
        ck_assert_msg(strstr(page, head) != NULL, "no section '%s'", sb_alarm_words[k]);
        (void)snprintf(anchor, sizeof anchor, "%s", sb_alarm_words[k]); /* as Markdown makes anchors of headings */
        for (char *c = anchor; *c; c++)
            if (*c == ' ') *c = '-';
        ck_assert_str_eq(anchor, sb_alarm_anchors[k]);
    }
}
END_TEST

START_TEST(failed_results_and_memory)
{
    for (size_t i = 0; i < r.results; i++) result[i].status = "timeout", result[i].value = NULL;
    sb_summary s;
    const sb_alarm *list = NULL;
    size_t n = 1;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_alarms_find(&s, &t.cx, &list, &n));
    ck_assert_uint_eq(n, 0);
    for (size_t i = 0; i < r.results; i++) result[i].status = "ok", result[i].value = value[0][0][0];
    *at(0, 0, 0, "classes_missed") = 3;
    sb_status st = SB_ENOMEM;
    for (size_t k = 0; st != SB_OK && k < 500; k++) {
        ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
        sb_arena_fail_at(t.cx.arena, k);
        st = sb_alarms_find(&s, &t.cx, &list, &n);
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "allocation %zu: %s", k, t.err.text);
    }
    ck_assert_int_eq(st, SB_OK);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("alarm");
    TCase *c = tcase_create("alarm");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, a_healthy_run_is_quiet);
    tcase_add_test(c, subsets_alike);
    tcase_add_test(c, repeats_alike);
    tcase_add_test(c, like_the_reference);
    tcase_add_test(c, silence_of_too_few_repeats);
    tcase_add_test(c, few_repeats_are_not_biased);
    tcase_add_test(c, numbers_out_of_bounds);
    tcase_add_test(c, biased_and_saturated);
    tcase_add_test(c, shared_draws);
    tcase_add_test(c, places_and_page);
    tcase_add_test(c, failed_results_and_memory);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

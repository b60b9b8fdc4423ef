/* Shares of variance: which draw a repeat uses, by counting; and components that were put in are found again, with
 * intervals that hold them as often as they say. Mean squares and intervals themselves are held to R in test_stats_r.
 */
#include "test_main.h"
#include "variance.h"

#include <stdio.h>

enum { SPLITS = 4, WARMUPS = 5, SELECTIONS = 6, REPS = SPLITS * WARMUPS * SELECTIONS };
static test_ctx t;
static void start(void) { test_ctx_init(&t, "variance"); }
static void stop(void) { test_ctx_release(&t); }

START_TEST(draws_by_counting)
{
    const sb_vary v = {{2, 3, 4, 5}}, none = {{0}};
    unsigned rep = 0, wrong = 0;
    for (unsigned split = 0; split < 2; split++)
        for (unsigned warm = 0; warm < 3; warm++)
            for (unsigned selection = 0; selection < 4; selection++)
                for (unsigned training = 0; training < 5; training++, rep++)
                    wrong += sb_vary_draw(&v, SB_SPLIT, rep) != split ||
                             sb_vary_draw(&v, SB_WARMUP, rep) != split * 3 + warm ||
                             sb_vary_draw(&v, SB_SELECTION, rep) != (split * 3 + warm) * 4 + selection ||
                             sb_vary_draw(&v, SB_TRAINING, rep) != rep;
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(sb_vary_repeats(&v), rep);
    ck_assert(!sb_vary_any(&none) && sb_vary_repeats(&none) == 1);
    ck_assert(sb_vary_draw(&none, SB_SPLIT, 7) == 0 && sb_vary_draw(&none, SB_WARMUP, 7) == 7);
}
END_TEST

static void fails(const char *text, const char *words)
{
    const sb_yaml *node = NULL;
    sb_vary v;
    ck_assert_ok(&t, sb_yaml_parse(text, strlen(text), "c.yaml", &t.cx, &node));
    ck_assert_fails(&t, sb_vary_read(node, &t.cx, &v), SB_ECONFIG, words);
}

START_TEST(read_from_configs)
{
    const sb_yaml *node = NULL;
    sb_vary v;
    ck_assert_ok(&t, sb_yaml_parse("{warmup: 4, selection: 3}", 25, "c.yaml", &t.cx, &node));
    ck_assert_ok(&t, sb_vary_read(node, &t.cx, &v));
    ck_assert(v.level[0] == 1 && v.level[1] == 4 && v.level[2] == 3 && v.level[3] == 1);
    ck_assert_ok(&t, sb_vary_read(NULL, &t.cx, &v));
    ck_assert(!sb_vary_any(&v));
    fails("{warm: 4}", "warm");
    fails("{warmup: 1}", "2");
    fails("{warmup: 1000, selection: 1000}", "100000 repeats");
    fails("[warmup]", "{warmup: 4, selection: 5}");
}
END_TEST

/* sd 2 between splits, 0 between warm-ups, 1 between selections. 300 trials; an interval that should hold 95% is
 * allowed 89% to 98.5% of them (four standard errors, and the method is approximate); the mean of the estimates has a
 * standard error below 5% of the largest component. */
START_TEST(components_are_found_again)
{
    enum { TRIALS = 300 };
    static const double truth[3] = {4, 0, 1};
    const unsigned level[] = {SPLITS, WARMUPS, SELECTIONS};
    sb_rng g = sb_rng_stream(4, "effects");
    double mean[3] = {0}, x[REPS];
    unsigned hits[3] = {0};
    for (int trial = 0; trial < TRIALS; trial++) {
        sb_component c[3];
        double split = 0;
        for (int i = 0; i < REPS; i++) {
            if (i % (WARMUPS * SELECTIONS) == 0) split = 2 * sb_rng_normal(&g);
            x[i] = 10 + split + sb_rng_normal(&g);
        }
        sb_stat_nested(x, level, 3, 0.95, c);
        for (int k = 0; k < 3; k++) {
            mean[k] += c[k].variance / TRIALS;
            hits[k] += c[k].ci.low <= truth[k] && truth[k] <= c[k].ci.high;
        }
    }
    for (int k = 0; k < 3; k++) {
        ck_assert_msg(fabs(mean[k] - truth[k]) < 0.8, "%d: %g, put in %g", k, mean[k], truth[k]);
        ck_assert_msg(hits[k] >= 267 && hits[k] <= 297, "%d: %u of 300", k,
                      hits[k]); /* 0 lies at the cut end: half more */
    }
}
END_TEST

/* A made-up run of one setting: exact effects, so that shares are known; a method that lacks a repeat is left out. */
START_TEST(tables_of_a_run)
{
    enum { R = 4 };
    static const sb_metric gain = {.name = "gain", .title = "gain", .unit = "", .better = SB_HIGHER, .headline = true};
    static const sb_metric *const metric[] = {&gain};
    static const sb_setting setting = {"d", "raw", "ridge", "10", 10};
    static const sb_vary vary = {{1, 2, 2, 1}};
    static const sb_method_label method[] = {{"uniform", "uniform", "", false, ""},
                                             {"warm", "a", "", false, ""},
                                             {"drawn", "b", "", false, ""},
                                             {"holed", "c", "", false, ""}};
    /* by warm-up only; by selection only (equal means of warm-ups: mean square 0 there) */
    static const double value[4][R] = {{1, 1, 1, 1}, {1, 1, 3, 3}, {1, 2, 2, 1}, {1, 2, 3, NAN}};
    sb_result result[4 * R];
    for (size_t i = 0; i < 4 * R; i++)
        result[i] = (sb_result){.method = i / R,
                                .rep = (unsigned)(i % R),
                                .status = "ok",
                                .reason = "",
                                .key = "k",
                                .subset = "",
                                .value = &value[i / R][i % R]};
    const sb_results r = {.name = "n",
                          .title = "",
                          .reference = "uniform",
                          .settings = 1,
                          .methods = 4,
                          .metrics = 1,
                          .results = 4 * R,
                          .repeats = R,
                          .setting = &setting,
                          .vary = &vary,
                          .method = method,
                          .metric = metric,
                          .result = result,
                          .config = "",
                          .provenance = "",
                          .warnings = ""};
    sb_summary s;
    sb_variances v;
    sb_table table;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_variances_find(&s, &t.cx, &v));
    ck_assert_uint_eq(v.count, 3);
    ck_assert(isnan(v.list[0].source[SB_WARMUP].share)); /* no variance at all */
    /* warm: means 1 and 3, mean square 2 (1 + 1) / 1 = 4, over 2 values: 2 */
    ck_assert(v.list[1].source[SB_WARMUP].variance == 2 && v.list[1].source[SB_WARMUP].share == 1);
    ck_assert(v.list[1].source[SB_SELECTION].variance == 0 && v.list[1].source[SB_SPLIT].df == 0);
    /* drawn: within, 4 x 0.25 / 2 = 0.5; between 0, so that the component is below 0 and its share 0 */
    ck_assert(v.list[2].source[SB_SELECTION].variance == 0.5 && v.list[2].source[SB_SELECTION].share == 1);
    ck_assert(v.list[2].source[SB_WARMUP].variance == -0.25 && v.list[2].source[SB_WARMUP].share == 0);
    ck_assert_ok(&t, sb_variances_table(&s, &v, &s.group[0], 0, &t.cx, &table));
    ck_assert(table.rows == 3 && table.columns == 4);
    ck_assert_str_eq(table.head[2], "warm-up");
    ck_assert_str_eq(table.cell[2], "no variance");
    ck_assert_msg(strncmp(table.cell[6], "100%, sd 1.41", 13) == 0, "%s", table.cell[6]);
    ck_assert_ptr_nonnull(strstr(table.caption, "on average warm-up 50%, selection 50%"));
    size_t k = 0;
    for (unsigned done = 0; done < 2; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        sb_status st = sb_variances_find(&s, &t.cx, &v);
        if (st == SB_OK) st = sb_variances_table(&s, &v, &s.group[0], 0, &t.cx, &table);
        ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "%s", t.err.text);
        done = st == SB_OK ? done + 1 : 0;
    }
    ck_assert_uint_gt(k, 10);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("variance");
    TCase *c = tcase_create("variance");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, draws_by_counting);
    tcase_add_test(c, read_from_configs);
    tcase_add_test(c, components_are_found_again);
    tcase_add_test(c, tables_of_a_run);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

/* Methods over data sets: ranks, Friedman and Nemenyi as R has them (tests/data/stats/reference.tsv), wins and losses
 * by counting, performance profiles as R's empirical distribution of ratios. */
#include <stdio.h>

#include "file.h"
#include "rank.h"
#include "test_main.h"

enum { SETS = 10, METHODS = 7, REPS = 8, ROOM = 256 };
static const sb_metric cost = {.name = "cost", .title = "cost", .unit = "", .better = SB_LOWER, .headline = true};
static const sb_metric *const metric[] = {&cost};
static test_ctx t;
static char line[1 << 16];
static char names[SETS][32], labels[METHODS][32];
static sb_setting setting[SETS];
static sb_method_label method[METHODS];
static sb_result result[SETS * METHODS * REPS];
static double value[SETS * METHODS * REPS];
static sb_results r;

static void start(void) { test_ctx_init(&t, "ranking"); }
static void stop(void) { test_ctx_release(&t); }

/* The nth case of a kind, or false. */
static bool find(const char *kind, size_t nth)
{
    FILE *f = fopen(SB_SOURCE_DIR "/tests/data/stats/reference.tsv", "r");
    ck_assert_ptr_nonnull(f);
    bool found = false;
    while (!found && fgets(line, sizeof line, f))
        found = strncmp(line, kind, strlen(kind)) == 0 && line[strlen(kind)] == '\t' && nth-- == 0;
    (void)fclose(f);
    return found;
}

static size_t numbers(const char *name, double *v)
{
    char field[32];
    (void)snprintf(field, sizeof field, "\t%s=", name);
    const char *at = strstr(line, field);
    ck_assert_ptr_nonnull(at);
    size_t n = 0;
    char *end = NULL;
    for (const char *p = at + strlen(field); *p && *p != '\t' && *p != '\n'; p = *end == ' ' ? end + 1 : end)
        v[n++] = strtod(p, &end);
    return n;
}

/* score: data sets x methods; the first method is the reference. spread: of repeats about it. */
static void make(const double *score, size_t sets, size_t methods, double spread)
{
    for (size_t m = 0; m < methods; m++) {
        (void)snprintf(labels[m], sizeof labels[m], "m%zu", m);
        method[m] = (sb_method_label){.label = labels[m], .name = labels[m], .options = ""};
    }
    sb_result *e = result;
    for (size_t i = 0; i < sets; i++) {
        (void)snprintf(names[i], sizeof names[i], "set%zu", i);
        setting[i] = (sb_setting){names[i], "raw", "ridge", "10", 10};
        for (size_t m = 0; m < methods; m++)
            for (unsigned rep = 0; rep < REPS; rep++, e++) {
                value[e - result] = score[i * methods + m] + spread * (rep % 2 ? 1 : -1);
                *e = (sb_result){.setting = i,
                                 .method = m,
                                 .rep = rep,
                                 .status = "ok",
                                 .reason = "",
                                 .key = "k",
                                 .subset = "",
                                 .value = &value[e - result]};
            }
    }
    r = (sb_results){.name = "n",
                     .title = "",
                     .reference = "m0",
                     .settings = sets,
                     .methods = methods,
                     .metrics = 1,
                     .results = (size_t)(e - result),
                     .repeats = REPS,
                     .setting = setting,
                     .method = method,
                     .metric = metric,
                     .result = result,
                     .config = "",
                     .provenance = "",
                     .warnings = ""};
}

START_TEST(ranks_as_in_r)
{
    double score[ROOM], want[ROOM], v[ROOM];
    size_t cases = 0;
    for (size_t k = 0; find("friedman", k); k++) {
        (void)numbers("alpha", v);
        if (v[0] != 0.05) continue; /* the level of a summary's ranking */
        (void)numbers("blocks", v);
        const size_t sets = (size_t)v[0];
        (void)numbers("methods", v);
        const size_t methods = (size_t)v[0];
        if (sets > SETS || methods > METHODS) continue;
        (void)numbers("score", score);
        (void)numbers("rank", want);
        make(score, sets, methods, 0.25);
        sb_summary s;
        sb_ranking *list = NULL;
        size_t count = 0;
        ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
        ck_assert_ok(&t, sb_rank_make(&s, &t.cx, &list, &count));
        ck_assert(count == 1 && list[0].methods == methods && list[0].sets == sets);
        for (size_t i = 0; i < methods; i++) {
            const size_t m = list[0].method[i];
            size_t won = 0,
                   lost = 0; /* constant differences of 8 repeats are decided, the same sign in all: p = 1/128 */
            for (size_t b = 0; b < sets; b++) {
                won += score[b * methods + m] < score[b * methods];
                lost += score[b * methods + m] > score[b * methods];
            }
            ck_assert_msg(fabs(list[0].rank[i] - want[m]) < 1e-12, "%s: %g, R has %g", labels[m], list[0].rank[i],
                          want[m]);
            if (i) ck_assert(list[0].rank[i] >= list[0].rank[i - 1]);
            if (m) ck_assert(list[0].win[i] == won && list[0].loss[i] == lost && list[0].tie[i] == sets - won - lost);
        }
        (void)numbers("p", v);
        ck_assert_msg(fabs(list[0].test.p - v[0]) < 1e-11, "%g, R has %g", list[0].test.p, v[0]);
        (void)numbers("critical", v);
        ck_assert_msg(fabs(list[0].test.critical - v[0]) < 2e-4 * v[0], "%g",
                      list[0].test.critical); /* as in test_stats_r */
        cases++;
    }
    ck_assert_uint_eq(cases, 4);
}
END_TEST

START_TEST(profiles_as_in_r)
{
    double score[ROOM], tau[ROOM], share[ROOM], v[ROOM];
    char folder[] = "/tmp/selbench-ranking-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t k = 0; find("profile", k); k++) {
        (void)numbers("methods", v);
        const size_t methods = (size_t)v[0], n = numbers("cost", score);
        make(score, n / methods, methods, 0);
        sb_summary s;
        sb_ranking *list = NULL;
        size_t count = 0, size = 0;
        char *text = NULL;
        ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
        ck_assert_ok(&t, sb_rank_make(&s, &t.cx, &list, &count));
        ck_assert_ok(&t, sb_file_mkdirs(sb_file_join(t.cx.arena, folder, "tables"), &t.cx));
        ck_assert_ok(&t, sb_file_mkdirs(sb_file_join(t.cx.arena, folder, "plots"), &t.cx));
        ck_assert_ok(&t, sb_rank_write(&s, folder, &(sb_plot_options){0}, list, count, &t.cx));
        const char *path = sb_file_join(t.cx.arena, folder, "tables/profiles.csv");
        ck_assert_ok(&t, sb_file_read(path, 1 << 20, &t.cx, &text, &size));
        (void)numbers("method", v);
        const size_t points = numbers("tau", tau);
        ck_assert_uint_eq(numbers("share", share), points);
        char begin[32];
        size_t at = 0;
        (void)snprintf(begin, sizeof begin, "\ncost,m%zu,", (size_t)v[0] - 1);
        for (const char *p = strstr(text, begin); p; p = strstr(p + 1, begin), at++) {
            char *end = NULL;
            ck_assert_uint_lt(at, points);
            const double own = strtod(p + strlen(begin), &end);
            ck_assert_msg(fabs(own - tau[at]) < 1e-14 * tau[at] && fabs(strtod(end + 1, NULL) - share[at]) < 1e-14,
                          "point %zu: %g", at, own);
        }
        ck_assert_uint_eq(at, points);
    }
    char remove[64];
    (void)snprintf(remove, sizeof remove, "rm -r '%s'", folder);
    ck_assert_int_eq(system(remove), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ranking");
    TCase *c = tcase_create("ranking");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, ranks_as_in_r);
    tcase_add_test(c, profiles_as_in_r);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

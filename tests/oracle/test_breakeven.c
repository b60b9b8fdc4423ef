/* Break-evens of made-up runs whose answer is known: power laws, where a method that is worth c times its rows breaks
 * even at c m; the ends of the range; curves that are not monotone; and coverage of the interval by simulation. */
#include "breakeven.h"
#include "file.h"
#include "test_main.h"

#include <stdio.h>

enum { BUDGETS = 5, METHODS = 4, REPS = 12, METRICS = 2 };
static const sb_metric
    loss = {.name = "loss", .title = "loss", .unit = "", .better = SB_LOWER, .headline = true, .log_scale = true},
    distinct = {.name = "distinct", .title = "rows", .unit = "rows", .better = SB_NEITHER, .group = SB_M_SUBSET};
static const sb_metric *const metric[METRICS] = {&loss, &distinct};
static const sb_method_label method[METHODS] = {{"full", "full", "", true, ""},
                                                {"uniform", "uniform", "", false, ""},
                                                {"twice", "a", "", false, ""},
                                                {"half", "b", "", false, ""}};
static const char *const text[BUDGETS] = {"100", "200", "400", "800", "1600"};
static test_ctx t;
static sb_setting setting[BUDGETS];
static sb_result result[BUDGETS * METHODS * REPS];
static double value[BUDGETS][METHODS][REPS][METRICS];
static sb_results r;

static void start(void)
{
    test_ctx_init(&t, "even");
    sb_result *e = result;
    for (size_t b = 0; b < BUDGETS; b++) {
        setting[b] = (sb_setting){"d", "raw", "ridge", text[b], (size_t)100 << b};
        for (size_t m = 0; m < METHODS; m++)
            for (unsigned i = 0; i < REPS; i++, e++) {
                value[b][m][i][0] = m == 0 ? 0.01 : 3 / sqrt((double)setting[b].m * (m == 2 ? 2 : m == 3 ? 0.5 : 1));
                value[b][m][i][1] = m == 0 ? 50000 : (double)setting[b].m;
                *e = (sb_result){.setting = b,
                                 .method = m,
                                 .rep = i,
                                 .status = "ok",
                                 .reason = "",
                                 .key = "k",
                                 .subset = "",
                                 .value = value[b][m][i]};
            }
    }
    r = (sb_results){.name = "n",
                     .title = "",
                     .reference = "uniform",
                     .settings = BUDGETS,
                     .methods = METHODS,
                     .metrics = METRICS,
                     .results = BUDGETS * METHODS * REPS,
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

static sb_break_evens find(sb_summary *s)
{
    sb_break_evens b;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, s));
    ck_assert_ok(&t, sb_break_evens_find(s, &t.cx, &b));
    return b;
}

static const sb_break_even *at(const sb_break_evens *b, size_t budget, size_t m)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->list[i].setting == budget && b->list[i].method == m) return &b->list[i];
    return NULL;
}

START_TEST(power_laws_and_ends)
{
    sb_summary s;
    sb_break_evens b = find(&s);
    ck_assert_uint_eq(b.count, 2 * BUDGETS); /* neither the reference nor the anchor */
    for (size_t k = 0; k < BUDGETS; k++) {
        const sb_break_even *twice = at(&b, k, 2), *half = at(&b, k, 3);
        /* logs and exponentials of a few digits: some ten roundings; no spread, so the interval is a point. Beyond
         * 1,600 rows the curve goes straight to the value of all 50,000 in log and log. */
        const double beyond = exp(log(1600) + log(50000.0 / 1600) * log(3 / sqrt(3200) / (3 / sqrt(1600))) /
                                                  log(0.01 / (3 / sqrt(1600))));
        const double want = k + 1 < BUDGETS ? 2.0 * (double)setting[k].m : beyond;
        ck_assert_msg(fabs(twice->m - want) < 1e-11 * want, "%.17g, expected %.17g", twice->m, want);
        ck_assert_msg(fabs(twice->ci.low - want) < 1e-11 * want && fabs(twice->ci.high - want) < 1e-11 * want, "%g %g",
                      twice->ci.low, twice->ci.high);
        ck_assert(twice->repeats == REPS && twice->least == 100 && twice->most == 50000);
        if (k)
            ck_assert(fabs(half->m - (double)setting[k].m / 2) < 1e-11 * half->m);
        else
            ck_assert(half->m == 0 && half->ci.high == 0); /* fewer than the smallest budget */
    }
    for (unsigned i = 0; i < REPS; i++) value[0][2][i][0] = 0.009; /* better than all rows */
    b = find(&s);
    ck_assert(isinf(at(&b, 0, 2)->m) && isinf(at(&b, 0, 2)->ci.low));
    /* without the anchor nothing is known beyond the largest budget; one repeat has no interval */
    for (size_t i = 0; i < r.results; i++)
        if (result[i].method == 0 || result[i].rep > 0) result[i].status = "failed";
    b = find(&s);
    ck_assert(isinf(at(&b, 4, 2)->m) && at(&b, 4, 2)->most == 1600 && at(&b, 4, 2)->repeats == 1);
    ck_assert(fabs(at(&b, 1, 2)->m - 400) < 1e-8 && isnan(at(&b, 1, 2)->ci.low));
}
END_TEST

/* Values on a linear scale, a reference whose means go 1, 3, 2, 5, 9 (larger is better): pooled to 1, 2.5, 2.5, 5, 9.
 */
START_TEST(not_monotone)
{
    static const sb_metric gain = {.name = "gain", .title = "", .unit = "", .better = SB_HIGHER, .headline = true};
    static const sb_metric *const own[METRICS] = {&gain, &distinct};
    static const double mean[BUDGETS] = {1, 3, 2, 5, 9}, ask[BUDGETS] = {1, 1.75, 2.5, 3.75, 0.5};
    static const double want[BUDGETS] = {100, 141.4213562373095, 200, 565.685424949238, 0};
    r.metric = own;
    for (size_t b = 0; b < BUDGETS; b++)
        for (unsigned i = 0; i < REPS; i++) {
            value[b][0][i][0] = NAN;
            value[b][1][i][0] = mean[b];
            value[b][2][i][0] = ask[b];
        }
    value[2][3][5][0] = NAN; /* a method that lacks a repeat has no break-even there */
    value[1][3][0][0] = NAN;
    sb_summary s;
    sb_break_evens b = find(&s);
    for (size_t k = 0; k < BUDGETS; k++)
        ck_assert_msg(fabs(at(&b, k, 2)->m - want[k]) < 1e-9, "%zu: %.12g, expected %.12g", k, at(&b, k, 2)->m,
                      want[k]);
    ck_assert(at(&b, 1, 3) == NULL && at(&b, 2, 3) == NULL && at(&b, 3, 3) != NULL);
    value[0][1][0][0] = NAN; /* the reference lacks one: that repeat is not used */
    b = find(&s);
    ck_assert(at(&b, 1, 3)->repeats == REPS - 1 && at(&b, 2, 3) == NULL);
    r.reference = "nobody";
    ck_assert_uint_eq(find(&s).count, 0);
}
END_TEST

/* The law with luck that both methods share in a repeat and noise of each: the interval holds 2 m. 300 trials have a
 * standard error of 1.3 points; percentile intervals of 12 repeats fall short of 95% by a few points. */
START_TEST(interval_covers)
{
    sb_rng g = sb_rng_stream(8, "noise");
    unsigned hits = 0;
    for (unsigned trial = 0; trial < 100; trial++) {
        for (unsigned i = 0; i < REPS; i++) {
            const double luck = 0.1 * sb_rng_normal(&g);
            for (size_t b = 0; b < BUDGETS; b++)
                for (size_t m = 1; m < METHODS; m++)
                    value[b][m][i][0] = 3 /
                                        sqrt((double)setting[b].m * (m == 2   ? 2
                                                                     : m == 3 ? 0.5
                                                                              : 1)) *
                                        (1 + luck + 0.1 * sb_rng_normal(&g));
        }
        sb_summary s;
        const size_t mark = sb_arena_mark(t.cx.arena);
        const sb_break_evens b = find(&s);
        for (size_t k = 1; k < 4; k++) {
            const sb_break_even *e = at(&b, k - 1, 2);
            hits += e->ci.low <= (double)setting[k].m && (double)setting[k].m <= e->ci.high;
            ck_assert(e->ci.low <= e->m && e->m <= e->ci.high);
        }
        sb_arena_rewind(t.cx.arena, mark);
    }
    ck_assert_msg(hits >= 255 && hits <= 298, "%u of 300", hits);
}
END_TEST

START_TEST(tables)
{
    sb_summary s;
    sb_table table;
    const sb_break_evens b = find(&s);
    ck_assert_ok(&t, sb_break_evens_table(&s, &b, &s.group[0], 0, &t.cx, &table));
    ck_assert(table.rows == 2 && table.columns == 1 + BUDGETS);
    ck_assert_str_eq(table.cell[0], "twice");
    ck_assert_str_eq(table.cell[1], "200");
    ck_assert_str_eq(table.cell[7], "<100");
    ck_assert_str_eq(table.head[5], "1,600");
    ck_assert_ok(&t, sb_break_evens_table(&s, &b, &s.group[0], 1, &t.cx, &table));
    ck_assert_uint_eq(table.rows, 0);
    size_t k = 0;
    for (unsigned done = 0; done < 2; k++) {
        sb_break_evens again;
        sb_arena_fail_at(t.cx.arena, k);
        sb_status st = sb_break_evens_find(&s, &t.cx, &again);
        if (st == SB_OK) st = sb_break_evens_table(&s, &again, &s.group[0], 0, &t.cx, &table);
        ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "%s", t.err.text);
        done = st == SB_OK ? done + 1 : 0; /* once may be the name of a stream, which can do without memory */
    }
    ck_assert_uint_gt(k, 20);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("breakeven");
    TCase *c = tcase_create("breakeven");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, power_laws_and_ends);
    tcase_add_test(c, not_monotone);
    tcase_add_test(c, interval_covers);
    tcase_add_test(c, tables);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

/* Rankings of a group against ranks by sorting; who gets none; the table's cells; memory. */
#include "standing.h"
#include "test_main.h"

enum { METHODS = 6, BUDGETS = 3, REPEATS = 7, ANCHOR = 4, HOLED = 5, METRICS = 4 };

static const sb_metric metrics[METRICS] = {
    {"loss_err@full", "error", "", SB_LOWER, SB_M_LOSS, false, true, true},
    {"accuracy", "test accuracy", "fraction", SB_HIGHER, SB_M_TEST, false, true, false},
    {"labels", "labels", "queries", SB_LOWER, SB_M_COST, false, false, false},
    {"select_s", "time", "s", SB_LOWER, SB_M_COST, true, true, true},
};
static const sb_method_label methods[METHODS] = {{"uniform", "uniform", "", false, "features only"},
                                                 {"a", "a", "", false, "labels"},
                                                 {"b", "b", "", false, NULL},
                                                 {"c", "c", "", false, ""},
                                                 {"all", "full", "", true, ""},
                                                 {"holed", "x", "", false, ""}};

/* Few levels of accuracy, so that ties occur; the last method has no result in one repeat. */
static sb_results make(test_ctx *t, uint64_t seed, size_t repeats)
{
    sb_arena *a = t->cx.arena;
    sb_rng rng = sb_rng_stream(seed, "standing");
    sb_setting *setting = SB_NEW(a, BUDGETS, sb_setting);
    sb_result *result = SB_NEW(a, BUDGETS * METHODS * repeats, sb_result), *e = result;
    const sb_metric **metric = SB_NEW(a, METRICS, const sb_metric *);
    for (size_t i = 0; i < METRICS; i++) metric[i] = &metrics[i];
    for (size_t i = 0; i < BUDGETS; i++) {
        setting[i] = (sb_setting){"d", "raw", "m", "x", 100 * (i + 1)};
        for (size_t k = 0; k < METHODS; k++)
            for (unsigned rep = 0; rep < repeats; rep++, e++) {
                double *v = SB_NEW(a, METRICS, double);
                v[0] = sb_rng_unit(&rng);
                v[1] = (double)sb_rng_below(&rng, 4) / 4;
                v[2] = k == 1 ? 1500 : 0;
                v[3] = 0.25;
                const bool bad = k == HOLED && i == 1 && rep == 0;
                *e = (sb_result){i, k, rep, bad ? "failed" : "ok", bad ? "why" : "", "k", "", bad ? NULL : v};
            }
    }
    return (sb_results){.name = "n",
                        .title = "",
                        .reference = "uniform",
                        .settings = BUDGETS,
                        .methods = METHODS,
                        .metrics = METRICS,
                        .results = BUDGETS * METHODS * repeats,
                        .repeats = repeats,
                        .setting = setting,
                        .method = methods,
                        .metric = metric,
                        .result = result,
                        .config = "",
                        .provenance = "",
                        .warnings = ""};
}

static double value(const sb_results *r, size_t budget, size_t method, size_t rep)
{
    return r->result[(budget * METHODS + method) * r->repeats + rep].value[1];
}

/* Rank of a method among the first four by sorting: the mean of the places that its value takes. */
static double place(const sb_results *r, size_t budget, size_t method, size_t rep)
{
    double v[4], sum = 0, n = 0;
    for (size_t k = 0; k < 4; k++) v[k] = value(r, budget, k, rep);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = i + 1; j < 4; j++)
            if (v[j] > v[i]) {
                const double x = v[i];
                v[i] = v[j];
                v[j] = x;
            }
    for (size_t i = 0; i < 4; i++)
        if (v[i] == value(r, budget, method, rep)) {
            sum += (double)i + 1;
            n++;
        }
    return sum / n;
}

START_TEST(ranks_are_those_of_sorting)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = make(&t, (uint64_t)_i, REPEATS);
    sb_summary s;
    sb_standing k;
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){0}, &t.cx, &s));
    ck_assert_ok(&t, sb_standing_make(&s, 0, &t.cx, &k));
    ck_assert_uint_eq(k.metric, 1);
    ck_assert_uint_eq(k.ranked, 4);
    ck_assert_uint_eq(k.methods, METHODS);
    ck_assert_uint_eq(k.repeats, REPEATS);
    ck_assert_uint_eq(k.method[4], ANCHOR);
    ck_assert_uint_eq(k.method[5], HOLED);
    double worst = 0, sum = 0;
    for (size_t i = 0; i < 4; i++) {
        double own[REPEATS] = {0}, mean = 0, square = 0;
        for (size_t rep = 0; rep < REPEATS; rep++) {
            for (size_t b = 0; b < BUDGETS; b++) own[rep] += place(&r, b, k.method[i], rep) / BUDGETS;
            mean += own[rep] / REPEATS;
        }
        for (size_t rep = 0; rep < REPEATS; rep++) square += (own[rep] - mean) * (own[rep] - mean);
        /* t quantile of 6 degrees of freedom at 0.975 (any table): 2.4469118511449692 */
        const double half = 2.4469118511449692 * sqrt(square / (REPEATS - 1) / REPEATS);
        worst = fmax(worst, fabs(k.rank[i] - mean));
        worst = fmax(worst, fabs(k.ci[i].low - fmax(1, mean - half)));
        worst = fmax(worst, fabs(k.ci[i].high - fmin(4, mean + half)));
        sum += k.rank[i];
        if (i) ck_assert(k.rank[i] >= k.rank[i - 1]);
    }
    ck_assert_msg(worst < 1e-12, "off by %g", worst); /* a dozen sums of numbers below 10; the t quantile to 1e-13 */
    ck_assert(fabs(sum - 10) < 1e-12);                /* 1 + 2 + 3 + 4 */
    test_ctx_release(&t);
}
END_TEST

START_TEST(table_says_what_is_needed_and_paid)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = make(&t, 3, REPEATS);
    sb_summary s;
    sb_standing k;
    sb_table table;
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){0}, &t.cx, &s));
    ck_assert_ok(&t, sb_standing_make(&s, 0, &t.cx, &k));
    ck_assert_ok(&t, sb_standing_table(&s, &k, &t.cx, &table));
    ck_assert_uint_eq(table.rows, METHODS);
    for (size_t i = 0; i < table.rows; i++) {
        const char *const *row = &table.cell[i * table.columns];
        const bool a = strcmp(row[0], "a") == 0;
        ck_assert_str_eq(row[4], a ? "labels 1,500" : "none");
        ck_assert_str_eq(row[3], "250 ms");
        if (a) ck_assert_str_eq(row[1], "labels");
        if (strcmp(row[0], "all") == 0) ck_assert_str_eq(row[2], "anchor");
        if (strcmp(row[0], "holed") == 0)
            ck_assert(strcmp(row[2], "no rank") == 0 && strcmp(row[1], "1 of 21 failed: why") == 0);
        if (strcmp(row[0], "uniform") == 0) ck_assert_str_eq(row[6], "reference");
    }
    ck_assert_ptr_nonnull(strstr(table.caption, "over 3 budgets and 7 repeats (1 is best of 4"));
    test_ctx_release(&t);
}
END_TEST

START_TEST(edges)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_results r = make(&t, 5, 1);
    sb_summary s;
    sb_standing k;
    sb_table table;
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){0}, &t.cx, &s));
    ck_assert_ok(&t, sb_standing_make(&s, 0, &t.cx, &k));
    ck_assert(isnan(k.ci[0].low) && !isnan(k.rank[0]));
    r.reference = "nobody";
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){0}, &t.cx, &s));
    ck_assert_ok(&t, sb_standing_make(&s, 0, &t.cx, &k));
    ck_assert_uint_eq(k.ranked, 0);
    ck_assert_uint_eq(k.methods, METHODS);
    ck_assert_ok(&t, sb_standing_table(&s, &k, &t.cx, &table));
    for (size_t i = 0; i < r.results; i++) ((sb_result *)(uintptr_t)r.result)[i].value = NULL;
    for (size_t i = 0; i < r.results; i++) ((sb_result *)(uintptr_t)r.result)[i].status = "failed";
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){0}, &t.cx, &s));
    ck_assert_ok(&t, sb_standing_make(&s, 0, &t.cx, &k));
    ck_assert_uint_eq(k.metric, SIZE_MAX);
    ck_assert_ok(&t, sb_standing_table(&s, &k, &t.cx, &table));
    ck_assert_uint_eq(table.rows, 0);
    test_ctx_release(&t);
}
END_TEST

START_TEST(no_memory_is_clean)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = make(&t, 1, 3);
    sb_summary s;
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){0}, &t.cx, &s));
    size_t failed = 0;
    for (size_t i = 0;; i++) {
        sb_standing k;
        sb_table table;
        sb_arena_fail_at(t.cx.arena, i);
        sb_status st = sb_standing_make(&s, 0, &t.cx, &k);
        if (st == SB_OK) st = sb_standing_table(&s, &k, &t.cx, &table);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
        failed++;
    }
    ck_assert_uint_gt(failed, 20);
    sb_arena_fail_at(t.cx.arena, (size_t)-1);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("standing");
    TCase *t = tcase_create("standing");
    tcase_add_loop_test(t, ranks_are_those_of_sorting, 0, 25);
    tcase_add_test(t, table_says_what_is_needed_and_paid);
    tcase_add_test(t, edges);
    tcase_add_test(t, no_memory_is_clean);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

/* From a run to the page: which rows come out, the answer in sentences, what was run, and the numbers. */
#include "claim_page.h"
#include "file.h"
#include "synthetic_results.h"

static sb_status parse(test_ctx *t, const char *text, sb_claims *out)
{
    const sb_yaml *root = NULL;
    const sb_status st = sb_yaml_parse(text, strlen(text), "c.yaml", &t->cx, &root);
    return st == SB_OK ? sb_claims_parse(sb_yaml_get(root, "claims"), &t->cx, out) : st;
}

/* Two data sets, one with two models, three budgets, four methods, REPEATS repeats; accuracy is .5 for the reference
 * and .5 + GAIN + (-1)^repeat .001 for the others, so that by hand the 95% interval of a gain is +- .066 points (t of
 * 11 degrees of freedom, 2.201, times .1044 over the root of 12). */
enum { REPEATS = 12, SETTINGS = 9, METHODS = 4 };
static const char *const names[METHODS] = {"uniform", "good", "late", "even"};

static double gain_of(size_t setting, size_t method)
{
    const size_t budget = setting % 3;
    const bool second = setting >= 6; /* the other data set */
    if (method == 1) return second ? -0.02 : 0.01;
    if (method == 2) return budget == 0 ? 0.003 : 0.008; /* half a point only from 200 rows on */
    return 0;
}

static sb_results made(test_ctx *t, size_t last_repeats)
{
    static const sb_metric *metric[1];
    static const char *const budget[] = {"100", "200", "400"};
    static const size_t m[] = {100, 200, 400};
    metric[0] = &sb_metrics[sb_metric_index("accuracy")];
    sb_arena *a = t->cx.arena;
    sb_setting *setting = SB_NEW(a, SETTINGS, sb_setting);
    sb_method_label *method = SB_NEW(a, METHODS, sb_method_label);
    sb_result *result = SB_NEW(a, SETTINGS * METHODS * REPEATS, sb_result);
    for (size_t k = 0; k < METHODS; k++) method[k] = (sb_method_label){.label = names[k], .name = names[k]};
    size_t n = 0;
    for (size_t s = 0; s < SETTINGS; s++) {
        setting[s] =
            (sb_setting){s < 6 ? "first" : "second", "raw", s / 3 == 1 ? "tree" : "linear", budget[s % 3], m[s % 3]};
        for (size_t k = 0; k < METHODS; k++)
            for (unsigned rep = 0; rep < REPEATS; rep++) {
                double *v = SB_NEW(a, 1, double);
                const bool missing = s == SETTINGS - 1 && k == 2 && rep >= last_repeats;
                *v = k ? 0.5 + gain_of(s, k) + (rep % 2 ? 0.001 : -0.001) : 0.5;
                result[n++] = (sb_result){.setting = s,
                                          .method = k,
                                          .rep = rep,
                                          .status = missing ? "missing" : "ok",
                                          .reason = "",
                                          .key = "",
                                          .subset = "",
                                          .value = missing ? NULL : v};
            }
    }
    return (sb_results){.name = "made",
                        .title = "t",
                        .reference = "uniform",
                        .settings = SETTINGS,
                        .methods = METHODS,
                        .metrics = 1,
                        .results = n,
                        .repeats = REPEATS,
                        .setting = setting,
                        .method = method,
                        .metric = metric,
                        .result = result,
                        .config = "",
                        .provenance = "{\"git\": \"abc-dirty\"}",
                        .warnings = ""};
}

static const char claims_of_made[] =
    "claims:\n"
    "  - {id: who, statement: half a point, question: Who wins?, source: x, established: ours, test: ordering,\n"
    "     metric: accuracy, method: [even, late, good], against: uniform, effect: 0.005}\n"
    "  - {id: same, statement: the same within 2%, question: Is it the same?, source: x, established: verified,\n"
    "     test: ratio, metric: accuracy, method: [good, even], against: uniform, range: [0.98, 1.01],\n"
    "     outer: [0.98, 1.01], or_better: true}\n"
    "  - {id: level, statement: no worse, question: And the even one?, source: x, established: ours, test: "
    "difference,\n"
    "     metric: accuracy, method: even, against: uniform, range: [-0.001, 0.001], outer: [-0.001, 0.001]}\n"
    "  - {id: often, statement: never above .505, question: How often?, source: x, established: derived, test: rate,\n"
    "     metric: accuracy, method: [even, good], data: first, model: linear, above: 0.505, value: 0}\n"
    "  - {id: unasked, statement: it is .5, source: x, established: rerun, test: identity, metric: accuracy,\n"
    "     method: even, model: tree, value: 0.5, digits: 6, published: '.5'}\n";

static const char *page_of(test_ctx *t, const sb_results *r, sb_buf *b)
{
    sb_claims c;
    sb_claim_row *row = NULL;
    size_t rows = 0;
    b->arena = t->cx.arena;
    ck_assert_ok(t, parse(t, claims_of_made, &c));
    ck_assert_ok(t, sb_claims_apply(&c, r, &t->cx, &row, &rows));
    ck_assert_ok(t, sb_claims_markdown(r, row, rows, NULL, &t->cx, b));
    return b->text;
}

static void has(const char *page, const char *words)
{
    ck_assert_msg(strstr(page, words) != NULL, "the page lacks: %s\n%.1500s", words, page);
}

START_TEST(the_answer_says_who_where_and_by_how_much)
{
    test_ctx t;
    sb_buf b = {0};
    test_ctx_init(&t, "test");
    const sb_results r = made(&t, REPEATS);
    const char *const page = page_of(&t, &r, &b);
    has(page, "\n## The answer\n\n### Who wins?\n");
    has(page,
        "Measured: test accuracy (`accuracy`), by how much it is better than that of uniform; 0.5 points are the least "
        "that counts. By that much in 12 of 27 cells: in part on first (10 of 18), second (2 of 9).");
    has(page, "- first (12 repeats): **by that much**: good (+1.00), late from 200 rows on (+0.80); "
              "**better**, but by less: late at 100 rows (+0.30); "
              "**cannot be told apart**: even (");
    has(page, "- second (12 repeats): **by that much**: late from 200 rows on (+0.80); **better**, but by "
              "less: late at 100 rows (+0.30 [+0.23, +0.37]); **cannot be told apart**: even (");
    has(page, "; **worse**: good (-2.00).");
    has(page, "### Is it the same?");
    has(page, "- first (12 repeats): **holds** for even (1); **better** than that: good (1.02).");
    has(page, "- second (12 repeats): **holds** for even (1); **fails** for good (0.96).");
    has(page, "minus that of uniform; it holds from -0.1 to 0.1 points.\n\n- first, second (12 repeats): "
              "**holds** for even (+0.00).\n"); /* one line for what came out alike */
    has(page, "### How often?");
    has(page, "- **3 contradicted, 3 undecided**: \"never above .505\", but first (raw, linear) m=100, good: 12 of 12");
    has(page, "**Contradicted** besides: \"it is .5\" (3 of 3).");
    has(page, "\nAll ");
    test_ctx_release(&t);
}
END_TEST

START_TEST(what_was_run_counts_what_the_tables_count)
{
    test_ctx t;
    sb_buf b = {0};
    test_ctx_init(&t, "test");
    const sb_results all = made(&t, REPEATS), part = made(&t, 5);
    has(page_of(&t, &all, &b), "| second | 100: 12; 200: 12; 400: 12; |");
    b = (sb_buf){0};
    const char *const page = page_of(&t, &part, &b);
    has(page, "| first | 100: 12; 200: 12; 400: 12; |\n| second | 100: 12; 200: 12; 400: 5 to 12 of 12; |");
    has(page, "| second (raw, linear) | late | 400 | 5 |");
    has(page, "- second (5 to 12 repeats): ");
    has(page, "; **too few repeats** to tell: late at 400 rows (+0.");
    test_ctx_release(&t);
}
END_TEST

/* Rows that differ in the budget only are one line; the threshold of a rate has a table; a binary with changes of its
 * own is told. */
START_TEST(the_page_that_is_committed)
{
    test_ctx t;
    sb_claims c;
    sb_claim_row *row = NULL;
    size_t rows = 0, size = 0;
    char *page = NULL, dir[] = "/tmp/selbench-page-XXXXXX";
    test_ctx_init(&t, "test");
    const sb_results r = made(&t, REPEATS);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_ok(&t, parse(&t, claims_of_made, &c));
    ck_assert_ok(&t, sb_claims_apply(&c, &r, &t.cx, &row, &rows));
    ck_assert_ok(&t, sb_claims_page(&r, row, rows, dir, &t.cx));
    const char *const path = sb_str_format(t.cx.arena, "%s/made.md", dir);
    ck_assert_ok(&t, sb_file_read(path, 1 << 24, &t.cx, &page, &size));
    has(page, "| first (raw, tree) | even | 100, 200, 400 | 12 | .5 | 0.499 to 0.501 | **contradicted** |");
    has(page, "Repeats whose accuracy is above 0.505, and the median [quartiles] of the others:");
    has(page, "\nNever above 0.505: uniform, even.\n");
    has(page, "| good | 12 of 12 | 12 of 12 | 12 of 12 |");
    has(page, "| late | 0 of 12; 0.503 [0.502, 0.504] | 12 of 12 | 12 of 12 |");
    has(page, "| good | 0.51 [0.509, 0.511]; 0.51 +- 0.001 |");
    has(page, "**The run's binary had changes that no commit has");
    ck_assert_int_eq(system(sb_str_format(t.cx.arena, "rm -r '%s'", dir)), 0);
    test_ctx_release(&t);
}
END_TEST

/* Over a made-up run: which rows come out, that pairs are of the same repeat, and what is said of what was not run. */
START_TEST(rows_of_a_run)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 12);
    sb_claims c;
    sb_claim_row *row = NULL;
    size_t rows = 0;
    static const char text[] =
        "claims:\n"
        "  - {id: a, statement: a, source: x, established: verified, test: ordering, metric: loss_err@full,\n"
        "     method: ['sensitivity{k=100}', herding], against: uniform, effect: 0.01, scale: log}\n"
        "  - {id: b, statement: b, source: x, established: recalled, published: '4%', test: ordering,\n"
        "     metric: accuracy, method: leverage, against: uniform, effect: 0.005}\n"
        "  - {id: c, statement: 'c | d', source: x, established: rerun, test: slope, metric: loss_err@full,\n"
        "     method: uniform, range: [-0.8, -0.2]}\n"
        "  - {id: d, statement: d, source: x, established: rerun, test: identity, metric: accuracy, method: absent,\n"
        "     value: 1, digits: 1}\n";
    ck_assert_ok(&t, parse(&t, text, &c));
    ck_assert_ok(&t, sb_claims_apply(&c, &r, &t.cx, &row, &rows));
    size_t a = 0, b = 0, s = 0, better = 0, worse = 0;
    for (size_t i = 0; i < rows; i++) {
        const char id = *row[i].claim->id;
        a += id == 'a';
        b += id == 'b';
        s += id == 'c';
        if (id == 'a' && strcmp(row[i].method, "herding") == 0) worse += row[i].verdict == SB_C_CONTRADICTED;
        if (id == 'a' && strcmp(row[i].method, "herding") != 0) better += row[i].verdict == SB_C_REPRODUCED;
        if (id == 'b') ck_assert_int_eq(row[i].verdict, SB_C_UNCONFIRMED);
        if (id == 'd') ck_assert_int_eq(row[i].verdict, SB_C_NOT_MEASURED);
    }
    ck_assert_uint_eq(a, 2 * SYN_GROUPS * SYN_BUDGETS);
    ck_assert_uint_eq(b, 2 * SYN_BUDGETS); /* regression has no accuracy */
    ck_assert_uint_eq(s, SYN_GROUPS);
    ck_assert_uint_eq(rows, a + b + s + 1);
    ck_assert_uint_ge(better, 10); /* factors .45 and 1.3 against noise .25 in 12 repeats */
    ck_assert_uint_ge(worse, 6);
    sb_buf md = {.arena = t.cx.arena}, plain = md;
    ck_assert_ok(&t, sb_claims_markdown(&r, row, rows, NULL, &t.cx, &md));
    sb_claims_text(row, rows, &plain);
    ck_assert(!md.bad && !plain.bad);
    ck_assert_ptr_nonnull(strstr(md.text, "**unconfirmed source**"));
    ck_assert_ptr_nonnull(strstr(md.text, "4% (unconfirmed)"));
    ck_assert_ptr_nonnull(strstr(plain.text, "nowhere, absent: nothing"));
    test_ctx_release(&t);
}
END_TEST

START_TEST(memory_failures_are_clean)
{
    static const char text[] =
        "claims:\n"
        "  - {id: a, statement: a, question: q, source: x, established: verified, test: ordering,\n"
        "     metric: loss_err@full, method: herding, against: uniform, effect: 0.01}\n"
        "  - {id: b, statement: b, source: x, established: rerun, test: ratio, metric: loss_err@full,\n"
        "     method: herding, against: uniform, range: [1, 2], outer: [0, 3]}\n"
        "  - {id: c, statement: c, source: x, established: rerun, test: slope, metric: loss_err@full,\n"
        "     method: uniform, range: [-0.8, -0.2], question: q}\n";
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 7);
    const size_t mark = sb_arena_mark(t.cx.arena);
    size_t ok = 0;
    for (size_t k = 0; ok < 4 && k < 100000; k += k < 60 ? 1 : 7) {
        sb_claims c;
        sb_claim_row *row = NULL;
        size_t rows = 0;
        sb_arena_fail_at(t.cx.arena, k);
        sb_status st = parse(&t, text, &c);
        if (st == SB_OK) st = sb_claims_apply(&c, &r, &t.cx, &row, &rows);
        sb_buf md = {.arena = t.cx.arena};
        if (st == SB_OK) st = sb_claims_markdown(&r, row, rows, NULL, &t.cx, &md);
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "allocation %zu: %s: %s", k, sb_status_text(st), t.err.text);
        ok = st == SB_OK ? ok + 1 : 0;
        sb_arena_rewind(t.cx.arena, mark);
    }
    ck_assert_uint_eq(ok, 4);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("claims_page");
    TCase *t = tcase_create("claims_page");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, rows_of_a_run);
    tcase_add_test(t, the_answer_says_who_where_and_by_how_much);
    tcase_add_test(t, what_was_run_counts_what_the_tables_count);
    tcase_add_test(t, the_page_that_is_committed);
    tcase_add_test(t, memory_failures_are_clean);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

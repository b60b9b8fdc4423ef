/* Comparisons of made-up sides: every verdict from values whose answer is known by construction. */
#include "compare.h"
#include "file.h"
#include "golden.h"
#include "test_main.h"

#include <stdio.h>
#include <unistd.h>

enum { REPS = 12 };
static test_ctx t;
static char root[64];

static void start(void)
{
    test_ctx_init(&t, "compare");
    (void)snprintf(root, sizeof root, "/tmp/selbench-compare-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void stop(void)
{
    for (const char *const *side = (const char *const[]){"a", "b", "g", NULL}; *side; side++) {
        for (const char *const *file = (const char *const[]){"metrics.tsv", "run.json", NULL}; *file; file++) {
            char path[128];
            (void)snprintf(path, sizeof path, "%s/%s/%s", root, *side, *file);
            (void)unlink(path);
        }
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", root, *side);
        (void)rmdir(path);
    }
    ck_assert_int_eq(rmdir(root), 0);
    test_ctx_release(&t);
}

static const char *path_of(const char *side) { return sb_file_join(t.cx.arena, root, side); }

/* One metric of one cell with REPS values, or fewer (NaN: no line). */
static void put(sb_buf *b, const char *method, const char *metric, const double *v)
{
    for (int i = 0; i < REPS; i++)
        if (!isnan(v[i]))
            sb_buf_add(b, "d\traw\tridge\t10\t10\t%s\t%d\tok\t%s\t%.17g\t%064d\n", method, i, metric, v[i], i);
}

static void write_files(const char *side, const sb_buf *lines, const sb_buf *j)
{
    sb_buf b = {.arena = t.cx.arena};
    const char *dir = path_of(side);
    sb_buf_add(&b, "data\tembedding\tmodel\tbudget\tm\tmethod\trep\tstatus\tmetric\tvalue\tkey\n%s",
               lines->text ? lines->text : "");
    ck_assert_ok(&t, sb_file_mkdirs(dir, &t.cx));
    ck_assert_ok(&t, sb_file_write(sb_file_join(t.cx.arena, dir, "metrics.tsv"), b.text, b.size, &t.cx));
    ck_assert_ok(&t, sb_file_write(sb_file_join(t.cx.arena, dir, "run.json"), j->text, j->size, &t.cx));
}

static void write_side(const char *side, const sb_buf *lines, const char *content, const char *options)
{
    sb_buf j = {.arena = t.cx.arena};
    sb_buf_add(&j,
               "{\"seed\": 3, \"config\": \"probes: 2\\n\", \"benches\": [{\"data\": \"d\", \"embedding\": \"raw\", "
               "\"content\": \"%s\", \"methods\": [{\"label\": \"u\", \"options\": \"%s\", \"code\": \"c1\"}], "
               "\"models\": []}], \"software\": {\"kernel\": \"Haswell\"}}",
               content, options);
    write_files(side, lines, &j);
}

static sb_comparison compare(const sb_compare_options *o)
{
    sb_comparison c;
    ck_assert_ok(&t, sb_compare(path_of("a"), path_of("b"), o, &t.cx, &c));
    return c;
}

/* The verdict on one metric whose baseline is base[] and whose run is run[]. */
static sb_compare_row judge(const char *metric, const double *base, const double *run, double effect)
{
    sb_buf a = {.arena = t.cx.arena}, b = a;
    put(&a, "u", metric, run);
    put(&b, "u", metric, base);
    write_side("a", &a, "x", "o");
    write_side("b", &b, "x", "o");
    const sb_effect e = {metric, effect};
    const sb_comparison c = compare(&(sb_compare_options){.effect = &e, .effects = 1});
    if (!c.row) return (sb_compare_row){.verdict = c.verdict};
    ck_assert_uint_eq(c.rows, 1);
    return c.row[0];
}

START_TEST(verdicts_by_construction)
{
    double base[REPS], run[REPS];
    for (int i = 0; i < REPS; i++) base[i] = 1 + 0.1 * sin(i * 7.0);
    memcpy(run, base, sizeof run);
    ck_assert_int_eq(judge("mse", base, run, 0.01).verdict, SB_C_SAME);
    for (int i = 0; i < REPS; i++) run[i] = base[i] * (1 + 1e-9 * (i - 5));
    ck_assert_int_eq(judge("mse", base, run, 0.01).verdict, SB_C_EQUIVALENT);
    for (int i = 0; i < REPS; i++) run[i] = base[i] + 0.2 + 0.01 * cos(i);
    ck_assert_int_eq(judge("mse", base, run, 0.01).verdict, SB_C_WORSE);
    ck_assert_int_eq(judge("accuracy", base, run, 0.01).verdict, SB_C_BETTER);
    ck_assert_int_eq(judge("accuracy", base, run, 0.3).verdict, SB_C_EQUIVALENT);
    ck_assert_int_eq(judge("accuracy", run, base, 0.01).verdict, SB_C_WORSE);
    for (int i = 0; i < REPS; i++) run[i] = base[i] + (i % 2 ? 0.2 : -0.21);
    const sb_compare_row r = judge("mse", base, run, 0.05);
    ck_assert_int_eq(r.verdict, SB_C_UNDECIDED);
    ck_assert_uint_gt(r.needed, REPS);
    ck_assert_int_eq(judge("distinct", base, run, 0.05).verdict, SB_C_CHANGED); /* no better side */
    ck_assert_int_eq(judge("iterations", base, run, 0.05).verdict, SB_C_CHANGED);
    /* the smallest change of bits is seen, and nothing is below an effect of 0 */
    memcpy(run, base, sizeof run);
    run[3] = nextafter(run[3], 2);
    ck_assert_uint_eq(judge("mse", base, run, 0).differ, 1);
    ck_assert_int_eq(judge("mse", base, run, 0).verdict, SB_C_UNDECIDED);
    /* the same change in all repeats is known without a test, even of two */
    for (int i = 0; i < REPS; i++) base[i] = i < 2 ? 5 : NAN, run[i] = i < 2 ? 6 : NAN;
    ck_assert_int_eq(judge("labels", base, run, 0.5).verdict, SB_C_WORSE);
    run[1] = 7;
    ck_assert_int_eq(judge("labels", base, run, 0.5).verdict, SB_C_UNDECIDED);
    for (int i = 0; i < REPS; i++) base[i] = INFINITY, run[i] = i ? (double)INFINITY : 1e300;
    ck_assert_int_eq(judge("mse", base, run, 0.5).verdict, SB_C_UNDECIDED);
}
END_TEST

START_TEST(missing_added_failed)
{
    sb_buf a = {.arena = t.cx.arena}, b = a;
    double v[REPS];
    for (int i = 0; i < REPS; i++) v[i] = i;
    put(&a, "u", "mse", v);
    put(&a, "v", "mse", v);
    put(&a, "u", "mae", v);
    put(&b, "u", "mse", v);
    put(&b, "w", "mse", v);
    sb_buf_add(&a, "d\traw\tridge\t10\t10\tz\t0\ttimeout\t-\t-\tkey\n");
    sb_buf_add(&b, "d\traw\tridge\t10\t10\tz\t0\ttimeout\t-\t-\tkey\n");
    write_side("a", &a, "x", "o");
    write_side("b", &b, "y", "o"); /* equal values are the same whatever else changed */
    const sb_comparison c = compare(&(sb_compare_options){0});
    ck_assert_uint_eq(c.rows, 3);
    ck_assert_int_eq(c.row[0].verdict, SB_C_SAME);
    ck_assert_int_eq(c.row[1].verdict, SB_C_MISSING);
    ck_assert_int_eq(c.row[2].verdict, SB_C_NOTHING);
    ck_assert_int_eq(c.verdict, SB_C_MISSING);
    ck_assert_uint_eq(c.added, 2);
    /* only failures on both sides: nothing was measured, and that is not "same" */
    sb_buf none = {.arena = t.cx.arena}, other = none;
    sb_buf_add(&none, "d\traw\tridge\t10\t10\tz\t0\ttimeout\t-\t-\tkey\n");
    sb_buf_add(&other, "d\traw\tridge\t10\t10\tz\t0\ttimeout\t-\t-\tkey2\n");
    write_side("a", &none, "x", "o");
    write_side("b", &other, "x", "o");
    ck_assert_int_eq(compare(&(sb_compare_options){0}).verdict, SB_C_NOTHING);
}
END_TEST

static bool says(void (*write)(const sb_comparison *, size_t, sb_buf *), const sb_comparison *c, const char *what)
{
    sb_buf b = {.arena = t.cx.arena};
    write(c, 40, &b);
    return b.text && strstr(b.text, what);
}

/* Equal bits in the repeats that are there say nothing about the others. */
START_TEST(fewer_repeats_are_missing)
{
    static const char reason[] = "4 of 12 repeats have a value";
    double base[REPS], run[REPS];
    for (int i = 0; i < REPS; i++) base[i] = i, run[i] = i < 4 ? i : (double)NAN;
    sb_buf a = {.arena = t.cx.arena}, b = a, junit = a, json = a;
    put(&a, "u", "mse", run);
    put(&b, "u", "mse", base);
    write_side("a", &a, "x", "o");
    write_side("b", &b, "x", "o");
    sb_comparison c = compare(&(sb_compare_options){0});
    ck_assert_int_eq(c.verdict, SB_C_MISSING);
    ck_assert_str_eq(c.row[0].detail, reason);
    ck_assert(says(sb_compare_text, &c, reason) && says(sb_compare_markdown, &c, reason));
    sb_compare_junit(&c, (bool[SB_C_COUNT]){[SB_C_SAME] = true}, &junit);
    ck_assert_ptr_nonnull(strstr(junit.text, "<failure message=\"missing: 4 of 12 repeats"));
    sb_compare_json(&c, &json);
    ck_assert_ptr_nonnull(strstr(json.text, reason));
    ck_assert_ptr_null(strstr(json.text, "\"difference\""));
    run[1] = 7;
    ck_assert_str_eq(judge("mse", base, run, 0.1).detail, "4 of 12 repeats have a value, 1 of them another");
    /* more repeats than the baseline's are no loss */
    ck_assert_int_eq(
        judge("mse", (double[REPS]){[0] = 0, 1, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN}, base, 0).verdict,
        SB_C_SAME);
    /* a failure that was not tried again is no improvement; one that gave a value is */
    for (int again = 0; again < 2; again++) {
        sb_buf now = {.arena = t.cx.arena}, was = now;
        put(&was, "u", "mse", run);
        put(&now, "u", "mse", again ? base : run);
        sb_buf_add(&was, "d\traw\tridge\t10\t10\tu\t9\ttimeout\t-\t-\tkey\n");
        write_side("a", &now, "x", "o");
        write_side("b", &was, "x", "o");
        c = compare(&(sb_compare_options){.despite = true});
        ck_assert_int_eq(c.row[c.rows - 1].verdict, again ? SB_C_BETTER : SB_C_MISSING);
    }
}
END_TEST

/* A change of a metric that does not count is told as changed and leaves the whole equivalent. */
START_TEST(changed_is_equivalent_as_a_whole)
{
    double base[REPS], run[REPS];
    for (int i = 0; i < REPS; i++) base[i] = i, run[i] = i + 1;
    ck_assert_int_eq(judge("iterations", base, run, 0.5).verdict, SB_C_CHANGED);
    const sb_comparison c = compare(&(sb_compare_options){0});
    ck_assert_int_eq(c.verdict, SB_C_EQUIVALENT);
    ck_assert(says(sb_compare_text, &c, "equivalent: 1 changed"));
}
END_TEST

START_TEST(not_comparable_names_the_change)
{
    double base[REPS], run[REPS];
    for (int i = 0; i < REPS; i++) base[i] = i, run[i] = i + 1;
    sb_buf a = {.arena = t.cx.arena}, b = a;
    put(&a, "u", "mse", run);
    put(&b, "u", "mse", base);
    write_side("a", &a, "x", "u{k=2}");
    write_side("b", &b, "x", "u{k=1}");
    sb_comparison c = compare(&(sb_compare_options){0});
    ck_assert_int_eq(c.verdict, SB_C_NOT_COMPARABLE);
    ck_assert_str_eq(c.row[0].detail, "options of method u changed: k 1 -> 2");
    ck_assert_int_eq(compare(&(sb_compare_options){.despite = true}).verdict, SB_C_WORSE);
    write_side("b", &b, "y", "u{k=2}");
    c = compare(&(sb_compare_options){0});
    ck_assert_str_eq(c.row[0].detail, "content of data d changed: y -> x");
}
END_TEST

/* One side of two: data of n rows under its label, method `label` with `options` (NULL: it has none), model with l2;
 * two repeats of mse, or failures. */
static void write_labelled(const char *side, int n, const char *label, const char *options, double l2, bool fails)
{
    sb_buf b = {.arena = t.cx.arena}, j = b;
    for (int i = 0; i < 2 && label; i++)
        sb_buf_add(&b,
                   fails ? "d{n=%d}\traw\tridge\t10\t10\t%s\t%d\ttimeout\t-\t-\tkey\n"
                         : "d{n=%d}\traw\tridge\t10\t10\t%s\t%d\tok\tmse\t0.5\tkey\n",
                   n, label, i);
    sb_buf_add(
        &j,
        "{\"seed\": 3, \"config\": \"probes: 2\\n  - set: \\\"d{regression, n=%d, file=a(b, c)} rows=7\\\"\\n    "
        "embedding: \\\"raw\\\"\\n    warmup: none\\n\", \"benches\": [{\"data\": \"d{n=%d}\", \"embedding\": \"raw\", "
        "\"content\": \"%d\", \"methods\": [",
        n, n, n);
    if (label) sb_buf_add(&j, "{\"label\": \"%s\", \"options\": \"%s\", \"code\": \"c1\"}", label, options);
    sb_buf_add(&j,
               "], \"models\": [{\"label\": \"ridge\", \"options\": \"ridge{l2=%g,folds=5}\", \"code\": \"c2\"}], "
               "\"budgets\": [{\"m\": 10, \"text\": \"10\"}]}], \"software\": {}}",
               l2);
    write_files(side, &b, &j);
}

static sb_comparison labelled(sb_sameness verdict, const char *detail)
{
    const sb_comparison c = compare(&(sb_compare_options){0});
    ck_assert_uint_eq(c.rows, 1);
    ck_assert_msg(c.row[0].verdict == verdict && strcmp(c.row[0].detail, detail) == 0, "%s: %s",
                  sb_sameness_words[c.row[0].verdict], c.row[0].detail);
    return c;
}

/* What is labelled after its options loses its label with them: that is no missing row. */
START_TEST(a_changed_label_is_not_missing)
{
    static const char was[] =
        "u{a=1,weights=true,k=10,centres=x(1,2),z=2,long_name_of_an_option=so that k lies beyond}";
    write_labelled("b", 500, "u{k=10}", was, 0.5, false);
    write_labelled("a", 500, "u{k=20}", "u{a=1,weights=true,k=20,centres=x(1,3),z=2,new=3}", 0.5, false);
    const sb_comparison c =
        labelled(SB_C_NOT_COMPARABLE, "options of method u{k=10} changed: k 10 -> 20, centres x(1,2) -> x(1,3), "
                                      "long_name_of_an_option so that k lies beyond -> none, new none -> 3");
    ck_assert_uint_eq(c.added, 1);
    ck_assert(says(sb_compare_text, &c, "k 10 -> 20") && says(sb_compare_markdown, &c, "k 10 -&gt; 20"));
    /* the data and a model at once; failures too are of another thing */
    write_labelled("b", 500, "u", "u{k=1}", 0.5, false);
    write_labelled("a", 600, "u", "u{k=1}", 0.25, false);
    (void)labelled(SB_C_NOT_COMPARABLE,
                   "data d{n=500} changed: n 500 -> 600; options of model ridge changed: l2 0.5 -> 0.25");
    write_labelled("b", 500, "u{k=1}", "u{k=1}", 0.5, true);
    write_labelled("a", 500, "u{k=2}", "u{k=2}", 0.5, false);
    (void)labelled(SB_C_NOT_COMPARABLE, "options of method u{k=1} changed: k 1 -> 2");
    /* another plug-in, or none, is missing, and said to be */
    write_labelled("b", 500, "u{k=1}", "u{k=1}", 0.5, false);
    write_labelled("a", 500, "v{k=1}", "v{k=1}", 0.5, false);
    (void)labelled(SB_C_MISSING, "the run has no method 'u{k=1}'");
    write_labelled("a", 500, NULL, NULL, 0.5, false);
    (void)labelled(SB_C_MISSING, "the run has no method 'u{k=1}'");
    /* equal bits whatever the options: the same, and the options are named */
    write_labelled("b", 500, "u", "u{k=1}", 0.5, false);
    write_labelled("a", 500, "u", "u{k=2}", 0.5, false);
    const sb_comparison same = compare(&(sb_compare_options){0});
    ck_assert_int_eq(same.verdict, SB_C_SAME);
    ck_assert_str_eq(same.changed, "options of method u changed: k 1 -> 2");
}
END_TEST

START_TEST(a_golden_is_the_run)
{
    double v[REPS];
    for (int i = 0; i < REPS; i++) v[i] = exp(i);
    sb_buf a = {.arena = t.cx.arena};
    put(&a, "u", "mse", v);
    write_side("a", &a, "x", "o");
    const sb_effect e = {"mse", 0.125};
    ck_assert_ok(&t,
                 sb_golden_write(path_of("a"), path_of("g"), &(sb_compare_options){.effect = &e, .effects = 1}, &t.cx));
    sb_comparison c;
    ck_assert_ok(&t, sb_compare(path_of("a"), path_of("g"), &(sb_compare_options){0}, &t.cx, &c));
    ck_assert_int_eq(c.verdict, SB_C_SAME);
    v[0] += 1;
    sb_buf moved = {.arena = t.cx.arena};
    put(&moved, "u", "mse", v);
    write_side("b", &moved, "x", "o");
    ck_assert_ok(&t, sb_compare(path_of("b"), path_of("g"), &(sb_compare_options){0}, &t.cx, &c));
    ck_assert(c.row[0].effect == 0.125); /* kept in the golden */
    ck_assert_ok(&t, sb_golden_write(path_of("a"), path_of("g"), &(sb_compare_options){0}, &t.cx));
    ck_assert_ok(&t, sb_compare(path_of("b"), path_of("g"), &(sb_compare_options){0}, &t.cx, &c));
    ck_assert(c.row[0].effect == 0.125); /* and over an update */
    ck_assert_fails(&t, sb_golden_write(path_of("g"), path_of("b"), &(sb_compare_options){0}, &t.cx), SB_EARG,
                    "not a run folder");
}
END_TEST

START_TEST(bad_files_are_named)
{
    sb_comparison c;
    sb_buf a = {.arena = t.cx.arena}, b = a, twice = a;
    const sb_compare_options o = {0};
    ck_assert_fails(&t, sb_compare(path_of("a"), path_of("b"), &o, &t.cx, &c), SB_ENOTFOUND, "lacks metrics.tsv");
    sb_buf_add(&a, "d\traw\n");
    sb_buf_add(&b, "d\traw\tridge\t10\t10\tz\tx\tok\tmse\t1\tkey\n");
    write_side("a", &a, "x", "o");
    write_side("b", &b, "x", "o");
    ck_assert_fails(&t, sb_compare(path_of("a"), path_of("b"), &o, &t.cx, &c), SB_EFORMAT, "line 2");
    for (int i = 0; i < 2; i++) sb_buf_add(&twice, "d\traw\tridge\t10\t10\tz\t1\tok\tmse\t1\tkey\n");
    write_side("a", &twice, "x", "o");
    ck_assert_fails(&t, sb_compare(path_of("a"), path_of("b"), &o, &t.cx, &c), SB_EFORMAT, "lines 2 and 3");
}
END_TEST

START_TEST(memory_may_end_anywhere)
{
    double base[REPS], run[REPS];
    for (int i = 0; i < REPS; i++) base[i] = i, run[i] = i + 1;
    sb_buf a = {.arena = t.cx.arena}, b = a;
    put(&a, "u", "mse", run);
    put(&b, "u", "mse", base);
    write_side("a", &a, "x", "o");
    write_side("b", &b, "x", "o");
    sb_status st = SB_ENOMEM;
    for (size_t k = 0; st != SB_OK && k < 200; k++) {
        sb_comparison c;
        sb_arena_fail_at(t.cx.arena, k);
        const char *run_dir = root;
        st = sb_compare(run_dir, root, &(sb_compare_options){0}, &t.cx, &c);
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        if (st == SB_ENOTFOUND) break; /* got as far as looking */
        ck_assert_int_eq(st, SB_ENOMEM);
    }
    const char *x = path_of("a"), *y = path_of("b");
    st = SB_ENOMEM;
    size_t k = 0;
    for (; st != SB_OK && k < 400; k++) {
        sb_comparison c;
        sb_arena_fail_at(t.cx.arena, k);
        st = sb_compare(x, y, &(sb_compare_options){0}, &t.cx, &c);
        sb_arena_fail_at(t.cx.arena, (size_t)-1);
        ck_assert_msg(st == SB_OK || st == SB_ENOMEM, "allocation %zu: %s", k, t.err.text);
    }
    ck_assert_int_eq(st, SB_OK);
    ck_assert_uint_gt(k, 10);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("compare");
    TCase *c = tcase_create("compare");
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_test(c, verdicts_by_construction);
    tcase_add_test(c, missing_added_failed);
    tcase_add_test(c, fewer_repeats_are_missing);
    tcase_add_test(c, changed_is_equivalent_as_a_whole);
    tcase_add_test(c, not_comparable_names_the_change);
    tcase_add_test(c, a_changed_label_is_not_missing);
    tcase_add_test(c, a_golden_is_the_run);
    tcase_add_test(c, bad_files_are_named);
    tcase_add_test(c, memory_may_end_anywhere);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)

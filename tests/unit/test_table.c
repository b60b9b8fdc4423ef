/* Aggregates against plain loops over the repeats; tables in their three formats. */
#include <stdio.h>
#include <unistd.h>

#include "escape.h"
#include "file.h"
#include "synthetic_results.h"
#include "table.h"
#include "words.h"

/* Every aggregate again from the raw results, by definition. */
START_TEST(aggregates_by_plain_loops)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_results r = synthetic_make(&t, 12);
    sb_result *kept = SB_NEW(t.cx.arena, r.results, sb_result);
    size_t rows = 0;
    for (size_t i = 0; i < r.results; i++) { /* some repeats are absent: pairs must still be of the same repeat */
        const sb_result *e = &r.result[i];
        if (!(e->method == 1 && e->rep == 2) && !(e->method == 3 && e->rep % 4 == 1)) kept[rows++] = *e;
    }
    r.result = kept;
    r.results = rows;
    sb_summary s;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    double worst = 0;
    size_t counts_off = 0, verdicts[4] = {0};
    for (size_t i = 0; i < r.settings * r.methods * r.metrics; i++) {
        const sb_aggregate *a = &s.cell[i];
        double sum = 0, gap = 0, size = 0, low = INFINITY;
        size_t n = 0, failed = 0, pairs = 0;
        for (size_t j = 0; j < r.results; j++) {
            const sb_result *e = &r.result[j];
            if (e->setting != a->setting || e->method != a->method) continue;
            failed += strcmp(e->status, "ok") != 0;
            if (!e->value || isnan(e->value[a->metric])) continue;
            n++;
            sum += e->value[a->metric];
            low = fmin(low, e->value[a->metric]);
            for (size_t l = 0; l < r.results; l++) {
                const sb_result *f = &r.result[l];
                if (f->setting != e->setting || f->method != 1 || f->rep != e->rep || e->method == 1) continue;
                pairs++;
                gap += e->value[a->metric] - f->value[a->metric];
                size += fabs(e->value[a->metric]) + fabs(f->value[a->metric]);
            }
        }
        counts_off += n != a->repeats || failed != a->failures || pairs != a->diff.pairs;
        counts_off += n && a->min != low;
        if (n) worst = fmax(worst, fabs(a->mean - sum / (double)n) / (1e-300 + fabs(sum)));
        if (pairs) worst = fmax(worst, fabs(a->diff.mean - gap / (double)pairs) / (1e-300 + size));
        verdicts[a->verdict]++;
        const bool up = a->diff.mean > 0, higher = r.metric[a->metric]->better == SB_HIGHER;
        if (a->verdict == SB_V_BETTER) counts_off += up != higher || !(a->p_adjusted <= 0.05);
        if (a->verdict == SB_V_WORSE) counts_off += up == higher || !(a->p_adjusted <= 0.05);
        if (!sb_metric_tested(r.metric[a->metric])) counts_off += a->verdict != SB_V_NONE;
    }
    ck_assert_msg(counts_off == 0, "%zu", counts_off);
    ck_assert_msg(worst < 64 * 2.2e-16, "%.3g", worst);
    ck_assert(verdicts[SB_V_BETTER] && verdicts[SB_V_WORSE] && verdicts[SB_V_UNDECIDED]);
    ck_assert_uint_eq(s.groups, 3);
    ck_assert_uint_eq(s.group[1].first, 4);
    test_ctx_release(&t);
}
END_TEST

/* The bootstrap intervals are those of the values at hand (its draws are shared between aggregates); the effect of
 * interest is that of the option, else the default; repeats needed are counted for it where nothing was seen, and only
 * there. */
START_TEST(effects_and_bootstraps)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    enum { REPS = 8, ACCURACY = 1 };
    const sb_results r = synthetic_make(&t, REPS);
    const sb_effect effect = {"accuracy", 0.002};
    sb_summary s;
    ck_assert_ok(&t, sb_summary_make(&r, &(sb_summary_options){.effect = &effect, .effects = 1}, &t.cx, &s));
    size_t compared = 0, wrong = 0, open = 0;
    for (size_t i = 0; i < r.settings * r.methods * r.metrics; i++) {
        const sb_aggregate *a = &s.cell[i];
        double x[REPS], d[REPS];
        size_t n = 0, pairs = 0;
        for (unsigned rep = 0; rep < REPS; rep++) {
            const sb_result *own = sb_summary_result(&s, a->setting, a->method, rep),
                            *other = sb_summary_result(&s, a->setting, s.reference, rep);
            const double v = own->value ? own->value[a->metric] : (double)NAN;
            const double u = other->value ? other->value[a->metric] : (double)NAN;
            if (!isnan(v)) x[n++] = v;
            if (!isnan(v) && !isnan(u)) d[pairs++] = v - u;
        }
        sb_interval ci, diff;
        sb_stat_sort(x, n); /* values in order of size, differences in order of the repeats */
        ck_assert_ok(&t, sb_stat_bootstrap(x, n, s.level, &t.cx, &ci));
        ck_assert_ok(&t, sb_stat_bootstrap(d, pairs, s.level, &t.cx, &diff));
        const bool tested = sb_metric_tested(r.metric[a->metric]) || s.primary[a->metric];
        if (!tested) {
            wrong += !isnan(a->boot.low) || !isnan(a->diff_boot.low);
            continue;
        }
        wrong += n > 1 && (a->boot.low != ci.low || a->boot.high != ci.high);
        if (a->method == s.reference || pairs < 2) continue;
        compared++;
        wrong += a->diff_boot.low != diff.low || a->diff_boot.high != diff.high;
        const double base = sb_summary_at(&s, a->setting, s.reference, a->metric)->mean;
        wrong += a->interest != (a->metric == ACCURACY ? 0.002 : 0.02 * fabs(base));
        const bool undecided = a->verdict == SB_V_UNDECIDED;
        open += undecided;
        wrong += a->needed != (undecided ? sb_stat_repeats_needed(a->diff.sd, a->interest, s.alpha, 0.8) : 0);
    }
    ck_assert_msg(wrong == 0 && compared > 100 && open > 5, "%zu wrong of %zu, %zu open", wrong, compared, open);
    test_ctx_release(&t);
}
END_TEST

START_TEST(bad_results_are_refused)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_results r = synthetic_make(&t, 2);
    sb_result e[2] = {{.setting = 0, .method = 1, .rep = 1, .status = "ok"},
                      {.setting = 0, .method = 1, .rep = 1, .status = "ok"}};
    r.result = e;
    r.results = 2;
    sb_summary s;
    ck_assert_fails(&t, sb_summary_make(&r, NULL, &t.cx, &s), SB_EARG, "result 1 is not sorted");
    e[1].rep = 2;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s)); /* no values: counted as not ok */
    ck_assert_uint_eq(s.not_ok, 2);
    e[1].setting = 99;
    ck_assert_fails(&t, sb_summary_make(&r, NULL, &t.cx, &s), SB_EARG, "beyond 12");
    ck_assert_fails(&t, sb_summary_make(&r, &(sb_summary_options){.level = 1}, &t.cx, &s), SB_EARG, "not below 1");
    r.reference = "nobody";
    r.results = 1;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert(s.reference == SIZE_MAX && s.comparisons == 0);
    test_ctx_release(&t);
}
END_TEST

static const char *escaped(test_ctx *t, void (*escape)(sb_buf *, const char *), const char *text)
{
    sb_buf b = {.arena = t->cx.arena};
    escape(&b, text);
    return b.text ? b.text : "";
}

START_TEST(texts_are_escaped)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    ck_assert_str_eq(escaped(&t, sb_escape_html, "<a href=\"x\">&'\x01"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39; ");
    ck_assert_str_eq(escaped(&t, sb_escape_latex,
                             "50% of a_b & {c} \xe2\x88\x92"
                             "1"),
                     "50\\% of a\\_b \\& \\{c\\} $-$1");
    ck_assert_str_eq(escaped(&t, sb_escape_markdown, "a|b\n*c*"), "a\\|b \\*c\\*");
    ck_assert_str_eq(escaped(&t, sb_escape_csv, "a \"b\", c"), "\"a \"\"b\"\", c\"");
    ck_assert_str_eq(escaped(&t, sb_escape_csv, "plain"), "plain");
    ck_assert_str_eq(escaped(&t, sb_escape_gnuplot, "it's `x`\n"), "'it''s `x` '");
    ck_assert_str_eq(escaped(&t, sb_escape_file, "../a b/c{k=1}"), "..-a-b-c-k-1");
    test_ctx_release(&t);
}
END_TEST

START_TEST(numbers_read_well)
{
    ck_assert_str_eq(sb_words_number(0.81234, sb_words_digits(0.81234)).text, "0.8123");
    ck_assert_str_eq(sb_words_number(-0.012345, sb_words_digits(0.012345)).text, "\xe2\x88\x92"
                                                                                 "0.01235");
    ck_assert_str_eq(sb_words_number(-0.0001, 2).text, "0.00");
    ck_assert_str_eq(sb_words_number(NAN, 2).text, "n/a");
    ck_assert_str_eq(sb_words_number(1.5e-9, 7).text, "1.50e-09");
    ck_assert_str_eq(sb_words_value(60000, "queries").text, "60,000");
    ck_assert_str_eq(sb_words_value(1234567, "rows").text, "1,234,567");
    ck_assert_str_eq(sb_words_value(0.0123, "s").text, "12.3 ms");
    ck_assert_str_eq(sb_words_value(12.3e6, "bytes").text, "12.3 MB");
    ck_assert_str_eq(sb_words_p(1e-7).text, "<0.0001");
    ck_assert_str_eq(sb_words_p(0.0123).text, "0.012");
    ck_assert_str_eq(sb_words_interval((sb_interval){NAN, NAN, 0}, 2).text, "");
    ck_assert_str_eq(sb_words_interval((sb_interval){-0.5, 1, 0.95}, 1).text, "\xe2\x88\x92"
                                                                              "0.5 to 1.0");
    const sb_metric *accuracy = &synthetic_metrics[1];
    ck_assert_str_eq(sb_words_change(accuracy, 0.008, 2).text, "+0.80");
}
END_TEST

static const char *folder(void)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "test-table-%ld", (long)getpid());
    return name;
}

static void sweep(test_ctx *t, const char *dir)
{
    const char **names = NULL;
    size_t count = 0;
    if (sb_file_list(dir, &t->cx, &names, &count) != SB_OK) return;
    for (size_t i = 0; i < count; i++) {
        const char *path = sb_file_join(t->cx.arena, dir, names[i]);
        if (sb_file_is_dir(path))
            sweep(t, path);
        else
            (void)unlink(path);
    }
    (void)rmdir(dir);
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *c = text; (c = strstr(c, what)); c++) n++;
    return n;
}

START_TEST(tables_are_written)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 8);
    sb_summary s;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_ok(&t, sb_tables_write(&s, folder(), &t.cx));
    char *text = NULL;
    size_t size = 0;
    const char *tables = sb_file_join(t.cx.arena, folder(), "tables");
    ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, tables, "aggregates.csv"), 1 << 24, &t.cx, &text, &size));
    const size_t head = strcspn(text, "\n"), commas = count_of(text, ",");
    text[head] = '\0';
    ck_assert_uint_eq(count_of(text, ","), 37);
    ck_assert_uint_gt(commas, 37);
    ck_assert_msg(strstr(text + head + 1, "\"odd<b>&\"\"'|_%$\"") != NULL, "a label with quotes");
    ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, tables, "fashion-mnist-raw-softmax-accuracy.md"), 1 << 24,
                                  &t.cx, &text, &size));
    ck_assert_ptr_nonnull(strstr(text, "p = 0.0"));
    ck_assert_ptr_nonnull(strstr(text, "| 1% = 500 |"));
    ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, tables, "fashion-mnist-raw-softmax-accuracy.tex"), 1 << 24,
                                  &t.cx, &text, &size));
    ck_assert_uint_eq(count_of(text, "\\toprule"), 2);
    ck_assert_uint_eq(count_of(text, "{"), count_of(text, "}")); /* escaped braces come in pairs too */
    ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, tables, "failures.csv"), 1 << 24, &t.cx, &text, &size));
    ck_assert_ptr_nonnull(strstr(text, "skipped,kcenter,distances of 'sparse & wide' rows <not supported>,"));
    ck_assert_ptr_nonnull(strstr(text, ",32\n")); /* 8 repeats x 4 budgets */
    sweep(&t, folder());
    test_ctx_release(&t);
}
END_TEST

START_TEST(overlaps_and_stems)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_results r = synthetic_make(&t, 2);
    sb_setting twin[12];
    memcpy(twin, r.setting, sizeof twin);
    for (size_t i = 4; i < 8; i++) twin[i].data = "fashion mnist", twin[i].embedding = "raw", twin[i].model = "softmax";
    r.setting = twin;
    sb_summary s;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    ck_assert_str_eq(sb_table_stem(&s, &s.group[0], 1, t.cx.arena), "fashion-mnist-raw-softmax-accuracy");
    ck_assert_str_eq(sb_table_stem(&s, &s.group[1], 1, t.cx.arena), "fashion-mnist-raw-softmax-accuracy.2");
    sb_table o;
    ck_assert_ok(&t, sb_table_overlap(&r, 3, &t.cx, &o));
    ck_assert_str_eq(o.cell[1 * 9 + 3 + 1], "0.04"); /* methods 1 and 3 */
    ck_assert_str_eq(o.cell[1 * 9 + 0 + 1], "n/a");
    r.jaccard = NULL;
    ck_assert_ok(&t, sb_table_overlap(&r, 3, &t.cx, &o));
    ck_assert_uint_eq(o.rows, 0);
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("table");
    TCase *t = tcase_create("table");
    tcase_add_test(t, aggregates_by_plain_loops);
    tcase_add_test(t, effects_and_bootstraps);
    tcase_add_test(t, bad_results_are_refused);
    tcase_add_test(t, texts_are_escaped);
    tcase_add_test(t, numbers_read_well);
    tcase_add_test(t, tables_are_written);
    tcase_add_test(t, overlaps_and_stems);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

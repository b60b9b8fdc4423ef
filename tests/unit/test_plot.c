/* Plots with and without gnuplot: what their axes span, who is in them, what they say is not. */
#include <stdio.h>
#include <unistd.h>

#include "file.h"
#include "plot.h"
#include "str.h"
#include "synthetic_results.h"

static const char *folder(void)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "test-plot-%ld", (long)getpid());
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

START_TEST(plots_are_drawn_or_said_not_to_be)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 5);
    sb_summary s;
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    s.groups = 1;
    sb_plot_list l;
    const sb_plot_options here = {SB_SOURCE_DIR "/plots", true, NULL}, nowhere = {"/nonexistent", true, NULL},
                          off = {"", false, NULL};
    ck_assert_ok(&t, sb_plots_write(&s, folder(), &here, &t.cx, &l));
    ck_assert_uint_eq(l.count, 3); /* loss error, accuracy; accuracy by time (the labels take two values only) */
    for (size_t i = 0; i < l.count; i++) ck_assert_msg(l.plot[i].drawn, "%s: %s", l.plot[i].stem, l.note);
    ck_assert_ok(&t, sb_plots_write(&s, folder(), &nowhere, &t.cx, &l));
    ck_assert(!l.plot[0].drawn && strstr(l.note, "exit code"));
    ck_assert_ok(&t, sb_plots_write(&s, folder(), &off, &t.cx, &l));
    ck_assert(!l.plot[0].drawn && strstr(l.note, "switched off"));
    const char *path = getenv("PATH");
    char kept[4096];
    (void)snprintf(kept, sizeof kept, "%s", path ? path : "");
    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    ck_assert_ok(&t, sb_plots_write(&s, folder(), &here, &t.cx, &l));
    ck_assert_int_eq(setenv("PATH", kept, 1), 0);
    ck_assert_msg(!l.plot[2].drawn && strstr(l.note, "gnuplot: "), "%s", l.note);
    sweep(&t, folder());
    test_ctx_release(&t);
}
END_TEST

/* Short axes get three ticks or more, round and inside; long ones are left to gnuplot. */
START_TEST(short_axes_have_ticks)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    size_t axes = 0, few = 0, outside = 0;
    for (double low = 3.7e-9; low < 1e9; low *= 7.3)
        for (double factor = 1.02; factor < 1000; factor *= 1.1) {
            const char *text = sb_plot_ticks(low, low * factor, t.cx.arena);
            size_t n = 0;
            for (const char *p = text; (p = strstr(p, "\" ")); n++) {
                p += 2;
                const double v = strtod(p, NULL);
                outside += !(v >= low * (1 - 1e-9) && v <= low * factor * (1 + 1e-9));
            }
            few += factor < 100 ? n < 3 || n > 12 : n != 0;
            axes++;
        }
    ck_assert_uint_gt(axes, 1000);
    ck_assert_uint_eq(few, 0);
    ck_assert_uint_eq(outside, 0);
    ck_assert_str_eq(sb_plot_ticks(0.04, 0.6, t.cx.arena), "\"0.05\" 0.05, \"0.1\" 0.1, \"0.2\" 0.2, \"0.5\" 0.5");
    ck_assert_str_eq(sb_plot_ticks(0, 1, t.cx.arena), "");
    test_ctx_release(&t);
}
END_TEST

/* The values with another first one. */
static const double *with_first(test_ctx *t, const double *value, double v)
{
    double *own = SB_NEW(t->cx.arena, SYN_METRICS, double);
    memcpy(own, value, SYN_METRICS * sizeof *own);
    own[0] = v;
    return own;
}

static const char *drawn(test_ctx *t, const char *stem, const char *end)
{
    char *text = NULL;
    size_t size = 0;
    const char *path = sb_str_format(t->cx.arena, "%s/plots/%s.%s", folder(), stem, end);
    ck_assert_ok(t, sb_file_read(path, 1 << 24, &t->cx, &text, &size));
    return text;
}

/* An anchor whose error is rounding does not stretch the axis of those that are compared; below zero there is no
 * logarithm; who was not tried is not in the legend. */
START_TEST(plots_show_what_is_compared)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_results r = synthetic_make(&t, 5);
    sb_result *kept = SB_NEW(t.cx.arena, r.results, sb_result);
    size_t n = 0;
    for (size_t i = 0; i < r.results; i++) {
        sb_result e = r.result[i];
        if (e.method == 0 && e.value) e.value = with_first(&t, e.value, 2e-16);
        if (e.method == 4 && e.setting < SYN_BUDGETS) continue;
        kept[n++] = e;
    }
    r.result = kept;
    r.results = n;
    sb_summary s;
    sb_plot_list l;
    const sb_plot_options here = {SB_SOURCE_DIR "/plots", true, NULL};
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    s.groups = 1;
    ck_assert_ok(&t, sb_plots_write(&s, folder(), &here, &t.cx, &l));
    ck_assert(l.plot[0].drawn && l.plot[0].intervals);
    ck_assert_str_eq(l.plot[0].unseen, "outside the axis: full at 2.00e-16");
    const char *svg = drawn(&t, l.plot[0].stem, "svg");
    ck_assert_ptr_nonnull(strstr(svg, "outside the axis: full at 2.00e-16"));
    ck_assert_ptr_null(strstr(svg, ">1e-"));
    const char *tsv = drawn(&t, l.plot[0].stem, "tsv");
    ck_assert(strstr(tsv, "\"herding\"\n100\t") && !strstr(tsv, "leverage"));
    /* one budget: methods side by side, though all have the same x */
    s.group[0].count = 1;
    ck_assert_ok(&t, sb_plots_write(&s, folder(), &here, &t.cx, &l));
    ck_assert_ptr_nonnull(strstr(drawn(&t, l.plot[0].stem, "svg"), "100 rows selected"));
    s.group[0].count = SYN_BUDGETS;
    for (size_t i = 0; i < n; i++)
        if (kept[i].method == 5 && kept[i].value) kept[i].value = with_first(&t, kept[i].value, -0.5);
    ck_assert_ok(&t, sb_summary_make(&r, NULL, &t.cx, &s));
    s.groups = 1;
    ck_assert_ok(&t, sb_plots_write(&s, folder(), &here, &t.cx, &l));
    ck_assert_str_eq(l.plot[0].unseen, "");
    ck_assert_ptr_nonnull(strstr(drawn(&t, l.plot[0].stem, "svg"), "<text>-0.4<"));
    sweep(&t, folder());
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plot");
    TCase *t = tcase_create("plot");
    tcase_add_test(t, plots_are_drawn_or_said_not_to_be);
    tcase_add_test(t, short_axes_have_ticks);
    tcase_add_test(t, plots_show_what_is_compared);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

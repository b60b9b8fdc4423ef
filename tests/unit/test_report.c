/* report.html is well-formed, self-contained and escaped; what is missing is said; memory failures are clean. */
#include <stdio.h>
#include <unistd.h>

#include "file.h"
#include "report.h"
#include "synthetic_results.h"

static const char *folder(void)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "test-report-%ld", (long)getpid());
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

static const char *page(test_ctx *t, const sb_results *r, bool gnuplot, const char *name)
{
    ck_assert_ok(t, sb_file_mkdirs(folder(), &t->cx));
    const sb_report_options options = {.plots = SB_SOURCE_DIR "/plots",
                                       .alarm_page = SB_SOURCE_DIR "/results/alarms.md",
                                       .gnuplot = gnuplot,
                                       .command = "run-1"};
    ck_assert_ok(t, sb_report_write(r, folder(), &options, &t->cx));
    char *text = NULL;
    size_t size = 0;
    ck_assert_ok(t, sb_file_read(sb_file_join(t->cx.arena, folder(), name), 1 << 26, &t->cx, &text, &size));
    ck_assert_uint_eq(strlen(text), size);
    sweep(t, folder());
    return text;
}

static bool is_void(const char *name, size_t size)
{
    static const char *const list[] = {"meta", "br", "link", "img", "hr", "input"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strlen(list[i]) == size && strncmp(list[i], name, size) == 0) return true;
    return false;
}

/* Reads tags only: every opened one is closed in order, every & begins an entity, no < stands alone. NULL: fine. */
static const char *defect(const char *text)
{
    static char why[160];
    const char *open[256];
    size_t depth = 0, length[256];
    for (const char *c = text; *c; c++) {
        if (*c == '&' && c[1 + strspn(c + 1, "abcdefghijklmnopqrstuvwxyz#0123456789")] != ';') goto bad;
        if (*c != '<') continue;
        if (strncmp(c, "<!--", 4) == 0)
            c = strstr(c, "-->");
        else if (strncmp(c, "<!", 2) == 0)
            c = strchr(c, '>');
        else {
            const bool closing = c[1] == '/';
            const char *name = c + 1 + closing, *end = name;
            const size_t size = strcspn(name, " \t\n/>");
            if (!size || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890") != size)
                goto bad;
            for (char quote = 0; *end && (quote || *end != '>'); end++) {
                if (quote ? *end == quote : *end == '"' || *end == '\'')
                    quote = quote ? 0 : *end;
                else if (*end == '<')
                    goto bad;
            }
            if (!*end) goto bad;
            if (closing) {
                if (!depth || length[depth - 1] != size || strncmp(open[depth - 1], name, size) != 0) goto bad;
                depth--;
            } else if (end[-1] != '/' && !is_void(name, size)) {
                if (depth == 256) goto bad;
                open[depth] = name;
                length[depth++] = size;
            }
            const bool raw = !closing && (strncmp(name, "style>", 6) == 0 || strncmp(name, "script>", 7) == 0);
            c = raw ? strstr(end, *name == 's' && name[1] == 't' ? "</style>" : "</script>") - 1 : end;
        }
        continue;
    bad:
        (void)snprintf(why, sizeof why, "depth %zu: %.100s", depth, c);
        return why;
    }
    return depth ? "tags left open" : NULL;
}

START_TEST(the_checker_can_fail)
{
    ck_assert_ptr_null(defect("<p a=\"x > y\">a &amp; b<br></p><g/>"));
    ck_assert_ptr_nonnull(defect("<p><b></p></b>"));
    ck_assert_ptr_nonnull(defect("<p>"));
    ck_assert_ptr_nonnull(defect("<p>a & b</p>"));
    ck_assert_ptr_nonnull(defect("<p>1 < 2</p>"));
}
END_TEST

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *c = text; (c = strstr(c, what)); c++) n++;
    return n;
}

/* Nothing that a browser would fetch; namespaces of drawings are names, not loads. */
static void check_alone(const char *html)
{
    static const char *const loads[] = {"src=",    "@import",     "url(http", "<link",
                                        "<iframe", "href=\"http", "url(//",   "action="};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        ck_assert_msg(strstr(html, loads[i]) == NULL, "%s", loads[i]);
    ck_assert_uint_eq(count_of(html, "http"), count_of(html, "=\"http://www.w3.org/") + count_of(html, "http-equiv"));
}

START_TEST(page_is_whole_and_alone)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 8);
    const char *html = page(&t, &r, true, "report.html");
    const char *why = defect(html);
    ck_assert_msg(!why, "%s", why);
    check_alone(html);
    /* 3 groups: two metrics and one cost each; ranks of one metric; a ground and seven maps (`full` has none) */
    ck_assert_uint_eq(count_of(html, "<svg"), 18);
    ck_assert_uint_eq(count_of(html, "class=\"picks\""), 7);
    ck_assert_ptr_nonnull(strstr(html, "(their share)"));
    ck_assert_uint_eq(count_of(html, "</caption>"), count_of(html, "<caption>"));
    ck_assert_uint_eq(count_of(html, "<script>"), 1); /* its own; browsers are told to run no other */
    ck_assert_ptr_nonnull(strstr(html, "default-src 'none'"));
    ck_assert_ptr_nonnull(strstr(html, "prefers-color-scheme:dark"));
    ck_assert_ptr_nonnull(strstr(html, "sensitivity{k=100} beats uniform at all 4 budgets: "));
    ck_assert_ptr_nonnull(strstr(html, "odd&lt;b&gt;&amp;&quot;&#39;|_%$"));
    ck_assert_ptr_null(strstr(html, "<script>alert"));
    ck_assert_ptr_null(strstr(html, "odd<b>"));
    ck_assert_ptr_nonnull(strstr(html, "no answer within 600 s"));
    ck_assert_ptr_nonnull(strstr(html, "4 of 8 without result"));
    ck_assert_ptr_nonnull(strstr(html, "chose the same rows at &lt;1&gt; setting"));
    ck_assert_ptr_nonnull(strstr(html, "selbench verify run-1 --row KEY"));
    ck_assert_uint_eq(count_of(html, "<code>selbench verify run-1 --row "), r.results + 1); /* and how in general */
    ck_assert_uint_eq(count_of(html, " id=\"e"), r.settings * r.methods);
    ck_assert_ptr_nonnull(strstr(html, "What the methods choose"));
    /* what to do about an alarm is in the page, for the kinds that it raises */
    ck_assert_ptr_nonnull(strstr(html, "<a href=\"#alarm-same-subsets\">"));
    ck_assert_uint_eq(count_of(html, "<details id=\"alarm-same-subsets\">"), 1);
    ck_assert_ptr_nonnull(strstr(html, "<code>selbench diff</code> on the two stored subsets"));
    ck_assert(!strstr(html, "alarms.md") && !strstr(html, "alarm-shared-draws"));
    ck_assert(!strstr(html, ">nan") && !strstr(html, " nan") && !strstr(html, "-nan"));
    test_ctx_release(&t);
}
END_TEST

/* Names inside drawings are unique over the page. */
START_TEST(drawings_do_not_share_names)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 3);
    const char *html = page(&t, &r, true, "report.html");
    size_t ids = 0, twice = 0;
    for (const char *c = html; (c = strstr(c, " id=")); c++) {
        char name[80];
        const size_t size = strcspn(c + 5, "\"'") + 6;
        ck_assert_uint_lt(size, sizeof name);
        memcpy(name, c, size);
        name[size] = '\0';
        ids++;
        twice += count_of(html, name) != 1;
    }
    ck_assert_uint_gt(ids, 9);
    ck_assert_uint_eq(twice, 0);
    test_ctx_release(&t);
}
END_TEST

START_TEST(one_repeat_has_no_interval)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 1);
    const char *html = page(&t, &r, false, "report.html");
    ck_assert_ptr_null(defect(html));
    ck_assert_ptr_nonnull(strstr(html, "One repeat only: there are no intervals"));
    ck_assert_ptr_null(strstr(html, "class=\"ci\""));
    const sb_results few = synthetic_make(&t, 4);
    html = page(&t, &few, false, "report.html");
    ck_assert_ptr_nonnull(strstr(html, "With 4 repeats the test cannot give a p below 0.125"));
    ck_assert_ptr_nonnull(strstr(html, "Run at least 6 repeats"));
    test_ctx_release(&t);
}
END_TEST

START_TEST(nothing_is_said_plainly)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results none = {
        .name = "none", .title = "", .reference = "uniform", .config = "", .provenance = "", .warnings = ""};
    const char *html = page(&t, &none, true, "report.html");
    ck_assert_ptr_null(defect(html));
    ck_assert_ptr_nonnull(strstr(html, "This run has no results yet."));
    sb_results r = synthetic_make(&t, 2);
    r.reference = "<nobody>";
    r.jaccard = NULL;
    r.chosen = NULL;
    html = page(&t, &r, false, "report.html");
    ck_assert_ptr_null(defect(html));
    ck_assert_ptr_nonnull(strstr(html, "No method is labelled &#39;&lt;nobody&gt;&#39;"));
    ck_assert_ptr_nonnull(strstr(html, "Some plots are missing: drawing is switched off"));
    ck_assert_ptr_null(strstr(html, "<svg"));
    sb_result *all = SB_NEW(t.cx.arena, r.results, sb_result);
    for (size_t i = 0; i < r.results; i++) {
        all[i] = r.result[i];
        all[i].status = "crashed";
        all[i].reason = "signal 11";
        all[i].value = NULL;
    }
    r.result = all;
    r.reference = "uniform";
    html = page(&t, &r, true, "report.html");
    ck_assert_ptr_null(defect(html));
    ck_assert_ptr_nonnull(strstr(html, "192 of 192 evaluations have no result: 192 crashed."));
    test_ctx_release(&t);
}
END_TEST

START_TEST(text_says_the_same)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    const sb_results r = synthetic_make(&t, 8);
    const char *md = page(&t, &r, false, "report.md");
    ck_assert_ptr_nonnull(strstr(md, "- **+** sensitivity{k=100} beats uniform at all 4 budgets: "));
    ck_assert_ptr_nonnull(strstr(md, "odd&lt;b&gt;&amp;\"'\\|\\_%$"));
    ck_assert_ptr_nonnull(strstr(md, "| skipped | kcenter | "));
    ck_assert_ptr_null(strstr(md, "<b>"));
    static const char *const content[] = {"## The methods ranked",
                                          "## Verdicts",
                                          "## Over data sets",
                                          "## Tables and plots",
                                          "## Costs",
                                          "break-even on",
                                          "## What the methods choose",
                                          "rows per class",
                                          "overlap of the chosen rows",
                                          "## Failures",
                                          "## Replay",
                                          "--row KEY",
                                          "methods and their resolved options",
                                          "```yaml\nname: synthetic",
                                          "```json\n{\"version\""};
    for (size_t i = 0; i < sizeof content / sizeof *content; i++)
        ck_assert_msg(strstr(md, content[i]) != NULL, "%s", content[i]);
    const char *again = page(&t, &r, false, "report.md");
    ck_assert_str_eq(md, again);
    test_ctx_release(&t);
}
END_TEST

START_TEST(no_memory_is_clean)
{
    test_ctx t;
    test_ctx_init(&t, "test");
    sb_results r = synthetic_make(&t, 2);
    r.settings = 1;
    r.results = r.methods * 2;
    ck_assert_ok(&t, sb_file_mkdirs(folder(), &t.cx));
    const size_t mark = sb_arena_mark(t.cx.arena);
    size_t k = 0;
    for (unsigned done = 0; done < 2; k += 1 + k / 8) { /* every one at first, then strides */
        sb_arena_fail_at(t.cx.arena, k);
        const sb_status st = sb_report_write(&r, folder(), &(sb_report_options){.plots = ""}, &t.cx);
        done = st == SB_OK ? done + 1 : 0; /* once may be luck: the name of a stream can do without memory */
        if (st == SB_OK) continue;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s: %s", k, sb_status_text(st), t.err.text);
        ck_assert_ptr_nonnull(strstr(t.err.text, "report of '"));
        ck_assert_uint_eq(sb_arena_mark(t.cx.arena), mark);
    }
    ck_assert_uint_gt(k, 100);
    sb_arena_fail_at(t.cx.arena, (size_t)-1);
    sweep(&t, folder());
    test_ctx_release(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("report");
    TCase *t = tcase_create("report");
    tcase_add_test(t, the_checker_can_fail);
    tcase_add_test(t, page_is_whole_and_alone);
    tcase_add_test(t, drawings_do_not_share_names);
    tcase_add_test(t, one_repeat_has_no_interval);
    tcase_add_test(t, nothing_is_said_plainly);
    tcase_add_test(t, text_says_the_same);
    tcase_add_test(t, no_memory_is_clean);
    suite_add_tcase(s, t);
    return s;
}
TEST_MAIN(suite)

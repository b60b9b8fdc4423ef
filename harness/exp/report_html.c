/* report.html: the frame, the answer, and the order of the sections. */
#include <string.h>

#include "escape.h"
#include "report_parts.h"
#include "words.h"

void sb_html_element(sb_buf *b, const char *tag, const char *text)
{
    sb_buf_add(b, "<%s>", tag);
    sb_escape_html(b, text);
    sb_buf_add(b, "</%.*s>", (int)strcspn(tag, " "), tag);
}

static void put_head(const sb_report *r, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    const char *const title = *e->title ? e->title : e->name;
    sb_buf_add(b,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
               "script-src 'unsafe-inline'\">\n");
    sb_html_element(b, "title", title);
    sb_buf_add(b, "\n");
    sb_html_style(b);
    sb_buf_add(b, "</head>\n<body>\n<a class=\"skip\" href=\"#answer\">To the answer</a>\n<header>\n");
    sb_html_element(b, "h1", title);
    sb_buf_add(b, "\n<p class=\"soft\"><code>");
    sb_escape_html(b, e->name);
    const char *const plural[2] = {"", "s"};
    sb_buf_add(b, "</code> &middot; %zu method%s &middot; %zu setting%s &middot; %zu repeat%s &middot; %s evaluation%s",
               e->methods, plural[e->methods != 1], e->settings, plural[e->settings != 1], e->repeats,
               plural[e->repeats != 1], sb_words_count(e->results).text, plural[e->results != 1]);
    if (r->s->not_ok) sb_buf_add(b, ", %s without a result", sb_words_count(r->s->not_ok).text);
    sb_buf_add(b, "</p>\n<nav aria-label=\"sections\"><a href=\"#answer\">Answer</a>");
    if (r->alarms) sb_buf_add(b, "<a href=\"#alarms\">Alarms</a>");
    sb_buf_add(b, "<a href=\"#ranking\">Ranking</a><a href=\"#verdicts\">Verdicts</a>");
    if (r->rankings) sb_buf_add(b, "<a href=\"#ranks\">Over data sets</a>");
    sb_buf_add(b, "<a href=\"#tables\">Tables and plots</a><a href=\"#costs\">Costs</a>");
    if (e->jaccard || e->chosen) sb_buf_add(b, "<a href=\"#chosen\">Chosen rows</a>");
    sb_buf_add(b, "<a href=\"#failures\">Failures</a><a href=\"#replay\">Records</a><a href=\"#origin\">Config and "
                  "provenance</a></nav>\n</header>\n<main>\n");
}

/* Class of a sentence that is a list item; NULL: it is something else. */
static const char *item_class(sb_saying kind)
{
    switch (kind) {
    case SB_SAY_BETTER: return "better";
    case SB_SAY_WORSE: return "worse";
    case SB_SAY_UNDECIDED: return "same";
    case SB_SAY_SCALE: return "scale";
    case SB_SAY_LEAD:
    case SB_SAY_CAUTION:
    case SB_SAY_GROUP:
    case SB_SAY_METRIC: break;
    }
    return NULL;
}

/* Headings: a group is a details element, all open in a small run, the first one in a large run. */
static void put_heading(const sb_report *r, const sb_sentence *e, size_t groups, sb_buf *b)
{
    if (e->kind == SB_SAY_LEAD)
        sb_html_element(b, "p class=\"lead\"", e->text);
    else if (e->kind == SB_SAY_CAUTION)
        sb_html_element(b, "p class=\"caution\"", e->text);
    else if (e->kind == SB_SAY_METRIC)
        sb_html_element(b, "h4", e->text);
    else {
        sb_buf_add(b, "%s<details class=\"group\"%s><summary>", groups ? "</details>\n" : "",
                   groups == 0 || r->s->groups <= 4 ? " open" : "");
        sb_html_element(b, "h3", e->text);
        sb_buf_add(b, "</summary>");
    }
    sb_buf_add(b, "\n");
}

static void put_alarm_link(const sb_report *r, sb_buf *b)
{
    sb_buf_add(b, "<p class=\"caution\"><a href=\"#alarms\">%zu alarm%s</a>: read before believing the tables.</p>\n",
               r->alarms, r->alarms == 1 ? "" : "s");
}

static void put_answer(const sb_report *r, sb_buf *b)
{
    sb_buf_add(b, "<section class=\"answer\" id=\"answer\">\n<h2>The answer</h2>\n");
    bool open = false;
    size_t groups = 0;
    for (size_t i = 0; i < r->sentences; i++) {
        const sb_sentence *const e = &r->sentence[i];
        const char *const item = item_class(e->kind);
        if ((item != NULL) != open) sb_buf_add(b, open ? "</ul>\n" : "<ul class=\"said\">\n");
        open = item != NULL;
        if (!item) put_heading(r, e, groups, b);
        if (r->alarms && i + 1 < r->sentences && e->kind == SB_SAY_LEAD && e[1].kind != SB_SAY_LEAD)
            put_alarm_link(r, b);
        groups += e->kind == SB_SAY_GROUP;
        if (!item) continue;
        sb_buf_add(b, "<li class=\"%s\">", item);
        sb_escape_html(b, e->text);
        sb_buf_add(b, "</li>\n");
    }
    sb_buf_add(b, "%s%s</section>\n", open ? "</ul>\n" : "", groups ? "</details>\n" : "");
}

static sb_status put_group(const sb_report *r, size_t group, sb_ctx *cx, sb_buf *b)
{
    const sb_summary *const s = r->s;
    const sb_group *const g = &s->group[group];
    const char *const name = sb_words_group(g, cx->arena);
    if (!name) SB_FAIL(cx->err, SB_ENOMEM, "name of a group");
    sb_html_element(b, "h3", name);
    sb_buf_add(b, "\n");
    size_t others = 0;
    for (size_t k = 0; k < s->results->metrics; k++) {
        const bool applies = sb_table_applies(s, g, k);
        others += applies && !s->primary[k] && s->results->metric[k]->group != SB_M_COST;
        if (!applies || !s->primary[k]) continue;
        for (size_t i = 0; i < r->plots->count; i++) {
            const sb_plot *const p = &r->plots->plot[i];
            if (p->group == group && p->metric == k && p->cost == SIZE_MAX) SB_TRY(sb_html_plot(r, p, cx, b));
        }
        sb_html_metric(r, g, k, b);
    }
    if (!others) return SB_OK;
    sb_buf_add(b, "<details><summary>%zu more metric%s</summary>\n", others, others == 1 ? "" : "s");
    for (size_t k = 0; k < s->results->metrics; k++)
        if (sb_table_applies(s, g, k) && !s->primary[k] && s->results->metric[k]->group != SB_M_COST)
            sb_html_metric(r, g, k, b);
    sb_buf_add(b, "</details>\n");
    return SB_OK;
}

static sb_status put_tables(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b,
               "<section id=\"tables\">\n<h2>Tables and plots</h2>\n<p class=\"small soft\">In each cell: the mean "
               "over "
               "repeats and its %g%% interval; the paired difference to ",
               100 * r->s->level);
    sb_escape_html(b, r->s->results->reference);
    sb_buf_add(b, " with its interval and verdict; the median and the adjusted p. Anchors are in italics. The same "
                  "numbers at full precision: "
                  "<code>tables/aggregates.csv</code>; as LaTeX: <code>tables/*.tex</code>.</p>\n");
    if (*r->plots->note) {
        sb_buf_add(b, "<p class=\"caution\">Some plots are missing: ");
        sb_escape_html(b, r->plots->note);
        sb_buf_add(b, ". Their tables are in <code>plots/*.tsv</code>.</p>\n");
    }
    for (size_t g = 0; g < r->s->groups; g++) SB_TRY(put_group(r, g, cx, b));
    sb_buf_add(b, "</section>\n");
    return SB_OK;
}

static sb_status put_costs(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b, "<section id=\"costs\">\n<h2>Costs</h2>\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        for (size_t i = 0; i < r->plots->count; i++) {
            const sb_plot *const p = &r->plots->plot[i];
            if (p->group == g && p->cost != SIZE_MAX) SB_TRY(sb_html_plot(r, p, cx, b));
        }
        sb_table t;
        SB_TRY(sb_table_costs(r->s, &r->s->group[g], cx, &t));
        sb_html_table(&t, b);
        SB_TRY(sb_worth_table(r->s, &r->evens, &r->standing[g], cx, &t));
        if (t.rows) sb_html_table(&t, b);
    }
    sb_buf_add(b, "</section>\n");
    return SB_OK;
}

static sb_status put_failures(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_table t;
    SB_TRY(sb_table_failures(r->s->results, cx, &t));
    sb_buf_add(b, "<section id=\"failures\">\n<h2>Failures, skips and warnings</h2>\n");
    if (t.rows)
        sb_html_table(&t, b);
    else
        sb_buf_add(b, "<p>Every evaluation has a result.</p>\n");
    const char *line = r->s->results->warnings;
    if (!*line)
        sb_buf_add(b, "<p>No warnings.</p>\n");
    else
        sb_buf_add(b, "<h3>Warnings</h3>\n<ul>\n");
    while (*line) {
        const size_t size = strcspn(line, "\n");
        const char *const one = sb_str_copy(cx->arena, line, size);
        if (!one) SB_FAIL(cx->err, SB_ENOMEM, "a warning");
        if (size) sb_html_element(b, "li", one);
        line += size + (line[size] == '\n');
        if (!*line) sb_buf_add(b, "\n</ul>\n");
    }
    sb_buf_add(b, "</section>\n");
    return SB_OK;
}

static sb_status put_origin(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_table t;
    const sb_results *const e = r->s->results;
    sb_buf_add(b,
               "<section id=\"replay\">\n<h2>Records, and how to replay them</h2>\n<p>Every value above links "
               "to its records here. Any of them can be run again and compared bit for bit; the record itself is the "
               "line of <code>cells-*.jsonl</code> whose key begins so:</p>\n<pre><code>selbench verify ");
    sb_escape_html(b, r->command);
    sb_buf_add(b, " --row KEY</code></pre>\n");
    sb_html_rows(r, b);
    sb_buf_add(b, "</section>\n<section id=\"origin\">\n<h2>Config and provenance</h2>\n");
    SB_TRY(sb_table_methods(e, cx, &t));
    sb_html_table(&t, b);
    sb_buf_add(b, "<details open><summary>Resolved config</summary>\n");
    sb_html_element(b, "pre", e->config);
    sb_buf_add(b, "</details>\n<details open><summary>Provenance</summary>\n");
    sb_html_element(b, "pre", e->provenance);
    sb_buf_add(b, "</details>\n</section>\n</main>\n<footer>Written by selbench. This file needs no other and loads "
                  "nothing.</footer>\n<p class=\"hide\" id=\"say\" role=\"status\"></p>\n");
    sb_html_script(b);
    sb_buf_add(b, "</body>\n</html>\n");
    return SB_OK;
}

sb_status sb_report_html(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    put_head(r, b);
    put_answer(r, b);
    sb_html_alarms(r, b);
    SB_TRY(sb_html_claims(r, cx, b));
    SB_TRY(sb_html_standings(r, cx, b));
    sb_html_verdicts(r, b);
    SB_TRY(sb_html_ranks(r, cx, b));
    SB_TRY(put_tables(r, cx, b));
    SB_TRY(put_costs(r, cx, b));
    SB_TRY(sb_report_variance(r, true, cx, b));
    SB_TRY(sb_html_chosen(r, cx, b));
    SB_TRY(put_failures(r, cx, b));
    SB_TRY(put_origin(r, cx, b));
    if (b->bad) SB_FAIL(cx->err, SB_ENOMEM, "text of report.html");
    return SB_OK;
}

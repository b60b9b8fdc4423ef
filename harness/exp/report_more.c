/* Sections of report.html that show something else than aggregates: records, alarms. */
#include <math.h>
#include <string.h>

#include "escape.h"
#include "file.h"
#include "report_parts.h"
#include "words.h"

enum { ROWS_SHOWN = 20000 };

/* One evaluation: its values of the headline metrics, and how to do it again. The first of a cell carries its name. */
static void put_row(const sb_report *r, const sb_result *e, bool first, sb_buf *b)
{
    const sb_results *const all = r->s->results;
    if (first)
        sb_buf_add(b, "<tr id=\"e%zu-%zu\">", e->setting, e->method);
    else
        sb_buf_add(b, "<tr>");
    sb_html_element(b, "th scope=\"row\"", all->method[e->method].label);
    sb_html_element(b, "td", all->setting[e->setting].budget);
    sb_buf_add(b, "<td>%u</td>", e->rep);
    sb_html_element(b, "td class=\"l\"", e->status);
    for (size_t k = 0; k < all->metrics; k++) {
        if (!r->s->primary[k]) continue;
        const double v = e->value && strcmp(e->status, "ok") == 0 ? e->value[k] : (double)NAN;
        sb_buf_add(b, "<td>%s</td>", isnan(v) ? "" : sb_words_number(v, sb_words_digits(v)).text);
    }
    sb_buf_add(b, "<td class=\"l\"><code>selbench verify ");
    sb_escape_html(b, r->command);
    sb_buf_add(b, " --row %.16s</code></td></tr>\n", e->key);
}

static void put_rows(const sb_report *r, const sb_group *g, bool all, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    const sb_result *last = NULL;
    sb_buf_add(b, "<details><summary>Records of ");
    sb_escape_html(b, g->data);
    sb_buf_add(b, " (");
    sb_escape_html(b, g->embedding);
    sb_buf_add(b, *g->model ? ", " : "");
    sb_escape_html(b, g->model);
    sb_buf_add(b, ")</summary>\n");
    sb_html_table_open(b, "records", "");
    sb_buf_add(b, "each evaluation, its headline metrics and the command that replays it</caption>\n<thead><tr>"
                  "<th scope=\"col\" class=\"l\">method</th><th scope=\"col\">budget</th><th scope=\"col\">repeat"
                  "</th><th scope=\"col\" class=\"l\">status</th>");
    for (size_t k = 0; k < e->metrics; k++)
        if (r->s->primary[k]) sb_html_element(b, "th scope=\"col\"", e->metric[k]->name);
    sb_buf_add(b, "<th scope=\"col\" class=\"l\">replay</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < e->results; i++) {
        const sb_result *const x = &e->result[i];
        if (x->setting < g->first || x->setting >= g->first + g->count) continue;
        const bool first = !last || last->setting != x->setting || last->method != x->method;
        if (first || all) put_row(r, x, first, b);
        last = x;
    }
    sb_buf_add(b, "</tbody></table></div></details>\n");
}

void sb_html_rows(const sb_report *r, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    const bool all = e->results <= ROWS_SHOWN;
    for (size_t g = 0; g < r->s->groups; g++) put_rows(r, &r->s->group[g], all, b);
    if (!all)
        sb_buf_add(
            b, "<p>Of %s evaluations the first repeats are shown; the others are in <code>metrics.tsv</code>.</p>\n",
            sb_words_count(e->results).text);
}

bool sb_report_raises(const sb_report *r, size_t kind)
{
    for (size_t i = 0; i < r->alarms; i++)
        if (r->alarm[i].kind == kind) return true;
    return false;
}

/* Paragraphs with `code` in them. */
static void put_prose(const char *text, sb_buf *b)
{
    bool code = false;
    sb_buf_add(b, "<p>");
    for (const char *c = text; *c;) {
        const size_t plain = strcspn(c, "`\n");
        const char *const part = sb_str_copy(b->arena, c, plain);
        if (!part)
            b->bad = true;
        else
            sb_escape_html(b, part);
        c += plain;
        if (*c == '`') {
            sb_buf_add(b, code ? "</code>" : "<code>");
            code = !code;
            c++;
        } else if (*c == '\n') {
            sb_buf_add(b, c[1] == '\n' ? "</p>\n<p>" : "\n");
            c += strspn(c, "\n");
        }
    }
    sb_buf_add(b, "%s</p>\n", code ? "</code>" : "");
}

/* The page travels alone: what to do about each kind of alarm that it raises is in it. */
static void put_about_alarms(const sb_report *r, sb_buf *b)
{
    for (size_t k = 0; k < SB_A_COUNT; k++) {
        if (!sb_report_raises(r, k) || !*r->about_alarm[k]) continue;
        sb_buf_add(b, "<details id=\"alarm-%s\"><summary>%s: what it means, what to do</summary>\n",
                   sb_alarm_anchors[k], sb_alarm_words[k]);
        put_prose(r->about_alarm[k], b);
        sb_buf_add(b, "</details>\n");
    }
}

/* What may make the answer wrong. Closed when there are many. */
void sb_html_alarms(const sb_report *r, sb_buf *b)
{
    if (!r->alarms) return;
    sb_buf_add(
        b,
        "<section id=\"alarms\">\n<h2>Alarms</h2>\n<details%s><summary>%zu alarm%s: what may make the tables less "
        "sure than they look</summary>\n<ul>\n",
        r->alarms <= 6 ? " open" : "", r->alarms, r->alarms == 1 ? "" : "s");
    for (size_t i = 0; i < r->alarms; i++) {
        const sb_alarm *const a = &r->alarm[i];
        sb_buf_add(b, "<li><strong>%s</strong>: ", sb_alarm_words[a->kind]);
        sb_escape_html(b, a->what);
        sb_buf_add(b, ". <span class=\"soft\">What to do: ");
        sb_escape_html(b, a->advice);
        sb_buf_add(b, ".</span>");
        if (*r->about_alarm[a->kind])
            sb_buf_add(b, " <a href=\"#alarm-%s\">More about this alarm</a>", sb_alarm_anchors[a->kind]);
        sb_buf_add(b, "</li>\n");
    }
    sb_buf_add(b, "</ul></details>\n");
    put_about_alarms(r, b);
    sb_buf_add(b, "</section>\n");
}

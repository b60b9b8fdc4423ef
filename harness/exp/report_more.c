/* Sections of report.html that show something else than aggregates: plots, overlap, rows, methods. */
#include <math.h>
#include <string.h>

#include "escape.h"
#include "file.h"
#include "report_parts.h"
#include "words.h"

enum { ROWS_SHOWN = 20000 };

/* Names inside one drawing must not meet those of another: each gets the plot's number in front. */
static void put_renamed(const char *svg, size_t number, sb_buf *b)
{
    static const char *const before[] = {" id=\"", " id='", "href=\"#", "href='#", "url(#", NULL};
    while (*svg) {
        size_t k = 0;
        while (before[k] && strncmp(svg, before[k], strlen(before[k])) != 0) k++;
        if (!before[k]) {
            sb_buf_put(b, svg++, 1);
            continue;
        }
        sb_buf_add(b, "%sp%zu", before[k], number);
        svg += strlen(before[k]);
    }
}

sb_status sb_html_plot(const sb_report *r, const sb_plot *p, sb_ctx *cx, sb_buf *b)
{
    if (!p->drawn) return SB_OK;
    const char *const path = sb_str_format(cx->arena, "%s/plots/%s.svg", r->run_dir, p->stem);
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a plot");
    char *text = NULL;
    size_t size = 0;
    SB_TRY(sb_file_read(path, (size_t)1 << 26, cx, &text, &size));
    const char *svg = strstr(text, "<svg");
    if (!svg) SB_FAIL(cx->err, SB_EFORMAT, "'%s' holds no drawing", path);
    const sb_metric *const m = r->s->results->metric[p->metric];
    sb_buf_add(b, "<figure><div class=\"plot\"><svg role=\"img\" aria-label=\"");
    sb_escape_html(b, m->title);
    sb_buf_add(b, ", ");
    sb_escape_html(b, p->title);
    sb_buf_add(b, "\"");
    const char *const title = strstr(svg, "<title>"), *const end = title ? strstr(title, "</title>") : NULL;
    svg += strlen("<svg");
    if (end) { /* "Gnuplot" would pop up under the pointer */
        const char *const head = sb_str_copy(cx->arena, svg, (size_t)(title - svg));
        if (!head) SB_FAIL(cx->err, SB_ENOMEM, "drawing of %zu bytes", size);
        put_renamed(head, (size_t)(p - r->plots->plot), b);
        svg = end + strlen("</title>");
    }
    put_renamed(svg, (size_t)(p - r->plots->plot), b);
    sb_buf_add(b, "</div><figcaption>");
    sb_escape_html(b, m->title);
    sb_buf_add(b,
               p->cost == SIZE_MAX ? " by budget; bands: %g%% intervals of the mean"
                                   : " by cost, through the budgets; bars: %g%% intervals of the mean",
               100 * r->s->level);
    sb_buf_add(b, ". <code>plots/");
    sb_escape_html(b, p->stem);
    sb_buf_add(b, ".tsv</code></figcaption></figure>\n");
    return SB_OK;
}

/* Overlap belongs to the selection: shown once per data set and embedding. */
static bool seen_before(const sb_summary *s, size_t group)
{
    for (size_t i = 0; i < group; i++)
        if (strcmp(s->group[i].data, s->group[group].data) == 0 &&
            strcmp(s->group[i].embedding, s->group[group].embedding) == 0)
            return true;
    return false;
}

sb_status sb_html_overlap(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    if (!e->jaccard) return SB_OK;
    sb_buf_add(b, "<section id=\"overlap\">\n<h2>Do the methods choose the same rows?</h2>\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        if (seen_before(r->s, g)) continue;
        for (size_t i = 0; i < r->s->group[g].count; i++) {
            const size_t setting = r->s->group[g].first + i;
            sb_table t;
            SB_TRY(sb_table_overlap(e, setting, cx, &t));
            sb_buf_add(b, "<details%s><summary>", g == 0 && i + 1 == r->s->group[g].count ? " open" : "");
            sb_escape_html(b, e->setting[setting].data);
            sb_buf_add(b, " (");
            sb_escape_html(b, e->setting[setting].embedding);
            sb_buf_add(b, "), %s rows</summary>\n", sb_words_count(e->setting[setting].m).text);
            sb_html_table(&t, b);
            sb_buf_add(b, "</details>\n");
        }
    }
    sb_buf_add(b, "</section>\n");
    return SB_OK;
}

static void put_row(const sb_results *r, const sb_result *e, sb_buf *b)
{
    sb_buf_add(b, "<tr>");
    sb_html_element(b, "td class=\"l\"", r->setting[e->setting].budget);
    sb_html_element(b, "td class=\"l\"", r->method[e->method].label);
    sb_buf_add(b, "<td>%u</td>", e->rep);
    sb_html_element(b, "td class=\"l\"", e->status);
    sb_buf_add(b, "<td class=\"l\"><code>");
    sb_escape_html(b, e->key);
    sb_buf_add(b, "</code></td></tr>\n");
}

void sb_html_rows(const sb_report *r, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    size_t shown = 0;
    for (size_t g = 0; g < r->s->groups && shown < ROWS_SHOWN; g++) {
        const sb_group *const at = &r->s->group[g];
        sb_buf_add(b, "<details><summary>Keys of ");
        sb_escape_html(b, at->data);
        sb_buf_add(b, " (");
        sb_escape_html(b, at->embedding);
        sb_buf_add(b, *at->model ? ", " : "");
        sb_escape_html(b, at->model);
        sb_buf_add(b, ")</summary>\n<div class=\"scroll\"><table>\n<thead><tr><th class=\"l\">budget</th><th "
                      "class=\"l\">method"
                      "</th><th>repeat</th><th class=\"l\">status</th><th "
                      "class=\"l\">key</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < e->results && shown < ROWS_SHOWN; i++)
            if (e->result[i].setting >= at->first && e->result[i].setting < at->first + at->count) {
                put_row(e, &e->result[i], b);
                shown++;
            }
        sb_buf_add(b, "</tbody></table></div></details>\n");
    }
    if (shown < e->results)
        sb_buf_add(b, "<p>%s of %s keys are shown; the others are in <code>metrics.tsv</code>.</p>\n",
                   sb_words_count(shown).text, sb_words_count(e->results).text);
}

void sb_html_methods(const sb_report *r, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    sb_buf_add(b, "<div class=\"scroll\"><table>\n<caption>methods and their resolved options</caption>\n<thead><tr>"
                  "<th class=\"l\">label</th><th class=\"l\">method</th><th "
                  "class=\"l\">options</th></tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < e->methods; k++) {
        sb_buf_add(b, "<tr>");
        sb_html_element(b, "th scope=\"row\"", e->method[k].label);
        sb_html_element(b, "td class=\"l\"", e->method[k].name);
        sb_buf_add(b, "<td class=\"l\"><code>");
        sb_escape_html(b, e->method[k].options);
        sb_buf_add(b, "</code>%s</td></tr>\n", e->method[k].anchor ? " (anchor)" : "");
    }
    sb_buf_add(b, "</tbody></table></div>\n");
}

/* Above the answer: what may make it wrong. Closed when there are many. */
void sb_html_alarms(const sb_report *r, sb_buf *b)
{
    if (!r->alarms) return;
    sb_buf_add(b,
               "<section id=\"alarms\">\n<details%s><summary><strong>%zu alarm%s</strong>: read before believing the "
               "tables</summary>\n<ul>\n",
               r->alarms <= 6 ? " open" : "", r->alarms, r->alarms == 1 ? "" : "s");
    for (size_t i = 0; i < r->alarms; i++) {
        const sb_alarm *const a = &r->alarm[i];
        sb_buf_add(b, "<li><strong>%s</strong>: ", sb_alarm_words[a->kind]);
        sb_escape_html(b, a->what);
        sb_buf_add(b, ". <span class=\"soft\">What to do: ");
        sb_escape_html(b, a->advice);
        sb_buf_add(b, ".</span></li>\n");
    }
    sb_buf_add(b, "</ul></details>\n</section>\n");
}

sb_status sb_html_ranks(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    if (!r->rankings) return SB_OK;
    sb_buf_add(b, "<section id=\"ranks\">\n<h2>Over data sets</h2>\n");
    for (size_t i = 0; i < r->rankings; i++) {
        sb_table t;
        SB_TRY(sb_rank_table(r->s, &r->ranking[i], cx, &t));
        sb_html_table(&t, b);
    }
    sb_buf_add(b, "<p class=\"small soft\">Wins and losses count data sets with more verdicts better or worse than the "
                  "reference. Diagrams: <code>plots/ranks-*.svg</code>; performance profiles: "
                  "<code>tables/profiles.csv</code>.</p>\n</section>\n");
    return SB_OK;
}

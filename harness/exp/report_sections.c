/* Sections of report.html that show aggregates: verdicts, values, costs. */
#include <math.h>
#include <string.h>

#include "escape.h"
#include "report_parts.h"
#include "words.h"

void sb_html_table_open(sb_buf *b, const char *label, const char *more)
{
    sb_buf_add(b, "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"");
    sb_escape_html(b, label);
    sb_buf_add(b, "\"><table class=\"data%s\">\n<caption>", more);
}

static void put_cell(const sb_table *t, size_t i, double top, sb_buf *b)
{
    const size_t column = i % t->columns;
    const double v = t->value[i];
    if (column == 0) {
        sb_html_element(b, "th scope=\"row\"", t->cell[i]);
        return;
    }
    sb_buf_add(b, "<td%s", column < t->text_columns ? " class=\"l\"" : "");
    if (isfinite(v)) sb_buf_add(b, " data-v=\"%.6g\"", v);
    if (isfinite(v) && top > 0) {
        const double share = v / top < 0 ? 0 : v / top > 1 ? 1 : v / top;
        sb_buf_add(b, " class=\"h%d\"", (int)(9 * share + 0.5));
    }
    sb_buf_add(b, ">");
    const char *interval = column < t->text_columns ? NULL : strstr(t->cell[i], " (");
    if (!interval && column >= t->text_columns) interval = strstr(t->cell[i], " [");
    const size_t size = interval ? (size_t)(interval - t->cell[i]) : strlen(t->cell[i]);
    const char *const text = sb_str_copy(b->arena, t->cell[i], size);
    if (text)
        sb_escape_html(b, text);
    else
        b->bad = true;
    if (interval) sb_html_element(b, "span class=\"ci\"", interval + 1);
    sb_buf_add(b, "</td>");
}

void sb_html_shaded(const sb_table *t, double top, sb_buf *b)
{
    sb_html_table_open(b, t->caption, "");
    sb_escape_html(b, t->caption);
    sb_buf_add(b, "</caption>\n<thead><tr>");
    for (size_t i = 0; i < t->columns; i++)
        sb_html_element(b, i < t->text_columns ? "th scope=\"col\" class=\"l\"" : "th scope=\"col\"", t->head[i]);
    sb_buf_add(b, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        if (i % t->columns == 0) sb_buf_add(b, "<tr>");
        put_cell(t, i, top, b);
        if (i % t->columns + 1 == t->columns) sb_buf_add(b, "</tr>\n");
    }
    sb_buf_add(b, "</tbody></table></div>\n");
}

void sb_html_table(const sb_table *t, sb_buf *b) { sb_html_shaded(t, 0, b); }

static const char *verdict_class(sb_verdict v)
{
    switch (v) {
    case SB_V_BETTER: return "better";
    case SB_V_WORSE: return "worse";
    case SB_V_UNDECIDED: return "undecided";
    case SB_V_NONE: break;
    }
    return "none";
}

static void put_row_head(const sb_results *r, size_t method, size_t reference, sb_buf *b)
{
    sb_buf_add(b, "<tr%s>",
               method == reference        ? " class=\"ref\""
               : r->method[method].anchor ? " class=\"anchor\""
                                          : "");
    sb_html_element(b, "th scope=\"row\"", r->method[method].label);
}

static void put_budget_heads(const sb_results *r, const sb_group *g, sb_buf *b)
{
    for (size_t i = 0; i < g->count; i++) {
        const sb_setting *const e = &r->setting[g->first + i];
        sb_buf_add(b, "<th scope=\"col\">%s", sb_words_count(e->m).text);
        if (strchr(e->budget, '%')) {
            sb_buf_add(b, "<span class=\"small soft\"> ");
            sb_escape_html(b, e->budget);
            sb_buf_add(b, "</span>");
        }
        sb_buf_add(b, "</th>");
    }
}

static void put_verdict(const sb_summary *s, const sb_aggregate *a, sb_buf *b)
{
    const sb_metric *const m = s->results->metric[a->metric];
    if (!a->diff.pairs) {
        const char *const why = a->failures ? "no result" : "does not apply";
        sb_buf_add(b, "<td class=\"none\" title=\"%s\">%s<span class=\"hide\">%s</span></td>", why,
                   a->failures ? "&times;" : "", why);
        return;
    }
    const sb_words d = sb_words_change(m, a->diff.mean, sb_words_change_digits(m, &a->diff));
    sb_buf_add(b, "<td class=\"%s\" data-v=\"%.6g\"><a href=\"#e%zu-%zu\" title=\"%s%s, adjusted p ",
               verdict_class(a->verdict), a->diff.mean, a->setting, a->method, d.text,
               sb_words_in_points(m) ? " points" : "");
    sb_escape_html(b, sb_words_p(a->p_adjusted).text);
    sb_buf_add(b, "\">%s<span class=\"hide\"> %s</span></a></td>", sb_verdict_mark(a->verdict),
               sb_verdict_text(a->verdict));
}

static void put_verdict_row(const sb_summary *s, size_t metric, size_t method, sb_buf *b)
{
    size_t sum[4] = {0};
    put_row_head(s->results, method, s->reference, b);
    for (size_t g = 0; g < s->groups; g++) {
        if (!sb_table_applies(s, &s->group[g], metric)) continue;
        for (size_t i = 0; i < s->group[g].count; i++) {
            const sb_aggregate *const a = sb_summary_at(s, s->group[g].first + i, method, metric);
            sum[a->verdict]++;
            put_verdict(s, a, b);
        }
    }
    if (sum[SB_V_BETTER] + sum[SB_V_UNDECIDED] + sum[SB_V_WORSE])
        sb_buf_add(b, "<td class=\"sum\">%zu / %zu / %zu</td></tr>\n", sum[SB_V_BETTER], sum[SB_V_UNDECIDED],
                   sum[SB_V_WORSE]);
    else
        sb_buf_add(b, "<td class=\"sum\">no result</td></tr>\n");
}

/* Was the method tried anywhere that the metric applies? Of a run with two tasks, some have only the other. */
static bool tried(const sb_summary *s, size_t metric, size_t method)
{
    for (size_t g = 0; g < s->groups; g++)
        if (sb_table_applies(s, &s->group[g], metric) && sb_table_tried(s, &s->group[g], metric, method)) return true;
    return false;
}

static void put_left_out(const sb_summary *s, size_t metric, sb_buf *b)
{
    size_t n = 0;
    for (size_t k = 0; k < s->results->methods; k++) {
        if (k == s->reference || tried(s, metric, k)) continue;
        sb_buf_add(b, "%s",
                   n++ ? ", " : "<p class=\"small soft\">Left out, as no data set with this metric has them: ");
        sb_escape_html(b, s->results->method[k].label);
    }
    if (n) sb_buf_add(b, ".</p>\n");
}

static void put_matrix(const sb_summary *s, size_t metric, sb_buf *b)
{
    const sb_results *const r = s->results;
    sb_html_table_open(b, r->metric[metric]->title, " verdicts");
    sb_escape_html(b, r->metric[metric]->title);
    sb_buf_add(b, ", against ");
    sb_escape_html(b, r->reference);
    sb_buf_add(b, ", by budget in rows</caption>\n<thead><tr><td></td>");
    for (size_t g = 0; g < s->groups; g++) {
        if (!sb_table_applies(s, &s->group[g], metric)) continue;
        sb_buf_add(b, "<th class=\"span\" scope=\"colgroup\" colspan=\"%zu\">", s->group[g].count);
        const char *const part[] = {s->group[g].data, s->group[g].embedding, s->group[g].model};
        sb_escape_html(b, part[0]);
        sb_buf_add(b, "<br><span class=\"small soft\">");
        sb_escape_html(b, part[1]);
        sb_buf_add(b, *part[2] ? ", " : "");
        sb_escape_html(b, part[2]);
        sb_buf_add(b, "</span></th>");
    }
    sb_buf_add(b, "<td></td></tr>\n<tr><th scope=\"col\" class=\"l\">method</th>");
    for (size_t g = 0; g < s->groups; g++)
        if (sb_table_applies(s, &s->group[g], metric)) put_budget_heads(r, &s->group[g], b);
    sb_buf_add(b, "<th scope=\"col\">+ / ~ / \xe2\x88\x92</th></tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < r->methods; k++)
        if (k != s->reference && tried(s, metric, k)) put_verdict_row(s, metric, k, b);
    sb_buf_add(b, "</tbody></table></div>\n");
    put_left_out(s, metric, b);
}

void sb_html_verdicts(const sb_report *r, sb_buf *b)
{
    const sb_summary *const s = r->s;
    sb_buf_add(b, "<section id=\"verdicts\">\n<h2>Verdicts at a glance</h2>\n<p class=\"legend\"><span><b "
                  "class=\"better\">+"
                  "</b>better</span><span><b class=\"worse\">\xe2\x88\x92</b>worse</span><span><b "
                  "class=\"undecided\">~</b>"
                  "no difference seen</span><span><b>&times;</b>no result</span></p>\n");
    size_t shown = 0;
    for (size_t k = 0; k < s->results->metrics; k++) {
        bool applies = false;
        for (size_t g = 0; g < s->groups; g++) applies |= sb_table_applies(s, &s->group[g], k);
        if (!applies || !s->primary[k] || !sb_metric_tested(s->results->metric[k]) || s->reference == SIZE_MAX)
            continue;
        put_matrix(s, k, b);
        shown++;
    }
    if (!shown) sb_buf_add(b, "<p>Nothing was compared.</p>\n");
    sb_buf_add(b, "</section>\n");
}

/* "+ −0.033 (−0.053 to −0.014)" */
static void put_difference(const sb_summary *s, const sb_aggregate *a, sb_buf *b)
{
    const sb_metric *const m = s->results->metric[a->metric];
    const int digits = sb_words_change_digits(m, &a->diff);
    const sb_words ci = sb_words_change_interval(m, a->diff.ci, digits);
    sb_buf_add(b, "<span class=\"d\">");
    if (a->verdict != SB_V_NONE) sb_buf_add(b, "<span class=\"mark\">%s</span> ", sb_verdict_mark(a->verdict));
    sb_buf_add(b, "%s", sb_words_change(m, a->diff.mean, digits).text);
    if (*ci.text) sb_buf_add(b, " (%s)", ci.text);
    sb_buf_add(b, "<span class=\"hide\">, %s</span></span>", sb_verdict_text(a->verdict));
}

static void put_value(const sb_summary *s, const sb_aggregate *a, sb_buf *b)
{
    const int digits = sb_words_mean_digits(a->mean, a->mean_ci);
    const sb_words ci = sb_words_interval(a->mean_ci, digits);
    sb_buf_add(b, "<td class=\"%s\"", verdict_class(a->verdict));
    if (isfinite(a->mean)) sb_buf_add(b, " data-v=\"%.9g\"", a->mean);
    sb_buf_add(b, ">");
    if (!a->repeats)
        sb_buf_add(b, a->failures ? "" : "n/a");
    else
        sb_buf_add(b, "<b><a href=\"#e%zu-%zu\">%s</a></b>", a->setting, a->method,
                   sb_words_number(a->mean, digits).text);
    if (*ci.text) sb_buf_add(b, "<span class=\"ci\">%s</span>", ci.text);
    if (a->diff.pairs) put_difference(s, a, b);
    if (a->repeats > 1) {
        sb_buf_add(b, "<span class=\"ci\">median %s", sb_words_number(a->median, digits).text);
        if (!isnan(a->p_adjusted)) {
            sb_buf_add(b, ", p ");
            sb_escape_html(b, sb_words_p(a->p_adjusted).text);
        }
        sb_buf_add(b, "</span>");
    }
    if (a->failures)
        sb_buf_add(b, "<span class=\"fail\">%zu of %zu without result</span>", a->failures,
                   a->failures + a->repeats + a->missing);
    sb_buf_add(b, "</td>");
}

void sb_html_metric(const sb_report *r, const sb_group *g, size_t metric, sb_buf *b)
{
    const sb_summary *const s = r->s;
    const sb_metric *const m = s->results->metric[metric];
    sb_html_table_open(b, m->title, "");
    sb_escape_html(b, m->title);
    if (*m->unit) sb_buf_add(b, sb_words_in_points(m) ? " [%s, differences in points]" : " [%s]", m->unit);
    sb_buf_add(b,
               " (<code>%s</code>)%s; columns: budget in rows</caption>\n<thead><tr><th scope=\"col\" "
               "class=\"l\">method</th>",
               m->name,
               m->better == SB_HIGHER  ? "; higher is better"
               : m->better == SB_LOWER ? "; lower is better"
                                       : "");
    put_budget_heads(s->results, g, b);
    sb_buf_add(b, "</tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < s->results->methods; k++) {
        if (!sb_table_tried(s, g, metric, k)) continue;
        put_row_head(s->results, k, s->reference, b);
        for (size_t i = 0; i < g->count; i++) put_value(s, sb_summary_at(s, g->first + i, k, metric), b);
        sb_buf_add(b, "</tr>\n");
    }
    sb_buf_add(b, "</tbody></table></div>\n");
}

/* report.md: values, costs, what is chosen, origin. The same tables as in report.html, from the same functions. */
#include <string.h>

#include "chosen.h"
#include "escape.h"
#include "report_parts.h"
#include "words.h"

static void put_plot(const sb_report *r, const sb_plot *p, sb_buf *b)
{
    if (!p->drawn) return;
    sb_buf_add(b, "\n![");
    sb_escape_markdown(b, r->s->results->metric[p->metric]->title);
    sb_buf_add(b, ", ");
    sb_escape_markdown(b, p->title);
    sb_buf_add(b, "](plots/%s.svg)\n", p->stem);
    if (!*p->crossings) return;
    sb_buf_add(b, "\nBreaks even with the reference: ");
    sb_escape_markdown(b, p->crossings);
    sb_buf_add(b, ".\n");
}

static void put_plots(const sb_report *r, size_t group, size_t metric, bool cost, sb_buf *b)
{
    for (size_t i = 0; i < r->plots->count; i++) {
        const sb_plot *const p = &r->plots->plot[i];
        if (p->group == group && (cost ? p->cost != SIZE_MAX : p->cost == SIZE_MAX && p->metric == metric))
            put_plot(r, p, b);
    }
}

static sb_status put_metrics(const sb_report *r, size_t group, sb_ctx *cx, sb_buf *b)
{
    const sb_summary *const s = r->s;
    for (size_t k = 0; k < s->results->metrics; k++) {
        sb_table t;
        if (!s->primary[k] || !sb_table_applies(s, &s->group[group], k)) continue;
        put_plots(r, group, k, false, b);
        SB_TRY(sb_table_values(s, &s->group[group], k, cx, &t));
        sb_text_table(&t, b);
        if (s->reference == SIZE_MAX || !sb_metric_tested(s->results->metric[k])) continue;
        SB_TRY(sb_table_differences(s, &s->group[group], k, cx, &t));
        sb_text_table(&t, b);
    }
    return SB_OK;
}

sb_status sb_text_tables(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b, "\n## Tables and plots\n\nThe other metrics, and all digits: `tables/aggregates.csv`.\n");
    for (size_t g = 0; g < r->s->groups; g++) SB_TRY(put_metrics(r, g, cx, b));
    sb_buf_add(b, "\n## Costs\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        sb_table t;
        put_plots(r, g, SIZE_MAX, true, b);
        SB_TRY(sb_table_costs(r->s, &r->s->group[g], cx, &t));
        sb_text_table(&t, b);
        SB_TRY(sb_worth_table(r->s, &r->evens, &r->standing[g], cx, &t));
        if (t.rows) sb_text_table(&t, b);
    }
    return SB_OK;
}

sb_status sb_text_chosen(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    if (!e->jaccard && !e->chosen) return SB_OK;
    sb_buf_add(b, "\n## What the methods choose\n\nThe maps are in report.html.\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        if (!sb_report_chosen_here(r->s, g)) continue;
        const size_t setting = sb_report_chosen_setting(&r->s->group[g]);
        sb_table t[3];
        SB_TRY(sb_chosen_places(e, setting, cx, &t[0]));
        SB_TRY(sb_chosen_classes(e, setting, cx, &t[1]));
        SB_TRY(sb_table_overlap(e, setting, cx, &t[2]));
        for (size_t i = 0; i < 3; i++)
            if (t[i].rows) sb_text_table(&t[i], b);
    }
    return SB_OK;
}

/* A fenced block; a fence inside the text cannot end it: the outer one is longer. */
static void put_block(const char *language, const char *text, sb_buf *b)
{
    size_t fence = 3, run = 0;
    for (const char *c = text; *c; c++) {
        run = *c == '`' ? run + 1 : 0;
        if (run >= fence) fence = run + 1;
    }
    for (size_t i = 0; i < fence; i++) sb_buf_put(b, "`", 1);
    sb_buf_add(b, "%s\n%s%s", language, text, *text && text[strlen(text) - 1] != '\n' ? "\n" : "");
    for (size_t i = 0; i < fence; i++) sb_buf_put(b, "`", 1);
    sb_buf_add(b, "\n");
}

sb_status sb_text_origin(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    sb_table t;
    sb_buf_add(b,
               "\n## Replay\n\nEvery value rests on records, listed with their keys in `metrics.tsv` and report.html; "
               "any of them can be run again and compared bit for bit:\n\n");
    const char *const command = sb_str_format(cx->arena, "selbench verify %s --row KEY", r->command);
    if (!command) SB_FAIL(cx->err, SB_ENOMEM, "a command");
    put_block("sh", command, b);
    sb_buf_add(b, "\n## Config and provenance\n");
    SB_TRY(sb_table_methods(e, cx, &t));
    if (t.rows) sb_text_table(&t, b);
    sb_buf_add(b, "\n");
    put_block("yaml", e->config, b);
    sb_buf_add(b, "\n");
    put_block("json", e->provenance, b);
    return SB_OK;
}

/* report.md: the content of report.html for a terminal or a code review: the frame, answer, verdicts, failures. */
#include <string.h>

#include "escape.h"
#include "report_parts.h"
#include "words.h"

static void put_sentence(const sb_sentence *e, sb_buf *b)
{
    static const char *const before[] = {[SB_SAY_LEAD] = "\n",
                                         [SB_SAY_CAUTION] = "\n> ",
                                         [SB_SAY_GROUP] = "\n### ",
                                         [SB_SAY_METRIC] = "\n#### ",
                                         [SB_SAY_SCALE] = "- ",
                                         [SB_SAY_BETTER] = "- **+** ",
                                         [SB_SAY_WORSE] = "- **\xe2\x88\x92** ",
                                         [SB_SAY_UNDECIDED] = "- **\\~** "};
    sb_buf_add(b, "%s", before[e->kind]);
    sb_escape_markdown(b, e->text);
    sb_buf_add(b, e->kind == SB_SAY_METRIC ? "\n\n" : "\n");
}

void sb_text_table(const sb_table *t, sb_buf *b)
{
    sb_buf_add(b, "\n**");
    sb_escape_markdown(b, t->caption);
    sb_buf_add(b, "**\n\n");
    sb_table_markdown(t, b);
}

/* Settings as rows, methods as columns: there are more settings than methods, and text is narrow. */
static sb_status put_matrix(const sb_summary *s, size_t metric, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const r = s->results;
    sb_table t;
    SB_TRY(sb_table_new(r->settings, r->methods + 2, r->metric[metric]->title, cx, &t));
    t.text_columns = 1;
    t.head[0] = "setting";
    t.head[1] = "rows";
    for (size_t k = 0; k < r->methods; k++) t.head[k + 2] = r->method[k].label;
    size_t rows = 0;
    for (size_t g = 0; g < s->groups; g++) {
        if (!sb_table_applies(s, &s->group[g], metric)) continue;
        for (size_t i = 0; i < s->group[g].count; i++) {
            const size_t setting = s->group[g].first + i;
            const char **const row = &t.cell[rows++ * t.columns];
            row[0] = sb_words_group(&s->group[g], cx->arena);
            row[1] = sb_str_format(cx->arena, "%s", sb_words_count(r->setting[setting].m).text);
            if (!row[0] || !row[1]) SB_FAIL(cx->err, SB_ENOMEM, "texts of the verdicts");
            for (size_t k = 0; k < r->methods; k++) {
                const sb_aggregate *const a = sb_summary_at(s, setting, k, metric);
                row[k + 2] = k == s->reference ? ""
                             : a->diff.pairs   ? sb_verdict_mark(a->verdict)
                             : a->failures     ? "\xc3\x97"
                                               : "";
            }
        }
    }
    t.rows = rows;
    if (rows) sb_text_table(&t, b);
    return SB_OK;
}

static sb_status put_failures(const sb_results *r, sb_ctx *cx, sb_buf *b)
{
    sb_table t;
    SB_TRY(sb_table_failures(r, cx, &t));
    if (t.rows) {
        sb_buf_add(b, "\n## Failures and skips\n\n");
        sb_table_markdown(&t, b);
    }
    if (!*r->warnings) return SB_OK;
    sb_buf_add(b, "\n## Warnings\n\n");
    for (const char *line = r->warnings; *line;) {
        const size_t size = strcspn(line, "\n");
        const char *const one = sb_str_copy(cx->arena, line, size);
        if (!one) SB_FAIL(cx->err, SB_ENOMEM, "a warning");
        sb_buf_add(b, "- ");
        sb_escape_markdown(b, one);
        sb_buf_add(b, "\n");
        line += size + (line[size] == '\n');
    }
    return SB_OK;
}

static void put_alarms(const sb_report *r, sb_buf *b)
{
    if (r->alarms) sb_buf_add(b, "\n## Alarms\n\n");
    for (size_t i = 0; i < r->alarms; i++) {
        const sb_alarm_kind kind = r->alarm[i].kind;
        sb_buf_add(b, "- **%s**: ", sb_alarm_words[kind]);
        sb_escape_markdown(b, r->alarm[i].what);
        sb_buf_add(b, ". What to do: ");
        sb_escape_markdown(b, r->alarm[i].advice);
        if (*r->about_alarm[kind]) sb_buf_add(b, " ([more](#about-%s))", sb_alarm_anchors[kind]);
        sb_buf_add(b, ".\n");
    }
    for (size_t k = 0; k < SB_A_COUNT; k++)
        if (sb_report_raises(r, k) && *r->about_alarm[k])
            sb_buf_add(b, "\n### About: %s\n%s\n", sb_alarm_words[k], r->about_alarm[k]);
}

static sb_status put_standings(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b, "\n## The methods ranked: what each needs, costs and gives\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        sb_table t;
        SB_TRY(sb_standing_table(r->s, &r->standing[g], cx, &t));
        if (t.rows) sb_text_table(&t, b);
    }
    return SB_OK;
}

static sb_status put_ranks(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    if (r->rankings) sb_buf_add(b, "\n## Over data sets\n");
    for (size_t i = 0; i < r->rankings; i++) {
        sb_table t;
        SB_TRY(sb_rank_table(r->s, &r->ranking[i], cx, &t));
        if (r->ranking[i].drawn) sb_buf_add(b, "\n![critical-difference diagram](plots/%s.svg)\n", r->ranking[i].stem);
        sb_text_table(&t, b);
    }
    return SB_OK;
}

sb_status sb_report_text(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    sb_buf_add(b, "# ");
    sb_escape_markdown(b, *e->title ? e->title : e->name);
    sb_buf_add(b, "\n\n%zu methods, %zu settings, %zu repeats, %s evaluations.\n", e->methods, e->settings, e->repeats,
               sb_words_count(e->results).text);
    sb_buf_add(b, "\n## The answer\n");
    for (size_t i = 0; i < r->sentences; i++) put_sentence(&r->sentence[i], b);
    put_alarms(r, b);
    SB_TRY(sb_text_claims(r, cx, b));
    SB_TRY(put_standings(r, cx, b));
    sb_buf_add(b,
               "\n## Verdicts\n\n+ better than %s, \xe2\x88\x92 worse, \\~ no difference seen, \xc3\x97 no result.\n",
               e->reference);
    for (size_t k = 0; k < e->metrics; k++)
        if (r->s->primary[k] && sb_metric_tested(e->metric[k]) && r->s->reference != SIZE_MAX)
            SB_TRY(put_matrix(r->s, k, cx, b));
    SB_TRY(put_ranks(r, cx, b));
    SB_TRY(sb_text_tables(r, cx, b));
    SB_TRY(sb_report_variance(r, false, cx, b));
    SB_TRY(sb_text_chosen(r, cx, b));
    SB_TRY(put_failures(e, cx, b));
    SB_TRY(sb_text_origin(r, cx, b));
    if (b->bad) SB_FAIL(cx->err, SB_ENOMEM, "text of report.md");
    return SB_OK;
}

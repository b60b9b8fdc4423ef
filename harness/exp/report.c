#include "report.h"

#include <string.h>

#include "file.h"
#include "numbers.h"
#include "report_parts.h"

static sb_status write_pages(const sb_report *r, sb_ctx *cx)
{
    sb_buf html = {.arena = cx->arena}, text = html, tex = html;
    SB_TRY(sb_report_html(r, cx, &html));
    SB_TRY(sb_table_save(r->run_dir, "report.html", &html, cx));
    SB_TRY(sb_report_text(r, cx, &text));
    SB_TRY(sb_table_save(r->run_dir, "report.md", &text, cx));
    SB_TRY(sb_report_latex(r, cx, &tex));
    return sb_table_save(r->run_dir, "report.tex", &tex, cx);
}

static sb_status make_standings(sb_report *r, sb_ctx *cx)
{
    sb_standing *list = SB_NEW(cx->arena, r->s->groups, sb_standing);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "rankings of %zu settings", r->s->groups);
    for (size_t g = 0; g < r->s->groups; g++) SB_TRY(sb_standing_make(r->s, g, cx, &list[g]));
    r->standing = list;
    return SB_OK;
}

static sb_status write_all(const sb_results *results, const char *run_dir, const sb_report_options *options, sb_ctx *cx)
{
    sb_summary s;
    sb_plot_list plots;
    sb_report r = {.s = &s,
                   .plots = &plots,
                   .run_dir = run_dir,
                   .drawings = options->drawings ? options->drawings : run_dir,
                   .command = options->command ? options->command : run_dir};
    const sb_plot_options drawing = {options->plots, options->gnuplot && options->plots, options->drawings};
    const sb_summary_options how = {options->level, options->alpha, options->effect, options->effects};
    SB_TRY(sb_summary_make(results, &how, cx, &s));
    SB_TRY(sb_tables_write(&s, run_dir, cx));
    SB_TRY(sb_plots_write(&s, run_dir, &drawing, cx, &plots));
    SB_TRY(sb_report_answer(&s, cx, &r.sentence, &r.sentences));
    SB_TRY(make_standings(&r, cx));
    SB_TRY(sb_rank_make(&s, cx, &r.ranking, &r.rankings));
    SB_TRY(sb_rank_write(&s, run_dir, &drawing, r.ranking, r.rankings, cx));
    SB_TRY(sb_break_evens_find(&s, cx, &r.evens));
    SB_TRY(sb_break_evens_write(&s, &r.evens, run_dir, cx));
    SB_TRY(sb_numbers_write(&s, &r.evens, run_dir, cx));
    SB_TRY(sb_variances_find(&s, cx, &r.variances));
    SB_TRY(sb_variances_write(&s, &r.variances, run_dir, cx));
    SB_TRY(sb_alarms_find(&s, cx, &r.alarm, &r.alarms));
    SB_TRY(sb_alarms_write(r.alarm, r.alarms, run_dir, options->alarm_page, cx));
    SB_TRY(sb_alarm_page_read(options->alarm_page, cx, r.about_alarm));
    if (options->alarms) *options->alarms = r.alarms;
    return write_pages(&r, cx);
}

sb_status sb_report_write(const sb_results *r, const char *run_dir, const sb_report_options *options, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const sb_status st = write_all(r, run_dir, options, cx);
    sb_arena_rewind(cx->arena, mark);
    return st == SB_OK ? st : sb_err_in(cx->err, st, "report of '%s'", run_dir);
}

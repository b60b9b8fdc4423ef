/* Rankings into tables, profiles and critical-difference diagrams. */
#include <math.h>
#include <string.h>

#include "escape.h"
#include "file.h"
#include "rank.h"

static double mean_of(const sb_summary *s, size_t setting, size_t method, size_t metric)
{
    return sb_summary_at(s, setting, method, metric)->mean;
}

/* How many times worse than the best of the ranked methods in this setting; NaN where ratios mean nothing. */
static double ratio(const sb_summary *s, const sb_ranking *k, size_t setting, size_t i)
{
    const bool higher = s->results->metric[k->metric]->better == SB_HIGHER;
    double best = NAN;
    for (size_t j = 0; j < k->methods; j++) {
        const double v = mean_of(s, setting, k->method[j], k->metric);
        if (!(v > 0)) return NAN;
        best = isnan(best) || (higher ? v > best : v < best) ? v : best;
    }
    const double own = mean_of(s, setting, k->method[i], k->metric);
    return higher ? best / own : own / best;
}

/* Dolan & More (2002): the share of settings where a method is within tau of the best, at every tau where it steps. */
static void put_profile(const sb_summary *s, const sb_ranking *k, size_t i, double *tau, sb_buf *b)
{
    const char *metric = s->results->metric[k->metric]->name, *label = s->results->method[k->method[i]].label;
    size_t n = 0;
    for (size_t e = 0; e < s->results->settings; e++) {
        const double v = isnan(mean_of(s, e, s->reference, k->metric)) ? (double)NAN : ratio(s, k, e, i);
        if (!isnan(v)) tau[n++] = v;
    }
    sb_stat_sort(tau, n);
    for (size_t j = 0; j < n; j++) {
        if (j + 1 < n && tau[j + 1] == tau[j]) continue;
        sb_buf_add(b, "%s,", metric);
        sb_escape_csv(b, label);
        sb_buf_add(b, ",%.17g,%.17g\n", tau[j], (double)(j + 1) / (double)n);
    }
}

/* Block 1: methods from the top down; block 2: maximal runs of methods within the critical difference. */
static void put_diagram(const sb_summary *s, const sb_ranking *k, sb_buf *b)
{
    for (size_t i = 0; i < k->methods; i++) {
        sb_buf_add(b, "%.9g\t%zu\t\"", k->rank[i], k->methods - i);
        for (const char *c = s->results->method[k->method[i]].label; *c; c++)
            sb_buf_put(b, *c == '"' || *c == '\\' ? "'" : *c == '\t' || *c == '\n' ? " " : c, 1);
        sb_buf_add(b, "\"\n");
    }
    sb_buf_add(b, "\n\n");
    size_t reached = 0;
    for (size_t i = 0; i < k->methods; i++) {
        size_t last = i;
        while (last + 1 < k->methods && k->rank[last + 1] - k->rank[i] < k->test.critical) last++;
        if (last <= reached && i > 0) continue;
        reached = last;
        if (last > i) sb_buf_add(b, "%.9g\t%.9g\t%.9g\n", k->rank[i], k->rank[last], (double)(k->methods - i) - 0.5);
    }
}

static sb_status draw(const sb_summary *s, const char *run_dir, const sb_plot_options *o, sb_ranking *k, sb_ctx *cx)
{
    if (k->sets < 3) return SB_OK;
    sb_buf b = {.arena = cx->arena}, stem = b;
    put_diagram(s, k, &b);
    sb_buf_add(&stem, "ranks-");
    sb_escape_file(&stem, s->results->metric[k->metric]->name);
    const char *folder = sb_file_join(cx->arena, run_dir, "plots"),
               *base = stem.bad || !folder ? NULL : sb_file_join(cx->arena, folder, stem.text),
               *name = stem.bad ? NULL : sb_str_format(cx->arena, "%s.tsv", stem.text), *why = "";
    const char *place = sb_str_format(cx->arena, "over %zu data sets; a bar joins what cannot be told apart", k->sets);
    if (!base || !name || !place) SB_FAIL(cx->err, SB_ENOMEM, "names of a diagram");
    k->stem = stem.text;
    SB_TRY(sb_table_save(folder, name, &b, cx));
    const sb_figure f = {.script = "ranks.gp",
                         .heading = s->results->metric[k->metric]->title,
                         .place = place,
                         .xlabel = "mean rank (1 is best)",
                         .ylabel = "",
                         .xticks = "",
                         .yticks = "",
                         .series = k->methods,
                         .xmin = k->rank[0],
                         .xmax = k->rank[k->methods - 1]};
    k->drawn = o->drawings && sb_plot_taken(o->drawings, k->stem, cx);
    if (!k->drawn)
        k->drawn = o->draw && k->rank[k->methods - 1] > k->rank[0] && sb_plot_draw(&f, base, o->scripts, cx, &why);
    return SB_OK;
}

sb_status sb_rank_write(const sb_summary *s, const char *run_dir, const sb_plot_options *o, sb_ranking *list,
                        size_t count, sb_ctx *cx)
{
    const char *folder = sb_file_join(cx->arena, run_dir, "tables");
    double *tau = SB_NEW(cx->arena, s->results->settings, double);
    sb_buf md = {.arena = cx->arena}, csv = md, profile = md, tex = md;
    if (!folder || !tau) SB_FAIL(cx->err, SB_ENOMEM, "rankings");
    sb_buf_add(&profile, "metric,method,tau,share\n");
    for (size_t i = 0; i < count; i++) {
        sb_table t;
        SB_TRY(sb_rank_table(s, &list[i], cx, &t));
        sb_buf_add(&md, "%s", i ? "\n" : "");
        sb_escape_markdown(&md, t.caption);
        sb_buf_add(&md, "\n\n");
        sb_table_markdown(&t, &md);
        sb_buf_add(&tex, "%s", i ? "\n" : "");
        sb_table_latex(&t, sb_str_format(cx->arena, "ranks-%zu", i + 1), &tex);
        sb_buf lines = {.arena = cx->arena};
        sb_table_csv(&t, &lines);
        const char *body = lines.bad ? NULL : i ? strchr(lines.text, '\n') + 1 : lines.text; /* one head for all */
        if (!body) SB_FAIL(cx->err, SB_ENOMEM, "text of the rankings");
        sb_buf_add(&csv, "%s", body);
        for (size_t j = 0; j < list[i].methods; j++) put_profile(s, &list[i], j, tau, &profile);
        SB_TRY(draw(s, run_dir, o, &list[i], cx));
    }
    if (!count)
        sb_buf_add(&md,
                   "No ranking over data sets: it takes two methods or more that have a value wherever the reference "
                   "has one.\n");
    SB_TRY(sb_table_save(folder, "ranks.md", &md, cx));
    SB_TRY(sb_table_save(folder, "ranks.tex", &tex, cx));
    SB_TRY(sb_table_save(folder, "ranks.csv", &csv, cx));
    return sb_table_save(folder, "profiles.csv", &profile, cx);
}

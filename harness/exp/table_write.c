/* Tables into files: Markdown, CSV, LaTeX. */
#include <math.h>
#include <string.h>

#include "escape.h"
#include "file.h"
#include "table.h"
#include "words.h"

void sb_table_markdown(const sb_table *t, sb_buf *b)
{
    for (size_t i = 0; i < t->columns; i++) {
        sb_buf_add(b, "| ");
        sb_escape_markdown(b, t->head[i]);
        sb_buf_add(b, " ");
    }
    sb_buf_add(b, "|\n");
    for (size_t i = 0; i < t->columns; i++) sb_buf_add(b, i < t->text_columns ? "|---" : "|---:");
    sb_buf_add(b, "|\n");
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        sb_buf_add(b, "| ");
        sb_escape_markdown(b, t->cell[i]);
        sb_buf_add(b, (i + 1) % t->columns ? " " : " |\n");
    }
}

void sb_table_csv(const sb_table *t, sb_buf *b)
{
    for (size_t i = 0; i < t->columns; i++) {
        sb_escape_csv(b, t->head[i]);
        sb_buf_add(b, i + 1 < t->columns ? "," : "\n");
    }
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        sb_escape_csv(b, t->cell[i]);
        sb_buf_add(b, (i + 1) % t->columns ? "," : "\n");
    }
}

void sb_table_latex(const sb_table *t, const char *label, sb_buf *b)
{
    sb_buf_add(b, "%% needs \\usepackage{booktabs,graphicx}\n\\begin{table}\n  \\centering\n  \\caption{");
    sb_escape_latex(b, t->caption);
    sb_buf_add(b,
               "}\n  \\label{tab:%s}\n  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%%\n"
               "  \\begin{tabular}{",
               label);
    for (size_t i = 0; i < t->columns; i++) sb_buf_add(b, i < t->text_columns ? "l" : "r");
    sb_buf_add(b, "}\n    \\toprule\n    ");
    for (size_t i = 0; i < t->columns; i++) {
        sb_escape_latex(b, t->head[i]);
        sb_buf_add(b, i + 1 < t->columns ? " & " : " \\\\\n    \\midrule\n");
    }
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        if (i % t->columns == 0) sb_buf_add(b, "    ");
        if (*t->cell[i] == '[') sb_buf_add(b, "{}"); /* after a row end it would be read as an option */
        sb_escape_latex(b, t->cell[i]);
        sb_buf_add(b, (i + 1) % t->columns ? " & " : " \\\\\n");
    }
    sb_buf_add(b, "    \\bottomrule\n  \\end{tabular}}\n\\end{table}\n");
}

void sb_table_csv_real(sb_buf *b, double v)
{
    if (isnan(v))
        sb_buf_add(b, ",");
    else
        sb_buf_add(b, ",%.17g", v);
}

static void put_line(const sb_summary *s, const sb_aggregate *a, sb_buf *b)
{
    const sb_results *const r = s->results;
    const sb_setting *const e = &r->setting[a->setting];
    const char *const text[] = {e->data, e->embedding, e->model, e->budget};
    for (size_t i = 0; i < 4; i++) {
        sb_escape_csv(b, text[i]);
        sb_buf_add(b, ",");
    }
    sb_buf_add(b, "%zu,", e->m);
    sb_escape_csv(b, r->method[a->method].label);
    sb_buf_add(b, ",%d,%s,%zu,%zu,%zu", r->method[a->method].anchor, r->metric[a->metric]->name, a->repeats, a->missing,
               a->failures);
    const double value[] = {a->mean,           a->sd,        a->mean_ci.low, a->mean_ci.high,
                            a->boot.low,       a->boot.high, a->median,      a->median_ci.low,
                            a->median_ci.high, a->min,       a->max};
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) sb_table_csv_real(b, value[i]);
    sb_buf_add(b, ",%zu,%zu,%zu,%zu", a->diff.pairs, a->diff.above, a->diff.equal, a->diff.below);
    const double diff[] = {a->diff.mean,   a->diff.ci.low, a->diff.ci.high, a->diff_boot.low, a->diff_boot.high,
                           a->diff.median, a->diff.effect, a->diff.p,       a->p_adjusted};
    for (size_t i = 0; i < sizeof diff / sizeof *diff; i++) sb_table_csv_real(b, diff[i]);
    sb_buf_add(b, ",%s", sb_verdict_text(a->verdict));
    sb_table_csv_real(b, a->interest);
    if (a->needed && a->needed != SIZE_MAX)
        sb_buf_add(b, ",%zu\n", a->needed);
    else
        sb_buf_add(b, ",\n");
}

static const char columns[] =
    "data,embedding,model,budget,m,method,anchor,metric,repeats,missing,failures,mean,sd,mean_low,mean_high,boot_low,"
    "boot_high,median,median_low,median_high,min,max,pairs,above,equal,below,diff,diff_low,diff_high,diff_boot_low,"
    "diff_boot_high,diff_median,effect,p,p_adjusted,verdict,interest,repeats_needed\n";

void sb_table_aggregates_csv(const sb_summary *s, const sb_group *g, size_t metric, sb_buf *b)
{
    const sb_results *const r = s->results;
    const size_t first = g ? g->first : 0, end = g ? g->first + g->count : r->settings;
    sb_buf_add(b, "%s", columns);
    for (size_t i = first * r->methods * r->metrics; i < end * r->methods * r->metrics; i++) {
        const sb_aggregate *const a = &s->cell[i];
        if ((a->repeats || a->failures) && (metric == SIZE_MAX || a->metric == metric)) put_line(s, a, b);
    }
}

sb_status sb_table_save(const char *folder, const char *name, const sb_buf *b, sb_ctx *cx)
{
    const char *const path = sb_file_join(cx->arena, folder, name);
    if (b->bad || !path) SB_FAIL(cx->err, SB_ENOMEM, "text of '%s/%s'", folder, name);
    return sb_file_write(path, b->text ? b->text : "", b->size, cx);
}

static const char *stem(const sb_summary *s, const sb_group *g, size_t metric, sb_arena *a)
{
    sb_buf b = {.arena = a};
    const char *const part[] = {g->data, g->embedding, g->model,
                                metric == SIZE_MAX ? "" : s->results->metric[metric]->name};
    for (size_t i = 0; i < 4; i++) {
        sb_escape_file(&b, part[i]);
        if (i < 3 && *part[i + 1]) sb_buf_put(&b, "-", 1);
    }
    return b.bad ? NULL : b.text;
}

const char *sb_table_stem(const sb_summary *s, const sb_group *g, size_t metric, sb_arena *a)
{
    const char *const own = stem(s, g, metric, a);
    if (!own) return NULL;
    size_t before = 0;
    for (const sb_group *other = s->group; other < g; other++) {
        const size_t mark = sb_arena_mark(a);
        const char *const name = stem(s, other, metric, a);
        if (!name) return NULL;
        before += strcmp(name, own) == 0;
        sb_arena_rewind(a, mark);
    }
    return before ? sb_str_format(a, "%s.%zu", own, before + 1) : own;
}

sb_status sb_table_append(const sb_summary *s, const sb_group *g, size_t metric, const char *what, const sb_table *t,
                          sb_buf *md, sb_buf *tex, sb_ctx *cx)
{
    const char *name = sb_table_stem(s, g, metric, cx->arena),
               *label = name ? sb_str_format(cx->arena, "%s-%s", name, what) : NULL;
    if (!label) SB_FAIL(cx->err, SB_ENOMEM, "label of a table");
    sb_buf_add(md, "%s", md->size ? "\n" : "");
    sb_escape_markdown(md, t->caption);
    sb_buf_add(md, "\n\n");
    sb_table_markdown(t, md);
    sb_buf_add(tex, "%s", tex->size ? "\n" : "");
    sb_table_latex(t, label, tex);
    return SB_OK;
}

static sb_status write_metric(const sb_summary *s, const sb_group *g, size_t metric, const char *folder, sb_ctx *cx)
{
    sb_table value, difference;
    SB_TRY(sb_table_values(s, g, metric, cx, &value));
    SB_TRY(sb_table_differences(s, g, metric, cx, &difference));
    const char *const name = sb_table_stem(s, g, metric, cx->arena);
    if (!name) SB_FAIL(cx->err, SB_ENOMEM, "name of a table");
    const bool compared = s->reference != SIZE_MAX && sb_metric_tested(s->results->metric[metric]);
    sb_buf md = {.arena = cx->arena}, csv = md, tex = md;
    sb_escape_markdown(&md, value.caption);
    sb_buf_add(&md, "\n\n");
    sb_table_markdown(&value, &md);
    sb_table_aggregates_csv(s, g, metric, &csv);
    sb_table_latex(&value, name, &tex);
    if (compared) {
        sb_buf_add(&md, "\n");
        sb_escape_markdown(&md, difference.caption);
        sb_buf_add(&md, "\n\n");
        sb_table_markdown(&difference, &md);
        sb_buf_add(&tex, "\n");
        sb_table_latex(&difference, sb_str_format(cx->arena, "%s-difference", name), &tex);
    }
    const struct {
        const char *end;
        const sb_buf *text;
    } file[] = {{"md", &md}, {"csv", &csv}, {"tex", &tex}};
    for (size_t i = 0; i < 3; i++) {
        const char *const full = sb_str_format(cx->arena, "%s.%s", name, file[i].end);
        if (!full) SB_FAIL(cx->err, SB_ENOMEM, "name of a table");
        SB_TRY(sb_table_save(folder, full, file[i].text, cx));
    }
    return SB_OK;
}

static sb_status write_all(const sb_summary *s, const char *folder, sb_ctx *cx)
{
    sb_buf all = {.arena = cx->arena}, md = all, csv = all, tex = all;
    sb_table_aggregates_csv(s, NULL, SIZE_MAX, &all);
    SB_TRY(sb_table_save(folder, "aggregates.csv", &all, cx));
    sb_table failed;
    SB_TRY(sb_table_failures(s->results, cx, &failed));
    sb_table_markdown(&failed, &md);
    sb_table_csv(&failed, &csv);
    if (failed.rows) sb_table_latex(&failed, "failures", &tex);
    SB_TRY(sb_table_save(folder, "failures.md", &md, cx));
    SB_TRY(sb_table_save(folder, "failures.tex", &tex, cx));
    return sb_table_save(folder, "failures.csv", &csv, cx);
}

sb_status sb_tables_write(const sb_summary *s, const char *run_dir, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const char *const folder = sb_file_join(cx->arena, run_dir, "tables");
    if (!folder) SB_FAIL(cx->err, SB_ENOMEM, "folder name '%s/tables'", run_dir);
    SB_TRY(sb_file_mkdirs(folder, cx));
    SB_TRY(write_all(s, folder, cx));
    for (size_t i = 0; i < s->groups; i++)
        for (size_t k = 0; k < s->results->metrics; k++) {
            if (!s->primary[k] || !sb_table_applies(s, &s->group[i], k)) continue;
            const size_t here = sb_arena_mark(cx->arena);
            SB_TRY(write_metric(s, &s->group[i], k, folder, cx));
            sb_arena_rewind(cx->arena, here);
        }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

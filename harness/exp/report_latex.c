/* report.tex: the content of report.md as a LaTeX document that takes in the files of tables/. */
#include <string.h>

#include "chosen.h"
#include "escape.h"
#include "report_parts.h"
#include "words.h"

static const char opening[] =
    "% Compile in the run's folder: pdflatex report.tex\n\\documentclass{article}\n"
    "\\usepackage[T1]{fontenc}\n\\usepackage{booktabs,graphicx}\n\\usepackage[landscape,margin=15mm]{geometry}\n"
    "\\setcounter{topnumber}{9}\\setcounter{totalnumber}{9}\\renewcommand{\\topfraction}{1}\n"
    "\\input{tables/numbers.tex}\n\\begin{document}\n";

static void put_element(sb_buf *b, const char *before, const char *text, const char *after)
{
    sb_buf_add(b, "%s", before);
    sb_escape_latex(b, text);
    sb_buf_add(b, "%s", after);
}

static void put_answer(const sb_report *r, sb_buf *b)
{
    static const char *const before[] = {[SB_SAY_LEAD] = "\n",
                                         [SB_SAY_CAUTION] = "\n\\textbf{Caution.} ",
                                         [SB_SAY_GROUP] = "\n\\subsection*{",
                                         [SB_SAY_METRIC] = "\n\\paragraph{",
                                         [SB_SAY_SCALE] = "\n",
                                         [SB_SAY_BETTER] = "\n$+$ ",
                                         [SB_SAY_WORSE] = "\n$-$ ",
                                         [SB_SAY_UNDECIDED] = "\n$\\sim$ "};
    sb_buf_add(b, "\\section*{The answer}\n");
    for (size_t i = 0; i < r->sentences; i++) {
        const bool heading = r->sentence[i].kind == SB_SAY_GROUP || r->sentence[i].kind == SB_SAY_METRIC;
        put_element(b, before[r->sentence[i].kind], r->sentence[i].text, heading ? "}\n" : "\n");
    }
}

static void put_alarms(const sb_report *r, sb_buf *b)
{
    if (!r->alarms) return;
    sb_buf_add(b, "\\section*{Alarms}\n\\begin{itemize}\n");
    for (size_t i = 0; i < r->alarms; i++) {
        put_element(b, "\\item \\textbf{", sb_alarm_words[r->alarm[i].kind], "}: ");
        sb_escape_latex(b, r->alarm[i].what);
        put_element(b, ". What to do: ", r->alarm[i].advice, ".\n");
    }
    sb_buf_add(b, "\\end{itemize}\n");
}

/* A table that has no file of its own; group and what: its label. */
static sb_status put_table(const sb_report *r, size_t group, const char *what, const sb_table *t, sb_ctx *cx, sb_buf *b)
{
    if (!t->rows) return SB_OK;
    const char *stem = sb_table_stem(r->s, &r->s->group[group], SIZE_MAX, cx->arena),
               *label = stem ? sb_str_format(cx->arena, "%s-%s", stem, what) : NULL;
    if (!label) SB_FAIL(cx->err, SB_ENOMEM, "label of a table");
    sb_table_latex(t, label, b);
    return SB_OK;
}

static sb_status put_standings(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b, "\\section*{The methods ranked: what each needs, costs and gives}\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        sb_table t;
        SB_TRY(sb_standing_table(r->s, &r->standing[g], cx, &t));
        SB_TRY(put_table(r, g, "ranked", &t, cx, b));
    }
    return SB_OK;
}

static sb_status put_costs(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b, "\\clearpage\n\\section*{Costs}\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        sb_table t;
        SB_TRY(sb_table_costs(r->s, &r->s->group[g], cx, &t));
        SB_TRY(put_table(r, g, "costs", &t, cx, b));
        SB_TRY(sb_worth_table(r->s, &r->evens, &r->standing[g], cx, &t));
        SB_TRY(put_table(r, g, "worth", &t, cx, b));
    }
    return SB_OK;
}

static sb_status put_chosen(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const e = r->s->results;
    if (!e->jaccard && !e->chosen) return SB_OK;
    sb_buf_add(b, "\\clearpage\n\\section*{What the methods choose}\n");
    for (size_t g = 0; g < r->s->groups; g++) {
        const size_t setting = sb_report_chosen_setting(&r->s->group[g]);
        sb_table t;
        if (!sb_report_chosen_here(r->s, g)) continue;
        SB_TRY(sb_chosen_places(e, setting, cx, &t));
        SB_TRY(put_table(r, g, "places", &t, cx, b));
        SB_TRY(sb_chosen_classes(e, setting, cx, &t));
        SB_TRY(put_table(r, g, "classes", &t, cx, b));
        SB_TRY(sb_table_overlap(e, setting, cx, &t));
        SB_TRY(put_table(r, g, "overlap", &t, cx, b));
    }
    return SB_OK;
}

/* The files that sb_tables_write and its like have written. */
static sb_status take_in_tables(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    sb_buf_add(b, "\\clearpage\n\\section*{Tables}\n");
    for (size_t g = 0; g < r->s->groups; g++)
        for (size_t k = 0; k < r->s->results->metrics; k++) {
            if (!r->s->primary[k] || !sb_table_applies(r->s, &r->s->group[g], k)) continue;
            const char *stem = sb_table_stem(r->s, &r->s->group[g], k, cx->arena);
            if (!stem) SB_FAIL(cx->err, SB_ENOMEM, "name of a table");
            sb_buf_add(b, "\\input{tables/%s.tex}\n", stem);
        }
    sb_buf_add(b, "\\clearpage\n\\input{tables/ranks.tex}\n\\clearpage\n\\input{tables/break-even.tex}\n");
    if (r->variances.count) sb_buf_add(b, "\\clearpage\n\\input{tables/variance.tex}\n");
    sb_buf_add(b, "\\clearpage\n\\input{tables/failures.tex}\n");
    return SB_OK;
}

sb_status sb_report_latex(const sb_report *r, sb_ctx *cx, sb_buf *b)
{
    const sb_results *e = r->s->results;
    sb_buf_add(b, "%s", opening);
    put_element(b, "\\title{", *e->title ? e->title : e->name, "}\\date{}\n\\maketitle\n");
    sb_buf_add(b,
               "\\selbench{run/methods} methods, \\selbench{run/settings} settings, \\selbench{run/repeats} repeats, "
               "\\selbench{run/evaluations} evaluations.\n");
    put_answer(r, b);
    put_alarms(r, b);
    SB_TRY(put_standings(r, cx, b));
    SB_TRY(take_in_tables(r, cx, b));
    SB_TRY(put_costs(r, cx, b));
    SB_TRY(put_chosen(r, cx, b));
    put_element(b, "\\end{document}\n% replay a row: selbench verify ", r->command, " --row KEY\n");
    if (b->bad) SB_FAIL(cx->err, SB_ENOMEM, "text of report.tex");
    return SB_OK;
}

#include "numbers.h"

#include <math.h>
#include <string.h>

#include "escape.h"
#include "file.h"
#include "words.h"

typedef struct numbering {
    const sb_summary *s;
    const sb_break_evens *evens;
    const char **method; /* the part of a key for each method */
    const char *stem, *rows;
    sb_buf b;
} numbering;

static const char head[] =
    "% Every number of the tables: \\input this file, then \\selbench{KEY}. Made by selbench; do not edit.\n"
    "\\providecommand\\selbench[1]{\\ifcsname selbench:#1\\endcsname\\csname selbench:#1\\endcsname\\else\n"
    "  \\errmessage{selbench has no number '#1'}\\fi}\n"
    "\\providecommand\\selbenchdef[2]{\\expandafter\\gdef\\csname selbench:#1\\endcsname{#2}}\n";

/* The nth text as part of a key, after those before it: a second one of that name gets .2. NULL: no memory. */
static const char *part(const char *const *before, size_t n, const char *text, sb_arena *a)
{
    sb_buf b = {.arena = a};
    size_t same = 1;
    sb_buf_add(&b, "%s", "");
    sb_escape_file(&b, text);
    if (b.bad) return NULL;
    const size_t size = b.size;
    for (size_t i = 0; i < n; i++) {
        const char *dot = strncmp(before[i], b.text, size) == 0 ? before[i] + size : NULL;
        same += dot && (*dot == '\0' || (*dot == '.' && strspn(dot + 1, "0123456789") == strlen(dot + 1)));
    }
    if (same > 1) sb_buf_add(&b, ".%zu", same);
    return b.bad ? NULL : b.text;
}

static void define(numbering *n, const sb_aggregate *a, const char *what, const char *text)
{
    if (!*text) return;
    sb_buf_add(&n->b, "\\selbenchdef{%s/%s/%s/", n->stem, n->rows, n->method[a->method]);
    sb_escape_file(&n->b, n->s->results->metric[a->metric]->name);
    sb_buf_add(&n->b, "/%s}{", what);
    sb_escape_latex(&n->b, text);
    sb_buf_add(&n->b, "}\n");
}

static void define_end(numbering *n, const sb_aggregate *a, const char *what, double v, int digits)
{
    if (!isnan(v)) define(n, a, what, sb_words_number(v, digits).text);
}

static void define_difference(numbering *n, const sb_aggregate *a)
{
    const sb_metric *m = n->s->results->metric[a->metric];
    const int digits = sb_words_change_digits(m, &a->diff);
    if (!a->diff.pairs) return;
    define(n, a, "difference", sb_words_change(m, a->diff.mean, digits).text);
    if (!isnan(a->diff.ci.low)) {
        define(n, a, "difference-low", sb_words_change(m, a->diff.ci.low, digits).text);
        define(n, a, "difference-high", sb_words_change(m, a->diff.ci.high, digits).text);
    }
    if (!isnan(a->p_adjusted)) define(n, a, "p", sb_words_p(a->p_adjusted).text);
    if (a->verdict != SB_V_NONE) define(n, a, "verdict", sb_verdict_text(a->verdict));
    for (size_t i = 0; i < n->evens->count; i++) {
        const sb_break_even *e = &n->evens->list[i];
        if (e->setting == a->setting && e->method == a->method && e->metric == a->metric)
            define(n, a, "break-even", sb_break_even_rows(e, e->m).text);
    }
}

static void define_cell(numbering *n, const sb_aggregate *a)
{
    const int digits = sb_words_mean_digits(a->mean, a->mean_ci);
    if (!a->repeats) return;
    define_end(n, a, "mean", a->mean, digits);
    define_end(n, a, "low", a->mean_ci.low, digits);
    define_end(n, a, "high", a->mean_ci.high, digits);
    define_end(n, a, "median", a->median, digits);
    define(n, a, "repeats", sb_words_count(a->repeats).text);
    define_difference(n, a);
}

static sb_status define_group(numbering *n, const sb_group *g, sb_ctx *cx)
{
    const sb_results *r = n->s->results;
    const char **rows = SB_NEW(cx->arena, g->count, const char *);
    n->stem = sb_table_stem(n->s, g, SIZE_MAX, cx->arena);
    if (!rows || !n->stem) SB_FAIL(cx->err, SB_ENOMEM, "keys of numbers");
    for (size_t i = 0; i < g->count; i++) {
        const char *text = sb_str_format(cx->arena, "%zu", r->setting[g->first + i].m);
        rows[i] = text ? part(rows, i, text, cx->arena) : NULL;
        if (!rows[i]) SB_FAIL(cx->err, SB_ENOMEM, "keys of numbers");
        n->rows = rows[i];
        for (size_t k = 0; k < r->methods; k++)
            for (size_t j = 0; j < r->metrics; j++)
                if (n->s->primary[j]) define_cell(n, sb_summary_at(n->s, g->first + i, k, j));
    }
    return SB_OK;
}

static void define_run(numbering *n)
{
    const sb_results *r = n->s->results;
    const struct {
        const char *key;
        size_t count;
    } counts[] = {{"methods", r->methods},
                  {"settings", r->settings},
                  {"repeats", r->repeats},
                  {"evaluations", r->results},
                  {"comparisons", n->s->comparisons}};
    sb_buf_add(&n->b, "\\selbenchdef{run/reference}{");
    sb_escape_latex(&n->b, r->reference);
    sb_buf_add(&n->b, "}\n\\selbenchdef{run/alpha}{%g}\n\\selbenchdef{run/level}{%g}\n", n->s->alpha, n->s->level);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        sb_buf_add(&n->b, "\\selbenchdef{run/%s}{%s}\n", counts[i].key, sb_words_count(counts[i].count).text);
}

sb_status sb_numbers_write(const sb_summary *s, const sb_break_evens *evens, const char *run_dir, sb_ctx *cx)
{
    const sb_results *r = s->results;
    const char *folder = sb_file_join(cx->arena, run_dir, "tables");
    numbering n = {
        .s = s, .evens = evens, .method = SB_NEW(cx->arena, r->methods, const char *), .b = {.arena = cx->arena}};
    if (!folder || !n.method) SB_FAIL(cx->err, SB_ENOMEM, "keys of numbers");
    for (size_t i = 0; i < r->methods; i++) {
        n.method[i] = part(n.method, i, r->method[i].label, cx->arena);
        if (!n.method[i]) SB_FAIL(cx->err, SB_ENOMEM, "keys of numbers");
    }
    sb_buf_add(&n.b, "%s", head);
    define_run(&n);
    for (size_t g = 0; g < s->groups; g++) SB_TRY(define_group(&n, &s->group[g], cx));
    return sb_table_save(folder, "numbers.tex", &n.b, cx);
}

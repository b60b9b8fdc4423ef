/* Break-evens as tables. */
#include <math.h>
#include <string.h>

#include "breakeven.h"
#include "escape.h"
#include "file.h"

sb_words sb_break_even_rows(const sb_break_even *e, double m)
{
    sb_words w = sb_words_count(m == 0 ? e->least : isinf(m) ? e->most : (size_t)rint(m));
    if (m != 0 && isfinite(m)) return w;
    memmove(w.text + 1, w.text, SB_WORDS - 1);
    w.text[SB_WORDS - 1] = '\0';
    *w.text = m == 0 ? '<' : '>';
    return w;
}

const char *sb_break_even_text(const sb_break_even *e, sb_arena *a)
{
    const sb_words m = sb_break_even_rows(e, e->m), low = sb_break_even_rows(e, e->ci.low),
                   high = sb_break_even_rows(e, e->ci.high);
    const bool point = strcmp(low.text, m.text) == 0 && strcmp(high.text, m.text) == 0;
    if (isnan(e->ci.low) || point) return sb_str_format(a, "%s", m.text);
    return sb_str_format(a, "%s [%s to %s]", m.text, low.text, high.text);
}

static bool is_here(const sb_summary *s, const sb_break_even *e, const sb_group *g, size_t metric)
{
    return &s->group[e->group] == g && e->metric == metric;
}

sb_status sb_break_evens_table(const sb_summary *s, const sb_break_evens *b, const sb_group *g, size_t metric,
                               sb_ctx *cx, sb_table *out)
{
    const sb_results *r = s->results;
    size_t methods = 0, last = SIZE_MAX;
    for (size_t i = 0; i < b->count; i++) {
        if (!is_here(s, &b->list[i], g, metric)) continue;
        methods += b->list[i].method != last;
        last = b->list[i].method;
    }
    const char *where = sb_words_group(g, cx->arena);
    const char *caption =
        sb_str_format(cx->arena, "%s on %s: rows that %s needs for the same mean [%g%% interval], by budget in rows",
                      r->metric[metric]->title, where ? where : "", r->reference, 100 * s->level);
    SB_TRY(sb_table_new(methods, g->count + 1, caption, cx, out));
    bool bad = !where;
    out->head[0] = "method";
    for (size_t i = 0; i < g->count; i++) {
        out->head[i + 1] = sb_str_format(cx->arena, "%s", sb_words_count(r->setting[g->first + i].m).text);
        bad |= !out->head[i + 1];
    }
    size_t row = SIZE_MAX;
    last = SIZE_MAX;
    for (size_t i = 0; i < b->count; i++) {
        const sb_break_even *e = &b->list[i];
        if (!is_here(s, e, g, metric)) continue;
        row += e->method != last; /* from SIZE_MAX to 0 */
        last = e->method;
        const char **cell = &out->cell[row * out->columns];
        cell[0] = r->method[e->method].label;
        cell[1 + e->setting - g->first] = sb_break_even_text(e, cx->arena);
        bad |= !cell[1 + e->setting - g->first];
    }
    if (bad) SB_FAIL(cx->err, SB_ENOMEM, "texts of break-evens");
    return SB_OK;
}

static void put_line(const sb_summary *s, const sb_break_even *e, sb_buf *b)
{
    const sb_setting *x = &s->results->setting[e->setting];
    const char *const text[] = {x->data, x->embedding, x->model, x->budget};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        sb_escape_csv(b, text[i]);
        sb_buf_add(b, ",");
    }
    sb_buf_add(b, "%zu,", x->m);
    sb_escape_csv(b, s->results->method[e->method].label);
    sb_buf_add(b, ",%s,%zu", s->results->metric[e->metric]->name, e->repeats);
    sb_table_csv_real(b, e->m);
    sb_table_csv_real(b, e->ci.low);
    sb_table_csv_real(b, e->ci.high);
    sb_buf_add(b, ",%zu,%zu\n", e->least, e->most);
}

sb_status sb_break_evens_write(const sb_summary *s, const sb_break_evens *b, const char *run_dir, sb_ctx *cx)
{
    const char *folder = sb_file_join(cx->arena, run_dir, "tables");
    sb_buf md = {.arena = cx->arena}, csv = md, tex = md;
    if (!folder) SB_FAIL(cx->err, SB_ENOMEM, "folder of the tables");
    sb_buf_add(&csv, "data,embedding,model,budget,m,method,metric,repeats,rows,low,high,least,most\n");
    for (size_t i = 0; i < b->count; i++) put_line(s, &b->list[i], &csv);
    for (size_t g = 0; g < s->groups; g++)
        for (size_t k = 0; k < s->results->metrics; k++) {
            sb_table t;
            SB_TRY(sb_break_evens_table(s, b, &s->group[g], k, cx, &t));
            if (t.rows) SB_TRY(sb_table_append(s, &s->group[g], k, "break-even", &t, &md, &tex, cx));
        }
    if (!b->count)
        sb_buf_add(&md,
                   "No break-even: it takes a method beside the reference, and the reference at two budgets, or at "
                   "one and a method `full`.\n");
    SB_TRY(sb_table_save(folder, "break-even.md", &md, cx));
    SB_TRY(sb_table_save(folder, "break-even.csv", &csv, cx));
    return sb_table_save(folder, "break-even.tex", &tex, cx);
}

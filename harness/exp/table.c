#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

sb_status sb_table_new(size_t rows, size_t columns, const char *caption, sb_ctx *cx, sb_table *out)
{
    sb_table t = {.caption = caption, .rows = rows, .columns = columns, .text_columns = 1};
    t.head = SB_NEW(cx->arena, columns, const char *);
    t.cell = SB_NEW(cx->arena, rows * columns, const char *);
    t.value = SB_NEW(cx->arena, rows * columns, double);
    if (!t.head || !t.cell || !t.value || !caption)
        SB_FAIL(cx->err, SB_ENOMEM, "table of %zu x %zu texts", rows, columns);
    for (size_t i = 0; i < columns; i++) t.head[i] = "";
    for (size_t i = 0; i < rows * columns; i++) {
        t.cell[i] = "";
        t.value[i] = (double)NAN;
    }
    *out = t;
    return SB_OK;
}

/* Some text of the table could not be had. */
static sb_status checked(const sb_table *t, sb_ctx *cx)
{
    bool bad = false;
    for (size_t i = 0; i < t->columns; i++) bad |= !t->head[i];
    for (size_t i = 0; i < t->rows * t->columns; i++) bad |= !t->cell[i];
    if (bad) SB_FAIL(cx->err, SB_ENOMEM, "texts of a table of %zu x %zu", t->rows, t->columns);
    return SB_OK;
}

bool sb_table_applies(const sb_summary *s, const sb_group *g, size_t metric)
{
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; k < s->results->methods; k++)
            if (sb_summary_at(s, g->first + i, k, metric)->repeats) return true;
    return false;
}

static const char *value_text(const sb_summary *s, const sb_aggregate *a, sb_arena *arena)
{
    (void)s;
    if (a->repeats == 0) return a->failures ? "failed" : "n/a";
    const int digits = sb_words_mean_digits(a->mean, a->mean_ci);
    const sb_words mean = sb_words_number(a->mean, digits), median = sb_words_number(a->median, digits);
    const sb_words ci = sb_words_interval(a->mean_ci, digits);
    return sb_str_format(arena, *ci.text ? "%s [%s] (%s)%s" : "%s%s (%s)%s", mean.text, ci.text, median.text,
                         a->failures ? " !" : "");
}

static const char *difference_text(const sb_summary *s, const sb_aggregate *a, sb_arena *arena)
{
    if (a->method == s->reference) return "reference";
    if (a->diff.pairs == 0) return a->failures ? "failed" : "n/a";
    const sb_metric *const m = s->results->metric[a->metric];
    const int digits = sb_words_change_digits(m, &a->diff);
    const sb_words d = sb_words_change(m, a->diff.mean, digits), p = sb_words_p(a->p_adjusted);
    const sb_words ci = sb_words_change_interval(m, a->diff.ci, digits);
    if (!*ci.text) return sb_str_format(arena, "%s", d.text);
    if (isnan(a->p_adjusted)) return sb_str_format(arena, "%s [%s]", d.text, ci.text);
    const char *const relation = *p.text == '<' ? "p " : "p = ";
    const char *const mark = sb_verdict_mark(a->verdict);
    /* an interval without 0 says which way already: what it lacks is repeats for the corrected test, not for the effect
     */
    const bool open = a->diff.ci.low <= 0 && a->diff.ci.high >= 0;
    if (a->verdict != SB_V_UNDECIDED || !open || !a->needed || a->needed == SIZE_MAX)
        return sb_str_format(arena, "%s [%s] %s%s %s", d.text, ci.text, relation, p.text, mark);
    return sb_str_format(arena, "%s [%s] %s%s %s n %s", d.text, ci.text, relation, p.text, mark,
                         sb_words_count(a->needed).text);
}

static const char *budget_head(const sb_setting *e, sb_arena *arena)
{
    const sb_words rows = sb_words_count(e->m);
    const char *const m = sb_str_format(arena, "%zu", e->m);
    if (!m) return NULL;
    if (strcmp(m, e->budget) == 0) return sb_str_format(arena, "%s", rows.text);
    return sb_str_format(arena, "%s = %s", e->budget, rows.text);
}

bool sb_table_tried(const sb_summary *s, const sb_group *g, size_t metric, size_t method)
{
    for (size_t i = 0; i < g->count; i++) {
        const sb_aggregate *const a = sb_summary_at(s, g->first + i, method, metric);
        if (a->repeats || a->failures || a->missing) return true;
    }
    return false;
}

/* Methods tried in this group, in the config's order. */
static sb_status methods_tried(const sb_summary *s, const sb_group *g, size_t metric, sb_ctx *cx, size_t **list,
                               size_t *count)
{
    *count = 0;
    *list = SB_NEW(cx->arena, s->results->methods, size_t);
    if (!*list) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu methods", s->results->methods);
    for (size_t k = 0; k < s->results->methods; k++)
        if (sb_table_tried(s, g, metric, k)) (*list)[(*count)++] = k;
    return SB_OK;
}

typedef const char *(*cell_text)(const sb_summary *s, const sb_aggregate *a, sb_arena *arena);

/* Methods as rows, budgets as columns. */
static sb_status grid(const sb_summary *s, const sb_group *g, size_t metric, const char *caption, cell_text text,
                      sb_ctx *cx, sb_table *t)
{
    size_t *method = NULL, count = 0;
    SB_TRY(methods_tried(s, g, metric, cx, &method, &count));
    SB_TRY(sb_table_new(count, g->count + 1, caption, cx, t));
    t->head[0] = "method";
    for (size_t i = 0; i < g->count; i++) t->head[i + 1] = budget_head(&s->results->setting[g->first + i], cx->arena);
    for (size_t k = 0; k < t->rows; k++) {
        t->cell[k * t->columns] = s->results->method[method[k]].label;
        for (size_t i = 0; i < g->count; i++)
            t->cell[k * t->columns + i + 1] = text(s, sb_summary_at(s, g->first + i, method[k], metric), cx->arena);
    }
    return checked(t, cx);
}

sb_status sb_table_values(const sb_summary *s, const sb_group *g, size_t metric, sb_ctx *cx, sb_table *out)
{
    const sb_metric *const m = s->results->metric[metric];
    const char *const where = sb_words_group(g, cx->arena);
    const char *const caption = sb_str_format(cx->arena, "%s on %s: mean [%g%% interval] (median) by budget in rows%s",
                                              m->title, where ? where : "", 100 * s->level,
                                              m->better == SB_HIGHER  ? "; higher is better"
                                              : m->better == SB_LOWER ? "; lower is better"
                                                                      : "");
    return grid(s, g, metric, caption, value_text, cx, out);
}

sb_status sb_table_differences(const sb_summary *s, const sb_group *g, size_t metric, sb_ctx *cx, sb_table *out)
{
    const sb_metric *const m = s->results->metric[metric];
    const char *const where = sb_words_group(g, cx->arena);
    const char *const caption = sb_str_format(
        cx->arena,
        "%s on %s: paired difference to %s%s [%g%% interval], adjusted p, verdict; n: repeats that would show the "
        "smallest effect of interest",
        m->title, where ? where : "", s->results->reference, sb_words_in_points(m) ? " in points" : "", 100 * s->level);
    return grid(s, g, metric, caption, difference_text, cx, out);
}

static int by_failure(const void *a, const void *b)
{
    const sb_result *x = *(const sb_result *const *)a, *y = *(const sb_result *const *)b;
    int c = strcmp(x->status, y->status);
    if (c == 0 && x->method != y->method) c = x->method < y->method ? -1 : 1;
    if (c == 0) c = strcmp(x->reason, y->reason);
    return c ? c : (x > y) - (x < y); /* results lie in one array, in their order */
}

typedef struct kind {
    const sb_result *first;
    size_t count;
} kind;

static int by_count(const void *a, const void *b)
{
    const kind *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static size_t count_kinds(const sb_result *const *list, size_t n, kind *out)
{
    size_t kinds = 0;
    for (size_t i = 0; i < n; i++) {
        const sb_result *const e = list[i], *const last = kinds ? out[kinds - 1].first : NULL;
        const bool same = last && strcmp(e->status, last->status) == 0 && e->method == last->method &&
                          strcmp(e->reason, last->reason) == 0;
        if (!same) out[kinds++] = (kind){.first = e};
        out[kinds - 1].count++;
    }
    if (kinds) qsort(out, kinds, sizeof *out, by_count);
    return kinds;
}

sb_status sb_table_failures(const sb_results *r, sb_ctx *cx, sb_table *out)
{
    const sb_result **list = SB_NEW(cx->arena, r->results, const sb_result *);
    kind *kinds = SB_NEW(cx->arena, r->results, kind);
    if (!list || !kinds) SB_FAIL(cx->err, SB_ENOMEM, "list of failures among %zu results", r->results);
    size_t n = 0;
    for (size_t i = 0; i < r->results; i++)
        if (strcmp(r->result[i].status, "ok") != 0) list[n++] = &r->result[i];
    if (n) qsort(list, n, sizeof *list, by_failure);
    const size_t count = count_kinds(list, n, kinds);
    SB_TRY(sb_table_new(count, 6, "evaluations without a result", cx, out));
    static const char *const head[] = {"status", "method", "reason", "first where", "first key", "count"};
    memcpy(out->head, head, sizeof head);
    out->text_columns = 5;
    for (size_t i = 0; i < count; i++) {
        const sb_result *const e = kinds[i].first;
        const sb_setting *const at = &r->setting[e->setting];
        const sb_group g = {.data = at->data, .embedding = at->embedding, .model = at->model};
        const char *const where = sb_words_group(&g, cx->arena);
        const char **const row = &out->cell[6 * i];
        row[0] = e->status;
        row[1] = r->method[e->method].label;
        row[2] = e->reason;
        row[3] = where ? sb_str_format(cx->arena, "%s, budget %s, repeat %u", where, at->budget, e->rep) : NULL;
        row[4] = e->key;
        row[5] = sb_str_format(cx->arena, "%zu", kinds[i].count);
    }
    return checked(out, cx);
}

sb_status sb_table_overlap(const sb_results *r, size_t setting, sb_ctx *cx, sb_table *out)
{
    size_t *const method = SB_NEW(cx->arena, r->methods, size_t), k = 0;
    const sb_setting *const e = &r->setting[setting];
    if (!method) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu methods", r->methods);
    for (size_t i = 0; r->jaccard && i < r->methods; i++) /* NaN with itself: not tried here, or without a subset */
        if (!isnan(r->jaccard[(setting * r->methods + i) * r->methods + i])) method[k++] = i;
    SB_TRY(sb_table_new(k, k + 1,
                        sb_str_format(cx->arena,
                                      "overlap of the chosen rows (Jaccard, mean over repeats): %s, %s, %zu rows",
                                      e->data, e->embedding, e->m),
                        cx, out));
    out->head[0] = "method";
    for (size_t i = 0; i < k; i++) {
        out->head[i + 1] = r->method[method[i]].label;
        out->cell[i * (k + 1)] = r->method[method[i]].label;
        for (size_t j = 0; j < k; j++) {
            const double v = r->jaccard[(setting * r->methods + method[i]) * r->methods + method[j]];
            out->cell[i * (k + 1) + j + 1] = sb_str_format(cx->arena, "%s", sb_words_number(v, 2).text);
            out->value[i * (k + 1) + j + 1] = v;
        }
    }
    return checked(out, cx);
}

static const char *cost_text(const sb_summary *s, const sb_group *g, size_t metric, size_t method, sb_arena *a,
                             double *sort)
{
    const char *const unit = s->results->metric[metric]->unit;
    const double low = sb_summary_at(s, g->first, method, metric)->mean;
    const double high = sb_summary_at(s, g->first + g->count - 1, method, metric)->mean;
    const sb_words from = sb_words_value(low, unit), to = sb_words_value(high, unit);
    *sort = high;
    if (isnan(low) && isnan(high)) return "";
    const bool one = strcmp(from.text, to.text) == 0;
    return sb_str_format(a, one ? "%s" : "%s \xe2\x86\x92 %s", from.text, to.text);
}

sb_status sb_table_costs(const sb_summary *s, const sb_group *g, sb_ctx *cx, sb_table *out)
{
    const sb_results *const r = s->results;
    size_t *method = NULL, rows = 0, *cost = SB_NEW(cx->arena, r->metrics, size_t), costs = 0;
    if (!cost) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu metrics", r->metrics);
    if (r->metrics) SB_TRY(methods_tried(s, g, 0, cx, &method, &rows));
    for (size_t k = 0; k < r->metrics; k++)
        if (r->metric[k]->group == SB_M_COST && sb_table_applies(s, g, k)) cost[costs++] = k;
    const char *const where = sb_words_group(g, cx->arena);
    const char *const caption =
        sb_str_format(cx->arena, "%s: mean cost at the smallest \xe2\x86\x92 the largest budget", where ? where : "");
    SB_TRY(sb_table_new(rows, costs + 1, where ? caption : NULL, cx, out));
    out->head[0] = "method";
    for (size_t j = 0; j < costs; j++) out->head[j + 1] = r->metric[cost[j]]->title;
    for (size_t i = 0; i < rows; i++) {
        const size_t at = i * out->columns;
        out->cell[at] = r->method[method[i]].label;
        for (size_t j = 1; j <= costs; j++)
            out->cell[at + j] = cost_text(s, g, cost[j - 1], method[i], cx->arena, &out->value[at + j]);
    }
    return checked(out, cx);
}

sb_status sb_table_methods(const sb_results *r, sb_ctx *cx, sb_table *out)
{
    SB_TRY(sb_table_new(r->methods, 3, "methods and their resolved options", cx, out));
    out->text_columns = 3;
    out->head[0] = "label";
    out->head[1] = "method";
    out->head[2] = "options";
    for (size_t k = 0; k < r->methods; k++) {
        const sb_method_label *const m = &r->method[k];
        out->cell[3 * k] = m->label;
        out->cell[3 * k + 1] = m->name;
        out->cell[3 * k + 2] = m->anchor ? sb_str_format(cx->arena, "%s (anchor)", m->options) : m->options;
    }
    return checked(out, cx);
}

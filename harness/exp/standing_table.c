/* A ranking as a table: what each method needs to see, what it costs, what it gives. */
#include <math.h>
#include <string.h>

#include "standing.h"
#include "words.h"

enum { METHOD, NEEDS, RANK, SECONDS, QUERIES, VALUE, CHANGE, BUDGETS, COLUMNS };

static const char *copied(sb_arena *a, sb_words w) { return sb_str_format(a, "%s", w.text); }

static double mean_of(const sb_summary *s, size_t setting, size_t method, const char *metric)
{
    for (size_t k = 0; k < s->results->metrics; k++)
        if (strcmp(s->results->metric[k]->name, metric) == 0) return sb_summary_at(s, setting, method, k)->mean;
    return (double)NAN;
}

/* "labels 10,000, probs 300"; *sum: all of them. */
static const char *queries(const sb_summary *s, size_t setting, size_t method, sb_arena *a, double *sum)
{
    sb_buf b = {.arena = a};
    bool known = false;
    *sum = 0;
    for (size_t k = 0; k < s->results->metrics; k++) {
        const sb_metric *const m = s->results->metric[k];
        const double v = sb_summary_at(s, setting, method, k)->mean;
        if (strcmp(m->unit, "queries") != 0 || isnan(v)) continue;
        known = true;
        if (v <= 0) continue;
        *sum += v;
        sb_buf_add(&b, "%s%s %s", b.size ? ", " : "", m->name, sb_words_count((size_t)(v + 0.5)).text);
    }
    if (!known) *sum = (double)NAN;
    return b.bad ? NULL : b.size ? b.text : known ? "none" : "";
}

/* What it needs, and why it has no result where it has none: "labels; skipped: needs classes". */
static const char *needs_text(const sb_summary *s, const sb_group *g, size_t method, sb_arena *a)
{
    const sb_results *const r = s->results;
    const sb_result *first = NULL;
    size_t none = 0, all = 0;
    for (size_t i = g->first; i < g->first + g->count; i++) {
        const sb_slice *const c = &s->slice[i * r->methods + method];
        for (size_t j = c->first; j < c->first + c->count; j++, all++) {
            if (strcmp(r->result[j].status, "ok") == 0) continue;
            if (!none++) first = &r->result[j];
        }
    }
    const char *const needs = r->method[method].needs ? r->method[method].needs : "";
    const char *const parted = *needs && none ? "; " : "", *const colon = none && *first->reason ? ": " : "";
    if (!none) return needs;
    if (none == all) return sb_str_format(a, "%s%s%s%s%s", needs, parted, first->status, colon, first->reason);
    return sb_str_format(a, "%s%s%zu of %zu %s%s%s", needs, parted, none, all, first->status, colon, first->reason);
}

static const char *rank_text(const sb_summary *s, const sb_standing *k, size_t i, sb_arena *a)
{
    if (s->results->method[k->method[i]].anchor) return "anchor";
    if (isnan(k->rank[i])) return "no rank";
    const sb_words ci = sb_words_interval(k->ci[i], 1);
    return sb_str_format(a, *ci.text ? "%.1f (%s)" : "%.1f", k->rank[i], ci.text);
}

static const char *value_text(const sb_aggregate *v, sb_arena *a)
{
    if (!v->repeats) return v->failures ? "no result" : "";
    const int digits = sb_words_mean_digits(v->mean, v->mean_ci);
    const sb_words ci = sb_words_interval(v->mean_ci, digits);
    return sb_str_format(a, *ci.text ? "%s (%s)" : "%s", sb_words_number(v->mean, digits).text, ci.text);
}

static const char *change_text(const sb_summary *s, const sb_aggregate *v, sb_arena *a)
{
    const sb_metric *const m = s->results->metric[v->metric];
    if (v->method == s->reference) return "reference";
    if (!v->diff.pairs) return "";
    const int digits = sb_words_change_digits(m, &v->diff);
    const sb_words ci = sb_words_change_interval(m, v->diff.ci, digits);
    return sb_str_format(a, *ci.text ? "%s %s (%s)" : "%s %s", sb_words_change(m, v->diff.mean, digits).text,
                         v->verdict == SB_V_NONE ? "" : sb_verdict_text(v->verdict), ci.text);
}

static const char *budgets_text(const sb_summary *s, const sb_standing *k, size_t method, sb_arena *a)
{
    const sb_group *const g = &s->group[k->group];
    size_t n[4] = {0};
    for (size_t i = 0; i < g->count; i++) n[sb_summary_at(s, g->first + i, method, k->metric)->verdict]++;
    if (method == s->reference || !(n[SB_V_BETTER] + n[SB_V_UNDECIDED] + n[SB_V_WORSE])) return "";
    return sb_str_format(a, "%zu / %zu / %zu", n[SB_V_BETTER], n[SB_V_UNDECIDED], n[SB_V_WORSE]);
}

static sb_status put_row(const sb_summary *s, const sb_standing *k, size_t i, sb_ctx *cx, const char **cell,
                         double *value)
{
    const sb_group *const g = &s->group[k->group];
    const size_t m = k->method[i], last = g->first + g->count - 1;
    const sb_aggregate *const v = sb_summary_at(s, last, m, k->metric);
    const double prepare = mean_of(s, last, m, "prepare_s"), select = mean_of(s, last, m, "select_s");
    const double seconds = isnan(prepare) ? select : prepare + select;
    cell[METHOD] = s->results->method[m].label;
    cell[NEEDS] = needs_text(s, g, m, cx->arena);
    cell[RANK] = rank_text(s, k, i, cx->arena);
    value[RANK] = k->rank[i];
    cell[SECONDS] = isnan(seconds) ? "" : copied(cx->arena, sb_words_value(seconds, "s"));
    value[SECONDS] = seconds;
    cell[QUERIES] = queries(s, last, m, cx->arena, &value[QUERIES]);
    cell[VALUE] = value_text(v, cx->arena);
    value[VALUE] = v->mean;
    cell[CHANGE] = change_text(s, v, cx->arena);
    value[CHANGE] = v->diff.pairs ? v->diff.mean : (double)NAN;
    cell[BUDGETS] = budgets_text(s, k, m, cx->arena);
    for (size_t j = 0; j < COLUMNS; j++)
        if (!cell[j]) SB_FAIL(cx->err, SB_ENOMEM, "texts of a ranking");
    return SB_OK;
}

sb_status sb_standing_table(const sb_summary *s, const sb_standing *k, sb_ctx *cx, sb_table *out)
{
    if (k->metric == SIZE_MAX) return sb_table_new(0, 1, "", cx, out);
    const sb_metric *const m = s->results->metric[k->metric];
    const sb_group *const g = &s->group[k->group];
    const char *const where = sb_words_group(g, cx->arena);
    const sb_words rows = sb_words_count(s->results->setting[g->first + g->count - 1].m);
    const char *const caption =
        sb_str_format(cx->arena,
                      "%s on %s: mean rank over %zu budget%s and %zu repeat%s (1 is best of %zu; %g%% interval over "
                      "repeats); the next "
                      "four columns at %s rows",
                      m->title, where ? where : "", g->count, g->count == 1 ? "" : "s", k->repeats,
                      k->repeats == 1 ? "" : "s", k->ranked, 100 * s->level, rows.text);
    SB_TRY(sb_table_new(k->methods, COLUMNS, where ? caption : NULL, cx, out));
    out->text_columns = 2;
    const char *const head[COLUMNS] = {
        "method",
        "needs to see",
        "rank",
        "time to prepare and select",
        "queries",
        m->name,
        sb_str_format(cx->arena, "against %s%s", s->results->reference, sb_words_in_points(m) ? " [points]" : ""),
        "budgets + / ~ / \xe2\x88\x92"};
    memcpy(out->head, head, sizeof head);
    if (!head[CHANGE]) SB_FAIL(cx->err, SB_ENOMEM, "heads of a ranking");
    for (size_t i = 0; i < k->methods; i++)
        SB_TRY(put_row(s, k, i, cx, &out->cell[i * COLUMNS], &out->value[i * COLUMNS]));
    return SB_OK;
}

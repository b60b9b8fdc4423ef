#include "standing.h"

#include <math.h>
#include <string.h>

#include "words.h"

static size_t main_metric(const sb_summary *s, const sb_group *g)
{
    size_t found = SIZE_MAX;
    for (size_t k = 0; k < s->results->metrics; k++) {
        const sb_metric *const m = s->results->metric[k];
        if (!s->primary[k] || !sb_metric_tested(m) || !sb_table_applies(s, g, k)) continue;
        if (found == SIZE_MAX) found = k;
        if (m->group == SB_M_TEST) return k;
    }
    return found;
}

/* value: budgets x methods x repeats, NaN where there is none. */
typedef struct values {
    const sb_group *g;
    size_t methods, repeats;
    double *value;
} values;

static double *at(const values *v, size_t budget, size_t method, size_t rep)
{
    return &v->value[(budget * v->methods + method) * v->repeats + rep];
}

static sb_status gather(const sb_summary *s, const sb_group *g, size_t metric, sb_ctx *cx, values *v)
{
    const sb_results *const r = s->results;
    *v = (values){g, r->methods, r->repeats, NULL};
    const size_t n = g->count * r->methods * r->repeats;
    v->value = SB_NEW(cx->arena, n, double);
    if (!v->value) SB_FAIL(cx->err, SB_ENOMEM, "ranks of %zu methods", r->methods);
    for (size_t i = 0; i < n; i++) v->value[i] = (double)NAN;
    for (size_t i = 0; i < r->results; i++) {
        const sb_result *const e = &r->result[i];
        if (e->setting < g->first || e->setting >= g->first + g->count || e->rep >= r->repeats) continue;
        if (e->value && strcmp(e->status, "ok") == 0)
            *at(v, e->setting - g->first, e->method, e->rep) = e->value[metric];
    }
    return SB_OK;
}

/* Budgets at which the reference has the metric in any repeat. */
static bool counts(const sb_summary *s, const values *v, size_t budget)
{
    for (size_t rep = 0; rep < v->repeats; rep++)
        if (!isnan(*at(v, budget, s->reference, rep))) return true;
    return false;
}

static bool whole(const sb_summary *s, const values *v, size_t method, size_t rep)
{
    for (size_t i = 0; i < v->g->count; i++)
        if (counts(s, v, i) && isnan(*at(v, i, method, rep))) return false;
    return true;
}

static bool can_rank(const sb_summary *s, const values *v, size_t method)
{
    if (s->results->method[method].anchor) return false;
    for (size_t rep = 0; rep < v->repeats; rep++)
        if (whole(s, v, s->reference, rep) && !whole(s, v, method, rep)) return false;
    return true;
}

/* Mean rank of method i of the list over the budgets of one repeat. */
static double rank_in(const sb_summary *s, const sb_standing *k, const values *v, size_t i, size_t rep)
{
    const bool higher = s->results->metric[k->metric]->better == SB_HIGHER;
    double sum = 0;
    size_t n = 0;
    for (size_t b = 0; b < v->g->count; b++) {
        if (!counts(s, v, b)) continue;
        const double own = *at(v, b, k->method[i], rep);
        double rank = 0.5;
        for (size_t j = 0; j < k->ranked; j++) {
            const double other = *at(v, b, k->method[j], rep);
            rank += other == own ? 0.5 : (other > own) == higher;
        }
        sum += rank;
        n++;
    }
    return sum / (double)n;
}

static void sort(sb_standing *k)
{
    for (size_t i = 1; i < k->ranked; i++)
        for (size_t j = i; j > 0 && k->rank[j] < k->rank[j - 1]; j--) {
            const size_t m = k->method[j];
            const double r = k->rank[j];
            const sb_interval c = k->ci[j];
            k->method[j] = k->method[j - 1];
            k->rank[j] = k->rank[j - 1];
            k->ci[j] = k->ci[j - 1];
            k->method[j - 1] = m;
            k->rank[j - 1] = r;
            k->ci[j - 1] = c;
        }
}

static sb_status rank_all(const sb_summary *s, const values *v, sb_ctx *cx, sb_standing *k)
{
    double *own = SB_NEW(cx->arena, v->repeats, double);
    if (!own) SB_FAIL(cx->err, SB_ENOMEM, "ranks over %zu repeats", v->repeats);
    for (size_t i = 0; i < k->ranked; i++) {
        k->repeats = 0;
        for (size_t rep = 0; rep < v->repeats; rep++)
            if (whole(s, v, s->reference, rep)) own[k->repeats++] = rank_in(s, k, v, i, rep);
        const sb_interval ci = sb_stat_mean_interval(own, k->repeats, s->level);
        k->rank[i] = sb_stat_mean(own, k->repeats);
        k->ci[i] =
            (sb_interval){ci.low < 1 ? 1 : ci.low, ci.high > (double)k->ranked ? (double)k->ranked : ci.high, ci.level};
    }
    sort(k);
    return SB_OK;
}

sb_status sb_standing_make(const sb_summary *s, size_t group, sb_ctx *cx, sb_standing *out)
{
    const sb_group *const g = &s->group[group];
    const size_t methods = s->results->methods;
    sb_standing k = {.group = group, .metric = main_metric(s, g)};
    if (k.metric == SIZE_MAX) {
        *out = k;
        return SB_OK;
    }
    k.method = SB_NEW(cx->arena, methods, size_t);
    k.rank = SB_NEW(cx->arena, methods, double);
    k.ci = SB_NEW(cx->arena, methods, sb_interval);
    if (!k.method || !k.rank || !k.ci) SB_FAIL(cx->err, SB_ENOMEM, "ranks of %zu methods", methods);
    values v;
    SB_TRY(gather(s, g, k.metric, cx, &v));
    for (unsigned pass = 0; pass < 2; pass++)
        for (size_t m = 0; m < methods; m++) {
            if (!sb_table_tried(s, g, k.metric, m)) continue;
            const bool ranks = s->reference != SIZE_MAX && can_rank(s, &v, m);
            if (ranks != (pass == 0)) continue;
            k.rank[k.methods] = (double)NAN;
            k.method[k.methods++] = m;
            k.ranked += ranks;
        }
    SB_TRY(rank_all(s, &v, cx, &k));
    *out = k;
    return SB_OK;
}

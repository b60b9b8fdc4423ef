#include "breakeven.h"

#include <math.h>
#include <string.h>

/* One group and metric. */
typedef struct curve {
    const sb_summary *s;
    const sb_group *g;
    size_t metric;
    const double **reference; /* per budget: values of the repeats used */
    const unsigned *rep;      /* the repeats used */
    size_t repeats;
    size_t points;     /* of the curve: budgets, and all rows if full_at */
    double *x, *y;     /* log rows; the curve's values, larger is better, not decreasing */
    double *weight;    /* scratch of the fit */
    size_t most;       /* rows of the last point */
    double full_value; /* NaN: no such point */
    bool logged, higher;
} curve;

static double value_at(const sb_summary *s, size_t setting, size_t method, unsigned rep, size_t metric)
{
    const sb_result *r = sb_summary_result(s, setting, method, rep);
    return r && r->value && strcmp(r->status, "ok") == 0 ? r->value[metric] : (double)NAN;
}

/* Larger is better, on the scale of the fit. */
static double scaled(const curve *c, double v)
{
    const double u = c->logged ? log(v) : v;
    return c->higher ? u : -u;
}

/* Pool adjacent violators: y becomes the closest sequence that does not decrease (least squares). */
static void make_monotone(double *y, double *weight, size_t n)
{
    size_t blocks = 0;
    for (size_t i = 0; i < n; i++) { /* y[0..blocks) and weight hold the means and sizes of the blocks so far */
        y[blocks] = y[i];
        weight[blocks++] = 1;
        for (; blocks > 1 && !(y[blocks - 2] <= y[blocks - 1]); blocks--) {
            const double w = weight[blocks - 2] + weight[blocks - 1];
            y[blocks - 2] += (y[blocks - 1] - y[blocks - 2]) * (weight[blocks - 1] / w);
            weight[blocks - 2] = w;
        }
    }
    for (size_t at = n; blocks-- > 0;)
        for (double left = weight[blocks]; left > 0.5; left--) y[--at] = y[blocks];
}

static double crossing(const curve *c, double v)
{
    if (isnan(v)) return NAN;
    if (v < c->y[0]) return 0;
    for (size_t j = 0; j < c->points; j++) {
        if (!(c->y[j] >= v)) continue;
        if (j == 0 || !isfinite(c->y[j])) return exp(c->x[j]);
        return exp(c->x[j - 1] + (c->x[j] - c->x[j - 1]) * ((v - c->y[j - 1]) / (c->y[j] - c->y[j - 1])));
    }
    return INFINITY;
}

/* Mean of the repeats at pick (NULL: all in order). */
static double mean_of(const double *v, const size_t *pick, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[pick ? pick[i] : i];
    return sum / (double)n;
}

static void fit(curve *c, const size_t *pick)
{
    for (size_t i = 0; i < c->points; i++)
        c->y[i] = scaled(c, i < c->g->count ? mean_of(c->reference[i], pick, c->repeats) : c->full_value);
    make_monotone(c->y, c->weight, c->points);
}

/* The values of one method at one budget in the repeats used; false where one is not there. */
static bool read_values(const curve *c, size_t budget, size_t method, double *v)
{
    for (size_t i = 0; i < c->repeats; i++) {
        v[i] = value_at(c->s, c->g->first + budget, method, c->rep[i], c->metric);
        if (isnan(v[i])) return false;
    }
    return true;
}

/* The point of all rows: what the method `full` reached. */
static void add_full(curve *c)
{
    const sb_results *r = c->s->results;
    size_t distinct = SIZE_MAX;
    c->full_value = NAN;
    for (size_t k = 0; k < r->metrics; k++)
        if (strcmp(r->metric[k]->name, "distinct") == 0) distinct = k;
    for (size_t m = 0; distinct != SIZE_MAX && m < r->methods; m++) {
        if (!r->method[m].anchor || strcmp(r->method[m].name, "full") != 0) continue;
        const double rows = sb_summary_at(c->s, c->g->first, m, distinct)->mean,
                     v = sb_summary_at(c->s, c->g->first, m, c->metric)->mean;
        if (!(rows > (double)c->most) || isnan(v) || (c->logged && !(v > 0))) continue;
        c->full_value = v;
        c->most = (size_t)rows;
        c->x[c->points++] = log(rows);
        return;
    }
}

static sb_status allocate(curve *c, sb_ctx *cx, unsigned **rep)
{
    const size_t budgets = c->g->count;
    c->x = SB_NEW(cx->arena, budgets + 1, double);
    c->y = SB_NEW(cx->arena, budgets + 1, double);
    c->weight = SB_NEW(cx->arena, budgets + 1, double);
    c->reference = SB_NEW(cx->arena, budgets, const double *);
    *rep = SB_NEW(cx->arena, c->s->results->repeats, unsigned);
    if (!c->x || !c->y || !c->weight || !c->reference || !*rep)
        SB_FAIL(cx->err, SB_ENOMEM, "curve of %zu budgets", budgets);
    return SB_OK;
}

/* points 0: no curve here. */
static sb_status make_curve(curve *c, sb_ctx *cx)
{
    const sb_results *r = c->s->results;
    unsigned *rep = NULL;
    SB_TRY(allocate(c, cx, &rep));
    for (unsigned i = 0; i < r->repeats; i++) {
        bool whole = true;
        for (size_t b = 0; whole && b < c->g->count; b++)
            whole = !isnan(value_at(c->s, c->g->first + b, c->s->reference, i, c->metric));
        if (whole) rep[c->repeats++] = i;
    }
    c->rep = rep;
    c->higher = r->metric[c->metric]->better == SB_HIGHER;
    c->logged = r->metric[c->metric]->log_scale;
    if (!c->repeats) return SB_OK;
    for (size_t b = 0; b < c->g->count; b++) {
        double *v = SB_NEW(cx->arena, c->repeats, double);
        if (!v) SB_FAIL(cx->err, SB_ENOMEM, "values of %zu repeats", c->repeats);
        (void)read_values(c, b, c->s->reference, v);
        c->reference[b] = v;
        c->logged = c->logged && mean_of(v, NULL, c->repeats) > 0;
        c->most = r->setting[c->g->first + b].m;
        c->x[b] = log((double)c->most);
    }
    c->points = c->g->count;
    add_full(c);
    if (c->points < 2) c->points = 0;
    return SB_OK;
}

typedef struct finding {
    sb_break_even *list;
    size_t n;
} finding;

/* The order statistic nearest to p: ends of the range are no numbers to interpolate. */
static double nearest(const double *sorted, size_t n, double p) { return sorted[(size_t)(p * (double)(n - 1) + 0.5)]; }

/* Intervals of the entries that were just added, cells[i] their values. */
static sb_status add_intervals(curve *c, sb_break_even *e, double *const *cell, size_t n, sb_ctx *cx)
{
    enum { B = SB_BREAK_EVEN_BOOT };
    if (c->repeats < 2 || !n) return SB_OK;
    double *at = SB_NEW(cx->arena, n * B, double);
    size_t *pick = SB_NEW(cx->arena, c->repeats, size_t);
    if (!at || !pick) SB_FAIL(cx->err, SB_ENOMEM, "%d resamples of %zu break-evens", B, n);
    sb_rng r = sb_ctx_stream(cx, "breakeven");
    for (size_t b = 0; b < B; b++) {
        for (size_t i = 0; i < c->repeats; i++) pick[i] = sb_rng_below(&r, c->repeats);
        fit(c, pick);
        for (size_t i = 0; i < n; i++) at[i * B + b] = crossing(c, scaled(c, mean_of(cell[i], pick, c->repeats)));
    }
    const double tail = (1 - c->s->level) / 2;
    for (size_t i = 0; i < n; i++) {
        sb_stat_sort(at + i * B, B);
        e[i].ci = (sb_interval){nearest(at + i * B, B, tail), nearest(at + i * B, B, 1 - tail), c->s->level};
    }
    return SB_OK;
}

static sb_status find_here(const sb_summary *s, size_t group, size_t metric, finding *f, sb_ctx *cx)
{
    const sb_results *r = s->results;
    curve c = {.s = s, .g = &s->group[group], .metric = metric};
    SB_TRY(make_curve(&c, cx));
    if (!c.points) return SB_OK;
    double **cell = SB_NEW(cx->arena, r->methods * c.g->count, double *);
    if (!cell) SB_FAIL(cx->err, SB_ENOMEM, "cells of a group");
    fit(&c, NULL);
    const size_t first = f->n;
    for (size_t m = 0; m < r->methods; m++)
        for (size_t b = 0; m != s->reference && !r->method[m].anchor && b < c.g->count; b++) {
            double *v = SB_NEW(cx->arena, c.repeats, double);
            if (!v) SB_FAIL(cx->err, SB_ENOMEM, "values of %zu repeats", c.repeats);
            if (!read_values(&c, b, m, v)) continue;
            cell[f->n - first] = v;
            f->list[f->n++] = (sb_break_even){.setting = c.g->first + b,
                                              .method = m,
                                              .metric = metric,
                                              .group = group,
                                              .repeats = c.repeats,
                                              .m = crossing(&c, scaled(&c, mean_of(v, NULL, c.repeats))),
                                              .ci = {NAN, NAN, s->level},
                                              .least = r->setting[c.g->first].m,
                                              .most = c.most};
        }
    return add_intervals(&c, f->list + first, cell, f->n - first, cx);
}

sb_status sb_break_evens_find(const sb_summary *s, sb_ctx *cx, sb_break_evens *out)
{
    const sb_results *r = s->results;
    finding f = {0};
    *out = (sb_break_evens){0};
    if (s->reference == SIZE_MAX) return SB_OK;
    f.list = SB_NEW(cx->arena, r->settings * r->methods * s->primaries, sb_break_even);
    if (!f.list) SB_FAIL(cx->err, SB_ENOMEM, "break-evens of %zu settings", r->settings);
    for (size_t g = 0; g < s->groups; g++)
        for (size_t k = 0; k < r->metrics; k++) {
            if (!s->primary[k] || !sb_metric_tested(r->metric[k])) continue;
            const size_t mark = sb_arena_mark(cx->arena);
            SB_TRY(find_here(s, g, k, &f, cx));
            sb_arena_rewind(cx->arena, mark);
        }
    *out = (sb_break_evens){f.list, f.n};
    return SB_OK;
}

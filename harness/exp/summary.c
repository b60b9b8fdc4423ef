#include "summary.h"

#include <math.h>
#include <string.h>

const char *sb_verdict_text(sb_verdict v)
{
    switch (v) {
    case SB_V_UNDECIDED: return "undecided";
    case SB_V_BETTER: return "better";
    case SB_V_WORSE: return "worse";
    case SB_V_NONE: break;
    }
    return "not applicable";
}

bool sb_metric_tested(const sb_metric *m)
{
    return m->better != SB_NEITHER && !m->noisy && m->group != SB_M_COST && m->group != SB_M_FIT;
}

const sb_aggregate *sb_summary_at(const sb_summary *s, size_t setting, size_t method, size_t metric)
{
    return &s->cell[(setting * s->results->methods + method) * s->results->metrics + metric];
}

const sb_result *sb_summary_result(const sb_summary *s, size_t setting, size_t method, unsigned rep)
{
    const sb_slice at = s->slice[setting * s->results->methods + method];
    for (size_t i = 0; i < at.count; i++)
        if (s->results->result[at.first + i].rep == rep) return &s->results->result[at.first + i];
    return NULL;
}

/* -1, 0, 1 by setting, method, rep */
static int order(const sb_result *a, const sb_result *b)
{
    if (a->setting != b->setting) return a->setting < b->setting ? -1 : 1;
    if (a->method != b->method) return a->method < b->method ? -1 : 1;
    return (a->rep > b->rep) - (a->rep < b->rep);
}

static sb_status slices(const sb_results *r, sb_ctx *cx, sb_slice **out)
{
    sb_slice *s = SB_NEW(cx->arena, r->settings * r->methods, sb_slice);
    if (!s) SB_FAIL(cx->err, SB_ENOMEM, "index of %zu x %zu results", r->settings, r->methods);
    for (size_t i = 0; i < r->results; i++) {
        const sb_result *const e = &r->result[i];
        if (e->setting >= r->settings || e->method >= r->methods)
            SB_FAIL(cx->err, SB_EARG, "result %zu is of setting %zu, method %zu, beyond %zu and %zu", i, e->setting,
                    e->method, r->settings, r->methods);
        if (i && order(e - 1, e) >= 0) SB_FAIL(cx->err, SB_EARG, "result %zu is not sorted after the one before it", i);
        sb_slice *const at = &s[e->setting * r->methods + e->method];
        if (at->count++ == 0) at->first = i;
    }
    *out = s;
    return SB_OK;
}

static bool is_ok(const sb_result *e) { return strcmp(e->status, "ok") == 0 && e->value; }
static double value_of(const sb_result *e, size_t metric) { return is_ok(e) ? e->value[metric] : (double)NAN; }

/* Location and spread of one aggregate; x: room for at.count values. */
static void describe(const sb_results *r, sb_slice at, size_t metric, double level, double *x, sb_aggregate *a)
{
    for (size_t i = 0; i < at.count; i++) {
        const sb_result *const e = &r->result[at.first + i];
        const double v = value_of(e, metric);
        if (!is_ok(e))
            a->failures++;
        else if (isnan(v))
            a->missing++;
        else
            x[a->repeats++] = v;
    }
    a->mean = sb_stat_mean(x, a->repeats);
    a->sd = sb_stat_sd(x, a->repeats);
    a->mean_ci = sb_stat_mean_interval(x, a->repeats, level);
    sb_stat_sort(x, a->repeats);
    a->median = sb_stat_quantile(x, a->repeats, 0.5);
    a->min = sb_stat_quantile(x, a->repeats, 0);
    a->max = sb_stat_quantile(x, a->repeats, 1);
    a->median_ci = sb_stat_median_interval(x, a->repeats, level);
}

/* Values of the repeats that both slices have, in x and y (room for a.count each). */
static size_t match(const sb_results *r, sb_slice a, sb_slice b, size_t metric, double *x, double *y)
{
    size_t n = 0;
    for (size_t i = 0, j = 0; i < a.count && j < b.count;) {
        const sb_result *const e = &r->result[a.first + i], *const f = &r->result[b.first + j];
        if (e->rep == f->rep) {
            x[n] = value_of(e, metric);
            y[n++] = value_of(f, metric);
        }
        i += e->rep <= f->rep;
        j += f->rep <= e->rep;
    }
    return n;
}

/* Scratch of one aggregate after another. */
typedef struct filling {
    double *x, *y;
    uint32_t *pick; /* the resamples of lists of `drawn` values */
    size_t drawn;
} filling;

static sb_status bootstrap(const sb_summary *s, filling *f, const double *x, size_t n, sb_ctx *cx, sb_interval *out)
{
    if (n && f->drawn != n) sb_stat_resample(f->drawn = n, cx, f->pick);
    return sb_stat_bootstrap_from(x, n, f->pick, s->level, cx, out);
}

static sb_status fill_one(sb_summary *s, filling *f, sb_ctx *cx, sb_aggregate *a)
{
    const sb_results *const r = s->results;
    const sb_slice *const at = &s->slice[a->setting * r->methods];
    const bool shown = s->primary[a->metric] || sb_metric_tested(r->metric[a->metric]);
    const bool compared = s->reference < r->methods && a->method != s->reference;
    describe(r, at[a->method], a->metric, s->level, f->x, a);
    if (shown) SB_TRY(bootstrap(s, f, f->x, a->repeats, cx, &a->boot));
    const size_t n = compared ? match(r, at[a->method], at[s->reference], a->metric, f->x, f->y) : 0;
    SB_TRY(sb_stat_pair(f->x, f->y, n, s->level, cx, &a->diff));
    for (size_t i = 0; i < n; i++) f->x[i] = f->x[i] == f->y[i] ? 0 : f->x[i] - f->y[i];
    if (shown && compared) SB_TRY(bootstrap(s, f, f->x, sb_stat_keep(f->x, n, f->x), cx, &a->diff_boot));
    return SB_OK;
}

static sb_status fill(sb_summary *s, filling *f, sb_ctx *cx)
{
    const sb_results *const r = s->results;
    const sb_interval none = {NAN, NAN, NAN};
    sb_aggregate *a = s->cell;
    for (size_t setting = 0; setting < r->settings; setting++)
        for (size_t method = 0; method < r->methods; method++)
            for (size_t metric = 0; metric < r->metrics; metric++, a++) {
                *a = (sb_aggregate){.setting = setting,
                                    .method = method,
                                    .metric = metric,
                                    .boot = none,
                                    .diff_boot = none,
                                    .interest = NAN,
                                    .p_adjusted = NAN};
                SB_TRY(fill_one(s, f, cx, a));
            }
    return SB_OK;
}

/* What it would take to see the smallest effect of interest, where nothing was seen. */
static void plan_repeats(sb_summary *s, const sb_summary_options *o)
{
    const sb_results *const r = s->results;
    for (size_t i = 0; i < r->settings * r->methods * r->metrics; i++) {
        sb_aggregate *const a = &s->cell[i];
        if (!a->diff.pairs) continue;
        const double base = sb_summary_at(s, a->setting, s->reference, a->metric)->mean;
        a->interest = sb_metric_effect(r->metric[a->metric], base, o ? o->effect : NULL, o ? o->effects : 0);
        if (a->verdict == SB_V_UNDECIDED) a->needed = sb_stat_repeats_needed(a->diff.sd, a->interest, s->alpha, 0.8);
    }
}

static void decide(sb_summary *s, sb_aggregate *a)
{
    const double p = a->p_adjusted;
    a->verdict = SB_V_UNDECIDED;
    if (!(p <= s->alpha) || !(fabs(a->diff.mean) > 0)) return;
    const bool up = a->diff.mean > 0, higher = s->results->metric[a->metric]->better == SB_HIGHER;
    a->verdict = up == higher ? SB_V_BETTER : SB_V_WORSE;
}

double sb_summary_reach(const sb_summary *s, size_t pairs)
{
    return fmin(1, sb_stat_sign_flip_floor(pairs) * (double)s->comparisons / (double)(s->shown + 1));
}

typedef struct family {
    bool anchors, primary;
} family;

static bool belongs(const sb_summary *s, const sb_aggregate *a, family f)
{
    return s->results->method[a->method].anchor == f.anchors && sb_metric_tested(s->results->metric[a->metric]) &&
           s->primary[a->metric] == f.primary;
}

static sb_status correct(sb_summary *s, family f, sb_ctx *cx)
{
    const sb_results *const r = s->results;
    const size_t count = r->settings * r->methods * r->metrics, mark = sb_arena_mark(cx->arena);
    double *p = SB_NEW(cx->arena, count, double);
    if (!p) SB_FAIL(cx->err, SB_ENOMEM, "p of %zu aggregates", count);
    for (size_t i = 0; i < count; i++) {
        const sb_aggregate *const a = &s->cell[i];
        p[i] = belongs(s, a, f) ? a->diff.p : (double)NAN;
        if (isnan(p[i])) continue;
        if (!f.anchors && f.primary) s->comparisons++;
        if (s->repeats_min == 0 || a->diff.pairs < s->repeats_min) s->repeats_min = a->diff.pairs;
        if (a->diff.pairs > s->repeats_max) s->repeats_max = a->diff.pairs;
    }
    SB_TRY(sb_stat_adjust_bh(p, count, cx, p));
    for (size_t i = 0; i < count; i++) {
        sb_aggregate *const a = &s->cell[i];
        if (!belongs(s, a, f)) continue;
        a->p_adjusted = p[i];
        if (!f.anchors && f.primary) s->shown += p[i] <= s->alpha;
        if (a->diff.pairs) decide(s, a);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* The headline metrics; those that are tested, where no headline is; all, where none is tested. */
static sb_status find_primary(sb_summary *s, sb_ctx *cx)
{
    const sb_results *const r = s->results;
    s->primary = SB_NEW(cx->arena, r->metrics, bool);
    if (!s->primary) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu metrics", r->metrics);
    for (unsigned way = 0; way < 3 && !s->primaries; way++)
        for (size_t i = 0; i < r->metrics; i++) {
            const bool tested = sb_metric_tested(r->metric[i]);
            s->primary[i] = way == 2 || (tested && (way == 1 || r->metric[i]->headline));
            s->primaries += s->primary[i];
        }
    return SB_OK;
}

static bool same_group(const sb_setting *a, const sb_setting *b)
{
    return strcmp(a->data, b->data) == 0 && strcmp(a->embedding, b->embedding) == 0 && strcmp(a->model, b->model) == 0;
}

static sb_status find_groups(sb_summary *s, sb_ctx *cx)
{
    const sb_results *const r = s->results;
    s->group = SB_NEW(cx->arena, r->settings, sb_group);
    if (!s->group) SB_FAIL(cx->err, SB_ENOMEM, "groups of %zu settings", r->settings);
    for (size_t i = 0; i < r->settings; i++) {
        const sb_setting *const e = &r->setting[i];
        if (i == 0 || !same_group(e - 1, e))
            s->group[s->groups++] =
                (sb_group){.first = i, .data = e->data, .embedding = e->embedding, .model = e->model};
        s->group[s->groups - 1].count++;
    }
    return SB_OK;
}

sb_status sb_summary_make(const sb_results *r, const sb_summary_options *options, sb_ctx *cx, sb_summary *out)
{
    sb_summary s = {.results = r, .level = 0.95, .alpha = 0.05, .reference = SIZE_MAX};
    if (options && options->level > 0) s.level = options->level;
    if (options && options->alpha > 0) s.alpha = options->alpha;
    if (!(s.level < 1)) SB_FAIL(cx->err, SB_EARG, "interval level is %g, not below 1", s.level);
    for (size_t i = 0; i < r->methods; i++)
        if (strcmp(r->method[i].label, r->reference) == 0) s.reference = i;
    const size_t count = r->settings * r->methods;
    s.cell = SB_NEW(cx->arena, count * r->metrics, sb_aggregate);
    if (!s.cell) SB_FAIL(cx->err, SB_ENOMEM, "%zu aggregates", count * r->metrics);
    SB_TRY(find_groups(&s, cx));
    SB_TRY(find_primary(&s, cx));
    SB_TRY(slices(r, cx, &s.slice));
    const size_t mark = sb_arena_mark(cx->arena);
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (s.slice[i].count > most) most = s.slice[i].count;
    filling f = {SB_NEW(cx->arena, most, double), SB_NEW(cx->arena, most, double),
                 SB_NEW(cx->arena, SB_STAT_BOOT * most, uint32_t), 0};
    if (!f.x || !f.y || !f.pick) SB_FAIL(cx->err, SB_ENOMEM, "values of %zu repeats", most);
    for (size_t i = 0; i < r->results; i++) {
        s.ok += is_ok(&r->result[i]);
        s.not_ok += !is_ok(&r->result[i]);
    }
    SB_TRY(fill(&s, &f, cx));
    for (unsigned i = 0; i < 4; i++) SB_TRY(correct(&s, (family){.anchors = i & 1, .primary = i & 2}, cx));
    plan_repeats(&s, options);
    sb_arena_rewind(cx->arena, mark);
    *out = s;
    return SB_OK;
}

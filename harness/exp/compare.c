#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_side.h"

const char *const sb_sameness_words[SB_C_COUNT] = {"nothing measured", "same",    "equivalent",     "changed", "better",
                                                   "undecided",        "missing", "not comparable", "worse"};

/* The values of one (cell, metric): repeats in order. */
typedef struct series {
    const sb_side_value *v;
    size_t n;
} series;

typedef struct comparing {
    const sb_side *run, *base;
    const sb_compare_options *o;
    sb_ctx *cx;
    sb_compare_row *row;
    size_t rows;
    sb_comparison out;
    double *x, *y; /* pairs of one row */
} comparing;

static int order(const sb_side_value *a, const sb_side_value *b)
{
    const int cell = strcmp(a->cell, b->cell);
    return cell ? cell : strcmp(a->metric, b->metric);
}

static series next(const sb_side *s, size_t *at)
{
    const size_t first = *at;
    while (*at < s->values && order(&s->value[first], &s->value[*at]) == 0) ++*at;
    return (series){&s->value[first], *at - first};
}

/* The first line not before this cell and metric; the end of the lines where there is none. */
static const sb_side_value *lower_bound(const sb_side *s, const char *cell, const char *metric)
{
    const sb_side_value want = {.cell = cell, .metric = metric};
    size_t low = 0, high = s->values;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (order(&s->value[middle], &want) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return &s->value[low];
}

/* The first line of this cell and metric, or NULL. */
static const sb_side_value *lookup(const sb_side *s, const char *cell, const char *metric)
{
    const sb_side_value want = {.cell = cell, .metric = metric}, *v = lower_bound(s, cell, metric);
    return v < s->value + s->values && order(v, &want) == 0 ? v : NULL;
}

static bool gates(const char *metric)
{
    const int i = sb_metric_index(metric);
    if (i < 0) return false;
    if (strcmp(metric, "peak_bytes") == 0) return true; /* only there when asked for */
    const sb_metric *m = &sb_metrics[i];
    return m->better != SB_NEITHER && !m->noisy && (m->group != SB_M_FIT || strcmp(m->name, "converged") == 0);
}

static const char *field(comparing *c, const char **cell)
{
    const size_t size = strcspn(*cell, "\t");
    const char *text = sb_str_copy(c->cx->arena, *cell, size);
    *cell += size + ((*cell)[size] == '\t');
    return text;
}

static sb_status name_row(comparing *c, const sb_side_value *v, sb_compare_row *r)
{
    const char *p = v->cell;
    *r = (sb_compare_row){.metric = v->metric, .detail = "", .place = v->place, .p_adjusted = NAN, .effect = NAN};
    r->run = r->base = NAN;
    r->data = field(c, &p);
    r->embedding = field(c, &p);
    r->model = field(c, &p);
    r->budget = field(c, &p);
    r->m = field(c, &p);
    r->method = field(c, &p);
    if (!r->data || !r->embedding || !r->model || !r->budget || !r->m || !r->method)
        SB_FAIL(c->cx->err, SB_ENOMEM, "names of a compared row");
    r->gated = gates(v->metric);
    return SB_OK;
}

/* Repeats of `base` that the run has tried: a value or a failure in the same cell. */
static size_t tried(const comparing *c, series base)
{
    const sb_side_value *const end = c->run->value + c->run->values;
    size_t n = 0;
    for (size_t i = 0; i < base.n; i++) {
        const sb_side_value *v = lower_bound(c->run, base.v->cell, "");
        while (v < end && strcmp(v->cell, base.v->cell) == 0 && v->rep != base.v[i].rep) v++;
        n += v < end && strcmp(v->cell, base.v->cell) == 0;
    }
    return n;
}

/* What makes its values another thing than the baseline's, into its reason. */
static sb_status look_for_obstacle(comparing *c, sb_compare_row *r)
{
    if (c->o->despite) return SB_OK;
    r->detail = sb_side_obstacle(c->run, c->base, r->data, r->embedding, r->model, r->method, c->cx);
    if (!r->detail) SB_FAIL(c->cx->err, SB_ENOMEM, "a row's reason");
    return SB_OK;
}

/* Failed on the baseline: the same failure is nothing measured; none any more is better; another is the same. */
static sb_status judge_failure(comparing *c, series base, series run, sb_compare_row *r)
{
    const size_t repeats = tried(c, base);
    r->gated = true;
    if (repeats < base.n || run.n != base.n) SB_TRY(look_for_obstacle(c, r));
    if (*r->detail) {
        r->verdict = SB_C_NOT_COMPARABLE;
        return SB_OK;
    }
    r->verdict = run.n >= base.n ? SB_C_NOTHING : SB_C_BETTER;
    r->detail = sb_str_format(c->cx->arena, "%zu repeats %s, were %zu %s", run.n, run.n ? run.v->status : "failed",
                              base.n, base.v->status);
    if (run.n > base.n) r->verdict = SB_C_MISSING;
    if (repeats < base.n) {
        r->verdict = SB_C_MISSING;
        r->detail = sb_str_format(c->cx->arena, "%zu of %zu repeats that failed were tried", repeats, base.n);
    }
    if (!r->detail) SB_FAIL(c->cx->err, SB_ENOMEM, "a row's reason");
    return SB_OK;
}

static double number(const char *text)
{
    double v = NAN;
    return sb_str_real(text, &v) ? v : (double)NAN;
}

/* Repeats that both have, into x (run) and y (baseline); what differs is counted. */
static size_t pair_up(comparing *c, series base, series run, sb_compare_row *r)
{
    size_t n = 0;
    for (size_t i = 0, j = 0; i < base.n && j < run.n;) {
        const sb_side_value *b = &base.v[i], *a = &run.v[j];
        if (a->rep == b->rep) {
            const bool equal = strcmp(a->value, b->value) == 0;
            c->x[n] = number(a->value);
            c->y[n] = number(b->value);
            if (equal && !isfinite(c->x[n])) c->x[n] = c->y[n] = 0; /* infinite on both sides: no difference */
            r->differ += !equal;
            n++;
        }
        i += b->rep <= a->rep;
        j += a->rep <= b->rep;
    }
    return n;
}

static double effect_of(const comparing *c, const char *metric, double base_mean)
{
    const int i = sb_metric_index(metric);
    const json_t *of_golden = json_object_get(json_object_get(c->base->run, "effects"), metric);
    const sb_effect golden = {metric, json_number_value(of_golden)};
    const sb_metric unknown = {.name = metric, .unit = ""}, *m = i >= 0 ? &sb_metrics[i] : &unknown;
    for (size_t k = c->o->effects; k-- > 0;)
        if (strcmp(c->o->effect[k].metric, metric) == 0) return c->o->effect[k].size;
    return sb_metric_effect(m, base_mean, &golden, of_golden != NULL);
}

/* Fewer repeats than the baseline: what the others would say is not known, whatever these say. */
static sb_status missing(comparing *c, series base, sb_compare_row *r)
{
    const sb_side_value *failed = lookup(c->run, base.v->cell, "-");
    const char *const absent = sb_side_absent(c->run, r->data, r->embedding, r->model, r->budget, r->method, c->cx);
    sb_buf why = {.arena = c->cx->arena};
    if (!absent) SB_FAIL(c->cx->err, SB_ENOMEM, "a row's reason");
    if (!*absent || r->diff.pairs)
        sb_buf_add(&why, "%zu of %zu repeats have a value", r->diff.pairs, base.n);
    else
        sb_buf_add(&why, "%s", absent);
    if (r->differ) sb_buf_add(&why, ", %zu of them another", r->differ);
    if (failed) sb_buf_add(&why, ", status %s", failed->status);
    if (why.bad) SB_FAIL(c->cx->err, SB_ENOMEM, "a row's reason");
    r->verdict = SB_C_MISSING;
    r->detail = why.text;
    return SB_OK;
}

static sb_status judge_values(comparing *c, series base, series run, sb_compare_row *r)
{
    const size_t pairs = pair_up(c, base, run, r);
    r->diff.pairs = pairs;
    r->run = sb_stat_mean(c->x, pairs);
    r->base = sb_stat_mean(c->y, pairs);
    r->verdict = SB_C_SAME;
    if (r->differ || pairs < base.n) SB_TRY(look_for_obstacle(c, r));
    if (*r->detail) r->verdict = SB_C_NOT_COMPARABLE;
    if (pairs < base.n) return *r->detail ? SB_OK : missing(c, base, r);
    if (r->differ == 0) return SB_OK;
    SB_TRY(sb_stat_pair(c->x, c->y, pairs, 1 - c->out.alpha, c->cx, &r->diff));
    r->effect = effect_of(c, r->metric, r->base);
    if (!*r->detail) r->verdict = r->gated ? SB_C_UNDECIDED : SB_C_CHANGED;
    return SB_OK;
}

static bool tested(const sb_compare_row *r) { return r->verdict == SB_C_UNDECIDED; }

/* A row that differs and counts, once its p is corrected. */
static void decide(const comparing *c, sb_compare_row *r)
{
    const sb_paired *d = &r->diff;
    const bool lower = sb_metrics[sb_metric_index(r->metric)].better == SB_LOWER;
    const bool constant = d->pairs > 1 && d->sd == 0;
    if (d->pairs > 1 && d->ci.low >= -r->effect && d->ci.high <= r->effect)
        r->verdict = SB_C_EQUIVALENT;
    else if (constant || (r->p_adjusted <= c->out.alpha && d->mean != 0))
        r->verdict = (d->mean < 0) == lower ? SB_C_BETTER : SB_C_WORSE;
    else
        r->needed = sb_stat_repeats_needed(d->sd, r->effect > 0 ? r->effect : d->mean, c->out.alpha, 0.8);
}

static sb_status correct(comparing *c)
{
    double *p = SB_NEW(c->cx->arena, c->rows, double);
    if (!p) SB_FAIL(c->cx->err, SB_ENOMEM, "p of %zu rows", c->rows);
    for (size_t i = 0; i < c->rows; i++) {
        p[i] = tested(&c->row[i]) ? c->row[i].diff.p : (double)NAN;
        if (!isnan(p[i])) c->out.tests++;
    }
    SB_TRY(sb_stat_adjust_bh(p, c->rows, c->cx, p));
    for (size_t i = 0; i < c->rows; i++) {
        if (!tested(&c->row[i])) continue;
        c->row[i].p_adjusted = p[i];
        decide(c, &c->row[i]);
    }
    return SB_OK;
}

static int by_place(const void *a, const void *b)
{
    const sb_compare_row *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

static void conclude(comparing *c)
{
    for (size_t i = 0; i < c->rows; i++) {
        const sb_compare_row *r = &c->row[i];
        const sb_sameness v = r->verdict == SB_C_CHANGED ? SB_C_EQUIVALENT : r->verdict;
        c->out.count[r->verdict]++;
        if ((r->gated || v == SB_C_EQUIVALENT || v == SB_C_SAME) && v > c->out.verdict) c->out.verdict = v;
    }
}

static sb_status compare_rows(comparing *c)
{
    const size_t most = c->base->values + c->run->values;
    c->row = SB_NEW(c->cx->arena, most, sb_compare_row);
    c->x = SB_NEW(c->cx->arena, most, double);
    c->y = SB_NEW(c->cx->arena, most, double);
    if (!c->row || !c->x || !c->y) SB_FAIL(c->cx->err, SB_ENOMEM, "%zu rows", most);
    const sb_side *const base = c->base, *const run = c->run;
    for (size_t i = 0, j = 0; i < base->values || j < run->values;) {
        const int side = i == base->values ? 1 : j == run->values ? -1 : order(&base->value[i], &run->value[j]);
        const series b = side <= 0 ? next(base, &i) : (series){0}, a = side >= 0 ? next(run, &j) : (series){0};
        const bool failure = strcmp((b.n ? b.v : a.v)->metric, "-") == 0;
        if (!b.n) { /* new failures show as missing values of their cell */
            c->out.added += !failure;
            continue;
        }
        sb_compare_row *r = &c->row[c->rows++];
        SB_TRY(name_row(c, b.v, r));
        SB_TRY(failure ? judge_failure(c, b, a, r) : judge_values(c, b, a, r));
    }
    SB_TRY(correct(c));
    qsort(c->row, c->rows, sizeof *c->row, by_place);
    conclude(c);
    c->out.row = c->row;
    c->out.rows = c->rows;
    return SB_OK;
}

/* Whole sides at once: no line needs a look. Cells that failed on both are no equality. */
static bool equal(const sb_side *a, const sb_side *b)
{
    if (!memmem(a->bytes, a->size, "\tok\t", 4)) return false;
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0 && a->memory_size == b->memory_size &&
           (!a->memory || memcmp(a->memory, b->memory, a->memory_size) == 0);
}

static sb_status compare(comparing *c, sb_side *run, sb_side *base)
{
    c->run = run;
    c->base = base;
    c->out.changed = sb_side_changes(run, base, c->cx);
    if (!c->out.changed) SB_FAIL(c->cx->err, SB_ENOMEM, "what changed");
    for (size_t i = 0; i < base->size; i++) c->out.values += base->bytes[i] == '\n';
    for (size_t i = 0; i < base->memory_size; i++) c->out.values += base->memory[i] == '\n';
    const size_t heads = base->memory ? 2 : 1; /* lines of column names */
    c->out.values -= c->out.values > heads ? heads : c->out.values;
    if (equal(run, base)) {
        c->out.verdict = SB_C_SAME;
        return SB_OK;
    }
    SB_TRY(sb_side_parse(run, c->cx));
    SB_TRY(sb_side_parse(base, c->cx));
    return compare_rows(c);
}

sb_status sb_compare(const char *run, const char *base, const sb_compare_options *o, sb_ctx *cx, sb_comparison *out)
{
    comparing c = {.o = o, .cx = cx};
    sb_side a = {0}, b = {0};
    c.out = (sb_comparison){.run = run, .base = base, .alpha = o->alpha > 0 ? o->alpha : 0.05};
    sb_status st = sb_side_open(run, o->memory, cx, &a);
    if (st == SB_OK) st = sb_side_open(base, o->memory, cx, &b);
    if (st == SB_OK) st = compare(&c, &a, &b);
    sb_side_close(&a);
    sb_side_close(&b);
    if (st == SB_OK) *out = c.out;
    return st;
}

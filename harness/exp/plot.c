#include "plot.h"

#include <math.h>
#include <string.h>

#include "file.h"
#include "table.h"
#include "words.h"
#include "worth.h"

enum { MANY = 12, NAMED = 8 };

/* Methods in drawing order: the reference, anchors, the rest; of many, the best of the group first. Those of the group
 * that get no name are the last. */
typedef struct drawing {
    size_t n, anchors, others;
    size_t *method;
} drawing;

static bool is_anchor(const sb_summary *s, size_t method)
{
    return s->results->method[method].anchor && method != s->reference;
}

static void append(drawing *d, size_t method)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->method[i] == method) return;
    d->method[d->n++] = method;
}

static sb_status drawing_order(const sb_summary *s, const sb_plot *p, sb_ctx *cx, drawing *d)
{
    const sb_results *const r = s->results;
    sb_standing k;
    *d = (drawing){.method = SB_NEW(cx->arena, r->methods, size_t)};
    if (!d->method) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu methods", r->methods);
    if (s->reference != SIZE_MAX) append(d, s->reference);
    /* The time of an anchor says nothing: `full` is fitted once for all, not in its cell. */
    for (size_t i = 0; i < r->methods && p->cost != SB_COST_SECONDS; i++)
        if (is_anchor(s, i) && sb_table_tried(s, &s->group[p->group], p->metric, i)) append(d, i);
    d->anchors = d->n - (s->reference != SIZE_MAX);
    const size_t first = d->n;
    SB_TRY(sb_standing_make(s, p->group, cx, &k));
    const bool many = k.ranked > MANY;
    for (size_t i = 0; many && i < k.ranked && d->n < first + NAMED; i++) append(d, k.method[i]);
    const size_t named = d->n;
    for (size_t i = 0; i < r->methods; i++)
        if (!r->method[i].anchor && sb_table_tried(s, &s->group[p->group], p->metric, i)) append(d, i);
    d->others = many ? d->n - named : 0;
    return SB_OK;
}

/* The least positive mean, of the anchors only where no other is positive, or 0: without one there is no logarithmic
 * axis. A bound at or below zero is drawn at a quarter of it; a mean at or below zero cannot be drawn. */
static double least_positive(const sb_summary *s, const sb_group *g, size_t metric)
{
    sb_range own = {NAN, NAN}, anchors = own;
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; k < s->results->methods; k++)
            sb_plot_include(is_anchor(s, k) ? &anchors : &own, sb_summary_at(s, g->first + i, k, metric)->mean);
    return own.low > 0 ? own.low : anchors.low > 0 ? anchors.low : 0;
}

static void put(sb_buf *b, double v)
{
    if (isfinite(v))
        sb_buf_add(b, "\t%.9g", v);
    else
        sb_buf_add(b, "\tNaN");
}

static void extend(sb_figure *f, double x)
{
    if (!isfinite(x)) return;
    if (!(x >= f->xmin)) f->xmin = x;
    if (!(x <= f->xmax)) f->xmax = x;
}

/* A logarithmic axis would hide a method of name whose mean is below zero by more than rounding. */
static bool hides_much(const sb_summary *s, const sb_plot *p, const drawing *d, double floor)
{
    const sb_group *const g = &s->group[p->group];
    for (size_t k = 0; k < d->n - d->others; k++)
        for (size_t i = 0; i < g->count; i++)
            if (!is_anchor(s, d->method[k]) &&
                sb_summary_at(s, g->first + i, d->method[k], p->metric)->mean < -0.1 * floor)
                return true;
    return false;
}

/* Label of a block in double quotes, which gnuplot's tables cannot escape. */
static void put_label(sb_buf *b, const char *label)
{
    sb_buf_add(b, "\"");
    for (const char *c = label; *c; c++) sb_buf_put(b, *c == '"' ? "'" : *c == '\n' || *c == '\\' ? " " : c, 1);
    sb_buf_add(b, "\"\n");
}

static bool is_hidden(const sb_figure *f, const sb_aggregate *a) { return f->logy && a->mean <= 0; }

static double place(const sb_summary *s, const sb_plot *p, size_t setting, size_t method)
{
    if (p->cost == SIZE_MAX) return (double)s->results->setting[setting].m;
    if (p->cost != SB_COST_SECONDS) return sb_summary_at(s, setting, method, p->cost)->mean;
    double sum = 0;
    bool all = true; /* a model that was not trained here (of the full data) has no time to show */
    for (size_t k = 0; k < s->results->metrics; k++) {
        const char *const name = s->results->metric[k]->name;
        const double v = sb_summary_at(s, setting, method, k)->mean;
        if (strcmp(name, "select_s") != 0 && strcmp(name, "prepare_s") != 0 && strcmp(name, "fit_s") != 0) continue;
        all &= !isnan(v);
        sum += v;
    }
    return all ? sum : (double)NAN;
}

static double low_of(const sb_figure *f, const sb_aggregate *a, double floor)
{
    return f->logy && a->mean_ci.low < floor / 4 ? floor / 4 : a->mean_ci.low;
}

/* Means on a logarithmic axis: with the bounds of their intervals where bounds is true. */
static void include(const sb_summary *s, const sb_plot *p, size_t method, double floor, const sb_figure *f, bool bounds,
                    const sb_range *within, sb_range *r)
{
    const sb_group *const g = &s->group[p->group];
    for (size_t i = 0; i < g->count; i++) {
        const sb_aggregate *const a = sb_summary_at(s, g->first + i, method, p->metric);
        if (within && !(a->mean >= within->low && a->mean <= within->high)) continue;
        sb_plot_include(r, a->mean);
        if (!bounds || is_hidden(f, a)) continue;
        sb_plot_include(r, low_of(f, a, floor));
        sb_plot_include(r, a->mean_ci.high);
    }
}

/* A logarithmic y axis spans what is compared. An anchor far away (`full`, whose error is rounding) is left outside,
 * where it would make the axis more than half as long again at that end. */
static sb_status y_axis(const sb_summary *s, const sb_plot *p, const drawing *d, double floor, sb_ctx *cx, sb_figure *f)
{
    const sb_range none = {NAN, NAN};
    sb_range own = none;
    f->yticks = "";
    if (!f->logy) return SB_OK;
    for (size_t k = 0; k < d->n; k++)
        if (!is_anchor(s, d->method[k])) include(s, p, d->method[k], floor, f, true, NULL, &own);
    const sb_range near = sb_plot_widen(own, 0.5, 3), *const within = own.low > 0 ? &near : NULL;
    for (size_t k = 0; k < d->n; k++)
        if (is_anchor(s, d->method[k])) include(s, p, d->method[k], floor, f, false, within, &own);
    const sb_range axis = sb_plot_widen(own, 0.05, own.high > own.low ? 1 : 1.25);
    f->ymin = axis.low;
    f->ymax = axis.high;
    f->yticks = sb_plot_ticks(axis.low, axis.high, cx->arena);
    if (!f->yticks) SB_FAIL(cx->err, SB_ENOMEM, "ticks of a plot");
    return SB_OK;
}

/* The first mean of a method that cannot be seen: it has no logarithm, or lies outside the axis; NaN: all can. */
static double unseen_mean(const sb_summary *s, const sb_plot *p, size_t method, const sb_figure *f)
{
    const sb_group *const g = &s->group[p->group];
    for (size_t i = 0; f->logy && i < g->count; i++) {
        const double v = sb_summary_at(s, g->first + i, method, p->metric)->mean;
        if (v < f->ymin || v > f->ymax) return v;
    }
    return (double)NAN;
}

/* Methods of name that cannot be seen everywhere, the first of them by name. */
static sb_status find_unseen(const sb_summary *s, const sb_plot *p, const drawing *d, const sb_figure *f, sb_ctx *cx,
                             const char **text)
{
    enum { TOLD = 3 };
    size_t n = 0;
    sb_buf b = {.arena = cx->arena};
    sb_buf_add(&b, "%s", "");
    for (size_t k = 0; k < d->n - d->others; k++) {
        const double v = unseen_mean(s, p, d->method[k], f);
        if (isnan(v) || n++ >= TOLD) continue;
        sb_buf_add(&b, "%s%s at %s", b.size ? ", " : "outside the axis: ", s->results->method[d->method[k]].label,
                   sb_words_number(v, sb_words_digits(v)).text);
    }
    if (n > TOLD) sb_buf_add(&b, " and %zu more", n - TOLD);
    if (b.bad) SB_FAIL(cx->err, SB_ENOMEM, "texts of a plot");
    *text = b.text;
    return SB_OK;
}

static void put_block(const sb_summary *s, const sb_plot *p, size_t method, double floor, sb_figure *f, sb_buf *b)
{
    const sb_group *const g = &s->group[p->group];
    put_label(b, s->results->method[method].label);
    for (size_t i = 0; i < g->count; i++) {
        const sb_aggregate *const a = sb_summary_at(s, g->first + i, method, p->metric);
        const double x = place(s, p, g->first + i, method);
        const double low = low_of(f, a, floor);
        if (!isfinite(a->mean) || !isfinite(x) || is_hidden(f, a)) continue;
        extend(f, x);
        f->band |= isfinite(low);
        sb_buf_add(b, "%.9g", x);
        put(b, a->mean);
        put(b, low);
        put(b, a->mean_ci.high);
        sb_buf_add(b, "\n");
    }
}

/* A method's line in the drawing. */
static void line_of(const sb_summary *s, const sb_plot *p, size_t method, double *x, double *y)
{
    const sb_group *const g = &s->group[p->group];
    for (size_t i = 0; i < g->count; i++) {
        x[i] = place(s, p, g->first + i, method);
        y[i] = sb_summary_at(s, g->first + i, method, p->metric)->mean;
    }
}

/* Where methods break even with the reference: a block of points, and the same in words. */
static sb_status put_crossings(const sb_summary *s, sb_plot *p, sb_figure *f, sb_ctx *cx, sb_buf *b)
{
    const size_t n = s->group[p->group].count;
    double *const v = SB_NEW(cx->arena, 4 * n + 2 * n * n, double);
    sb_buf words = {.arena = cx->arena}, points = words;
    if (!v) SB_FAIL(cx->err, SB_ENOMEM, "break-even points of %zu budgets", n);
    double *const x = v + 4 * n, *const y = x + n * n;
    line_of(s, p, s->reference, v, v + n);
    for (size_t k = 0; k < s->results->methods; k++) {
        if (k == s->reference || s->results->method[k].anchor) continue;
        line_of(s, p, k, v + 2 * n, v + 3 * n);
        const size_t found = sb_worth_crossings(v, v + n, n, v + 2 * n, v + 3 * n, n, f->xmin > 0, f->logy, x, y);
        for (size_t i = 0; i < found; i++) {
            sb_buf_add(&points, "%.9g\t%.9g\n", x[i], y[i]);
            sb_buf_add(&words, "%s%s%s%s", words.size ? i ? ", " : "; " : "", i ? "" : s->results->method[k].label,
                       i ? "" : " at ", sb_words_value(x[i], "s").text);
        }
        f->crossings += found;
    }
    if (points.bad || words.bad) SB_FAIL(cx->err, SB_ENOMEM, "texts of break-even points");
    if (!f->crossings) return SB_OK;
    p->crossings = words.text;
    sb_buf_add(b, "\n\n");
    put_label(b, "breaks even");
    sb_buf_add(b, "%s", points.text);
    return SB_OK;
}

/* One block per method: its label, then x, mean, low, high per budget. Blocks are parted by two empty lines. */
static sb_status table(const sb_summary *s, sb_plot *p, sb_figure *f, sb_ctx *cx, sb_buf *b)
{
    const sb_results *const r = s->results;
    drawing d;
    SB_TRY(drawing_order(s, p, cx, &d));
    const double floor = least_positive(s, &s->group[p->group], p->metric);
    f->logy = r->metric[p->metric]->log_scale && floor > 0 && !hides_much(s, p, &d, floor);
    f->reference = s->reference != SIZE_MAX;
    f->anchors = d.anchors;
    f->others = d.others;
    f->series = d.n;
    f->xmin = f->xmax = NAN;
    SB_TRY(y_axis(s, p, &d, floor, cx, f));
    SB_TRY(find_unseen(s, p, &d, f, cx, &p->unseen));
    sb_buf_add(b, "# one block per method: x, mean, low, high (%g%% interval)\n", 100 * s->level);
    for (size_t k = 0; k < d.n; k++) {
        if (k) sb_buf_add(b, "\n\n");
        put_block(s, p, d.method[k], floor, f, b);
    }
    return p->cost == SB_COST_SECONDS && f->reference ? put_crossings(s, p, f, cx, b) : SB_OK;
}

/* Budgets as tick texts, those left out that would touch the one before. */
static const char *ticks(const sb_summary *s, const sb_group *g, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    const sb_setting *const e = &s->results->setting[g->first];
    const double range = log((double)e[g->count - 1].m / (double)(e->m ? e->m : 1));
    double last = -INFINITY;
    for (size_t i = 0; i < g->count; i++) {
        const double at = log((double)(e[i].m ? e[i].m : 1));
        if (at - last < 0.08 * range || at == last) continue;
        sb_buf_add(&b, "%s\"%s\" %zu", i ? ", " : "", sb_words_count(e[i].m).text, e[i].m);
        last = at;
    }
    return b.bad ? NULL : b.text;
}

static const char *axis(const sb_metric *m, sb_arena *a)
{
    return *m->unit ? sb_str_format(a, "%s [%s]", m->title, m->unit) : m->title;
}

static sb_status write_one(const sb_summary *s, sb_plot *p, const char *folder, const sb_plot_options *options,
                           sb_ctx *cx, const char **why)
{
    const sb_group *const g = &s->group[p->group];
    const sb_metric *const *metric = s->results->metric;
    sb_figure f = {.heading = metric[p->metric]->title, .place = p->title, .xlabel = "rows selected", .xticks = ""};
    f.logx = true;
    sb_buf b = {.arena = cx->arena};
    SB_TRY(table(s, p, &f, cx, &b));
    if (*p->unseen) f.place = sb_str_format(cx->arena, "%s\n%s", p->title, p->unseen);
    const bool budget = p->cost == SIZE_MAX;
    f.script = budget ? "metric_budget.gp" : "cost_quality.gp";
    p->intervals = f.band;
    f.single = budget && g->count == 1;
    if (f.single)
        f.xlabel = sb_str_format(cx->arena, "%s rows selected", sb_words_count(s->results->setting[g->first].m).text);
    else if (budget)
        f.xticks = ticks(s, g, cx);
    else if (p->cost == SB_COST_SECONDS)
        f.xlabel = "time to prepare, select and train [s]";
    else
        f.xlabel = axis(metric[p->cost], cx->arena);
    f.ylabel = metric[p->metric]->name;
    if (!(f.xmin > 0)) f.logx = false;
    if (!budget && f.logx) f.xticks = sb_plot_ticks(f.xmin / 1.25, f.xmax * 1.25, cx->arena);
    const char *const name = sb_str_format(cx->arena, "%s.tsv", p->stem);
    const char *const base = sb_file_join(cx->arena, folder, p->stem);
    if (!name || !base || !f.xticks || !f.xlabel || !f.ylabel || !f.place)
        SB_FAIL(cx->err, SB_ENOMEM, "texts of plot '%s'", p->stem);
    SB_TRY(sb_table_save(folder, name, &b, cx));
    const char *own = "";
    p->drawn = options->drawings && sb_plot_taken(options->drawings, p->stem, cx);
    if (p->drawn) return SB_OK;
    if (!options->draw)
        own = "drawing is switched off";
    else if (isnan(f.xmin))
        own = "nothing to draw: no evaluation has a value";
    else if (strncmp(*why, "gnuplot:", 8) == 0)
        return SB_OK; /* it is not there: asking once is enough */
    else
        p->drawn = sb_plot_draw(&f, base, options->scripts, cx, &own);
    if (*own) *why = own;
    return SB_OK;
}

static sb_status add(const sb_summary *s, size_t group, size_t metric, size_t cost, sb_ctx *cx, sb_plot_list *out)
{
    const sb_results *const r = s->results;
    const sb_group *const g = &s->group[group];
    const char *const where = sb_words_group(g, cx->arena), *stem = sb_table_stem(s, g, metric, cx->arena);
    if (stem && cost != SIZE_MAX)
        stem = sb_str_format(cx->arena, "%s-by-%s", stem, cost == SB_COST_SECONDS ? "seconds" : r->metric[cost]->name);
    const char *const title = cost == SIZE_MAX ? sb_str_format(cx->arena, "%s", where ? where : "")
                                               : sb_str_format(cx->arena, "%s: what quality costs", where ? where : "");
    if (!where || !stem || !title) SB_FAIL(cx->err, SB_ENOMEM, "name of a plot");
    out->plot[out->count++] = (sb_plot){
        .group = group, .metric = metric, .cost = cost, .stem = stem, .title = title, .crossings = "", .unseen = ""};
    return SB_OK;
}

/* Different means of a metric in a group, counted up to 4. */
static size_t distinct_means(const sb_summary *s, const sb_group *g, size_t metric)
{
    double seen[4];
    size_t n = 0;
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; k < s->results->methods && n < 4; k++) {
            const double v = sb_summary_at(s, g->first + i, k, metric)->mean;
            size_t at = 0;
            while (at < n && seen[at] != v) at++;
            if (at == n && !isnan(v)) seen[n++] = v;
        }
    return n;
}

/* The costs worth an axis: time, and the first that counts queries and takes several values. */
static void find_costs(const sb_summary *s, const sb_group *g, size_t cost[2])
{
    cost[0] = cost[1] = SIZE_MAX;
    for (size_t k = s->results->metrics; k-- > 0;) {
        const sb_metric *const m = s->results->metric[k];
        if (m->group != SB_M_COST || !sb_table_applies(s, g, k)) continue;
        if (strcmp(m->name, "select_s") == 0) cost[0] = SB_COST_SECONDS;
        if (strcmp(m->unit, "queries") == 0 && distinct_means(s, g, k) >= 4) cost[1] = k;
    }
}

static sb_status list(const sb_summary *s, sb_ctx *cx, sb_plot_list *out)
{
    const size_t room = s->groups * (s->primaries + 2);
    out->plot = SB_NEW(cx->arena, room, sb_plot);
    if (!out->plot) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu plots", room);
    for (size_t g = 0; g < s->groups; g++) {
        size_t first = SIZE_MAX, cost[2];
        for (size_t k = 0; k < s->results->metrics; k++) {
            if (!s->primary[k] || !sb_table_applies(s, &s->group[g], k)) continue;
            const bool test = s->results->metric[k]->group == SB_M_TEST;
            if (first == SIZE_MAX || (test && s->results->metric[first]->group != SB_M_TEST)) first = k;
            SB_TRY(add(s, g, k, SIZE_MAX, cx, out));
        }
        find_costs(s, &s->group[g], cost);
        for (size_t i = 0; i < 2; i++)
            if (first != SIZE_MAX && cost[i] != SIZE_MAX) SB_TRY(add(s, g, first, cost[i], cx, out));
    }
    return SB_OK;
}

sb_status sb_plots_write(const sb_summary *s, const char *run_dir, const sb_plot_options *options, sb_ctx *cx,
                         sb_plot_list *out)
{
    sb_plot_list l = {.note = ""};
    const char *const folder = sb_file_join(cx->arena, run_dir, "plots");
    if (!folder) SB_FAIL(cx->err, SB_ENOMEM, "folder name '%s/plots'", run_dir);
    SB_TRY(sb_file_mkdirs(folder, cx));
    SB_TRY(list(s, cx, &l));
    for (size_t i = 0; i < l.count; i++) SB_TRY(write_one(s, &l.plot[i], folder, options, cx, &l.note));
    *out = l;
    return SB_OK;
}

/* The numbers behind the claims of a page, for every method: not only for those that a claim is about. */
#include <math.h>
#include <string.h>

#include "claim_page.h"
#include "escape.h"
#include "file.h"
#include "metric.h"

enum { MOST_NUMBERS = 12 }; /* data sets with tables of numbers */

static bool first_of_data(const sb_results *r, size_t setting)
{
    for (size_t i = 0; i < setting; i++)
        if (strcmp(r->setting[i].data, r->setting[setting].data) == 0) return false;
    return true;
}

/* Metrics whose size a claim is about, not a ratio of two metrics or a count of iterations. */
static bool has_numbers(const sb_claim_row *row, size_t rows, const sb_metric *m)
{
    for (size_t i = 0; i < rows; i++) {
        const sb_claim_test t = row[i].claim->test;
        const bool size =
            t == SB_TEST_INTERVAL || t == SB_TEST_ORDERING || t == SB_TEST_RATIO || t == SB_TEST_DIFFERENCE;
        if (size && strcmp(row[i].claim->metric, m->name) == 0) return true;
    }
    return false;
}

/* What one table is made from: settings first .. last - 1 differ in the budget only. */
typedef struct numbers {
    const sb_results *r;
    size_t first, last, metric;
    double above; /* threshold of a rate; NaN: none */
    double *x;    /* room for a cell's values */
} numbers;

/* Sorted values of a cell. */
static size_t values(const numbers *t, size_t setting, size_t method)
{
    size_t n = 0;
    for (size_t i = 0; i < t->r->results; i++) {
        const sb_result *const e = &t->r->result[i];
        if (e->setting != setting || e->method != method || strcmp(e->status, "ok") != 0) continue;
        if (!isnan(e->value[t->metric])) t->x[n++] = e->value[t->metric];
    }
    sb_stat_sort(t->x, n);
    return n;
}

static void median(const double *x, size_t n, sb_buf *b)
{
    sb_buf_add(b, "%.4g", sb_stat_quantile(x, n, 0.5));
    if (x[0] < x[n - 1]) sb_buf_add(b, " [%.3g, %.3g]", sb_stat_quantile(x, n, 0.25), sb_stat_quantile(x, n, 0.75));
}

static void number_cell(const numbers *t, size_t n, sb_buf *b)
{
    median(t->x, n, b);
    if (t->x[0] < t->x[n - 1]) sb_buf_add(b, "; %.3g +- %.2g", sb_stat_mean(t->x, n), sb_stat_sd(t->x, n));
}

/* How many are above the threshold, and the median of the rest. */
static void above_cell(const numbers *t, size_t n, sb_buf *b)
{
    size_t rest = 0;
    while (rest < n && t->x[rest] <= t->above) rest++;
    sb_buf_add(b, "%zu of %zu", n - rest, n);
    if (!rest) return;
    sb_buf_add(b, "; ");
    median(t->x, rest, b);
}

/* DIR/NAME/curve-....svg and the line that shows it. */
static sb_status curve(const sb_results *r, size_t first, size_t last, size_t metric, const char *folder, sb_ctx *cx,
                       sb_buf *b)
{
    const sb_setting *const s = &r->setting[first];
    sb_buf svg = {.arena = cx->arena}, name = svg;
    bool drawn = false;
    if (r->metric[metric]->group == SB_M_COST) return SB_OK;
    SB_TRY(sb_claims_curve(r, first, last, metric, cx, &svg, &drawn));
    if (!drawn) return SB_OK;
    const char *what = sb_str_format(cx->arena, "curve-%s-%s-%s", s->data, s->model, r->metric[metric]->name);
    if (what) sb_escape_file(&name, what);
    const char *path = what && !name.bad ? sb_str_format(cx->arena, "%s/%s.svg", folder, name.text) : NULL;
    if (!path || svg.bad) SB_FAIL(cx->err, SB_ENOMEM, "a curve");
    sb_buf_add(b, "\n![median %s](%s/%s.svg)\n", r->metric[metric]->name, r->name, name.text);
    return sb_file_write(path, svg.text, svg.size, cx);
}

static bool any_value(const numbers *t, size_t method)
{
    for (size_t k = t->first; k < t->last; k++)
        if (values(t, k, method)) return true;
    return false;
}

static bool any_above(const numbers *t, size_t method)
{
    for (size_t k = t->first; k < t->last; k++) {
        const size_t n = values(t, k, method);
        if (n && t->x[n - 1] > t->above) return true;
    }
    return false;
}

/* Rows for the methods of which `shown` is true. */
static void table(const numbers *t, bool (*shown)(const numbers *, size_t),
                  void (*cell)(const numbers *, size_t, sb_buf *), sb_buf *b)
{
    sb_buf_add(b, "\n| method |");
    for (size_t k = t->first; k < t->last; k++) sb_buf_add(b, " %s |", t->r->setting[k].budget);
    sb_buf_add(b, "\n| :-- |");
    for (size_t k = t->first; k < t->last; k++) sb_buf_add(b, " :-- |");
    sb_buf_add(b, "\n");
    for (size_t i = 0; i < t->r->methods; i++) {
        if (!shown(t, i)) continue;
        sb_buf_add(b, "| ");
        sb_escape_markdown(b, t->r->method[i].label);
        sb_buf_add(b, " |");
        for (size_t k = t->first; k < t->last; k++) {
            const size_t n = values(t, k, i);
            sb_buf_add(b, " ");
            if (n) cell(t, n, b);
            sb_buf_add(b, " |");
        }
        sb_buf_add(b, "\n");
    }
}

static sb_status number_tables(const numbers *t, const char *folder, sb_ctx *cx, sb_buf *b)
{
    const sb_setting *const s = &t->r->setting[t->first];
    const char *const metric = t->r->metric[t->metric]->name;
    bool any = false;
    for (size_t i = 0; i < t->r->methods && !any; i++) any = any_value(t, i);
    if (!any) return SB_OK;
    sb_buf_add(b, "\n### %s (%s, %s): %s\n", s->data, s->embedding, s->model, metric);
    SB_TRY(curve(t->r, t->first, t->last, t->metric, folder, cx, b));
    table(t, any_value, number_cell, b);
    size_t never = 0, ever = 0;
    for (size_t i = 0; i < t->r->methods && !isnan(t->above); i++) {
        ever += any_above(t, i);
        if (!any_value(t, i) || any_above(t, i)) continue;
        sb_buf_add(b, never++ ? ", " : "\nNever above %g: ", t->above);
        sb_escape_markdown(b, t->r->method[i].label);
    }
    if (never) sb_buf_add(b, ".\n");
    if (!ever) return SB_OK;
    sb_buf_add(b, "\nRepeats whose %s is above %g, and the median [quartiles] of the others:\n", metric, t->above);
    table(t, any_above, above_cell, b);
    return SB_OK;
}

/* The threshold that a rate among the claims has for this metric. */
static double threshold(const sb_claim_row *row, size_t rows, const char *metric)
{
    for (size_t i = 0; i < rows; i++)
        if (row[i].claim->test == SB_TEST_RATE && strcmp(row[i].claim->metric, metric) == 0) return row[i].claim->above;
    return (double)NAN;
}

sb_status sb_claims_numbers(const sb_results *r, const sb_claim_row *row, size_t rows, const char *folder, sb_ctx *cx,
                            sb_buf *b)
{
    double *x = SB_NEW(cx->arena, r->results + 1, double);
    if (!x) SB_FAIL(cx->err, SB_ENOMEM, "%zu values", r->results);
    size_t sets = 0;
    for (size_t s = 0; s < r->settings; s++) sets += first_of_data(r, s);
    if (sets > MOST_NUMBERS) return SB_OK; /* the rows of the claims say enough */
    sb_buf_add(
        b, "\n## Numbers\n\nMedian [quartiles]; mean +- sample standard deviation. Means of what explodes (risks of "
           "missed clusters, fits near singular) say little: read the median.\n");
    for (size_t m = 0; m < r->metrics; m++) {
        if (!has_numbers(row, rows, r->metric[m])) continue;
        numbers t = {.r = r, .metric = m, .x = x, .above = threshold(row, rows, r->metric[m]->name)};
        for (t.first = 0; t.first < r->settings; t.first = t.last) {
            const sb_setting *const e = &r->setting[t.first];
            for (t.last = t.first; t.last < r->settings; t.last++) {
                const sb_setting *const k = &r->setting[t.last];
                if (strcmp(k->data, e->data) != 0 || strcmp(k->embedding, e->embedding) != 0 ||
                    strcmp(k->model, e->model) != 0)
                    break;
            }
            SB_TRY(number_tables(&t, folder, cx, b));
        }
    }
    return SB_OK;
}

/* Medians and quartiles against the rows selected, one line for each method: the figure that papers print. Plain SVG,
 * as claim_plot.c makes; both axes logarithmic where all values are positive. */
#include <math.h>
#include <string.h>

#include "claim_page.h"
#include "escape.h"
#include "metric.h"
#include "stats.h"

enum { WIDTH = 760, HEIGHT = 380, LEFT = 64, RIGHT = 270, TOP = 30, BOTTOM = 40, HUES = 8, LEGEND = 17 };

static const char *const hue[HUES] = {"#333333", "#0b6bcb", "#c2410c", "#15803d",
                                      "#9333ea", "#b8860b", "#0e7490", "#be185d"};
static const char *const dash[] = {"", "6 3", "2 3"};

typedef struct curve {
    const sb_results *r;
    size_t first, last, metric;
    double *quartile; /* methods x settings x 3: lower, median, upper; NaN: none */
    double x[2], y[2];
    bool log;
} curve;

static void quartiles_of(const sb_results *r, size_t setting, size_t method, size_t metric, double *x, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < r->results; i++) {
        const sb_result *const e = &r->result[i];
        if (e->setting != setting || e->method != method || strcmp(e->status, "ok") != 0) continue;
        if (!isnan(e->value[metric])) x[n++] = e->value[metric];
    }
    sb_stat_sort(x, n);
    for (int k = 0; k < 3; k++) out[k] = n ? sb_stat_quantile(x, n, 0.25 * (k + 1)) : (double)NAN;
}

static double *quartiles_at(const curve *c, size_t method, size_t setting)
{
    return &c->quartile[3 * (method * (c->last - c->first) + setting - c->first)];
}

static double median_at(const curve *c, size_t method, size_t setting) { return quartiles_at(c, method, setting)[1]; }

/* false: fewer than two budgets have a value. */
static bool measure(curve *c, double *x)
{
    size_t budgets = 0;
    double least = HUGE_VAL, most = -HUGE_VAL;
    c->x[0] = HUGE_VAL;
    c->x[1] = -HUGE_VAL;
    for (size_t s = c->first; s < c->last; s++) {
        bool any = false;
        for (size_t i = 0; i < c->r->methods; i++) {
            double *const q = quartiles_at(c, i, s);
            quartiles_of(c->r, s, i, c->metric, x, q);
            if (isnan(q[1])) continue;
            any = true;
            least = fmin(least, q[0]);
            most = fmax(most, q[2]);
        }
        if (!any) continue;
        budgets++;
        c->x[0] = fmin(c->x[0], log((double)c->r->setting[s].m));
        c->x[1] = fmax(c->x[1], log((double)c->r->setting[s].m));
    }
    if (budgets < 2 || !(c->x[0] < c->x[1])) return false;
    c->log = least > 0 && most > 3 * least;
    c->y[0] = c->log ? log(least) : least;
    c->y[1] = c->log ? log(most) : most;
    const double room = c->y[1] > c->y[0] ? 0.04 * (c->y[1] - c->y[0]) : 1e-9 + 0.1 * fabs(c->y[0]);
    c->y[0] -= room;
    c->y[1] += room;
    return true;
}

static double across(const curve *c, size_t m)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * (log((double)m) - c->x[0]) / (c->x[1] - c->x[0]);
}

static double up(const curve *c, double v)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * ((c->log ? log(v) : v) - c->y[0]) / (c->y[1] - c->y[0]);
}

static void rule(const curve *c, double v, sb_buf *b)
{
    sb_buf_add(b, "<path class=\"g\" d=\"M%d %.1f H%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>\n",
               LEFT, up(c, v), WIDTH - RIGHT, LEFT - 6, up(c, v) + 4, v);
}

static void axes(const curve *c, sb_buf *b)
{
    double last = -HUGE_VAL;
    for (size_t s = c->first; s < c->last; s++) {
        const size_t m = c->r->setting[s].m;
        if (!(log((double)m) >= c->x[0] && log((double)m) <= c->x[1]) || across(c, m) < last + 34) continue;
        last = across(c, m);
        sb_buf_add(b, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%zu</text>\n", last, HEIGHT - BOTTOM + 16, m);
    }
    sb_buf_add(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">rows selected</text>\n", (LEFT + WIDTH - RIGHT) / 2,
               HEIGHT - 8);
    const double from = c->log ? ceil(c->y[0] / log(10)) : 0, to = c->log ? floor(c->y[1] / log(10)) : 0;
    if (c->log && to - from >= 1) {
        const double step = fmax(1, ceil((to - from) / 8));
        for (double e = from; e <= to; e += step) rule(c, pow(10, e), b);
        return;
    }
    for (size_t i = 0; i < 5; i++) {
        const double u = c->y[0] + (c->y[1] - c->y[0]) * (0.05 + 0.225 * (double)i);
        rule(c, c->log ? exp(u) : u, b);
    }
}

static void line(const curve *c, size_t method, size_t row, sb_buf *b)
{
    const char *const colour = hue[row % HUES], *const pattern = dash[row / HUES % 3];
    sb_buf_add(b, "<g stroke=\"%s\" fill=\"%s\"><path fill=\"none\" stroke-width=\"1.8\" stroke-dasharray=\"%s\" d=\"",
               colour, colour, pattern);
    char move = 'M';
    for (size_t s = c->first; s < c->last; s++) {
        const double v = median_at(c, method, s);
        if (isnan(v)) continue;
        sb_buf_add(b, "%c%.1f %.1f", move, across(c, c->r->setting[s].m), up(c, v));
        move = 'L';
    }
    sb_buf_add(b, "\"/>");
    for (size_t s = c->first; s < c->last; s++) {
        const double v = median_at(c, method, s);
        const double x = across(c, c->r->setting[s].m), *const q = quartiles_at(c, method, s);
        if (isnan(v)) continue;
        sb_buf_add(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.4\"/>", x, up(c, v));
        if (q[0] < q[2]) /* beside its neighbours', so that bars of methods that agree can be told apart */
            sb_buf_add(b, "<path stroke-width=\"1\" opacity=\".5\" d=\"M%.1f %.1f V%.1f\"/>",
                       x + 1.5 * (double)(row % 5) - 3, up(c, q[0]), up(c, q[2]));
    }
    const int y = TOP + LEGEND * (int)row;
    sb_buf_add(b, "<path stroke-width=\"1.8\" stroke-dasharray=\"%s\" d=\"M%d %d h24\"/></g><text x=\"%d\" y=\"%d\">",
               pattern, WIDTH - RIGHT + 12, y, WIDTH - RIGHT + 42, y + 4);
    sb_escape_html(b, c->r->method[method].label);
    sb_buf_add(b, "</text>\n");
}

static bool has_line(const curve *c, size_t method)
{
    for (size_t k = c->first; k < c->last; k++)
        if (!isnan(median_at(c, method, k))) return true;
    return false;
}

sb_status sb_claims_curve(const sb_results *r, size_t first, size_t last, size_t metric, sb_ctx *cx, sb_buf *b,
                          bool *drawn)
{
    const sb_setting *const s = &r->setting[first];
    curve c = {.r = r, .first = first, .last = last, .metric = metric};
    double *x = SB_NEW(cx->arena, r->results + 1, double);
    c.quartile = SB_NEW(cx->arena, 3 * r->methods * (last - first) + 1, double);
    if (!x || !c.quartile) SB_FAIL(cx->err, SB_ENOMEM, "curves of %zu methods", r->methods);
    *drawn = measure(&c, x);
    if (!*drawn) return SB_OK;
    size_t shown = 0;
    for (size_t i = 0; i < r->methods; i++) shown += has_line(&c, i);
    const int height = TOP + LEGEND * (int)shown > HEIGHT ? TOP + LEGEND * (int)shown : HEIGHT;
    sb_buf_add(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">\n<title>",
               WIDTH, height, WIDTH);
    sb_escape_html(b, s->data);
    sb_buf_add(b, ", ");
    sb_escape_html(b, s->model);
    sb_buf_add(b,
               ": median %s</title>\n<style>text{font:12px sans-serif;fill:#333}.g{stroke:#ddd;fill:none}</style>\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"%d\" y=\"16\">median %s, bars: "
               "quartiles</text>\n",
               r->metric[metric]->name, LEFT, r->metric[metric]->name);
    axes(&c, b);
    for (size_t i = 0, row = 0; i < r->methods; i++) {
        bool any = false;
        for (size_t k = first; k < last; k++) any = any || !isnan(median_at(&c, i, k));
        if (any) line(&c, i, row++, b);
    }
    sb_buf_add(b, "</svg>\n");
    return SB_OK;
}

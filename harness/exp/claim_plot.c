/* Plot of a claim's rows: the measured values with their intervals over what is claimed, a line for each row, or for
 * all budgets of a method where there are many. Plain SVG with its own colours; the table beside it says the same in
 * words. */
#include <math.h>
#include <string.h>

#include "claim_page.h"
#include "escape.h"
#include "metric.h"
#include "words.h"

enum { WIDTH = 980, LABELS = 470, RIGHT = 24, LINE = 17, TOP = 30, BOTTOM = 54, TICKS = 9, MOST_ROWS = 24 };

typedef struct axis {
    double low, high; /* of the axis, in its own scale */
    double unit;      /* that its numbers are multiplied by: 100 for points */
    bool log;
} axis;

static double at(const axis *a, double v)
{
    const double u = a->log ? log(v) : v;
    return LABELS + (WIDTH - LABELS - RIGHT) * (fmin(fmax(u, a->low), a->high) - a->low) / (a->high - a->low);
}

/* What is claimed: one value, or an interval that may be open above. */
static void claimed(const sb_claim *c, double out[2])
{
    out[0] = out[1] = (double)NAN;
    if (c->test == SB_TEST_CALIBRATION)
        out[0] = out[1] = 1;
    else if (c->test == SB_TEST_UNBIASED)
        out[0] = out[1] = 0;
    else if (c->test == SB_TEST_ORDERING)
        out[0] = c->log ? exp(c->effect) : c->effect;
    else if (!isnan(c->range[0]))
        out[0] = c->range[0], out[1] = c->range[1];
    else
        out[0] = out[1] = c->value;
}

static void extend(double v, double range[2], bool *positive)
{
    if (!isfinite(v)) return;
    range[0] = fmin(range[0], v);
    range[1] = fmax(range[1], v);
    *positive = *positive && v > 0;
}

/* false: nothing to show. Logarithmic where all is positive and spans more than a factor of 8. */
static bool make_axis(const sb_claim_row *row, size_t n, axis *a)
{
    double range[2] = {HUGE_VAL, -HUGE_VAL}, c[2];
    bool positive = true, any = false;
    for (size_t i = 0; i < n; i++) {
        any = any || isfinite(row[i].value);
        extend(row[i].value, range, &positive);
        extend(row[i].low, range, &positive);
        extend(row[i].high, range, &positive);
        claimed(row[i].claim, c);
        if (c[0] != 0) extend(c[0], range, &positive); /* 0 to 1 is "at most 1" */
        extend(c[1], range, &positive);
    }
    if (!any) return false;
    a->log = positive && range[1] > 8 * range[0];
    a->low = a->log ? log(range[0]) : range[0];
    a->high = a->log ? log(range[1]) : range[1];
    const double room = a->high > a->low ? 0.04 * (a->high - a->low) : fmax(0.1 * fabs(a->low), 1e-12);
    a->low -= room;
    a->high += room;
    return true;
}

static void tick(const axis *a, double v, double bottom, sb_buf *b)
{
    sb_buf_add(
        b, "<path class=\"g\" d=\"M%.1f %d V%.1f\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.3g</text>\n",
        at(a, v), TOP, bottom, at(a, v), bottom + 15, a->unit * v);
}

static void ticks(const axis *a, double bottom, sb_buf *b)
{
    if (a->log) {
        const double from = ceil(a->low / log(10) - 1e-9), to = floor(a->high / log(10) + 1e-9);
        const double step = fmax(1, ceil((to - from) / TICKS));
        for (double e = from; e <= to; e += step) tick(a, pow(10, e), bottom, b);
        if (to - from >= 1) return;
        tick(a, exp(a->low + 0.1 * (a->high - a->low)), bottom, b);
        tick(a, exp(a->high - 0.1 * (a->high - a->low)), bottom, b);
        return;
    }
    const double rough = (a->high - a->low) / 5, power = pow(10, floor(log10(rough))), unit = rough / power;
    const double step = power * (unit < 1.5 ? 1 : unit < 3.5 ? 2 : unit < 7.5 ? 5 : 10);
    for (double v = ceil(a->low / step) * step; v <= a->high; v += step) tick(a, fabs(v) < step / 2 ? 0 : v, bottom, b);
}

static bool in_points(const sb_claim *c)
{
    const bool own = c->test == SB_TEST_DIFFERENCE || (c->test == SB_TEST_ORDERING && !c->log);
    return own && sb_words_in_points(&sb_metrics[sb_metric_index(c->metric)]);
}

/* What the axis shows. */
static void caption(const sb_claim *c, sb_buf *b)
{
    static const char *const words[SB_TESTS] = {
        [SB_TEST_IDENTITY] = "",
        [SB_TEST_INTERVAL] = "",
        [SB_TEST_ORDERING] = "gain over ",
        [SB_TEST_RATE] = "share of repeats above the limit",
        [SB_TEST_RATIO] = "divided by that of ",
        [SB_TEST_DIFFERENCE] = "minus that of ",
        [SB_TEST_SLOPE] = "slope of its logarithm against that of the rows selected",
        [SB_TEST_CALIBRATION] = "mean square, divided by that of ",
        [SB_TEST_UNBIASED] = "mean, divided by ",
    };
    sb_escape_html(b, c->metric);
    sb_buf_add(b, "%s%s", *words[c->test] ? ", " : "", c->log ? "better by this factor than " : words[c->test]);
    if (c->against || (c->against_metric && c->test != SB_TEST_RATE))
        sb_escape_html(b, c->against ? c->against : c->against_metric);
    if (in_points(c)) sb_buf_add(b, ", points");
}

static bool same(const char *x, const char *y) { return strcmp(x, y) == 0; }

/* Rows that one line shows: those of a method in one place. */
static bool same_line(const sb_results *r, const sb_claim_row *x, const sb_claim_row *y)
{
    if (x->setting == SIZE_MAX || y->setting == SIZE_MAX || !same(x->method, y->method)) return false;
    const sb_setting *const s = &r->setting[x->setting], *const t = &r->setting[y->setting];
    return same(s->data, t->data) && same(s->embedding, t->embedding) && same(s->model, t->model);
}

static void label(const sb_results *r, const sb_claim_row *row, size_t n, size_t i, bool budget, double y, sb_buf *b)
{
    const sb_claim_row *const e = &row[i];
    const sb_setting *const s = e->setting == SIZE_MAX ? NULL : &r->setting[e->setting];
    bool embeddings = false;
    for (size_t k = 0; s && k < n; k++)
        embeddings = embeddings || (row[k].setting != SIZE_MAX && same(r->setting[row[k].setting].data, s->data) &&
                                    !same(r->setting[row[k].setting].embedding, s->embedding));
    sb_buf_add(b, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LABELS - 8, y + 4);
    sb_escape_html(b, s ? s->data : e->where);
    if (embeddings) {
        sb_buf_add(b, ", ");
        sb_escape_html(b, s->embedding);
    }
    if (s) {
        sb_buf_add(b, ", ");
        sb_escape_html(b, s->model);
    }
    sb_buf_add(b, ": ");
    sb_escape_html(b, e->method);
    if (s && budget && e->claim->test != SB_TEST_SLOPE) sb_buf_add(b, ", %zu rows", s->m);
    sb_buf_add(b, "</text>");
}

static void band(const sb_claim *claim, const axis *a, double y, sb_buf *b)
{
    double c[2];
    claimed(claim, c);
    if (isnan(c[0])) return;
    const double x0 = c[0] == 0 && a->log ? LABELS : at(a, c[0]), x1 = isnan(c[1]) ? WIDTH - RIGHT : at(a, c[1]);
    const bool thin = x1 - x0 < 2; /* one value */
    sb_buf_add(b, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>", thin ? "v" : "k",
               x0 - (thin ? 1 : 0), y - LINE / 2.0, fmax(x1 - x0, 2), LINE);
}

static void point(const sb_claim_row *r, const axis *a, double radius, double y, sb_buf *b)
{
    static const char *const letters[SB_CLAIM_VERDICTS] = {
        [SB_C_REPRODUCED] = "r",   [SB_C_INSIDE] = "r",      [SB_C_HOLDS] = "r",          [SB_C_BETTER] = "b",
        [SB_C_CONTRADICTED] = "c", [SB_C_FAILS] = "c",       [SB_C_NOT_COMPARABLE] = "n", [SB_C_UNCONFIRMED] = "n",
        [SB_C_UNDECIDED] = "u",    [SB_C_NOT_MEASURED] = "n"};
    if (isfinite(r->low) && isfinite(r->high))
        sb_buf_add(b, "<path class=\"%s\" d=\"M%.1f %.1f H%.1f\"/>", letters[r->verdict], at(a, r->low), y,
                   at(a, r->high));
    if (isfinite(r->value))
        sb_buf_add(b, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", letters[r->verdict], at(a, r->value),
                   y, radius);
}

static void one(const sb_results *r, const sb_claim_row *row, size_t n, size_t i, bool together, const axis *a,
                double y, sb_buf *b)
{
    size_t others = 0;
    label(r, row, n, i, !together, y, b);
    band(row[i].claim, a, y, b);
    for (size_t k = i + 1; k < n && together; k++) others += same_line(r, &row[i], &row[k]);
    for (size_t k = n; k-- > i + 1 && together;) /* the largest dots below the others */
        if (same_line(r, &row[i], &row[k])) point(&row[k], a, fmin(2.2 + 0.8 * (double)others--, 6), y, b);
    point(&row[i], a, together ? 2.2 : 4, y, b);
    sb_buf_add(b, "\n");
}

static bool first_of_line(const sb_results *r, const sb_claim_row *row, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_line(r, &row[k], &row[i])) return false;
    return true;
}

bool sb_claims_plot(const sb_results *r, const sb_claim_row *row, size_t n, sb_buf *b)
{
    axis a;
    /* every repeat equal to a number: nothing to see */
    if (!n || row->claim->test == SB_TEST_IDENTITY || !make_axis(row, n, &a)) return false;
    const bool together = n > MOST_ROWS && row->claim->budget.n != 1;
    size_t lines = 0;
    for (size_t i = 0; i < n; i++) lines += !together || first_of_line(r, row, i);
    const double bottom = TOP + LINE * (double)lines + 6;
    a.unit = in_points(row->claim) ? 100 : 1;
    sb_buf_add(b,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" role=\"img\">\n<title>",
               WIDTH, bottom + BOTTOM, WIDTH);
    sb_escape_html(b, row->claim->id);
    sb_buf_add(
        b,
        "</title>\n<style>text{font:12px sans-serif;fill:#333}.g{stroke:#ddd;fill:none}.k{fill:#e3e9f5}.v{fill:#6b7fb5}"
        ".r{stroke:#1a7f37;fill:#1a7f37}.b{stroke:#0b6bcb;fill:#0b6bcb}.c{stroke:#b3261e;fill:#b3261e}"
        ".u{stroke:#8a6100;fill:#fff}.n{stroke:#666;fill:#999}path.r,path.b,path.c,path.u,path.n"
        "{stroke-width:2;fill:none}circle{stroke-width:2}</style>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
    sb_buf_add(b,
               "<text x=\"8\" y=\"16\">shaded: claimed. <tspan fill=\"#1a7f37\">green</tspan>: it holds, <tspan "
               "fill=\"#0b6bcb\">blue</tspan>: better than that, <tspan fill=\"#b3261e\">red</tspan>: it does not, "
               "hollow: undecided, grey: not judged%s</text>\n",
               together ? "; larger dots: more rows selected" : "");
    ticks(&a, bottom, b);
    sb_buf_add(b, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">", (LABELS + WIDTH - RIGHT) / 2, bottom + 36);
    caption(row->claim, b);
    sb_buf_add(b, "</text>\n");
    for (size_t i = 0, line = 0; i < n; i++)
        if (!together || first_of_line(r, row, i))
            one(r, row, n, i, together, &a, TOP + LINE * (double)line++ + LINE / 2.0 + 3, b);
    sb_buf_add(b, "</svg>\n");
    return true;
}

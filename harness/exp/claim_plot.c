/* Plot of a claim's rows: one line each, the measured value with its interval over what is claimed. Plain SVG with its
 * own colours for light and dark; the table beside it says the same in words. */
#include <math.h>

#include "claim_page.h"
#include "escape.h"

enum { WIDTH = 980, LABELS = 560, RIGHT = 24, LINE = 17, TOP = 30, BOTTOM = 34, TICKS = 9 };

typedef struct axis {
    double low, high; /* of the axis, in its own scale */
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
        at(a, v), TOP, bottom, at(a, v), bottom + 15, v);
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

static void one(const sb_claim_row *r, const axis *a, double y, sb_buf *b)
{
    static const char *const letters[SB_CLAIM_VERDICTS] = {"r", "r", "r", "r", "c", "c", "n", "n", "u", "n"};
    double c[2];
    claimed(r->claim, c);
    sb_buf_add(b, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LABELS - 8, y + 4);
    sb_escape_html(b, r->where);
    sb_buf_add(b, ", ");
    sb_escape_html(b, r->method);
    sb_buf_add(b, "</text>");
    if (!isnan(c[0])) {
        const double x0 = c[0] == 0 && a->log ? LABELS : at(a, c[0]), x1 = isnan(c[1]) ? WIDTH - RIGHT : at(a, c[1]);
        sb_buf_add(b, "<rect class=\"k\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
                   x0 - (x1 - x0 < 2 ? 1 : 0), y - LINE / 2.0, fmax(x1 - x0, 2), LINE);
    }
    if (isfinite(r->low) && isfinite(r->high))
        sb_buf_add(b, "<path class=\"%s\" d=\"M%.1f %.1f H%.1f\"/>", letters[r->verdict], at(a, r->low), y,
                   at(a, r->high));
    if (isfinite(r->value))
        sb_buf_add(b, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>", letters[r->verdict], at(a, r->value),
                   y);
    sb_buf_add(b, "\n");
}

bool sb_claims_plot(const sb_claim_row *row, size_t n, sb_buf *b)
{
    axis a;
    if (!n || !make_axis(row, n, &a)) return false;
    const double bottom = TOP + LINE * (double)n + 6;
    sb_buf_add(b,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" role=\"img\">\n<title>",
               WIDTH, bottom + BOTTOM, WIDTH);
    sb_escape_html(b, row->claim->id);
    sb_buf_add(b, "</title>\n<style>text{font:12px sans-serif;fill:#333}.g{stroke:#ddd;fill:none}.k{fill:#e3e9f5}"
                  ".r{stroke:#1a7f37;fill:#1a7f37}.c{stroke:#b3261e;fill:#b3261e}.u{stroke:#8a6100;fill:#fff}"
                  ".n{stroke:#666;fill:#999}path.r,path.c,path.u,path.n{stroke-width:2;fill:none}"
                  "circle{stroke-width:2}</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
    sb_buf_add(b, "<text x=\"8\" y=\"16\">shaded: claimed. <tspan fill=\"#1a7f37\">green</tspan>: it holds, <tspan "
                  "fill=\"#b3261e\">red</tspan>: contradicted, hollow: undecided, grey: not judged</text>\n");
    ticks(&a, bottom, b);
    for (size_t i = 0; i < n; i++) one(&row[i], &a, TOP + LINE * (double)i + LINE / 2.0 + 3, b);
    sb_buf_add(b, "</svg>\n");
    return true;
}

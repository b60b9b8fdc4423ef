#include "worth.h"

#include <math.h>
#include <string.h>

#include "words.h"

typedef struct point {
    double x, y;
} point;

static point placed(double x, double y, bool log_x, bool log_y)
{
    return (point){log_x ? log(x) : x, log_y ? log(y) : y};
}

/* Where the segment p + s (q - p) meets u + t (v - u), 0 <= s, t < 1: half open, so that a shared corner counts once.
 */
static bool meet(point p, point q, point u, point v, point *at)
{
    const double ax = q.x - p.x, ay = q.y - p.y, bx = v.x - u.x, by = v.y - u.y, det = ax * by - ay * bx;
    const double s = ((u.x - p.x) * by - (u.y - p.y) * bx) / det, t = ((u.x - p.x) * ay - (u.y - p.y) * ax) / det;
    if (!(s >= 0 && s < 1 && t >= 0 && t < 1)) return false; /* NaN: parallel, or a point is missing */
    *at = (point){p.x + s * ax, p.y + s * ay};
    return true;
}

size_t sb_worth_crossings(const double *ax, const double *ay, size_t an, const double *bx, const double *by, size_t bn,
                          bool log_x, bool log_y, double *x, double *y)
{
    size_t n = 0;
    for (size_t i = 0; i + 1 < an; i++)
        for (size_t j = 0; j + 1 < bn; j++) {
            point at;
            if (!meet(placed(ax[i], ay[i], log_x, log_y), placed(ax[i + 1], ay[i + 1], log_x, log_y),
                      placed(bx[j], by[j], log_x, log_y), placed(bx[j + 1], by[j + 1], log_x, log_y), &at))
                continue;
            x[n] = log_x ? exp(at.x) : at.x;
            y[n++] = log_y ? exp(at.y) : at.y;
        }
    return n;
}

enum { METHOD, BUDGET, VALUE, NEEDED, SAVED, FURTHER, PRICE, COLUMNS };

static double seconds_of(const sb_summary *s, size_t setting, size_t method)
{
    double sum = 0;
    bool known = false;
    for (size_t k = 0; k < s->results->metrics; k++) {
        const char *const name = s->results->metric[k]->name;
        const double v = sb_summary_at(s, setting, method, k)->mean;
        if ((strcmp(name, "prepare_s") != 0 && strcmp(name, "select_s") != 0) || isnan(v)) continue;
        sum += v;
        known = true;
    }
    return known ? sum : (double)NAN;
}

/* The price of a further row: what the method costs more, over the rows it saves. */
static const char *price_text(const sb_break_even *e, double own, double further, sb_arena *a, double *price)
{
    const double saved = (isinf(e->m) ? (double)e->most : e->m) - own;
    *price = (double)NAN;
    if (isnan(e->m) || isnan(further)) return "";
    if (!(saved > 0)) return isinf(e->m) ? "" : "never";
    *price = further > 0 ? further / saved : 0;
    if (*price == 0) return "always";
    return sb_str_format(a, isinf(e->m) ? "< %s" : "%s", sb_words_value(*price, "s").text);
}

static sb_status put_row(const sb_summary *s, const sb_break_even *e, sb_ctx *cx, const char **cell, double *value)
{
    sb_arena *const a = cx->arena;
    const sb_aggregate *const v = sb_summary_at(s, e->setting, e->method, e->metric);
    const size_t own = s->results->setting[e->setting].m;
    const double further = seconds_of(s, e->setting, e->method) - seconds_of(s, e->setting, s->reference);
    const double saved = e->m > 0 && isfinite(e->m) ? e->m - (double)own : (double)NAN;
    cell[METHOD] = s->results->method[e->method].label;
    cell[BUDGET] = sb_str_format(a, "%s", sb_words_count(own).text);
    cell[VALUE] = sb_str_format(a, "%s", sb_words_number(v->mean, sb_words_mean_digits(v->mean, v->mean_ci)).text);
    value[VALUE] = v->mean;
    cell[NEEDED] = sb_break_even_text(e, a);
    value[NEEDED] = isinf(e->m) ? 2 * (double)e->most : e->m;
    cell[SAVED] = isnan(saved) ? "" : sb_str_format(a, "%s", sb_words_number(saved, 0).text);
    value[SAVED] = saved;
    cell[FURTHER] = isnan(further) ? ""
                                   : sb_str_format(a, "%s%s", further < 0 ? "\xe2\x88\x92" : "",
                                                   sb_words_value(fabs(further), "s").text);
    value[FURTHER] = further;
    cell[PRICE] = price_text(e, (double)own, further, a, &value[PRICE]);
    for (size_t j = 0; j < COLUMNS; j++)
        if (!cell[j]) SB_FAIL(cx->err, SB_ENOMEM, "texts of a comparison");
    return SB_OK;
}

sb_status sb_worth_table(const sb_summary *s, const sb_break_evens *evens, const sb_standing *k, sb_ctx *cx,
                         sb_table *out)
{
    const sb_group *const g = &s->group[k->group];
    size_t rows = 0;
    for (size_t i = 0; i < evens->count; i++)
        rows += evens->list[i].group == k->group && evens->list[i].metric == k->metric;
    if (!rows) return sb_table_new(0, 1, "", cx, out);
    const char *const reference = s->results->reference, *const name = s->results->metric[k->metric]->name;
    const char *const where = sb_words_group(g, cx->arena);
    const char *const caption = sb_str_format(
        cx->arena,
        "break-even on %s by %s: rows that %s needs for the same mean [%g%% interval], and the price of a further row, "
        "its label and its training, above which the method pays",
        where ? where : "", name, reference, 100 * s->level);
    SB_TRY(sb_table_new(rows, COLUMNS, where ? caption : NULL, cx, out));
    const char *const head[COLUMNS] = {"method",
                                       "rows",
                                       name,
                                       sb_str_format(cx->arena, "%s needs", reference),
                                       "rows saved",
                                       "further time to select",
                                       "pays above, a row"};
    if (!head[NEEDED]) SB_FAIL(cx->err, SB_ENOMEM, "heads of a comparison");
    memcpy(out->head, head, sizeof head);
    for (size_t i = 0, at = 0; i < evens->count; i++) {
        const sb_break_even *const e = &evens->list[i];
        if (e->group != k->group || e->metric != k->metric) continue;
        SB_TRY(put_row(s, e, cx, &out->cell[at * COLUMNS], &out->value[at * COLUMNS]));
        at++;
    }
    return SB_OK;
}

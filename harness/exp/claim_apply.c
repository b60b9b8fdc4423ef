#include <math.h>
#include <string.h>

#include "claim.h"
#include "metric.h"

typedef struct applying {
    const sb_results *r;
    sb_ctx *cx;
    sb_claim_row *row;
    size_t rows, room;
    double *x, *other; /* values of the sample at hand, r->results of each */
} applying;

static bool named(const sb_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->item[i], name) == 0) return true;
    return names->n == 0;
}

static bool covers(const sb_claim *c, const sb_setting *s)
{
    return named(&c->data, s->data) && named(&c->embedding, s->embedding) && named(&c->model, s->model) &&
           named(&c->budget, s->budget);
}

static size_t method_of(const sb_results *r, const char *label)
{
    for (size_t i = 0; i < r->methods; i++)
        if (strcmp(r->method[i].label, label) == 0) return i;
    return SIZE_MAX;
}

static bool before(const sb_result *e, size_t setting, size_t method)
{
    return e->setting < setting || (e->setting == setting && e->method < method);
}

/* Results of (setting, method): consecutive, by repeat, found by halving as all are sorted. */
static size_t first_of(const sb_results *r, size_t setting, size_t method, size_t *count)
{
    size_t low = 0, high = r->results;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (before(&r->result[middle], setting, method))
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < r->results && r->result[end].setting == setting && r->result[end].method == method) end++;
    *count = end - low;
    return low;
}

static double value_of(const sb_results *r, const sb_result *e, const char *metric)
{
    if (strcmp(e->status, "ok") != 0 || !e->value) return (double)NAN;
    for (size_t i = 0; i < r->metrics; i++)
        if (strcmp(r->metric[i]->name, metric) == 0) return e->value[i];
    return (double)NAN;
}

/* The same repeat of another method, or NaN. */
static double partner(const sb_results *r, const sb_claim *c, const sb_result *e)
{
    if (c->against_metric) return value_of(r, e, c->against_metric);
    size_t count = 0;
    const size_t at = first_of(r, e->setting, method_of(r, c->against), &count);
    for (size_t i = at; i < at + count; i++)
        if (r->result[i].rep == e->rep) return value_of(r, &r->result[i], c->metric);
    return (double)NAN;
}

/* Fills the arrays; *tried: repeats that the run has, failed ones too. */
static size_t gather(const applying *a, const sb_claim *c, size_t setting, size_t method, size_t *tried)
{
    const bool pairs = c->against || c->against_metric;
    const size_t at = first_of(a->r, setting, method, tried);
    size_t n = 0;
    for (size_t i = at; i < at + *tried; i++) {
        const double x = value_of(a->r, &a->r->result[i], c->metric);
        const double other = pairs ? partner(a->r, c, &a->r->result[i]) : 0;
        if (isnan(x) || isnan(other)) continue;
        a->x[n] = x;
        a->other[n++] = other;
    }
    return n;
}

/* Something was tried and nothing ended well: nothing can be said. Otherwise the metric or the partner does not exist
 * there, or the run has not come to it. */
static bool all_failed(const applying *a, size_t setting, size_t method)
{
    size_t count = 0;
    const size_t at = first_of(a->r, setting, method, &count);
    bool tried = false;
    for (size_t i = at; i < at + count; i++) {
        if (strcmp(a->r->result[i].status, "ok") == 0) return false;
        tried = tried || strcmp(a->r->result[i].status, "missing") != 0;
    }
    return tried;
}

static sb_claim_row *new_row(applying *a)
{
    if (a->rows == a->room) {
        const size_t room = a->room ? 2 * a->room : 64;
        sb_claim_row *more = SB_NEW(a->cx->arena, room, sb_claim_row);
        if (!more) return NULL;
        for (size_t i = 0; i < a->rows; i++) more[i] = a->row[i];
        a->row = more;
        a->room = room;
    }
    return &a->row[a->rows++];
}

static sb_status judge(applying *a, const sb_claim *c, const sb_setting *s, const char *method,
                       const sb_claim_sample *sample)
{
    sb_claim_row *row = new_row(a);
    if (!row) SB_FAIL(a->cx->err, SB_ENOMEM, "%zu rows of claims", a->rows);
    row->method = method;
    row->data = s ? s->data : NULL;
    row->setting = s ? (size_t)(s - a->r->setting) : SIZE_MAX;
    row->where = !s ? "nowhere"
                 : c->test == SB_TEST_SLOPE
                     ? sb_str_format(a->cx->arena, "%s (%s, %s)", s->data, s->embedding, s->model)
                     : sb_str_format(a->cx->arena, "%s (%s, %s) m=%zu", s->data, s->embedding, s->model, s->m);
    if (!row->where) SB_FAIL(a->cx->err, SB_ENOMEM, "place of a claim");
    sb_ctx sub = *a->cx;
    sub.path = sb_str_format(a->cx->arena, "claims/%s/%s/%s", c->id, row->where, method);
    if (!sub.path) SB_FAIL(a->cx->err, SB_ENOMEM, "name of a stream");
    return sb_claim_judge(c, sample, &sub, row);
}

static bool same_group(const sb_setting *a, const sb_setting *b)
{
    return strcmp(a->data, b->data) == 0 && strcmp(a->embedding, b->embedding) == 0 && strcmp(a->model, b->model) == 0;
}

/* One row for the settings that differ from `first` in the budget only. */
static sb_status apply_slope(applying *a, const sb_claim *c, size_t first, size_t method)
{
    const sb_results *r = a->r;
    double *log_m = SB_NEW(a->cx->arena, r->settings, double), *error = SB_NEW(a->cx->arena, r->results + 1, double);
    size_t *begin = SB_NEW(a->cx->arena, r->settings + 1, size_t);
    if (!log_m || !error || !begin) SB_FAIL(a->cx->err, SB_ENOMEM, "points of a slope");
    size_t points = 0;
    for (size_t s = first; s < r->settings; s++) {
        size_t tried = 0;
        if (!covers(c, &r->setting[s]) || !same_group(&r->setting[s], &r->setting[first])) continue;
        const size_t n = gather(a, c, s, method, &tried);
        bool any = false;
        for (size_t i = 0; i < n; i++) any = any || a->x[i] != 0;
        if (!any) continue; /* without an error there is no logarithm */
        memcpy(error + begin[points], a->x, n * sizeof *error);
        log_m[points] = log((double)r->setting[s].m);
        begin[points + 1] = begin[points] + n;
        points++;
    }
    const sb_claim_sample sample = {.n = begin[points], .x = error, .points = points, .log_m = log_m, .first = begin};
    return judge(a, c, &r->setting[first], r->method[method].label, &sample);
}

static bool first_of_group(const sb_results *r, const sb_claim *c, size_t setting)
{
    for (size_t s = 0; s < setting; s++)
        if (covers(c, &r->setting[s]) && same_group(&r->setting[s], &r->setting[setting])) return false;
    return true;
}

/* A method that a data set does not try gives no row there. */
static sb_status apply_one(applying *a, const sb_claim *c)
{
    const size_t before = a->rows;
    for (size_t s = 0; s < a->r->settings; s++) {
        if (!covers(c, &a->r->setting[s])) continue;
        for (size_t i = 0; i < c->method.n; i++) {
            const size_t method = method_of(a->r, c->method.item[i]);
            size_t tried = 0;
            if (method == SIZE_MAX) continue;
            const size_t n = gather(a, c, s, method, &tried);
            if (!tried || (!n && !all_failed(a, s, method))) continue;
            if (c->test == SB_TEST_SLOPE && !first_of_group(a->r, c, s)) continue;
            const bool pairs = c->against || c->against_metric;
            const sb_claim_sample sample = {.n = n, .x = a->x, .other = pairs ? a->other : NULL};
            if (c->test == SB_TEST_SLOPE)
                SB_TRY(apply_slope(a, c, s, method));
            else
                SB_TRY(judge(a, c, &a->r->setting[s], a->r->method[method].label, &sample));
        }
    }
    return a->rows == before ? judge(a, c, NULL, c->method.item[0], &(sb_claim_sample){0}) : SB_OK;
}

sb_status sb_claims_apply(const sb_claims *c, const sb_results *r, sb_ctx *cx, sb_claim_row **row, size_t *rows)
{
    applying a = {.r = r, .cx = cx};
    a.x = SB_NEW(cx->arena, r->results + 1, double);
    a.other = SB_NEW(cx->arena, r->results + 1, double);
    if (!a.x || !a.other) SB_FAIL(cx->err, SB_ENOMEM, "%zu values of claims", r->results);
    for (size_t i = 0; i < c->n; i++) SB_TRY(apply_one(&a, &c->claim[i]));
    SB_TRY(sb_claims_order(a.row, a.rows, cx));
    *row = a.row;
    *rows = a.rows;
    return SB_OK;
}

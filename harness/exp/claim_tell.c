/* Comparisons of methods in sentences: for which methods it holds, from how many rows on, with which figures. */
#include <math.h>
#include <string.h>

#include "claim_tell.h"
#include "metric.h"
#include "words.h"

enum {
    MOST_DATA = 10 /* lines */,
    MOST_NAMES = 6 /* in a row */,
    REPEATS_PAIRED = 6 /* below, no sign-flip test can reach .05 */
};

typedef struct telling {
    const sb_results *r;
    const sb_claim_row *row;
    const size_t *in;
    size_t n;
    sb_buf *b;
    const char *const *data; /* of the line at hand */
    size_t sets;             /* 0: all */
} telling;

static bool equal(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

bool sb_claim_compares(const sb_claim *c)
{
    return c->test == SB_TEST_ORDERING || c->test == SB_TEST_RATIO || c->test == SB_TEST_DIFFERENCE;
}

sb_claim_standing sb_claim_stands(const sb_claim_row *r)
{
    if (r->claim->test == SB_TEST_ORDERING) {
        const bool sure = r->p_adjusted < 0.05;
        if (sure && r->gain > 0)
            return r->gain_ci.low >= r->claim->effect   ? SB_STANDS
                   : r->gain_ci.high < r->claim->effect ? SB_STANDS_LESS
                                                        : SB_STANDS_OVER;
        return sure && r->gain < 0 ? SB_STANDS_NOT : r->repeats < REPEATS_PAIRED ? SB_STANDS_FEW : SB_STANDS_OPEN;
    }
    switch (r->verdict) {
    case SB_C_REPRODUCED:
    case SB_C_INSIDE:
    case SB_C_HOLDS: return SB_STANDS;
    case SB_C_BETTER: return SB_STANDS_OVER;
    case SB_C_CONTRADICTED:
    case SB_C_FAILS: return SB_STANDS_NOT;
    case SB_C_UNDECIDED: return SB_STANDS_OPEN;
    default: return SB_STANDS_UNJUDGED;
    }
}

void sb_spread_add(sb_spread *s, const sb_claim_row *r)
{
    s->low = r->repeats < s->low ? r->repeats : s->low;
    s->high = r->repeats > s->high ? r->repeats : s->high;
}

void sb_spread_tell(const sb_spread *s, sb_buf *b)
{
    if (s->low < s->high)
        sb_buf_add(b, "%zu to %zu repeats", s->low, s->high);
    else
        sb_buf_add(b, "%zu repeat%s", s->high, s->high == 1 ? "" : "s");
}

static bool on_line(const telling *a, const sb_claim_row *r)
{
    if (r->setting == SIZE_MAX || r->verdict == SB_C_NOT_MEASURED) return false;
    for (size_t k = 0; k < a->sets; k++)
        if (equal(r->data, a->data[k])) return true;
    return a->sets == 0;
}

static bool of_method(const telling *a, const sb_claim_row *r, const char *method)
{
    return on_line(a, r) && equal(r->method, method);
}

static bool same_place(const sb_results *r, size_t a, size_t b)
{
    return equal(r->setting[a].data, r->setting[b].data) && equal(r->setting[a].embedding, r->setting[b].embedding) &&
           equal(r->setting[a].model, r->setting[b].model);
}

/* Rows of a method on the line; with a place (SIZE_MAX: any) and a standing (SB_STANDINGS: any). */
static size_t count_rows(const telling *a, const char *method, size_t place, sb_claim_standing s)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        n += of_method(a, r, method) && (s == SB_STANDINGS || sb_claim_stands(r) == s) &&
             (place == SIZE_MAX || same_place(a->r, r->setting, place));
    }
    return n;
}

/* "from 300 rows on": the budgets of a method in one place that have this standing. All of them: nothing. */
static void budgets(const telling *a, const char *method, size_t place, sb_claim_standing s, sb_buf *b)
{
    size_t n = 0, hits = 0, first = SIZE_MAX, last = 0, changes = 0;
    bool before = false;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!of_method(a, r, method) || !same_place(a->r, r->setting, place)) continue;
        const bool hit = sb_claim_stands(r) == s;
        if (hit && first == SIZE_MAX) first = n;
        if (hit) last = n;
        changes += n > 0 && hit != before;
        hits += hit;
        before = hit;
        n++;
    }
    if (hits == n) return;
    const bool suffix = changes == 1 && last + 1 == n && hits > 1, prefix = changes == 1 && first == 0 && hits > 1;
    size_t k = 0, shown = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!of_method(a, r, method) || !same_place(a->r, r->setting, place)) continue;
        const size_t m = a->r->setting[r->setting].m, at = k++;
        if (sb_claim_stands(r) != s || (suffix && at != first) || (prefix && at != last)) continue;
        sb_buf_add(b, "%s%zu", shown++ ? ", " : suffix ? " from " : prefix ? " up to " : " at ", m);
    }
    sb_buf_add(b, suffix ? " rows on" : " rows");
}

/* Three digits; thousands with commas, so that nobody counts zeros or exponents. */
static void figure(const sb_claim *c, double v, sb_buf *b)
{
    if (c->test != SB_TEST_RATIO && !c->log && sb_words_in_points(&sb_metrics[sb_metric_index(c->metric)])) {
        sb_buf_add(b, "%+.2f", 100 * v);
    } else if (v >= 999.5 && v < 9.995e6) {
        const double unit = pow(10, floor(log10(v)) - 2);
        sb_buf_add(b, "%s", sb_words_count((size_t)(rint(v / unit) * unit + 0.5)).text);
    } else {
        sb_buf_add(b, "%.3g", v);
    }
}

/* " (0.52 to 1.1)", or the only value with its interval. */
static void figures(const telling *a, const char *method, size_t place, sb_claim_standing s, sb_buf *b)
{
    const sb_claim_row *low = NULL, *high = NULL;
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!of_method(a, r, method) || sb_claim_stands(r) != s || isnan(r->value)) continue;
        if (place != SIZE_MAX && !same_place(a->r, r->setting, place)) continue;
        if (!n++ || r->value < low->value) low = r;
        if (n == 1 || r->value > high->value) high = r;
    }
    if (!n) return;
    sb_buf_add(b, " (");
    figure(low->claim, low->value, b);
    if (n == 1 && low->low < low->high) {
        sb_buf_add(b, " [");
        figure(low->claim, low->low, b);
        sb_buf_add(b, ", ");
        figure(low->claim, low->high, b);
        sb_buf_add(b, "]");
    } else if (high->value - low->value > 0.005 * fabs(low->value)) {
        sb_buf_add(b, " to ");
        figure(high->claim, high->value, b);
    }
    sb_buf_add(b, ")");
}

static bool new_place(const telling *a, const char *method, size_t p)
{
    return (!p || !same_place(a->r, p, p - 1)) && count_rows(a, method, p, SB_STANDINGS) > 0;
}

/* True when the same budgets have this standing in every place where the method has rows; *text says which. */
static bool places_agree(const telling *a, const char *method, sb_claim_standing s, sb_ctx *cx, const char **text)
{
    *text = NULL;
    for (size_t p = 0; p < a->r->settings; p++) {
        sb_buf here = {.arena = cx->arena};
        if (!new_place(a, method, p)) continue;
        if (!count_rows(a, method, p, s)) return false;
        budgets(a, method, p, s, &here);
        const char *const words = here.text ? here.text : "";
        if (*text && strcmp(*text, words) != 0) return false;
        *text = words;
    }
    return *text != NULL;
}

/* A method with this standing: where, if not everywhere, and its figures. Places that differ are told apart. */
static void tell_method(const telling *a, const char *method, sb_claim_standing s, sb_ctx *cx, sb_buf *b)
{
    const size_t hits = count_rows(a, method, SIZE_MAX, s), all = count_rows(a, method, SIZE_MAX, SB_STANDINGS);
    const char *text = "";
    if (!a->sets || hits == all || places_agree(a, method, s, cx, &text)) {
        sb_buf_add(b, "%s%s", method, text);
        if (!a->sets && hits < all) sb_buf_add(b, " in %zu of %zu cells", hits, all);
        figures(a, method, SIZE_MAX, s, b);
        return;
    }
    bool any = false;
    for (size_t p = 0; p < a->r->settings; p++) {
        if (!new_place(a, method, p) || !count_rows(a, method, p, s)) continue;
        sb_buf_add(b, "%s%s [%s]", any ? ", " : "", method, a->r->setting[p].model);
        budgets(a, method, p, s, b);
        figures(a, method, p, s, b);
        any = true;
    }
}

/* Mean of the figures of a method on the line, to put the best first. */
static double rank_of(const telling *a, const char *method, sb_claim_standing s)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!of_method(a, r, method) || sb_claim_stands(r) != s || isnan(r->gain)) continue;
        sum += r->gain;
        n++;
    }
    return n ? sum / (double)n : 0;
}

/* "holds for A (..), B (..)": false where no method stands like that. */
static bool tell_standing(const telling *a, sb_claim_standing s, const char *lead, sb_ctx *cx)
{
    const char **name = SB_NEW(cx->arena, a->n + 1, const char *);
    size_t n = 0;
    if (!name) {
        a->b->bad = true;
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        bool known = !on_line(a, r) || sb_claim_stands(r) != s;
        for (size_t k = 0; k < n && !known; k++) known = equal(name[k], r->method);
        if (!known) name[n++] = r->method;
    }
    for (size_t i = 1; i < n; i++) /* insertion, stable: few methods */
        for (size_t k = i; k > 0 && rank_of(a, name[k], s) > rank_of(a, name[k - 1], s); k--) {
            const char *const swap = name[k];
            name[k] = name[k - 1];
            name[k - 1] = swap;
        }
    for (size_t i = 0; i < n; i++) {
        sb_buf_add(a->b, "%s", i ? ", " : lead);
        tell_method(a, name[i], s, cx, a->b);
    }
    return n > 0;
}

static void list(const char *const *name, size_t n, sb_buf *b)
{
    if (n > MOST_NAMES) sb_buf_add(b, "%zu data sets, %s to %s", n, name[0], name[n - 1]);
    if (!n) sb_buf_add(b, "all data sets");
    for (size_t k = 0; k < n && n <= MOST_NAMES; k++) sb_buf_add(b, "%s%s", k ? ", " : "", name[k]);
}

static void tell_line(const telling *a, const sb_claim *c, sb_ctx *cx)
{
    static const char *const ordering[SB_STANDINGS] = {
        [SB_STANDS] = "**by that much**: ",
        [SB_STANDS_OVER] = "**better**, but not surely by that much: ",
        [SB_STANDS_LESS] = "**better**, but by less: ",
        [SB_STANDS_OPEN] = "**cannot be told apart**: ",
        [SB_STANDS_FEW] = "**too few repeats** to tell: ",
        [SB_STANDS_NOT] = "**worse**: ",
        [SB_STANDS_UNJUDGED] = "",
    };
    static const char *const range[SB_STANDINGS] = {
        [SB_STANDS] = "**holds** for ",
        [SB_STANDS_OVER] = "**better** than that: ",
        [SB_STANDS_LESS] = "",
        [SB_STANDS_OPEN] = "**undecided** for ",
        [SB_STANDS_FEW] = "",
        [SB_STANDS_NOT] = "**fails** for ",
        [SB_STANDS_UNJUDGED] = "measured: ",
    };
    bool any = false;
    sb_spread done = {SIZE_MAX, 0};
    for (size_t i = 0; i < a->n; i++)
        if (on_line(a, &a->row[a->in[i]])) sb_spread_add(&done, &a->row[a->in[i]]);
    sb_buf_add(a->b, "- ");
    list(a->data, a->sets, a->b);
    sb_buf_add(a->b, " (");
    sb_spread_tell(&done, a->b);
    sb_buf_add(a->b, "): ");
    for (sb_claim_standing s = SB_STANDS; s < SB_STANDINGS; s++) {
        const char *const word = c->test == SB_TEST_ORDERING ? ordering[s] : range[s];
        const char *const lead = any ? sb_str_format(cx->arena, "; %s", word) : word;
        if (!lead) a->b->bad = true;
        any = tell_standing(a, s, lead ? lead : "", cx) || any;
    }
    sb_buf_add(a->b, ".\n");
}

static void lead(const sb_claim *c, sb_buf *b)
{
    const sb_metric *const m = &sb_metrics[sb_metric_index(c->metric)];
    const bool points = sb_words_in_points(m);
    const double unit = points ? 100 : 1;
    const char *const what = points ? " points" : "";
    sb_buf_add(b, "Measured: %s (`%s`)", m->title, m->name);
    if (c->test == SB_TEST_RATIO && c->range[0] == 0)
        sb_buf_add(b, ", divided by that of %s (medians); it holds up to %g.", c->against, c->range[1]);
    else if (c->test == SB_TEST_RATIO)
        sb_buf_add(b, ", divided by that of %s (medians); it holds from %g to %g.", c->against, c->range[0],
                   c->range[1]);
    else if (c->test == SB_TEST_DIFFERENCE)
        sb_buf_add(b, ", minus that of %s; it holds from %g to %g%s.", c->against, unit * c->range[0],
                   unit * c->range[1], what);
    else if (c->log)
        sb_buf_add(b, ", by which factor it is better than that of %s; %.4g is the smallest that counts.", c->against,
                   exp(c->effect));
    else
        sb_buf_add(b, ", by how much it is better than that of %s; %g%s are the least that counts.", c->against,
                   unit * c->effect, what);
    if (c->not_comparable)
        sb_buf_add(b, " Not comparable with what is published: %s.", c->not_comparable);
    else if (c->established == SB_RECALLED)
        sb_buf_add(b, " The statement is known at second hand: measured, not judged.");
}

/* The data sets of the rows, in the order of the run. */
static size_t data_of(const telling *a, const char **name)
{
    size_t n = 0;
    for (size_t s = 0; s < a->r->settings; s++) {
        const char *const data = a->r->setting[s].data;
        bool known = false, any = false;
        for (size_t k = 0; k < n; k++) known = known || equal(name[k], data);
        for (size_t i = 0; i < a->n; i++) {
            const sb_claim_row *const r = &a->row[a->in[i]];
            any = any || (equal(r->data, data) && r->verdict != SB_C_NOT_MEASURED);
        }
        if (any && !known) name[n++] = data;
    }
    return n;
}

static size_t count_line(const telling *a, sb_claim_standing s)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        n += on_line(a, r) && (s == SB_STANDINGS || sb_claim_stands(r) == s);
    }
    return n;
}

/* True when each method stands alike in all cells of both data sets: one line tells them. */
static bool alike(telling *a, const char *x, const char *y)
{
    const char *const both[] = {x, y};
    bool same = true;
    a->data = both;
    a->sets = 2;
    for (size_t i = 0; i < a->n && same; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!on_line(a, r)) continue;
        const sb_claim_standing s = sb_claim_stands(r);
        same = s != SB_STANDS_UNJUDGED &&
               count_rows(a, r->method, SIZE_MAX, s) == count_rows(a, r->method, SIZE_MAX, SB_STANDINGS);
        const char *const other = equal(r->data, x) ? y : x;
        bool there = false;
        for (size_t k = 0; k < a->n; k++)
            there = there || (of_method(a, &a->row[a->in[k]], r->method) && equal(a->row[a->in[k]].data, other));
        same = same && there;
    }
    a->sets = 0;
    return same;
}

/* Orders the n names so that those told in one line are neighbours; first[k]: where line k begins. Returns the lines.
 */
static size_t lines_of(telling *a, const char **name, size_t n, size_t *first)
{
    size_t lines = 0;
    for (size_t i = 0; i < n;) {
        first[lines++] = i;
        const char *const head = name[i];
        size_t end = i + 1;
        for (size_t k = i + 1; k < n; k++) {
            if (!alike(a, head, name[k])) continue;
            const char *const found = name[k];
            memmove(&name[end + 1], &name[end], (k - end) * sizeof *name);
            name[end++] = found;
        }
        i = end;
    }
    first[lines] = n;
    return lines;
}

/* "It holds in 20 of 66 cells: everywhere on pol; in part on gas (10 of 16); nowhere on bike." */
static void in_short(telling *a, const sb_claim *c, const char *const *data, size_t n)
{
    static const char *const words[] = {"everywhere on ", "in part on ", "nowhere on "};
    bool any = false;
    sb_buf_add(a->b, " %s in %zu of %zu cells", c->test == SB_TEST_ORDERING ? "By that much" : "It holds",
               count_line(a, SB_STANDS), count_line(a, SB_STANDINGS));
    a->sets = 1;
    for (size_t how = 0; how < 3; how++) {
        size_t here = 0;
        for (size_t k = 0; k < n; k++) {
            a->data = &data[k];
            const size_t hits = count_line(a, SB_STANDS), all = count_line(a, SB_STANDINGS);
            if (how != (hits == all ? 0 : hits ? 1 : 2) || ++here > MOST_NAMES) continue;
            sb_buf_add(a->b, "%s%s%s", here > 1 ? ", " : any ? "; " : ": ", here > 1 ? "" : words[how], data[k]);
            if (how == 1) sb_buf_add(a->b, " (%zu of %zu)", hits, all);
            any = true;
        }
        if (here > MOST_NAMES) sb_buf_add(a->b, " and %zu more", here - MOST_NAMES);
    }
    a->sets = 0;
    sb_buf_add(a->b, ".");
}

sb_status sb_claim_tell(const sb_results *r, const sb_claim_row *row, const size_t *in, size_t n, sb_ctx *cx, sb_buf *b)
{
    telling a = {.r = r, .row = row, .in = in, .n = n, .b = b};
    const sb_claim *const c = row[in[0]].claim;
    const char **data = SB_NEW(cx->arena, r->settings + 2, const char *);
    size_t *first = SB_NEW(cx->arena, r->settings + 2, size_t);
    if (!data || !first) SB_FAIL(cx->err, SB_ENOMEM, "data sets of an answer");
    const size_t sets = data_of(&a, data), lines = lines_of(&a, data, sets, first);
    const bool apart = lines <= MOST_DATA, judged = !c->not_comparable && c->established != SB_RECALLED;
    lead(c, b);
    if (lines > 1 && apart && judged) in_short(&a, c, data, sets);
    sb_buf_add(b, sets ? "\n\n" : " The run has none of these cells.\n");
    for (size_t k = 0; k < lines && apart; k++) {
        a.data = data + first[k];
        a.sets = first[k + 1] - first[k];
        tell_line(&a, c, cx);
    }
    a.sets = 0;
    if (!apart) tell_line(&a, c, cx);
    return SB_OK;
}

/* The first section of a page: what a reader came for, in sentences made from the judged rows. Comparisons of methods
 * are told by data set: for which methods it holds, from how many rows on, with which figures. The rest is told by
 * claim. */
#include <math.h>
#include <string.h>

#include "claim_page.h"
#include "metric.h"
#include "words.h"

enum { MOST_DATA = 8 /* with a line of their own */, MOST_CELLS = 4 /* listed one by one */ };

/* Where a row of a comparison belongs in the sentence. */
typedef enum standing { YES, BETTER, LESS, OPEN, NO, UNJUDGED, STANDINGS } standing;

typedef struct answering {
    const sb_results *r;
    const sb_claim_row *row; /* all of the page */
    size_t rows;
    sb_buf *b;
    bool *told;       /* per row */
    const size_t *in; /* rows of the block at hand, in the order of the page */
    size_t n;
    const char *data; /* of the line at hand; NULL: all */
} answering;

static bool compares(const sb_claim *c)
{
    return c->test == SB_TEST_ORDERING || c->test == SB_TEST_RATIO || c->test == SB_TEST_DIFFERENCE;
}

static bool equal(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }
static bool same_number(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

/* Claims whose rows one lead sentence covers. */
static bool same_block(const sb_claim *a, const sb_claim *b)
{
    if (!equal(a->question, b->question) || compares(a) != compares(b)) return false;
    if ((a->established == SB_RECALLED) != (b->established == SB_RECALLED)) return false;
    if (!equal(a->not_comparable, b->not_comparable)) return false;
    if (!compares(a)) return true;
    return a->test == b->test && a->log == b->log && equal(a->metric, b->metric) && equal(a->against, b->against) &&
           same_number(a->effect, b->effect) && same_number(a->range[0], b->range[0]) &&
           same_number(a->range[1], b->range[1]);
}

static standing stands(const sb_claim_row *r)
{
    if (r->claim->test == SB_TEST_ORDERING) {
        const bool sure = r->p_adjusted < 0.05;
        if (sure && r->gain > 0)
            return r->gain_ci.low >= r->claim->effect ? YES : r->gain_ci.high < r->claim->effect ? LESS : BETTER;
        return sure && r->gain < 0 ? NO : OPEN;
    }
    switch (r->verdict) {
    case SB_C_REPRODUCED:
    case SB_C_INSIDE:
    case SB_C_HOLDS: return YES;
    case SB_C_BETTER: return BETTER;
    case SB_C_CONTRADICTED:
    case SB_C_FAILS: return NO;
    case SB_C_UNDECIDED: return OPEN;
    default: return UNJUDGED;
    }
}

static bool on_line(const answering *a, const sb_claim_row *r)
{
    if (r->setting == SIZE_MAX || r->verdict == SB_C_NOT_MEASURED) return false;
    return !a->data || equal(r->data, a->data);
}

static bool same_place(const sb_results *r, size_t a, size_t b)
{
    return equal(r->setting[a].data, r->setting[b].data) && equal(r->setting[a].embedding, r->setting[b].embedding) &&
           equal(r->setting[a].model, r->setting[b].model);
}

/* Rows of a method on the line; with a place (SIZE_MAX: any) and a standing (STANDINGS: any). */
static size_t count_rows(const answering *a, const char *method, size_t place, standing s)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        n += on_line(a, r) && equal(r->method, method) && (s == STANDINGS || stands(r) == s) &&
             (place == SIZE_MAX || same_place(a->r, r->setting, place));
    }
    return n;
}

/* "from 300 rows on": the budgets of a method in one place that have this standing. All of them: nothing. */
static void budgets(const answering *a, const char *method, size_t place, standing s, sb_buf *b)
{
    size_t n = 0, hits = 0, first = SIZE_MAX, last = 0, changes = 0;
    bool before = false;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!on_line(a, r) || !equal(r->method, method) || !same_place(a->r, r->setting, place)) continue;
        const bool hit = stands(r) == s;
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
        if (!on_line(a, r) || !equal(r->method, method) || !same_place(a->r, r->setting, place)) continue;
        const size_t m = a->r->setting[r->setting].m, at = k++;
        if (stands(r) != s || (suffix && at != first) || (prefix && at != last)) continue;
        sb_buf_add(b, "%s%zu", shown++ ? ", " : suffix ? " from " : prefix ? " up to " : " at ", m);
    }
    sb_buf_add(b, suffix ? " rows on" : " rows");
}

static void figure(const sb_claim *c, double v, sb_buf *b)
{
    if (c->test != SB_TEST_RATIO && !c->log && sb_words_in_points(&sb_metrics[sb_metric_index(c->metric)]))
        sb_buf_add(b, "%+.2f", 100 * v);
    else
        sb_buf_add(b, "%.3g", v);
}

/* " (0.52 to 1.1)", or the only value with its interval. */
static void figures(const answering *a, const char *method, size_t place, standing s, sb_buf *b)
{
    const sb_claim_row *low = NULL, *high = NULL;
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!on_line(a, r) || !equal(r->method, method) || stands(r) != s || isnan(r->value)) continue;
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

static bool new_place(const answering *a, const char *method, size_t p)
{
    return (!p || !same_place(a->r, p, p - 1)) && count_rows(a, method, p, STANDINGS) > 0;
}

/* True when the same budgets have this standing in every place where the method has rows; *text says which. */
static bool places_agree(const answering *a, const char *method, standing s, sb_ctx *cx, const char **text)
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
static void tell_method(const answering *a, const char *method, standing s, sb_ctx *cx, sb_buf *b)
{
    const size_t hits = count_rows(a, method, SIZE_MAX, s), all = count_rows(a, method, SIZE_MAX, STANDINGS);
    const char *text = "";
    if (!a->data || hits == all || places_agree(a, method, s, cx, &text)) {
        sb_buf_add(b, "%s%s", method, text);
        if (!a->data && hits < all) sb_buf_add(b, " in %zu of %zu cells", hits, all);
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
static double rank_of(const answering *a, const char *method, standing s)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        if (!on_line(a, r) || !equal(r->method, method) || stands(r) != s || isnan(r->gain)) continue;
        sum += r->gain;
        n++;
    }
    return n ? sum / (double)n : 0;
}

/* "holds for A (..), B (..)": false where no method stands like that. */
static bool tell_standing(const answering *a, standing s, const char *lead, sb_ctx *cx)
{
    const char **name = SB_NEW(cx->arena, a->n + 1, const char *);
    size_t n = 0;
    if (!name) {
        a->b->bad = true;
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        bool known = !on_line(a, r) || stands(r) != s;
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

typedef struct spread {
    size_t low, high;
} spread;

static void extend(spread *s, const sb_claim_row *r)
{
    s->low = r->repeats < s->low ? r->repeats : s->low;
    s->high = r->repeats > s->high ? r->repeats : s->high;
}

static void repeats(const spread *s, sb_buf *b)
{
    if (s->low < s->high)
        sb_buf_add(b, "%zu to %zu repeats", s->low, s->high);
    else
        sb_buf_add(b, "%zu repeat%s", s->high, s->high == 1 ? "" : "s");
}

static void tell_line(const answering *a, const sb_claim *c, sb_ctx *cx)
{
    static const char *const ordering[STANDINGS] = {
        [YES] = "by that much: ",
        [BETTER] = "better, but not surely by that much: ",
        [LESS] = "better, but by less: ",
        [OPEN] = "cannot be told apart: ",
        [NO] = "worse: ",
        [UNJUDGED] = "",
    };
    static const char *const range[STANDINGS] = {
        [YES] = "holds for ", [BETTER] = "better than that: ", [LESS] = "", [OPEN] = "undecided for ",
        [NO] = "fails for ",  [UNJUDGED] = "measured: ",
    };
    bool any = false;
    spread done = {SIZE_MAX, 0};
    for (size_t i = 0; i < a->n; i++)
        if (on_line(a, &a->row[a->in[i]])) extend(&done, &a->row[a->in[i]]);
    sb_buf_add(a->b, "- %s (", a->data ? a->data : "over all data sets");
    repeats(&done, a->b);
    sb_buf_add(a->b, "): ");
    for (standing s = YES; s < STANDINGS; s++) {
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
    if (c->test == SB_TEST_RATIO)
        sb_buf_add(b, "Measured: `%s` divided by that of %s (medians); it holds from %g to %g", m->name, c->against,
                   c->range[0], c->range[1]);
    else if (c->test == SB_TEST_DIFFERENCE)
        sb_buf_add(b, "Measured: `%s` minus that of %s; it holds from %g to %g%s", m->name, c->against,
                   unit * c->range[0], unit * c->range[1], what);
    else if (c->log)
        sb_buf_add(b, "Measured: the factor by which `%s` is better than that of %s; the smallest that counts is %.4g",
                   m->name, c->against, exp(c->effect));
    else
        sb_buf_add(b, "Measured: `%s` against %s; the smallest gain that counts is %g%s", m->name, c->against,
                   unit * c->effect, what);
    if (c->not_comparable)
        sb_buf_add(b, ". Not comparable with what is published: %s", c->not_comparable);
    else if (c->established == SB_RECALLED)
        sb_buf_add(b, ". The statement is known at second hand: measured, not judged");
    sb_buf_add(b, ".\n\n");
}

static void tell_comparison(answering *a, sb_ctx *cx)
{
    size_t sets = 0;
    lead(a->row[a->in[0]].claim, a->b);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t s = 0; s < a->r->settings; s++) {
            bool mine = false;
            for (size_t k = 0; k < s; k++) mine = mine || equal(a->r->setting[k].data, a->r->setting[s].data);
            if (mine) continue;
            for (size_t i = 0; i < a->n && !mine; i++) mine = equal(a->row[a->in[i]].data, a->r->setting[s].data);
            sets += pass == 0 && mine;
            a->data = a->r->setting[s].data;
            if (mine && pass == 1 && sets <= MOST_DATA) tell_line(a, a->row[a->in[0]].claim, cx);
        }
    }
    a->data = NULL;
    if (sets > MOST_DATA) tell_line(a, a->row[a->in[0]].claim, cx);
    if (!sets) sb_buf_add(a->b, "- not measured: the run has none of these cells.\n");
}

/* All rows of the claim have one verdict that is no contradiction: *v. */
static bool uniform_claim(const sb_claim_row *row, size_t n, sb_claim_verdict *v)
{
    *v = row->verdict;
    for (size_t i = 1; i < n; i++)
        if (row[i].verdict != *v) return false;
    return stands(row) != NO;
}

/* Claims that came out in one way: "- reproduced: this; that (32 rows, 100 repeats)." */
static void tell_alike(const answering *a, sb_claim_verdict wanted)
{
    size_t claims = 0, rows = 0;
    spread done = {SIZE_MAX, 0};
    for (size_t i = 0, n = 0; i < a->n; i += n) {
        sb_claim_verdict v;
        const sb_claim_row *const r = &a->row[a->in[i]];
        n = sb_claims_span(r, a->rows - a->in[i]);
        if (!uniform_claim(r, n, &v) || v != wanted) continue;
        if (claims++)
            sb_buf_add(a->b, "; %s", r->claim->statement);
        else
            sb_buf_add(a->b, "- %s: %s", sb_claim_verdict_words[v], r->claim->statement);
        rows += n;
        for (size_t k = 0; k < n; k++) extend(&done, &r[k]);
    }
    if (!claims) return;
    sb_buf_add(a->b, " (%zu row%s, ", rows, rows == 1 ? "" : "s");
    repeats(&done, a->b);
    sb_buf_add(a->b, ").\n");
}

/* A claim with several verdicts, or one that is contradicted: how often, and the cells that contradict it. */
static void tell_claim(const answering *a, const sb_claim_row *r, size_t n)
{
    size_t against = 0;
    spread done = {SIZE_MAX, 0};
    sb_buf_add(a->b, "- ");
    sb_claims_count(r, n, a->b);
    sb_buf_add(a->b, ": %s", r->claim->statement);
    for (size_t i = 0; i < n; i++) {
        extend(&done, &r[i]);
        if (stands(&r[i]) != NO) continue;
        if (++against > MOST_CELLS) continue;
        sb_buf_add(a->b, "%s%s, %s: %s", against > 1 ? "; " : " - not so: ", r[i].where, r[i].method, r[i].measured);
        if (r[i].claim->published) sb_buf_add(a->b, " against %s", r[i].claim->published);
    }
    if (against > MOST_CELLS) sb_buf_add(a->b, "; and %zu more", against - MOST_CELLS);
    sb_buf_add(a->b, " (");
    repeats(&done, a->b);
    sb_buf_add(a->b, ").\n");
}

static void tell_claims(const answering *a)
{
    sb_claim_verdict v;
    for (size_t k = 0; k < SB_CLAIM_VERDICTS; k++) tell_alike(a, (sb_claim_verdict)k);
    for (size_t i = 0, n = 0; i < a->n; i += n) {
        const sb_claim_row *const r = &a->row[a->in[i]];
        n = sb_claims_span(r, a->rows - a->in[i]);
        if (!uniform_claim(r, n, &v)) tell_claim(a, r, n);
    }
}

static sb_status tell_block(answering *a, size_t first, sb_ctx *cx)
{
    size_t *in = SB_NEW(cx->arena, a->rows + 1, size_t);
    if (!in) SB_FAIL(cx->err, SB_ENOMEM, "rows of an answer");
    a->n = 0;
    for (size_t i = first; i < a->rows; i++) {
        if (a->told[i] || !same_block(a->row[i].claim, a->row[first].claim)) continue;
        a->told[i] = true;
        in[a->n++] = i;
    }
    a->in = in;
    if (compares(a->row[first].claim))
        tell_comparison(a, cx);
    else
        tell_claims(a);
    return SB_OK;
}

/* What no question is about, so that nothing unwelcome hides below. */
static void tell_rest(const answering *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->rows; i++) {
        const bool again = i && equal(a->row[i].claim->id, a->row[i - 1].claim->id);
        if (a->row[i].claim->question || again) continue;
        const size_t span = sb_claims_span(a->row + i, a->rows - i);
        size_t against = 0;
        for (size_t k = i; k < i + span; k++) against += a->row[k].verdict == SB_C_CONTRADICTED;
        if (!against) continue;
        sb_buf_add(a->b, "%s%s (%zu of %zu)", n++ ? "; " : "\nContradicted besides: ", a->row[i].claim->statement,
                   against, span);
    }
    if (n) sb_buf_add(a->b, ".\n");
}

sb_status sb_claims_answer(const sb_results *r, const sb_claim_row *row, size_t rows, sb_ctx *cx, sb_buf *b)
{
    answering a = {.r = r, .row = row, .rows = rows, .b = b};
    a.told = SB_NEW(cx->arena, rows + 1, bool);
    if (!a.told) SB_FAIL(cx->err, SB_ENOMEM, "rows of an answer");
    sb_buf_add(b, "\n## The answer\n");
    for (size_t i = 0; i < rows; i++) {
        const char *const question = row[i].claim->question;
        if (!question || a.told[i]) continue;
        sb_buf_add(b, "\n**%s**\n\n", question);
        for (size_t k = i; k < rows; k++)
            if (!a.told[k] && equal(row[k].claim->question, question)) SB_TRY(tell_block(&a, k, cx));
    }
    tell_rest(&a);
    sb_buf_add(b, "\nAll %zu rows: ", rows);
    sb_claims_count(row, rows, b);
    sb_buf_add(b, ".\n");
    return SB_OK;
}

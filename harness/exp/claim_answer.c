/* The first section of a page: what a reader came for, in sentences made from the judged rows. Comparisons of methods
 * are told by data set (claim_tell.c), the rest claim by claim. */
#include <math.h>
#include <string.h>

#include "claim_page.h"
#include "claim_tell.h"

enum { MOST_CELLS = 4 /* listed one by one */ };

typedef struct answering {
    const sb_results *r;
    const sb_claim_row *row; /* all of the page */
    size_t rows;
    sb_buf *b;
    bool *told;       /* per row */
    const size_t *in; /* rows of the block at hand, in the order of the page */
    size_t n;
} answering;

static bool equal(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }
static bool same_number(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

/* Claims whose rows one lead sentence covers. */
static bool same_block(const sb_claim *a, const sb_claim *b)
{
    if (!equal(a->question, b->question) || sb_claim_compares(a) != sb_claim_compares(b)) return false;
    if (!sb_claim_compares(a)) return true;
    if ((a->established == SB_RECALLED) != (b->established == SB_RECALLED)) return false;
    if (!equal(a->not_comparable, b->not_comparable)) return false;
    return a->test == b->test && a->log == b->log && equal(a->metric, b->metric) && equal(a->against, b->against) &&
           same_number(a->effect, b->effect) && same_number(a->range[0], b->range[0]) &&
           same_number(a->range[1], b->range[1]);
}

/* All rows of the claim have one verdict that is no contradiction: *v. */
static bool uniform_claim(const sb_claim_row *row, size_t n, sb_claim_verdict *v)
{
    *v = row->verdict;
    for (size_t i = 1; i < n; i++)
        if (row[i].verdict != *v) return false;
    return sb_claim_stands(row) != SB_STANDS_NOT;
}

/* Claims that came out in one way: "- reproduced: this; that (32 rows, 100 repeats)." */
static void tell_alike(const answering *a, sb_claim_verdict wanted)
{
    size_t claims = 0, rows = 0;
    sb_spread done = {SIZE_MAX, 0};
    for (size_t i = 0, n = 0; i < a->n; i += n) {
        sb_claim_verdict v;
        const sb_claim_row *const r = &a->row[a->in[i]];
        n = sb_claims_span(r, a->rows - a->in[i]);
        if (!uniform_claim(r, n, &v) || v != wanted) continue;
        if (!claims++)
            sb_buf_add(a->b, "- **%s**%s: ", sb_claim_verdict_words[v],
                       v == SB_C_UNCONFIRMED ? " (known at second hand: shown below, not judged)" : "");
        sb_buf_add(a->b, "%s\"%s\"", claims > 1 ? ", " : "", r->claim->statement);
        rows += n;
        for (size_t k = 0; k < n; k++) sb_spread_add(&done, &r[k]);
    }
    if (!claims) return;
    sb_buf_add(a->b, " (%zu row%s, ", rows, rows == 1 ? "" : "s");
    sb_spread_tell(&done, a->b);
    sb_buf_add(a->b, ").\n");
}

/* A claim with several verdicts, or one that is contradicted: how often, and the cells that contradict it. */
static void tell_claim(const answering *a, const sb_claim_row *r, size_t n)
{
    size_t against = 0;
    sb_spread done = {SIZE_MAX, 0};
    sb_buf_add(a->b, "- **");
    sb_claims_count(r, n, a->b);
    sb_buf_add(a->b, "**: \"%s\"", r->claim->statement);
    for (size_t i = 0; i < n; i++) {
        sb_spread_add(&done, &r[i]);
        if (sb_claim_stands(&r[i]) != SB_STANDS_NOT) continue;
        if (++against > MOST_CELLS) continue;
        sb_buf_add(a->b, "%s%s, %s: %s", against > 1 ? "; " : ", but ", r[i].where, r[i].method, r[i].measured);
        if (r[i].claim->published) sb_buf_add(a->b, " against %s", r[i].claim->published);
    }
    if (against > MOST_CELLS) sb_buf_add(a->b, "; and %zu more", against - MOST_CELLS);
    sb_buf_add(a->b, " (");
    sb_spread_tell(&done, a->b);
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
    sb_buf_add(a->b, "\n");
    if (sb_claim_compares(a->row[first].claim)) return sb_claim_tell(a->r, a->row, in, a->n, cx, a->b);
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
        sb_buf_add(a->b, "%s\"%s\" (%zu of %zu)",
                   n++ ? ", " : "\n**Contradicted** besides: ", a->row[i].claim->statement, against, span);
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
        sb_buf_add(b, "\n### %s\n", question);
        for (size_t k = i; k < rows; k++)
            if (!a.told[k] && equal(row[k].claim->question, question)) SB_TRY(tell_block(&a, k, cx));
    }
    tell_rest(&a);
    sb_buf_add(b, "\nAll %zu rows: ", rows);
    sb_claims_count(row, rows, b);
    sb_buf_add(b, ".\n");
    return SB_OK;
}

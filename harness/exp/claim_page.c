#include <string.h>

#include "claim.h"

static void count(const sb_claim_row *row, size_t rows, sb_buf *b)
{
    bool any = false;
    for (size_t v = 0; v < SB_CLAIM_VERDICTS; v++) {
        size_t n = 0;
        for (size_t i = 0; i < rows; i++) n += row[i].verdict == (sb_claim_verdict)v;
        if (n) sb_buf_add(b, "%s%zu %s", any ? ", " : "", n, sb_claim_verdict_words[v]);
        any = any || n;
    }
    sb_buf_add(b, "\n");
}

void sb_claims_text(const sb_claim_row *row, size_t rows, sb_buf *b)
{
    for (size_t i = 0; i < rows; i++) {
        const sb_claim_row *r = &row[i];
        if (i == 0 || strcmp(r->claim->id, row[i - 1].claim->id) != 0)
            sb_buf_add(b, "%s%s: %s\n", i ? "\n" : "", r->claim->id, r->claim->statement);
        sb_buf_add(b, "  %-19s %s, %s: %s", sb_claim_verdict_words[r->verdict], r->where, r->method, r->measured);
        if (r->claim->published) sb_buf_add(b, "; published %s", r->claim->published);
        sb_buf_add(b, " (%zu repeats%s%s)\n", r->repeats, *r->reason ? "; " : "", r->reason);
    }
    sb_buf_add(b, "\n");
    count(row, rows, b);
}

static void cell(const char *text, sb_buf *b)
{
    for (; *text; text++) sb_buf_add(b, "%s%c", *text == '|' ? "\\" : "", *text == '\n' ? ' ' : *text);
}

static void start_claim(const sb_claim *c, sb_buf *b)
{
    static const char *const standing[] = {"verified", "measured again by the specification",
                                           "recalled: second-hand, shown but not judged"};
    sb_buf_add(b, "\n## %s\n\n%s\n\n- Source: %s\n- The published value is %s.\n", c->id, c->statement, c->source,
               standing[c->established]);
    if (c->not_comparable) sb_buf_add(b, "- Not comparable: %s\n", c->not_comparable);
    sb_buf_add(b, "- Test: %s of `%s`", sb_claim_test_words[c->test], c->metric);
    if (c->against) sb_buf_add(b, " against %s", c->against);
    if (c->against_metric) sb_buf_add(b, " against `%s`", c->against_metric);
    if (c->effect == c->effect)
        sb_buf_add(b, ", smallest effect of interest %g%s", c->effect, c->log ? " (of the logarithm)" : "");
    if (c->above == c->above) sb_buf_add(b, ", share of repeats above %g", c->above);
    if (c->range[0] == c->range[0] && c->test != SB_TEST_INTERVAL)
        sb_buf_add(b, ", in %g to %g", c->range[0], c->range[1]);
    sb_buf_add(b, "\n\n| where | method | repeats | published | measured | verdict | why |\n"
                  "| :-- | :-- | --: | :-- | :-- | :-- | :-- |\n");
}

void sb_claims_markdown(const sb_results *r, const sb_claim_row *row, size_t rows, sb_buf *b)
{
    sb_buf_add(b, "# Claims: %s\n\n%s\n\n%zu rows: ", r->name, r->title, rows);
    count(row, rows, b);
    sb_buf_add(b, "\nA published value that is only recalled is never judged: it stands beside our measurement as "
                  "\"unconfirmed source\".\nOrderings are paired by repeat, tested by sign flips and corrected for all "
                  "orderings on this page (Benjamini and Hochberg).\n");
    for (size_t i = 0; i < rows; i++) {
        const sb_claim_row *e = &row[i];
        if (i == 0 || strcmp(e->claim->id, row[i - 1].claim->id) != 0) start_claim(e->claim, b);
        const char *const column[] = {e->where, e->method};
        sb_buf_add(b, "|");
        for (size_t k = 0; k < 2; k++) {
            sb_buf_add(b, " ");
            cell(column[k], b);
            sb_buf_add(b, " |");
        }
        sb_buf_add(b, " %zu | %s%s | %s | **%s** | ", e->repeats, e->claim->published ? e->claim->published : "",
                   e->claim->published && e->verdict == SB_C_UNCONFIRMED ? " (unconfirmed)" : "", e->measured,
                   sb_claim_verdict_words[e->verdict]);
        cell(e->reason, b);
        sb_buf_add(b, " |\n");
    }
}

/* Inside the answer of a page: claim_answer.c asks and tells single claims, claim_tell.c tells comparisons of methods.
 */
#ifndef SB_EXP_CLAIM_TELL_H
#define SB_EXP_CLAIM_TELL_H

#include "claim.h"
#include "str.h"

/* Where a row belongs in a sentence. Orderings by their difference, whatever the verdict: recalled ones too. */
typedef enum sb_claim_standing {
    SB_STANDS,      /* it holds; an ordering by its smallest effect at least */
    SB_STANDS_OVER, /* better than the range; an ordering better, by how much is open */
    SB_STANDS_LESS, /* an ordering better, by less than the smallest effect */
    SB_STANDS_OPEN,
    SB_STANDS_FEW, /* an ordering of fewer repeats than a test can work with */
    SB_STANDS_NOT,
    SB_STANDS_UNJUDGED,
    SB_STANDINGS
} sb_claim_standing;
sb_claim_standing sb_claim_stands(const sb_claim_row *r);

/* Ordering, ratio or difference: two methods are compared. */
bool sb_claim_compares(const sb_claim *c);

/* "10 to 25 repeats" */
typedef struct sb_spread {
    size_t low, high; /* begin with {SIZE_MAX, 0} */
} sb_spread;
void sb_spread_add(sb_spread *s, const sb_claim_row *r);
void sb_spread_tell(const sb_spread *s, sb_buf *b);

/* A sentence on what was measured, then a line for each data set, or for several that came out alike: for which methods
 * it holds, from how many rows on, with which figures. row[in[0..n-1]]: rows of claims that one such sentence covers.
 * SB_ENOMEM. */
sb_status sb_claim_tell(const sb_results *r, const sb_claim_row *row, const size_t *in, size_t n, sb_ctx *cx,
                        sb_buf *b) SB_CHECKED;

#endif

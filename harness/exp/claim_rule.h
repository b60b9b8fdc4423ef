/* What the files of rules share: claim_judge.c looks at one method, claim_compare.c at two. */
#ifndef SB_EXP_CLAIM_RULE_H
#define SB_EXP_CLAIM_RULE_H

#include "claim.h"

/* Text in arena memory, at most 399 bytes; "" where memory is out. */
const char *sb_claim_say(sb_ctx *cx, const char *format, ...) SB_PRINTF(2, 3);
void sb_claim_show(sb_claim_row *row, double value, double low, double high);
double sb_claim_median(double *scratch, size_t n); /* sorts it */

sb_status sb_claim_ordering(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row) SB_CHECKED;
sb_status sb_claim_ratio(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row) SB_CHECKED;
sb_status sb_claim_difference(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row) SB_CHECKED;

#endif

/* The rows of one fit, gathered once: those of positive weight, their classes renumbered, scaled if asked. */
#ifndef SB_LOGIT_ROWS_H
#define SB_LOGIT_ROWS_H

#include "logit_pass.h"
#include "selbench/logit.h"

/* Fills p (all but l2 set from o) in arena memory. present[k]: the class of output k (c entries of room).
 * SB_SKIP: all weights zero, or one class only. */
sb_status sb_logit_rows(const sb_data *train, const sb_subset *s, const sb_logit_options *o, size_t q, sb_ctx *cx,
                        sb_logit *p, size_t *present) SB_CHECKED;

#endif

/* From zero to the minimiser of one sb_logit: which passes, which preconditioner, in which order. */
#ifndef SB_LOGIT_SOLVE_H
#define SB_LOGIT_SOLVE_H

#include "logit_metric.h"
#include "selbench/logit.h"

/* What fits on subsets of one data set share; read-only. Either may be NULL. */
typedef struct sb_logit_shared {
    const sb_logit_metric *all;     /* one matrix for all outputs */
    const sb_logit_metric *classes; /* one matrix for each of q outputs */
    size_t q;
    double l2;
} sb_logit_shared;

/* theta (sb_logit_dim values) written; lowest: smallest log-sum-exp over the rows at theta (softmax only). */
sb_status sb_logit_solve(const sb_logit *p, const sb_logit_options *o, const sb_logit_shared *shared, sb_ctx *cx,
                         double *theta, double *lowest, sb_fit_info *info) SB_CHECKED;

/* Metrics for all fits: from the rows of p (all of a data set). */
sb_status sb_logit_prepare(const sb_logit *p, const sb_logit_options *o, sb_ctx *cx, sb_logit_shared *out) SB_CHECKED;

#endif

/* Weighted multinomial and binary logistic regression: the work behind the models softmax and logistic.
 * Minimises  sum_i w_i loss_i / sum_i w_i + (l2/2) |W|^2  (natural logarithm; intercepts are not penalised).
 * q = 1: two classes, label 1 has probability 1 / (1 + exp(-z)); q = c: softmax, W and intercepts sum to 0 over the
 * classes that the rows have.
 * A class without rows of positive weight is left out of the fit: its weights are 0 and its intercept is the largest
 * with which its probability is at most 1 / (m + c) on every one of the m fitted rows (before all intercepts are
 * centred), so that losses stay finite everywhere.
 * standardise: features are centred (if there is an intercept) and divided by their weighted standard deviation over
 * the rows of the fit, and the penalty acts in those units; constant columns get coefficient 0. theta is in raw units.
 * tolerance bounds the max-norm of the objective's gradient in the units of the fit; it is checked in float64. */
#ifndef SELBENCH_LOGIT_H
#define SELBENCH_LOGIT_H

#include "selbench/model.h"

typedef struct sb_logit_options {
    sb_reals l2;  /* several: the smallest mean held-out loss over the folds; ties to the larger penalty */
    size_t folds; /* balanced by class, from stream "folds" */
    double tolerance;
    size_t max_iterations;
    bool intercept, standardise;
    bool reference; /* plain float64 L-BFGS: what the fast path is tested against */
} sb_logit_options;

/* theta: (d+1) x q row-major. The statuses and info of sb_model.fit. */
sb_status sb_logit_fit(const sb_data *train, const sb_subset *s, const sb_logit_options *o, size_t q,
                       const void *shared, sb_ctx *cx, double *theta, sb_fit_info *info) SB_CHECKED;

/* Preconditioners for fits on subsets of train; *shared may stay NULL when none pays. */
sb_status sb_logit_share(const sb_data *train, const sb_logit_options *o, size_t q, sb_ctx *cx,
                         void **shared) SB_CHECKED;

/* Losses (n) and probabilities (n x max(q, 2)) of all rows in float64; either may be NULL. */
sb_status sb_logit_eval(const sb_data *data, const double *theta, size_t q, sb_ctx *cx, double *loss,
                        double *prob) SB_CHECKED;

/* The option rows of both models, for their own option struct of this type. */
extern const sb_param sb_logit_params[];

#endif

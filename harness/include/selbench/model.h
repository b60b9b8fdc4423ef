/* A model is one const struct in one file of harness/models/: `const sb_model sb_model_NAME` in NAME.c.
 * All models here are linear in their parameters: theta is (d+1) x q row-major, q outputs; row d is the intercept (zeros
 * when the model has none). theta lives in the units of the features as given, whatever scaling the fit used inside. */
#ifndef SELBENCH_MODEL_H
#define SELBENCH_MODEL_H

#include <stdbool.h>

#include "selbench/data.h"
#include "selbench/param.h"

enum { SB_MODEL_ABI = 1 };

/* How a fit ended: a result that is recorded, not an error. */
typedef struct sb_fit_info {
    bool converged;    /* grad_norm <= the stated tolerance, checked in float64 at the returned theta */
    double grad_norm;  /* max-norm of the gradient of the (mean weighted loss + penalty) objective */
    double tolerance;  /* what it was compared with */
    double objective;  /* mean weighted loss + penalty at theta */
    double l2;         /* the penalty used: as given, or as chosen by cross-validation */
    size_t iterations; /* solver iterations; 0 for a direct solve */
    size_t passes;     /* passes over the training rows */
    size_t rank;       /* numerical rank where a direct solver knows it, else 0 */
} sb_fit_info;

typedef struct sb_model {
    const char *name, *summary, *source;
    unsigned abi; /* SB_MODEL_ABI */
    sb_kind kind;
    size_t option_size;
    const sb_param *options;
    /* Number q of outputs for this data. SB_SKIP with the reason when the model does not fit (binary model, 10 classes). */
    sb_status (*outputs)(const sb_data *data, const void *options, sb_ctx *cx, size_t *q);
    /* Optional: what all fits on subsets of `train` share (a Gram matrix, a preconditioner); arena memory, read-only after. */
    sb_status (*share)(const sb_data *train, const void *options, sb_ctx *cx, void **shared);
    /* Minimises  sum_i w_i loss_i(theta) / sum_i w_i  +  penalty  over the rows of s. shared: from share on the same
     * train and options, or NULL; it may change the speed, never the minimiser. A class absent from s keeps finite
     * parameters. SB_SKIP: s cannot be fitted (one class only, all weights zero) and why. */
    sb_status (*fit)(const sb_data *train, const sb_subset *s, const void *options, const void *shared, sb_ctx *cx,
                     double *theta, sb_fit_info *info);
    /* One pass over all rows of data: loss (n values, the training objective's loss without penalty; or NULL) and out
     * (classification: n x c probabilities; regression: n x t predictions; or NULL). */
    sb_status (*eval)(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                      double *out);
} sb_model;

#endif

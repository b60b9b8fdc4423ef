/* One pass over weighted rows: value and gradient of the regularised log loss of linear scores.
 * A parameter vector is class-major, q x dp weights (zeros behind feature d) then q intercepts, float64:
 * sb_logit_dim values. */
#ifndef SB_LOGIT_PASS_H
#define SB_LOGIT_PASS_H

#include <stdbool.h>

#include "selbench/ctx.h"
#include "selbench/data.h"

/* The rows of one fit. q = 1: two classes through the logistic function of one score; q >= 2: softmax of q scores. */
typedef struct sb_logit {
    size_t m, d, dp, q;
    const float *x;     /* m rows of dp floats at distance ld: scaled, zeros behind feature d */
    size_t ld;
    sb_mat source;      /* the rows as given, for the float64 pass: row i of the fit is source_row[i] */
    const uint32_t *source_row; /* NULL: i */
    const double *mean; /* d values, or NULL: no scaling; feature j is (x - mean[j]) * scale[j] */
    const double *scale;
    const int32_t *label;  /* m values in 0..max(q, 2)-1 */
    const double *weight;  /* m values > 0 with mean 1, or NULL: all 1 */
    double l2;
    bool intercept;
    size_t stride; /* only rows 0, stride, 2 stride, ... count: 1 for all */
} sb_logit;

typedef struct sb_logit_work sb_logit_work;

static inline size_t sb_logit_dim(const sb_logit *p) { return p->q * (p->dp + 1); }

/* Buffers of the passes; NULL: no memory. exact: with those of the float64 pass. */
sb_logit_work *sb_logit_work_new(const sb_logit *p, sb_arena *arena);

/* f = sum w_i loss_i / sum w_i + l2/2 |W|^2 and its gradient (dim values). float32 products, float64 sums over
 * blocks of rows; relative error of the gradient about 1e-6 of mean |x_j|. */
double sb_logit_pass_f32(const sb_logit *p, sb_logit_work *work, const double *theta, double *gradient);
/* The same in float64 from the rows as given. lowest (or NULL): the smallest log-sum-exp of the scores. */
double sb_logit_pass_f64(const sb_logit *p, sb_logit_work *work, const double *theta, double *gradient, double *lowest);

/* Probabilities in float32 at theta, one row for each row that counts: x q (q = 1: of class 1). */
void sb_logit_probabilities_f32(const sb_logit *p, sb_logit_work *work, const double *theta, float *prob);

/* Z = X in' (rows x q, in z), then out += Z'X, for a block of rows of a matrix; in and out are q x ldx, and only the
 * first `columns` (a multiple of 8) count. */
void sb_logit_triangle_f32(const float *x, size_t ldx, size_t rows, size_t columns, size_t q, const float *in,
                           float *out, float *z);

/* scores in float64 for rows of a float32 matrix: w is q x dp float64 (zeros behind d), buffer rows x dp,
 * z rows x ldz */
void sb_logit_scores_f64(sb_mat x, size_t first, size_t rows, const double *w, const double *bias, size_t dp, size_t q,
                         double *buffer, double *z, size_t ldz);

/* v = max + log sum exp of q scores */
double sb_logit_lse(const double *z, size_t q);

#endif

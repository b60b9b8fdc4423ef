/* Weighted linear least squares with several targets and an optional quadratic penalty: the solver behind ridge.
 *
 *   F(B, b0) = sum_i w_i (1/t) |B' x_i + b0 - y_i|^2 / sum_i w_i  +  l2 sum_jk q_j B_jk^2
 *
 * B is d x t, b0 (t values) is not penalised. q_j = 1, or with standardise the weighted variance of column j over the
 * rows fitted: the penalty is then on the coefficients of standardised columns. Where the minimiser is not unique
 * (l2 = 0) it is the one with the smallest sum q_j B_jk^2. Columns that are constant (or, without intercept, zero) over
 * the rows with weight get coefficient 0. */
#ifndef SELBENCH_LSQ_H
#define SELBENCH_LSQ_H

#include <stdbool.h>

#include "selbench/model.h"

typedef enum sb_lsq_solver { SB_LSQ_AUTO, SB_LSQ_CHOLESKY, SB_LSQ_QR } sb_lsq_solver;
extern const char *const sb_lsq_solver_words[];

typedef struct sb_lsq {
    sb_mat x;        /* n x d */
    const double *y; /* n x t row-major */
    size_t t;
    bool intercept, standardise;
    sb_lsq_solver solver; /* auto: Cholesky of the second moments (of the rows' products when m < d) where its condition
                             is below 1e11, else QR with column pivoting */
} sb_lsq;

/* theta: (d+1) x t, written: B, then b0 (zeros without intercept).
 * info: gradient of F in the units given, recomputed in float64 from the rows; tolerance 1e-11 of the size its terms can
 * have; rank of the system solved; iterations: refinement steps.
 * Cost m d^2 (m^2 d when m < d and l2 > 0), QR twice that and more; memory O((d+t)^2), O(m d) when m < d. Second moments
 * of many wide rows are taken in float32 first, and kept when refinement then reaches a hundredth of the tolerance.
 * SB_SKIP: no row has weight. SB_ENUM: solver is cholesky, and the matrix is singular or its condition above 1e11. */
sb_status sb_lsq_fit(const sb_lsq *p, const sb_subset *s, double l2, sb_ctx *cx, double *theta,
                     sb_fit_info *info) SB_CHECKED;

/* The penalty of the grid with the smallest weighted held-out loss, summed over folds; the first among equals.
 * Copies of a row stay in one fold: sb_folds (stream PATH/folds) deals the distinct rows with weight, in ascending
 * order; no more folds than distinct rows. One distinct row: the largest penalty. Scaling is learnt fold by fold.
 * loss: count values (or NULL), the held-out loss of each penalty.
 * Second moments are formed once, a fold's are the total less its own: m d^2 + folds count d^3 / 3 flops,
 * 8 folds (d+t+1)^2 bytes. */
sb_status sb_lsq_choose(const sb_lsq *p, const sb_subset *s, const double *grid, size_t count, size_t folds, sb_ctx *cx,
                        double *l2, double *loss) SB_CHECKED;

/* Predictions (n x t) and losses (1/t) |prediction - y|^2 (n values) of rows 0..n-1; either may be NULL. */
sb_status sb_lsq_eval(sb_mat x, const double *y, size_t t, const double *theta, sb_ctx *cx, double *loss,
                      double *out) SB_CHECKED;

#endif

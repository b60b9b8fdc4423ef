/* Leverage scores estimated through a CountSketch: every row goes with a random sign into one of few buckets, the R
 * factor of the buckets stands for that of X, and |x R^{-1}|^2 is estimated by a Gaussian projection. */
#ifndef SELBENCH_COUNTSKETCH_H
#define SELBENCH_COUNTSKETCH_H

#include "selbench/ctx.h"
#include "selbench/mat.h"

/* score (n values >= 0): |x_i' R^{-1} G|^2 with R from `buckets` buckets (0: d^2) and G d x columns of N(0, 1/columns);
 * columns 0: no projection. When n <= buckets the rows themselves are factored. Directions that R has not (singular
 * values below max(n, d) eps s_1) are left out. Zero rows have score 0. Cost n d + buckets d^2 + n d columns, memory
 * 8 buckets d. SB_ENOMEM, SB_ENUM. */
sb_status sb_countsketch_leverage(sb_mat x, size_t buckets, size_t columns, sb_rng *rng, sb_ctx *cx,
                                  double *score) SB_CHECKED;

/* The published d^2 buckets, or 4 d when there are no more than d^2 rows. */
size_t sb_countsketch_buckets(size_t n, size_t d);

#endif

/* A matrix with independent columns for methods that see rows through their column space only (leverage, Lewis weights,
 * volume, determinants): these do not change when X is multiplied from the right. */
#ifndef SELBENCH_BASIS_H
#define SELBENCH_BASIS_H

#include "selbench/ctx.h"
#include "selbench/mat.h"

/* z: x itself when n > d and its columns are well independent (scaled condition below 3e4), else n x rank with
 * orthonormal columns up to float32, in arena memory. Singular values of the column-scaled matrix below max(n, d) eps
 * s_1 count as zero; zero rows stay zero. All rows zero: z.d = 0. Cost n d^2, with SVD 4 n d^2. SB_ENOMEM, SB_ENUM. */
sb_status sb_independent(sb_mat x, sb_ctx *cx, sb_mat *z) SB_CHECKED;

/* form_i = |L^{-1} x_i|^2 for the lower Cholesky factor L (d x d): x_i' (L L')^{-1} x_i. Cost n d^2. SB_ENOMEM. */
sb_status sb_rows_form(sb_mat x, const double *l, sb_ctx *cx, double *form) SB_CHECKED;

/* out (n x k) = X Gamma, Gamma d x k of N(0, 1/k), drawn row by row; float32 products. SB_ENOMEM. */
sb_status sb_sketch(sb_mat x, size_t k, sb_rng *rng, sb_ctx *cx, sb_mat *out) SB_CHECKED;

#endif

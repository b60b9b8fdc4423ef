/* Linear algebra for plug-ins. Sizes above INT_MAX and inconsistent shapes are an SB_BUG (our own mistake); what the
 * data can cause is a status. One BLAS thread; sums over rows in fixed blocks, so equal input gives equal bits. */
#ifndef SELBENCH_LA_H
#define SELBENCH_LA_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/ctx.h"
#include "selbench/data.h"
#include "selbench/mat.h"

/* ---- BLAS, row-major: C (m x n) = alpha op(A) op(B) + beta C; ta/tb transpose A/B; ld: row distance as stored */
void sb_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
              size_t ldb, float beta, float *c, size_t ldc);
void sb_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
              const double *b, size_t ldb, double beta, double *c, size_t ldc);
/* y (rows of op(A)) = alpha op(A) x + beta y; A is m x n as stored */
void sb_sgemv(bool ta, size_t m, size_t n, float alpha, const float *a, size_t lda, const float *x, float beta,
              float *y);
void sb_dgemv(bool ta, size_t m, size_t n, double alpha, const double *a, size_t lda, const double *x, double beta,
              double *y);
/* C (n x n, both triangles read as lower) = alpha A'A + beta C for A k x n row-major; writes the lower triangle only */
void sb_ssyrk(size_t n, size_t k, float alpha, const float *a, size_t lda, float beta, float *c, size_t ldc);
void sb_dsyrk(size_t n, size_t k, double alpha, const double *a, size_t lda, double beta, double *c, size_t ldc);
/* B (m x n) <- B op(L)^{-1}, L n x n lower triangular; row-major; trans: op(L) = L' */
void sb_dtrsm_right(bool trans, size_t m, size_t n, const double *l, size_t ldl, double *b, size_t ldb);
void sb_strsm_right(bool trans, size_t m, size_t n, const float *l, size_t ldl, float *b, size_t ldb);
/* B (m x n) <- B op(L), L n x n lower triangular; row-major */
void sb_strmm_right(bool trans, size_t m, size_t n, const float *l, size_t ldl, float *b, size_t ldb);
/* Copies the lower triangle of an n x n matrix onto the upper one. */
void sb_symmetrise(double *a, size_t n, size_t ld);

/* ---- float32 rows times a few float64 columns, in float64 (for a dozen columns faster than a matrix product).
 * row: m rows of x, or NULL for rows 0..m-1. Scratch 8 d min(t, 12) bytes. */
/* out (m x t) = X B, B d x t row-major */
sb_status sb_rows_times(sb_mat x, const uint32_t *row, size_t m, const double *b, size_t t, sb_ctx *cx,
                        double *out) SB_CHECKED;
/* G (d x t) += X' Y, Y m x t row-major */
sb_status sb_rows_cross(sb_mat x, const uint32_t *row, size_t m, const double *y, size_t t, sb_ctx *cx,
                        double *g) SB_CHECKED;

/* ---- sums and distances, accumulated in float64 in a fixed order */
double sb_sum(const double *v, size_t n); /* pairwise */
double sb_dot_f32(const float *a, const float *b, size_t d);
double sb_sqdist_f32(const float *a, const float *b, size_t d); /* by differences: 0 for equal rows */
void sb_row_sqnorms(sb_mat x, double *norm2);                   /* n values */
/* mean (d values), and variance with divisor n (d values, or NULL), of the columns; weights NULL: equal; row NULL: all.
 * Two passes, shifted by the first row: a constant column has exactly its value as mean and exactly 0 as variance.
 * All weights zero: mean and variance 0. */
void sb_col_moments(sb_mat x, const sb_subset *s, double *mean, double *var);

/* ---- factorisations */
/* G (dd x dd, both triangles, dd = d + ones) = sum over the rows of s of w [x 1]'[x 1]; s NULL: all rows, weight 1.
 * Float32 SYRK in blocks of rows, blocks summed in float64; the row of ones is summed in float64. Values whose squares
 * leave the range of float32 go to sb_gram_f64. Cost m d^2 flops. SB_ENOMEM. */
sb_status sb_gram(sb_mat x, const sb_subset *s, bool ones, sb_ctx *cx, double *g) SB_CHECKED;
/* The same with float64 products: for ill-conditioned problems and as the reference. */
sb_status sb_gram_f64(sb_mat x, const sb_subset *s, bool ones, sb_ctx *cx, double *g) SB_CHECKED;
/* G (n x n, both triangles) = X X', in float64. Cost n^2 d flops, memory 4 n d bytes. SB_ENOMEM. */
sb_status sb_gram_rows(sb_mat x, sb_ctx *cx, double *g) SB_CHECKED;

/* In place: lower Cholesky factor of the n x n matrix a (lower triangle read, upper left as it is).
 * SB_ENUM: not positive definite, message names the pivot. */
sb_status sb_chol(double *a, size_t n, sb_ctx *cx) SB_CHECKED;
/* Solves L L' X = B in place, B n x q row-major. */
void sb_chol_solve(const double *l, size_t n, double *b, size_t q);
/* The inverse of L L' in place of L, both triangles. 2/3 n^3 flops. */
void sb_chol_invert(double *l, size_t n);
/* Estimate of 1 / condition (1-norm) of the matrix L L', given its 1-norm; 0: singular to working precision. O(n^2). */
sb_status sb_chol_rcond(const double *l, size_t n, double norm1, sb_ctx *cx, double *rcond) SB_CHECKED;

/* R (dd x dd upper triangular row-major, zeros below, dd = d + ones) with R'R = sum over rows of s of w [x 1]'[x 1],
 * by Householder QR of blocks of rows in float64: error eps cond(X), where a Gram matrix has eps cond(X)^2. Rank
 * deficiency and fewer rows than columns are fine. Cost 2 m d^2 flops and more, memory O(d^2). SB_ENOMEM. */
sb_status sb_qr_r(sb_mat x, const sb_subset *s, bool ones, sb_ctx *cx, double *r) SB_CHECKED;
/* R (as above, zeros at first) <- the R factor of [R; rows], rows k x dd row-major. */
sb_status sb_qr_add(double *r, size_t dd, const double *rows, size_t k, sb_ctx *cx) SB_CHECKED;

/* Symmetric eigenproblem: a (n x n, lower read) = sum_j value[j] v_j v_j', values ASCENDING; row j of a becomes v_j.
 * The sign of v_j is fixed: its entry of largest magnitude (first among equals) is positive. SB_ENUM, SB_ENOMEM. */
sb_status sb_eig_sym(double *a, size_t n, double *value, sb_ctx *cx) SB_CHECKED;
/* Turns v so that its entry of largest magnitude (first among equals) is positive. */
void sb_sign_fix(double *v, size_t n);

/* The r <= n largest eigenvalues of a (lower read, overwritten), DESCENDING, and, unless v is NULL, their vectors as
 * rows of v (r x n), signs as above. Cost 4/3 n^3 flops and n^2 r. SB_ENUM, SB_ENOMEM. */
sb_status sb_eig_top(double *a, size_t n, size_t r, double *value, double *v, sb_ctx *cx) SB_CHECKED;

/* Thin singular value decomposition of the float64 n x d matrix a, n >= d or not: a = U diag(s) V', k = min(n, d);
 * s descending (k); u n x k row-major (or NULL), v k x d row-major: row j is v_j (or NULL). a is overwritten.
 * Signs of v_j as in sb_eig_sym when u or v is asked for. SB_ENUM, SB_ENOMEM. */
sb_status sb_svd(double *a, size_t n, size_t d, double *s, double *u, double *v, sb_ctx *cx) SB_CHECKED;

/* Least squares by QR with column pivoting: minimises |A B - Y|, A m x d (overwritten), Y m x q (overwritten), B d x q.
 * Rank by |R_jj| > rcond |R_11|; the minimum-norm solution when rank < d. rank may be NULL. Copies A: 8 m d bytes.
 * SB_ENOMEM. */
sb_status sb_lstsq(double *a, size_t m, size_t d, double *y, size_t q, double rcond, double *b, size_t *rank,
                   sb_ctx *cx) SB_CHECKED;

#endif

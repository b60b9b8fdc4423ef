/* Leverage scores of all rows: exact, truncated to the leading singular directions, or with a ridge. */
#ifndef SELBENCH_LEVERAGE_H
#define SELBENCH_LEVERAGE_H

#include <stdbool.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

typedef enum sb_leverage_kind {
    SB_LEVERAGE_EXACT,     /* x'(X'X)^+ x */
    SB_LEVERAGE_TRUNCATED, /* the same for the best rank-r approximation of X */
    SB_LEVERAGE_RIDGE      /* x'(X'X + lambda I)^{-1} x */
} sb_leverage_kind;

typedef struct sb_leverage_options {
    sb_leverage_kind kind;
    size_t rank;   /* truncated: r >= 1; more than the rank of X means all of it */
    double lambda; /* ridge: >= 0, in the unit of sum_i x_ij^2; 0 is the exact kind */
    bool qr;       /* orthogonal factorisations only: the plain reference */
} sb_leverage_options;

typedef enum sb_leverage_path { SB_LEVERAGE_GRAM32, SB_LEVERAGE_GRAM64, SB_LEVERAGE_QR } sb_leverage_path;

typedef struct sb_leverage_info {
    sb_leverage_path path; /* how the scores were computed */
    size_t rank;           /* numerical rank used (ridge: columns that are not zero, or n when n <= d) */
    double effective;      /* sum of the scores: rank, r, or the effective dimension */
    double largest;
    size_t zeros; /* rows with score 0 */
} sb_leverage_info;

/* score: n values in [0, 1], written. Exact scores are invariant under a change of basis of the columns, and all 1 when
 * the n rows are independent.
 * Paths, the first that is safe: (1) Gram matrix in float32 blocks, Cholesky, triangular product in float32, accepted
 * when a random check of T'X'XT = I bounds the relative error of every score by 1e-3 (Fashion-MNIST: 2e-5 relative,
 * 1.3e-6 absolute); (2) the same in float64 where the condition of the column-scaled Gram matrix is below 1e9; (3) QR
 * and the SVD of R, error eps x condition of X. Singular values below max(n, d) eps s_1 count as zero.
 * With n <= d the same by the products of rows K = X X': Cholesky in float64 (K + lambda I; independent rows score 1),
 * leading eigenvectors, or the SVD of X.
 * Cost 2 n d^2 flops (Gram), 4 n d^2 (QR), n^2 d + n^3 (n <= d); memory O(d^2) from cx->arena, n d doubles when
 * n <= d. SB_ENOMEM, SB_ENUM. */
sb_status sb_leverage(sb_mat x, const sb_leverage_options *options, sb_ctx *cx, double *score,
                      sb_leverage_info *info) SB_CHECKED;

/* Online scores: row i against the rows up to and with itself, x_i'(lambda I + sum_{j<=i} x_j x_j')^{-1}x_i, in the
 * order of the rows; lambda = 0: the pseudo-inverse, to about 1e-4, a row of a new direction scores 1. They are at
 * least the scores of all rows. Exact block algorithm in float64. Cost 4 n d^2 flops and n d^3 / 1500. SB_ENOMEM,
 * SB_ENUM. */
sb_status sb_leverage_online(sb_mat x, double lambda, sb_ctx *cx, double *score, sb_leverage_info *info) SB_CHECKED;

/* Cuts scores at 1 and fills largest, zeros and effective. */
void sb_leverage_summarise(double *score, size_t n, sb_leverage_info *info);

/* Sum of the squared singular values beyond the k largest, divided by k: the ridge of Cohen, Musco and Musco (SODA
 * 2017) for which the ridge scores sum to at most 2k. k >= 1. Cost n d^2 + 4/3 d^3. */
sb_status sb_leverage_tail(sb_mat x, size_t k, sb_ctx *cx, double *lambda) SB_CHECKED;

#endif

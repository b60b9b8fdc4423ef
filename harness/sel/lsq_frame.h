/* What the least-squares solvers share: the rows with weight, centred and scaled, and the normal equations in those
 * units. For lsq*.c only. */
#ifndef SB_SEL_LSQ_FRAME_H
#define SB_SEL_LSQ_FRAME_H

#include "selbench/la.h"
#include "selbench/lsq.h"

enum { LSQ_BLOCK = 512, LSQ_BLOCK32 = 2048 };
static const double LSQ_RCOND = 1e-11; /* below: not by Cholesky */

/* z_ij = (x_ij - mean_j) unit_j with sum_i v_i z_ij^2 = 1. The unknowns are G_jk = B_jk / unit_j. */
typedef struct lsq_frame {
    const sb_lsq *p;
    size_t m, d, t, live; /* rows with weight; columns that are not constant */
    const uint32_t *row;
    const double *v;      /* m weights, sum 1 */
    const double *weight; /* the same as given */
    double *mean, *unit;  /* d each; unit 0: constant column; mean 0 without intercept */
    double *mean_y;       /* t */
} lsq_frame;

sb_status lsq_frame_make(const sb_lsq *p, const sb_subset *s, sb_ctx *cx, lsq_frame *f) SB_CHECKED;

/* k rows from i0, each sqrt(v) [z, y - mean_y] (d + t values), ld apart. */
void lsq_frame_rows(const lsq_frame *f, size_t i0, size_t k, double *out, size_t ld);

/* Second moments of the rows of [z, y - mean_y]: (d+t) x (d+t), lower triangle. single: rows rounded to float32, blocks
 * summed in float64, half the time. */
sb_status lsq_moments(const lsq_frame *f, bool single, sb_ctx *cx, double **moments) SB_CHECKED;

/* Penalty of G_jk in units where the loss is the sum over targets: t l2 q_j / spread^2; 1 for a constant column. */
void lsq_penalty(const lsq_frame *f, double l2, double *pen);

/* Solver for (A + diag pen) G = rhs, scaled to unit diagonal: primal from A, or from the rows when m < d. */
typedef struct lsq_factor {
    double *l, *scale; /* primal: d x d and d; dual: m x m, and scale = 1 / sqrt(pen) */
    double *zt;        /* dual: d x m, row j = scale_j z_j'; NULL: primal */
    size_t d, m;
    double rcond; /* 0: not positive definite */
} lsq_factor;

/* a: d x d with distance ld, lower read; a_jj = 0 for constant columns. */
sb_status lsq_factor_primal(const double *a, size_t ld, size_t d, const double *pen, sb_ctx *cx,
                            lsq_factor *f) SB_CHECKED;
/* In place: b (d x t) <- solution. Scratch from cx. */
sb_status lsq_factor_solve(const lsq_factor *f, double *b, size_t t, sb_ctx *cx) SB_CHECKED;

typedef struct lsq_certificate {
    double *gradient; /* (d+1) x t, of F in raw units; the caller's memory */
    double norm, tolerance, objective;
} lsq_certificate;
sb_status lsq_certify(const lsq_frame *f, double l2, const double *theta, sb_ctx *cx, lsq_certificate *c) SB_CHECKED;

#endif

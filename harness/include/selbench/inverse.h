/* The inverse of a moment matrix M = M0 + sum of x_i x_i' that changes one row at a time, with what every row wants to
 * know about it: h_j = x_j' P x_j and, for a metric B, s_j = x_j' P B P x_j, where P = M^{-1}. Adding row i lowers
 * tr(B P) by s_i / (1 + h_i) and multiplies det M by 1 + h_i; removing it raises tr(B P) by s_i / (1 - h_i) and
 * multiplies det M by 1 - h_i. */
#ifndef SELBENCH_INVERSE_H
#define SELBENCH_INVERSE_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

typedef struct sb_inverse {
    sb_mat x;
    uint32_t *active; /* NULL, or the row behind each entry of h and s */
    size_t count;     /* entries: n, or as many as are active */
    double *m, *p;    /* d x d: M and its inverse */
    const double *b;  /* d x d, or NULL: no s; borrowed */
    double *h, *s;    /* count values */
    size_t updates;   /* since the last refresh */
    double top;       /* largest h (or s when there is a B) at the last refresh */
    double *work;     /* scratch */
} sb_inverse;

/* m: d x d, copied. shrinks: keep a list of active rows, so that sb_inverse_drop works. Memory 8 (2 d^2 + 4 n). Cost as
 * sb_inverse_refresh. SB_ENUM: M is not positive definite. SB_ENOMEM. */
sb_status sb_inverse_init(sb_inverse *e, sb_mat x, const double *m, const double *b, bool shrinks,
                          sb_ctx *cx) SB_CHECKED;

/* P, h and s from M. Cost d^3 + 2 n d^2 flops, twice that with B. SB_ENUM, SB_ENOMEM. */
sb_status sb_inverse_refresh(sb_inverse *e, sb_ctx *cx) SB_CHECKED;

/* M += sign x x' for the row behind entry k (sign 1 or -1). Cost 2 n d (4 with B) + d^2. Refreshes when 200 and d
 * updates have passed, or when the largest h or s has fallen so far that the differences have lost their digits.
 * SB_EARG when removal would make M singular (1 - h below 1e-12). SB_ENUM, SB_ENOMEM. */
sb_status sb_inverse_change(sb_inverse *e, size_t k, int sign, sb_ctx *cx) SB_CHECKED;

/* The last entry takes the place of entry k. */
void sb_inverse_drop(sb_inverse *e, size_t k);

/* sum over rows (NULL: all n) of x x' plus lambda I, d x d, in float64. SB_ENOMEM. */
sb_status sb_information(sb_mat x, const uint32_t *row, size_t m, double lambda, sb_ctx *cx, double *g) SB_CHECKED;

#endif

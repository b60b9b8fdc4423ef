/* What the tall (leverage.c) and the wide (leverage_wide.c) ways to leverage scores share. */
#ifndef SB_SEL_LEVERAGE_PARTS_H
#define SB_SEL_LEVERAGE_PARTS_H

#include <math.h>

#include "selbench/leverage.h"

/* Smallest reciprocal condition at which a float64 Gram matrix is trusted. */
#define SB_LEVERAGE_RCOND64 1e-9

/* Scores when n <= d, from the n x n matrix of the rows: see sb_leverage. */
sb_status sb_leverage_wide(sb_mat x, const sb_leverage_options *o, sb_ctx *cx, double *score,
                           sb_leverage_info *info) SB_CHECKED;

/* Directions kept out of k singular values, descending. */
size_t sb_leverage_rank(const double *s, size_t k, sb_mat x, const sb_leverage_options *o);

/* scale (d values): 1 / norm of the columns of a (n x d), 1 for a zero column; all 1 unless unit. Exact scores do not
 * depend on the unit of a column, the numerical rank does. SB_ENOMEM. */
sb_status sb_leverage_column_scale(const double *a, size_t n, size_t d, bool unit, sb_ctx *cx,
                                   double **scale) SB_CHECKED;

static inline double sb_leverage_lambda(const sb_leverage_options *o)
{
    return o->kind == SB_LEVERAGE_RIDGE ? o->lambda : 0;
}

static inline double sb_leverage_sqnorm(const double *v, size_t d)
{
    double s[4] = {0};
    for (size_t j = 0; j < d; j++) s[j % 4] += v[j] * v[j];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

#endif

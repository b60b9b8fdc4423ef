/* Products of all rows with one vector, to within a bound, from a copy with one byte a value: a quarter of the memory
 * traffic of the rows themselves. For greedy methods, which need the exact product of the few rows that may win. */
#ifndef SELBENCH_COARSE_H
#define SELBENCH_COARSE_H

#include <stdint.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

typedef struct sb_coarse {
    size_t n, d, wide;  /* wide: bytes a row, a multiple of 32 */
    uint8_t *q;         /* x_ij = low_j + step_j q_ij + e_ij */
    double *low, *step; /* d */
    double *miss;       /* n: |e_i|, and what rounding adds */
    double *size;       /* n: |q_i|, and what float32 sums of products with it may lose, relative to |step v| */
    float *v;           /* wide: the vector of a call, times step */
} sb_coarse;

/* For n rows of x. Memory n (d + 48) bytes. SB_ENOMEM. */
sb_status sb_coarse_init(sb_coarse *c, sb_mat x, const uint32_t *row, size_t n, sb_ctx *cx) SB_CHECKED;

/* about[i] - slack[i] <= x_i . v <= about[i] + slack[i] for all n rows, and for that product as sb_rows_times rounds
 * it. v: d values, finite. */
void sb_coarse_products(sb_coarse *c, const double *v, double *about, double *slack);

#endif

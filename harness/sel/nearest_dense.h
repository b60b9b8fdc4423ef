/* The GEMM way of nearest.h: for data that projections do not tell apart, and for rows given by index. */
#ifndef SELBENCH_NEAREST_DENSE_H
#define SELBENCH_NEAREST_DENSE_H

#include "nearest.h"

/* mean: d values to centre at (any; a good one keeps float32 sharp). Memory 4 k d + 1 MiB and blocks. SB_ENOMEM. */
sb_status sb_dense_init(sb_dense *g, sb_mat x, size_t k, const double *mean, sb_ctx *cx) SB_CHECKED;

/* As sb_nearest_run for the rows of[first..last-1] of x (of NULL: first..last-1 themselves); cluster and sqdist are
 * indexed like `of`. Returns the number of distances measured. Cost 2 (last - first) k d flops. */
size_t sb_dense_run(sb_dense *g, sb_mat x, const uint32_t *of, size_t first, size_t last, const float *point, size_t k,
                    const unsigned char *moved, uint32_t *cluster, double *sqdist);

#endif

/* Zero-phase whitening, for transforms. */
#ifndef SELBENCH_WHITENING_H
#define SELBENCH_WHITENING_H

#include "selbench/ctx.h"

/* In place: the d x d covariance c (lower triangle read) becomes V diag(1 / sqrt(s_j + floor)) V', both triangles,
 * where C = V diag(s) V'. floor >= 0; directions with s_j + floor at rounding level become 0. SB_ENUM, SB_ENOMEM. */
sb_status sb_whitening(double *c, size_t d, double floor, sb_ctx *cx) SB_CHECKED;

#endif

/* The rows of an embedding on a plane: their two leading principal components, made once per run, so that a report can
 * show where methods choose without opening data. maps/CONTENT.npz: xy (n x 2 float32), share (2 float64), label (n
 * int32, classification only). */
#ifndef SB_EXP_PLANE_H
#define SB_EXP_PLANE_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

/* xy: n x 2, written: rows minus the mean, times the two leading eigenvectors of the covariance, both taken from at
 * most 1024 rows spread evenly over x; the sign of a vector makes its largest entry positive. A direction without
 * variance gives zeros. share: of the variance of those rows, per direction. Cost 1024 d min(d, 1024) + 4 n d flops, 8
 * x 1024 x d bytes, given back. SB_ENUM, SB_ENOMEM. */
sb_status sb_plane_make(sb_mat x, sb_ctx *cx, float *xy, double share[2]) SB_CHECKED;

bool sb_plane_stored(const char *dir, const char *content, sb_ctx *cx);
/* Makes and stores the plane of x unless it is there. label: n classes or NULL. SB_EIO and as above. */
sb_status sb_plane_store(const char *dir, const char *content, sb_mat x, const int32_t *label, sb_ctx *cx) SB_CHECKED;
/* n 0: the run has none. label: NULL: none. In cx->arena. SB_EFORMAT, SB_EIO, SB_ENOMEM. */
sb_status sb_plane_read(const char *dir, const char *content, sb_ctx *cx, size_t *n, const float **xy,
                        const int32_t **label, double share[2]) SB_CHECKED;

#endif

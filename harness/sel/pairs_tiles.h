/* All similarities of feature rows at the speed of float32 products, for sb_pairs_matrix. */
#ifndef SELBENCH_PAIRS_TILES_H
#define SELBENCH_PAIRS_TILES_H

#include "selbench/pairs.h"

/* s (n x n, both triangles) = (1 + cosine) / 2, or the distance, or its square, of members of p, which has no factors.
 * Sums run in float32 over 2 sqrt(d) columns and then in float64: a product is known to about 3e-8 |x| |y| (standard
 * deviation for columns of one sign, the worst of millions six times that), as sharp as the float32 entries are. Every
 * entry is worked out by the same additions wherever it stands: equal rows give equal values, at distance 0 and with
 * cosine 1 exactly. Distances are between rows centred at their mean, and measured again by float64 differences where
 * they are so small that the error of the product would grow in the root. Memory 4 n d, cost n^2 d flops. SB_ENOMEM. */
sb_status sb_pairs_tiles(const sb_pairs *p, sb_similarity kind, sb_ctx *cx, float *s) SB_CHECKED;

#endif

/* Folds for cross-validation: shuffled, and balanced within each class. */
#ifndef SELBENCH_FOLDS_H
#define SELBENCH_FOLDS_H

#include "selbench/ctx.h"

/* fold[i] in 0..k-1 for m rows: a random order, dealt round-robin, stratum by stratum (stratum: m values >= 0, or NULL).
 * Sizes differ by at most one overall. Scratch from cx->arena. SB_EARG: k < 2 or k > m. */
sb_status sb_folds(size_t m, size_t k, const int32_t *stratum, sb_rng *rng, sb_ctx *cx, uint32_t *fold) SB_CHECKED;

#endif

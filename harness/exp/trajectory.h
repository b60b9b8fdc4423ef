/* Trajectories: what every row's loss and margin were while a linear model learnt the warm-up rows. */
#ifndef SB_EXP_TRAJECTORY_H
#define SB_EXP_TRAJECTORY_H

#include "evaluate.h"

enum { SB_CHECKPOINTS = 20, SB_TRAJECTORY_BATCH = 32 };

/* SB_CHECKPOINTS epochs over the warm-up rows in random order (stream cx->path "/trajectory"), batches of
 * SB_TRAJECTORY_BATCH rows (b; the last one smaller), from theta = 0, constant step 1 / (s (L + R / b)): L bounds the
 * largest eigenvalue of the standardised rows' second moments [z; 1][z; 1]', R is the largest squared length of such a
 * row, s = 1/2 bounds the curvature of the softmax loss (1 for squares). Features are standardised by the warm-up rows'
 * moments, constant columns left out; no penalty. Softmax loss, or half the squared error summed over targets. After
 * each epoch all rows are evaluated. Memory n x SB_CHECKPOINTS x 25 bytes from cx->arena; cost n d w per checkpoint.
 * SB_ENUM: the training left the range of numbers. SB_ENOMEM. */
sb_status sb_trajectory_make(const sb_data *train, const uint32_t *warm, size_t m, sb_ctx *cx,
                             sb_trajectory *out) SB_CHECKED;

#endif

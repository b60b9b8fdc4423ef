/* From scores to a selection: what every importance-sampling method does once its scores are known. */
#ifndef SELBENCH_IMPORTANCE_H
#define SELBENCH_IMPORTANCE_H

#include "selbench/draw.h"
#include "selbench/method.h"

typedef struct sb_importance {
    int draw;      /* sb_scheme (int, as option rows store a word) */
    double floor;  /* p = (1 - floor) q / sum q + floor / n, see sb_draw_probabilities */
    bool weighted; /* false: the draws are kept, their weights dropped */
} sb_importance;

/* Fills out with the rows `front` (weight 1, in this order, those of a joining warm-up left out) and budget minus these
 * draws from the other rows, with p from score (n values >= 0; rows that cannot be drawn are not read) and the weights
 * of the scheme: sums over the selection estimate sums over all rows but the joining warm-up's. Stream PATH/draw. Sets
 * out->certain, and out->prob where rows were drawn with replacement and weighted. Notes: zero_prob_rows.
 * SB_SKIP: the front leaves nothing to draw although rows are left, or fewer rows have p > 0 than distinct ones are
 * asked for. SB_ENUM: a score is negative or not finite. SB_ENOMEM. Cost as sb_draw. */
sb_status sb_importance_select(const sb_task *task, const double *score, const sb_importance *how,
                               const uint32_t *front, size_t fronts, size_t budget, sb_ctx *cx,
                               sb_selection *out) SB_CHECKED;

#endif

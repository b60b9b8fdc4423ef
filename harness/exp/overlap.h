/* How much the methods of a setting choose the same rows. */
#ifndef SB_EXP_OVERLAP_H
#define SB_EXP_OVERLAP_H

#include "results.h"

/* Jaccard index of the distinct rows of each pair of methods, mean over the repeats that have both; from the stored
 * subsets of DIR. out: settings x methods x methods in cx->arena, NaN where no repeat has both, 1 on the diagonal.
 * Cost: every subset read once per setting, methods^2 n / 64 words per repeat. */
sb_status sb_overlap(const sb_results *r, const char *dir, sb_ctx *cx, const double **out) SB_CHECKED;

#endif

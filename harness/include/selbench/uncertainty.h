/* Choosing the rows that the warm-up model is least (or most) sure of: what margin, least_confidence and entropy share.
 */
#ifndef SELBENCH_UNCERTAINTY_H
#define SELBENCH_UNCERTAINTY_H

#include "selbench/method.h"

/* Class probabilities p (c values) taken apart so that a saturated softmax still ranks: best is the largest one, others
 * the sum of all the other ones (that is 1 - best without cancellation), second the largest of these. */
typedef struct sb_certainty {
    double best, second, others;
    size_t at; /* class of `best`, the lowest among equals */
} sb_certainty;
sb_certainty sb_certainty_of(const double *p, size_t c);

/* A score of one row from its probabilities. */
typedef double sb_uncertainty_score(const double *p, size_t c);

double sb_unsure_confidence(const double *p, size_t c); /* 1 - p1, without the cancellation */
double sb_unsure_margin(const double *p, size_t c);     /* 1 - (p1 - p2): exact where p1 rounds to 1 */
double sb_unsure_entropy(const double *p, size_t c);    /* -sum p log p, 0 log 0 = 0; saturated rows keep their order */

/* The `budget` rows with the largest scores, best first (ties: lowest row), among those that may be chosen. Queries the
 * probabilities of these rows in blocks; labels are not read. SB_SKIP: regression, or no warm-up. */
sb_status sb_uncertainty_select(const sb_task *task, sb_uncertainty_score *score, size_t budget, sb_ctx *cx,
                                sb_selection *out) SB_CHECKED;

#endif

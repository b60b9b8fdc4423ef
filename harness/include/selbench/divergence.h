/* The symmetric Kullback-Leibler divergence of class probabilities. */
#ifndef SELBENCH_DIVERGENCE_H
#define SELBENCH_DIVERGENCE_H

#include "selbench/task.h"

/* Probabilities of all rows raised to at least `least` and their logarithms; n x c each, from cx->arena. */
typedef struct sb_divergence {
    size_t c;
    double *p, *log_p;
} sb_divergence;

/* Queries the probabilities of all rows. Needs PROB. least = 0: as they are, log 0 = -inf. SB_SKIP: regression. */
sb_status sb_divergence_make(const sb_task *task, double least, sb_ctx *cx, sb_divergence *out) SB_CHECKED;

/* Half of the divergence both ways, 1/2 sum (p_i - p_j)(log p_i - log p_j): >= 0, 0 for equal rows, symmetric to the
 * last bit; infinite where one has a class that the other excludes. */
double sb_divergence_of(const sb_divergence *d, size_t i, size_t j);

#endif

/* Greedy choice by what a gradient step does for the loss of other rows: gain(i) = <g_i, mean gradient of the
 * validation rows>. After each round the parameters take the virtual step theta - eta sum of the gradients taken; the
 * outputs of a linear model follow it exactly, and the validation gradient is computed anew. */
#ifndef SELBENCH_STEPS_H
#define SELBENCH_STEPS_H

#include "selbench/gradient.h"
#include "selbench/method.h"

/* Memory from cx->arena: 8 (n (w + 1) + 2 valids w + 2 (d + 1) w). */
typedef struct sb_steps {
    sb_gradients g, v;     /* candidates; the same rows with the factors of the validation rows at the virtual point */
    const int32_t *label;  /* n, read at validation rows; NULL for regression */
    const uint32_t *valid; /* NULL: all rows */
    size_t valids;
    double *z; /* valids x w: outputs at the virtual point (logarithms of probabilities for classes) */
    double *mean, *step, *shift; /* validation gradient and step, (d + 1) x w; change of z */
    double *gain;                /* n */
} sb_steps;

/* g: gradients of the candidates (all n rows); a (n x w): true factors at the validation rows, copied. label, valid:
 * borrowed. Asks for the probabilities of the validation rows. SB_ENOMEM, and the statuses of sb_task_prob. */
sb_status sb_steps_init(sb_steps *k, const sb_task *task, const sb_gradients *g, const double *a, const int32_t *label,
                        const uint32_t *valid, size_t valids, sb_ctx *cx) SB_CHECKED;

/* Chooses budget rows among those with taken == 0, in so many rounds of even size, the largest gains of a round first
 * (ties: lowest row), and marks them; eta: size of the virtual steps. Cost n d w a round. SB_ENOMEM. */
sb_status sb_steps_choose(sb_steps *k, size_t rounds, double eta, unsigned char *taken, size_t budget, sb_ctx *cx,
                          sb_selection *out) SB_CHECKED;

#endif

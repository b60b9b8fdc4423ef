/* Optimal designs: which rows make the moment matrix M = sum of x x' large. What fedorov, relaxed_design and
 * regret_design share: the problem, its convex relaxation with a certificate, and the rows that matter in it. */
#ifndef SELBENCH_DESIGN_H
#define SELBENCH_DESIGN_H

#include "selbench/inverse.h"
#include "selbench/task.h"

typedef enum sb_criterion {
    SB_DESIGN_D, /* log det M, maximised */
    SB_DESIGN_A, /* tr M^{-1}, minimised, as those below */
    SB_DESIGN_I, /* tr X'X M^{-1} / n: the mean prediction variance */
    SB_DESIGN_C  /* c' M^{-1} c, c the mean row */
} sb_criterion;
extern const char *const sb_criterion_words[]; /* for option rows, in the order of the enum, ended by NULL */

typedef struct sb_design {
    sb_criterion criterion;
    sb_mat z;      /* the rows that may be chosen, with independent columns */
    uint32_t *row; /* the row of the task behind each */
    double *b;     /* d x d: the metric, criterion tr(B M^{-1}); NULL for D */
} sb_design;

/* SB_SKIP: m is below the rank, all rows are zero, or criterion A on dependent columns (it depends on coordinates).
 * Cost n d^2. SB_ENOMEM, SB_ENUM. */
sb_status sb_design_make(const sb_task *task, sb_criterion criterion, size_t m, sb_ctx *cx, sb_design *out) SB_CHECKED;

/* The criterion of the m given rows of q->z: log det M, or the trace. SB_ENUM: M is singular. SB_ENOMEM. */
sb_status sb_design_value(const sb_design *q, const uint32_t *row, size_t m, sb_ctx *cx, double *value) SB_CHECKED;

typedef struct sb_relaxed {
    double *pi;    /* n values in [0, 1], sum m */
    double *score; /* n: minus the gradient, x'M^{-1}x or x'M^{-1}B M^{-1}x */
    double *m;     /* d x d: M = sum pi x x' */
    double value;  /* the criterion at pi */
    double gap; /* no design of m rows is better than the value by more: sum of the m largest scores - sum pi score */
    size_t steps;
} sb_relaxed;

/* The relaxation 0 <= pi <= 1, sum pi = m, by entropic descent pi <- Proj(pi exp(eta score)) with a line search, until
 * gap <= tolerance sum pi score (which is d for D and the value otherwise) or after `steps`. Deterministic.
 * Cost 3 n d^2 flops a step and more. Memory O(n + d^2). SB_ENUM, SB_ENOMEM. */
sb_status sb_design_relax(const sb_design *q, size_t m, size_t steps, double tolerance, sb_ctx *cx,
                          sb_relaxed *out) SB_CHECKED;

/* The rows that carry all of pi but a thousandth of m, heaviest first (ties: lowest row), at least m. row: room for n
 * entries. SB_ENOMEM. */
sb_status sb_design_support(const sb_design *q, const sb_relaxed *r, size_t m, sb_ctx *cx, uint32_t *row,
                            size_t *count) SB_CHECKED;

#endif

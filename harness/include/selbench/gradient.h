/* Gradients of the warm-up model's loss, one per row, in factored form: g_i = a_i (x) x~_i with x~_i = [x_i; 1] (or x_i
 * without the column of ones), a_i = p_i - e_y (w = c) or prediction - y (w = t). Nothing of size w (d + 1) is formed
 * per row: <g_i, g_j> = (a_i . a_j)(x~_i . x~_j). x is the embedding that the task shows. All sums in float64. */
#ifndef SELBENCH_GRADIENT_H
#define SELBENCH_GRADIENT_H

#include "selbench/task.h"

/* Memory from cx->arena. */
typedef struct sb_gradients {
    sb_mat x;
    size_t n, w;     /* rows, values of a factor */
    bool ones;       /* x~ has the column of ones */
    double *a;       /* n x w */
    double *a_norm2; /* n: |a_i|^2 */
    double *x_norm2; /* n: |x~_i|^2 */
} sb_gradients;

/* True gradients of all rows; needs GRADIENT. The statuses of sb_task_residual. */
sb_status sb_gradients_make(const sb_task *task, bool ones, sb_ctx *cx, sb_gradients *out) SB_CHECKED;

/* With the most probable class (lowest among equals) in the place of the label; its entry of a is minus the sum of the
 * others, so a sure row keeps a small factor that is not 0. Needs PROB. SB_SKIP: regression. */
sb_status sb_gradients_predicted(const sb_task *task, bool ones, sb_ctx *cx, sb_gradients *out) SB_CHECKED;

/* <g_i, g_j>, cost d + w. */
double sb_gradients_dot(const sb_gradients *g, size_t i, size_t j);

/* Rows of a matrix of this shape, (d + ones) x w like a model's parameters. */
static inline size_t sb_gradients_rows(const sb_gradients *g) { return g->x.d + g->ones; }

/* along[k] = <g_row[k], direction>, direction (d + ones) x w; row NULL: rows 0..m-1. Cost m d w. SB_ENOMEM. */
sb_status sb_gradients_along(const sb_gradients *g, const double *direction, const uint32_t *row, size_t m, sb_ctx *cx,
                             double *along) SB_CHECKED;

/* sum ((d + ones) x w) += sum_k weight[k] g_row[k]; row NULL: rows 0..m-1; weight NULL: all 1. Cost m d w. SB_ENOMEM.
 */
sb_status sb_gradients_add(const sb_gradients *g, const uint32_t *row, const double *weight, size_t m, sb_ctx *cx,
                           double *sum) SB_CHECKED;

#endif

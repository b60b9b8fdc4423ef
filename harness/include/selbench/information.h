/* The information matrix H of the warm-up model and how far a row's gradient g_i = a_i (x) x~_i, x~ = [x; 1], moves its
 * parameters: |H^-1 g_i|, or |H^-1/2 g_i|. Everything in float64. */
#ifndef SELBENCH_INFORMATION_H
#define SELBENCH_INFORMATION_H

#include "selbench/task.h"

typedef enum sb_information_form {
    SB_INFORMATION_FULL, /* classes: H = sum (diag p - p p') (x) x~x~' of c - 1 classes, the last one as the base */
    SB_INFORMATION_BLOCK /* classes: the c diagonal blocks sum p_c (1 - p_c) x~x~' alone: an approximation */
} sb_information_form;   /* regression: one block sum x~x~' for either */

enum { SB_INFORMATION_FULL_MAX = 1000 }; /* order up to which methods that choose the form take the full one */

typedef struct sb_information {
    sb_mat x;
    size_t c, dd; /* classes (0: regression), d + 1 */
    sb_information_form form;
    size_t blocks, size; /* matrices and their order */
    double *l;           /* blocks x size x size, their Cholesky factors */
} sb_information;

/* Is the full matrix of at most that order? Always with two classes and for regression. */
bool sb_information_fits(const sb_task *task);

/* SB_SKIP with order, work and time when the full matrix over m rows, its factor and the norms of all n rows need more
 * multiply-adds than `work`: m D^2 / 2 + D^3 / 6 + n D^2, D its order. Nothing exact is cheaper: every row has a matrix
 * of its own between the classes. Asks for nothing and allocates nothing. */
sb_status sb_information_afford(const sb_task *task, size_t m, double work, sb_ctx *cx) SB_CHECKED;

/* Over m rows (row NULL: all n) with the probabilities of all rows, n x c (NULL for regression). ridge >= 0: this times
 * the mean of the diagonal is added to the diagonal (1 when the diagonal is 0). Cost m d^2 per pair of classes (full)
 * or class (block). SB_SKIP: the matrix is singular and the ridge too small, or one class only.
 * SB_ENOMEM. */
sb_status sb_information_make(const sb_task *task, const double *prob, const uint32_t *row, size_t m,
                              sb_information_form form, double ridge, sb_ctx *cx, sb_information *out) SB_CHECKED;

/* norm (n values): |H^-1 g_i|, or |H^-1/2 g_i| if half, for the factors a (n x c, or n x t). centred (full form, not
 * half): length of the solution whose classes sum to 0, which does not depend on the base class. Cost n size^2 per
 * block.
 */
sb_status sb_information_norms(const sb_information *h, const double *a, size_t w, bool half, bool centred, sb_ctx *cx,
                               double *norm) SB_CHECKED;

/* omega (size x size, of a full matrix) = mean over all n rows of J'J, J the derivative of the row's outputs (the
 * probabilities of all classes, or a target) by the parameters: v'omega v is the mean squared change of the outputs
 * when the parameters change by v. Cost 2 n d^2 per pair of classes. SB_ENOMEM. */
sb_status sb_information_outputs(const sb_information *h, const double *prob, sb_ctx *cx, double *omega) SB_CHECKED;

/* norm (n values): sqrt(g_i' H^-1 omega H^-1 g_i). Cost 2 n size^2. SB_ENOMEM. */
sb_status sb_information_output_norms(const sb_information *h, const double *a, size_t w, const double *omega,
                                      sb_ctx *cx, double *norm) SB_CHECKED;

#endif

/* Similarities between rows, or between the proxy's gradients at rows, without forming gradients:
 *     <g_i, g_j> = (a_i . a_j) (x_i . x_j + 1),   a_i the factor of the gradient (sb_task_residual);
 * rows themselves are the case of one factor that is 1 everywhere, and no constant feature. */
#ifndef SELBENCH_PAIRS_H
#define SELBENCH_PAIRS_H

#include "selbench/task.h"

typedef enum sb_space { SB_SPACE_FEATURES, SB_SPACE_GRADIENTS } sb_space;
extern const char *const sb_space_words[]; /* for option rows: features, gradients */

typedef struct sb_pairs {
    sb_mat x;
    const uint32_t *row; /* n rows of x: the members; positions below are 0..n-1 */
    size_t n, q;         /* q: values of a factor */
    double *a;           /* n x q, or NULL for features */
    double *square;      /* n: <g_i, g_i>, by the same additions as the products: equal rows give equal values */
} sb_pairs;

/* Members row[0..n-1] of task->x. Gradients: asks the proxy for n factors. Memory 8 n (q + 1). SB_SKIP: no warm-up. */
sb_status sb_pairs_make(const sb_task *task, sb_space space, const uint32_t *row, size_t n, sb_ctx *cx,
                        sb_pairs *out) SB_CHECKED;

/* out[i] = <g_i, g_j> for all n members, in float64. Cost n (d + q). */
sb_status sb_pairs_products(const sb_pairs *p, size_t j, sb_ctx *cx, double *out) SB_CHECKED;

/* out[i] = cosine of g_i and g_j: exactly 1 for i = j and for equal members, 0 with a zero member, also itself. */
sb_status sb_pairs_cosines(const sb_pairs *p, size_t j, sb_ctx *cx, double *out) SB_CHECKED;

/* out[i] = sum over j of the cosines of i and j, in O(n d q): they factor through the sum of the unit gradients. */
sb_status sb_pairs_cosine_sums(const sb_pairs *p, sb_ctx *cx, double *out) SB_CHECKED;

typedef enum sb_similarity {
    SB_SIMILARITY_COSINE,   /* (1 + cos) / 2 */
    SB_SIMILARITY_DISTANCE, /* largest distance - distance */
    SB_SIMILARITY_SQUARED   /* largest squared distance - squared distance */
} sb_similarity;

/* s (n x n float32, symmetric bit for bit) = similarities of all pairs, to 2e-7 of the largest. Features: float32
 * products summed in float64, n^2 d flops and 4 n d bytes beside it; small distances are measured by differences.
 * Gradients: float64, n^2 (d + 2 q) flops and 8 n (d + 256) bytes. Values >= 0; the diagonal is exactly the value of
 * equal rows (.5 for a zero row's cosine). top (or NULL): the largest distance (squared distance), 0 for the cosine.
 * SB_ENOMEM. */
sb_status sb_pairs_matrix(const sb_pairs *p, sb_similarity kind, sb_ctx *cx, float *s, double *top) SB_CHECKED;

#endif

/* The Fisher information of a linear model and what one row more or less does to tr(M^-1 F): F of all rows, M = lambda
 * I plus that of the warm-up and of the rows chosen. Row i has the information S_i (x) x~_i x~_i' with x~ = [x; 1] and
 * S_i = diag p - p p' = C'C; labels do not enter. With h = x~'M^-1 x~ and g = x~'M^-1 F M^-1 x~, one value per pair of
 * classes, a row that joins lowers the trace by tr[(I + C h C')^-1 C g C'], one that leaves raises it by
 * tr[(I - C h C')^-1 C g C']; M^-1, M^-1 F M^-1, h and g follow by Woodbury's formula. Everything in float64. */
#ifndef SELBENCH_FISHER_H
#define SELBENCH_FISHER_H

#include "selbench/task.h"

enum { SB_FISHER_FULL_MAX = 2000, SB_FISHER_STRIP = 512 }; /* order of a full matrix of three classes or more */

/* Regression and two classes have one parameter a feature (two classes: along (1, -1) / sqrt 2): q = blocks = 1. Three
 * classes or more: one block of all classes (q = c), or c blocks of one class each (q = 1), an approximation.
 * Memory 8 (2 n blocks q^2 + 3 blocks order^2 + 3 (d + 1) blocks q^2). */
typedef struct sb_fisher {
    /* set by the caller before sb_fisher_init */
    double lambda;        /* > 0 */
    const uint32_t *warm; /* warm_n rows whose information counts warm_scale each; borrowed */
    size_t warm_n;
    double warm_scale, scale; /* scale: of the rows chosen */
    /* the rest is filled */
    sb_mat x;
    size_t dd, c, q, blocks, order; /* d + 1, classes, classes of a block, blocks, order of a block: q dd */
    const double *prob;             /* n x c, borrowed; NULL for regression */
    double *f, *p, *s;              /* blocks x order x order: F, M^-1, M^-1 F M^-1 */
    double *h, *g;                  /* n x blocks x q x q */
    double *mix, *inner;            /* blocks x q x q: of the row that changes, +-C'(I +- C h C')^-1 C, and g */
    double *u, *z;                  /* blocks x order x q: M^-1 and M^-1 F M^-1 times that row */
    double *column, *out;           /* (d + 1) x 2 blocks q^2: u and z by features; their products with some rows */
    double *xj, *wide, *col, *small;
    size_t updates; /* changes since M was last formed from its rows */
} sb_fisher;

/* Is the full matrix small enough? Always with two classes and for regression. */
bool sb_fisher_fits(const sb_task *task);

/* prob: of all rows, NULL for regression; full: see above. Cost of F n d^2 per pair of classes of a block, then as
 * sb_fisher_rebuild. SB_ENOMEM. */
sb_status sb_fisher_init(sb_fisher *e, const sb_task *task, const double *prob, bool full, sb_ctx *cx) SB_CHECKED;

/* Everything anew from the rows chosen. Cost 2 n d^2 blocks q (q + 1) / 2 multiply-adds and 5 order^3 per block.
 * SB_SKIP: M is singular. SB_ENOMEM. */
sb_status sb_fisher_rebuild(sb_fisher *e, const uint32_t *chosen, size_t m, sb_ctx *cx) SB_CHECKED;

/* By how much the trace falls when row i joins (sign 1), or rises when it leaves (-1); infinite: M would be singular.
 * Cost blocks q^3. */
double sb_fisher_effect(const sb_fisher *e, size_t i, double sign);

/* Row j joins (sign 1) or leaves (-1); h and g follow for the active rows alone. Cost 2 blocks q^2 (count d + d^2)
 * multiply-adds. SB_SKIP: M would be singular. SB_ENOMEM. */
sb_status sb_fisher_change(sb_fisher *e, size_t j, double sign, const uint32_t *active, size_t count,
                           sb_ctx *cx) SB_CHECKED;

/* tr(M^-1 F). */
double sb_fisher_trace(const sb_fisher *e);

#endif

/* Minimises a smooth convex function by limited-memory BFGS (Nocedal 1980; two loops) in a
 * preconditioner's metric. The object keeps its history between runs, so that a run may go on with a more exact
 * evaluation of the same function. */
#ifndef SB_LBFGS_H
#define SB_LBFGS_H

#include <stdbool.h>

#include "selbench/arena.h"

typedef struct sb_lbfgs_function {
    double (*value)(void *self, const double *x, double *gradient);          /* may be infinite or NaN far away */
    void (*precondition)(void *self, const double *gradient, double *out);   /* M^-1 gradient, M positive definite */
    void *self;
    double noise; /* relative error of value: differences below it are not believed, slopes are */
} sb_lbfgs_function;

typedef enum sb_lbfgs_end { SB_LBFGS_CONVERGED, SB_LBFGS_STALLED, SB_LBFGS_LIMIT } sb_lbfgs_end;

typedef struct sb_lbfgs sb_lbfgs;

/* dim variables, the last `memory` steps kept: 24 dim memory bytes. NULL: no memory. */
sb_lbfgs *sb_lbfgs_new(size_t dim, size_t memory, sb_arena *arena);

/* Drops the history: the preconditioner or the function changed. */
void sb_lbfgs_forget(sb_lbfgs *l);

/* From x (dim values, improved in place) until max |gradient| <= tolerance (CONVERGED), no step helps (STALLED) or
 * *iterations reaches the limit. *iterations and *evaluations are added to; *value and *norm describe x at the end. */
sb_lbfgs_end sb_lbfgs_run(sb_lbfgs *l, const sb_lbfgs_function *f, double tolerance, size_t limit, double *x,
                          double *value, double *norm, size_t *iterations, size_t *evaluations);

#endif

/* Least squares with weights >= 0, grown column by column (Lawson and Hanson 1974, the active set method): minimises
 * w'Qw / 2 - r'w over w >= 0 for Q = A'A + lambda I and r = A'b given entry by entry. */
#ifndef SELBENCH_NNLS_H
#define SELBENCH_NNLS_H

#include <stdbool.h>

#include "selbench/ctx.h"

/* Memory from the arena of sb_nnls_init. The caller writes q and r of a new column (both triangles) and admits it. */
typedef struct sb_nnls {
    size_t cap, active; /* columns at most; those with w > 0 */
    double *q, *r, *w;  /* cap x cap, cap, cap: w is the minimiser over the active columns */
    uint32_t *column;   /* the active ones, in order of admission */
    bool either_sign;   /* plain least squares: w of either sign, no column leaves */
    double *l, *trial;  /* Cholesky factor of q over them; scratch */
} sb_nnls;

sb_status sb_nnls_init(sb_nnls *s, size_t cap, sb_ctx *cx) SB_CHECKED;

/* Lets column j (not active) join and restores w >= 0; others may leave. False: j depends on the active columns to
 * 1e-12 of its length or would get no weight, and nothing else changed but what left. Cost active^2, or active^3 when
 * columns leave. */
bool sb_nnls_admit(sb_nnls *s, uint32_t j);

#endif

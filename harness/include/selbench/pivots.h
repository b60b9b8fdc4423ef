/* Pivoted orthogonalisation of rows: an orthonormal basis grows by chosen rows, and every row knows its squared
 * distance to the span. On a linear kernel X X' this is pivoted Cholesky: `left` is the residual diagonal. */
#ifndef SELBENCH_PIVOTS_H
#define SELBENCH_PIVOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

typedef struct sb_pivots {
    sb_mat x;
    size_t rank, cap; /* directions now; room, at most min(n, d) */
    size_t updated;   /* directions that `left` knows of */
    double *basis;    /* cap x d, rows orthonormal */
    double *norm2;    /* n: squared norms */
    double *left;     /* n: squared distance to the span; 0 below 1e-12 norm2, where rounding rules */
    double *upto;     /* n: scratch of sb_pivots_propose */
    double *vector;   /* d: residual of the row last measured */
    bool measured;    /* vector and square are those of row `of` off the first `at` directions */
    size_t of, at;
    double square;
} sb_pivots;

/* An empty basis with room for cap directions (more than min(n, d) are never needed). Memory 8 (cap d + 3 n), kept.
 * Cost n d. SB_ENOMEM. */
sb_status sb_pivots_init(sb_pivots *p, sb_mat x, size_t cap, sb_ctx *cx) SB_CHECKED;

/* The same with given rows (or none) in the span and the rows with taken[i] out of the game: left is 0 for them.
 * SB_ENOMEM. */
sb_status sb_pivots_start(sb_pivots *p, sb_mat x, size_t cap, const unsigned char *taken, const uint32_t *row,
                          size_t rows, sb_ctx *cx) SB_CHECKED;

/* Squared norm of the row's residual off the basis, by two passes of Gram-Schmidt; 0 when rounding rules. The residual
 * is p->vector. Cost 8 rank d; nothing for the row last measured while no direction was added. */
double sb_pivots_residual(sb_pivots *p, size_t row);

/* Adds the row's direction; false: it is in the span already, or there is no room. `left` follows at the next update
 * only. */
bool sb_pivots_append(sb_pivots *p, size_t row);

/* left -= squares of the products with the directions added since the last update; rows at 0 stay there.
 * Cost 2 n d per direction. SB_ENOMEM. */
sb_status sb_pivots_update(sb_pivots *p, sb_ctx *cx) SB_CHECKED;

/* b independent draws with probability left / sum left. False: every row is at 0. Cost n + b log n. */
bool sb_pivots_propose(sb_pivots *p, sb_rng *rng, size_t b, uint32_t *row);

#endif

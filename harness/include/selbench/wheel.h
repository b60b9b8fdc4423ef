/* Draws by weights that change at every step (D^e sampling): weights with sums of blocks, so that a draw looks at n /
 * 1024 sums and one block. Rows of weight 0 are never drawn. */
#ifndef SELBENCH_WHEEL_H
#define SELBENCH_WHEEL_H

#include "selbench/ctx.h"

enum { SB_WHEEL_BLOCK = 1024 };

typedef struct sb_wheel {
    size_t n;
    double *weight; /* n values >= 0, finite: the caller's to change */
    double *block;  /* sums of SB_WHEEL_BLOCK weights each, in row order */
} sb_wheel;

/* All weights 0. SB_ENOMEM. */
sb_status sb_wheel_init(sb_wheel *w, size_t n, sb_ctx *cx) SB_CHECKED;

/* Sums the blocks again after weights changed and returns their total. */
double sb_wheel_total(sb_wheel *w);

/* The row at which the running sum passes u times the total, u in [0, 1); total: what sb_wheel_total gave, > 0.
 * Rounding at the very end falls back to the last row with weight > 0. */
size_t sb_wheel_at(const sb_wheel *w, double u, double total);

#endif

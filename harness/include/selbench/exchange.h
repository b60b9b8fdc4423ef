/* Swaps of a chosen row for another one in a design, all of them at once: tables of d_jk = x_j'P x_k and
 * phi_jk = x_j'P B P x_k between all rows j and the chosen rows k, P = M^{-1}, follow each swap by rank two. */
#ifndef SELBENCH_EXCHANGE_H
#define SELBENCH_EXCHANGE_H

#include "selbench/design.h"

typedef struct sb_swap {
    double gain;    /* log det M'/det M, or the decrease of tr(B M^{-1}) */
    size_t out, in; /* position in chosen; row of q->z */
} sb_swap;

typedef struct sb_exchange {
    const sb_design *q; /* borrowed */
    size_t m;
    uint32_t *chosen;          /* m rows of q->z: set by the caller before sb_exchange_start */
    unsigned char *in;         /* n: 1 for these */
    double *pair, *cross;      /* n x m: d_jk, phi_jk (not for D) */
    sb_inverse e;              /* M, P, d_jj, phi_jj */
    double *enter, *leave;     /* n x t: the same columns for the row that enters, and for the one that leaves */
    double *change[4];         /* m each: how a row's tables change with its entries of enter and leave */
    double *stay, *own;        /* m: 1 - d_kk and phi_kk of the chosen rows */
    double *rows, *u, *w, *uw; /* scratch */
} sb_exchange;

/* Room for designs of m rows. Memory 8 n m bytes (16 n m unless D). SB_ENOMEM. */
sb_status sb_exchange_init(sb_exchange *t, const sb_design *q, size_t m, sb_ctx *cx) SB_CHECKED;

/* Inverse and tables for t->chosen and t->in. Cost n d (2 m + 2 d) flops, twice that unless D. SB_ENUM: M is singular.
 * SB_ENOMEM. */
sb_status sb_exchange_start(sb_exchange *t, sb_ctx *cx) SB_CHECKED;

/* The swap with the largest gain; singular ones are out; ties: the lowest row, then the earliest chosen. Cost 3 n m. */
sb_swap sb_exchange_best(sb_exchange *t);

/* Makes it. Cost n (4 m + 10 d) flops, twice that unless D. SB_EARG: M would be singular. SB_ENUM, SB_ENOMEM. */
sb_status sb_exchange_swap(sb_exchange *t, sb_swap swap, sb_ctx *cx) SB_CHECKED;

/* Tables from scratch; *drift: by how much the followed ones were off, relative to the largest d_jj or phi_jj. */
sb_status sb_exchange_renew(sb_exchange *t, sb_ctx *cx, double *drift) SB_CHECKED;

#endif

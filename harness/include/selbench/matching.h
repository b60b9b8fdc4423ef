/* Sketchy moment matching: weights s over rows and slacks gamma over directions so that the second moments of the
 * weighted rows come close to gamma times those of all rows. */
#ifndef SELBENCH_MATCHING_H
#define SELBENCH_MATCHING_H

#include "selbench/ctx.h"
#include "selbench/mat.h"

typedef enum sb_matching_kind {
    SB_MATCHING_SYNTHETIC, /* |Z's - gamma o lam|^2,  0 <= s <= 1/m, sum s = 1, gamma >= 1/c */
    SB_MATCHING_PROBE,     /* |Z'(s o s) - gamma o lam| + 1e-3 / |s|,  s on the simplex, gamma >= 1/c */
    SB_MATCHING_SOFTMAX    /* |Z's - gamma o lam| + 0.1 / |s|,  s = softmax(w), gamma >= c */
} sb_matching_kind;

typedef struct sb_matching {
    size_t n, r;
    double *z;   /* n x r: squared products of the rows with the eigenvectors of their mean second moment */
    double *lam; /* r: its eigenvalues; the column means of z */
} sb_matching;

/* z and lam for the rows of g (n x r). Cost 4 n r^2. SB_ENOMEM, SB_ENUM. */
sb_status sb_matching_make(sb_mat g, sb_ctx *cx, sb_matching *out) SB_CHECKED;

/* The objective at (w, gamma), w standing for s itself unless kind is SOFTMAX; s (n) is written. dw (n) and dgamma (r)
 * get the gradient; e (r) is scratch. Cost 4 n r. */
double sb_matching_value(const sb_matching *p, sb_matching_kind kind, const double *w, const double *gamma, double *s,
                         double *dw, double *dgamma, double *e);

typedef struct sb_matching_options {
    sb_matching_kind kind;
    double c, rate; /* rate: step of Adam */
    size_t iterations;
    size_t m;     /* bound 1/m, and the number of random rows to start from */
    int measured; /* keep the s that was measured as best; 0: the one after its step, as published */
} sb_matching_options;

typedef struct sb_matching_info {
    double best, uniform; /* objective of the best iterate, and of s = 1/n with the best gamma */
    double effective;     /* 1 / sum s^2 */
} sb_matching_info;

/* s (n values, sum 1). start: the random stream of start and slacks. Cost 4 n r per iteration. SB_ENOMEM. */
sb_status sb_matching_solve(const sb_matching *p, const sb_matching_options *o, sb_rng *start, sb_ctx *cx, double *s,
                            sb_matching_info *info) SB_CHECKED;

/* Euclidean projection onto { s >= 0, sum s = 1 } by sorting. SB_ENOMEM. */
sb_status sb_simplex_project(double *s, size_t n, sb_ctx *cx) SB_CHECKED;

#endif

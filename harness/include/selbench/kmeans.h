/* k-means and k-medoids in the embedding: the shared tool of the clustering methods. */
#ifndef SELBENCH_KMEANS_H
#define SELBENCH_KMEANS_H

#include <stdbool.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

typedef struct sb_kmeans_options {
    size_t k;          /* 1..n */
    size_t iterations; /* Lloyd passes at most; 0: the seeding only */
    double tolerance;  /* stop when the inertia falls by less than this fraction */
    size_t trials;     /* candidates per k-means++ step; 0: 2 + floor(log k) as in scikit-learn, 1: plain */
    bool exact;        /* true: the plain reference (all distances); false: pruned by projections, same result */
} sb_kmeans_options;

/* Memory from cx->arena. */
typedef struct sb_kmeans {
    size_t k, d;
    float *centre;      /* k x d means (after rounding: still the means) */
    uint32_t *cluster;  /* n: cluster of each row; ties to the lowest */
    double *sqdist;     /* n: squared distance of each row to its centre, float64 */
    uint32_t *medoid;   /* k: row nearest to each mean inside its cluster (lowest row among equals) */
    size_t *size;       /* k: rows per cluster; empty clusters are re-seeded, so >= 1 unless k > distinct rows */
    double inertia;     /* sum of sqdist */
    size_t iterations;  /* passes done */
    bool converged;
} sb_kmeans;

/* k-means++ (Arthur & Vassilvitskii 2007, greedy trials) and Lloyd. Draws from the stream PATH/kmeans.
 * Cost n k d per pass at most. SB_EARG: k = 0 or k > n. SB_ENOMEM. */
sb_status sb_kmeans_run(sb_mat x, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out) SB_CHECKED;

/* k-medoids: k-means as above, then alternating medoid updates and assignments to the nearest MEDOID until no medoid
 * moves or `iterations` passes; centre holds the medoids' rows, sqdist the distances to them. */
sb_status sb_kmedoids_run(sb_mat x, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out) SB_CHECKED;

#endif

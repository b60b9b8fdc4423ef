/* k-means and k-medoids in the embedding: the shared tool of the clustering methods. */
#ifndef SELBENCH_KMEANS_H
#define SELBENCH_KMEANS_H

#include <stdbool.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

typedef struct sb_kmeans_options {
    size_t k;          /* 1..n */
    size_t iterations; /* Lloyd passes at most; 0: the seeding only */
    double tolerance;  /* >= 0: stop when a pass lowers the inertia by less than this fraction */
    size_t trials;     /* candidates per k-means++ step; 0: 2 + floor(log k) as in scikit-learn, 1: plain */
    bool exact;        /* true: the plain reference (all distances); false: pruned by projections, same result */
} sb_kmeans_options;

/* Memory from cx->arena. `exact` and pruned runs give the same bits, as do all BLAS kernels and thread counts: only
 * distances measured in float64 decide. */
typedef struct sb_kmeans {
    size_t k, d;
    float *centre;     /* k x d: the points that cluster and sqdist refer to. After a pass: means (summed in float64 by
                          row, rounded) of the clusters before it, and of the clusters themselves once no row moves */
    uint32_t *cluster; /* n: nearest centre of each row; ties to the lowest */
    double *sqdist;    /* n: squared distance of each row to its centre, float64 */
    uint32_t *medoid;  /* k distinct rows: the row nearest to each centre inside its cluster (lowest row among equals);
                          of an empty cluster: the lowest row that is no medoid */
    size_t *size;      /* k: rows per cluster; >= 1 unless k > distinct rows (then every sqdist is 0) */
    double inertia;    /* sum of sqdist */
    double cost;       /* what is minimised: k-means: inertia; k-medoids: the sum of distances, not squared */
    size_t iterations; /* passes done */
    bool converged;    /* no centre moves any more, or the tolerance is met */
} sb_kmeans;

/* k-means++ (Arthur & Vassilvitskii 2007, greedy trials) and Lloyd. Draws from the stream PATH/kmeans.
 * One pass = means of the clusters, then each row to its nearest centre, then, while a cluster is empty, the row
 * farthest from its centre (lowest among equals) becomes the empty cluster's centre and takes the rows nearer to it.
 * Once every row equals a seed, further seeds are the lowest rows not yet used. Cost n k d per pass and trials n k d
 * for the seeding at most; mostly a few percent of it where the data has directions (a bound from 47 projected
 * coordinates rules the other pairs out). Memory 250 n + 16 k d bytes + 20 MB at d = 1000, from 3.5 million rows on
 * with fewer coordinates: 110 n at 10 million. SB_EARG: k = 0 or k > n,
 * tolerance negative or NaN. SB_ENOMEM. */
sb_status sb_kmeans_run(sb_mat x, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out) SB_CHECKED;

/* k-medoids: k-means as above, then alternating medoid updates and assignments to the nearest MEDOID until no medoid
 * moves or `iterations` passes (counted anew); centre holds the medoids' rows, sqdist the distances to them. It lowers
 * `cost`, the sum of distances, in every pass. The medoid of a cluster is the member with the least summed distance to
 * the others (lowest among equals), found by measuring all pairs, size^2 d / 2; in clusters of more than 2048 rows,
 * where that would dominate, the member nearest to the mean is tried instead and taken when it costs less than the
 * present medoid. tolerance applies to the k-means part only. Errors as above. */
sb_status sb_kmedoids_run(sb_mat x, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out) SB_CHECKED;

#endif

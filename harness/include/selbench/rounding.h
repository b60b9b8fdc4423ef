/* A clustering whose centres are rows: every row is represented by the row nearest to its cluster's mean. */
#ifndef SELBENCH_ROUNDING_H
#define SELBENCH_ROUNDING_H

#include "selbench/kmeans.h"

/* Memory from cx->arena. */
typedef struct sb_rounding {
    sb_kmeans km;
    double *v;        /* n: (distance of each row to its cluster's medoid)^z, exactly 0 at the medoid */
    uint32_t *centre; /* the medoids of the clusters that have rows, by cluster */
    size_t centres;
} sb_rounding;

/* Clusters x (k-means, or k-medoids when medoids is set) and rounds. z > 0; z = 2 are squared distances.
 * Errors and cost as sb_kmeans_run, and one pass. */
sb_status sb_rounding_make(sb_mat x, const sb_kmeans_options *options, bool medoids, double z, sb_ctx *cx,
                           sb_rounding *out) SB_CHECKED;

/* Adds centres in rounds: in each, km.k (as it was) further rows that are no centres yet, drawn one after another by
 * (distance to the nearest centre)^z; once all rows are at distance 0, the lowest. Every row then belongs to its nearest
 * centre, a centre to itself. Rewrites all of *r (km.centre: the centres' features); ends early when every row is a
 * centre. Draws from PATH/rounds. Cost n k d a round, pruned as in sb_nearest. SB_ENOMEM. */
sb_status sb_rounding_more(sb_mat x, size_t rounds, double z, sb_ctx *cx, sb_rounding *r) SB_CHECKED;

#endif

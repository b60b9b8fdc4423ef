/* The steps of k-means that k-medoids shares. */
#ifndef SELBENCH_KMEANS_STEPS_H
#define SELBENCH_KMEANS_STEPS_H

#include "nearest.h"
#include "selbench/kmeans.h"

/* k-means++ from the stream PATH/kmeans: seed (k distinct rows) and each row's nearest seed. */
sb_status sb_kmeans_seed(sb_nearest *e, size_t k, size_t trials, sb_ctx *cx, uint32_t *seed, uint32_t *cluster,
                         double *sqdist) SB_CHECKED;

/* Members of the clusters by ascending row: those of c are row[begin[c]] .. row[begin[c + 1] - 1]. begin: k + 1. */
void sb_kmeans_members(const uint32_t *cluster, size_t n, size_t k, size_t *begin, uint32_t *row);

/* Checks the arguments and takes the memory of the result. */
sb_status sb_kmeans_prepare(sb_mat x, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out) SB_CHECKED;

/* Points that the engine must have room for. */
size_t sb_kmeans_capacity(const sb_kmeans_options *options);

/* The seeding, into a prepared result; then Lloyd's passes from centre, cluster and sqdist as they are. */
sb_status sb_kmeans_start(sb_nearest *e, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out) SB_CHECKED;
sb_status sb_kmeans_passes(sb_nearest *e, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out) SB_CHECKED;

/* Row of each cluster with the least sqdist (lowest among equals); empty clusters: the lowest rows that are no medoid.
 */
sb_status sb_kmeans_nearest_rows(const sb_kmeans *m, size_t n, sb_ctx *cx, uint32_t *medoid) SB_CHECKED;

#endif

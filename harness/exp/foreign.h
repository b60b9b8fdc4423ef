/* Subsets from anywhere: read from a file, judged under a config's models and metrics without selecting, compared. */
#ifndef SB_EXP_FOREIGN_H
#define SB_EXP_FOREIGN_H

#include "config.h"

/* Reads row indices and, if there are any, weights:
 *   .npz   members indices and weights (as selbench writes them), .npy  indices
 *   .csv   index[,weight], with or without a header
 *   .json  [3, 17, ...] or {"indices": [...], "weights": [...]}
 * A subset that selbench stored without weights has none. SB_EFORMAT: no indices, an index that is no whole number of
 * 0..2^32-1, another number of weights, a weight that is negative or not finite. Memory from cx->arena. */
sb_status sb_foreign_read(const char *path, sb_ctx *cx, sb_selection *out) SB_CHECKED;

/* One value of a judged subset. */
typedef struct sb_foreign_value {
    const char *subset, *data, *embedding, *model; /* model "": the subset alone */
    size_t m;
    const char *metric;
    double value;
} sb_foreign_value;

/* Judges each subset on every bench and model of the config, with the probes and the warm-up of repeat `rep` (the size
 * of the warm-up is that of a budget of the subset's size), bit for bit as a run does; metrics that rest on draw
 * probabilities are absent. Calls value() for each number. Time and memory: as one repeat of a run.
 * SB_EDATA: a subset names a row that the data have not. */
sb_status sb_foreign_evaluate(const sb_config *config, const sb_places *places, unsigned rep, const char *const *path,
                              size_t paths, void (*value)(void *self, const sb_foreign_value *v), void *self,
                              sb_ctx *cx) SB_CHECKED;

/* How two subsets differ. Weights are compared as shares of their sum; without weights all are equal. */
typedef struct sb_subset_diff {
    size_t m[2], distinct[2], common, any; /* any: distinct rows of either */
    size_t same_place;                     /* positions with the same row */
    bool weighted[2], equal;               /* equal: rows, order and weights */
    double sum[2];                         /* of the weights; NaN without */
    double moved;                          /* total variation: half the sum over rows of |share - share| */
} sb_subset_diff;
sb_status sb_subset_compare(const sb_selection *a, const sb_selection *b, sb_ctx *cx, sb_subset_diff *out) SB_CHECKED;
/* One class or cluster of the data in both subsets. */
typedef struct sb_subset_part {
    size_t rows;        /* of the data */
    size_t in[2], both; /* distinct rows that a subset has, that both have */
    double share[2];    /* of the subset's weight */
} sb_subset_part;
/* part: c of them; label[n]: 0..c-1, the class or the cluster of each row. SB_EDATA: a row that the data have not. */
sb_status sb_subset_parts(const sb_selection *a, const sb_selection *b, const int32_t *label, size_t n, size_t c,
                          sb_ctx *cx, sb_subset_part *part) SB_CHECKED;
/* The cluster of each row: k-means of the embedding, drawn from the seed 1 and the stream diff/kmeans, so that equal data
 * give equal clusters. label: n of them, cx->arena memory. */
sb_status sb_subset_clusters(sb_mat x, size_t k, sb_ctx *cx, const int32_t **label) SB_CHECKED;

#endif

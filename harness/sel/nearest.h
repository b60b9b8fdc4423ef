/* Nearest of k points for every row: the engine of k-means, k-medoids, farthest-first and coverage.
 *
 * Three ways to the same bits: `exact` measures every pair; otherwise pairs that a float32 bound rules out are left
 * out, the bound being a few projected coordinates (project.h) or, where those prune nothing, a float32 GEMM over all
 * features. Whatever remains is measured by sb_sqdist_f32, and only measured distances decide; ties go to the lowest
 * point. The result depends on neither the way, nor the BLAS kernel, nor the number of its threads. */
#ifndef SELBENCH_NEAREST_H
#define SELBENCH_NEAREST_H

#include "project.h"

/* A float32 GEMM over all features as the bound; rows and points centred first, so that an offset costs no precision.
 */
typedef struct sb_dense {
    float *mean;  /* d */
    float *row;   /* centred rows of one block */
    float *point; /* k x d, centred */
    float *bias;  /* k */
    float *score; /* of one block and one chunk of points */
    bool wild;    /* a point is too large for float32 products: its bound rules nothing out */
    sb_slack slack;
} sb_dense;

typedef struct sb_nearest {
    sb_mat x;
    bool pruned;        /* false: measure every pair */
    bool dense;         /* projections turned out useless: GEMM */
    unsigned useless;   /* passes in which they were */
    size_t capacity;    /* points at most */
    sb_project project; /* with pruned */
    sb_points point;
    float *threshold; /* per row, for its current sqdist; +infinity beyond the rows */
    sb_hit *hit;
    sb_dense gemm;
    size_t measured; /* distances measured so far */
    double
        *sum; /* caller's, k x d, or NULL: a pruned run leaves the clusters' row sums here, while the rows are near */
    bool summed; /* the last run did: float64, by ascending row */
} sb_nearest;

/* For at most k points at a time. Few rows or points are not worth a projection: every pair is measured then.
 * Memory: that of sb_project_init, 4 k (d + p), and blocks. SB_ENOMEM. */
sb_status sb_nearest_init(sb_nearest *e, sb_mat x, size_t k, bool exact, sb_ctx *cx) SB_CHECKED;

/* cluster[i] = nearest of the k points (k x d) and sqdist[i] its squared distance. cluster comes in with a guess (< k)
 * for each row, the better the faster; with `moved`, sqdist comes in right for the rows whose guess has moved[guess] =
 * 0. */
sb_status sb_nearest_run(sb_nearest *e, const float *point, size_t k, const unsigned char *moved, uint32_t *cluster,
                         double *sqdist, sb_ctx *cx) SB_CHECKED;

/* Brings the thresholds in line with sqdist: once before the calls below, which keep them so. sqdist may hold
 * HUGE_VAL (nothing near yet) and negative values (rows out of play, never touched). */
void sb_nearest_follow(sb_nearest *e, const double *sqdist);

/* Rows as further points: numbers `number`, `number` + 1, ... for row[0..m-1]. Every row strictly nearer to one of
 * them, or as near and with a higher number now, takes it. cluster may be NULL (then numbers do not matter). */
void sb_nearest_add(sb_nearest *e, const uint32_t *row, size_t m, uint32_t number, uint32_t *cluster, double *sqdist);

/* gain[t] = how much sum sqdist would fall if row[t] alone were added; terms by ascending row. */
void sb_nearest_gain(sb_nearest *e, const uint32_t *row, size_t m, const double *sqdist, double *gain);

#endif

/* Lower bounds of all distances between rows and points from a few coordinates: the shared pruning of k-means,
 * k-medoids, farthest-first and coverage.
 *
 * With V orthonormal (the leading directions of a sample of the rows) and r(x) = |x - V'Vx| as one more coordinate,
 * a(x) = (Vx, r(x)) never stretches a distance: |a(x) - a(c)| <= |x - c|. A short dot product per pair therefore tells
 * which pairs can be closer than the best known; only those are measured, in float64. Every rounding step is covered
 * by the thresholds (see project.c), so pruning never changes a decision. */
#ifndef SELBENCH_PROJECT_H
#define SELBENCH_PROJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

enum {
    SB_PROJECT_PANEL = 16,                   /* rows side by side in the registers */
    SB_PROJECT_BLOCK = 4 * SB_PROJECT_PANEL, /* rows of one scan */
    SB_PROJECT_GROUP = 6,                    /* points of one register tile */
    SB_PROJECT_GROUPS = 16,                  /* groups of one scan at most */
    SB_PROJECT_HITS = SB_PROJECT_BLOCK * SB_PROJECT_GROUP * SB_PROJECT_GROUPS
};

/* How far computed coordinates and dot products can be off; see sb_project_threshold. */
typedef struct sb_slack {
    double coordinate; /* |computed - true coordinates| <= coordinate |x - mean| */
    double dot;        /* relative error of a float32 dot product with its bias */
    double measured;   /* relative error of a distance measured by sb_sqdist_f32 */
} sb_slack;

typedef struct sb_project {
    sb_mat x;
    size_t p;          /* coordinates */
    size_t directions; /* rows of the basis: p - 1 with the residual, p = d when the basis is complete */
    bool usable;       /* false: the rows are all equal, or too large for float32 products: do not prune */
    double *mean;      /* d: of the sample */
    double *basis;     /* directions x d; NULL: the unit vectors */
    float *y;          /* coordinate j of row 16 b + l at (b p + j) 16 + l */
    double *half;      /* n: |coordinates|^2 / 2, less its rounding */
    double *loose;     /* n: slack.coordinate |x - mean| */
    sb_slack slack;
} sb_project;

/* Points to compare with, in groups of six: coordinate j of point 6 g + l at (g p + j) 6 + l. */
typedef struct sb_points {
    size_t k;
    float *z;
    float *bias;
} sb_points;

typedef struct sb_hit {
    uint32_t row, point;
    float score; /* the larger the nearer */
} sb_hit;

/* Cost 6 x 2048 x 2 x p d + 2 n d p flops; memory 4 n p bytes and 16 n, kept. SB_ENOMEM. */
sb_status sb_project_init(sb_project *p, sb_mat x, sb_ctx *cx) SB_CHECKED;

/* Room for k points. */
sb_status sb_points_new(const sb_project *p, size_t k, sb_ctx *cx, sb_points *out) SB_CHECKED;
/* Any points: k x d. */
sb_status sb_points_set(const sb_project *p, const float *point, size_t k, sb_ctx *cx, sb_points *out) SB_CHECKED;
/* Rows of the data: their coordinates are known. */
void sb_points_rows(const sb_project *p, const uint32_t *row, size_t k, sb_points *out);

/* A point whose score for row i is below this has a measured distance above `best`, for certain. */
float sb_project_threshold(const sb_project *p, size_t i, double best);

/* The two halves of that certainty, for callers with their own coordinates: the row's side and the point's side.
 * half = |a|^2 / 2 in float64 of the stored coordinates; norm = |x - mean|. */
float sb_slack_threshold(const sb_slack *s, double half, double norm, double best);
float sb_slack_bias(const sb_slack *s, double half, double norm);

/* All pairs of the 64 rows of a block (rows block*64 ..) and the points of `groups` groups from `group` on whose score
 * is not below t[row]. t: one threshold per row, padded to whole blocks with +infinity. hit: room for SB_PROJECT_HITS.
 * The hits of one point come by ascending row. Returns their number. */
size_t sb_project_scan(const sb_project *p, const sb_points *z, size_t block, size_t group, size_t groups,
                       const float *t, sb_hit *hit);

static inline size_t sb_project_blocks(size_t n) { return (n + SB_PROJECT_BLOCK - 1) / SB_PROJECT_BLOCK; }
static inline size_t sb_points_groups(size_t k) { return (k + SB_PROJECT_GROUP - 1) / SB_PROJECT_GROUP; }

#endif

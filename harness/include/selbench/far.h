/* Farthest-first traversal (Gonzalez 1985): the engine of k-center. */
#ifndef SELBENCH_FAR_H
#define SELBENCH_FAR_H

#include <stdbool.h>

#include "selbench/ctx.h"
#include "selbench/mat.h"

/* Picks m rows: repeatedly the row farthest (Euclidean) from all picked so far and from the seeds (lowest row among
 * equals); the first is `first` when there are no seeds. A picked row is never picked again; once every other row is at
 * distance 0 the rest is filled by ascending row. exact: compute all distances (the plain reference) instead of pruning
 * by projections; both give the same picks.
 * seed: rows that count as picked already (seeds may be NULL when 0). row: m entries written, in order.
 * radius: m values (or NULL): the covering radius AFTER each pick (distance, not squared).
 * Cost m n d at most, mostly a few percent of it where the data has directions; memory 220 n bytes + 16 MB at d = 1000.
 * `first` is not read when there are seeds. Distances are measured in float64, whatever the form.
 * SB_EARG: m > n - seeds, a seed or `first` out of range. SB_ENOMEM. */
sb_status sb_far(sb_mat x, const uint32_t *seed, size_t seeds, uint32_t first, size_t m, bool exact, sb_ctx *cx,
                 uint32_t *row, double *radius) SB_CHECKED;

/* Largest and mean squared distance of the rows `of` (q rows of x; NULL: all, q = x.n) to their nearest row among s (m
 * rows of x): the covering radius squared and the k-means cost per row. The nearest row is found by projections or by
 * GEMM blocks (2 q m d flops at most) and measured in float64, so rows equal to a member of s are at exactly 0.
 * SB_EARG: q or m is 0, a row out of range. SB_ENOMEM. */
sb_status sb_cover(sb_mat x, const uint32_t *of, size_t q, const uint32_t *s, size_t m, sb_ctx *cx, double *max_sqdist,
                   double *mean_sqdist) SB_CHECKED;

/* count[j] (m values) = how many of the rows `of` have s[j] as their nearest row among s, the first of equal ones: the
 * weights with which s stands for them. They sum to q. Arguments, errors and cost as sb_cover. */
sb_status sb_cover_count(sb_mat x, const uint32_t *of, size_t q, const uint32_t *s, size_t m, sb_ctx *cx,
                         double *count) SB_CHECKED;

#endif

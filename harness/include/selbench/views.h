/* Pairs of views: what methods that compare the two embeddings of a row share. */
#ifndef SELBENCH_VIEWS_H
#define SELBENCH_VIEWS_H

#include "selbench/task.h"

/* SB_SKIP unless `other` has as many columns as the embedding; what: "the second view", for the message. */
sb_status sb_same_columns(const sb_task *task, sb_mat other, const char *what, sb_ctx *cx) SB_CHECKED;

/* out (m x d, float64) = rows of x, scaled to norm 1 when unit is set (zero rows stay zero). row NULL: 0..m-1. */
void sb_rows_f64(sb_mat x, const uint32_t *row, size_t m, bool unit, double *out);

/* The m rows of largest score among those that may be chosen; ties to the lowest row. */
sb_status sb_select_largest(const sb_task *task, const double *score, size_t m, sb_ctx *cx, uint32_t *row,
                            size_t *got) SB_CHECKED;

#endif

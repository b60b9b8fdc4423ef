/* Choosing the m largest or smallest scores; ties go to the lowest row. */
#ifndef SELBENCH_RANK_H
#define SELBENCH_RANK_H

#include <stdbool.h>

#include "selbench/ctx.h"

/* Rows of the m best scores, best first: largest (or smallest) first, equal scores by ascending row, rows with
 * skip[i] != 0 left out (skip may be NULL). *got = min(m, rows not skipped). NaN scores: SB_ENUM, names the row.
 * Selection then sort: O(n + m log m), scratch n entries. */
sb_status sb_rank(const double *score, size_t n, size_t m, bool largest, const unsigned char *skip, sb_ctx *cx,
                  uint32_t *row, size_t *got) SB_CHECKED;

/* In place, ascending. */
void sb_rows_sort(uint32_t *row, size_t m);

#endif

/* The rows a method chooses from, whole or class by class, with each class's share of the budget. */
#ifndef SELBENCH_GROUPS_H
#define SELBENCH_GROUPS_H

#include <stdbool.h>

#include "selbench/task.h"

/* Memory from cx->arena. Rows of group g: row[start[g]] .. row[start[g + 1] - 1], ascending. */
typedef struct sb_groups {
    size_t count; /* groups; one without labels */
    uint32_t *row;
    size_t *start;        /* count + 1 */
    size_t *open;         /* count: rows that may be chosen */
    size_t *quota;        /* count: rows to choose, by largest remainder of the open ones; sum = budget */
    unsigned char *taken; /* n, as sb_task_taken */
} sb_groups;

/* label: n class labels, or NULL for one group of all rows. all: the rows of a joining warm-up are members too (they
 * count as picked already); false: left out. budget: at most the rows that may be chosen. SB_ENOMEM. */
sb_status sb_groups_make(const sb_task *task, const int32_t *label, bool all, size_t budget, sb_ctx *cx,
                         sb_groups *out) SB_CHECKED;

/* The rows that may be chosen as a matrix: *x and *row = NULL where these are all rows, else a copy and the row
 * numbers. SB_ENOMEM. */
sb_status sb_groups_open(const sb_task *task, sb_ctx *cx, sb_mat *x, uint32_t **row) SB_CHECKED;

#endif

/* The rows a method chooses from, whole or class by class, with each class's share of the budget. */
#ifndef SELBENCH_GROUPS_H
#define SELBENCH_GROUPS_H

#include <stdbool.h>

#include "selbench/method.h"

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

/* One group as a method that works group by group sees it; borrowed. */
typedef struct sb_members {
    const uint32_t *row;        /* n rows, ascending */
    size_t n, open, quota;      /* members, those that may be chosen, those to choose (1 at least) */
    const unsigned char *taken; /* of all rows, by row number: 1 for those of a joining warm-up */
} sb_members;

/* Appends quota of g's rows to out->row (and raises out->m); self: the method's options and results. */
typedef sb_status (*sb_members_pick)(const sb_task *task, const sb_members *g, void *self, sb_ctx *cx,
                                     sb_selection *out);

/* Calls pick for every group with a share of the budget, in order, and gives back its memory after each. by_class: the
 * classes (task->label, or sb_task_labels where that is NULL); else one group of all rows. all as above. missed (or
 * NULL): groups with rows that may be chosen but no share. Errors of sb_groups_make, sb_task_labels and pick. */
sb_status sb_groups_choose(const sb_task *task, bool by_class, bool all, size_t budget, sb_members_pick pick,
                           void *self, sb_ctx *cx, sb_selection *out, size_t *missed) SB_CHECKED;

/* The rows that may be chosen as a matrix: *x and *row = NULL where these are all rows, else a copy and the row
 * numbers. SB_ENOMEM. */
sb_status sb_groups_open(const sb_task *task, sb_ctx *cx, sb_mat *x, uint32_t **row) SB_CHECKED;

#endif

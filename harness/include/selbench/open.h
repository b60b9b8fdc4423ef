/* The rows that a method may choose, as a matrix of their own: for methods that work on all of them at once. */
#ifndef SELBENCH_OPEN_H
#define SELBENCH_OPEN_H

#include "selbench/task.h"

/* x: the features without the rows of a joining warm-up (the task's own matrix where none joins, else a copy in arena
 * memory); row[i]: the row of the task behind row i of x. SB_ENOMEM. */
sb_status sb_open_rows(const sb_task *task, sb_ctx *cx, sb_mat *x, uint32_t **row) SB_CHECKED;

#endif

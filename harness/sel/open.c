#include "selbench/open.h"

#include <string.h>

sb_status sb_open_rows(const sb_task *task, sb_ctx *cx, sb_mat *x, uint32_t **row)
{
    const size_t n = task->x.n, d = task->x.d;
    const unsigned char *const taken = sb_task_taken(task, cx);
    uint32_t *const open = SB_NEW(cx->arena, n, uint32_t);
    if (!taken || !open) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu rows", n);
    size_t k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!taken[i]) open[k++] = i;
    *row = open;
    *x = task->x;
    if (k == n) return SB_OK;
    float *const copy = SB_NEW(cx->arena, k * d, float);
    if (!copy) SB_FAIL(cx->err, SB_ENOMEM, "copy of %zu x %zu features", k, d);
    for (size_t i = 0; i < k; i++) memcpy(copy + i * d, sb_mat_row(task->x, open[i]), d * sizeof *copy);
    *x = (sb_mat){.data = copy, .n = k, .d = d, .ld = d};
    return SB_OK;
}

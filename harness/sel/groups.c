#include "selbench/groups.h"

#include <string.h>

#include "selbench/draw.h"

sb_status sb_groups_make(const sb_task *task, const int32_t *label, bool all, size_t budget, sb_ctx *cx, sb_groups *out)
{
    const size_t n = task->x.n, c = label ? task->c : 1;
    *out = (sb_groups){.count = c,
                       .row = SB_NEW(cx->arena, n, uint32_t),
                       .start = SB_NEW(cx->arena, c + 1, size_t),
                       .open = SB_NEW(cx->arena, c, size_t),
                       .quota = SB_NEW(cx->arena, c, size_t),
                       .taken = sb_task_taken(task, cx)};
    size_t *next = SB_NEW(cx->arena, c, size_t), opens = 0;
    if (!out->row || !out->start || !out->open || !out->quota || !out->taken || !next)
        SB_FAIL(cx->err, SB_ENOMEM, "groups of %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        const size_t g = label ? (size_t)label[i] : 0;
        out->start[g + 1] += all || !out->taken[i];
        out->open[g] += !out->taken[i];
        opens += !out->taken[i];
    }
    for (size_t g = 0; g < c; g++) {
        out->start[g + 1] += out->start[g];
        next[g] = out->start[g];
    }
    for (uint32_t i = 0; i < n; i++)
        if (all || !out->taken[i]) out->row[next[label ? (size_t)label[i] : 0]++] = i;
    sb_draw_quotas(out->open, c, budget < opens ? budget : opens, out->quota);
    return SB_OK;
}

sb_status sb_groups_open(const sb_task *task, sb_ctx *cx, sb_mat *x, uint32_t **row)
{
    const size_t n = task->x.n, d = task->x.d;
    *x = task->x;
    *row = NULL;
    if (!task->warm_joins || !task->warm_n) return SB_OK;
    const unsigned char *taken = sb_task_taken(task, cx);
    uint32_t *open = SB_NEW(cx->arena, n, uint32_t);
    float *copy = SB_NEW(cx->arena, n * d, float);
    if (!taken || !open || !copy) SB_FAIL(cx->err, SB_ENOMEM, "copy of %zu x %zu features", n, d);
    size_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i]) continue;
        memcpy(copy + m * d, sb_mat_row(task->x, i), d * sizeof *copy);
        open[m++] = i;
    }
    *x = (sb_mat){.data = copy, .n = m, .d = d, .ld = d};
    *row = open;
    return SB_OK;
}

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

sb_status sb_groups_choose(const sb_task *task, bool by_class, bool all, size_t budget, sb_members_pick pick,
                           void *self, sb_ctx *cx, sb_selection *out, size_t *missed)
{
    const int32_t *label = by_class ? task->label : NULL;
    if (by_class && !label) SB_TRY(sb_task_labels(task, cx, &label));
    sb_groups g;
    SB_TRY(sb_groups_make(task, label, all, budget, cx, &g));
    out->m = 0;
    if (missed) *missed = 0;
    for (size_t k = 0; k < g.count; k++) {
        const sb_members members = {.row = g.row + g.start[k],
                                    .n = g.start[k + 1] - g.start[k],
                                    .open = g.open[k],
                                    .quota = g.quota[k],
                                    .taken = g.taken};
        if (missed) *missed += members.open && !members.quota;
        if (!members.quota) continue;
        const size_t mark = sb_arena_mark(cx->arena);
        SB_TRY(pick(task, &members, self, cx, out));
        sb_arena_rewind(cx->arena, mark);
    }
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

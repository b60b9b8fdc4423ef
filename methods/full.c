/* All rows, whatever the budget, those of a joining warm-up among them: what every subset is measured against. */
#include "selbench/method.h"

static sb_status full_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    (void)options, (void)state, (void)budget, (void)cx;
    out->m = task->x.n;
    for (uint32_t i = 0; i < task->x.n; i++) out->row[i] = i;
    return SB_OK;
}

const sb_method sb_method_full = {
    .name = "full",
    .summary = "all rows, whatever the budget",
    .source = "point of reference",
    .formula = "all rows, weight 1",
    .cost = "n",
    .variants = "a point of reference",
    .abi = SB_METHOD_ABI,
    .traits = SB_ANCHOR | SB_ANY_SIZE,
    .select = full_select,
};

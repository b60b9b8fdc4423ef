/* Uniform inside each class, with quotas proportional to the class sizes: the cheapest use of labels. */
#include "selbench/draw.h"
#include "selbench/method.h"

/* Rows that may be chosen, class by class, ascending: class g holds row[start[g]] .. row[start[g + 1] - 1]. */
static void group_by_class(const sb_task *task, const unsigned char *taken, size_t *start, size_t *next, uint32_t *row)
{
    for (size_t i = 0; i < task->x.n; i++)
        if (!taken[i]) start[task->label[i] + 1]++;
    for (size_t g = 0; g < task->c; g++) {
        start[g + 1] += start[g];
        next[g] = start[g];
    }
    for (uint32_t i = 0; i < task->x.n; i++)
        if (!taken[i]) row[next[task->label[i]]++] = i;
}

static sb_status stratified_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                   sb_selection *out)
{
    (void)options, (void)state;
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "strata are classes, and regression has none");
    const size_t n = task->x.n, c = task->c;
    const unsigned char *taken = sb_task_taken(task, cx);
    size_t *start = SB_NEW(cx->arena, c + 1, size_t), *next = SB_NEW(cx->arena, c, size_t);
    size_t *size = SB_NEW(cx->arena, c, size_t), *quota = SB_NEW(cx->arena, c, size_t);
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    double *weight = SB_NEW(cx->arena, budget, double);
    if (!taken || !start || !next || !size || !quota || !row || !weight)
        SB_FAIL(cx->err, SB_ENOMEM, "classes of %zu rows", n);
    group_by_class(task, taken, start, next, row);
    for (size_t g = 0; g < c; g++) size[g] = start[g + 1] - start[g];
    sb_draw_quotas(size, c, budget < start[c] ? budget : start[c], quota);
    sb_rng rng = sb_ctx_stream(cx, "draw");
    size_t missed = 0;
    out->m = 0;
    for (size_t g = 0; g < c; g++) {
        sb_rng_shuffle(&rng, row + start[g], size[g], quota[g]);
        missed += size[g] && !quota[g];
        for (size_t i = 0; i < quota[g]; i++) {
            weight[out->m] = (double)size[g] / (double)quota[g];
            out->row[out->m++] = row[start[g] + i];
        }
    }
    out->weight = weight;
    sb_selection_note(out, "classes_without_quota", (double)missed);
    return SB_OK;
}

const sb_method sb_method_stratified_uniform = {
    .name = "stratified_uniform",
    .summary = "uniform inside each class, quotas by largest remainder, weight n_c/m_c",
    .source = "Neyman 1934, proportional allocation",
    .formula = "quotas m_c proportional to n_c by largest remainder, uniform inside, weight n_c / m_c",
    .cost = "n",
    .variants = "public codes round or take ceilings, so that their sizes drift from m",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_LABELS,
    .traits = SB_RANDOM | SB_WEIGHTED,
    .select = stratified_select,
};

/* Every m-subset of the rows equally likely: the reference that every table is paired with. */
#include "selbench/method.h"

static sb_status uniform_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)options, (void)state;
    const size_t n = task->x.n;
    uint32_t *order = SB_NEW(cx->arena, n, uint32_t);
    unsigned char *taken = SB_NEW(cx->arena, n, unsigned char);
    if (!order || !taken) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", n);
    for (size_t i = 0; task->warm_joins && i < task->warm_n; i++) taken[task->warm[i]] = 1;
    size_t free_rows = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!taken[i]) order[free_rows++] = i;
    out->m = budget < free_rows ? budget : free_rows;
    sb_rng rng = sb_ctx_stream(cx, "draw");
    sb_rng_shuffle(&rng, order, free_rows, out->m);
    for (size_t i = 0; i < out->m; i++) out->row[i] = order[i];
    out->simple_random = free_rows == n;
    return SB_OK;
}

const sb_method sb_method_uniform = {
    .name = "uniform",
    .summary = "uniform sample without replacement",
    .source = "Durstenfeld 1964, Algorithm 235",
    .formula = "every subset of m rows has probability 1 / C(n, m); the first m of a random permutation",
    .cost = "O(n)",
    .variants = "with a variance of n^2 (1 - m/n) s^2 / m for a total: what every other method is measured against",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX,
    .select = uniform_select,
};

#include "selbench/fill.h"

sb_status sb_fill(unsigned char *taken, size_t n, size_t budget, sb_ctx *cx, sb_selection *out)
{
    const size_t mark = sb_arena_mark(cx->arena), before = out->m;
    uint32_t *open = SB_NEW(cx->arena, n, uint32_t);
    if (!open) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", n);
    size_t k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!taken[i]) open[k++] = i;
    sb_rng rng = sb_ctx_stream(cx, "fill");
    sb_rng_shuffle(&rng, open, k, k);
    for (size_t j = 0; j < k && out->m < budget; j++) {
        taken[open[j]] = 1;
        out->row[out->m++] = open[j];
    }
    sb_selection_note(out, "filled", (double)(out->m - before));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

#include "selbench/fair.h"

#include "selbench/rank.h"

sb_status sb_fair_shares(const size_t *size, size_t groups, size_t m, sb_ctx *cx, size_t *share, size_t *left)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double *key = SB_NEW(cx->arena, groups, double);
    uint32_t *order = SB_NEW(cx->arena, groups, uint32_t);
    if (!key || !order) SB_FAIL(cx->err, SB_ENOMEM, "shares of %zu groups", groups);
    for (size_t g = 0; g < groups; g++) key[g] = (double)size[g];
    size_t ranked = 0;
    SB_TRY(sb_rank(key, groups, groups, false, NULL, cx, order, &ranked));
    *left = m;
    for (size_t k = 0; k < ranked; k++) {
        const size_t g = order[k], even = *left / (ranked - k);
        share[g] = size[g] < even ? size[g] : even;
        *left -= share[g];
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

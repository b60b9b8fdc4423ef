#include "selbench/wheel.h"

sb_status sb_wheel_init(sb_wheel *w, size_t n, sb_ctx *cx)
{
    const size_t blocks = (n + SB_WHEEL_BLOCK - 1) / SB_WHEEL_BLOCK;
    *w = (sb_wheel){n, SB_NEW(cx->arena, n, double), SB_NEW(cx->arena, blocks, double)};
    if (!w->weight || !w->block) SB_FAIL(cx->err, SB_ENOMEM, "draw weights of %zu rows", n);
    return SB_OK;
}

static size_t end_of(const sb_wheel *w, size_t begin)
{
    return w->n - begin < SB_WHEEL_BLOCK ? w->n : begin + SB_WHEEL_BLOCK;
}

double sb_wheel_total(sb_wheel *w)
{
    double total = 0;
    for (size_t b = 0; b * SB_WHEEL_BLOCK < w->n; b++) {
        const size_t begin = b * SB_WHEEL_BLOCK, end = end_of(w, begin);
        w->block[b] = 0;
        for (size_t i = begin; i < end; i++) w->block[b] += w->weight[i];
        total += w->block[b];
    }
    return total;
}

size_t sb_wheel_at(const sb_wheel *w, double u, double total)
{
    double at = u * total;
    size_t last = 0;
    for (size_t b = 0; b * SB_WHEEL_BLOCK < w->n; b++) {
        const size_t begin = b * SB_WHEEL_BLOCK, end = end_of(w, begin);
        if (!(w->block[b] > 0)) continue;
        if (at >= w->block[b]) {
            at -= w->block[b];
            continue;
        }
        for (size_t i = begin; i < end; i++) {
            if (!(w->weight[i] > 0)) continue;
            if (at < w->weight[i]) return i;
            at -= w->weight[i];
            last = i;
        }
        return last; /* the block's sum was rounded up */
    }
    for (size_t i = w->n; i-- > 0;)
        if (w->weight[i] > 0) return i;
    return last;
}

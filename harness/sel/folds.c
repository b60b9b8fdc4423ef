/* Rows are put in a random order, that order is sorted by stratum (stably), and position p goes to fold p mod k: a
 * stratum is a run of positions, so its rows differ by at most one among the folds, and so do all rows. */
#include "selbench/folds.h"

#include <string.h>

enum { DIGIT = 16, BUCKETS = 1 << DIGIT };

/* One stable pass of a radix sort of rows by 16 bits of their stratum. */
static void sort_by_digit(const int32_t *stratum, unsigned shift, size_t m, const uint32_t *in, uint32_t *out,
                          size_t *start)
{
    memset(start, 0, (BUCKETS + 1) * sizeof *start);
    for (size_t i = 0; i < m; i++) start[(((uint32_t)stratum[i] >> shift) & (BUCKETS - 1)) + 1]++;
    for (size_t b = 0; b < BUCKETS; b++) start[b + 1] += start[b];
    for (size_t p = 0; p < m; p++) out[start[((uint32_t)stratum[in[p]] >> shift) & (BUCKETS - 1)]++] = in[p];
}

sb_status sb_folds(size_t m, size_t k, const int32_t *stratum, sb_rng *rng, sb_ctx *cx, uint32_t *fold)
{
    if (k < 2 || k > m) SB_FAIL(cx->err, SB_EARG, "%zu folds of %zu rows, expected 2 to the number of rows", k, m);
    if (m > UINT32_MAX) SB_FAIL(cx->err, SB_EARG, "%zu rows, above %lu", m, (unsigned long)UINT32_MAX);
    int32_t top = 0;
    for (size_t i = 0; stratum && i < m; i++) {
        if (stratum[i] < 0) SB_FAIL(cx->err, SB_EARG, "stratum of row %zu is %d, below 0", i, stratum[i]);
        top = stratum[i] > top ? stratum[i] : top;
    }
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *order = SB_NEW(cx->arena, m, uint32_t);
    uint32_t *other = SB_NEW(cx->arena, m, uint32_t);
    size_t *start = SB_NEW(cx->arena, BUCKETS + 1, size_t);
    if (!order || !other || !start) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows for folds", m);
    for (size_t i = 0; i < m; i++) order[i] = (uint32_t)i;
    sb_rng_shuffle(rng, order, m, m);
    for (unsigned shift = 0; shift < 32 && top >> shift > 0; shift += DIGIT) {
        sort_by_digit(stratum, shift, m, order, other, start);
        uint32_t *swap = order;
        order = other;
        other = swap;
    }
    for (size_t p = 0; p < m; p++) fold[order[p]] = (uint32_t)(p % k);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

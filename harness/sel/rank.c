/* Radix selection on order-preserving integers, then a stable radix sort of the chosen: no comparison, no bad case. */
#include "selbench/rank.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, DIGITS = (64 + DIGIT - 1) / DIGIT, BYTES = 8 };

/* Integers in the order of the doubles, -0 and +0 equal; complemented for `largest`, so that the best is the smallest.
 */
static uint64_t order_key(double v, bool largest)
{
    const double plain = v + 0.0;
    uint64_t bits = 0;
    memcpy(&bits, &plain, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return largest ? ~bits : bits;
}

/* The key at position m (1-based) in ascending order; *below: how many are smaller. */
static uint64_t key_at(const uint64_t *key, size_t n, size_t m, size_t *below)
{
    size_t count[BUCKETS];
    uint64_t prefix = 0, mask = 0;
    size_t before = 0;
    for (int digit = DIGITS - 1; digit >= 0; digit--) {
        const int shift = digit * DIGIT;
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < n; i++)
            if ((key[i] & mask) == prefix) count[key[i] >> shift & (BUCKETS - 1)]++;
        uint64_t b = 0;
        while (before + count[b] < m) before += count[b++];
        prefix |= b << shift;
        mask |= (uint64_t)(BUCKETS - 1) << shift;
    }
    *below = before;
    return prefix;
}

/* Stable, by ascending key, a byte at a time; bytes that all keys share are passed over. */
static void sort_by_key(uint64_t *key, uint32_t *row, size_t m, uint64_t *key2, uint32_t *row2)
{
    uint64_t *from = key, *to = key2;
    uint32_t *rfrom = row, *rto = row2;
    for (int byte = 0; byte < BYTES; byte++) {
        size_t start[257] = {0};
        for (size_t i = 0; i < m; i++) start[(from[i] >> (8 * byte) & 255) + 1]++;
        if (start[(from[0] >> (8 * byte) & 255) + 1] == m) continue;
        for (size_t b = 0; b < 256; b++) start[b + 1] += start[b];
        for (size_t i = 0; i < m; i++) {
            const size_t at = start[from[i] >> (8 * byte) & 255]++;
            to[at] = from[i];
            rto[at] = rfrom[i];
        }
        uint64_t *const swap = from;
        from = to;
        to = swap;
        uint32_t *const rswap = rfrom;
        rfrom = rto;
        rto = rswap;
    }
    if (rfrom != row) memcpy(row, rfrom, m * sizeof *row);
}

sb_status sb_rank(const double *score, size_t n, size_t m, bool largest, const unsigned char *skip, sb_ctx *cx,
                  uint32_t *row, size_t *got)
{
    const size_t mark = sb_arena_mark(cx->arena);
    uint64_t *key = SB_NEW(cx->arena, n, uint64_t);
    uint32_t *from = SB_NEW(cx->arena, n, uint32_t);
    if (!key || !from) SB_FAIL(cx->err, SB_ENOMEM, "ranking of %zu scores", n);
    size_t live = 0;
    for (size_t i = 0; i < n; i++) {
        if (skip && skip[i]) continue;
        if (score[i] != score[i]) SB_FAIL(cx->err, SB_ENUM, "the score of row %zu is not a number", i);
        key[live] = order_key(score[i], largest);
        from[live++] = (uint32_t)i;
    }
    const size_t take = m < live ? m : live;
    *got = take;
    if (take) {
        uint64_t *chosen = SB_NEW(cx->arena, take, uint64_t), *key2 = SB_NEW(cx->arena, take, uint64_t);
        uint32_t *row2 = SB_NEW(cx->arena, take, uint32_t);
        if (!chosen || !key2 || !row2) SB_FAIL(cx->err, SB_ENOMEM, "ranking of %zu scores", n);
        size_t below = 0, put = 0;
        const uint64_t last = key_at(key, live, take, &below);
        size_t equal = take - below; /* of the rows at the threshold the first ones are taken */
        for (size_t i = 0; i < live; i++) {
            if (key[i] > last || (key[i] == last && !equal)) continue;
            if (key[i] == last) equal--;
            chosen[put] = key[i];
            row[put++] = from[i];
        }
        sort_by_key(chosen, row, take, key2, row2);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void sb_rows_sort(uint32_t *row, size_t m) { qsort(row, m, sizeof *row, ascending); }

/* k-means++ (Arthur & Vassilvitskii 2007, section 2.2), greedy when trials > 1: of the rows drawn with probability
 * proportional to sqdist, the one that lowers the sum of sqdist most is taken. */
#include <math.h>

#include "kmeans_steps.h"

enum { SUM_BLOCK = 1024 };

/* Block sums of sqdist in row order; returns their total. */
static double blocks_sum(const double *sqdist, size_t n, double *sum)
{
    double total = 0;
    for (size_t b = 0; b * SUM_BLOCK < n; b++) {
        const size_t end = (b + 1) * SUM_BLOCK < n ? (b + 1) * SUM_BLOCK : n;
        sum[b] = 0;
        for (size_t i = b * SUM_BLOCK; i < end; i++) sum[b] += sqdist[i];
        total += sum[b];
    }
    return total;
}

/* The row at which the running sum passes `at`; rounding at the very end falls back to the last row with sqdist > 0. */
static uint32_t draw_at(const double *sqdist, size_t n, const double *sum, double at)
{
    const size_t blocks = (n + SUM_BLOCK - 1) / SUM_BLOCK;
    size_t last = 0;
    for (size_t b = 0; b < blocks; b++) {
        const size_t begin = b * SUM_BLOCK, end = begin + SUM_BLOCK < n ? begin + SUM_BLOCK : n;
        if (sum[b] > 0 && at < sum[b]) {
            double rest = at;
            for (size_t i = begin; i < end; i++) {
                if (sqdist[i] > 0 && rest < sqdist[i]) return (uint32_t)i;
                rest -= sqdist[i];
                if (sqdist[i] > 0) last = i;
            }
            return (uint32_t)last;
        }
        at -= sum[b];
    }
    for (size_t i = 0; i < n; i++)
        if (sqdist[i] > 0) last = i;
    return (uint32_t)last;
}

static uint32_t best_trial(sb_nearest *e, const uint32_t *trial, size_t trials, const double *sqdist, double *gain)
{
    sb_nearest_gain(e, trial, trials, sqdist, gain);
    size_t best = 0;
    for (size_t t = 1; t < trials; t++)
        if (gain[t] > gain[best] || (gain[t] == gain[best] && trial[t] < trial[best])) best = t;
    return trial[best];
}

sb_status sb_kmeans_seed(sb_nearest *e, size_t k, size_t trials, sb_ctx *cx, uint32_t *seed, uint32_t *cluster,
                         double *sqdist)
{
    const size_t n = e->x.n, mark = sb_arena_mark(cx->arena), blocks = (n + SUM_BLOCK - 1) / SUM_BLOCK;
    double *sum = SB_NEW(cx->arena, blocks, double), *gain = SB_NEW(cx->arena, trials, double);
    uint32_t *trial = SB_NEW(cx->arena, trials, uint32_t);
    unsigned char *used = SB_NEW(cx->arena, n, unsigned char);
    if (!sum || !gain || !trial || !used) SB_FAIL(cx->err, SB_ENOMEM, "seeding of %zu rows", n);
    sb_rng rng = sb_ctx_stream(cx, "kmeans");
    for (size_t i = 0; i < n; i++) sqdist[i] = HUGE_VAL;
    sb_nearest_follow(e, sqdist);
    uint32_t unused = 0;
    double total = HUGE_VAL;
    for (size_t c = 0; c < k; c++) {
        if (c == 0) {
            seed[c] = (uint32_t)sb_rng_below(&rng, n);
        } else if (total > 0 && (total = blocks_sum(sqdist, n, sum)) > 0) {
            for (size_t t = 0; t < trials; t++) trial[t] = draw_at(sqdist, n, sum, sb_rng_unit(&rng) * total);
            seed[c] = trials > 1 ? best_trial(e, trial, trials, sqdist, gain) : trial[0];
        } else { /* every row equals a seed: k is above the number of distinct rows */
            while (used[unused]) unused++;
            seed[c] = unused;
        }
        used[seed[c]] = 1;
        if (total > 0) sb_nearest_add(e, &seed[c], 1, (uint32_t)c, cluster, sqdist);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

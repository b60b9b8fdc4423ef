#include "selbench/far.h"

#include <math.h>

#include "nearest.h"

enum { SEED_BATCH = 48 };

static sb_status check(sb_mat x, const uint32_t *seed, size_t seeds, uint32_t first, size_t m, sb_ctx *cx)
{
    if (seeds > x.n || m > x.n - seeds)
        SB_FAIL(cx->err, SB_EARG, "%zu picks beside %zu seeds of %zu rows", m, seeds, x.n);
    if (!seeds && m && first >= x.n) SB_FAIL(cx->err, SB_EARG, "first row is %u of %zu", first, x.n);
    for (size_t s = 0; s < seeds; s++)
        if (seed[s] >= x.n) SB_FAIL(cx->err, SB_EARG, "seed row is %u of %zu", seed[s], x.n);
    return SB_OK;
}

/* The farthest row still to be picked (picked rows hold -1), lowest among equals. */
static size_t farthest(const double *sqdist, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (sqdist[i] > sqdist[best]) best = i;
    return best;
}

/* A picked row leaves the game: -1 is below every distance, so it is neither picked nor measured again. */
static void retire(sb_nearest *e, uint32_t row, double *sqdist)
{
    sqdist[row] = -1;
    if (e->pruned) e->threshold[row] = HUGE_VALF;
}

sb_status sb_far(sb_mat x, const uint32_t *seed, size_t seeds, uint32_t first, size_t m, bool exact, sb_ctx *cx,
                 uint32_t *row, double *radius)
{
    SB_TRY(check(x, seed, seeds, first, m, cx));
    if (!m) return SB_OK;
    const size_t mark = sb_arena_mark(cx->arena);
    double *sqdist = SB_NEW(cx->arena, x.n, double);
    if (!sqdist) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", x.n);
    sb_nearest e;
    SB_TRY(sb_nearest_init(&e, x, SEED_BATCH, exact || m + seeds < 4, cx));
    for (size_t i = 0; i < x.n; i++) sqdist[i] = HUGE_VAL;
    for (size_t s = 0; s < seeds; s++) sqdist[seed[s]] = -1;
    sb_nearest_follow(&e, sqdist);
    for (size_t s = 0; s < seeds; s += SEED_BATCH)
        sb_nearest_add(&e, seed + s, seeds - s < SEED_BATCH ? seeds - s : SEED_BATCH, 0, NULL, sqdist);
    size_t next = seeds ? farthest(sqdist, x.n) : first;
    for (size_t t = 0; t < m; t++) {
        const bool duplicate = sqdist[next] == 0; /* then every row left is at 0, and stays there */
        row[t] = (uint32_t)next;
        retire(&e, row[t], sqdist);
        if (!duplicate) sb_nearest_add(&e, &row[t], 1, 0, NULL, sqdist);
        next = farthest(sqdist, x.n);
        if (radius) radius[t] = sqrt(fmax(0, sqdist[next]));
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

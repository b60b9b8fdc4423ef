#include "nearest.h"

#include <math.h>
#include <string.h>

#include "beyond.h"
#include "nearest_dense.h"
#include "selbench/la.h"

enum {
    BLOCK = SB_PROJECT_BLOCK,
    FEW_ROWS = 32,
    FEW_POINTS = 4,
    PROBE_BLOCKS = 3,   /* of a pass: then the rate of measured pairs is looked at */
    MEASURED_COST = 8,  /* a measured distance costs about this many GEMM ones */
    DENSE_POINTS = 32,  /* a GEMM with fewer columns is no faster than measuring */
    USELESS_PASSES = 2, /* then projections are not tried again */
    AHEAD = 2           /* rows asked for in advance */
};

sb_status sb_nearest_init(sb_nearest *e, sb_mat x, size_t k, bool exact, sb_ctx *cx)
{
    *e = (sb_nearest){.x = x, .capacity = k};
    if (exact || x.n < FEW_ROWS || k < FEW_POINTS) return SB_OK;
    SB_TRY(sb_project_init(&e->project, x, cx));
    if (!e->project.usable) return SB_OK;
    e->pruned = true;
    SB_TRY(sb_points_new(&e->project, k, cx, &e->point));
    const size_t padded = sb_project_blocks(x.n) * BLOCK;
    e->threshold = SB_NEW(cx->arena, padded, float);
    e->hit = SB_NEW(cx->arena, SB_PROJECT_HITS, sb_hit);
    if (!e->threshold || !e->hit) SB_FAIL(cx->err, SB_ENOMEM, "thresholds of %zu rows", x.n);
    for (size_t i = x.n; i < padded; i++) e->threshold[i] = HUGE_VALF;
    return k >= DENSE_POINTS ? sb_dense_init(&e->gemm, x, k, e->project.mean, cx) : SB_OK;
}

static void run_exact(sb_nearest *e, const float *point, size_t k, uint32_t *cluster, double *sqdist)
{
    for (size_t i = 0; i < e->x.n; i++) {
        sqdist[i] = HUGE_VAL;
        for (size_t c = 0; c < k; c++) {
            const double s = sb_sqdist_f32(sb_mat_row(e->x, i), point + c * e->x.d, e->x.d);
            if (s < sqdist[i]) {
                sqdist[i] = s;
                cluster[i] = (uint32_t)c;
            }
        }
    }
    e->measured += e->x.n * k;
}

static void measure(sb_nearest *e, const float *point, size_t i, uint32_t c, uint32_t *cluster, double *sqdist)
{
    e->measured++;
    if (sb_beyond(sb_mat_row(e->x, i), point + c * e->x.d, e->x.d, sqdist[i])) return;
    const double s = sb_sqdist_f32(sb_mat_row(e->x, i), point + c * e->x.d, e->x.d);
    if (s > sqdist[i] || (s == sqdist[i] && c > cluster[i])) return;
    sqdist[i] = s;
    cluster[i] = c;
    e->threshold[i] = sb_project_threshold(&e->project, i, s);
}

/* The best bound of each row first: it is mostly the answer, and rules the others out. */
static void resolve(sb_nearest *e, const float *point, size_t block, size_t hits, uint32_t *cluster, double *sqdist)
{
    const size_t first = block * BLOCK;
    size_t best[BLOCK];
    for (size_t r = 0; r < BLOCK; r++) best[r] = SIZE_MAX;
    for (size_t h = 0; h < hits; h++) {
        const size_t r = e->hit[h].row - first;
        if (e->hit[h].point == cluster[e->hit[h].row]) continue;
        if (best[r] == SIZE_MAX || e->hit[h].score > e->hit[best[r]].score) best[r] = h;
    }
    for (size_t r = 0; r < BLOCK; r++)
        if (best[r] != SIZE_MAX) measure(e, point, first + r, e->hit[best[r]].point, cluster, sqdist);
    for (size_t h = 0; h < hits; h++) {
        const sb_hit t = e->hit[h];
        if (h == best[t.row - first] || t.point == cluster[t.row] || t.score < e->threshold[t.row]) continue;
        measure(e, point, t.row, t.point, cluster, sqdist);
    }
}

static void block_sum(sb_nearest *e, size_t first, size_t last, const uint32_t *cluster)
{
    const size_t d = e->x.d;
    for (size_t i = first; i < last; i++) {
        const float *x = sb_mat_row(e->x, i);
        double *const s = e->sum + cluster[i] * d;
        for (size_t j = 0; j < d; j++) s[j] += (double)x[j];
    }
}

static void run_block(sb_nearest *e, const float *point, size_t block, const unsigned char *moved, uint32_t *cluster,
                      double *sqdist)
{
    const size_t first = block * BLOCK, last = first + BLOCK < e->x.n ? first + BLOCK : e->x.n;
    for (size_t i = first; i < last; i++) {
        if (i + AHEAD < e->x.n) sb_row_ahead(sb_mat_row(e->x, i + AHEAD), e->x.d);
        if (!moved || moved[cluster[i]]) {
            sqdist[i] = sb_sqdist_f32(sb_mat_row(e->x, i), point + cluster[i] * e->x.d, e->x.d);
            e->measured++;
        }
        e->threshold[i] = sb_project_threshold(&e->project, i, sqdist[i]);
    }
    const size_t groups = sb_points_groups(e->point.k);
    for (size_t g = 0; g < groups; g += SB_PROJECT_GROUPS) {
        const size_t some = groups - g < SB_PROJECT_GROUPS ? groups - g : SB_PROJECT_GROUPS;
        resolve(e, point, block, sb_project_scan(&e->project, &e->point, block, g, some, e->threshold, e->hit), cluster,
                sqdist);
    }
    if (e->sum) block_sum(e, first, last, cluster);
}

sb_status sb_nearest_run(sb_nearest *e, const float *point, size_t k, const unsigned char *moved, uint32_t *cluster,
                         double *sqdist, sb_ctx *cx)
{
    if (k > e->capacity) SB_BUG("%zu points, room for %zu", k, e->capacity);
    e->summed = e->sum && e->pruned && !e->dense;
    if (!e->pruned) {
        run_exact(e, point, k, cluster, sqdist);
        return SB_OK;
    }
    if (e->summed) memset(e->sum, 0, k * e->x.d * sizeof *e->sum);
    const size_t blocks = sb_project_blocks(e->x.n), probe = k >= DENSE_POINTS ? PROBE_BLOCKS : blocks;
    size_t block = 0;
    if (!e->dense) {
        SB_TRY(sb_points_set(&e->project, point, k, cx, &e->point));
        const size_t before = e->measured;
        for (; block < blocks && block < probe; block++) run_block(e, point, block, moved, cluster, sqdist);
        const bool useless = (e->measured - before) * MEASURED_COST > block * BLOCK * k && k >= DENSE_POINTS;
        for (; block < blocks && !useless; block++) run_block(e, point, block, moved, cluster, sqdist);
        e->useless += useless;
        e->dense = e->useless >= USELESS_PASSES;
    }
    if (block < blocks) {
        e->summed = false;
        e->measured += sb_dense_run(&e->gemm, e->x, NULL, block * BLOCK, e->x.n, point, k, moved, cluster, sqdist);
    }
    return SB_OK;
}

void sb_nearest_follow(sb_nearest *e, const double *sqdist)
{
    if (!e->pruned) return;
    for (size_t i = 0; i < e->x.n; i++)
        e->threshold[i] = sqdist[i] < 0 ? HUGE_VALF : sb_project_threshold(&e->project, i, sqdist[i]);
}

static void take(sb_nearest *e, size_t i, uint32_t row, uint32_t number, uint32_t *cluster, double *sqdist)
{
    const float *a = sb_mat_row(e->x, i), *b = sb_mat_row(e->x, row);
    e->measured++;
    if (e->pruned && sb_beyond(a, b, e->x.d, sqdist[i])) return;
    const double s = sb_sqdist_f32(a, b, e->x.d);
    if (s > sqdist[i] || (s == sqdist[i] && (!cluster || number >= cluster[i]))) return;
    sqdist[i] = s;
    if (cluster) cluster[i] = number;
    if (e->pruned) e->threshold[i] = sb_project_threshold(&e->project, i, s);
}

void sb_nearest_add(sb_nearest *e, const uint32_t *row, size_t m, uint32_t number, uint32_t *cluster, double *sqdist)
{
    if (m > e->capacity) SB_BUG("%zu points, room for %zu", m, e->capacity);
    if (!e->pruned) {
        for (size_t i = 0; i < e->x.n; i++)
            for (size_t t = 0; t < m && sqdist[i] >= 0; t++) take(e, i, row[t], number + (uint32_t)t, cluster, sqdist);
        return;
    }
    sb_points_rows(&e->project, row, m, &e->point);
    const size_t blocks = sb_project_blocks(e->x.n), groups = sb_points_groups(m);
    for (size_t block = 0; block < blocks; block++)
        for (size_t g = 0; g < groups; g += SB_PROJECT_GROUPS) {
            const size_t some = groups - g < SB_PROJECT_GROUPS ? groups - g : SB_PROJECT_GROUPS;
            const size_t hits = sb_project_scan(&e->project, &e->point, block, g, some, e->threshold, e->hit);
            for (size_t h = 0; h < hits; h++) {
                const sb_hit t = e->hit[h];
                if (h + AHEAD < hits) sb_row_ahead(sb_mat_row(e->x, e->hit[h + AHEAD].row), e->x.d);
                if (t.score < e->threshold[t.row]) continue; /* an earlier point of this scan was nearer */
                take(e, t.row, row[t.point], number + t.point, cluster, sqdist);
            }
        }
}

static double gain_of(sb_nearest *e, size_t i, uint32_t row, const double *sqdist)
{
    const float *a = sb_mat_row(e->x, i), *b = sb_mat_row(e->x, row);
    e->measured++;
    if (e->pruned && sb_beyond(a, b, e->x.d, sqdist[i])) return 0;
    const double s = sb_sqdist_f32(a, b, e->x.d);
    return s < sqdist[i] ? sqdist[i] - s : 0;
}

void sb_nearest_gain(sb_nearest *e, const uint32_t *row, size_t m, const double *sqdist, double *gain)
{
    if (m > e->capacity) SB_BUG("%zu points, room for %zu", m, e->capacity);
    memset(gain, 0, m * sizeof *gain);
    if (!e->pruned) {
        for (size_t i = 0; i < e->x.n; i++)
            for (size_t t = 0; t < m; t++) gain[t] += gain_of(e, i, row[t], sqdist);
        return;
    }
    sb_points_rows(&e->project, row, m, &e->point);
    const size_t blocks = sb_project_blocks(e->x.n), groups = sb_points_groups(m);
    for (size_t block = 0; block < blocks; block++)
        for (size_t g = 0; g < groups; g += SB_PROJECT_GROUPS) {
            const size_t some = groups - g < SB_PROJECT_GROUPS ? groups - g : SB_PROJECT_GROUPS;
            const size_t hits = sb_project_scan(&e->project, &e->point, block, g, some, e->threshold, e->hit);
            for (size_t h = 0; h < hits; h++) {
                const sb_hit t = e->hit[h];
                if (h + AHEAD < hits) sb_row_ahead(sb_mat_row(e->x, e->hit[h + AHEAD].row), e->x.d);
                gain[t.point] += gain_of(e, t.row, row[t.point], sqdist);
            }
        }
}

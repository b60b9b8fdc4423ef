#include "selbench/kmeans.h"

#include <math.h>
#include <string.h>

#include "beyond.h"
#include "kmeans_steps.h"
#include "selbench/la.h"

sb_status sb_kmeans_prepare(sb_mat x, const sb_kmeans_options *o, sb_ctx *cx, sb_kmeans *out)
{
    if (o->k == 0 || o->k > x.n) SB_FAIL(cx->err, SB_EARG, "%zu clusters of %zu rows", o->k, x.n);
    if (x.n > UINT32_MAX) SB_FAIL(cx->err, SB_EARG, "%zu rows, more than 32-bit row numbers", x.n);
    if (!(o->tolerance >= 0)) SB_FAIL(cx->err, SB_EARG, "tolerance is %g, below 0", o->tolerance);
    *out = (sb_kmeans){.k = o->k, .d = x.d};
    out->centre = SB_NEW(cx->arena, o->k * x.d, float);
    out->cluster = SB_NEW(cx->arena, x.n, uint32_t);
    out->sqdist = SB_NEW(cx->arena, x.n, double);
    out->medoid = SB_NEW(cx->arena, o->k, uint32_t);
    out->size = SB_NEW(cx->arena, o->k, size_t);
    if (!out->centre || !out->cluster || !out->sqdist || !out->medoid || !out->size)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu clusters of %zu rows with %zu features", o->k, x.n, x.d);
    return SB_OK;
}

void sb_kmeans_members(const uint32_t *cluster, size_t n, size_t k, size_t *begin, uint32_t *row)
{
    memset(begin, 0, (k + 1) * sizeof *begin);
    for (size_t i = 0; i < n; i++) begin[cluster[i] + 1]++;
    for (size_t c = 0; c < k; c++) begin[c + 1] += begin[c];
    for (size_t i = 0; i < n; i++) row[begin[cluster[i]]++] = (uint32_t)i;
    for (size_t c = k; c > 0; c--) begin[c] = begin[c - 1];
    begin[0] = 0;
}

sb_status sb_kmeans_nearest_rows(const sb_kmeans *m, size_t n, sb_ctx *cx, uint32_t *medoid)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double *best = SB_NEW(cx->arena, m->k, double);
    unsigned char *used = SB_NEW(cx->arena, n, unsigned char);
    if (!best || !used) SB_FAIL(cx->err, SB_ENOMEM, "medoids of %zu rows", n);
    for (size_t c = 0; c < m->k; c++) best[c] = HUGE_VAL;
    for (size_t i = 0; i < n; i++) {
        const uint32_t c = m->cluster[i];
        if (!(m->sqdist[i] < best[c])) continue;
        best[c] = m->sqdist[i];
        medoid[c] = (uint32_t)i;
    }
    for (size_t c = 0; c < m->k; c++)
        if (m->size[c]) used[medoid[c]] = 1;
    uint32_t free_row = 0;
    for (size_t c = 0; c < m->k; c++) {
        if (m->size[c]) continue;
        while (used[free_row]) free_row++;
        used[free_row] = 1;
        medoid[c] = free_row;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

enum { AHEAD = 2, NEAR_BYTES = 1 << 20 }; /* rows asked for in advance; sums that stay in a second-level cache */

/* What the passes need beside the result; dirty: members changed since the centre was made; moved: centre changed. */
typedef struct lloyd {
    size_t *begin;
    uint32_t *row, *before;
    double *sum;
    float *mean;
    unsigned char *dirty, *moved;
} lloyd;

static sb_status lloyd_new(size_t n, size_t d, size_t k, sb_ctx *cx, lloyd *w)
{
    w->begin = SB_NEW(cx->arena, k + 1, size_t);
    w->row = SB_NEW(cx->arena, n, uint32_t);
    w->before = SB_NEW(cx->arena, n, uint32_t);
    w->sum = SB_NEW(cx->arena, d, double);
    w->mean = SB_NEW(cx->arena, d, float);
    w->dirty = SB_NEW(cx->arena, k, unsigned char);
    w->moved = SB_NEW(cx->arena, k, unsigned char);
    if (!w->begin || !w->row || !w->before || !w->sum || !w->mean || !w->dirty || !w->moved)
        SB_FAIL(cx->err, SB_ENOMEM, "Lloyd's iteration on %zu rows", n);
    return SB_OK;
}

/* Sum of the members of c by ascending row: what the last run left, or anew. The same additions either way. */
static const double *members_sum(const sb_nearest *e, const lloyd *w, size_t c)
{
    const size_t d = e->x.d;
    if (e->summed) return e->sum + c * d;
    memset(w->sum, 0, d * sizeof *w->sum);
    for (size_t r = w->begin[c]; r < w->begin[c + 1]; r++) {
        const float *x = sb_mat_row(e->x, w->row[r]);
        if (r + AHEAD < e->x.n) sb_row_ahead(sb_mat_row(e->x, w->row[r + AHEAD]), d);
        for (size_t j = 0; j < d; j++) w->sum[j] += (double)x[j];
    }
    return w->sum;
}

/* Means of the clusters whose members changed. Returns whether any centre moved. */
static bool centres_update(const sb_nearest *e, lloyd *w, sb_kmeans *out)
{
    const size_t d = out->d;
    bool any = false;
    sb_kmeans_members(out->cluster, e->x.n, out->k, w->begin, w->row);
    for (size_t c = 0; c < out->k; c++) {
        const size_t size = w->begin[c + 1] - w->begin[c];
        w->moved[c] = 0;
        if (!w->dirty[c] || !size) continue;
        const double *sum = members_sum(e, w, c);
        for (size_t j = 0; j < d; j++) w->mean[j] = (float)(sum[j] / (double)size);
        w->moved[c] = memcmp(w->mean, out->centre + c * d, d * sizeof *w->mean) != 0;
        memcpy(out->centre + c * d, w->mean, d * sizeof *w->mean);
        any = any || w->moved[c];
    }
    return any;
}

static size_t farthest(const double *sqdist, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (sqdist[i] > sqdist[best]) best = i;
    return best;
}

static void sizes_count(const sb_nearest *e, sb_kmeans *out)
{
    memset(out->size, 0, out->k * sizeof *out->size);
    for (size_t i = 0; i < e->x.n; i++) out->size[out->cluster[i]]++;
}

/* Gives each empty cluster the row farthest from its centre, and every row its nearest centre again. Each step lowers
 * the inertia (that row's distance falls to 0), so it ends; it ends early only when every row is a centre. */
static void empty_reseed(sb_nearest *e, sb_kmeans *out)
{
    bool follows = false;
    sizes_count(e, out);
    for (size_t c = 0; c < out->k;) {
        if (out->size[c]) {
            c++;
            continue;
        }
        const uint32_t row = (uint32_t)farthest(out->sqdist, e->x.n);
        if (!(out->sqdist[row] > 0)) return;
        if (!follows) sb_nearest_follow(e, out->sqdist);
        follows = true;
        e->summed = false; /* rows are about to change clusters */
        memcpy(out->centre + c * out->d, sb_mat_row(e->x, row), out->d * sizeof *out->centre);
        sb_nearest_add(e, &row, 1, (uint32_t)c, out->cluster, out->sqdist);
        sizes_count(e, out);
        c = 0; /* the new centre may have emptied another cluster */
    }
}

static void dirty_mark(size_t n, lloyd *w, const sb_kmeans *out)
{
    memset(w->dirty, 0, out->k);
    for (size_t i = 0; i < n; i++)
        if (w->before[i] != out->cluster[i]) w->dirty[w->before[i]] = w->dirty[out->cluster[i]] = 1;
}

static size_t trials_of(const sb_kmeans_options *o) { return o->trials ? o->trials : 2 + (size_t)log((double)o->k); }

size_t sb_kmeans_capacity(const sb_kmeans_options *o)
{
    const size_t trials = trials_of(o);
    return o->k > trials ? o->k : trials;
}

sb_status sb_kmeans_start(sb_nearest *e, const sb_kmeans_options *o, sb_ctx *cx, sb_kmeans *out)
{
    SB_TRY(sb_kmeans_seed(e, o->k, trials_of(o), cx, out->medoid, out->cluster, out->sqdist));
    for (size_t c = 0; c < o->k; c++)
        memcpy(out->centre + c * out->d, sb_mat_row(e->x, out->medoid[c]), out->d * sizeof *out->centre);
    return SB_OK;
}

sb_status sb_kmeans_passes(sb_nearest *e, const sb_kmeans_options *o, sb_ctx *cx, sb_kmeans *out)
{
    const size_t n = e->x.n;
    lloyd w;
    SB_TRY(lloyd_new(n, out->d, o->k, cx, &w));
    const bool near = e->pruned && o->iterations > 1 && o->k * out->d <= NEAR_BYTES / sizeof(double);
    if (near && !(e->sum = SB_NEW(cx->arena, o->k * out->d, double)))
        SB_FAIL(cx->err, SB_ENOMEM, "sums of %zu clusters of %zu features", o->k, out->d);
    sizes_count(e, out);
    out->inertia = sb_sum(out->sqdist, n);
    memset(w.dirty, 1, o->k);
    while (out->iterations < o->iterations && !out->converged) {
        if (!centres_update(e, &w, out)) {
            out->converged = true;
            break;
        }
        memcpy(w.before, out->cluster, n * sizeof *w.before);
        SB_TRY(sb_nearest_run(e, out->centre, o->k, w.moved, out->cluster, out->sqdist, cx));
        empty_reseed(e, out);
        dirty_mark(n, &w, out);
        const double before = out->inertia;
        out->inertia = sb_sum(out->sqdist, n);
        out->iterations++;
        out->converged = before - out->inertia < o->tolerance * before;
    }
    e->sum = NULL;
    e->summed = false;
    return SB_OK;
}

sb_status sb_kmeans_run(sb_mat x, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out)
{
    SB_TRY(sb_kmeans_prepare(x, options, cx, out));
    const size_t mark = sb_arena_mark(cx->arena);
    sb_nearest e;
    SB_TRY(sb_nearest_init(&e, x, sb_kmeans_capacity(options), options->exact, cx));
    SB_TRY(sb_kmeans_start(&e, options, cx, out));
    SB_TRY(sb_kmeans_passes(&e, options, cx, out));
    SB_TRY(sb_kmeans_nearest_rows(out, x.n, cx, out->medoid));
    out->cost = out->inertia;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* k-medoids by alternation (Voronoi iteration; Park & Jun 2009): medoids of the clusters, then clusters of the medoids.
 */
#include <math.h>
#include <string.h>

#include "kmeans_steps.h"
#include "selbench/la.h"

static const size_t EXACT_SIZE = 2048; /* members; beyond, the quadratic search would dominate everything else */

typedef struct alternation {
    size_t *begin;
    uint32_t *row, *before;
    double *total; /* per member: its summed distance to the others */
    double *sum;   /* d */
    float *mean;   /* d */
    unsigned char *dirty, *moved;
} alternation;

static sb_status alternation_new(size_t n, size_t d, size_t k, sb_ctx *cx, alternation *w)
{
    w->begin = SB_NEW(cx->arena, k + 1, size_t);
    w->row = SB_NEW(cx->arena, n, uint32_t);
    w->before = SB_NEW(cx->arena, n, uint32_t);
    w->total = SB_NEW(cx->arena, n < EXACT_SIZE ? n : EXACT_SIZE, double);
    w->sum = SB_NEW(cx->arena, d, double);
    w->mean = SB_NEW(cx->arena, d, float);
    w->dirty = SB_NEW(cx->arena, k, unsigned char);
    w->moved = SB_NEW(cx->arena, k, unsigned char);
    if (!w->begin || !w->row || !w->before || !w->total || !w->sum || !w->mean || !w->dirty || !w->moved)
        SB_FAIL(cx->err, SB_ENOMEM, "alternation on %zu rows", n);
    return SB_OK;
}

/* Summed distance of one row to the members, by ascending row. */
static double cost_of(sb_mat x, uint32_t candidate, const uint32_t *row, size_t size)
{
    double s = 0;
    for (size_t r = 0; r < size; r++) s += sqrt(sb_sqdist_f32(sb_mat_row(x, candidate), sb_mat_row(x, row[r]), x.d));
    return s;
}

/* The member of least cost, lowest row among equals. Each pair is measured once; each total adds up by ascending row.
 */
static uint32_t medoid_exact(sb_mat x, const uint32_t *row, size_t size, double *total)
{
    memset(total, 0, size * sizeof *total);
    for (size_t a = 0; a < size; a++)
        for (size_t b = 0; b < a; b++) {
            const double s = sqrt(sb_sqdist_f32(sb_mat_row(x, row[a]), sb_mat_row(x, row[b]), x.d));
            total[a] += s;
            total[b] += s;
        }
    size_t best = 0;
    for (size_t a = 1; a < size; a++)
        if (total[a] < total[best]) best = a;
    return row[best];
}

/* For large clusters: the member nearest to the mean, when it costs less than the present medoid. */
static uint32_t medoid_large(sb_mat x, const uint32_t *row, size_t size, uint32_t present, alternation *w)
{
    memset(w->sum, 0, x.d * sizeof *w->sum);
    for (size_t r = 0; r < size; r++)
        for (size_t j = 0; j < x.d; j++) w->sum[j] += (double)sb_mat_row(x, row[r])[j];
    for (size_t j = 0; j < x.d; j++) w->mean[j] = (float)(w->sum[j] / (double)size);
    uint32_t best = row[0];
    double least = HUGE_VAL;
    for (size_t r = 0; r < size; r++) {
        const double s = sb_sqdist_f32(sb_mat_row(x, row[r]), w->mean, x.d);
        if (s < least) {
            least = s;
            best = row[r];
        }
    }
    return cost_of(x, best, row, size) < cost_of(x, present, row, size) ? best : present;
}

static bool medoids_update(sb_mat x, alternation *w, sb_kmeans *out)
{
    bool any = false;
    sb_kmeans_members(out->cluster, x.n, out->k, w->begin, w->row);
    for (size_t c = 0; c < out->k; c++) {
        const uint32_t *row = w->row + w->begin[c], before = out->medoid[c];
        const size_t size = w->begin[c + 1] - w->begin[c];
        w->moved[c] = 0;
        if (!w->dirty[c] || !size) continue;
        out->medoid[c] =
            size <= EXACT_SIZE ? medoid_exact(x, row, size, w->total) : medoid_large(x, row, size, before, w);
        w->moved[c] = out->medoid[c] != before;
        memcpy(out->centre + c * x.d, sb_mat_row(x, out->medoid[c]), x.d * sizeof *out->centre);
        any = any || w->moved[c];
    }
    return any;
}

static void result_sum(size_t n, sb_kmeans *out, double *distance)
{
    memset(out->size, 0, out->k * sizeof *out->size);
    for (size_t i = 0; i < n; i++) {
        out->size[out->cluster[i]]++;
        distance[i] = sqrt(out->sqdist[i]);
    }
    out->inertia = sb_sum(out->sqdist, n);
    out->cost = sb_sum(distance, n);
}

static sb_status alternate(sb_nearest *e, const sb_kmeans_options *o, sb_ctx *cx, sb_kmeans *out)
{
    const size_t n = e->x.n;
    alternation w;
    SB_TRY(alternation_new(n, out->d, o->k, cx, &w));
    double *distance = SB_NEW(cx->arena, n, double);
    if (!distance) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", n);
    out->iterations = 0;
    out->converged = false;
    for (size_t c = 0; c < o->k; c++)
        memcpy(out->centre + c * out->d, sb_mat_row(e->x, out->medoid[c]), out->d * sizeof(float));
    SB_TRY(sb_nearest_run(e, out->centre, o->k, NULL, out->cluster, out->sqdist, cx));
    memset(w.dirty, 1, o->k);
    while (out->iterations < o->iterations && !out->converged) {
        if (!medoids_update(e->x, &w, out)) {
            out->converged = true;
            break;
        }
        memcpy(w.before, out->cluster, n * sizeof *w.before);
        SB_TRY(sb_nearest_run(e, out->centre, o->k, w.moved, out->cluster, out->sqdist, cx));
        memset(w.dirty, 0, o->k);
        for (size_t i = 0; i < n; i++)
            if (w.before[i] != out->cluster[i]) w.dirty[w.before[i]] = w.dirty[out->cluster[i]] = 1;
        out->iterations++;
    }
    result_sum(n, out, distance);
    return SB_OK;
}

sb_status sb_kmedoids_run(sb_mat x, const sb_kmeans_options *options, sb_ctx *cx, sb_kmeans *out)
{
    SB_TRY(sb_kmeans_prepare(x, options, cx, out));
    const size_t mark = sb_arena_mark(cx->arena);
    sb_nearest e;
    SB_TRY(sb_nearest_init(&e, x, sb_kmeans_capacity(options), options->exact, cx));
    SB_TRY(sb_kmeans_start(&e, options, cx, out));
    SB_TRY(sb_kmeans_passes(&e, options, cx, out));
    SB_TRY(sb_kmeans_nearest_rows(out, x.n, cx, out->medoid));
    SB_TRY(alternate(&e, options, cx, out));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

#include "selbench/rounding.h"

#include <math.h>
#include <string.h>

#include "nearest.h"
#include "selbench/draw.h"
#include "selbench/la.h"

enum { BATCH = 48 };

static double power(double square, double z) { return z == 2 ? square : z == 1 ? sqrt(square) : pow(square, z / 2); }

sb_status sb_rounding_make(sb_mat x, const sb_kmeans_options *options, bool medoids, double z, sb_ctx *cx,
                           sb_rounding *out)
{
    out->v = SB_NEW(cx->arena, x.n, double);
    out->centre = SB_NEW(cx->arena, options->k, uint32_t);
    if (!out->v || !out->centre) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", x.n);
    if (medoids)
        SB_TRY(sb_kmedoids_run(x, options, cx, &out->km));
    else
        SB_TRY(sb_kmeans_run(x, options, cx, &out->km));
    const sb_kmeans *const km = &out->km;
    for (size_t i = 0; i < x.n; i++) {
        const double square = sb_sqdist_f32(sb_mat_row(x, i), sb_mat_row(x, km->medoid[km->cluster[i]]), x.d);
        out->v[i] = power(square, z);
    }
    out->centres = 0;
    for (size_t j = 0; j < km->k; j++)
        if (km->size[j]) out->centre[out->centres++] = km->medoid[j];
    return SB_OK;
}

/* Centres so far, and how every row stands to them. */
typedef struct spread {
    sb_nearest e;
    uint32_t *centre, *cluster;
    size_t centres;
    double *sqdist, *p;
    unsigned char *is;
} spread;

static void enter(spread *s, size_t from)
{
    for (size_t j = from; j < s->centres; j += BATCH) {
        const size_t m = s->centres - j < BATCH ? s->centres - j : BATCH;
        sb_nearest_add(&s->e, s->centre + j, m, (uint32_t)j, s->cluster, s->sqdist);
    }
    for (size_t j = from; j < s->centres; j++) s->is[s->centre[j]] = 1;
}

/* m further centres: by D^z among the rows that are off all centres, then the lowest rows. */
static sb_status next_round(spread *s, size_t n, size_t m, double z, sb_rng *rng, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena), before = s->centres;
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    double *weight = SB_NEW(cx->arena, n, double), top = 0;
    if (!row || !weight) SB_FAIL(cx->err, SB_ENOMEM, "a round of %zu centres", m);
    size_t off = 0, got = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, s->is[i] ? 0 : s->sqdist[i]);
    for (size_t i = 0; i < n; i++) {
        s->p[i] = s->is[i] || !(top > 0) ? 0 : power(s->sqdist[i] / top, z);
        off += s->p[i] > 0;
    }
    const size_t drawn = m < off ? m : off;
    if (drawn) SB_TRY(sb_draw(SB_SUCCESSIVE, s->p, n, drawn, rng, cx, row, weight, &got));
    for (size_t j = 0; j < got; j++) {
        s->centre[s->centres++] = row[j];
        s->is[row[j]] = 1;
    }
    for (uint32_t i = 0; i < n && s->centres < before + m; i++)
        if (!s->is[i]) s->centre[s->centres++] = i;
    enter(s, before);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status rewrite(sb_mat x, const spread *s, double z, sb_ctx *cx, sb_rounding *r)
{
    sb_kmeans *const km = &r->km;
    *km = (sb_kmeans){.k = s->centres, .d = x.d, .cluster = s->cluster, .sqdist = s->sqdist, .medoid = s->centre};
    km->centre = SB_NEW(cx->arena, km->k * x.d, float);
    km->size = SB_NEW(cx->arena, km->k, size_t);
    if (!km->centre || !km->size) SB_FAIL(cx->err, SB_ENOMEM, "%zu centres", km->k);
    for (size_t j = 0; j < km->k; j++) {
        memcpy(km->centre + j * x.d, sb_mat_row(x, s->centre[j]), x.d * sizeof *km->centre);
        km->cluster[s->centre[j]] = (uint32_t)j; /* also where an equal row is a centre: its own loss is known */
        km->sqdist[s->centre[j]] = 0;
    }
    for (size_t i = 0; i < x.n; i++) {
        km->size[km->cluster[i]]++;
        r->v[i] = power(km->sqdist[i], z);
    }
    km->inertia = km->cost = sb_sum(km->sqdist, x.n);
    r->centre = s->centre;
    r->centres = s->centres;
    return SB_OK;
}

sb_status sb_rounding_more(sb_mat x, size_t rounds, double z, sb_ctx *cx, sb_rounding *r)
{
    const size_t n = x.n, k = r->km.k;
    spread s = {.centre = SB_NEW(cx->arena, n, uint32_t),
                .cluster = SB_NEW(cx->arena, n, uint32_t),
                .centres = r->centres,
                .sqdist = SB_NEW(cx->arena, n, double),
                .p = SB_NEW(cx->arena, n, double),
                .is = SB_NEW(cx->arena, n, unsigned char)};
    if (!s.centre || !s.cluster || !s.sqdist || !s.p || !s.is) SB_FAIL(cx->err, SB_ENOMEM, "centres of %zu rows", n);
    memcpy(s.centre, r->centre, r->centres * sizeof *s.centre);
    SB_TRY(sb_nearest_init(&s.e, x, BATCH, false, cx));
    for (size_t i = 0; i < n; i++) s.sqdist[i] = HUGE_VAL;
    sb_nearest_follow(&s.e, s.sqdist);
    enter(&s, 0);
    sb_rng rng = sb_ctx_stream(cx, "rounds");
    for (size_t t = 0; t < rounds && s.centres < n; t++)
        SB_TRY(next_round(&s, n, k < n - s.centres ? k : n - s.centres, z, &rng, cx));
    return rewrite(x, &s, z, cx, r);
}

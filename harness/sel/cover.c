#include <math.h>
#include <string.h>

#include "nearest_dense.h"
#include "selbench/far.h"
#include "selbench/la.h"

enum { WORTH_POINTS = 64 }; /* from so many points on a projection of the rows pays */

static sb_status check(sb_mat x, const uint32_t *of, size_t q, const uint32_t *s, size_t m, sb_ctx *cx)
{
    if (!m || !q) SB_FAIL(cx->err, SB_EARG, "coverage of %zu rows by %zu rows", q, m);
    if (!of && q != x.n) SB_FAIL(cx->err, SB_EARG, "coverage of all rows: %zu of %zu given", q, x.n);
    for (size_t i = 0; of && i < q; i++)
        if (of[i] >= x.n) SB_FAIL(cx->err, SB_EARG, "covered row is %u of %zu", of[i], x.n);
    for (size_t i = 0; i < m; i++)
        if (s[i] >= x.n) SB_FAIL(cx->err, SB_EARG, "covering row is %u of %zu", s[i], x.n);
    return SB_OK;
}

static sb_status nearest(sb_mat x, const uint32_t *of, size_t q, const float *point, size_t m, sb_ctx *cx,
                         uint32_t *cluster, double *sqdist)
{
    if (!of && m >= WORTH_POINTS) {
        sb_nearest e;
        SB_TRY(sb_nearest_init(&e, x, m, false, cx));
        return sb_nearest_run(&e, point, m, NULL, cluster, sqdist, cx);
    }
    double *mean = SB_NEW(cx->arena, x.d, double);
    if (!mean) SB_FAIL(cx->err, SB_ENOMEM, "mean of %zu features", x.d);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < x.d; j++) mean[j] += (double)point[i * x.d + j] / (double)m;
    sb_dense g;
    SB_TRY(sb_dense_init(&g, x, m, mean, cx));
    (void)sb_dense_run(&g, x, of, 0, q, point, m, NULL, cluster, sqdist);
    return SB_OK;
}

/* cluster[i] = index into s of the nearest of these rows, sqdist[i] how far; both from cx->arena. */
static sb_status assign(sb_mat x, const uint32_t *of, size_t q, const uint32_t *s, size_t m, sb_ctx *cx,
                        uint32_t **cluster, double **sqdist)
{
    SB_TRY(check(x, of, q, s, m, cx));
    float *point = SB_NEW(cx->arena, m * x.d, float);
    *cluster = SB_NEW(cx->arena, q, uint32_t);
    *sqdist = SB_NEW(cx->arena, q, double);
    if (!point || !*cluster || !*sqdist) SB_FAIL(cx->err, SB_ENOMEM, "coverage of %zu rows by %zu rows", q, m);
    for (size_t i = 0; i < m; i++) memcpy(point + i * x.d, sb_mat_row(x, s[i]), x.d * sizeof *point);
    return nearest(x, of, q, point, m, cx, *cluster, *sqdist);
}

sb_status sb_cover(sb_mat x, const uint32_t *of, size_t q, const uint32_t *s, size_t m, sb_ctx *cx, double *max_sqdist,
                   double *mean_sqdist)
{
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *cluster = NULL;
    double *sqdist = NULL;
    SB_TRY(assign(x, of, q, s, m, cx, &cluster, &sqdist));
    *max_sqdist = 0;
    for (size_t i = 0; i < q; i++) *max_sqdist = fmax(*max_sqdist, sqdist[i]);
    *mean_sqdist = sb_sum(sqdist, q) / (double)q;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_cover_count(sb_mat x, const uint32_t *of, size_t q, const uint32_t *s, size_t m, sb_ctx *cx, double *count)
{
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *cluster = NULL;
    double *sqdist = NULL;
    SB_TRY(assign(x, of, q, s, m, cx, &cluster, &sqdist));
    memset(count, 0, m * sizeof *count);
    for (size_t i = 0; i < q; i++) count[cluster[i]]++;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

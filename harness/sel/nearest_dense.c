#include "nearest_dense.h"

#include <float.h>
#include <immintrin.h>
#include <math.h>

#include "beyond.h"
#include "selbench/la.h"

enum { ROWS = 512, CHUNK = 1024 };
static const double HUGE_NORM2 = 1e34; /* beyond this float32 products may overflow: no bound */

sb_status sb_dense_init(sb_dense *g, sb_mat x, size_t k, const double *mean, sb_ctx *cx)
{
    const size_t padded = (k + 7) / 8 * 8, chunk = padded < CHUNK ? padded : CHUNK;
    *g = (sb_dense){0};
    g->mean = SB_NEW(cx->arena, x.d, float);
    g->row = SB_NEW(cx->arena, ROWS * x.d, float);
    g->point = SB_NEW(cx->arena, k * x.d, float);
    g->bias = SB_NEW(cx->arena, padded, float);
    g->score = SB_NEW(cx->arena, ROWS * chunk, float);
    if (!g->mean || !g->row || !g->point || !g->bias || !g->score)
        SB_FAIL(cx->err, SB_ENOMEM, "blocks for the distances to %zu points of %zu features", k, x.d);
    for (size_t j = 0; j < x.d; j++) g->mean[j] = (float)mean[j];
    g->slack = (sb_slack){.coordinate = (double)FLT_EPSILON,
                          .dot = ((double)x.d + 4) * (double)FLT_EPSILON,
                          .measured = ((double)x.d + 8) * DBL_EPSILON};
    return SB_OK;
}

static double centre(const sb_dense *g, const float *row, size_t d, float *out)
{
    for (size_t j = 0; j < d; j++) out[j] = row[j] - g->mean[j];
    return sb_dot_f32(out, out, d);
}

/* Place of the largest score + bias among k (a multiple of 8; the bias is -infinity beyond the points); *second: the
 * largest of the others. Order of magnitude only: a NaN is never the largest (see wild). */
static size_t largest(const float *score, const float *bias, size_t k, float *value, float *second)
{
    __m256 top = _mm256_set1_ps(-HUGE_VALF), next = top, at = _mm256_setzero_ps(), step = at;
    for (size_t c = 0; c < k; c += 8) {
        const __m256 s = _mm256_add_ps(_mm256_loadu_ps(score + c), _mm256_loadu_ps(bias + c));
        next = _mm256_max_ps(_mm256_min_ps(s, top), next);
        at = _mm256_blendv_ps(at, step, _mm256_cmp_ps(s, top, _CMP_GT_OQ));
        top = _mm256_max_ps(s, top);
        step = _mm256_add_ps(step, _mm256_set1_ps(1));
    }
    float t[8], n[8], a[8];
    _mm256_storeu_ps(t, top);
    _mm256_storeu_ps(n, next);
    _mm256_storeu_ps(a, at);
    size_t best = 0;
    for (size_t l = 1; l < 8; l++)
        if (t[l] > t[best]) best = l;
    *value = t[best];
    *second = n[best];
    for (size_t l = 0; l < 8; l++)
        if (l != best && t[l] > *second) *second = t[l];
    return (size_t)a[best] * 8 + best;
}

typedef struct row_state {
    const float *row;
    double half, norm;
    uint32_t *cluster;
    double *sqdist;
} row_state;

static float measure(const sb_dense *g, const row_state *r, const float *point, size_t c, size_t d)
{
    if (!sb_beyond(r->row, point + c * d, d, *r->sqdist)) {
        const double s = sb_sqdist_f32(r->row, point + c * d, d);
        if (s < *r->sqdist || (s == *r->sqdist && c < *r->cluster)) {
            *r->sqdist = s;
            *r->cluster = (uint32_t)c;
        }
    }
    return sb_slack_threshold(&g->slack, r->half, r->norm, *r->sqdist);
}

/* Scores of the points c0.. of one row: the best first, then whatever may still be nearer. */
static size_t settle(const sb_dense *g, const row_state *r, const float *score, const float *point, size_t c0,
                     size_t count, size_t d)
{
    float value, second, t = sb_slack_threshold(&g->slack, r->half, r->norm, *r->sqdist);
    const float *bias = g->bias + c0;
    const size_t padded = (count + 7) / 8 * 8, top = largest(score, bias, padded, &value, &second);
    size_t measured = 0;
    if (value < t && !g->wild) return 0;
    if (c0 + top != *r->cluster) {
        t = measure(g, r, point, c0 + top, d);
        measured++;
    }
    if (second < t && !g->wild) return measured;
    for (size_t c = 0; c < count; c++) {
        const float s = score[c] + bias[c];
        if (c == top || c0 + c == *r->cluster || s < t) continue;
        t = measure(g, r, point, c0 + c, d);
        measured++;
    }
    return measured;
}

static void points_set(sb_dense *g, const float *point, size_t k, size_t d)
{
    g->wild = false;
    for (size_t c = 0; c < k; c++) {
        const double norm2 = centre(g, point + c * d, d, g->point + c * d);
        const bool tame = norm2 < HUGE_NORM2;
        g->bias[c] = tame ? sb_slack_bias(&g->slack, norm2 / 2, sqrt(norm2)) : HUGE_VALF;
        g->wild = g->wild || !tame;
    }
    for (size_t c = k; c % 8; c++) g->bias[c] = -HUGE_VALF;
}

size_t sb_dense_run(sb_dense *g, sb_mat x, const uint32_t *of, size_t first, size_t last, const float *point, size_t k,
                    const unsigned char *moved, uint32_t *cluster, double *sqdist)
{
    row_state state[ROWS];
    size_t measured = 0;
    points_set(g, point, k, x.d);
    for (size_t i = first; i < last; i += ROWS) {
        const size_t rows = last - i < ROWS ? last - i : ROWS;
        for (size_t r = 0; r < rows; r++) {
            const float *row = sb_mat_row(x, of ? of[i + r] : i + r);
            const double norm2 = centre(g, row, x.d, g->row + r * x.d);
            const double norm = norm2 < HUGE_NORM2 ? sqrt(norm2) : HUGE_VAL; /* infinite: nothing is ruled out */
            state[r] = (row_state){row, norm < HUGE_VAL ? norm2 / 2 : 0, norm, cluster + i + r, sqdist + i + r};
            if (moved && !moved[cluster[i + r]]) continue;
            sqdist[i + r] = sb_sqdist_f32(row, point + cluster[i + r] * x.d, x.d);
            measured++;
        }
        for (size_t c0 = 0; c0 < k; c0 += CHUNK) {
            const size_t count = k - c0 < CHUNK ? k - c0 : CHUNK, ld = (count + 7) / 8 * 8;
            sb_sgemm(false, true, rows, count, x.d, 1, g->row, x.d, g->point + c0 * x.d, x.d, 0, g->score, ld);
            for (size_t r = 0; r < rows; r++)
                measured += settle(g, &state[r], g->score + r * ld, point, c0, count, x.d);
        }
    }
    return measured;
}

#include "selbench/coarse.h"

#include <float.h>
#include <immintrin.h>
#include <math.h>

enum { LANES = 8, STEP = 4 * LANES };

/* Least value and 1/255 of the range of each column. */
static void ranges(sb_coarse *c, sb_mat x, const uint32_t *row)
{
    for (size_t j = 0; j < c->d; j++) c->low[j] = c->step[j] = (double)sb_mat_row(x, row[0])[j];
    for (size_t i = 1; i < c->n; i++) {
        const float *const v = sb_mat_row(x, row[i]);
        for (size_t j = 0; j < c->d; j++) {
            const double t = (double)v[j];
            c->low[j] = t < c->low[j] ? t : c->low[j];
            c->step[j] = t > c->step[j] ? t : c->step[j];
        }
    }
    for (size_t j = 0; j < c->d; j++) c->step[j] = (c->step[j] - c->low[j]) / 255;
}

/* Bytes of row i, and how far they are off. Sums of d products in float64 lose at most (d + 64) eps of the norms; the
 * float32 sums of sb_coarse_products run over wide / 32 + 8 terms one after another. */
static void pack_row(sb_coarse *c, const float *x, size_t i, double low_norm)
{
    double miss = 0, size = 0, norm = 0;
    for (size_t j = 0; j < c->d; j++) {
        const double v = (double)x[j], at = c->step[j] > 0 ? rint((v - c->low[j]) / c->step[j]) : 0;
        const double e = v - (c->low[j] + c->step[j] * at);
        c->q[i * c->wide + j] = (uint8_t)at;
        miss += e * e;
        size += at * at;
        norm += v * v;
    }
    c->miss[i] = sqrt(miss) + (double)(c->d + 64) * DBL_EPSILON * (sqrt(norm) + low_norm);
    c->size[i] = sqrt(size) * (double)(c->wide / STEP + 16) * (double)FLT_EPSILON;
}

sb_status sb_coarse_init(sb_coarse *c, sb_mat x, const uint32_t *row, size_t n, sb_ctx *cx)
{
    const size_t wide = (x.d + STEP - 1) / STEP * STEP;
    *c = (sb_coarse){.n = n,
                     .d = x.d,
                     .wide = wide,
                     .q = SB_NEW(cx->arena, n * wide, uint8_t),
                     .low = SB_NEW(cx->arena, x.d, double),
                     .step = SB_NEW(cx->arena, x.d, double),
                     .miss = SB_NEW(cx->arena, n, double),
                     .size = SB_NEW(cx->arena, n, double),
                     .v = SB_NEW(cx->arena, wide, float)};
    if (!c->q || !c->low || !c->step || !c->miss || !c->size || !c->v)
        SB_FAIL(cx->err, SB_ENOMEM, "bytes of %zu x %zu features", n, x.d);
    ranges(c, x, row);
    double low_norm = 0;
    for (size_t j = 0; j < x.d; j++) low_norm += c->low[j] * c->low[j];
    for (size_t i = 0; i < n; i++) pack_row(c, sb_mat_row(x, row[i]), i, sqrt(low_norm));
    return SB_OK;
}

static __m256 term(const uint8_t *q, const float *v, __m256 sum)
{
    const __m256i wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)q));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(wide), _mm256_loadu_ps(v), sum);
}

static double bytes_times(const uint8_t *q, const float *v, size_t wide)
{
    __m256 a = _mm256_setzero_ps(), b = a, c = a, e = a;
    for (size_t j = 0; j < wide; j += STEP) {
        a = term(q + j, v + j, a);
        b = term(q + j + LANES, v + j + LANES, b);
        c = term(q + j + 2 * LANES, v + j + 2 * LANES, c);
        e = term(q + j + 3 * LANES, v + j + 3 * LANES, e);
    }
    float lane[LANES];
    _mm256_storeu_ps(lane, _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, e)));
    double sum = 0;
    for (size_t k = 0; k < LANES; k++) sum += (double)lane[k];
    return sum;
}

/* Scaled so that the largest entry of v in float32 is 1: no overflow, and what underflows is below the slack. */
void sb_coarse_products(sb_coarse *c, const double *v, double *about, double *slack)
{
    double base = 0, norm = 0, top = 0, wide_norm = 0;
    for (size_t j = 0; j < c->d; j++) top = fmax(top, fabs(v[j] * c->step[j]));
    for (size_t j = 0; j < c->d; j++) {
        const double t = v[j] * c->step[j];
        base += v[j] * c->low[j];
        norm += v[j] * v[j];
        wide_norm += t * t;
        c->v[j] = top > 0 ? (float)(t / top) : 0;
    }
    norm = sqrt(norm);
    wide_norm = sqrt(wide_norm);
    for (size_t i = 0; i < c->n; i++) {
        about[i] = base + top * bytes_times(c->q + i * c->wide, c->v, c->wide);
        slack[i] = norm * c->miss[i] + wide_norm * c->size[i];
    }
}

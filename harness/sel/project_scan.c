/* The scan of the projection bound: 16 rows x 6 points in registers, compared before anything is stored. */
#include <immintrin.h>

#include "project.h"

enum { PANEL = SB_PROJECT_PANEL, GROUP = SB_PROJECT_GROUP };

/* Scores of one panel and g points to out (g x 16) when any is not below its row's threshold; returns whether. */
static inline __attribute__((always_inline)) int tile(const float *y, const float *z, const float *bias, size_t p,
                                                      const float *t, int g, float *out)
{
    __m256 a[GROUP], b[GROUP];
    for (int c = 0; c < g; c++) a[c] = b[c] = _mm256_broadcast_ss(bias + c);
    for (size_t j = 0; j < p; j++) {
        const __m256 y0 = _mm256_load_ps(y + j * PANEL), y1 = _mm256_load_ps(y + j * PANEL + 8);
        for (int c = 0; c < g; c++) {
            const __m256 zc = _mm256_broadcast_ss(z + j * GROUP + c);
            a[c] = _mm256_fmadd_ps(y0, zc, a[c]);
            b[c] = _mm256_fmadd_ps(y1, zc, b[c]);
        }
    }
    const __m256 t0 = _mm256_load_ps(t), t1 = _mm256_load_ps(t + 8);
    __m256 any = _mm256_setzero_ps();
    for (int c = 0; c < g; c++) {
        any = _mm256_or_ps(any, _mm256_cmp_ps(a[c], t0, _CMP_NLT_UQ));
        any = _mm256_or_ps(any, _mm256_cmp_ps(b[c], t1, _CMP_NLT_UQ));
    }
    if (!_mm256_movemask_ps(any)) return 0;
    for (int c = 0; c < g; c++) {
        _mm256_store_ps(out + c * PANEL, a[c]);
        _mm256_store_ps(out + c * PANEL + 8, b[c]);
    }
    return 1;
}

static int tile_of(const float *y, const float *z, const float *bias, size_t p, const float *t, size_t g, float *out)
{
    switch (g) {
    case 1: return tile(y, z, bias, p, t, 1, out);
    case 2: return tile(y, z, bias, p, t, 2, out);
    case 3: return tile(y, z, bias, p, t, 3, out);
    case 4: return tile(y, z, bias, p, t, 4, out);
    case 5: return tile(y, z, bias, p, t, 5, out);
    default: return tile(y, z, bias, p, t, 6, out);
    }
}

size_t sb_project_scan(const sb_project *p, const sb_points *z, size_t block, size_t group, size_t groups,
                       const float *t, sb_hit *hit)
{
    _Alignas(32) float score[GROUP * PANEL];
    const size_t first = block * SB_PROJECT_BLOCK;
    const size_t panels = first + SB_PROJECT_BLOCK <= p->x.n ? 4 : (p->x.n - first + PANEL - 1) / PANEL;
    size_t hits = 0;
    for (size_t q = group; q < group + groups; q++) {
        const size_t g = z->k - q * GROUP < GROUP ? z->k - q * GROUP : GROUP;
        for (size_t b = 0; b < panels; b++) {
            const size_t row = first + b * PANEL;
            if (!tile_of(p->y + row * p->p, z->z + q * GROUP * p->p, z->bias + q * GROUP, p->p, t + row, g, score))
                continue;
            for (size_t c = 0; c < g; c++) {
                const __m256 s0 = _mm256_load_ps(score + c * PANEL), s1 = _mm256_load_ps(score + c * PANEL + 8);
                const int low = _mm256_movemask_ps(_mm256_cmp_ps(s0, _mm256_load_ps(t + row), _CMP_NLT_UQ));
                const int high = _mm256_movemask_ps(_mm256_cmp_ps(s1, _mm256_load_ps(t + row + 8), _CMP_NLT_UQ));
                for (unsigned mask = (unsigned)low | (unsigned)high << 8; mask; mask &= mask - 1) {
                    const unsigned l = (unsigned)__builtin_ctz(mask);
                    hit[hits++] = (sb_hit){(uint32_t)(row + l), (uint32_t)(q * GROUP + c), score[c * PANEL + l]};
                }
            }
        }
    }
    return hits;
}

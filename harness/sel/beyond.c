/* All terms are squares, so the float32 sum s of d terms in 32 lanes is off by a relative error only: each difference
 * and its square by 3 u, each lane by d/32 + 1 additions, the lanes' sum by 5, u = FLT_EPSILON / 2; products that
 * underflow lose less than FLT_MIN in all. */
#include "beyond.h"

#include <float.h>
#include <immintrin.h>

enum { LANES = 8, CHAINS = 4 };

static float sum(const __m256 s[CHAINS])
{
    const __m256 v = _mm256_add_ps(_mm256_add_ps(s[0], s[1]), _mm256_add_ps(s[2], s[3]));
    const __m128 w = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 h = _mm_add_ps(w, _mm_movehl_ps(w, w));
    return _mm_cvtss_f32(_mm_add_ss(h, _mm_movehdup_ps(h)));
}

bool sb_beyond(const float *a, const float *b, size_t d, double limit)
{
    __m256 s[CHAINS] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    float rest = 0;
    size_t j = 0;
    for (; j + LANES * CHAINS <= d; j += LANES * CHAINS)
        for (size_t c = 0; c < CHAINS; c++) {
            const __m256 t = _mm256_sub_ps(_mm256_loadu_ps(a + j + c * LANES), _mm256_loadu_ps(b + j + c * LANES));
            s[c] = _mm256_fmadd_ps(t, t, s[c]);
        }
    for (; j < d; j++) {
        const float t = a[j] - b[j];
        rest += t * t;
    }
    const double total = (double)(sum(s) + rest), terms = (double)(d / (LANES * CHAINS)) + LANES * CHAINS;
    if (!(total <= (double)FLT_MAX)) return false; /* overflow says nothing */
    return (total - (double)FLT_MIN) * (1 - (terms + 16) * (double)FLT_EPSILON) > limit * (1 + 4 * (double)FLT_EPSILON);
}

/* AVX2 pieces of logit_pass.c: the kernels in both precisions and a vector exponential that is the same everywhere. */
#ifndef SB_LOGIT_VEC_H
#define SB_LOGIT_VEC_H

#include <immintrin.h>
#include <stddef.h>

static inline float lanes_sum_f32(__m256 v)
{
    const __m128 a = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 b = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}

static inline double lanes_sum_f64(__m256d v)
{
    const __m128d a = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}

/* e^x for x <= 0, lane by lane: x = k ln 2 + r, Taylor to r^7 (|r| <= 0.35: 5e-9 relative), 2^k into the exponent.
 * Below -87 the answer stays at e^-87. */
static inline __m256 exp_f32(__m256 x)
{
    x = _mm256_max_ps(x, _mm256_set1_ps(-87.0F));
    const __m256 k = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504F)),
                                     _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    /* ln 2 in two parts: the first has 10 bits, so k times it is exact */
    __m256 r = _mm256_fnmadd_ps(k, _mm256_set1_ps(0.693359375F), x);
    r = _mm256_fnmadd_ps(k, _mm256_set1_ps(-2.12194440e-4F), r);
    __m256 y = _mm256_set1_ps(1.0F / 5040);
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0F / 720));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0F / 120));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0F / 24));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.0F / 6));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(0.5F));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1));
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(k), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(y, _mm256_castsi256_ps(power));
}

#define REAL float
#define VEC __m256
#define LANES 8
#define V_LOAD(p) _mm256_loadu_ps(p)
#define V_STORE(p, v) _mm256_storeu_ps((p), (v))
#define V_FMA(a, b, c) _mm256_fmadd_ps((a), (b), (c))
#define V_SET1(p) _mm256_broadcast_ss(p)
#define V_ZERO() _mm256_setzero_ps()
#define V_FETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T1)
#define KERNEL(name) name##_f32
#include "logit_kernel.h"
#undef REAL
#undef VEC
#undef LANES
#undef V_LOAD
#undef V_STORE
#undef V_FMA
#undef V_SET1
#undef V_ZERO
#undef V_FETCH
#undef KERNEL

#define REAL double
#define VEC __m256d
#define LANES 4
#define V_LOAD(p) _mm256_loadu_pd(p)
#define V_STORE(p, v) _mm256_storeu_pd((p), (v))
#define V_FMA(a, b, c) _mm256_fmadd_pd((a), (b), (c))
#define V_SET1(p) _mm256_broadcast_sd(p)
#define V_ZERO() _mm256_setzero_pd()
#define V_FETCH(p) ((void)(p))
#define KERNEL(name) name##_f64
#include "logit_kernel.h"
#undef REAL
#undef VEC
#undef LANES
#undef V_LOAD
#undef V_STORE
#undef V_FMA
#undef V_SET1
#undef V_ZERO
#undef V_FETCH
#undef KERNEL

#endif

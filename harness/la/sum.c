/* Sums, dot products and distances in float64, each in one fixed order: eight running sums, added in a fixed tree. */
#include <immintrin.h>

#include "selbench/la.h"

enum { LANES = 8, LEAF = 128 };

static double tree(const double s[LANES]) { return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])); }

static double leaf_sum(const double *v, size_t n)
{
    double s[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) s[k] += v[i + k];
    for (size_t k = 0; i < n; i++, k++) s[k] += v[i];
    return tree(s);
}

double sb_sum(const double *v, size_t n)
{
    if (n <= LEAF) return leaf_sum(v, n);
    const size_t half = (n / 2 + LEAF - 1) / LEAF * LEAF;
    return sb_sum(v, half) + sb_sum(v + half, n - half);
}

double sb_dot_f32(const float *a, const float *b, size_t d)
{
    double s[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= d; j += LANES)
        for (size_t k = 0; k < LANES; k++) s[k] += (double)a[j + k] * (double)b[j + k];
    for (size_t k = 0; j < d; j++, k++) s[k] += (double)a[j] * (double)b[j];
    return tree(s);
}

/* Four lanes are widened from memory at a time: the plain loop is compiled to shuffles that cost a third of the speed.
 * The same additions in the same order as the loop of the tail. */
static __m256d sqdiff4(const float *a, const float *b)
{
    const __m256d t = _mm256_sub_pd(_mm256_cvtps_pd(_mm_loadu_ps(a)), _mm256_cvtps_pd(_mm_loadu_ps(b)));
    return _mm256_mul_pd(t, t);
}

double sb_sqdist_f32(const float *a, const float *b, size_t d)
{
    double s[LANES];
    __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
    size_t j = 0;
    for (; j + LANES <= d; j += LANES) {
        low = _mm256_add_pd(low, sqdiff4(a + j, b + j));
        high = _mm256_add_pd(high, sqdiff4(a + j + 4, b + j + 4));
    }
    _mm256_storeu_pd(s, low);
    _mm256_storeu_pd(s + 4, high);
    for (size_t k = 0; j < d; j++, k++) {
        const double t = (double)a[j] - (double)b[j];
        s[k] += t * t;
    }
    return tree(s);
}

void sb_row_sqnorms(sb_mat x, double *norm2)
{
    for (size_t i = 0; i < x.n; i++) norm2[i] = sb_dot_f32(sb_mat_row(x, i), sb_mat_row(x, i), x.d);
}

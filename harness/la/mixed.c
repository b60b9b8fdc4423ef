/* Products of float32 rows with a few float64 columns. A general matrix product is slow for so few columns and wants
 * the rows converted in memory; here four rows and up to twelve columns stay in registers. */
#include <immintrin.h>
#include <string.h>

#include "selbench/la.h"

enum { LANES = 4, ROWS = 4, WIDE = 12 };

typedef __m256d lanes; /* AVX2 and FMA are the project's base line; an explicit FMA is the same on every machine */

static const float *row_at(sb_mat x, const uint32_t *row, size_t i) { return sb_mat_row(x, row ? row[i] : i); }

static inline lanes all(const float *v) { return _mm256_cvtps_pd(_mm_broadcast_ss(v)); }
static inline lanes fma4(lanes a, lanes b, lanes c) { return _mm256_fmadd_pd(a, b, c); }

/* acc[r][v] += sum_j x_r[j] b_j[v]: b is d x (groups x LANES), packed. */
static inline __attribute__((always_inline)) void multiply(const float *const x[ROWS], size_t d, const lanes *b,
                                                           const size_t groups, lanes acc[ROWS][WIDE / LANES])
{
    for (size_t j = 0; j < d; j++)
        for (size_t r = 0; r < ROWS; r++) {
            const lanes v = all(x[r] + j);
            for (size_t g = 0; g < groups; g++) acc[r][g] = fma4(v, b[j * groups + g], acc[r][g]);
        }
}

/* g_j[v] += sum_r x_r[j] y_r[v]. */
static inline __attribute__((always_inline)) void gather(const float *const x[ROWS], size_t d, lanes *sum,
                                                         const size_t groups, lanes y[ROWS][WIDE / LANES])
{
    for (size_t j = 0; j < d; j++) {
        const lanes v0 = all(x[0] + j), v1 = all(x[1] + j), v2 = all(x[2] + j), v3 = all(x[3] + j);
        for (size_t g = 0; g < groups; g++) {
            const lanes a = fma4(v1, y[1][g], fma4(v0, y[0][g], sum[j * groups + g]));
            sum[j * groups + g] = fma4(v3, y[3][g], fma4(v2, y[2][g], a));
        }
    }
}

/* Up to WIDE columns of b (d x t, from column t0) as d x (groups x LANES), zeros beyond t. */
static void pack(const double *b, size_t d, size_t t, size_t t0, size_t groups, double *out)
{
    const size_t width = groups * LANES, k = t - t0 < width ? t - t0 : width;
    for (size_t j = 0; j < d; j++) memcpy(out + j * width, b + j * t + t0, k * sizeof *b);
}

static size_t groups_of(size_t t, size_t t0)
{
    const size_t left = t - t0;
    return left > 2 * LANES ? 3 : left > LANES ? 2 : 1;
}

/* Pointers to ROWS rows; missing ones repeat the last and are not used. */
static size_t four_rows(sb_mat x, const uint32_t *row, size_t i, size_t m, const float *at[ROWS])
{
    const size_t k = m - i < ROWS ? m - i : ROWS;
    for (size_t r = 0; r < ROWS; r++) at[r] = row_at(x, row, i + (r < k ? r : k - 1));
    return k;
}

sb_status sb_rows_times(sb_mat x, const uint32_t *row, size_t m, const double *b, size_t t, sb_ctx *cx, double *out)
{
    const size_t mark = sb_arena_mark(cx->arena);
    for (size_t t0 = 0; t0 < t; t0 += WIDE) {
        const size_t groups = groups_of(t, t0), width = groups * LANES, k = t - t0 < width ? t - t0 : width;
        double *packed = SB_NEW(cx->arena, x.d * width, double);
        if (!packed) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu coefficients", x.d, width);
        pack(b, x.d, t, t0, groups, packed);
        const lanes *bl = (const lanes *)(const void *)packed;
        for (size_t i = 0; i < m; i += ROWS) {
            const float *at[ROWS];
            lanes acc[ROWS][WIDE / LANES] = {{{0}}};
            const size_t rows = four_rows(x, row, i, m, at);
            if (groups == 3)
                multiply(at, x.d, bl, 3, acc);
            else if (groups == 2)
                multiply(at, x.d, bl, 2, acc);
            else
                multiply(at, x.d, bl, 1, acc);
            for (size_t r = 0; r < rows; r++) memcpy(out + (i + r) * t + t0, acc[r], k * sizeof *out);
        }
        sb_arena_rewind(cx->arena, mark);
    }
    return SB_OK;
}

sb_status sb_rows_cross(sb_mat x, const uint32_t *row, size_t m, const double *y, size_t t, sb_ctx *cx, double *g)
{
    const size_t mark = sb_arena_mark(cx->arena);
    for (size_t t0 = 0; t0 < t; t0 += WIDE) {
        const size_t groups = groups_of(t, t0), width = groups * LANES, k = t - t0 < width ? t - t0 : width;
        double *sum = SB_NEW(cx->arena, x.d * width, double);
        if (!sum) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu products", x.d, width);
        lanes *sl = (lanes *)(void *)sum;
        for (size_t i = 0; i < m; i += ROWS) {
            const float *at[ROWS];
            lanes yl[ROWS][WIDE / LANES] = {{{0}}}; /* zero for the rows that are missing */
            const size_t rows = four_rows(x, row, i, m, at);
            for (size_t r = 0; r < rows; r++) memcpy(yl[r], y + (i + r) * t + t0, k * sizeof *y);
            if (groups == 3)
                gather(at, x.d, sl, 3, yl);
            else if (groups == 2)
                gather(at, x.d, sl, 2, yl);
            else
                gather(at, x.d, sl, 1, yl);
        }
        for (size_t j = 0; j < x.d; j++)
            for (size_t q = 0; q < k; q++) g[j * t + t0 + q] += sum[j * width + q];
        sb_arena_rewind(cx->arena, mark);
    }
    return SB_OK;
}

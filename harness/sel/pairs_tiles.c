#include "pairs_tiles.h"

#include <immintrin.h>
#include <math.h>

#include "selbench/la.h"

/* SIDE rows make a panel: SIDE / LANES vectors of them and ROWS broadcasts keep 12 sums in registers. GROUP panels stay
 * in the second cache while others pass. */
enum { LANES = 8, WIDE = 3, SIDE = WIDE * LANES, ROWS = 4, GROUP = 8 };
static const double CLOSE = 0.5; /* measured again: |x - y| below CLOSE (|x|^2 + |y|^2) / radius */

typedef struct tiles {
    const sb_pairs *p;
    sb_similarity kind;
    size_t n, d, panels, part;
    float *x;                    /* panels of d x SIDE: a column of a panel's rows stands together */
    double *square, *root;       /* panels x SIDE: |x|^2 by the kernel, and 1 / |x| (0 for a zero row) */
    double scale, unit, radius2; /* distances: factor of a panel's values and its inverse; the largest square */
    float *s;
} tiles;

static inline void add(__m256 v, double *sum)
{
    const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(v));
    const __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
    _mm256_storeu_pd(sum, _mm256_add_pd(_mm256_loadu_pd(sum), low));
    _mm256_storeu_pd(sum + 4, _mm256_add_pd(_mm256_loadu_pd(sum + 4), high));
}

/* sum (ROWS x SIDE) += the products of ROWS rows of panel a with panel b over the columns of one part. The sums have
 * names, as an array of them would be written back to memory at every step. */
static void multiply(const float *a, const float *b, size_t part, double *sum)
{
    __m256 s00 = _mm256_setzero_ps(), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00;
    __m256 s20 = s00, s21 = s00, s22 = s00, s30 = s00, s31 = s00, s32 = s00;
    for (size_t k = 0; k < part; k++, a += SIDE, b += SIDE) {
        const __m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + LANES), b2 = _mm256_loadu_ps(b + 2 * LANES);
        __m256 v = _mm256_broadcast_ss(a);
        s00 = _mm256_fmadd_ps(v, b0, s00);
        s01 = _mm256_fmadd_ps(v, b1, s01);
        s02 = _mm256_fmadd_ps(v, b2, s02);
        v = _mm256_broadcast_ss(a + 1);
        s10 = _mm256_fmadd_ps(v, b0, s10);
        s11 = _mm256_fmadd_ps(v, b1, s11);
        s12 = _mm256_fmadd_ps(v, b2, s12);
        v = _mm256_broadcast_ss(a + 2);
        s20 = _mm256_fmadd_ps(v, b0, s20);
        s21 = _mm256_fmadd_ps(v, b1, s21);
        s22 = _mm256_fmadd_ps(v, b2, s22);
        v = _mm256_broadcast_ss(a + 3);
        s30 = _mm256_fmadd_ps(v, b0, s30);
        s31 = _mm256_fmadd_ps(v, b1, s31);
        s32 = _mm256_fmadd_ps(v, b2, s32);
    }
    const __m256 all[ROWS * WIDE] = {s00, s01, s02, s10, s11, s12, s20, s21, s22, s30, s31, s32};
    for (size_t v = 0; v < ROWS * WIDE; v++) add(all[v], sum + v * LANES);
}

static void products(const tiles *t, size_t pi, size_t pj, double sum[SIDE * SIDE])
{
    const float *const a = t->x + pi * t->d * SIDE, *const b = t->x + pj * t->d * SIDE;
    for (size_t k = 0; k < SIDE * SIDE; k++) sum[k] = 0;
    for (size_t k = 0; k < t->d; k += t->part) {
        const size_t part = t->d - k < t->part ? t->d - k : t->part;
        for (size_t r = 0; r < SIDE; r += ROWS) multiply(a + k * SIDE + r, b + k * SIDE, part, sum + r * SIDE);
    }
}

static void cosines(const tiles *t, size_t i, const double *product, const double *root, float *out)
{
    for (size_t c = 0; c < SIDE; c++) { /* 1 +- 3 eps of equal rows rounds to 1 */
        const float v = (float)(0.5 + 0.5 * (product[c] * (t->root[i] * root[c])));
        out[c] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
}

/* Squares in the panels' unit; what lies too close is measured between the rows as they are. */
static void distances(const tiles *t, size_t i, size_t j0, double *product, float *out)
{
    const double own = t->square[i], *const square = t->square + j0;
    const double close = CLOSE * CLOSE / (t->radius2 > 0 ? t->radius2 : 1);
    double room[SIDE];
    int near = 0;
    for (size_t c = 0; c < SIDE; c++) {
        const double size = own + square[c];
        product[c] = size - 2 * product[c];
        room[c] = product[c] - close * size * size;
        near |= room[c] < 0;
    }
    for (size_t c = 0; near && t->kind == SB_SIMILARITY_DISTANCE && c < SIDE && j0 + c < t->n; c++) {
        if (room[c] >= 0) continue;
        const sb_pairs *const p = t->p;
        product[c] =
            t->scale * t->scale * sb_sqdist_f32(sb_mat_row(p->x, p->row[i]), sb_mat_row(p->x, p->row[j0 + c]), t->d);
    }
    for (size_t c = 0; c < SIDE; c++) product[c] = product[c] > 0 ? product[c] : 0;
    if (t->kind == SB_SIMILARITY_DISTANCE)
        for (size_t c = 0; c < SIDE; c++) out[c] = (float)(t->unit * (double)sqrtf((float)product[c]));
    else
        for (size_t c = 0; c < SIDE; c++) out[c] = (float)(t->unit * t->unit * product[c]);
}

/* The tile of panels pi and pj, and its mirror image. */
static void tile(const tiles *t, size_t pi, size_t pj)
{
    double sum[SIDE * SIDE];
    float out[SIDE * SIDE];
    const size_t i0 = pi * SIDE, j0 = pj * SIDE, n = t->n;
    const size_t rows = n - i0 < SIDE ? n - i0 : SIDE, cols = n - j0 < SIDE ? n - j0 : SIDE;
    products(t, pi, pj, sum);
    for (size_t r = 0; r < rows; r++) {
        if (t->kind == SB_SIMILARITY_COSINE)
            cosines(t, i0 + r, sum + r * SIDE, t->root + j0, out + r * SIDE);
        else
            distances(t, i0 + r, j0, sum + r * SIDE, out + r * SIDE);
        for (size_t c = 0; c < cols; c++) t->s[(i0 + r) * n + j0 + c] = out[r * SIDE + c];
    }
    for (size_t c = 0; c < cols; c++)
        for (size_t r = 0; r < rows; r++) t->s[(j0 + c) * n + i0 + r] = out[r * SIDE + c];
}

/* The power of two that brings a row of this norm to 1..2: exact, and float32 products stay in range. */
static double scale_of(double square) { return square > 0 ? ldexp(1, -ilogb(sqrt(square))) : 0; }

/* Member i to its place: (x - mean) scale. Returns its square. */
static double place(const tiles *t, size_t i, const double *mean, double scale)
{
    const float *const x = sb_mat_row(t->p->x, t->p->row[i]);
    float *const to = t->x + i / SIDE * t->d * SIDE + i % SIDE;
    double square = 0;
    for (size_t k = 0; k < t->d; k++) {
        const double v = ((double)x[k] - mean[k]) * scale;
        to[k * SIDE] = (float)v;
        square += v * v;
    }
    return square;
}

/* Cosines: every row with a scale of its own; distances: all centred, with one scale. */
static sb_status fill(tiles *t, sb_ctx *cx)
{
    const sb_pairs *const p = t->p;
    double *mean = SB_NEW(cx->arena, t->d, double);
    if (!mean) SB_FAIL(cx->err, SB_ENOMEM, "mean of %zu features", t->d);
    if (t->kind == SB_SIMILARITY_COSINE) {
        for (size_t i = 0; i < t->n; i++) (void)place(t, i, mean, scale_of(p->square[i]));
        return SB_OK;
    }
    double most = 0;
    sb_col_moments(p->x, &(sb_subset){.m = t->n, .row = p->row}, mean, NULL);
    for (size_t i = 0; i < t->n; i++) {
        const float *const x = sb_mat_row(p->x, p->row[i]);
        double square = 0;
        for (size_t k = 0; k < t->d; k++) square += ((double)x[k] - mean[k]) * ((double)x[k] - mean[k]);
        most = fmax(most, square);
    }
    t->scale = scale_of(most);
    t->unit = t->scale > 0 ? 1 / t->scale : 0;
    for (size_t i = 0; i < t->n; i++) t->radius2 = fmax(t->radius2, place(t, i, mean, t->scale));
    return SB_OK;
}

sb_status sb_pairs_tiles(const sb_pairs *p, sb_similarity kind, sb_ctx *cx, float *s)
{
    const size_t mark = sb_arena_mark(cx->arena), panels = (p->n + SIDE - 1) / SIDE, d = p->x.d;
    tiles t = {.p = p,
               .kind = kind,
               .n = p->n,
               .d = d,
               .panels = panels,
               .part = (size_t)ceil(2 * sqrt((double)d)),
               .x = SB_NEW(cx->arena, panels * SIDE * d, float),
               .square = SB_NEW(cx->arena, panels * SIDE, double),
               .root = SB_NEW(cx->arena, panels * SIDE, double),
               .s = s};
    if (!t.x || !t.square || !t.root) SB_FAIL(cx->err, SB_ENOMEM, "panels of %zu x %zu features", p->n, d);
    SB_TRY(fill(&t, cx));
    for (size_t k = 0; k < panels; k++) {
        double sum[SIDE * SIDE];
        products(&t, k, k, sum);
        for (size_t r = 0; r < SIDE; r++) {
            const double square = t.square[k * SIDE + r] = sum[r * SIDE + r];
            t.root[k * SIDE + r] = square > 0 ? 1 / sqrt(square) : 0;
        }
    }
    for (size_t first = 0; first < panels; first += GROUP)
        for (size_t j = 0; j < panels && j < first + GROUP; j++)
            for (size_t i = first > j ? first : j; i < panels && i < first + GROUP; i++) tile(&t, i, j);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

#include "selbench/pairs.h"

#include <immintrin.h>
#include <math.h>

#include "pairs_tiles.h"
#include "selbench/la.h"

enum { BLOCK = 256 };

const char *const sb_space_words[] = {"features", "gradients", NULL};

static double one(const sb_pairs *p) { return p->a ? 1 : 0; }

/* a_i . a_j, in the order in which all products here are added. */
static double factor(const sb_pairs *p, size_t i, size_t j)
{
    double s = 0;
    for (size_t k = 0; k < p->q; k++) s = fma(p->a[i * p->q + k], p->a[j * p->q + k], s);
    return p->a ? s : 1;
}

static __m256d four(const float *x, const double *v, __m256d sum)
{
    return _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(x)), _mm256_loadu_pd(v), sum);
}

/* x . v in one order of additions, so that squares are the products of equal rows, bit for bit. */
static double dot(const float *x, const double *v, size_t d)
{
    __m256d a = _mm256_setzero_pd(), b = a, c = a, e = a;
    double lane[4];
    size_t j = 0;
    for (; j + 16 <= d; j += 16) {
        a = four(x + j, v + j, a);
        b = four(x + j + 4, v + j + 4, b);
        c = four(x + j + 8, v + j + 8, c);
        e = four(x + j + 12, v + j + 12, e);
    }
    _mm256_storeu_pd(lane, _mm256_add_pd(_mm256_add_pd(a, b), _mm256_add_pd(c, e)));
    double sum = (lane[0] + lane[2]) + (lane[1] + lane[3]);
    for (; j < d; j++) sum = fma((double)x[j], v[j], sum);
    return sum;
}

static void widen(const float *x, size_t d, double *v)
{
    for (size_t j = 0; j < d; j++) v[j] = (double)x[j];
}

sb_status sb_pairs_make(const sb_task *task, sb_space space, const uint32_t *row, size_t n, sb_ctx *cx, sb_pairs *out)
{
    *out = (sb_pairs){.x = task->x, .row = row, .n = n, .square = SB_NEW(cx->arena, n, double)};
    if (!out->square) SB_FAIL(cx->err, SB_ENOMEM, "norms of %zu rows", n);
    if (space == SB_SPACE_GRADIENTS) {
        out->q = task->kind == SB_CLASSIFICATION ? task->c : task->t;
        out->a = SB_NEW(cx->arena, n * out->q, double);
        if (!out->a) SB_FAIL(cx->err, SB_ENOMEM, "gradients of %zu rows with %zu outputs", n, out->q);
        SB_TRY(sb_task_residual(task, row, n, cx, out->a));
    }
    const size_t mark = sb_arena_mark(cx->arena), d = task->x.d;
    double *v = SB_NEW(cx->arena, d, double);
    if (!v) SB_FAIL(cx->err, SB_ENOMEM, "row of %zu features", d);
    for (size_t i = 0; i < n; i++) {
        const float *const x = sb_mat_row(task->x, row[i]);
        widen(x, d, v);
        out->square[i] = (dot(x, v, d) + one(out)) * factor(out, i, i);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_pairs_products(const sb_pairs *p, size_t j, sb_ctx *cx, double *out)
{
    const size_t mark = sb_arena_mark(cx->arena), d = p->x.d;
    double *v = SB_NEW(cx->arena, d, double);
    if (!v) SB_FAIL(cx->err, SB_ENOMEM, "row of %zu features", d);
    widen(sb_mat_row(p->x, p->row[j]), d, v);
    for (size_t i = 0; i < p->n; i++) out[i] = (dot(sb_mat_row(p->x, p->row[i]), v, d) + one(p)) * factor(p, i, j);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* The root of a product of squares is the square itself for equal members: their cosine is exactly 1. */
static double cosine(const sb_pairs *p, size_t i, size_t j, double product)
{
    if (!(p->square[i] > 0 && p->square[j] > 0)) return 0;
    const double c = product / sqrt(p->square[i] * p->square[j]);
    return i == j || c > 1 ? 1 : c < -1 ? -1 : c;
}

sb_status sb_pairs_cosines(const sb_pairs *p, size_t j, sb_ctx *cx, double *out)
{
    SB_TRY(sb_pairs_products(p, j, cx, out));
    for (size_t i = 0; i < p->n; i++) out[i] = cosine(p, i, j, out[i]);
    return SB_OK;
}

sb_status sb_pairs_cosine_sums(const sb_pairs *p, sb_ctx *cx, double *out)
{
    const size_t mark = sb_arena_mark(cx->arena), d = p->x.d, q = p->a ? p->q : 1;
    double *unit = SB_NEW(cx->arena, p->n * q, double), *sum = SB_NEW(cx->arena, d * q, double);
    double *at = SB_NEW(cx->arena, p->n * q, double), *bias = SB_NEW(cx->arena, q, double);
    if (!unit || !sum || !at || !bias) SB_FAIL(cx->err, SB_ENOMEM, "sum of %zu unit gradients", p->n);
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < q && p->square[i] > 0; k++) {
            unit[i * q + k] = (p->a ? p->a[i * q + k] : 1) / sqrt(p->square[i]);
            bias[k] += one(p) * unit[i * q + k];
        }
    SB_TRY(sb_rows_cross(p->x, p->row, p->n, unit, q, cx, sum));
    SB_TRY(sb_rows_times(p->x, p->row, p->n, sum, q, cx, at));
    for (size_t i = 0; i < p->n; i++) {
        out[i] = 0;
        for (size_t k = 0; k < q; k++) out[i] += unit[i * q + k] * (at[i * q + k] + bias[k]);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* From the products x_i . x_j of row i with rows 0..i to the similarities of the lower triangle. */
static void fill_row(const sb_pairs *p, sb_similarity kind, size_t i, double *restrict product, float *restrict s)
{
    for (size_t j = 0; j <= i; j++) product[j] = (product[j] + 1) * factor(p, i, j);
    if (kind == SB_SIMILARITY_COSINE) {
        for (size_t j = 0; j <= i; j++) s[j] = (float)(0.5 + 0.5 * cosine(p, i, j, product[j]));
        return;
    }
    const double *const square = p->square, own = square[i];
    for (size_t j = 0; j < i; j++) { /* products of equal rows cancel to rounding: 0 */
        const double size = own + square[j], d = size - 2 * product[j];
        product[j] = d <= 0x1p-46 * size ? 0 : d;
    }
    if (kind == SB_SIMILARITY_DISTANCE)
        for (size_t j = 0; j < i; j++) s[j] = (float)sqrt(product[j]);
    else
        for (size_t j = 0; j < i; j++) s[j] = (float)product[j];
    s[i] = 0;
}

static float largest(const float *s, size_t n)
{
    __m256 top = _mm256_setzero_ps();
    float lane[8], most = 0;
    size_t j = 0;
    for (; j + 8 <= n; j += 8) top = _mm256_max_ps(top, _mm256_loadu_ps(s + j));
    _mm256_storeu_ps(lane, top);
    for (size_t k = 0; k < 8; k++) most = fmaxf(most, lane[k]);
    for (; j < n; j++) most = fmaxf(most, s[j]);
    return most;
}

/* The upper triangle from the lower one, tile by tile. */
static void mirror(float *s, size_t n)
{
    enum { TILE = 32 };
    for (size_t i0 = 0; i0 < n; i0 += TILE)
        for (size_t j0 = i0; j0 < n; j0 += TILE)
            for (size_t i = i0; i < n && i < i0 + TILE; i++)
                for (size_t j = j0 > i ? j0 : i; j < n && j < j0 + TILE; j++) s[i * n + j] = s[j * n + i];
}

/* The lower triangle for gradients: a product of large factors cancels, so it is float64 throughout. */
static sb_status gradient_rows(const sb_pairs *p, sb_similarity kind, sb_ctx *cx, float *s)
{
    const size_t mark = sb_arena_mark(cx->arena), n = p->n, d = p->x.d;
    double *wide = SB_NEW(cx->arena, n * d, double), *product = SB_NEW(cx->arena, (n < BLOCK ? n : BLOCK) * n, double);
    if (!wide || !product) SB_FAIL(cx->err, SB_ENOMEM, "float64 copy of %zu x %zu features", n, d);
    for (size_t i = 0; i < n; i++) widen(sb_mat_row(p->x, p->row[i]), d, wide + i * d);
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t end = n - i < BLOCK ? n : i + BLOCK;
        sb_dgemm(false, true, end - i, end, d, 1, wide + i * d, d, wide, d, 0, product, n);
        for (size_t k = i; k < end; k++) fill_row(p, kind, k, product + (k - i) * n, s + k * n);
    }
    mirror(s, n);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_pairs_matrix(const sb_pairs *p, sb_similarity kind, sb_ctx *cx, float *s, double *top)
{
    float most = 0;
    SB_TRY(p->a ? gradient_rows(p, kind, cx, s) : sb_pairs_tiles(p, kind, cx, s));
    if (kind != SB_SIMILARITY_COSINE) {
        for (size_t i = 0; i < p->n; i++) most = fmaxf(most, largest(s + i * p->n, i)); /* the other half is the same */
        for (size_t k = 0; k < p->n * p->n; k++) s[k] = most - s[k];
    }
    if (top) *top = (double)most;
    return SB_OK;
}

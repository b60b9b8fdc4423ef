/* Gram matrices of weighted rows. A block of rows is used in place when it needs no weights and no gathering. */
#include <float.h>
#include <math.h>

#include "selbench/la.h"

enum { BLOCK32 = 2048, BLOCK64 = 512 };

static size_t row_of(const sb_subset *s, size_t i) { return s && s->row ? s->row[i] : i; }
static double weight_of(const sb_subset *s, size_t i) { return s && s->weight ? s->weight[i] : 1.0; }

/* Last row of G: sum w x (d values), then sum w. Blocks are summed apart, then added. */
static sb_status ones_row(sb_mat x, const sb_subset *s, size_t m, sb_ctx *cx, double *last)
{
    double *part = SB_NEW(cx->arena, x.d + 1, double);
    if (!part) SB_FAIL(cx->err, SB_ENOMEM, "sums of %zu columns", x.d);
    for (size_t i0 = 0; i0 < m; i0 += BLOCK64) {
        const size_t end = m - i0 < BLOCK64 ? m : i0 + BLOCK64;
        for (size_t j = 0; j <= x.d; j++) part[j] = 0;
        for (size_t i = i0; i < end; i++) {
            const float *row = sb_mat_row(x, row_of(s, i));
            const double w = weight_of(s, i);
            for (size_t j = 0; j < x.d; j++) part[j] += w * (double)row[j];
            part[x.d] += w;
        }
        for (size_t j = 0; j <= x.d; j++) last[j] += part[j];
    }
    return SB_OK;
}

static void mirror(double *g, size_t dd) { sb_symmetrise(g, dd, dd); }

/* Whether the squares stayed well inside the range of float32: the diagonal is finite, and where it is small the column
 * is really zero. */
static bool in_range(sb_mat x, const sb_subset *s, size_t m, const double *g, size_t dd)
{
    for (size_t j = 0; j < x.d; j++) {
        const double diagonal = g[j * dd + j];
        if (!(diagonal <= (double)FLT_MAX)) return false;
        if (diagonal > 1e-20 * (double)m) continue;
        for (size_t i = 0; i < m; i++)
            if (sb_mat_row(x, row_of(s, i))[j] != 0 && weight_of(s, i) > 0) return false;
    }
    return true;
}

static void gather32(sb_mat x, const sb_subset *s, size_t i0, size_t rows, float *out)
{
    for (size_t i = 0; i < rows; i++) {
        const float *row = sb_mat_row(x, row_of(s, i0 + i)), w = (float)sqrt(weight_of(s, i0 + i));
        for (size_t j = 0; j < x.d; j++) out[i * x.d + j] = w * row[j];
    }
}

static sb_status gram32(sb_mat x, const sb_subset *s, size_t m, size_t dd, sb_ctx *cx, double *g)
{
    const size_t d = x.d;
    const bool in_place = !s || (!s->row && !s->weight);
    float *part = SB_NEW(cx->arena, d * d, float);
    float *rows = in_place ? NULL : SB_NEW(cx->arena, (m < BLOCK32 ? m : BLOCK32) * d, float);
    if (!part || (!rows && !in_place)) SB_FAIL(cx->err, SB_ENOMEM, "blocks of a %zu x %zu Gram matrix", d, d);
    for (size_t i0 = 0; i0 < m; i0 += BLOCK32) {
        const size_t k = m - i0 < BLOCK32 ? m - i0 : BLOCK32;
        if (!in_place) gather32(x, s, i0, k, rows);
        sb_ssyrk(d, k, 1, in_place ? sb_mat_row(x, i0) : rows, in_place ? x.ld : d, 0, part, d);
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b <= a; b++) g[a * dd + b] += (double)part[a * d + b];
    }
    return SB_OK;
}

sb_status sb_gram(sb_mat x, const sb_subset *s, bool ones, sb_ctx *cx, double *g)
{
    const size_t m = s ? s->m : x.n, dd = x.d + ones, mark = sb_arena_mark(cx->arena);
    for (size_t i = 0; i < dd * dd; i++) g[i] = 0;
    if (x.d && m) SB_TRY(gram32(x, s, m, dd, cx, g));
    const bool usable = in_range(x, s, m, g, dd);
    if (usable && ones) SB_TRY(ones_row(x, s, m, cx, g + x.d * dd));
    sb_arena_rewind(cx->arena, mark);
    if (!usable) return sb_gram_f64(x, s, ones, cx, g);
    mirror(g, dd);
    return SB_OK;
}

sb_status sb_gram_f64(sb_mat x, const sb_subset *s, bool ones, sb_ctx *cx, double *g)
{
    const size_t d = x.d, m = s ? s->m : x.n, dd = d + ones, mark = sb_arena_mark(cx->arena);
    for (size_t i = 0; i < dd * dd; i++) g[i] = 0;
    double *rows = SB_NEW(cx->arena, BLOCK64 * dd, double);
    if (!rows) SB_FAIL(cx->err, SB_ENOMEM, "blocks of a %zu x %zu Gram matrix", dd, dd);
    for (size_t i0 = 0; i0 < m; i0 += BLOCK64) {
        const size_t k = m - i0 < BLOCK64 ? m - i0 : BLOCK64;
        for (size_t i = 0; i < k; i++) {
            const float *row = sb_mat_row(x, row_of(s, i0 + i));
            const double w = sqrt(weight_of(s, i0 + i));
            for (size_t j = 0; j < d; j++) rows[i * dd + j] = w * (double)row[j];
            if (ones) rows[i * dd + d] = w;
        }
        sb_dsyrk(dd, k, 1, rows, dd, 1, g, dd);
    }
    sb_arena_rewind(cx->arena, mark);
    mirror(g, dd);
    return SB_OK;
}

sb_status sb_gram_rows(sb_mat x, sb_ctx *cx, double *g)
{
    const size_t mark = sb_arena_mark(cx->arena);
    float *t = SB_NEW(cx->arena, x.n * x.d, float); /* X': its Gram matrix of columns is wanted */
    if (!t) SB_FAIL(cx->err, SB_ENOMEM, "transpose of %zu x %zu features", x.n, x.d);
    for (size_t i = 0; i < x.n; i++)
        for (size_t j = 0; j < x.d; j++) t[j * x.n + i] = sb_mat_row(x, i)[j];
    SB_TRY(sb_gram_f64((sb_mat){t, x.d, x.n, x.n}, NULL, false, cx, g));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Least squares by QR with column pivoting, and the R factor of many rows by QR of stacked blocks. */
#include <math.h>
#include <string.h>

#include "lapack.h"
#include "selbench/la.h"

enum { BLOCK = 1024 };

/* out (n x m) = a' for a m x n, in tiles that stay in cache. */
static void transpose(const double *a, size_t m, size_t n, double *out)
{
    enum { T = 16 };
    for (size_t i0 = 0; i0 < m; i0 += T)
        for (size_t j0 = 0; j0 < n; j0 += T)
            for (size_t i = i0; i < m && i < i0 + T; i++)
                for (size_t j = j0; j < n && j < j0 + T; j++) out[j * m + i] = a[i * n + j];
}

/* The unknowns z with A P' = Q [T 0; 0 0] Z: the first r of Q'Y solved with T, zeros below, then Z'. R is upper
 * triangular column-major (lower row-major) with row distance m; c is q rows of ldc. */
static sb_status solve_rank(double *f, size_t m, size_t d, size_t r, double *c, size_t ldc, size_t q, sb_ctx *cx)
{
    double *tau = SB_NEW(cx->arena, r, double);
    if (!tau) SB_FAIL(cx->err, SB_ENOMEM, "reflectors of a complete orthogonal factorisation");
    if (r < d) SB_TRY(sb_lapack_tzrzf(r, d, f, m, tau, cx));
    /* column-major T z = c is row-major z' T' = c' with T' lower */
    sb_dtrsm_right(false, q, r, f, m, c, ldc);
    for (size_t k = 0; k < q; k++)
        for (size_t j = r; j < d; j++) c[k * ldc + j] = 0;
    if (r < d) SB_TRY(sb_lapack_ormrz(d, q, r, f, m, tau, c, cx));
    return SB_OK;
}

static sb_status lstsq(const double *a, size_t m, size_t d, const double *y, size_t q, double rcond, double *b,
                       size_t *rank, sb_ctx *cx)
{
    const size_t k = m < d ? m : d;
    double *f = SB_NEW(cx->arena, m * d, double), *c = SB_NEW(cx->arena, m * q, double);
    double *z = SB_NEW(cx->arena, d * q, double), *tau = SB_NEW(cx->arena, k, double);
    int *pivot = SB_NEW(cx->arena, d, int);
    if (!f || !c || !z || !tau || !pivot) SB_FAIL(cx->err, SB_ENOMEM, "copy of a %zu x %zu matrix", m, d);
    transpose(a, m, d, f);
    transpose(y, m, q, c);
    SB_TRY(sb_lapack_geqp3(m, d, f, pivot, tau, cx));
    size_t r = 0;
    while (r < k && fabs(f[r * m + r]) > rcond * fabs(f[0])) r++;
    if (rank) *rank = r;
    if (r) {
        SB_TRY(sb_lapack_ormqr(m, q, k, f, tau, c, cx));
        for (size_t j = 0; j < q; j++) memcpy(z + j * d, c + j * m, r * sizeof *z);
        SB_TRY(solve_rank(f, m, d, r, z, d, q, cx));
    }
    for (size_t j = 0; j < d; j++)
        for (size_t t = 0; t < q; t++) b[((size_t)pivot[j] - 1) * q + t] = z[t * d + j];
    return SB_OK;
}

sb_status sb_lstsq(double *a, size_t m, size_t d, double *y, size_t q, double rcond, double *b, size_t *rank,
                   sb_ctx *cx)
{
    if (rank) *rank = 0;
    for (size_t i = 0; i < d * q; i++) b[i] = 0;
    if (!m || !d || !q) return SB_OK;
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(lstsq(a, m, d, y, q, rcond, b, rank, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_qr_add(double *r, size_t dd, const double *rows, size_t k, sb_ctx *cx)
{
    if (!dd || !k) return SB_OK;
    const size_t ld = dd + k, mark = sb_arena_mark(cx->arena);
    double *f = SB_NEW(cx->arena, ld * dd, double);
    if (!f) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu block of a QR factorisation", ld, dd);
    for (size_t i = 0; i < dd; i++)
        for (size_t j = i; j < dd; j++) f[j * ld + i] = r[i * dd + j];
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < dd; j++) f[j * ld + dd + i] = rows[i * dd + j];
    SB_TRY(sb_lapack_geqrf(ld, dd, f, ld, cx));
    for (size_t i = 0; i < dd; i++)
        for (size_t j = i; j < dd; j++) r[i * dd + j] = f[j * ld + i];
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_qr_r(sb_mat x, const sb_subset *s, bool ones, sb_ctx *cx, double *r)
{
    const size_t m = s ? s->m : x.n, dd = x.d + ones, block = dd > BLOCK ? dd : BLOCK;
    const size_t mark = sb_arena_mark(cx->arena);
    for (size_t i = 0; i < dd * dd; i++) r[i] = 0;
    double *rows = SB_NEW(cx->arena, (m < block ? m : block) * dd, double);
    if (!rows) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu block of a QR factorisation", block, dd);
    for (size_t i0 = 0; i0 < m; i0 += block) {
        const size_t k = m - i0 < block ? m - i0 : block;
        for (size_t i = 0; i < k; i++) {
            const float *row = sb_mat_row(x, s && s->row ? s->row[i0 + i] : i0 + i);
            const double w = s && s->weight ? sqrt(s->weight[i0 + i]) : 1.0;
            for (size_t j = 0; j < x.d; j++) rows[i * dd + j] = w * (double)row[j];
            if (ones) rows[i * dd + x.d] = w;
        }
        SB_TRY(sb_qr_add(r, dd, rows, k, cx));
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

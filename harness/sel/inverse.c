#include "selbench/inverse.h"

#include <math.h>
#include <string.h>

#include "selbench/la.h"

enum { BLOCK = 512, OLD = 200 };
/* Differences of numbers that were 1e6 times larger keep ten digits. */
static const double FALL = 1e-6;

static size_t row_of(const sb_inverse *e, size_t k) { return e->active ? e->active[k] : k; }

sb_status sb_information(sb_mat x, const uint32_t *row, size_t m, double lambda, sb_ctx *cx, double *g)
{
    const sb_subset s = {.m = m, .row = row};
    if (m)
        SB_TRY(sb_gram_f64(x, row ? &s : NULL, false, cx, g));
    else
        memset(g, 0, x.d * x.d * sizeof *g);
    for (size_t j = 0; j < x.d; j++) g[j * x.d + j] += lambda;
    return SB_OK;
}

sb_status sb_inverse_init(sb_inverse *e, sb_mat x, const double *m, const double *b, bool shrinks, sb_ctx *cx)
{
    const size_t n = x.n, d = x.d;
    *e = (sb_inverse){.x = x, .count = n, .b = b};
    e->m = SB_NEW(cx->arena, d * d, double);
    e->p = SB_NEW(cx->arena, d * d, double);
    e->h = SB_NEW(cx->arena, n, double);
    e->s = SB_NEW(cx->arena, n, double);
    e->work = SB_NEW(cx->arena, 2 * n + 6 * d, double);
    if (shrinks) e->active = SB_NEW(cx->arena, n, uint32_t);
    if (!e->m || !e->p || !e->h || !e->s || !e->work || (shrinks && !e->active))
        SB_FAIL(cx->err, SB_ENOMEM, "inverse of a %zu x %zu moment matrix of %zu rows", d, d, n);
    for (uint32_t i = 0; shrinks && i < n; i++) e->active[i] = i;
    memcpy(e->m, m, d * d * sizeof *m);
    return sb_inverse_refresh(e, cx);
}

static double dot(const double *a, const double *b, size_t d)
{
    double s[4] = {0};
    for (size_t j = 0; j < d; j++) s[j % 4] += a[j] * b[j];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

/* P = M^{-1} by Cholesky, symmetric to the bit. */
static sb_status invert(sb_inverse *e, sb_ctx *cx)
{
    const size_t d = e->x.d;
    double *l = SB_NEW(cx->arena, d * d, double);
    if (!l) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Cholesky factor", d, d);
    memcpy(l, e->m, d * d * sizeof *l);
    SB_TRY(sb_chol(l, d, cx));
    for (size_t i = 0; i < d * d; i++) e->p[i] = i % (d + 1) == 0;
    sb_chol_solve(l, d, e->p, d);
    sb_symmetrise(e->p, d, d);
    return SB_OK;
}

static void find_top(sb_inverse *e)
{
    const double *const v = e->b ? e->s : e->h;
    e->top = 0;
    for (size_t k = 0; k < e->count; k++) e->top = fmax(e->top, v[k]);
}

sb_status sb_inverse_refresh(sb_inverse *e, sb_ctx *cx)
{
    const size_t d = e->x.d, mark = sb_arena_mark(cx->arena);
    SB_TRY(invert(e, cx));
    double *block = SB_NEW(cx->arena, BLOCK * d, double), *y = SB_NEW(cx->arena, BLOCK * d, double);
    if (!block || !y) SB_FAIL(cx->err, SB_ENOMEM, "block of %d x %zu rows", BLOCK, d);
    for (size_t k0 = 0; k0 < e->count; k0 += BLOCK) {
        const size_t q = e->count - k0 < BLOCK ? e->count - k0 : BLOCK;
        for (size_t k = 0; k < q; k++) {
            const float *const x = sb_mat_row(e->x, row_of(e, k0 + k));
            for (size_t j = 0; j < d; j++) block[k * d + j] = (double)x[j];
        }
        sb_dgemm(false, false, q, d, d, 1, block, d, e->p, d, 0, y, d);
        for (size_t k = 0; k < q; k++) e->h[k0 + k] = fmax(0, dot(block + k * d, y + k * d, d));
        if (!e->b) continue;
        sb_dgemm(false, false, q, d, d, 1, y, d, e->b, d, 0, block, d);
        for (size_t k = 0; k < q; k++) e->s[k0 + k] = fmax(0, dot(block + k * d, y + k * d, d));
    }
    e->updates = 0;
    find_top(e);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static void times(const double *a, const double *v, size_t d, double *out)
{
    for (size_t i = 0; i < d; i++) out[i] = dot(a + i * d, v, d);
}

/* With u = P x and b = P B u:  P' = P - sign u u' / q,  q = 1 + sign x'u;
 * P'BP' = PBP - sign (u b' + b u') / q + (u'Bu) u u' / q^2. */
sb_status sb_inverse_change(sb_inverse *e, size_t k, int sign, sb_ctx *cx)
{
    const size_t d = e->x.d, t = e->b ? 2 : 1;
    const float *const row = sb_mat_row(e->x, row_of(e, k));
    double *const x = e->work, *const u = x + d, *const bu = u + d, *const w = bu + d, *const uw = w + d;
    double *const product = uw + 2 * d;
    for (size_t j = 0; j < d; j++) x[j] = (double)row[j];
    times(e->p, x, d, u);
    const double q = 1 + sign * dot(x, u, d);
    if (!(q > 1e-12)) SB_FAIL(cx->err, SB_EARG, "without row %zu the moment matrix is singular", row_of(e, k));
    double metric = 0;
    if (e->b) {
        times(e->b, u, d, bu);
        metric = dot(u, bu, d);
        times(e->p, bu, d, w);
    }
    for (size_t j = 0; j < d; j++) {
        uw[j * t] = u[j];
        if (e->b) uw[j * t + 1] = w[j];
    }
    SB_TRY(sb_rows_times(e->x, e->active, e->count, uw, t, cx, product));
    double top = 0;
    for (size_t i = 0; i < e->count; i++) {
        const double a = product[i * t];
        e->h[i] = fmax(0, e->h[i] - sign * a * a / q);
        if (e->b) e->s[i] = fmax(0, e->s[i] - 2 * sign * a * product[i * t + 1] / q + metric * (a / q) * (a / q));
        top = fmax(top, e->b ? e->s[i] : e->h[i]);
    }
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            e->p[i * d + j] -= sign * u[i] * u[j] / q;
            e->m[i * d + j] += sign * x[i] * x[j];
        }
    e->updates++;
    if ((e->updates >= OLD && e->updates >= d) || top < FALL * e->top || q < 1e-6) return sb_inverse_refresh(e, cx);
    return SB_OK;
}

void sb_inverse_drop(sb_inverse *e, size_t k)
{
    const size_t last = --e->count;
    e->active[k] = e->active[last];
    e->h[k] = e->h[last];
    e->s[k] = e->s[last];
}

#include "selbench/exchange.h"

#include <math.h>
#include <string.h>

#include "selbench/la.h"

enum { BLOCK = 512, LANES = 8 };

static double dot(const double *a, const double *b, size_t d)
{
    double s = 0;
    for (size_t j = 0; j < d; j++) s += a[j] * b[j];
    return s;
}

/* columns (d x m each): P X_S' and P B P X_S' */
static void chosen_columns(sb_exchange *t, double *pair, double *cross)
{
    const size_t d = t->q->z.d, m = t->m;
    for (size_t k = 0; k < m; k++) {
        const float *const x = sb_mat_row(t->q->z, t->chosen[k]);
        for (size_t a = 0; a < d; a++) t->rows[k * d + a] = (double)x[a];
    }
    sb_dgemm(false, true, d, m, d, 1, t->e.p, d, t->rows, d, 0, pair, m);
    if (!t->q->b) return;
    double *const half = t->rows;
    sb_dgemm(false, false, d, m, d, 1, t->q->b, d, pair, m, 0, half, m);
    sb_dgemm(false, false, d, m, d, 1, t->e.p, d, half, m, 0, cross, m);
}

/* Rows i0.. of one table: X times columns (d x m); *off: the largest change. */
static void fill(sb_exchange *t, size_t rows, const double *columns, double *fresh, double *table, double *off)
{
    const size_t d = t->q->z.d, m = t->m;
    sb_dgemm(false, false, rows, m, d, 1, t->rows, d, columns, m, 0, fresh, m);
    for (size_t i = 0; i < rows * m; i++) {
        *off = fmax(*off, fabs(fresh[i] - table[i]));
        table[i] = fresh[i];
    }
}

static double largest(const double *v, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, v[i]);
    return top;
}

sb_status sb_exchange_renew(sb_exchange *t, sb_ctx *cx, double *drift)
{
    const size_t n = t->q->z.n, d = t->q->z.d, m = t->m, mark = sb_arena_mark(cx->arena);
    double *pair = SB_NEW(cx->arena, d * m, double), *cross = SB_NEW(cx->arena, d * m, double);
    double *fresh = SB_NEW(cx->arena, BLOCK * m, double), pair_off = 0, cross_off = 0;
    if (!pair || !cross || !fresh) SB_FAIL(cx->err, SB_ENOMEM, "%zu chosen rows", m);
    SB_TRY(sb_inverse_refresh(&t->e, cx));
    chosen_columns(t, pair, cross);
    for (size_t i0 = 0; i0 < n; i0 += BLOCK) {
        const size_t rows = n - i0 < BLOCK ? n - i0 : BLOCK;
        for (size_t i = 0; i < rows; i++)
            for (size_t a = 0; a < d; a++) t->rows[i * d + a] = (double)sb_mat_row(t->q->z, i0 + i)[a];
        fill(t, rows, pair, fresh, t->pair + i0 * m, &pair_off);
        if (t->q->b) fill(t, rows, cross, fresh, t->cross + i0 * m, &cross_off);
    }
    *drift = pair_off / fmax(largest(t->e.h, n), 1e-300);
    if (t->q->b) *drift = fmax(*drift, cross_off / fmax(largest(t->e.s, n), 1e-300));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* What is maximised over the swaps of a row, from its entries v = d_jk and c = phi_jk: Delta (D), or the gain. 0 where
 * a swap would be singular. up = 1 + d_jj, s = phi_jj. */
static inline double merit_d(double up, double stay, double v) { return up * stay + v * v; }
static inline double merit_b(double up, double s, double stay, double own, double v, double c)
{
    const double delta = merit_d(up, stay, v), gain = (stay * s + 2 * v * c - up * own) / delta;
    return delta > 1e-9 ? gain : 0;
}

/* The largest merit of row j and the first k that has it; in lanes, which give the same number as one after another. */
static double row_merit(const sb_exchange *t, size_t j, double least, size_t *best)
{
    const size_t m = t->m;
    const double up = 1 + t->e.h[j], s = t->q->b ? t->e.s[j] : 0;
    const double *const stay = t->stay, *const own = t->own, *const v = t->pair + j * m;
    const double *const c = t->q->b ? t->cross + j * m : NULL;
    double lane[LANES] = {0}, top = 0;
    size_t k = 0;
    for (; !c && k + LANES <= m; k += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const double value = merit_d(up, stay[k + l], v[k + l]);
            lane[l] = value > lane[l] ? value : lane[l];
        }
    for (; c && k + LANES <= m; k += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const double value = merit_b(up, s, stay[k + l], own[k + l], v[k + l], c[k + l]);
            lane[l] = value > lane[l] ? value : lane[l];
        }
    for (; k < m; k++) top = fmax(top, c ? merit_b(up, s, stay[k], own[k], v[k], c[k]) : merit_d(up, stay[k], v[k]));
    for (size_t l = 0; l < LANES; l++) top = fmax(top, lane[l]);
    if (!(top > least)) return top;
    for (k = 0; k < m; k++)
        if ((c ? merit_b(up, s, stay[k], own[k], v[k], c[k]) : merit_d(up, stay[k], v[k])) == top) break;
    *best = k;
    return top;
}

/* A row's tables after the swap; column k0 belongs to the row that entered. */
static void follow(sb_exchange *t, size_t j, size_t k0, const double *now)
{
    const size_t m = t->m, cols = t->q->b ? 2 : 1;
    const double a = t->enter[j * cols], g = t->leave[j * cols];
    const double *const by0 = t->change[0], *const by1 = t->change[1], *const by2 = t->change[2];
    const double *const by3 = t->change[3];
    double *const pair = t->pair + j * m;
    for (size_t k = 0; k < m; k++) pair[k] += g * by1[k] - a * by0[k];
    pair[k0] = now[0];
    if (!t->q->b) return;
    const double b = t->enter[j * 2 + 1], c = t->leave[j * 2 + 1];
    double *const cross = t->cross + j * m;
    for (size_t k = 0; k < m; k++) cross[k] += a * by2[k] - b * by0[k] + g * by3[k] + c * by1[k];
    cross[k0] = now[1];
}

/* Columns of the tables for the row that enters (before the swap) and for the one that leaves (after it has entered).
 * With P1 = P - uu'/q1, q1 = 1 + h:  P1 B P1 = PBP - (u w' + w u')/q1 + s u u'/q1^2, u = P x, w = P B u, s = u'Bu. */
static sb_status columns(sb_exchange *t, size_t k0, size_t in, sb_ctx *cx)
{
    const size_t n = t->q->z.n, d = t->q->z.d, m = t->m, cols = t->q->b ? 2 : 1, out = t->chosen[k0];
    const float *const x = sb_mat_row(t->q->z, in);
    for (size_t a = 0; a < d; a++) t->w[a] = (double)x[a];
    for (size_t a = 0; a < d; a++) t->u[a] = t->uw[a * cols] = dot(t->e.p + a * d, t->w, d);
    if (t->q->b) {
        for (size_t a = 0; a < d; a++) t->w[a] = dot(t->q->b + a * d, t->u, d);
        for (size_t a = 0; a < d; a++) t->uw[a * 2 + 1] = dot(t->e.p + a * d, t->w, d);
    }
    SB_TRY(sb_rows_times(t->q->z, NULL, n, t->uw, cols, cx, t->enter));
    const double q = 1 + t->enter[in * cols], a = t->enter[out * cols] / q;
    for (size_t j = 0; j < n; j++) t->leave[j * cols] = t->pair[j * m + k0] - t->enter[j * cols] * a;
    if (!t->q->b) return SB_OK;
    const double b = t->enter[out * 2 + 1] / q - t->enter[in * 2 + 1] * a / q;
    for (size_t j = 0; j < n; j++)
        t->leave[j * 2 + 1] = t->cross[j * m + k0] - t->enter[j * 2] * b - t->enter[j * 2 + 1] * a;
    return SB_OK;
}

/* Makes the swap in the tables. */
static void follow_swap(sb_exchange *t, size_t k0, size_t in, size_t out)
{
    const size_t n = t->q->z.n, cols = t->q->b ? 2 : 1;
    const double q1 = 1 + t->enter[in * cols], q2 = 1 - t->leave[out * cols];
    const double s1 = t->q->b ? t->enter[in * 2 + 1] : 0, s2 = t->q->b ? t->leave[out * 2 + 1] : 0;
    for (size_t k = 0; k < t->m; k++) {
        const size_t i = t->chosen[k];
        t->change[0][k] = t->enter[i * cols] / q1;
        t->change[1][k] = t->leave[i * cols] / q2;
        if (!t->q->b) continue;
        t->change[2][k] = (s1 * t->change[0][k] - t->enter[i * 2 + 1]) / q1;
        t->change[3][k] = (s2 * t->change[1][k] + t->leave[i * 2 + 1]) / q2;
    }
    t->chosen[k0] = (uint32_t)in;
    const double h = t->enter[in * cols], back = t->leave[in * cols] / q2;
    const double mix = t->q->b ? (s2 * back + t->leave[in * 2 + 1]) / q2 : 0;
    for (size_t j = 0; j < n; j++) {
        const double *const e = t->enter + j * cols, *const l = t->leave + j * cols;
        double now[2] = {e[0] / q1 + l[0] * back, 0};
        if (t->q->b) now[1] = e[1] - (e[0] * s1 + e[1] * h) / q1 + s1 * e[0] * h / (q1 * q1) + l[0] * mix + l[1] * back;
        follow(t, j, k0, now);
    }
}

sb_swap sb_exchange_best(sb_exchange *t)
{
    sb_swap best = {0};
    for (size_t k = 0; k < t->m; k++) {
        t->stay[k] = 1 - t->e.h[t->chosen[k]];
        t->own[k] = t->q->b ? t->e.s[t->chosen[k]] : 0;
    }
    for (size_t j = 0; j < t->q->z.n; j++) {
        size_t k = 0;
        if (t->in[j]) continue;
        const double top = row_merit(t, j, best.gain, &k);
        if (top > best.gain) best = (sb_swap){top, k, j};
    }
    if (!t->q->b) best.gain = log(fmax(best.gain, 1e-300));
    return best;
}

sb_status sb_exchange_swap(sb_exchange *t, sb_swap swap, sb_ctx *cx)
{
    const uint32_t out = t->chosen[swap.out];
    SB_TRY(columns(t, swap.out, swap.in, cx));
    SB_TRY(sb_inverse_change(&t->e, swap.in, 1, cx));
    SB_TRY(sb_inverse_change(&t->e, out, -1, cx));
    follow_swap(t, swap.out, swap.in, out);
    t->in[out] = 0;
    t->in[swap.in] = 1;
    return SB_OK;
}

sb_status sb_exchange_init(sb_exchange *t, const sb_design *q, size_t m, sb_ctx *cx)
{
    const size_t n = q->z.n, d = q->z.d;
    *t = (sb_exchange){.q = q, .m = m};
    t->chosen = SB_NEW(cx->arena, m, uint32_t);
    t->in = SB_NEW(cx->arena, n, unsigned char);
    t->rows = SB_NEW(cx->arena, (BLOCK > m ? BLOCK : m) * d, double);
    t->uw = SB_NEW(cx->arena, 2 * d, double);
    t->u = SB_NEW(cx->arena, d, double);
    t->w = SB_NEW(cx->arena, d, double);
    t->pair = SB_NEW(cx->arena, n * m, double);
    t->cross = SB_NEW(cx->arena, q->b ? n * m : 0, double);
    t->enter = SB_NEW(cx->arena, 2 * n, double);
    t->leave = SB_NEW(cx->arena, 2 * n, double);
    t->stay = SB_NEW(cx->arena, m, double);
    t->own = SB_NEW(cx->arena, m, double);
    bool room = true;
    for (size_t k = 0; k < 4; k++) room = (t->change[k] = SB_NEW(cx->arena, m, double)) && room;
    if (!t->chosen || !t->in || !t->rows || !t->uw || !t->u || !t->w || !t->pair || !t->cross || !t->enter ||
        !t->leave || !t->stay || !t->own || !room)
        SB_FAIL(cx->err, SB_ENOMEM, "tables of %zu x %zu swaps", n, m);
    return SB_OK;
}

sb_status sb_exchange_start(sb_exchange *t, sb_ctx *cx)
{
    const size_t d = t->q->z.d, mark = sb_arena_mark(cx->arena);
    double drift = 0, *moment = SB_NEW(cx->arena, d * d, double);
    if (!moment) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu moment matrix", d, d);
    SB_TRY(sb_information(t->q->z, t->chosen, t->m, 0, cx, moment));
    if (t->e.m) {
        memcpy(t->e.m, moment, d * d * sizeof *moment);
        sb_arena_rewind(cx->arena, mark);
    } else {
        SB_TRY(sb_inverse_init(&t->e, t->q->z, moment, t->q->b, false, cx)); /* kept: the moment stays below it */
    }
    return sb_exchange_renew(t, cx, &drift);
}

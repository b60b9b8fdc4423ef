/* Online leverage scores: row i against the rows up to and with it, l_i = x_i'(A_i)^{-1}x_i, A_i = A_0 + sum_{j<=i} x
 * x'. For a block of rows X with A before it, let K = X A^{-1} X' and I + K = L L': then L_jj^2 = 1 +
 * x_j'(A_{j-1})^{-1}x_j, hence l_j = 1 - 1 / L_jj^2, exactly, and a block costs matrix products only. */
#include <math.h>

#include "selbench/la.h"
#include "selbench/leverage.h"

enum { BLOCK = 512 };
/* A_0 in place of none, in the unit of a whole column of norm 1: a new direction scores 1 - 1e-11 n and not quite 1. */
static const double START = 1e-11;

typedef struct online {
    double *a, *l, *scale; /* d x d: A, its factor; d: 1 / norm of the columns, or 1 */
    double *rows, *y, *k;  /* block x d: rows, rows L^{-T}; block x block */
} online;

static sb_status make(sb_mat x, double lambda, sb_ctx *cx, online *o)
{
    const size_t d = x.d, b = x.n < BLOCK ? x.n : BLOCK;
    o->a = SB_NEW(cx->arena, d * d, double);
    o->l = SB_NEW(cx->arena, d * d, double);
    o->scale = SB_NEW(cx->arena, d, double);
    o->rows = SB_NEW(cx->arena, b * d, double);
    o->y = SB_NEW(cx->arena, b * d, double);
    o->k = SB_NEW(cx->arena, b * b, double);
    if (!o->a || !o->l || !o->scale || !o->rows || !o->y || !o->k)
        SB_FAIL(cx->err, SB_ENOMEM, "online leverage of %zu columns", d);
    for (size_t j = 0; j < d; j++) o->a[j * d + j] = lambda > 0 ? lambda : START;
    for (size_t j = 0; j < d; j++) o->scale[j] = lambda > 0;
    for (size_t i = 0; i < x.n && lambda == 0; i++)
        for (size_t j = 0; j < d; j++) o->scale[j] += (double)sb_mat_row(x, i)[j] * (double)sb_mat_row(x, i)[j];
    for (size_t j = 0; j < d && lambda == 0; j++) o->scale[j] = o->scale[j] > 0 ? 1 / sqrt(o->scale[j]) : 0;
    return SB_OK;
}

sb_status sb_leverage_online(sb_mat x, double lambda, sb_ctx *cx, double *score, sb_leverage_info *info)
{
    const size_t d = x.d, mark = sb_arena_mark(cx->arena);
    online o;
    SB_TRY(make(x, lambda, cx, &o));
    for (size_t i0 = 0; i0 < x.n; i0 += BLOCK) {
        const size_t b = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        for (size_t i = 0; i < b; i++)
            for (size_t j = 0; j < d; j++)
                o.rows[i * d + j] = o.y[i * d + j] = o.scale[j] * (double)sb_mat_row(x, i0 + i)[j];
        for (size_t i = 0; i < d * d; i++) o.l[i] = o.a[i];
        SB_TRY(sb_chol(o.l, d, cx));
        sb_dtrsm_right(true, b, d, o.l, d, o.y, d);
        for (size_t i = 0; i < b * b; i++) o.k[i] = i % (b + 1) == 0;
        sb_dgemm(false, true, b, b, d, 1, o.y, d, o.y, d, 1, o.k, b);
        SB_TRY(sb_chol(o.k, b, cx));
        for (size_t i = 0; i < b; i++) score[i0 + i] = fmax(0, 1 - 1 / (o.k[i * b + i] * o.k[i * b + i]));
        sb_dsyrk(d, b, 1, o.rows, d, 1, o.a, d);
    }
    sb_arena_rewind(cx->arena, mark);
    *info = (sb_leverage_info){.path = SB_LEVERAGE_GRAM64, .rank = d};
    sb_leverage_summarise(score, x.n, info);
    return SB_OK;
}

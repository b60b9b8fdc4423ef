/* One pass of a linear model with squared loss. A few targets in float64; many (t > 12) by a float32 matrix
 * product, four times faster: on Fashion-MNIST with 392 targets the mean loss moves by 2e-9 of itself
 * (tests/oracle/test_ridge_large.c holds it below 1e-6). The gradient that certifies a fit is float64 always. */
#include "selbench/la.h"
#include "selbench/lsq.h"

#include "lsq_frame.h"

enum { FEW = 12 };

typedef struct pass {
    double *r;      /* LSQ_BLOCK x t predictions without intercept */
    float *b, *r32; /* many targets: theta and predictions in float32 */
} pass;

static sb_status pass_new(const double *theta, size_t d, size_t t, sb_ctx *cx, pass *p)
{
    *p = (pass){.r = SB_NEW(cx->arena, LSQ_BLOCK * t, double)};
    if (!p->r) SB_FAIL(cx->err, SB_ENOMEM, "predictions of %d x %zu targets", LSQ_BLOCK, t);
    if (t <= FEW) return SB_OK;
    p->b = SB_NEW(cx->arena, d * t, float);
    p->r32 = SB_NEW(cx->arena, LSQ_BLOCK * t, float);
    if (!p->b || !p->r32) SB_FAIL(cx->err, SB_ENOMEM, "float32 copy of %zu x %zu parameters", d, t);
    for (size_t j = 0; j < d * t; j++) p->b[j] = (float)theta[j];
    return SB_OK;
}

static sb_status predict(sb_mat x, const double *theta, size_t t, sb_ctx *cx, const pass *p)
{
    if (t <= FEW) return sb_rows_times(x, NULL, x.n, theta, t, cx, p->r);
    sb_sgemm(false, false, x.n, t, x.d, 1, x.data, x.ld, p->b, t, 0, p->r32, t);
    for (size_t i = 0; i < x.n * t; i++) p->r[i] = (double)p->r32[i];
    return SB_OK;
}

/* Adds the intercept; mean of the squared residuals of one row, in four partial sums of fixed order. */
static double finish_row(double *r, const double *intercept, const double *y, size_t t)
{
    double part[4] = {0, 0, 0, 0};
    size_t q = 0;
    for (; q < t; q++) r[q] += intercept[q];
    if (!y) return 0;
    for (q = 0; q + 4 <= t; q += 4)
        for (size_t k = 0; k < 4; k++) part[k] += (r[q + k] - y[q + k]) * (r[q + k] - y[q + k]);
    for (; q < t; q++) part[q % 4] += (r[q] - y[q]) * (r[q] - y[q]);
    return ((part[0] + part[1]) + (part[2] + part[3])) / (double)t;
}

sb_status sb_lsq_eval(sb_mat x, const double *y, size_t t, const double *theta, sb_ctx *cx, double *loss, double *out)
{
    const size_t d = x.d, mark = sb_arena_mark(cx->arena);
    pass p;
    SB_TRY(pass_new(theta, d, t, cx, &p));
    for (size_t i0 = 0; i0 < x.n; i0 += LSQ_BLOCK) {
        const size_t k = x.n - i0 < LSQ_BLOCK ? x.n - i0 : LSQ_BLOCK;
        SB_TRY(predict((sb_mat){sb_mat_row(x, i0), k, d, x.ld}, theta, t, cx, &p));
        for (size_t i = 0; i < k; i++) {
            double *const r = p.r + i * t;
            const double mean = finish_row(r, theta + d * t, loss ? y + (i0 + i) * t : NULL, t);
            if (loss) loss[i0 + i] = mean;
            for (size_t q = 0; out && q < t; q++) out[(i0 + i) * t + q] = r[q];
        }
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

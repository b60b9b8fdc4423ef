#include "selbench/lsq.h"

#include "lsq_frame.h"

static void rows_f64(sb_mat x, size_t i0, size_t k, double *block)
{
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < x.d; j++) block[i * x.d + j] = (double)sb_mat_row(x, i0 + i)[j];
}

sb_status sb_lsq_eval(sb_mat x, const double *y, size_t t, const double *theta, sb_ctx *cx, double *loss, double *out)
{
    const size_t d = x.d, mark = sb_arena_mark(cx->arena);
    double *block = SB_NEW(cx->arena, LSQ_BLOCK * d, double), *r = SB_NEW(cx->arena, LSQ_BLOCK * t, double);
    if (!block || !r) SB_FAIL(cx->err, SB_ENOMEM, "predictions of %d x %zu targets", LSQ_BLOCK, t);
    for (size_t i0 = 0; i0 < x.n; i0 += LSQ_BLOCK) {
        const size_t k = x.n - i0 < LSQ_BLOCK ? x.n - i0 : LSQ_BLOCK;
        rows_f64(x, i0, k, block);
        if (t == 1) sb_dgemv(false, k, d, 1, block, d, theta, 0, r);
        else sb_dgemm(false, false, k, t, d, 1, block, d, theta, t, 0, r, t);
        for (size_t i = 0; i < k; i++) {
            double square = 0;
            for (size_t q = 0; q < t; q++) {
                const double prediction = r[i * t + q] + theta[d * t + q];
                if (out) out[(i0 + i) * t + q] = prediction;
                if (!loss) continue;
                const double e = prediction - y[(i0 + i) * t + q];
                square += e * e;
            }
            if (loss) loss[i0 + i] = square / (double)t;
        }
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

#include "selbench/lsq.h"

#include "lsq_frame.h"

sb_status sb_lsq_eval(sb_mat x, const double *y, size_t t, const double *theta, sb_ctx *cx, double *loss, double *out)
{
    const size_t d = x.d, mark = sb_arena_mark(cx->arena);
    double *r = SB_NEW(cx->arena, LSQ_BLOCK * t, double);
    if (!r) SB_FAIL(cx->err, SB_ENOMEM, "predictions of %d x %zu targets", LSQ_BLOCK, t);
    for (size_t i0 = 0; i0 < x.n; i0 += LSQ_BLOCK) {
        const size_t k = x.n - i0 < LSQ_BLOCK ? x.n - i0 : LSQ_BLOCK;
        SB_TRY(sb_rows_times((sb_mat){sb_mat_row(x, i0), k, d, x.ld}, NULL, k, theta, t, cx, r));
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

#include <string.h>

#include "judge.h"

sb_status sb_truth_make(const sb_data *train, const sb_model_use *use, const double *theta, const sb_fit_info *info,
                        sb_ctx *cx, sb_truth *out)
{
    const sb_model *const model = use->model;
    *out = (sb_truth){0};
    if (model->share) {
        const sb_status st = model->share(train, use->options, cx, &out->shared);
        if (st != SB_OK) return sb_err_in(cx->err, st, "model '%s'", model->name);
    }
    if (theta) {
        const sb_status st = model->outputs(train, use->options, cx, &out->full.q);
        if (st != SB_OK) return sb_err_in(cx->err, st, "model '%s'", model->name);
        const size_t size = (train->x.d + 1) * out->full.q;
        out->full.theta = SB_NEW(cx->arena, size, double);
        if (!out->full.theta) SB_FAIL(cx->err, SB_ENOMEM, "%zu parameters of model '%s'", size, model->name);
        memcpy(out->full.theta, theta, size * sizeof *theta);
        if (info) out->full.info = *info;
    } else {
        SB_TRY(sb_fit(train, use, NULL, out->shared, cx, &out->full));
    }
    const size_t mark = sb_arena_mark(cx->arena), n = train->x.n;
    double *const loss = SB_NEW(cx->arena, n, double);
    if (!loss) SB_FAIL(cx->err, SB_ENOMEM, "%zu losses", n);
    SB_TRY(sb_pass(train, use, out->full.theta, NULL, n, cx, loss, NULL));
    out->loss = sb_judge_mean(loss, n);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

#include "evaluate.h"

#include <math.h>

sb_status sb_fit(const sb_data *train, const sb_model_use *use, const sb_subset *s, const void *shared, sb_ctx *cx,
                 sb_fitted *out)
{
    const sb_subset all = {.m = train->x.n};
    const char *const name = use->model->name;
    *out = (sb_fitted){0};
    sb_status st = use->model->outputs(train, use->options, cx, &out->q);
    if (st != SB_OK) return sb_err_in(cx->err, st, "model '%s'", name);
    const size_t size = (train->x.d + 1) * out->q;
    out->theta = SB_NEW(cx->arena, size, double);
    if (!out->theta) SB_FAIL(cx->err, SB_ENOMEM, "%zu parameters of model '%s'", size, name);
    const size_t mark = sb_arena_mark(cx->arena);
    st = use->model->fit(train, s ? s : &all, use->options, shared, cx, out->theta, &out->info);
    if (st != SB_OK) return sb_err_in(cx->err, st, "model '%s'", name);
    sb_arena_rewind(cx->arena, mark);
    for (size_t i = 0; i < size; i++)
        if (!isfinite(out->theta[i]))
            SB_FAIL(cx->err, SB_ENUM, "model '%s': parameter %zu of %zu is not finite", name, i, size);
    return SB_OK;
}

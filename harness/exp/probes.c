/* The probe set: parameters between "knows nothing" and "nearly the optimum", so that a subset that stands for the
 * whole at one of them only is found out. */
#include <stdio.h>

#include "judge.h"

enum { SMALLEST = 32 };

static sb_status add(const sb_data *train, const sb_model_use *use, const double *theta, sb_ctx *cx, sb_probes *out)
{
    double *const loss = out->loss + out->count * out->n;
    SB_TRY(sb_pass(train, use, theta, NULL, out->n, cx, loss, NULL));
    out->mean[out->count++] = sb_judge_mean(loss, out->n);
    return SB_OK;
}

/* Fits on a uniform sample of `size` rows, drawn from the probe's own stream, and adds its losses. */
static sb_status add_fitted(const sb_data *train, const sb_model_use *use, const sb_truth *truth, size_t size,
                            sb_ctx *cx, sb_probes *out)
{
    char name[32];
    (void)snprintf(name, sizeof name, "probe%zu", out->count);
    sb_rng rng = sb_ctx_stream(cx, name);
    const size_t n = out->n;
    uint32_t *const row = SB_NEW(cx->arena, n, uint32_t);
    if (!row) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", n);
    for (uint32_t i = 0; i < n; i++) row[i] = i;
    sb_rng_shuffle(&rng, row, n, size);
    const sb_subset s = {.m = size, .row = row};
    sb_fitted fitted;
    SB_TRY(sb_fit(train, use, &s, truth->shared, cx, &fitted));
    return add(train, use, fitted.theta, cx, out);
}

sb_status sb_probes_make(const sb_data *train, const sb_model_use *use, const sb_truth *truth, const sb_fitted *pilot,
                         size_t probes, sb_ctx *cx, sb_probes *out)
{
    const size_t n = train->x.n, most = SB_PROBE_FIRST + probes;
    *out = (sb_probes){.n = n, .has_pilot = pilot != NULL};
    out->mean = SB_NEW(cx->arena, most, double);
    out->loss = out->mean && n <= SIZE_MAX / most ? SB_NEW(cx->arena, most * n, double) : NULL;
    if (!out->loss) SB_FAIL(cx->err, SB_ENOMEM, "losses of %zu rows at %zu probes", n, most);
    SB_TRY(add(train, use, truth->full.theta, cx, out));
    if (pilot)
        SB_TRY(add(train, use, pilot->theta, cx, out));
    else
        out->mean[out->count++] = (double)NAN;
    const size_t mark = sb_arena_mark(cx->arena);
    if (probes) {
        const double *const zero = SB_NEW(cx->arena, (train->x.d + 1) * truth->full.q, double);
        if (!zero) SB_FAIL(cx->err, SB_ENOMEM, "%zu zero parameters", (train->x.d + 1) * truth->full.q);
        SB_TRY(add(train, use, zero, cx, out));
        sb_arena_rewind(cx->arena, mark);
    }
    const size_t twice = 2 * train->c > SMALLEST ? 2 * train->c : SMALLEST;
    for (size_t size = twice < n / 2 ? twice : n / 2; size && size < n && out->count < most; size *= 2) {
        const sb_status st = add_fitted(train, use, truth, size, cx, out);
        sb_arena_rewind(cx->arena, mark);
        if (st != SB_OK && st != SB_SKIP)
            return st; /* skip: too few rows to fit (one class only): take twice as many */
    }
    return SB_OK;
}

#include "selbench/divergence.h"

#include <math.h>

sb_status sb_divergence_make(const sb_task *task, double least, sb_ctx *cx, sb_divergence *out)
{
    const size_t n = task->x.n, c = task->c;
    if (task->kind != SB_CLASSIFICATION)
        SB_FAIL(cx->err, SB_SKIP, "needs class probabilities, and regression has none");
    *out = (sb_divergence){.c = c, .p = SB_NEW(cx->arena, n * c, double), .log_p = SB_NEW(cx->arena, n * c, double)};
    if (!out->p || !out->log_p) SB_FAIL(cx->err, SB_ENOMEM, "probabilities of %zu rows", n);
    SB_TRY(sb_task_prob(task, NULL, n, cx, out->p));
    for (size_t k = 0; k < n * c; k++) {
        out->p[k] = fmax(out->p[k], least);
        out->log_p[k] = log(out->p[k]);
    }
    return SB_OK;
}

double sb_divergence_of(const sb_divergence *d, size_t i, size_t j)
{
    const double *const p = d->p + i * d->c, *const q = d->p + j * d->c;
    const double *const u = d->log_p + i * d->c, *const v = d->log_p + j * d->c;
    double sum = 0;
    for (size_t k = 0; k < d->c; k++)
        if (p[k] < q[k] || p[k] > q[k]) sum += (p[k] - q[k]) * (u[k] - v[k]); /* equal, 0 and 0 too: no term */
    return sum / 2;
}

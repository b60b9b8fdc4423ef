#include "selbench/nnls.h"

#include <math.h>

sb_status sb_nnls_init(sb_nnls *s, size_t cap, sb_ctx *cx)
{
    *s = (sb_nnls){.cap = cap,
                   .q = SB_NEW(cx->arena, cap * cap, double),
                   .r = SB_NEW(cx->arena, cap, double),
                   .w = SB_NEW(cx->arena, cap, double),
                   .column = SB_NEW(cx->arena, cap, uint32_t),
                   .l = SB_NEW(cx->arena, cap * cap, double),
                   .trial = SB_NEW(cx->arena, cap, double)};
    if (!s->q || !s->r || !s->w || !s->column || !s->l || !s->trial)
        SB_FAIL(cx->err, SB_ENOMEM, "least squares of %zu columns", cap);
    return SB_OK;
}

/* Row k of the factor, for the k-th active column. False: numerically dependent on those before. */
static bool factor_row(sb_nnls *s, size_t k)
{
    double *const row = s->l + k * s->cap;
    const double *const q = s->q + s->column[k] * s->cap;
    double rest = q[s->column[k]];
    for (size_t i = 0; i < k; i++) {
        const double *const up = s->l + i * s->cap;
        double sum = q[s->column[i]];
        for (size_t j = 0; j < i; j++) sum -= up[j] * row[j];
        row[i] = sum / up[i];
        rest -= row[i] * row[i];
    }
    if (!(rest > 1e-12 * q[s->column[k]])) return false;
    row[k] = sqrt(rest);
    return true;
}

/* The unconstrained minimiser over the active columns. */
static void solve(sb_nnls *s)
{
    for (size_t i = 0; i < s->active; i++) {
        const double *const row = s->l + i * s->cap;
        double sum = s->r[s->column[i]];
        for (size_t j = 0; j < i; j++) sum -= row[j] * s->trial[j];
        s->trial[i] = sum / row[i];
    }
    for (size_t i = s->active; i-- > 0;) {
        double sum = s->trial[i];
        for (size_t j = i + 1; j < s->active; j++) sum -= s->l[j * s->cap + i] * s->trial[j];
        s->trial[i] = sum / s->l[i * s->cap + i];
    }
}

/* How far towards the trial w stays >= 0; `at` stops it. 1: all the way. */
static double step_of(const sb_nnls *s, size_t *at)
{
    double step = 1;
    *at = s->active;
    for (size_t i = 0; i < s->active; i++) {
        const double w = s->w[s->column[i]];
        if (s->trial[i] > 0) continue;
        const double here = w > 0 ? w / (w - s->trial[i]) : 0;
        if (*at == s->active || here < step) {
            step = here;
            *at = i;
        }
    }
    return step;
}

static void leave(sb_nnls *s, size_t at)
{
    s->w[s->column[at]] = 0;
    s->active--;
    for (size_t i = at; i < s->active; i++) s->column[i] = s->column[i + 1];
    for (size_t i = at; i < s->active; i++) /* fewer columns cannot become dependent but by rounding: then they leave */
        if (!factor_row(s, i)) {
            leave(s, i);
            return;
        }
}

bool sb_nnls_admit(sb_nnls *s, uint32_t j)
{
    s->column[s->active] = j;
    s->w[j] = 0;
    if (!factor_row(s, s->active)) return false;
    s->active++;
    while (s->active) {
        size_t at;
        solve(s);
        const double step = s->either_sign ? (at = s->active, 1) : step_of(s, &at);
        for (size_t i = 0; i < s->active; i++) {
            double *const w = s->w + s->column[i];
            *w = at == s->active ? s->trial[i] : fmax(0, *w + step * (s->trial[i] - *w));
        }
        if (at == s->active) break;
        leave(s, at);
    }
    return s->either_sign || s->w[j] > 0;
}

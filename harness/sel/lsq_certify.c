/* The certificate of a fit: objective and gradient in float64 from the raw rows and the parameters returned. */
#include <math.h>
#include <string.h>

#include "lsq_frame.h"

static const double TOLERANCE = 1e-11; /* of the gradient, relative to the size of its terms */

/* sum v x r' and sum v r into g, sum v |r|^2 into *square; r is scratch of LSQ_BLOCK rows. */
static sb_status residual_pass(const lsq_frame *f, const double *theta, sb_ctx *cx, double *r, double *g,
                               double *square)
{
    const size_t d = f->d, t = f->t;
    const double *b0 = theta + d * t;
    for (size_t i0 = 0; i0 < f->m; i0 += LSQ_BLOCK) {
        const size_t k = f->m - i0 < LSQ_BLOCK ? f->m - i0 : LSQ_BLOCK;
        SB_TRY(sb_rows_times(f->p->x, f->row + i0, k, theta, t, cx, r));
        double part = 0;
        for (size_t i = 0; i < k; i++)
            for (size_t q = 0; q < t; q++) {
                const double e = r[i * t + q] + b0[q] - f->p->y[f->row[i0 + i] * t + q];
                part += f->v[i0 + i] * e * e;
                r[i * t + q] = f->v[i0 + i] * e;
                g[d * t + q] += r[i * t + q];
            }
        SB_TRY(sb_rows_cross(f->p->x, f->row + i0, k, r, t, cx, g));
        *square += part;
    }
    return SB_OK;
}

/* The largest size of a gradient term: rms(x_j) (rms(y) + |b0| + sum_j rms(x_j) |B_j|), and the penalty's. */
static double gradient_scale(const lsq_frame *f, double l2, const double *theta)
{
    const size_t d = f->d, t = f->t;
    double top_x = f->p->intercept ? 1 : 0, top_y = 0, top_penalty = 0;
    for (size_t k = 0; k < t; k++) {
        double square = 0, size = fabs(theta[d * t + k]);
        for (size_t i = 0; i < f->m; i++) {
            const double y = f->p->y[f->row[i] * t + k];
            square += f->v[i] * y * y;
        }
        for (size_t j = 0; j < d; j++) {
            const double spread = f->unit[j] > 0 ? 1 / f->unit[j] : 0, rms = hypot(f->mean[j], spread);
            const double q = f->p->standardise ? spread * spread : 1;
            top_x = fmax(top_x, rms);
            size += rms * fabs(theta[j * t + k]);
            top_penalty = fmax(top_penalty, 2 * l2 * q * fabs(theta[j * t + k]));
        }
        top_y = fmax(top_y, sqrt(square) + size);
    }
    return 2 / (double)t * top_x * top_y + top_penalty;
}

sb_status lsq_certify(const lsq_frame *f, double l2, const double *theta, sb_ctx *cx, lsq_certificate *c)
{
    const size_t d = f->d, t = f->t, mark = sb_arena_mark(cx->arena);
    double *r = SB_NEW(cx->arena, LSQ_BLOCK * t, double);
    if (!r) SB_FAIL(cx->err, SB_ENOMEM, "residuals of %d x %zu targets", LSQ_BLOCK, t);
    memset(c->gradient, 0, (d + 1) * t * sizeof *c->gradient);
    double square = 0, penalty = 0;
    SB_TRY(residual_pass(f, theta, cx, r, c->gradient, &square));
    for (size_t j = 0; j < d; j++) {
        const double q = !f->p->standardise ? 1 : f->unit[j] > 0 ? 1 / (f->unit[j] * f->unit[j]) : 0;
        for (size_t k = 0; k < t; k++) {
            const double b = theta[j * t + k];
            penalty += q * b * b;
            c->gradient[j * t + k] = 2 / (double)t * c->gradient[j * t + k] + 2 * l2 * q * b;
        }
    }
    for (size_t k = 0; k < t; k++)
        c->gradient[d * t + k] = f->p->intercept ? 2 / (double)t * c->gradient[d * t + k] : 0;
    c->norm = 0;
    for (size_t j = 0; j < (d + 1) * t; j++)
        if (!(fabs(c->gradient[j]) <= c->norm)) c->norm = fabs(c->gradient[j]); /* keeps a NaN */
    c->objective = square / (double)t + l2 * penalty;
    c->tolerance = TOLERANCE * gradient_scale(f, l2, theta);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

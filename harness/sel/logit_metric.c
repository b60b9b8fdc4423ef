/* M = L L' is kept as T = L^-1 in float32, so that M^-1 = T'T stays positive definite whatever the rounding, and
 * its use is two products without dependent steps. */
#include "logit_metric.h"

#include <math.h>
#include <string.h>

#include "selbench/la.h"

enum { BASE = 48, BLOCK = 32 };

struct sb_logit_metric {
    size_t d, dp, q, dd, ddp; /* dd = d + 1, ddp rounded up to 8 */
    size_t count;             /* matrices: 1 or q; 0: diagonal */
    float *t;                 /* count x dd x ddp, lower triangular */
    double *diagonal;         /* dd inverse values */
    float *in, *out, *z;      /* q x ddp twice, BLOCK x q */
};

static bool metric_room(sb_logit_metric *m, sb_arena *arena)
{
    m->in = SB_NEW(arena, m->q * m->ddp, float);
    m->out = SB_NEW(arena, m->q * m->ddp, float);
    m->z = SB_NEW(arena, BLOCK * m->q, float);
    return m->in && m->out && m->z;
}

static sb_logit_metric *metric_new(const sb_logit *p, size_t count, sb_arena *arena)
{
    sb_logit_metric *m = SB_NEW(arena, 1, sb_logit_metric);
    if (!m) return NULL;
    *m = (sb_logit_metric){.d = p->d, .dp = p->dp, .q = p->q, .dd = p->d + 1, .count = count};
    m->ddp = (m->dd + 7) / 8 * 8;
    m->t = SB_NEW(arena, count * m->dd * m->ddp, float);
    m->diagonal = SB_NEW(arena, m->dd, double);
    return m->t && m->diagonal && metric_room(m, arena) ? m : NULL;
}

sb_logit_metric *sb_logit_metric_view(const sb_logit_metric *m, const sb_logit *p, sb_arena *arena)
{
    if (m->d != p->d || (m->count > 1 && m->q != p->q)) SB_BUG("metric of another problem");
    sb_logit_metric *v = SB_NEW(arena, 1, sb_logit_metric);
    if (!v) return NULL;
    *v = *m;
    v->q = p->q;
    return metric_room(v, arena) ? v : NULL;
}

/* t (n x n at distance ldt, zero above) = inverse of the lower triangular l; halves: [A 0; B C]^-1 = [A' 0; -C'BA' C']
 * with A', C' the inverses. room: (n/2 + 1)^2 floats. */
static void invert_lower(const double *l, size_t n, size_t ldl, float *t, size_t ldt, float *room)
{
    if (n <= BASE) {
        for (size_t c = 0; c < n; c++)
            for (size_t r = c; r < n; r++) {
                double sum = r == c ? 1 : 0;
                for (size_t k = c; k < r; k++) sum -= l[r * ldl + k] * (double)t[k * ldt + c];
                t[r * ldt + c] = (float)(sum / l[r * ldl + r]);
            }
        return;
    }
    const size_t h = n / 2, rest = n - h;
    float *low = t + h * ldt, *corner = low + h;
    invert_lower(l, h, ldl, t, ldt, room);
    invert_lower(l + h * ldl + h, rest, ldl, corner, ldt, room);
    for (size_t r = 0; r < rest; r++)
        for (size_t c = 0; c < h; c++) room[r * h + c] = (float)l[(h + r) * ldl + c];
    sb_strmm_right(false, rest, h, t, ldt, room, h);
    sb_sgemm(false, false, rest, h, rest, -1, corner, ldt, room, h, 0, low, ldt);
}

/* The Cholesky factor of g + diag(extra), with as much more on the diagonal as it takes to be positive definite:
 * sb_chol leaves the upper triangle, from which a second try starts. */
static sb_status factor_padded(double *g, size_t dd, const double *extra, double least, sb_ctx *cx)
{
    sb_status st = SB_OK;
    for (int attempt = 0; attempt < 8; attempt++, least *= 100) {
        for (size_t i = 0; i < dd; i++) {
            for (size_t j = 0; j < i; j++) g[i * dd + j] = g[j * dd + i];
            g[i * dd + i] = extra[i] > least ? extra[i] : least;
            g[i * dd + i] += extra[dd + i];
        }
        st = sb_chol(g, dd, cx);
        if (st != SB_ENUM) return st;
    }
    return st;
}

/* Finishes M from the sum g of h [x 1]'[x 1] and puts T into t. g is overwritten; room: (dd/2 + 1)^2 floats. */
static sb_status factor(const sb_logit *p, double *g, double total, const sb_logit_metric *m, float *t, float *room,
                        sb_ctx *cx)
{
    const size_t dd = m->dd, mark = sb_arena_mark(cx->arena);
    double *extra = SB_NEW(cx->arena, 2 * dd, double), top = 0; /* dd penalties, then dd entries of the diagonal */
    if (!extra) SB_FAIL(cx->err, SB_ENOMEM, "diagonal of %zu features", p->d);
    if (!p->intercept)
        for (size_t j = 0; j < p->d; j++) g[p->d * dd + j] = g[j * dd + p->d] = 0;
    for (size_t i = 0; i < dd * dd; i++) g[i] /= total;
    for (size_t j = 0; j < dd; j++) {
        extra[j] = j < p->d ? p->l2 : 0;
        extra[dd + j] = g[j * dd + j];
        top = fmax(top, g[j * dd + j]);
    }
    SB_TRY(factor_padded(g, dd, extra, 1e-8 * top > 1e-30 ? 1e-8 * top : 1e-30, cx));
    invert_lower(g, dd, dd, t, m->ddp, room);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static double mean_weight(const sb_logit *p, size_t i) { return p->weight ? p->weight[i] : 1; }

sb_status sb_logit_metric_shared(const sb_logit *p, size_t rows, sb_ctx *cx, sb_logit_metric **out)
{
    sb_logit_metric *m = metric_new(p, 1, cx->arena);
    const size_t mark = sb_arena_mark(cx->arena), step = p->m > rows ? (p->m + rows - 1) / rows : 1;
    const size_t used = (p->m + step - 1) / step;
    double *g = m ? SB_NEW(cx->arena, m->dd * m->dd, double) : NULL;
    float *room = m ? SB_NEW(cx->arena, (m->dd / 2 + 1) * (m->dd / 2 + 1), float) : NULL;
    double *w = p->weight ? SB_NEW(cx->arena, used, double) : NULL;
    if (!g || !room || (p->weight && !w)) SB_FAIL(cx->err, SB_ENOMEM, "preconditioner of %zu features", p->d);
    double total = 0;
    for (size_t i = 0; i < used; i++) {
        total += mean_weight(p, i * step);
        if (w) w[i] = p->weight[i * step];
    }
    const sb_mat x = {p->x, used, p->d, p->ld * step};
    const sb_subset s = {used, NULL, w};
    SB_TRY(sb_gram(x, &s, true, cx, g));
    /* the Hessian at equal probabilities: p = 1/q, or p(1-p) = 1/4 for one score */
    SB_TRY(factor(p, g, total * (p->q == 1 ? 4 : (double)p->q), m, m->t, room, cx));
    sb_arena_rewind(cx->arena, mark);
    *out = m;
    return SB_OK;
}

/* Row i is taken once for every whole `step` its cumulated h passes: rows with h > step are sure; all count h
 * or step. */
static size_t draw_rows(const float *prob, size_t q, size_t k, const sb_logit *p, size_t n, size_t rows, uint32_t *row,
                        double *weight)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = (double)prob[i * q + k];
        sum += v * (1 - v) * mean_weight(p, i * p->stride);
    }
    const double step = sum / (double)rows;
    double at = 0.5 * step;
    size_t got = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = (double)prob[i * q + k], h = v * (1 - v) * mean_weight(p, i * p->stride);
        at += h;
        if (!(at >= step) || !(h > 0)) continue;
        row[got] = (uint32_t)i;
        weight[got++] = fmax(h, step);
        at = h >= step ? at - h : at - step;
    }
    return got;
}

sb_status sb_logit_metric_classes(const sb_logit *p, sb_logit_work *work, const double *theta, size_t rows, sb_ctx *cx,
                                  sb_logit_metric **out)
{
    sb_logit_metric *m = metric_new(p, p->q, cx->arena);
    const size_t mark = sb_arena_mark(cx->arena), n = (p->m + p->stride - 1) / p->stride;
    double *g = m ? SB_NEW(cx->arena, m->dd * m->dd, double) : NULL;
    float *room = m ? SB_NEW(cx->arena, (m->dd / 2 + 1) * (m->dd / 2 + 1), float) : NULL;
    float *prob = SB_NEW(cx->arena, n * p->q, float);
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    double *weight = SB_NEW(cx->arena, n, double);
    if (!g || !room || !prob || !row || !weight)
        SB_FAIL(cx->err, SB_ENOMEM, "preconditioner of %zu features for %zu classes", p->d, p->q);
    sb_logit_probabilities_f32(p, work, theta, prob);
    double total = 0;
    for (size_t i = 0; i < n; i++) total += mean_weight(p, i * p->stride);
    const sb_mat x = {p->x, n, p->d, p->ld * p->stride};
    for (size_t k = 0; k < p->q; k++) {
        const sb_subset s = {draw_rows(prob, p->q, k, p, n, rows, row, weight), row, weight};
        SB_TRY(sb_gram(x, &s, true, cx, g));
        SB_TRY(factor(p, g, total, m, m->t + k * m->dd * m->ddp, room, cx));
    }
    sb_arena_rewind(cx->arena, mark);
    *out = m;
    return SB_OK;
}

sb_status sb_logit_metric_diagonal(const sb_logit *p, sb_ctx *cx, sb_logit_metric **out)
{
    sb_logit_metric *m = metric_new(p, 0, cx->arena);
    if (!m) SB_FAIL(cx->err, SB_ENOMEM, "diagonal preconditioner of %zu features", p->d);
    double total = 0, top = 0;
    for (size_t i = 0; i < p->m; i++) {
        const double w = mean_weight(p, i);
        const float *x = p->x + i * p->ld;
        for (size_t j = 0; j < p->d; j++) m->diagonal[j] += w * (double)x[j] * (double)x[j];
        total += w;
    }
    m->diagonal[p->d] = total;
    const double share = 1 / (total * (p->q == 1 ? 4 : (double)p->q));
    for (size_t j = 0; j < m->dd; j++) top = fmax(top, m->diagonal[j] *= share);
    for (size_t j = 0; j < m->dd; j++)
        m->diagonal[j] = 1 / fmax(m->diagonal[j] + (j < p->d ? p->l2 : 0), 1e-6 * top > 0 ? 1e-6 * top : 1);
    *out = m;
    return SB_OK;
}

/* out (outputs x ddp) = T'T in, by blocks of rows of T that are read once. */
static void apply_block(const float *t, size_t dd, size_t ddp, const float *in, float *out, float *z, size_t outputs)
{
    for (size_t i = 0; i < dd; i += BLOCK) {
        const size_t rows = dd - i < BLOCK ? dd - i : BLOCK;
        const size_t columns = (i + rows + 7) / 8 * 8;
        sb_logit_triangle_f32(t + i * ddp, ddp, rows, columns, outputs, in, out, z);
    }
}

/* Softmax does not see a vector that is added to all outputs, but the penalty does: different matrices for different
 * outputs would make such steps, and the penalty is slow to take them back. */
static void centre_outputs(const sb_logit_metric *m, double *out)
{
    const size_t nw = m->q * m->dp;
    for (size_t j = 0; j <= m->d; j++) {
        const size_t at = j < m->d ? j : nw, step = j < m->d ? m->dp : 1;
        double sum = 0;
        for (size_t k = 0; k < m->q; k++) sum += out[at + k * step];
        for (size_t k = 0; k < m->q; k++) out[at + k * step] -= sum / (double)m->q;
    }
}

void sb_logit_metric_apply(sb_logit_metric *m, const double *g, double *out)
{
    const size_t nw = m->q * m->dp;
    if (m->count == 0) {
        for (size_t k = 0; k < m->q; k++) {
            for (size_t j = 0; j < m->d; j++) out[k * m->dp + j] = m->diagonal[j] * g[k * m->dp + j];
            for (size_t j = m->d; j < m->dp; j++) out[k * m->dp + j] = 0;
            out[nw + k] = m->diagonal[m->d] * g[nw + k];
        }
        return;
    }
    /* float32 has no room for tiny gradients of saturated fits: scaled to 1 first */
    double top = 0;
    for (size_t j = 0; j < nw + m->q; j++) top = fmax(top, fabs(g[j]));
    const double scale = top > 0 ? 1 / top : 0;
    for (size_t k = 0; k < m->q; k++) {
        for (size_t j = 0; j < m->d; j++) m->in[k * m->ddp + j] = (float)(scale * g[k * m->dp + j]);
        m->in[k * m->ddp + m->d] = (float)(scale * g[nw + k]);
    }
    memset(m->out, 0, m->q * m->ddp * sizeof *m->out);
    if (m->count == 1)
        apply_block(m->t, m->dd, m->ddp, m->in, m->out, m->z, m->q);
    else
        for (size_t k = 0; k < m->q; k++)
            apply_block(m->t + k * m->dd * m->ddp, m->dd, m->ddp, m->in + k * m->ddp, m->out + k * m->ddp, m->z, 1);
    for (size_t k = 0; k < m->q; k++) {
        for (size_t j = 0; j < m->d; j++) out[k * m->dp + j] = top * (double)m->out[k * m->ddp + j];
        for (size_t j = m->d; j < m->dp; j++) out[k * m->dp + j] = 0;
        out[nw + k] = top * (double)m->out[k * m->ddp + m->d];
    }
    if (m->count > 1) centre_outputs(m, out);
}

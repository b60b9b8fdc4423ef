#include "selbench/matching.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "selbench/la.h"
#include "selbench/rank.h"

static const double BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8; /* Adam's constants */
static const double PROBE_WEIGHT = 1e-3, SOFTMAX_WEIGHT = 0.1;

sb_status sb_matching_make(sb_mat g, sb_ctx *cx, sb_matching *out)
{
    const size_t n = g.n, r = g.d;
    *out = (sb_matching){.n = n, .r = r, .z = SB_NEW(cx->arena, n * r, double), .lam = SB_NEW(cx->arena, r, double)};
    const size_t mark = sb_arena_mark(cx->arena);
    double *v = SB_NEW(cx->arena, r * r, double), *t = SB_NEW(cx->arena, r * r, double);
    if (!out->z || !out->lam || !v || !t) SB_FAIL(cx->err, SB_ENOMEM, "moments of %zu rows in %zu columns", n, r);
    SB_TRY(sb_gram_f64(g, NULL, false, cx, v));
    SB_TRY(sb_eig_sym(v, r, out->lam, cx));
    for (size_t j = 0; j < r; j++)
        for (size_t k = 0; k < r; k++) t[j * r + k] = v[k * r + j];
    SB_TRY(sb_rows_times(g, NULL, n, t, r, cx, out->z));
    memset(out->lam, 0, r * sizeof *out->lam);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r; k++) {
            out->z[i * r + k] *= out->z[i * r + k];
            out->lam[k] += out->z[i * r + k];
        }
    for (size_t k = 0; k < r; k++) out->lam[k] /= (double)n; /* the eigenvalue, without its rounding */
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static double norm2(const double *v, size_t n)
{
    double s[4] = {0};
    for (size_t i = 0; i < n; i++) s[i % 4] += v[i] * v[i];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

static void softmax(const double *w, size_t n, double *s)
{
    double top = w[0], sum = 0;
    for (size_t i = 1; i < n; i++) top = fmax(top, w[i]);
    for (size_t i = 0; i < n; i++) sum += s[i] = exp(w[i] - top);
    for (size_t i = 0; i < n; i++) s[i] /= sum;
}

double sb_matching_value(const sb_matching *p, sb_matching_kind kind, const double *w, const double *gamma, double *s,
                         double *dw, double *dgamma, double *e)
{
    const size_t n = p->n, r = p->r;
    if (kind == SB_MATCHING_SOFTMAX)
        softmax(w, n, s);
    else if (s != w)
        memcpy(s, w, n * sizeof *s);
    if (kind == SB_MATCHING_PROBE)
        for (size_t i = 0; i < n; i++) dw[i] = s[i] * s[i];
    for (size_t k = 0; k < r; k++) e[k] = -gamma[k] * p->lam[k];
    sb_dgemv(true, n, r, 1, p->z, r, kind == SB_MATCHING_PROBE ? dw : s, 1, e);
    sb_dgemv(false, n, r, 1, p->z, r, e, 0, dw);
    const double square = norm2(e, r), norm = sqrt(square);
    const double scale = kind == SB_MATCHING_SYNTHETIC ? 2 : norm > 0 ? 1 / norm : 0;
    for (size_t k = 0; k < r; k++) dgamma[k] = -scale * p->lam[k] * e[k];
    if (kind == SB_MATCHING_SYNTHETIC) {
        for (size_t i = 0; i < n; i++) dw[i] *= 2;
        return square;
    }
    const double size = sqrt(norm2(s, n)), reg = kind == SB_MATCHING_PROBE ? PROBE_WEIGHT : SOFTMAX_WEIGHT;
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
        dw[i] = dw[i] * scale * (kind == SB_MATCHING_PROBE ? 2 * s[i] : 1) - reg * s[i] / (size * size * size);
        mean += dw[i] * s[i];
    }
    for (size_t i = 0; i < n && kind == SB_MATCHING_SOFTMAX; i++) dw[i] = s[i] * (dw[i] - mean);
    return norm + reg / size;
}

sb_status sb_simplex_project(double *s, size_t n, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *order = SB_NEW(cx->arena, n, uint32_t);
    if (!order) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu values", n);
    size_t got = 0;
    SB_TRY(sb_rank(s, n, n, true, NULL, cx, order, &got));
    double sum = 0, shift = 0;
    for (size_t k = 0; k < n; k++) {
        sum += s[order[k]];
        const double t = (sum - 1) / (double)(k + 1);
        if (s[order[k]] > t) shift = t;
    }
    for (size_t i = 0; i < n; i++) s[i] = fmax(0, s[i] - shift);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* What Adam moves: the weights and the slacks, one after the other in one array of n + r. */
typedef struct iterate {
    double *v, *grad, *mean, *var, *s, *e;
    double decay1, decay2; /* beta^t */
} iterate;

static void adam_step(iterate *it, size_t size, double rate)
{
    it->decay1 *= BETA1;
    it->decay2 *= BETA2;
    const double grown1 = rate / (1 - it->decay1), grown2 = 1 / (1 - it->decay2);
    for (size_t i = 0; i < size; i++) {
        it->mean[i] = BETA1 * it->mean[i] + (1 - BETA1) * it->grad[i];
        it->var[i] = BETA2 * it->var[i] + (1 - BETA2) * it->grad[i] * it->grad[i];
        it->v[i] -= grown1 * it->mean[i] / (sqrt(grown2 * it->var[i]) + EPSILON);
    }
}

/* Clip to [0, 1/m], then scale to sum 1; everything clipped away: uniform. */
static void clip_and_scale(double *s, size_t n, size_t m)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += s[i] = fmin(fmax(s[i], 0), 1 / (double)m);
    for (size_t i = 0; i < n; i++) s[i] = sum > 0 ? s[i] / sum : 1 / (double)n;
}

static sb_status feasible(const sb_matching *p, const sb_matching_options *o, iterate *it, sb_ctx *cx)
{
    const double least = o->kind == SB_MATCHING_SOFTMAX ? o->c : 1 / o->c;
    if (o->kind == SB_MATCHING_SYNTHETIC) clip_and_scale(it->v, p->n, o->m);
    if (o->kind == SB_MATCHING_PROBE) SB_TRY(sb_simplex_project(it->v, p->n, cx));
    for (size_t k = 0; k < p->r; k++) it->v[p->n + k] = fmax(it->v[p->n + k], least);
    return SB_OK;
}

static sb_status begin(const sb_matching *p, const sb_matching_options *o, sb_rng *rng, sb_ctx *cx, iterate *it)
{
    const size_t n = p->n, size = n + p->r;
    *it = (iterate){.v = SB_NEW(cx->arena, size, double),
                    .grad = SB_NEW(cx->arena, size, double),
                    .mean = SB_NEW(cx->arena, size, double),
                    .var = SB_NEW(cx->arena, size, double),
                    .s = SB_NEW(cx->arena, n, double),
                    .e = SB_NEW(cx->arena, p->r, double),
                    .decay1 = 1,
                    .decay2 = 1};
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    if (!it->v || !it->grad || !it->mean || !it->var || !it->s || !it->e || !row)
        SB_FAIL(cx->err, SB_ENOMEM, "moment matching of %zu rows", n);
    for (uint32_t i = 0; i < n; i++) row[i] = i;
    sb_rng_shuffle(rng, row, n, o->m);
    for (size_t j = 0; j < o->m && o->kind != SB_MATCHING_SOFTMAX; j++) it->v[row[j]] = 1 / (double)o->m;
    for (size_t k = 0; k < p->r; k++) {
        const double u = sb_rng_unit(rng);
        it->v[n + k] = o->kind == SB_MATCHING_SYNTHETIC ? 1 / o->c + u * (1 - 1 / o->c)
                       : o->kind == SB_MATCHING_PROBE   ? 1 / o->c
                                                        : o->c;
    }
    return SB_OK;
}

/* s = 1/n and gamma at its bound: what no optimisation at all gives. */
static double uniform_value(const sb_matching *p, const sb_matching_options *o, iterate *it)
{
    const double least = o->kind == SB_MATCHING_SOFTMAX ? o->c : fmax(1 / o->c, 0);
    for (size_t i = 0; i < p->n; i++) it->v[i] = o->kind == SB_MATCHING_SOFTMAX ? 0 : 1 / (double)p->n;
    for (size_t k = 0; k < p->r; k++) it->v[p->n + k] = least;
    return sb_matching_value(p, o->kind, it->v, it->v + p->n, it->s, it->grad, it->grad + p->n, it->e);
}

sb_status sb_matching_solve(const sb_matching *p, const sb_matching_options *o, sb_rng *start, sb_ctx *cx, double *s,
                            sb_matching_info *info)
{
    const size_t mark = sb_arena_mark(cx->arena), n = p->n;
    iterate it;
    SB_TRY(begin(p, o, start, cx, &it));
    *info = (sb_matching_info){.best = (double)INFINITY};
    for (size_t t = 0; t < o->iterations; t++) {
        const double f = sb_matching_value(p, o->kind, it.v, it.v + n, it.s, it.grad, it.grad + n, it.e);
        const bool better = f < info->best;
        if (better) info->best = f;
        if (better && o->measured) memcpy(s, it.s, n * sizeof *s);
        adam_step(&it, n + p->r, o->rate);
        SB_TRY(feasible(p, o, &it, cx));
        if (!better || o->measured) continue;
        if (o->kind == SB_MATCHING_SOFTMAX)
            softmax(it.v, n, s);
        else
            memcpy(s, it.v, n * sizeof *s);
    }
    if (!(info->best < (double)INFINITY)) SB_FAIL(cx->err, SB_ENUM, "moment matching diverged from its first step");
    info->effective = 1 / norm2(s, n);
    info->uniform = uniform_value(p, o, &it);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

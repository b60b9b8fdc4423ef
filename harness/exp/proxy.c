/* The oracle of a fitted proxy. Asked for all rows it makes one pass and keeps the result; asked for some it evaluates
 * only these, by the same blocks (judge.h, sb_pass), hence to the same bits. */
#include <string.h>

#include "judge.h"
#include "selbench/la.h"
#include "str.h"
#include "trajectory.h"

/* All n rows of one quantity: from the cache, or into it. When the caller works in the cache's own arena nothing is
 * kept: it may rewind below the cache. */
static sb_status everything(sb_proxy *p, bool losses, sb_ctx *cx, double *to)
{
    const size_t n = p->train->x.n, size = losses ? n : n * sb_pass_width(p->train);
    double **const cache = losses ? &p->loss : &p->out;
    if (!*cache) {
        SB_TRY(sb_pass(p->train, p->use, p->theta, NULL, n, cx, losses ? to : NULL, losses ? NULL : to));
        if (p->cx->arena == cx->arena) return SB_OK;
        double *const kept = SB_NEW(p->cx->arena, size, double);
        if (!kept) SB_FAIL(cx->err, SB_ENOMEM, "%zu %s of the proxy", size, losses ? "losses" : "outputs");
        memcpy(kept, to, size * sizeof *to);
        *cache = kept;
        return SB_OK;
    }
    memcpy(to, *cache, size * sizeof *to);
    return SB_OK;
}

static sb_status query(sb_proxy *p, bool losses, const uint32_t *row, size_t m, sb_ctx *cx, double *to)
{
    if (!row) return everything(p, losses, cx, to);
    const double *const cache = losses ? p->loss : p->out;
    if (!cache) return sb_pass(p->train, p->use, p->theta, row, m, cx, losses ? to : NULL, losses ? NULL : to);
    const size_t width = losses ? 1 : sb_pass_width(p->train);
    for (size_t i = 0; i < m; i++) memcpy(to + i * width, cache + row[i] * width, width * sizeof *to);
    return SB_OK;
}

static sb_status proxy_loss(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *loss)
{
    return query(self, true, row, m, cx, loss);
}

static sb_status proxy_prob(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *prob)
{
    return query(self, false, row, m, cx, prob);
}

static sb_status proxy_residual(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *a)
{
    sb_proxy *const p = self;
    const sb_data *const train = p->train;
    const size_t width = sb_pass_width(train);
    SB_TRY(query(p, false, row, m, cx, a));
    for (size_t i = 0; i < m; i++) {
        const size_t from = row ? row[i] : i;
        if (train->kind == SB_CLASSIFICATION)
            a[i * width + (size_t)train->label[from]] -= 1;
        else
            for (size_t j = 0; j < width; j++) a[i * width + j] -= train->y[from * width + j];
    }
    return SB_OK;
}

static sb_status outputs_of(const sb_proxy *p, sb_ctx *cx, size_t *q)
{
    return p->use->model->outputs(p->train, p->use->options, cx, q);
}

static sb_status proxy_logits(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *z)
{
    const sb_proxy *const p = self;
    const size_t c = p->train->c, d = p->train->x.d, mark = sb_arena_mark(cx->arena);
    size_t q = 0;
    SB_TRY(outputs_of(p, cx, &q));
    double *const out = q == c ? z : SB_NEW(cx->arena, m * q, double);
    if (!out) SB_FAIL(cx->err, SB_ENOMEM, "%zu logits", m);
    SB_TRY(sb_rows_times(p->train->x, row, m, p->theta, q, cx, out));
    for (size_t i = 0; i < m * q; i++) out[i] += p->theta[d * q + i % q];
    for (size_t i = 0; q != c && i < m; i++) { /* two classes, one output */
        z[i * c] = 0;
        z[i * c + 1] = out[i];
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status proxy_contrasts(void *self, sb_ctx *cx, double *norm2)
{
    const sb_proxy *const p = self;
    const size_t c = p->train->c;
    size_t q = 0;
    SB_TRY(outputs_of(p, cx, &q));
    memset(norm2, 0, c * c * sizeof *norm2);
    for (size_t j = 0; j < p->train->x.d; j++)
        for (size_t a = 0; a < c; a++)
            for (size_t b = 0; b < a; b++) {
                const double *const w = p->theta + j * q;
                const double gap = q == c ? w[a] - w[b] : w[0];
                norm2[a * c + b] += gap * gap;
                norm2[b * c + a] = norm2[a * c + b];
            }
    return SB_OK;
}

static sb_status proxy_trajectory(void *self, sb_ctx *cx, sb_trajectory *out)
{
    sb_proxy *const p = self;
    if (p->path) {
        *out = *p->path;
        return SB_OK;
    }
    sb_ctx own = *p->cx; /* the same draws whoever asks first */
    own.err = cx->err;
    SB_TRY(sb_trajectory_make(p->train, p->warm, p->warm_n, &own, out));
    if (p->cx->arena == cx->arena) return SB_OK;
    p->path = SB_NEW(p->cx->arena, 1, sb_trajectory);
    if (!p->path) SB_FAIL(cx->err, SB_ENOMEM, "trajectories");
    *p->path = *out;
    return SB_OK;
}

static sb_status fit_member(const sb_proxy *p, size_t member, sb_ctx *cx, double **theta)
{
    sb_ctx own = *p->cx;
    own.err = cx->err;
    uint32_t *const row = SB_NEW(own.arena, p->warm_n, uint32_t);
    own.path = sb_str_format(own.arena, "%s/committee%zu", own.path, member);
    if (!row || !own.path) SB_FAIL(cx->err, SB_ENOMEM, "bootstrap of %zu rows", p->warm_n);
    sb_rng rng = sb_ctx_stream(&own, "bootstrap");
    for (size_t i = 0; i < p->warm_n; i++) row[i] = p->warm[sb_rng_below(&rng, p->warm_n)];
    const sb_subset s = {.m = p->warm_n, .row = row};
    sb_fitted fitted;
    const sb_status st = sb_fit(p->train, p->use, &s, p->shared, &own, &fitted);
    if (st != SB_OK) return sb_err_in(cx->err, st, "committee member %zu", member);
    *theta = fitted.theta;
    return SB_OK;
}

static sb_status proxy_committee(void *self, size_t member, sb_ctx *cx, double *prob)
{
    sb_proxy *const p = self;
    double *theta = p->member[member];
    if (!theta) SB_TRY(fit_member(p, member, cx, &theta));
    if (p->cx->arena != cx->arena) p->member[member] = theta;
    return sb_pass(p->train, p->use, theta, NULL, p->train->x.n, cx, NULL, prob);
}

static sb_status proxy_full_loss(void *self, const sb_subset *s, sb_ctx *cx, double *mean)
{
    const sb_proxy *const p = self;
    const size_t n = p->train->x.n, mark = sb_arena_mark(cx->arena);
    sb_fitted fitted;
    SB_TRY(sb_fit(p->train, p->use, s, p->shared, cx, &fitted));
    double *const loss = SB_NEW(cx->arena, n, double);
    if (!loss) SB_FAIL(cx->err, SB_ENOMEM, "%zu losses", n);
    SB_TRY(sb_pass(p->train, p->use, fitted.theta, NULL, n, cx, loss, NULL));
    *mean = sb_judge_mean(loss, n);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

void sb_proxy_init(sb_proxy *p, const sb_data *train, const sb_model_use *use, const double *theta, const void *shared,
                   sb_ctx *cx)
{
    *p = (sb_proxy){.train = train, .use = use, .theta = theta, .shared = shared, .cx = cx};
    p->oracle.self = p;
    p->oracle.full_loss = proxy_full_loss;
    if (!theta) return;
    p->oracle.loss = proxy_loss;
    p->oracle.residual = proxy_residual;
    if (train->kind != SB_CLASSIFICATION) return;
    p->oracle.prob = proxy_prob;
    p->oracle.logits = proxy_logits;
    p->oracle.contrasts = proxy_contrasts;
}

void sb_proxy_warm(sb_proxy *p, const uint32_t *warm, size_t warm_n)
{
    p->warm = warm;
    p->warm_n = warm_n;
    if (!warm_n) return;
    p->oracle.trajectory = proxy_trajectory;
    p->oracle.small = sb_proxy_small;
    if (p->train->kind == SB_CLASSIFICATION) p->oracle.committee = proxy_committee;
}

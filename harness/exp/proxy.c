/* The oracle of a fitted proxy. Asked for all rows it makes one pass and keeps the result; asked for some it evaluates
 * only these, by the same blocks (judge.h, sb_pass), hence to the same bits. */
#include <string.h>

#include "judge.h"

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
    if (train->kind == SB_CLASSIFICATION) p->oracle.prob = proxy_prob;
}

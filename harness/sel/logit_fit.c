/* Logistic models between raw features and the solver: scaling back, absent classes, cross-validation, evaluation. */
#include "selbench/logit.h"

#include <math.h>
#include <string.h>

#include "logit_rows.h"
#include "logit_solve.h"
#include "selbench/folds.h"

enum { EVAL_BLOCK = 64 };

const sb_param sb_logit_params[] = {
    {"l2", "penalty (l2/2) |W|^2 on the mean loss; several values: chosen by cross-validation", "1e-4", SB_P_REALS,
     offsetof(sb_logit_options, l2), 0, 1e12, NULL},
    {"folds", "folds of the cross-validation", "5", SB_P_SIZE, offsetof(sb_logit_options, folds), 2, 1000, NULL},
    {"tolerance", "largest entry of the gradient of the mean objective at the end", "1e-5", SB_P_REAL,
     offsetof(sb_logit_options, tolerance), 1e-14, 1, NULL},
    {"max_iterations", "solver iterations, then the fit is recorded as not converged", "2000", SB_P_SIZE,
     offsetof(sb_logit_options, max_iterations), 1, 1e9, NULL},
    {"intercept", "fit intercepts, without penalty", "true", SB_P_BOOL,
     offsetof(sb_logit_options, intercept), 0, 1, NULL},
    {"standardise", "fit in units of the weighted standard deviation of each column", "false", SB_P_BOOL,
     offsetof(sb_logit_options, standardise), 0, 1, NULL},
    {"reference", "plain float64 L-BFGS instead of the fast solver", "false", SB_P_BOOL,
     offsetof(sb_logit_options, reference), 0, 1, NULL},
    {0}};

/* Raw units, row-major, all q columns; classes without rows get weights 0 and their bounded intercept. */
static void to_raw(const sb_logit *p, const double *x, const size_t *present, size_t q, size_t c, double lowest,
                   double *theta)
{
    const size_t nw = p->q * p->dp;
    double *bias = theta + p->d * q, sum = 0;
    memset(theta, 0, (p->d + 1) * q * sizeof *theta);
    for (size_t k = 0; k < q && p->q < q; k++)
        if (p->intercept) bias[k] = lowest - log((double)(p->m + c));
    for (size_t k = 0; k < p->q; k++) {
        const size_t column = q == 1 ? 0 : present[k];
        double shift = 0;
        for (size_t j = 0; j < p->d; j++) {
            const double w = p->scale ? x[k * p->dp + j] * p->scale[j] : x[k * p->dp + j];
            if (p->mean) shift += p->mean[j] * w;
            theta[j * q + column] = w;
        }
        bias[column] = x[nw + k] - shift;
    }
    for (size_t k = 0; k < q; k++) sum += bias[k];
    for (size_t k = 0; k < q && q > 1; k++) bias[k] -= sum / (double)q;
}

/* One fit from the start x (sb_logit_dim values, moved to the solution). */
static sb_status fit_packed(const sb_logit *p, const sb_logit_options *o, const size_t *present, size_t q, size_t c,
                            const sb_logit_shared *shared, sb_ctx *cx, double *x, double *theta, sb_fit_info *info)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double lowest = 0;
    SB_TRY(sb_logit_solve(p, o, shared, cx, x, &lowest, info));
    to_raw(p, x, present, q, c, lowest, theta);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

typedef struct chooser {
    const sb_data *train;
    const sb_logit_options *o;
    size_t q, m, folds;
    const uint32_t *row;  /* m rows of positive weight */
    const double *weight; /* theirs */
    const uint32_t *fold;
    double l2[SB_REALS_MAX];    /* descending */
    double loss[SB_REALS_MAX];  /* weighted sums over held-out rows */
    size_t passes;
} chooser;

/* Adds the weighted losses of the rows of fold f at theta. */
static sb_status held_out(chooser *h, size_t f, const double *theta, size_t which, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena), d = h->train->x.d;
    float *x = SB_NEW(cx->arena, EVAL_BLOCK * d, float);
    int32_t label[EVAL_BLOCK];
    double weight[EVAL_BLOCK], loss[EVAL_BLOCK];
    if (!x) SB_FAIL(cx->err, SB_ENOMEM, "%d held-out rows", EVAL_BLOCK);
    size_t got = 0;
    for (size_t i = 0; i < h->m; i++) {
        if (h->fold[i] == f) {
            memcpy(x + got * d, sb_mat_row(h->train->x, h->row[i]), d * sizeof *x);
            label[got] = h->train->label[h->row[i]];
            weight[got++] = h->weight[i];
        }
        if (got < EVAL_BLOCK && i + 1 < h->m) continue;
        sb_data part = *h->train;
        part.x = (sb_mat){x, got, d, d};
        part.label = label;
        SB_TRY(sb_logit_eval(&part, theta, h->q, cx, loss, NULL));
        for (size_t r = 0; r < got; r++) h->loss[which] += weight[r] * loss[r];
        got = 0;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* All penalties on the rows outside fold f, from the largest down, each from the solution before it. */
static sb_status run_fold(chooser *h, size_t f, const sb_logit_shared *shared, sb_ctx *cx, bool *usable)
{
    const size_t mark = sb_arena_mark(cx->arena), c = h->train->c;
    uint32_t *row = SB_NEW(cx->arena, h->m, uint32_t);
    double *weight = SB_NEW(cx->arena, h->m, double), *theta = SB_NEW(cx->arena, (h->train->x.d + 1) * h->q, double);
    size_t *present = SB_NEW(cx->arena, c, size_t);
    if (!row || !weight || !theta || !present) SB_FAIL(cx->err, SB_ENOMEM, "fold of %zu rows", h->m);
    sb_subset s = {0, row, weight};
    for (size_t i = 0; i < h->m; i++) {
        if (h->fold[i] == f) continue;
        row[s.m] = h->row[i];
        weight[s.m++] = h->weight[i];
    }
    sb_logit p;
    const sb_status st = sb_logit_rows(h->train, &s, h->o, h->q, cx, &p, present);
    *usable = st == SB_OK;
    if (st != SB_OK) return st == SB_SKIP ? SB_OK : st;
    double *x = SB_NEW(cx->arena, sb_logit_dim(&p), double);
    if (!x) SB_FAIL(cx->err, SB_ENOMEM, "%zu parameters", sb_logit_dim(&p));
    for (size_t v = 0; v < h->o->l2.n; v++) {
        sb_fit_info info;
        p.l2 = h->l2[v];
        SB_TRY(fit_packed(&p, h->o, present, h->q, c, shared, cx, x, theta, &info));
        SB_TRY(held_out(h, f, theta, v, cx));
        h->passes += info.passes;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Rows of positive weight, their folds, and the penalties in descending order. */
static sb_status chooser_init(chooser *h, const sb_subset *s, sb_ctx *cx)
{
    uint32_t *row = SB_NEW(cx->arena, s->m, uint32_t), *fold = SB_NEW(cx->arena, s->m, uint32_t);
    double *weight = SB_NEW(cx->arena, s->m, double);
    int32_t *stratum = SB_NEW(cx->arena, s->m, int32_t);
    if (!row || !fold || !weight || !stratum) SB_FAIL(cx->err, SB_ENOMEM, "folds of %zu rows", s->m);
    for (size_t i = 0; i < s->m; i++) {
        const double w = s->weight ? s->weight[i] : 1;
        if (!(w > 0)) continue;
        row[h->m] = s->row ? s->row[i] : (uint32_t)i;
        stratum[h->m] = h->train->label[row[h->m]];
        weight[h->m++] = w;
    }
    if (h->m < 2) SB_FAIL(cx->err, SB_SKIP, "%zu rows of positive weight, 2 needed to choose the penalty", h->m);
    h->row = row, h->fold = fold, h->weight = weight;
    h->folds = h->o->folds < h->m ? h->o->folds : h->m;
    sb_rng rng = sb_ctx_stream(cx, "folds");
    SB_TRY(sb_folds(h->m, h->folds, stratum, &rng, cx, fold));
    for (size_t v = 0; v < h->o->l2.n; v++) {
        size_t at = v;
        for (; at > 0 && h->l2[at - 1] < h->o->l2.v[v]; at--) h->l2[at] = h->l2[at - 1];
        h->l2[at] = h->o->l2.v[v];
    }
    return SB_OK;
}

static sb_status choose_l2(const sb_data *train, const sb_subset *s, const sb_logit_options *o, size_t q,
                           const sb_logit_shared *shared, sb_ctx *cx, double *l2, size_t *passes)
{
    const size_t mark = sb_arena_mark(cx->arena);
    chooser h = {.train = train, .o = o, .q = q};
    SB_TRY(chooser_init(&h, s, cx));
    size_t used = 0, best = 0;
    for (size_t f = 0; f < h.folds; f++) {
        bool usable = false;
        SB_TRY(run_fold(&h, f, shared, cx, &usable));
        used += usable;
    }
    if (used == 0) SB_FAIL(cx->err, SB_SKIP, "no fold of %zu rows leaves two classes", h.m);
    for (size_t v = 1; v < o->l2.n; v++)
        if (h.loss[v] < h.loss[best]) best = v;
    *l2 = h.l2[best];
    *passes = h.passes;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_logit_fit(const sb_data *train, const sb_subset *s, const sb_logit_options *o, size_t q,
                       const void *shared, sb_ctx *cx, double *theta, sb_fit_info *info)
{
    sb_logit p;
    size_t *present = SB_NEW(cx->arena, train->c, size_t);
    if (!present) SB_FAIL(cx->err, SB_ENOMEM, "%zu classes", train->c);
    double l2 = o->l2.v[0];
    size_t passes = 0;
    if (o->l2.n > 1) SB_TRY(choose_l2(train, s, o, q, shared, cx, &l2, &passes));
    SB_TRY(sb_logit_rows(train, s, o, q, cx, &p, present));
    p.l2 = l2;
    double *x = SB_NEW(cx->arena, sb_logit_dim(&p), double);
    if (!x) SB_FAIL(cx->err, SB_ENOMEM, "%zu parameters", sb_logit_dim(&p));
    SB_TRY(fit_packed(&p, o, present, q, train->c, shared, cx, x, theta, info));
    info->passes += passes;
    return SB_OK;
}

sb_status sb_logit_share(const sb_data *train, const sb_logit_options *o, size_t q, sb_ctx *cx, void **shared)
{
    sb_logit p;
    const sb_subset all = {train->x.n, NULL, NULL};
    size_t *present = SB_NEW(cx->arena, train->c, size_t);
    sb_logit_shared *out = SB_NEW(cx->arena, 1, sb_logit_shared);
    if (!present || !out) SB_FAIL(cx->err, SB_ENOMEM, "%zu classes", train->c);
    *shared = NULL;
    if (o->reference || o->l2.n > 1) return SB_OK;
    const sb_status st = sb_logit_rows(train, &all, o, q, cx, &p, present);
    if (st == SB_SKIP) return SB_OK; /* each fit will say so */
    SB_TRY(st);
    p.l2 = o->l2.v[0];
    SB_TRY(sb_logit_prepare(&p, o, cx, out));
    *shared = out;
    return SB_OK;
}

/* Losses and probabilities of a block from its scores. */
static void block_out(const double *z, size_t rows, size_t q, const int32_t *label, double *loss, double *prob)
{
    for (size_t r = 0; r < rows; r++, z += q) {
        if (q == 1) {
            const double e = exp(-fabs(*z)), big = 1 / (1 + e), one = *z >= 0 ? big : e * big;
            if (loss) loss[r] = fmax(label[r] ? -*z : *z, 0) + log1p(e);
            if (prob) prob[2 * r] = *z >= 0 ? e * big : big, prob[2 * r + 1] = one;
            continue;
        }
        double top = z[0], sum = 0, e = 0;
        for (size_t k = 1; k < q; k++) top = fmax(top, z[k]);
        for (size_t k = 0; k < q; k++) {
            sum += e = exp(z[k] - top);
            if (prob) prob[r * q + k] = e;
        }
        if (loss) loss[r] = log(sum) + (top - z[label[r]]);
        for (size_t k = 0; k < q && prob; k++) prob[r * q + k] /= sum;
    }
}

sb_status sb_logit_eval(const sb_data *data, const double *theta, size_t q, sb_ctx *cx, double *loss, double *prob)
{
    const size_t d = data->x.d, dp = d ? (d + 7) / 8 * 8 : 8, n = data->x.n, c = q == 1 ? 2 : q;
    const size_t mark = sb_arena_mark(cx->arena);
    double *w = SB_NEW(cx->arena, q * dp, double), *buffer = SB_NEW(cx->arena, EVAL_BLOCK * dp, double);
    double *z = SB_NEW(cx->arena, EVAL_BLOCK * q, double);
    if (!w || !buffer || !z) SB_FAIL(cx->err, SB_ENOMEM, "scores of %d rows, %zu features", EVAL_BLOCK, d);
    for (size_t k = 0; k < q; k++)
        for (size_t j = 0; j < d; j++) w[k * dp + j] = theta[j * q + k];
    for (size_t i = 0; i < n; i += EVAL_BLOCK) {
        const size_t rows = n - i < EVAL_BLOCK ? n - i : EVAL_BLOCK;
        sb_logit_scores_f64(data->x, i, rows, w, theta + d * q, dp, q, buffer, z, q);
        block_out(z, rows, q, data->label + i, loss ? loss + i : NULL, prob ? prob + i * c : NULL);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

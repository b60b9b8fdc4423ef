/* Exchange designs: from a regular start, the best swap of a chosen row i against another row j is made until none
 * helps. With P = M^{-1}, d_ij = x_i'P x_j, phi_ij = x_i'P B P x_j:
 *     det M'/det M = Delta = (1 + d_j)(1 - d_i) + d_ij^2                                             (criterion D)
 *     tr(B P) - tr(B P') = [ (1 - d_i) phi_jj + 2 d_ij phi_ij - (1 + d_j) phi_ii ] / Delta           (A, I, c)
 * B = I (A), X'X/n (I), cc' (c, the mean row). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selbench/design.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/pivots.h"

enum { BATCH = 16 };

typedef struct opts {
    int criterion;
    size_t restarts;
    double work;
} opts;

static const sb_param params[] = {
    {"criterion", "log det M; or the trace of B M^{-1} with B = I (A), X'X/n (I), or of the mean row (c)", "D",
     SB_P_ENUM, offsetof(opts, criterion), 0, 3, sb_criterion_words},
    {"restarts", "random starts, the best end is kept", "5", SB_P_SIZE, offsetof(opts, restarts), 1, 1000, NULL},
    {"work", "declines when restarts m^2 n d, the multiply-adds of m swaps each, is above this (1e9: about a second)",
     "1e11", SB_P_REAL, offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

typedef struct exchange {
    const opts *o;
    sb_mat z;  /* rows that may be chosen, independent columns */
    double *b; /* d x d, or NULL for D */
    size_t m;
    uint32_t *chosen; /* m rows of z */
    unsigned char *in;
    double *uw, *product, *u, *w;
    sb_inverse e;
    double value; /* what is maximised: log det M, or -tr(B P) */
    size_t swaps;
} exchange;

static double dot(const double *a, const double *b, size_t d)
{
    double s = 0;
    for (size_t j = 0; j < d; j++) s += a[j] * b[j];
    return s;
}

/* Rows of random pivots span the space; random ones follow. */
static sb_status begin(exchange *t, sb_rng *rng, sb_ctx *cx)
{
    const size_t n = t->z.n;
    sb_pivots p;
    SB_TRY(sb_pivots_init(&p, t->z, t->z.d, cx));
    memset(t->in, 0, n);
    size_t k = 0;
    uint32_t row = 0;
    while (p.rank < t->z.d && sb_pivots_propose(&p, rng, 1, &row)) {
        p.left[row] = 0;
        if (sb_pivots_append(&p, row)) {
            t->in[row] = 1;
            t->chosen[k++] = row;
        }
        SB_TRY(sb_pivots_update(&p, cx));
    }
    while (k < t->m) {
        row = (uint32_t)sb_rng_below(rng, n);
        if (t->in[row]) continue;
        t->in[row] = 1;
        t->chosen[k++] = row;
    }
    return SB_OK;
}

static sb_status measure(exchange *t, sb_ctx *cx)
{
    const size_t d = t->z.d, mark = sb_arena_mark(cx->arena);
    t->value = 0;
    for (size_t i = 0; t->b && i < d * d; i++) t->value -= t->b[i] * t->e.p[i];
    if (t->b) return SB_OK;
    double *l = SB_NEW(cx->arena, d * d, double);
    if (!l) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu Cholesky factor", d, d);
    memcpy(l, t->e.m, d * d * sizeof *l);
    SB_TRY(sb_chol(l, d, cx));
    for (size_t j = 0; j < d; j++) t->value += 2 * log(l[j * d + j]);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

typedef struct swap {
    double gain;
    size_t out, in; /* position in chosen; row */
} swap;

/* The best rows against chosen[k0 ..], `batch` of them at a time. */
static sb_status scan(exchange *t, size_t k0, size_t batch, sb_ctx *cx, swap *best)
{
    const size_t d = t->z.d, cols = t->b ? 2 : 1, wide = batch * cols;
    const sb_inverse *const e = &t->e;
    for (size_t k = 0; k < batch; k++) {
        const float *const x = sb_mat_row(t->z, t->chosen[k0 + k]);
        for (size_t a = 0; a < d; a++) {
            t->u[a] = 0;
            for (size_t b = 0; b < d; b++) t->u[a] += e->p[a * d + b] * (double)x[b];
        }
        for (size_t a = 0; t->b && a < d; a++) t->w[a] = dot(t->b + a * d, t->u, d);
        for (size_t a = 0; a < d; a++) {
            t->uw[a * wide + k * cols] = t->u[a];
            if (t->b) t->uw[a * wide + k * cols + 1] = dot(e->p + a * d, t->w, d);
        }
    }
    SB_TRY(sb_rows_times(t->z, NULL, t->z.n, t->uw, wide, cx, t->product));
    for (size_t j = 0; j < t->z.n; j++) {
        for (size_t k = 0; k < batch && !t->in[j]; k++) {
            const size_t i = t->chosen[k0 + k];
            const double *const v = t->product + j * wide + k * cols;
            const double delta = (1 + e->h[j]) * (1 - e->h[i]) + v[0] * v[0];
            if (!(delta > 1e-9)) continue; /* a singular swap */
            const double gain =
                t->b ? ((1 - e->h[i]) * e->s[j] + 2 * v[0] * v[1] - (1 + e->h[j]) * e->s[i]) / delta : log(delta);
            if (gain > best->gain) *best = (swap){gain, k0 + k, j};
        }
    }
    return SB_OK;
}

static sb_status climb(exchange *t, sb_ctx *cx)
{
    const size_t most = 20 * t->m + 100;
    for (size_t round = 0; round < most; round++) {
        const size_t mark = sb_arena_mark(cx->arena);
        swap best = {.gain = fmax(1e-10, 1e-12 * fabs(t->value))};
        const double least = best.gain;
        for (size_t k = 0; k < t->m; k += BATCH) SB_TRY(scan(t, k, t->m - k < BATCH ? t->m - k : BATCH, cx, &best));
        if (!(best.gain > least)) return SB_OK;
        const uint32_t out = t->chosen[best.out];
        SB_TRY(sb_inverse_change(&t->e, best.in, 1, cx));
        SB_TRY(sb_inverse_change(&t->e, out, -1, cx));
        t->in[out] = 0;
        t->in[best.in] = 1;
        t->chosen[best.out] = (uint32_t)best.in;
        t->swaps++;
        if (t->swaps % 50 == 0) SB_TRY(sb_inverse_refresh(&t->e, cx));
        SB_TRY(measure(t, cx));
        sb_arena_rewind(cx->arena, mark);
    }
    return SB_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static sb_status prepare_run(const sb_task *task, exchange *t, sb_ctx *cx, uint32_t **row)
{
    sb_design q;
    SB_TRY(sb_design_make(task, (sb_criterion)t->o->criterion, t->m, cx, &q));
    t->z = q.z;
    t->b = q.b;
    *row = q.row;
    const size_t n = t->z.n, d = t->z.d;
    t->chosen = SB_NEW(cx->arena, n, uint32_t);
    t->in = SB_NEW(cx->arena, n, unsigned char);
    t->uw = SB_NEW(cx->arena, 2 * BATCH * d, double);
    t->u = SB_NEW(cx->arena, d, double);
    t->w = SB_NEW(cx->arena, d, double);
    t->product = SB_NEW(cx->arena, 2 * BATCH * n, double);
    if (!t->chosen || !t->in || !t->uw || !t->u || !t->w || !t->product)
        SB_FAIL(cx->err, SB_ENOMEM, "exchange among %zu rows", n);
    return SB_OK;
}

static sb_status fedorov_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    exchange t = {.o = options, .m = budget};
    const double m = (double)budget, rank = (double)(task->x.n < task->x.d ? task->x.n : task->x.d);
    const double work = (double)t.o->restarts * m * m * (double)(task->x.n - budget) * rank;
    if (work > t.o->work)
        SB_FAIL(cx->err, SB_SKIP, "needs about %.2g multiply-adds (some %.0f s), above work = %.2g", work, work / 1e9,
                t.o->work);
    uint32_t *row = NULL;
    SB_TRY(prepare_run(task, &t, cx, &row));
    double *moment = SB_NEW(cx->arena, t.z.d * t.z.d, double), best = -(double)INFINITY;
    if (!moment) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu moment matrix", t.z.d, t.z.d);
    sb_rng rng = sb_ctx_stream(cx, "start");
    size_t agree = 0;
    for (size_t r = 0; r < t.o->restarts; r++) {
        const size_t mark = sb_arena_mark(cx->arena);
        SB_TRY(begin(&t, &rng, cx));
        SB_TRY(sb_information(t.z, t.chosen, t.m, 0, cx, moment));
        SB_TRY(sb_inverse_init(&t.e, t.z, moment, t.b, false, cx));
        SB_TRY(measure(&t, cx));
        SB_TRY(climb(&t, cx));
        sb_arena_rewind(cx->arena, mark);
        const double margin = 1e-9 * fmax(1, fabs(best));
        agree = t.value > best + margin ? 1 : agree + (t.value >= best - margin);
        if (!(t.value > best)) continue;
        best = t.value;
        for (size_t j = 0; j < budget; j++) out->row[j] = row[t.chosen[j]];
    }
    out->m = budget;
    qsort(out->row, out->m, sizeof *out->row, ascending);
    sb_selection_note(out, "criterion", t.b ? -best : best);
    sb_selection_note(out, "swaps", (double)t.swaps);
    sb_selection_note(out, "restarts_at_best", (double)agree);
    return SB_OK;
}

const sb_method sb_method_fedorov = {
    .name = "fedorov",
    .summary = "exchange designs for the criteria D, A, I and c (moderate n and m only)",
    .source = "Fedorov 1972; criteria and updates as in Atkinson, Donev 1992",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .select = fedorov_select,
};

/* Exchange designs: from a regular start, the best swap of a chosen row i against another row j is made until none
 * helps. With P = M^{-1}, d_ij = x_i'P x_j, phi_ij = x_i'P B P x_j:
 *     det M'/det M = Delta = (1 + d_j)(1 - d_i) + d_ij^2                                             (criterion D)
 *     tr(B P) - tr(B P') = [ (1 - d_i) phi_jj + 2 d_ij phi_ij - (1 + d_j) phi_ii ] / Delta           (A, I, c)
 * B = I (A), X'X/n (I), cc' (c, the mean row). All swaps are looked at each time (selbench/exchange.h). */
#include <math.h>
#include <string.h>

#include "selbench/exchange.h"
#include "selbench/method.h"
#include "selbench/pivots.h"
#include "selbench/rank.h"

enum { OLD = 50 };

typedef struct opts {
    int criterion;
    size_t restarts;
    double work;
} opts;

static const sb_param params[] = {
    {"criterion", "log det M; or the trace of B M^{-1} with B = I (A), X'X/n (I), or of the mean row (c)", "D",
     SB_P_ENUM, offsetof(opts, criterion), 0, 3, sb_criterion_words},
    {"restarts", "random starts, the best end is kept", "5", SB_P_SIZE, offsetof(opts, restarts), 1, 1000, NULL},
    {"work",
     "declines when restarts m n (4 m + 12 d), the multiply-adds of m swaps each, is above this (2e9: a second)",
     "1e11", SB_P_REAL, offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

/* Rows of random pivots span the space; random ones follow. */
static sb_status begin(sb_exchange *t, sb_rng *rng, sb_ctx *cx)
{
    const size_t n = t->q->z.n;
    sb_pivots p;
    SB_TRY(sb_pivots_init(&p, t->q->z, t->q->z.d, cx));
    memset(t->in, 0, n);
    size_t k = 0;
    uint32_t row = 0;
    while (p.rank < t->q->z.d && sb_pivots_propose(&p, rng, 1, &row)) {
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

/* What is maximised: log det M, or -tr(B M^{-1}). */
static sb_status measure(const sb_exchange *t, sb_ctx *cx, double *value)
{
    SB_TRY(sb_design_value(t->q, t->chosen, t->m, cx, value));
    if (t->q->b) *value = -*value;
    return SB_OK;
}

/* The end is confirmed by fresh tables. */
static sb_status climb(sb_exchange *t, sb_ctx *cx, double *value, size_t *swaps, double *drift)
{
    const size_t most = 20 * t->m + 100;
    size_t followed = 0;
    SB_TRY(measure(t, cx, value));
    for (size_t round = 0; round < most; round++) {
        const size_t mark = sb_arena_mark(cx->arena);
        sb_swap best = sb_exchange_best(t);
        const double least = fmax(1e-10, 1e-12 * fabs(*value));
        if (followed == OLD || (!(best.gain > least) && followed)) {
            double off = 0;
            SB_TRY(sb_exchange_renew(t, cx, &off));
            *drift = fmax(*drift, off);
            followed = 0;
            best = sb_exchange_best(t);
        }
        if (!(best.gain > least)) return SB_OK;
        SB_TRY(sb_exchange_swap(t, best, cx));
        SB_TRY(measure(t, cx, value));
        followed++;
        ++*swaps;
        sb_arena_rewind(cx->arena, mark);
    }
    return SB_OK;
}

static sb_status fedorov_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const double m = (double)budget, rank = (double)(task->x.n < task->x.d ? task->x.n : task->x.d);
    const double work = (double)o->restarts * m * (double)(task->x.n - budget) * (4 * m + 12 * rank);
    SB_TRY(sb_work_within(work, 2e9, o->work, cx));
    sb_design q;
    sb_exchange t;
    SB_TRY(sb_design_make(task, (sb_criterion)o->criterion, budget, cx, &q));
    SB_TRY(sb_exchange_init(&t, &q, budget, cx));
    double best = -(double)INFINITY, drift = 0;
    sb_rng rng = sb_ctx_stream(cx, "start");
    size_t agree = 0, swaps = 0;
    for (size_t r = 0; r < o->restarts; r++) {
        double value = 0;
        const size_t mark = sb_arena_mark(cx->arena);
        SB_TRY(begin(&t, &rng, cx));
        sb_arena_rewind(cx->arena, mark);
        SB_TRY(sb_exchange_start(&t, cx));
        SB_TRY(climb(&t, cx, &value, &swaps, &drift));
        const double margin = 1e-9 * fmax(1, fabs(best));
        agree = value > best + margin ? 1 : agree + (value >= best - margin);
        if (!(value > best)) continue;
        best = value;
        for (size_t j = 0; j < budget; j++) out->row[j] = q.row[t.chosen[j]];
    }
    out->m = budget;
    sb_rows_sort(out->row, out->m);
    sb_selection_note(out, "criterion", q.b ? -best : best);
    sb_selection_note(out, "swaps", (double)swaps);
    sb_selection_note(out, "restarts_at_best", (double)agree);
    sb_selection_note(out, "drift", drift);
    return SB_OK;
}

const sb_method sb_method_fedorov = {
    .name = "fedorov",
    .summary = "exchange designs for the criteria D, A, I and c",
    .source = "Fedorov 1972; criteria and updates as in Atkinson, Donev 1992",
    .formula =
        "the swap of i in S for j outside with the largest det M'/det M = (1 + d_jj)(1 - d_ii) + d_ij^2 (D), or\n"
        "decrease of tr(B M^{-1}), until none gains 1e-10; d_ij = x_i'M^{-1}x_j, M = X_S'X_S, B: see criterion",
    .cost =
        "n (8 m + 12 d) flops a swap, twice that but for D, some m swaps; 8 n m bytes (16 n m); declines above `work`",
    .variants = "AlgDesign divides M by m and, for D, looks at part of the swaps only; here every swap is looked at",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .select = fedorov_select,
};

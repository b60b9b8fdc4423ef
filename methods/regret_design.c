/* Design by regret minimisation: the relaxed optimum pi whitens the rows, z = M(pi)^{-1/2} x, and m rows are added one
 * after another against the worst direction so far. With B_t the sum of z z' of those chosen,
 *     A_t = (c_t I + alpha B_t)^{-2},  tr A_t = 1,   next row: argmax z'A_t z / (1 + alpha z'A_t^{1/2} z). */
#include <math.h>
#include <string.h>

#include "selbench/basis.h"
#include "selbench/design.h"
#include "selbench/la.h"
#include "selbench/method.h"

enum { BLOCK = 512 };

typedef struct opts {
    int criterion;
    size_t steps;
    double alpha, gap, work;
} opts;

static const sb_param params[] = {
    {"criterion",
     "of the relaxation: log det M; or the trace of B M^{-1} with B = I (A), X'X/n (I), or the mean row (c)", "A",
     SB_P_ENUM, offsetof(opts, criterion), 0, 3, sb_criterion_words},
    {"alpha", "learning rate of the regret; 0: no memory of the directions covered", "4", SB_P_REAL,
     offsetof(opts, alpha), 0, 1e6, NULL},
    {"gap", "the relaxation stops when no design can be better by this fraction", "1e-3", SB_P_REAL,
     offsetof(opts, gap), 1e-12, 1, NULL},
    {"steps", "or after this many steps", "300", SB_P_SIZE, offsetof(opts, steps), 1, 1e6, NULL},
    {"work",
     "declines when 3 steps n d^2 / 8 + m (10 d^3 + 4 m d^2) multiply-adds are above this (1e10 take about a second)",
     "1e12", SB_P_REAL, offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

typedef struct regret {
    double alpha;
    size_t d, n;                /* n: rows that carry pi */
    double *z;                  /* n x d, whitened */
    double *b, *value, *vector; /* B, its eigenvalues ascending, its eigenvectors as rows */
    double *y;                  /* BLOCK x d: rows in the eigenbasis */
    unsigned char *in;
} regret;

/* c with sum (c + alpha beta)^{-2} = 1: between 1 and sqrt(d) above the pole of the smallest eigenvalue. */
static double shift(const regret *t)
{
    const double pole = -t->alpha * t->value[0];
    double lo = pole + 1, hi = pole + sqrt((double)t->d);
    for (int step = 0; step < 200 && lo < hi; step++) {
        const double c = lo + (hi - lo) / 2;
        double trace = 0;
        if (c <= lo || c >= hi) break;
        for (size_t k = 0; k < t->d; k++) trace += 1 / ((c + t->alpha * t->value[k]) * (c + t->alpha * t->value[k]));
        if (trace > 1)
            lo = c;
        else
            hi = c;
    }
    return lo;
}

/* The best row; ties to the first of the support. */
static sb_status next_row(regret *t, sb_ctx *cx, size_t *best)
{
    const size_t d = t->d;
    memcpy(t->vector, t->b, d * d * sizeof *t->b);
    SB_TRY(sb_eig_sym(t->vector, d, t->value, cx));
    const double c = shift(t);
    double top = -1;
    for (size_t i0 = 0; i0 < t->n; i0 += BLOCK) {
        const size_t rows = t->n - i0 < BLOCK ? t->n - i0 : BLOCK;
        sb_dgemm(false, true, rows, d, d, 1, t->z + i0 * d, d, t->vector, d, 0, t->y, d);
        for (size_t i = 0; i < rows; i++) {
            double square = 0, root = 0;
            if (t->in[i0 + i]) continue;
            for (size_t k = 0; k < d; k++) {
                const double a = c + t->alpha * t->value[k], y2 = t->y[i * d + k] * t->y[i * d + k];
                square += y2 / (a * a);
                root += y2 / a;
            }
            if (!(square / (1 + t->alpha * root) > top)) continue;
            top = square / (1 + t->alpha * root);
            *best = i0 + i;
        }
    }
    return SB_OK;
}

/* Rows of the support, whitened: x L^{-T} for M = L L' (the rule depends on inner products only). */
static sb_status whiten(regret *t, const sb_design *q, double *m, const uint32_t *row, sb_ctx *cx)
{
    const size_t d = t->d;
    t->z = SB_NEW(cx->arena, t->n * d, double);
    t->b = SB_NEW(cx->arena, d * d, double);
    t->value = SB_NEW(cx->arena, d, double);
    t->vector = SB_NEW(cx->arena, d * d, double);
    t->y = SB_NEW(cx->arena, BLOCK * d, double);
    t->in = SB_NEW(cx->arena, t->n, unsigned char);
    if (!t->z || !t->b || !t->value || !t->vector || !t->y || !t->in)
        SB_FAIL(cx->err, SB_ENOMEM, "whitened rows, %zu x %zu", t->n, d);
    for (size_t i = 0; i < t->n; i++)
        for (size_t j = 0; j < d; j++) t->z[i * d + j] = (double)sb_mat_row(q->z, row[i])[j];
    SB_TRY(sb_chol(m, d, cx));
    sb_dtrsm_right(true, t->n, d, m, d, t->z, d);
    return SB_OK;
}

static sb_status choose(regret *t, size_t budget, const uint32_t *row, sb_ctx *cx, uint32_t *chosen)
{
    const size_t d = t->d;
    for (size_t j = 0; j < budget; j++) {
        const size_t mark = sb_arena_mark(cx->arena);
        size_t best = 0;
        SB_TRY(next_row(t, cx, &best));
        t->in[best] = 1;
        chosen[j] = row[best];
        const double *const z = t->z + best * d;
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < d; b++) t->b[a * d + b] += z[a] * z[b];
        sb_arena_rewind(cx->arena, mark);
    }
    return SB_OK;
}

static sb_status regret_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                               sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    sb_design q;
    sb_relaxed r;
    const double n = (double)task->x.n, m = (double)budget, rank = fmin(n, (double)task->x.d);
    const double work = 3.0 * (double)o->steps * n * rank * rank / 8 + m * rank * rank * (10 * rank + 4 * m);
    SB_TRY(sb_work_within(work, 1e10, o->work, cx));
    SB_TRY(sb_design_make(task, (sb_criterion)o->criterion, budget, cx, &q));
    SB_TRY(sb_design_relax(&q, budget, o->steps, o->gap, cx, &r));
    uint32_t *row = SB_NEW(cx->arena, q.z.n, uint32_t), *chosen = SB_NEW(cx->arena, budget, uint32_t);
    if (!row || !chosen) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu rows", q.z.n);
    regret t = {.alpha = o->alpha, .d = q.z.d};
    SB_TRY(sb_design_support(&q, &r, budget, cx, row, &t.n));
    SB_TRY(whiten(&t, &q, r.m, row, cx));
    SB_TRY(choose(&t, budget, row, cx, chosen));
    double value = 0;
    const sb_status st = sb_design_value(&q, chosen, budget, cx, &value);
    if (st != SB_OK && st != SB_ENUM) return st;
    out->m = budget;
    for (size_t j = 0; j < budget; j++) out->row[j] = q.row[chosen[j]];
    if (st == SB_OK) sb_selection_note(out, "criterion", value);
    sb_selection_note(out, "relaxed", r.value);
    sb_selection_note(out, "gap", r.gap);
    sb_selection_note(out, "steps", (double)r.steps);
    sb_selection_note(out, "support", (double)t.n);
    return SB_OK;
}

const sb_method sb_method_regret_design = {
    .name = "regret_design",
    .summary = "optimal design: the relaxed optimum rounded by regret minimisation over the directions",
    .source = "Allen-Zhu, Li, Singh, Wang 2017 (near-optimal design by regret minimisation)",
    .formula = "z = M(pi)^{-1/2} x with pi of relaxed_design; B = sum z z' of the rows chosen\n"
               "A = (c I + alpha B)^{-2}, c by bisection from tr A = 1; next: argmax z'A z / (1 + alpha z'A^{1/2} z)",
    .cost = "relaxation as in relaxed_design, then 9 d^3 + 2 s d^2 flops a pick, s rows that carry pi; declines above "
            "`work`",
    .variants = "argmax among the rows that carry all but a thousandth of pi, each at most once; argmax form recalled",
    .abi = SB_METHOD_ABI,
    .option_size = sizeof(opts),
    .options = params,
    .select = regret_select,
};

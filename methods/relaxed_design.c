/* Optimal design by convex relaxation: shares pi in [0, 1] with sum m make sum pi x x' best by a criterion (see
 * selbench/design.h), and are rounded to m rows. Greedy removal starts from the rows that carry pi and takes away, one
 * after another, the row whose loss harms the criterion least; or rows are drawn with inclusion probabilities pi. */
#include <math.h>
#include <string.h>

#include "selbench/design.h"
#include "selbench/draw.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { ROUND_REMOVAL, ROUND_PIPS, ROUND_POISSON, ROUND_TOP };

typedef struct opts {
    int criterion, rounding;
    size_t steps;
    double gap, work;
    bool weights;
} opts;

static const char *const rounding_words[] = {"greedy_removal", "pips", "poisson", "top", NULL};
static const sb_param params[] = {
    {"criterion", "log det M; or the trace of B M^{-1} with B = I (A), X'X/n (I), or of the mean row (c)", "A",
     SB_P_ENUM, offsetof(opts, criterion), 0, 3, sb_criterion_words},
    {"rounding",
     "from pi to rows: removal of the least useful of those that carry pi; drawn by pi with weights 1/pi (fixed size, "
     "or each row by its own coin); the largest pi",
     "greedy_removal", SB_P_ENUM, offsetof(opts, rounding), 0, 3, rounding_words},
    {"gap", "the descent stops when no design can be better by this fraction", "1e-3", SB_P_REAL, offsetof(opts, gap),
     1e-12, 1, NULL},
    {"steps", "or after this many steps", "300", SB_P_SIZE, offsetof(opts, steps), 1, 1e6, NULL},
    {"weights", "return the weights 1/pi (drawn rows)", "true", SB_P_BOOL, offsetof(opts, weights), 0, 0, NULL},
    {"work",
     "declines at once when 3 steps n d^2 / 8 + 4 m^2 d multiply-adds are above this (1.5e10 take about a second)",
     "1e12", SB_P_REAL, offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

/* What is lost when entry k goes: largest 1 - h is best for D. */
static double harm(const sb_inverse *e, size_t k)
{
    const double left = 1 - e->h[k];
    if (!(left > 1e-9)) return (double)INFINITY;
    return e->b ? e->s[k] / left : -log(left);
}

/* Removes entries until `keep` are left; ties to the lowest row. row: those of the support, heaviest first. */
static sb_status removal(const sb_design *q, uint32_t *row, size_t *count, size_t keep, sb_ctx *cx)
{
    const size_t d = q->z.d;
    double *m = SB_NEW(cx->arena, d * d, double);
    float *copy = SB_NEW(cx->arena, *count * d, float);
    if (!m || !copy) SB_FAIL(cx->err, SB_ENOMEM, "moment matrix of %zu rows", *count);
    for (size_t i = 0; i < *count; i++) memcpy(copy + i * d, sb_mat_row(q->z, row[i]), d * sizeof *copy);
    const sb_mat x = {.data = copy, .n = *count, .d = d, .ld = d};
    sb_inverse e;
    SB_TRY(sb_information(x, NULL, x.n, 0, cx, m));
    SB_TRY(sb_inverse_init(&e, x, m, q->b, true, cx));
    while (e.count > keep) {
        size_t best = 0;
        for (size_t k = 1; k < e.count; k++) {
            const double a = harm(&e, k), b = harm(&e, best);
            if (a < b || (a == b && row[e.active[k]] < row[e.active[best]])) best = k;
        }
        if (!(harm(&e, best) < (double)INFINITY))
            SB_FAIL(cx->err, SB_ENUM, "no row can leave: %zu rows of rank %zu", e.count, d);
        SB_TRY(sb_inverse_change(&e, best, -1, cx));
        sb_inverse_drop(&e, best);
    }
    uint32_t *left = SB_NEW(cx->arena, keep, uint32_t);
    if (!left) SB_FAIL(cx->err, SB_ENOMEM, "%zu rows", keep);
    for (size_t k = 0; k < keep; k++) left[k] = row[e.active[k]];
    memcpy(row, left, keep * sizeof *row);
    *count = keep;
    return SB_OK;
}

static sb_status drawn(const opts *o, const double *pi, size_t n, size_t budget, sb_ctx *cx, uint32_t *row,
                       sb_selection *out)
{
    double *p = SB_NEW(cx->arena, n, double), *weight = SB_NEW(cx->arena, n, double);
    if (!p || !weight) SB_FAIL(cx->err, SB_ENOMEM, "probabilities of %zu rows", n);
    for (size_t i = 0; i < n; i++) p[i] = pi[i] / (double)budget;
    sb_rng rng = sb_ctx_stream(cx, "draw");
    SB_TRY(sb_draw(o->rounding == ROUND_PIPS ? SB_PIPS : SB_POISSON, p, n, budget, &rng, cx, row, weight, &out->m));
    if (o->weights) out->weight = weight;
    return SB_OK;
}

static sb_status relaxed_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    sb_design q;
    sb_relaxed r;
    const double m = (double)budget, rank = (double)(task->x.n < task->x.d ? task->x.n : task->x.d);
    const double work = 3.0 * (double)o->steps * (double)task->x.n * rank * rank / 8 + 4 * m * m * rank;
    SB_TRY(sb_work_within(work, 1.5e10, o->work, cx));
    SB_TRY(sb_design_make(task, (sb_criterion)o->criterion, budget, cx, &q));
    const size_t n = q.z.n;
    SB_TRY(sb_design_relax(&q, budget, o->steps, o->gap, cx, &r));
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    if (!row) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu rows", n);
    size_t support = 0;
    SB_TRY(sb_design_support(&q, &r, budget, cx, row, &support));
    sb_selection_note(out, "relaxed", r.value);
    sb_selection_note(out, "gap", r.gap);
    sb_selection_note(out, "steps", (double)r.steps);
    sb_selection_note(out, "support", (double)support);
    if (o->rounding == ROUND_REMOVAL) SB_TRY(removal(&q, row, &support, budget, cx));
    out->m = budget;
    if (o->rounding == ROUND_PIPS || o->rounding == ROUND_POISSON) SB_TRY(drawn(o, r.pi, n, budget, cx, row, out));
    double value = 0;
    const sb_status st = sb_design_value(&q, row, out->m, cx, &value);
    if (st != SB_OK && st != SB_ENUM) return st;
    if (st == SB_OK) sb_selection_note(out, "criterion", value);
    for (size_t j = 0; j < out->m; j++) out->row[j] = q.row[row[j]];
    return SB_OK;
}

const sb_method sb_method_relaxed_design = {
    .name = "relaxed_design",
    .summary = "optimal design by convex relaxation with a certificate, rounded by greedy removal or by drawing",
    .source = "Wang, Yu, Singh 2017 (relaxation, greedy removal); certificate: Kiefer, Wolfowitz 1960",
    .formula = "minimise f(M(pi)), M = sum pi_i x_i x_i', 0 <= pi <= 1, sum pi = m; D: -log det M, else tr(B M^{-1})\n"
               "pi <- min(1, c pi exp(eta g_i)), g_i = x'M^{-1}x (D), x'M^{-1}B M^{-1}x; eta by line search\n"
               "gap = sum of the m largest g - sum pi g >= f(pi) - f of any m rows; stop at gap <= 1e-3 sum pi g\n"
               "removal: from the rows with all but 1e-3 of pi, drop argmin phi_ii/(1 - d_i) (D: largest 1 - d_i)",
    .cost = "3 n d^2 flops a step, 10 to 50 steps; removal 4 s^2 d for s rows that carry pi; declines above `work`",
    .variants =
        "greedy removal as in the paper (form recalled); drawing by pi in place of the paper's with replacement",
    .abi = SB_METHOD_ABI,
    .traits = SB_WEIGHTED | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = relaxed_select,
};

/* Transductive experimental design, sequential: each pick is the row that lowers most
 *     sum_i min_b |x_i - X_S'b|^2 + lambda |b|^2 = lambda tr( X'X (X_S'X_S + lambda I)^{-1} ).
 * With M = X_S'X_S + lambda I and B = X'X that is x' M^{-1} B M^{-1} x / (1 + x' M^{-1} x). */
#include "selbench/inverse.h"
#include "selbench/la.h"
#include "selbench/method.h"

enum { RULE_MEAN, RULE_VALUE };

typedef struct opts {
    double lambda;
    int rule;
    bool from_warmup;
} opts;

static const char *const rule_words[] = {"mean", "value", NULL};
static const sb_param params[] = {
    {"lambda", "ridge of the reconstruction, in the unit of lambda_rule", "0.1", SB_P_REAL, offsetof(opts, lambda),
     1e-12, 1e300, NULL},
    {"lambda_rule", "mean: times the mean squared norm of the rows; value: lambda itself", "mean", SB_P_ENUM,
     offsetof(opts, rule), 0, 1, rule_words},
    {"from_warmup", "the rows of a joining warm-up count as picked", "true", SB_P_BOOL, offsetof(opts, from_warmup), 0,
     1, NULL},
    {0},
};

static sb_status ted_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, d = task->x.d, start = task->warm_joins && o->from_warmup ? task->warm_n : 0;
    double *b = SB_NEW(cx->arena, d * d, double), *m = SB_NEW(cx->arena, d * d, double), trace = 0;
    unsigned char *taken = sb_task_taken(task, cx);
    if (!b || !m || !taken) SB_FAIL(cx->err, SB_ENOMEM, "two %zu x %zu moment matrices", d, d);
    SB_TRY(sb_information(task->x, NULL, n, 0, cx, b));
    for (size_t j = 0; j < d; j++) trace += b[j * d + j];
    const double unit = o->rule == RULE_MEAN && trace > 0 ? trace / (double)n : 1, lambda = o->lambda * unit;
    SB_TRY(sb_information(task->x, task->warm, start, lambda, cx, m));
    sb_inverse e;
    SB_TRY(sb_inverse_init(&e, task->x, m, b, false, cx));
    while (out->m < budget) {
        size_t best = n;
        double top = -1;
        for (size_t i = 0; i < n; i++) {
            const double score = e.s[i] / (1 + e.h[i]);
            if (taken[i] || !(score > top)) continue;
            top = score;
            best = i;
        }
        if (best == n) SB_FAIL(cx->err, SB_EARG, "budget %zu is above the %zu rows that are left", budget, out->m);
        taken[best] = 1;
        out->row[out->m++] = (uint32_t)best;
        SB_TRY(sb_inverse_change(&e, best, 1, cx));
    }
    double left = 0;
    for (size_t i = 0; i < d * d; i++) left += b[i] * e.p[i];
    sb_selection_note(out, "lambda", lambda);
    sb_selection_note(out, "left_frac", trace > 0 ? lambda * left / trace : 0);
    return SB_OK;
}

const sb_method sb_method_ted = {
    .name = "ted",
    .summary = "transductive experimental design: greedy picks from which all rows are best rebuilt by ridge",
    .source = "Yu, Bi, Tresp 2006, Algorithm 1 (sequential), linear kernel",
    .abi = SB_METHOD_ABI,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = ted_select,
};

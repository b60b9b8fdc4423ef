/* Root leverage plus uniform, for logistic regression: s_i = sqrt(l_i) + 1/n, p = s / sum s, with l_i estimated by a
 * CountSketch of about d^2 rows and a Gaussian projection. Labels would only flip signs of rows, which leaves l alone.
 */
#include <math.h>

#include "selbench/countsketch.h"
#include "selbench/importance.h"
#include "selbench/leverage.h"

typedef struct opts {
    size_t columns, exact_above;
    sb_importance how;
} opts;

static const sb_param params[] = {
    {"columns", "columns of the Gaussian projection; 0: none", "20", SB_P_SIZE, offsetof(opts, columns), 0, 1e6, NULL},
    {"exact_above", "with more features than this, exact scores: the sketch, of d^2 rows, would cost more", "100",
     SB_P_SIZE, offsetof(opts, exact_above), 0, 1e9, NULL},
    {"draw", "how rows are drawn from p (successive, the published code's, has biased weights)", "with_replacement",
     SB_P_ENUM, offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {"floor", "share of the uniform distribution mixed into p", "0", SB_P_REAL, offsetof(opts, how.floor), 0, 1, NULL},
    {"weighted", "false: keep the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0, 1,
     NULL},
    {0},
};

static sb_status l2s_prepare(const sb_task *task, const void *options, sb_ctx *cx, void **state)
{
    const opts *const o = options;
    const size_t n = task->x.n;
    double *score = SB_NEW(cx->arena, n, double);
    if (!score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    if (task->x.d > o->exact_above) {
        sb_leverage_info info;
        SB_TRY(sb_leverage(task->x, &(sb_leverage_options){.kind = SB_LEVERAGE_EXACT}, cx, score, &info));
    } else {
        sb_rng rng = sb_ctx_stream(cx, "sketch");
        SB_TRY(sb_countsketch_leverage(task->x, 0, o->columns, &rng, cx, score));
    }
    for (size_t i = 0; i < n; i++) score[i] = sqrt(score[i]) + 1 / (double)n;
    *state = score;
    return SB_OK;
}

static sb_status l2s_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    const opts *const o = options;
    SB_TRY(sb_importance_select(task, state, &o->how, NULL, 0, budget, cx, out));
    sb_selection_note(out, "exact", task->x.d > o->exact_above);
    return SB_OK;
}

const sb_method sb_method_l2s = {
    .name = "l2s",
    .summary = "sampling by root leverage plus uniform, scores from a CountSketch",
    .source = "Munteanu, Schwiegelshohn, Sohler, Woodruff 2018 (square-root scheme)",
    .formula = "p ~ sqrt(l~_i) + 1/n, l~_i = |x_i'R^{-1}G|^2, R from the QR of a CountSketch of d^2 rows, G d x 20 of "
               "N(0, 1/20);\n"
               "weight 1/(m p)",
    .cost = "n d + d^4 + 20 n d flops, or n d^2 for exact scores (more than exact_above features)",
    .variants = "the published code draws without replacement with these weights (draw successive: biased) and inverts "
                "a singular R\n"
                "by the pseudo-inverse, as here",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = l2s_prepare,
    .select = l2s_select,
};

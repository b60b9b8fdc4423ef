/* Length-squared sampling: p(i) = |x_i|^2 / sum_j |x_j|^2, weight 1/(m p). The sum of any loss in proportion to |x|^2
 * is exact for every draw; a row of zeros is never drawn without a floor. */
#include "selbench/importance.h"
#include "selbench/la.h"

typedef struct opts {
    sb_importance how;
} opts;

static const sb_param params[] = {
    {"floor", "share of uniform in p; 0 is the published scheme, which never draws a row of zeros", "0", SB_P_REAL,
     offsetof(opts, how.floor), 0, 1, NULL},
    {"draw", "scheme; the published one is with_replacement", "with_replacement", SB_P_ENUM, offsetof(opts, how.draw),
     0, 3, sb_scheme_words},
    {"weighted", "false: train on the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0,
     1, NULL},
    {0},
};

static sb_status row_norms_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                  sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    double *square = SB_NEW(cx->arena, task->x.n, double);
    if (!square) SB_FAIL(cx->err, SB_ENOMEM, "norms of %zu rows", task->x.n);
    sb_row_sqnorms(task->x, square);
    return sb_importance_select(task, square, &o->how, NULL, 0, budget, cx, out);
}

const sb_method sb_method_row_norms = {
    .name = "row_norms",
    .summary = "draws by squared length: exact for the loss |x|^2, the cheapest of all importance scores",
    .source = "Frieze, Kannan, Vempala 2004 (length-squared sampling); Drineas, Kannan, Mahoney 2006",
    .formula = "p = |x|^2 / sum |x_j|^2, m draws, weight 1/(m p)",
    .cost = "n d; memory 60 n",
    .variants = "leverage is the same after X'X has been made the identity; lightweight_coreset measures from the\n"
                "mean and floors by half",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = row_norms_select,
};

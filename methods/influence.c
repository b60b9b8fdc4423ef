/* Draws by the length of a row's influence on the parameters, psi_i = H^-1 g_i at the warm-up model; weights make every
 * sum unbiased. For linear regression this is the residual times |(X'X)^-1 x|; in the metric of H it is the residual
 * times the root of the leverage. */
#include "selbench/gradient.h"
#include "selbench/importance.h"
#include "selbench/information.h"

enum { FORM_AUTO, FORM_FULL, FORM_BLOCK };

typedef struct opts {
    int metric, form;
    double ridge, work;
    sb_importance how;
} opts;

static const char *const metrics[] = {"euclidean", "hessian", NULL};
static const char *const forms[] = {"auto", "full", "block", NULL};
static const sb_param params[] = {
    {"metric", "length of psi: plain, or sqrt(psi' H psi)", "euclidean", SB_P_ENUM, offsetof(opts, metric), 0, 1,
     metrics},
    {"hessian", "full, block (one block per class, an approximation), or auto: full up to order 1000", "auto",
     SB_P_ENUM, offsetof(opts, form), 0, 2, forms},
    {"ridge", "added to H, relative to its mean diagonal", "1e-6", SB_P_REAL, offsetof(opts, ridge), 0, 1e6, NULL},
    {"work", "hessian full: declines when more multiply-adds are needed (1e10 take about a second)", "1e12", SB_P_REAL,
     offsetof(opts, work), 0, 1e300, NULL},
    {"floor", "share of uniform in p: keeps rows without residual drawable", "0.1", SB_P_REAL,
     offsetof(opts, how.floor), 0, 1, NULL},
    {"draw", "scheme", "with_replacement", SB_P_ENUM, offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {"weighted", "false: train on the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0,
     1, NULL},
    {0},
};

static sb_status influence_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                  sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    const bool classes = task->kind == SB_CLASSIFICATION;
    const bool full = o->form == FORM_FULL || (o->form == FORM_AUTO && sb_information_fits(task));
    if (full) SB_TRY(sb_information_afford(task, n, o->work, cx));
    sb_gradients g;
    SB_TRY(sb_gradients_make(task, true, cx, &g));
    double *score = SB_NEW(cx->arena, n, double), *prob = classes ? SB_NEW(cx->arena, n * g.w, double) : NULL;
    if (!score || (classes && !prob)) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    if (classes) SB_TRY(sb_task_prob(task, NULL, n, cx, prob));
    sb_information h;
    SB_TRY(
        sb_information_make(task, prob, NULL, n, full ? SB_INFORMATION_FULL : SB_INFORMATION_BLOCK, o->ridge, cx, &h));
    SB_TRY(sb_information_norms(&h, g.a, g.w, o->metric == 1, true, cx, score));
    SB_TRY(sb_importance_select(task, score, &o->how, NULL, 0, budget, cx, out));
    sb_selection_note(out, "full_hessian", full);
    return SB_OK;
}

const sb_method sb_method_influence = {
    .name = "influence",
    .summary = "draws by the length of a row's influence on the warm-up model's parameters",
    .source = "Ting, Brochu 2018 (optimal subsampling with influence functions)",
    .formula = "p in proportion to |H^-1 g_i| (metric euclidean) or sqrt(g' H^-1 g) (hessian), g the warm-up\n"
               "model's gradient, mixed with uniform",
    .cost = "full: 1.5 n D^2, D = (c - 1)(d + 1), declines above `work`; block: 2 c n d^2 and c n d^2 for H;\n"
            "memory 16 n (c + 5) and 8 D^2 or 8 c d^2",
    .variants = "for regression it is residual times |(X'X)^-1 x|, as other comparisons compute it from a QR. The\n"
                "block form keeps one block per class of H. It equals osmac's optA when H is the pilot's matrix",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT | SB_NEEDS_PROB,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = influence_select,
};

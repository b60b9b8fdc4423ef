/* A surrogate model (the warm-up) chooses rows without their labels. unbiased: inclusion in proportion to the root of
 * the expected squared gradient in the metric of H^-1 when labels follow the surrogate, sqrt(tr(H^-1 F_i)), with
 * weights; for two classes sqrt(p (1 - p)) |H^-1/2 x|. plain: in proportion to (sum p_c (1 - p_c) / 2)^alpha, without
 * weights: alpha > 0 prefers hard rows, alpha < 0 easy ones, and 0 none. */
#include <math.h>

#include "selbench/importance.h"
#include "selbench/information.h"

enum { UNBIASED, PLAIN };

typedef struct opts {
    int mode;
    double alpha, ridge;
    sb_importance how;
} opts;

static const char *const modes[] = {"unbiased", "plain", NULL};
static const sb_param params[] = {
    {"mode", "unbiased: by expected gradients, weighted; plain: by uncertainty^alpha, unweighted", "unbiased",
     SB_P_ENUM, offsetof(opts, mode), 0, 1, modes},
    {"alpha", "exponent of mode plain", "1", SB_P_REAL, offsetof(opts, alpha), -10, 10, NULL},
    {"ridge", "added to H, relative to its mean diagonal", "1e-6", SB_P_REAL, offsetof(opts, ridge), 0, 1e6, NULL},
    {"floor", "share of uniform in p", "0.01", SB_P_REAL, offsetof(opts, how.floor), 0, 1, NULL},
    {"draw", "scheme; the paper's is poisson, whose size varies about the budget but is never 0", "poisson", SB_P_ENUM,
     offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {0},
};

static double uncertainty(const double *p, size_t c, size_t k)
{
    double others = 0;
    for (size_t j = 0; j < c; j++) others += j == k ? 0 : p[j];
    return p[k] * others;
}

static void plain_scores(const double *p, size_t n, size_t c, double alpha, double *score)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < c; k++) sum += uncertainty(p + i * c, c, k) / 2;
        score[i] = pow(fmax(sum, 1e-6), alpha); /* saturated rows would have 0, or infinity */
    }
}

/* tr(H^-1 F_i). Where H has one block per class, or one at all, F_i has one factor sqrt(p (1 - p)) per block; else the
 * sum over labels k of p_k |H^-1/2 (p - e_k) (x) x~|^2. */
static sb_status traces(const sb_information *h, const double *p, size_t n, size_t c, double *a, sb_ctx *cx,
                        double *trace)
{
    double *norm = SB_NEW(cx->arena, n, double);
    if (!norm) SB_FAIL(cx->err, SB_ENOMEM, "norms of %zu rows", n);
    const bool one = h->form == SB_INFORMATION_BLOCK || c == 2;
    for (size_t k = 0; k < (one ? 1 : c); k++) {
        for (size_t i = 0; i < n * c; i++)
            a[i] = one ? sqrt(uncertainty(p + i / c * c, c, i % c)) : p[i] - (i % c == k ? 1 : 0);
        SB_TRY(sb_information_norms(h, a, c, true, false, cx, norm));
        for (size_t i = 0; i < n; i++) trace[i] += (one ? 1 : p[i * c + k]) * norm[i] * norm[i];
    }
    return SB_OK;
}

static sb_status weak_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, c = task->c;
    if (task->kind != SB_CLASSIFICATION)
        SB_FAIL(cx->err, SB_SKIP, "needs class probabilities, and regression has none");
    double *score = SB_NEW(cx->arena, n, double), *p = SB_NEW(cx->arena, n * c, double);
    double *a = SB_NEW(cx->arena, n * c, double);
    if (!score || !p || !a) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    SB_TRY(sb_task_prob(task, NULL, n, cx, p));
    sb_importance how = o->how;
    how.weighted = o->mode == UNBIASED;
    if (o->mode == PLAIN) {
        plain_scores(p, n, c, o->alpha, score);
        return sb_importance_select(task, score, &how, NULL, 0, budget, cx, out);
    }
    sb_information h;
    const sb_information_form form = sb_information_fits(task) ? SB_INFORMATION_FULL : SB_INFORMATION_BLOCK;
    SB_TRY(sb_information_make(task, p, NULL, n, form, o->ridge, cx, &h));
    SB_TRY(traces(&h, p, n, c, a, cx, score));
    for (size_t i = 0; i < n; i++) score[i] = sqrt(score[i]);
    SB_TRY(sb_importance_select(task, score, &how, NULL, 0, budget, cx, out));
    sb_selection_note(out, "full_hessian", form == SB_INFORMATION_FULL);
    return SB_OK;
}

const sb_method sb_method_weak_supervision = {
    .name = "weak_supervision",
    .summary = "draws by a surrogate's expected gradients or uncertainty, without labels",
    .source = "Kolossov, Montanari, Tandon 2024 (data selection via weak supervision)",
    .formula = "unbiased: p in proportion to sqrt(tr(H^-1 F_i)), F_i the expected outer product of the gradient\n"
               "under the surrogate; plain: (sum p (1 - p) / 2)^alpha without weights",
    .cost = "unbiased: n D^2 as influence, or c n d^2 in blocks; plain: n c; memory as influence",
    .variants = "alpha < 0 prefers easy rows; p is floored at 1e-6 there. Both hard and easy selection can win in\n"
                "the paper",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = weak_select,
};

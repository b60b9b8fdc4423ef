/* Largest error of the predicted distribution first: |p_i - e_y| (for regression the size of the residual). Noisy
 * labels have the largest. The scores are those of one early model, the warm-up model. */
#include <math.h>

#include "selbench/method.h"
#include "selbench/rank.h"

enum { NORM_L2, NORM_L1, NORM_MAX };

typedef struct opts {
    int norm, keep;
} opts;

static const char *const norms[] = {"l2", "l1", "max", NULL};
static const char *const keeps[] = {"hard", "easy", NULL};
static const sb_param params[] = {
    {"norm", "of the error vector; l1 is 2 (1 - p_y) for classes", "l2", SB_P_ENUM, offsetof(opts, norm), 0, 2, norms},
    {"keep", "hard: the largest scores, as published; easy: the smallest", "hard", SB_P_ENUM, offsetof(opts, keep), 0,
     1, keeps},
    {0},
};

static double size_of(const double *a, size_t w, int norm)
{
    double sum = 0;
    for (size_t k = 0; k < w; k++) {
        const double v = fabs(a[k]);
        sum = norm == NORM_MAX ? fmax(sum, v) : sum + (norm == NORM_L1 ? v : v * v);
    }
    return norm == NORM_L2 ? sqrt(sum) : sum;
}

static sb_status el2n_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, w = task->kind == SB_CLASSIFICATION ? task->c : task->t;
    const unsigned char *taken = sb_task_taken(task, cx);
    double *a = SB_NEW(cx->arena, n * w, double), *score = SB_NEW(cx->arena, n, double);
    if (!taken || !a || !score) SB_FAIL(cx->err, SB_ENOMEM, "errors of %zu rows", n);
    SB_TRY(sb_task_residual(task, NULL, n, cx, a));
    for (size_t i = 0; i < n; i++) score[i] = size_of(a + i * w, w, o->norm);
    return sb_rank(score, n, budget, o->keep == 0, taken, cx, out->row, &out->m);
}

const sb_method sb_method_el2n = {
    .name = "el2n",
    .summary = "rows with the largest error norm |p - e_y| of the warm-up model",
    .source = "Paul, Ganguli, Dziugaite 2021 (EL2N)",
    .formula = "score = |p - e_y|_2 of the warm-up model (residual size for regression); the largest first",
    .cost = "n c; memory 8 n (c + 3)",
    .variants = "papers average 10 short trainings, other code sums the first 10 epochs of one; here it is one\n"
                "early model. Public code also has l1 = 2 (1 - p_y) and max. Noisy labels come first",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = el2n_select,
};

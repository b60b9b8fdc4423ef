/* Nearest to the decision boundary first. For a linear model the smallest change of x that makes another class as
 * probable as the predicted one y has length min over c of (f_y - f_c) / |w_y - w_c|: one step, no iteration. */
#include <math.h>

#include "selbench/method.h"
#include "selbench/rank.h"

typedef struct opts {
    int keep;
} opts;

static const char *const keeps[] = {"near", "far", NULL};
static const sb_param params[] = {
    {"keep", "near: smallest distances, as published; far: largest", "near", SB_P_ENUM, offsetof(opts, keep), 0, 1,
     keeps},
    {0},
};

/* The squared distance; infinite when all classes have the same weights. */
static double distance2(const double *z, const double *norm2, size_t c)
{
    size_t best = 0;
    double nearest = HUGE_VAL;
    for (size_t k = 1; k < c; k++) best = z[k] > z[best] ? k : best;
    for (size_t k = 0; k < c; k++) {
        const double gap = z[best] - z[k], w2 = norm2[best * c + k];
        if (k != best && w2 > 0) nearest = fmin(nearest, gap * gap / w2);
    }
    return nearest;
}

static sb_status deepfool_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                 sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, c = task->c;
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "needs classes: regression has no boundary");
    const unsigned char *taken = sb_task_taken(task, cx);
    double *z = SB_NEW(cx->arena, n * c, double), *norm2 = SB_NEW(cx->arena, c * c, double);
    double *score = SB_NEW(cx->arena, n, double);
    if (!taken || !z || !norm2 || !score) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", n);
    SB_TRY(sb_task_logits(task, NULL, n, cx, z));
    SB_TRY(sb_task_contrasts(task, cx, norm2));
    for (size_t i = 0; i < n; i++) score[i] = distance2(z + i * c, norm2, c);
    return sb_rank(score, n, budget, o->keep == 1, taken, cx, out->row, &out->m);
}

const sb_method sb_method_deepfool = {
    .name = "deepfool",
    .summary = "rows nearest to the warm-up model's decision boundary",
    .source = "Ducoffe, Precioso 2018; Moosavi-Dezfooli, Fawzi, Frossard 2016, affine case",
    .formula = "score = min over classes of (f_y^ - f_c)^2 / |w_y^ - w_c|^2, the squared distance to the\n"
               "boundary; the smallest first",
    .cost = "n c; memory 8 n (c + 3)",
    .variants = "public code iterates up to 50 steps in input space; a linear model is exact in one. Intercepts\n"
                "are not part of the norm",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = deepfool_select,
};

/* Largest gradient first. For a linear model the norm has a closed form, |g_i| = |a_i| sqrt(|x_i|^2 + 1). */
#include <math.h>

#include "selbench/gradient.h"
#include "selbench/method.h"
#include "selbench/rank.h"

typedef struct opts {
    int variant;
    size_t batch;
    bool ones;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"variant",
     "deepcore: norms of batch-mean losses, so that the rows of a last, smaller batch count batch / its size times "
     "more",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {"batch", "rows per batch (variant deepcore)", "256", SB_P_SIZE, offsetof(opts, batch), 1, 1000000, NULL},
    {"intercept", "the intercept is one of the parameters", "true", SB_P_BOOL, offsetof(opts, ones), 0, 1, NULL},
    {0},
};

static sb_status grand_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                              sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, tail = n % o->batch;
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double);
    if (!taken || !score) SB_FAIL(cx->err, SB_ENOMEM, "gradient norms of %zu rows", n);
    sb_gradients g;
    SB_TRY(sb_gradients_make(task, o->ones, cx, &g));
    for (size_t i = 0; i < n; i++) {
        score[i] = sqrt(g.a_norm2[i] * g.x_norm2[i]);
        if (o->variant && n - i <= tail) score[i] *= (double)o->batch / (double)tail;
    }
    return sb_rank(score, n, budget, true, taken, cx, out->row, &out->m);
}

const sb_method sb_method_grand = {
    .name = "grand",
    .summary = "rows with the largest gradient of the warm-up model",
    .source = "Paul, Ganguli, Dziugaite 2021 (GraNd)",
    .formula = "score = |p - e_y|_2 sqrt(|x|^2 + 1), the norm of the warm-up model's gradient; the largest first",
    .cost = "n (c + d); memory 8 n (c + 5)",
    .variants = "papers average 10 short trainings. deepcore divides by the batch size, so that the rows of a\n"
                "last, smaller batch are inflated by B/B_last and enter: variant deepcore with batch B",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = grand_select,
};

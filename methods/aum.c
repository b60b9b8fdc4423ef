/* Area under the margin: the mean over training of (own class less the best other class). Low values mark hard rows,
 * mislabelled ones among them. */
#include "selbench/method.h"
#include "selbench/rank.h"

typedef struct opts {
    int margin, keep;
} opts;

static const char *const margins[] = {"logit", "prob", NULL};
static const char *const keeps[] = {"hard", "easy", NULL};
static const sb_param params[] = {
    {"margin", "of the logits, or of the probabilities as in the code of coverage-centric selection", "logit",
     SB_P_ENUM, offsetof(opts, margin), 0, 1, margins},
    {"keep", "hard: the smallest areas; easy: the largest", "hard", SB_P_ENUM, offsetof(opts, keep), 0, 1, keeps},
    {0},
};

static sb_status aum_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "needs classes: regression has no margins");
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double);
    if (!taken || !score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    sb_trajectory path;
    SB_TRY(sb_task_trajectory(task, cx, &path));
    const double *const margin = o->margin ? path.margin : path.logit_margin;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < path.t; k++) score[i] += margin[i * path.t + k];
        score[i] /= (double)path.t;
    }
    return sb_rank(score, n, budget, o->keep == 1, taken, cx, out->row, &out->m);
}

const sb_method sb_method_aum = {
    .name = "aum",
    .summary = "rows by their margin averaged over training, smallest first",
    .source = "Pleiss, Zhang, Elenberg, Weinberger 2020",
    .formula = "score = mean over checkpoints of (margin of the row's own class to the best other one); the\n"
               "smallest first",
    .cost = "the trajectory (20 checkpoints, n d c each) is made once per repeat; then 20 n",
    .variants = "the paper sums logits (margin: logit), the code of coverage-centric selection probabilities\n"
                "(prob). Low areas mark mislabelled rows too: keep: easy drops them",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_TRAJECTORY,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = aum_select,
};

/* Rows whose gradient step lowers the validation loss most, in rounds with virtual steps between them
 * (selbench/steps.h). Validation rows are training rows, all or the warm-up: a method never sees test rows. */
#include "selbench/steps.h"

typedef struct opts {
    size_t rounds;
    double eta;
    int validation, variant;
} opts;

static const char *const validations[] = {"train", "warmup", NULL};
static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"rounds", "the budget is taken in so many rounds; 0: one row a round", "15", SB_P_SIZE, offsetof(opts, rounds), 0,
     1e9, NULL},
    {"eta", "step size of the virtual step", "0.01", SB_P_REAL, offsetof(opts, eta), 0, 1e6, NULL},
    {"validation", "rows whose loss is to fall: all training rows, or the warm-up rows", "train", SB_P_ENUM,
     offsetof(opts, validation), 0, 1, validations},
    {"variant", "deepcore: no virtual steps, hence the largest <g_i, mean gradient>", "correct", SB_P_ENUM,
     offsetof(opts, variant), 0, 1, variants},
    {0},
};

static sb_status glister_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const bool warm = o->validation;
    unsigned char *taken = sb_task_taken(task, cx);
    sb_gradients g;
    sb_steps k;
    if (!taken) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", task->x.n);
    if (warm && !task->warm_n) SB_FAIL(cx->err, SB_SKIP, "there are no warm-up rows to validate on");
    SB_TRY(sb_gradients_make(task, true, cx, &g));
    SB_TRY(
        sb_steps_init(&k, task, &g, g.a, task->label, warm ? task->warm : NULL, warm ? task->warm_n : task->x.n, cx));
    const size_t rounds = o->variant ? 1 : o->rounds && o->rounds < budget ? o->rounds : budget;
    return sb_steps_choose(&k, rounds, o->eta, taken, budget, cx, out);
}

const sb_method sb_method_glister = {
    .name = "glister",
    .summary = "greedy rows whose gradient steps lower the training loss most",
    .source = "Killamsetty, Sivasubramanian, Ramakrishnan, Iyer 2021 (GLISTER), first-order gains in rounds",
    .formula = "gain(i) = <g_i, mean validation gradient at the virtual point>, the largest first;\n"
               "after a round the virtual point moves by -eta times the sum of the gradients taken",
    .cost = "2 n d c a round, three passes; memory 8 n (2 c + 1)",
    .variants = "rounds: 0 is the naive greedy, 1 the ranking by one gradient. deepcore: its virtual step is never\n"
                "called, so one ranking. Public code also has a stochastic form, and takes m/r rows a round rounded\n"
                "down, which ends short or not at all; here rounds are even and add up to m",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT | SB_NEEDS_PROB | SB_NEEDS_LABELS,
    .traits = 0,
    .option_size = sizeof(opts),
    .options = params,
    .select = glister_select,
};

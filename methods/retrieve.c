/* RETRIEVE: unlabelled rows whose step on the unsupervised loss lowers the loss of the labelled rows most, in rounds
 * with virtual steps between them (selbench/steps.h). Labelled are the warm-up rows; every other row takes part with
 * the warm-up model's own prediction as its label, where the model is sure enough. */
#include "selbench/steps.h"

typedef struct opts {
    size_t rounds;
    double eta, confidence;
} opts;

static const sb_param params[] = {
    {"rounds", "the budget is taken in so many rounds; 0: one row a round", "15", SB_P_SIZE, offsetof(opts, rounds), 0,
     1e9, NULL},
    {"eta", "step size of the virtual step (learning rate times weight of the unsupervised loss)", "0.01", SB_P_REAL,
     offsetof(opts, eta), 0, 1e6, NULL},
    {"confidence", "rows whose largest probability is below this have no unsupervised loss: gain 0", "0", SB_P_REAL,
     offsetof(opts, confidence), 0, 1, NULL},
    {0},
};

/* a (n x c): the factors p - e_y of the warm-up rows; label: their classes, where p - a is 1. */
static sb_status labelled(const sb_task *task, const sb_gradients *g, sb_ctx *cx, double *a, int32_t *label)
{
    const size_t w = g->w, mark = sb_arena_mark(cx->arena);
    double *factor = SB_NEW(cx->arena, task->warm_n * w, double), *p = SB_NEW(cx->arena, task->warm_n * w, double);
    if (!factor || !p) SB_FAIL(cx->err, SB_ENOMEM, "gradients of %zu rows", task->warm_n);
    SB_TRY(sb_task_residual(task, task->warm, task->warm_n, cx, factor));
    SB_TRY(sb_task_prob(task, task->warm, task->warm_n, cx, p));
    for (size_t k = 0; k < task->warm_n * w; k++) {
        const size_t i = task->warm[k / w];
        a[i * w + k % w] = factor[k];
        if (p[k] - factor[k] > 0.5) label[i] = (int32_t)(k % w);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status retrieve_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                 sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, w = task->c;
    if (task->kind != SB_CLASSIFICATION)
        SB_FAIL(cx->err, SB_SKIP, "its unsupervised loss takes predicted classes for labels, and regression has none");
    if (!task->warm_n) SB_FAIL(cx->err, SB_SKIP, "there are no warm-up rows, whose loss it lowers");
    unsigned char *taken = sb_task_taken(task, cx);
    double *a = SB_NEW(cx->arena, n * w, double);
    int32_t *label = SB_NEW(cx->arena, n, int32_t);
    sb_gradients g;
    sb_steps k;
    if (!taken || !a || !label) SB_FAIL(cx->err, SB_ENOMEM, "gradients of %zu rows", n);
    SB_TRY(sb_gradients_predicted(task, true, cx, &g));
    size_t unsure = 0;
    for (size_t i = 0; i < n; i++) {
        double sure = 0; /* the entry of the predicted class is p - 1, the only one below 0 */
        for (size_t c = 0; c < w; c++) sure = g.a[i * w + c] < sure ? g.a[i * w + c] : sure;
        if (!(1 + sure < o->confidence)) continue;
        unsure++;
        for (size_t c = 0; c < w; c++) g.a[i * w + c] = 0;
    }
    SB_TRY(labelled(task, &g, cx, a, label));
    SB_TRY(sb_steps_init(&k, task, &g, a, label, task->warm, task->warm_n, cx));
    SB_TRY(sb_steps_choose(&k, o->rounds && o->rounds < budget ? o->rounds : budget, o->eta, taken, budget, cx, out));
    sb_selection_note(out, "unsure_rows", (double)unsure);
    return SB_OK;
}

const sb_method sb_method_retrieve = {
    .name = "retrieve",
    .summary = "unlabelled rows whose predicted labels teach the warm-up rows most",
    .source = "Killamsetty, Zhao, Chen, Iyer 2021 (RETRIEVE), first-order gains in rounds",
    .formula =
        "gain(i) = m_i <gradient of the warm-up rows' loss, gradient of row i's loss with its predicted class>,\n"
        "m_i = 1 where the largest probability reaches `confidence`; virtual steps as in glister",
    .cost = "2 n d c for the gains of a round, 4 w d c for w warm-up rows; memory 8 n (3 c + 1)",
    .variants = "the paper trains on consistency losses of augmented inputs; embeddings have no augmentation, so the\n"
                "unsupervised loss is that of the predicted class (pseudo-labels). Its factor alpha lambda is in eta.\n"
                "With the true labels it would be glister with validation: warmup",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT | SB_NEEDS_PROB,
    .traits = 0,
    .option_size = sizeof(opts),
    .options = params,
    .select = retrieve_select,
};

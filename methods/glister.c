/* Rows whose gradient step lowers the validation loss most: gain(i) = <g_i, mean validation gradient>. After each round
 * the parameters take the virtual step theta - eta sum of the gradients taken; the outputs of a linear model follow it
 * exactly, and the validation gradient is computed anew. Validation rows are training rows, all or the warm-up: a
 * method never sees test rows. */
#include <math.h>
#include <string.h>

#include "selbench/gradient.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/rank.h"

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

typedef struct greedy {
    sb_gradients g, v;     /* v: the same rows with the factors at the virtual point */
    const uint32_t *valid; /* NULL: all rows */
    size_t valids;
    double *z;    /* valids x w: outputs at the virtual point (logarithms of probabilities for classes) */
    double *mean; /* validation gradient, (d + 1) x w */
    double *step, *shift, *gain;
} greedy;

static sb_status init(const sb_task *task, const opts *o, sb_ctx *cx, greedy *k)
{
    const size_t n = task->x.n;
    SB_TRY(sb_gradients_make(task, true, cx, &k->g));
    const size_t w = k->g.w, size = sb_gradients_rows(&k->g) * w;
    k->v = k->g;
    k->valid = o->validation ? task->warm : NULL;
    k->valids = k->valid ? task->warm_n : n;
    k->v.a = SB_NEW(cx->arena, n * w, double);
    k->z = SB_NEW(cx->arena, k->valids * w, double);
    k->shift = SB_NEW(cx->arena, k->valids * w, double);
    k->mean = SB_NEW(cx->arena, size, double);
    k->step = SB_NEW(cx->arena, size, double);
    k->gain = SB_NEW(cx->arena, n, double);
    if (!k->v.a || !k->z || !k->shift || !k->mean || !k->step || !k->gain)
        SB_FAIL(cx->err, SB_ENOMEM, "virtual steps on %zu rows", n);
    memcpy(k->v.a, k->g.a, n * w * sizeof *k->v.a);
    if (task->kind != SB_CLASSIFICATION) return SB_OK;
    SB_TRY(sb_task_prob(task, k->valid, k->valids, cx, k->z));
    for (size_t i = 0; i < k->valids * w; i++) k->z[i] = log(fmax(k->z[i], 1e-300));
    return SB_OK;
}

static sb_status find_gains(greedy *k, sb_ctx *cx)
{
    const size_t size = sb_gradients_rows(&k->g) * k->g.w;
    memset(k->mean, 0, size * sizeof *k->mean);
    SB_TRY(sb_gradients_add(&k->v, k->valid, NULL, k->valids, cx, k->mean));
    for (size_t j = 0; j < size; j++) k->mean[j] /= (double)k->valids;
    return sb_gradients_along(&k->g, k->mean, NULL, k->g.n, cx, k->gain);
}

/* The factor of a validation row from its outputs: softmax(z) - e_y. */
static void new_factor(const sb_task *task, const greedy *k, size_t at, size_t row)
{
    const size_t w = k->g.w;
    const double *const z = k->z + at * w;
    double *const a = k->v.a + row * w, top = z[0], sum = 0;
    for (size_t c = 1; c < w; c++) top = fmax(top, z[c]);
    for (size_t c = 0; c < w; c++) sum += a[c] = exp(z[c] - top);
    for (size_t c = 0; c < w; c++) a[c] /= sum;
    a[task->label[row]] -= 1;
}

/* theta moves by -eta times the sum of the gradients of these rows. */
static sb_status take_step(const sb_task *task, greedy *k, double eta, const uint32_t *row, size_t rows, sb_ctx *cx)
{
    const size_t w = k->g.w, d = task->x.d, mark = sb_arena_mark(cx->arena);
    memset(k->step, 0, (d + 1) * w * sizeof *k->step);
    SB_TRY(sb_gradients_add(&k->g, row, NULL, rows, cx, k->step));
    SB_TRY(sb_rows_times(task->x, k->valid, k->valids, k->step, w, cx, k->shift));
    sb_arena_rewind(cx->arena, mark);
    for (size_t i = 0; i < k->valids; i++) {
        const size_t at = k->valid ? k->valid[i] : i;
        for (size_t c = 0; c < w; c++) {
            const double move = eta * (k->shift[i * w + c] + k->step[d * w + c]);
            k->z[i * w + c] -= move;
            if (task->kind != SB_CLASSIFICATION) k->v.a[at * w + c] -= move;
        }
        if (task->kind == SB_CLASSIFICATION) new_factor(task, k, i, at);
    }
    return SB_OK;
}

static sb_status glister_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    unsigned char *taken = sb_task_taken(task, cx);
    greedy k;
    if (!taken) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", task->x.n);
    if (o->validation && !task->warm_n) SB_FAIL(cx->err, SB_SKIP, "there are no warm-up rows to validate on");
    SB_TRY(init(task, o, cx, &k));
    const size_t rounds = o->variant ? 1 : o->rounds && o->rounds < budget ? o->rounds : budget;
    out->m = 0;
    for (size_t r = 0; r < rounds; r++) {
        const size_t left = budget - out->m, mark = sb_arena_mark(cx->arena);
        size_t got = 0;
        SB_TRY(find_gains(&k, cx));
        SB_TRY(sb_rank(k.gain, task->x.n, (left + rounds - r - 1) / (rounds - r), true, taken, cx, out->row + out->m,
                       &got));
        sb_arena_rewind(cx->arena, mark);
        for (size_t i = 0; i < got; i++) taken[out->row[out->m + i]] = 1;
        if (r + 1 < rounds) SB_TRY(take_step(task, &k, o->eta, out->row + out->m, got, cx));
        out->m += got;
    }
    return SB_OK;
}

const sb_method sb_method_glister = {
    .name = "glister",
    .summary = "greedy rows whose gradient steps lower the training loss most",
    .source = "Killamsetty, Sivasubramanian, Ramakrishnan, Iyer 2021 (GLISTER), first-order gains in rounds",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT | SB_NEEDS_PROB | SB_NEEDS_LABELS,
    .traits = 0,
    .option_size = sizeof(opts),
    .options = params,
    .select = glister_select,
};

/* Farthest-first traversal on the predicted class probabilities, with half the symmetric Kullback-Leibler divergence as
 * the distance: rows that the model confuses in different ways. The divergence is no metric, so there is no bound on
 * the radius as k-center has. */
#include "selbench/divergence.h"
#include "selbench/method.h"

enum { FIRST_RANDOM, FIRST_LOWEST };

typedef struct opts {
    double least;
    int first;
    bool from_warmup;
} opts;

static const char *const firsts[] = {"random", "lowest", NULL};
static const sb_param params[] = {
    {"epsilon", "probabilities are raised to this; 0: as they are, as deepcore has it (distances can be infinite)",
     "1e-12", SB_P_REAL, offsetof(opts, least), 0, 0.01, NULL},
    {"first", "first row when nothing is covered yet: random, or the lowest", "random", SB_P_ENUM,
     offsetof(opts, first), 0, 1, firsts},
    {"from_warmup", "the rows of a joining warm-up count as picked", "true", SB_P_BOOL, offsetof(opts, from_warmup), 0,
     1, NULL},
    {0},
};

typedef struct cover {
    const sb_divergence *d;
    size_t n;
    unsigned char *out; /* cannot be picked (any more) */
    double *far;        /* divergence to the nearest pick */
    bool begun;
} cover;

static void add(cover *k, size_t pick)
{
    k->out[pick] = 1;
    for (size_t i = 0; i < k->n; i++) {
        const double v = k->out[i] ? 0 : sb_divergence_of(k->d, i, pick);
        if (!k->begun || v < k->far[i]) k->far[i] = v;
    }
    k->begun = true;
}

static size_t farthest(const cover *k)
{
    size_t best = k->n;
    for (size_t i = 0; i < k->n; i++)
        if (!k->out[i] && (best == k->n || k->far[i] > k->far[best])) best = i;
    return best;
}

/* A uniform row among those that can be picked. */
static size_t random_row(const cover *k, sb_ctx *cx)
{
    size_t open = 0;
    for (size_t i = 0; i < k->n; i++) open += !k->out[i];
    sb_rng rng = sb_ctx_stream(cx, "first");
    size_t skip = open ? sb_rng_below(&rng, open) : 0;
    for (size_t i = 0; i < k->n; i++)
        if (!k->out[i] && skip-- == 0) return i;
    return k->n;
}

static sb_status diversity_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                  sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    sb_divergence d;
    SB_TRY(sb_divergence_make(task, o->least, cx, &d));
    cover k = {.d = &d, .n = task->x.n, .out = sb_task_taken(task, cx), .far = SB_NEW(cx->arena, task->x.n, double)};
    if (!k.out || !k.far) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", k.n);
    for (size_t i = 0; o->from_warmup && task->warm_joins && i < task->warm_n; i++) add(&k, task->warm[i]);
    for (out->m = 0; out->m < budget; out->m++) {
        const size_t pick = k.begun || o->first == FIRST_LOWEST ? farthest(&k) : random_row(&k, cx);
        if (pick == k.n) break;
        out->row[out->m] = (uint32_t)pick;
        add(&k, pick);
    }
    return SB_OK;
}

const sb_method sb_method_contextual_diversity = {
    .name = "contextual_diversity",
    .summary = "farthest-first on predicted probabilities by their symmetric divergence",
    .source = "Agarwal, Arora, Anand, Arora 2020 (CDAL), core-set variant",
    .formula = "farthest first with dist(a, b) = sum over classes of (a - b)(log a - log b) / 2 between\n"
               "probabilities",
    .cost = "2 n c a pick; memory 16 n (c + 1)",
    .variants = "public code (CDAL) mixes classes into matrices and drops infinite terms, always starts at\n"
                "random; the core-set form is here. epsilon: 0 is deepcore's lack of a floor",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = diversity_select,
};

/* Randomly pivoted Cholesky of the kernel X X': rows are picked in turn with probability proportional to their squared
 * distance to the span of the rows picked so far. SkMM's tables call it "adaptive". A linear kernel has at most d
 * pivots; what is asked for beyond its rank is filled up (note `filled`). */
#include <stdbool.h>

#include "selbench/fill.h"
#include "selbench/pivots.h"

enum { MODE_RANDOM, MODE_GREEDY, MODE_ACCELERATED };
enum { BEYOND_UNIFORM, BEYOND_RESTART };

typedef struct opts {
    int mode, beyond;
    size_t block;
    bool from_warmup;
} opts;

static const char *const mode_words[] = {"random", "greedy", "accelerated", NULL};
static const char *const beyond_words[] = {"uniform", "restart", NULL};
static const sb_param params[] = {
    {"mode", "random pivots; greedy: the farthest row; accelerated: the law of random by blocks and rejection",
     "accelerated", SB_P_ENUM, offsetof(opts, mode), 0, 2, mode_words},
    {"block", "proposals at a time (mode accelerated)", "32", SB_P_SIZE, offsetof(opts, block), 1, 4096, NULL},
    {"beyond", "once the span holds every row: uniform among the rest, or restart with an empty span", "uniform",
     SB_P_ENUM, offsetof(opts, beyond), 0, 1, beyond_words},
    {"from_warmup", "the rows of a joining warm-up are in the span from the start", "true", SB_P_BOOL,
     offsetof(opts, from_warmup), 0, 1, NULL},
    {0},
};

/* A walk over the rows: picks end in out, taken rows are never picked. */
typedef struct walk {
    const opts *o;
    sb_pivots p;
    unsigned char *taken;
    uint32_t *proposal;
    sb_rng rng, accept;
    size_t m, rank; /* picks wanted; directions found, over all restarts */
} walk;

static void take(walk *w, sb_selection *out, uint32_t row)
{
    w->taken[row] = 1;
    w->p.left[row] = 0;
    out->row[out->m++] = row;
}

/* Adds a row that was picked by `left`. A row that proves to be in the span leaves the game but is not picked. */
static void pick(walk *w, sb_selection *out, uint32_t row)
{
    w->p.left[row] = 0;
    if (!sb_pivots_append(&w->p, row)) return;
    w->rank++;
    take(w, out, row);
}

static bool step_greedy(walk *w, sb_selection *out)
{
    size_t best = 0;
    for (size_t i = 1; i < w->p.x.n; i++)
        if (w->p.left[i] > w->p.left[best]) best = i;
    if (!(w->p.left[best] > 0)) return false;
    pick(w, out, (uint32_t)best);
    return true;
}

static bool step_random(walk *w, sb_selection *out)
{
    uint32_t row = 0;
    if (!sb_pivots_propose(&w->p, &w->rng, 1, &row)) return false;
    pick(w, out, row);
    return true;
}

/* Proposals come from the distances before the block; accepting each with the share that is left of its distance gives
 * the law of one pick at a time. */
static bool step_block(walk *w, sb_selection *out)
{
    if (!sb_pivots_propose(&w->p, &w->rng, w->o->block, w->proposal)) return false;
    for (size_t j = 0; j < w->o->block && out->m < w->m; j++) {
        const uint32_t row = w->proposal[j];
        const double u = sb_rng_unit(&w->accept), before = w->p.left[row];
        if (w->taken[row]) continue;
        const double now = sb_pivots_residual(&w->p, row);
        if (now > 0 && u * before < now)
            pick(w, out, row);
        else if (j == 0)
            w->p.left[row] = 0; /* nothing was accepted before it: it is in the span up to rounding */
    }
    return true;
}

static sb_status walk_on(walk *w, sb_selection *out, sb_ctx *cx)
{
    while (out->m < w->m) {
        const int mode = w->o->mode;
        if (!(mode == MODE_GREEDY ? step_greedy : mode == MODE_RANDOM ? step_random : step_block)(w, out)) break;
        SB_TRY(sb_pivots_update(&w->p, cx));
    }
    return SB_OK;
}

static void restart(walk *w)
{
    w->p.rank = w->p.updated = 0;
    for (size_t i = 0; i < w->p.x.n; i++) w->p.left[i] = w->taken[i] ? 0 : w->p.norm2[i];
}

static sb_status rpcholesky_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                   sb_selection *out)
{
    (void)state;
    walk w = {.o = options, .m = budget, .rng = sb_ctx_stream(cx, "pivot"), .accept = sb_ctx_stream(cx, "accept")};
    const size_t start = w.o->from_warmup && task->warm_joins ? task->warm_n : 0;
    w.taken = sb_task_taken(task, cx);
    w.proposal = SB_NEW(cx->arena, w.o->block, uint32_t);
    if (!w.taken || !w.proposal) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", task->x.n);
    SB_TRY(sb_pivots_start(&w.p, task->x, budget + start, w.taken, task->warm, start, cx));
    SB_TRY(walk_on(&w, out, cx));
    for (size_t before = 0; w.o->beyond == BEYOND_RESTART && out->m < budget && before < out->m;) {
        before = out->m;
        restart(&w);
        SB_TRY(walk_on(&w, out, cx));
    }
    sb_selection_note(out, "rank", (double)w.rank);
    return sb_fill(w.taken, task->x.n, budget, cx, out);
}

const sb_method sb_method_rpcholesky = {
    .name = "rpcholesky",
    .summary = "randomly pivoted Cholesky (\"adaptive\"): picks by squared distance to the span of earlier picks",
    .source = "Chen, Epperly, Tropp, Webber 2023, Algorithm 1; accelerated: Epperly, Tropp, Webber 2024",
    .formula =
        "residual r_i = squared distance of row i to the span of the picks; next i ~ r (random), argmax r (greedy);\n"
        "accelerated: blocks drawn by r, each kept with the share of its r that is left: the law of random",
    .cost = "2 n d m flops, 8 m d bytes; 1,000 of 60,000 x 784 take 7 s",
    .variants = "SkMM's \"adaptive\" is mode random. The public accelerated code tunes its block from m/10 on; here it "
                "is an option.\n"
                "Beyond the rank (at most d picks) rows are uniform, or the span starts again",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = rpcholesky_select,
};

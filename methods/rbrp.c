/* Robust blockwise random pivoting: a block of rows is drawn by squared distance to the span, and inside the block
 * greedy pivots are kept while the rest of the block still holds a share 1/b of its energy. The block cannot fill up
 * with near copies, as plain blocks do. */
#include <stdbool.h>
#include <string.h>

#include "selbench/draw.h"
#include "selbench/fill.h"
#include "selbench/pivots.h"

enum { VARIANT_ROBUST, VARIANT_LOWEST };

typedef struct opts {
    size_t block;
    int variant;
    bool from_warmup;
} opts;

static const char *const variant_words[] = {"robust", "epperly-block", NULL};
static const sb_param params[] = {
    {"block", "rows drawn at a time", "16", SB_P_SIZE, offsetof(opts, block), 1, 4096, NULL},
    {"variant",
     "robust: greedy pivots down to 1/block of the energy; epperly-block: keeps the lowest rows of twice as many draws",
     "robust", SB_P_ENUM, offsetof(opts, variant), 0, 1, variant_words},
    {"from_warmup", "the rows of a joining warm-up are in the span from the start", "true", SB_P_BOOL,
     offsetof(opts, from_warmup), 0, 1, NULL},
    {0},
};

typedef struct walk {
    const opts *o;
    sb_pivots p;
    unsigned char *taken;
    uint32_t *row;     /* the block, 2 x block entries */
    double *e, *h, *q; /* residuals of the block, block x d; their squared norms; n draw probabilities */
    sb_rng rng;
    size_t rank;
} walk;

static void take(walk *w, sb_selection *out, uint32_t row)
{
    w->p.left[row] = 0;
    if (!sb_pivots_append(&w->p, row)) return;
    w->rank++;
    w->taken[row] = 1;
    out->row[out->m++] = row;
}

/* Without replacement, by Gumbel keys; *got = 0 when no row is left. */
static sb_status draw_block(walk *w, sb_ctx *cx, size_t *got)
{
    const size_t n = w->p.x.n, mark = sb_arena_mark(cx->arena);
    double total = 0;
    size_t positive = 0;
    for (size_t i = 0; i < n; i++) {
        total += w->p.left[i];
        positive += w->p.left[i] > 0;
    }
    *got = 0;
    if (!positive) return SB_OK;
    double *weight = SB_NEW(cx->arena, n, double);
    if (!weight) SB_FAIL(cx->err, SB_ENOMEM, "draw weights of %zu rows", n);
    for (size_t i = 0; i < n; i++) w->q[i] = w->p.left[i] / total;
    const size_t b = positive < w->o->block ? positive : w->o->block;
    SB_TRY(sb_draw(SB_SUCCESSIVE, w->q, n, b, &w->rng, cx, w->row, weight, got));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static double residual_of(walk *w, size_t j)
{
    const size_t d = w->p.x.d;
    const double square = sb_pivots_residual(&w->p, w->row[j]);
    memcpy(w->e + j * d, w->p.vector, d * sizeof *w->e);
    return square;
}

/* The residuals of the block lose the newest direction of the basis. */
static void deflate(walk *w, size_t b)
{
    const size_t d = w->p.x.d;
    const double *const q = w->p.basis + (w->p.rank - 1) * d;
    for (size_t j = 0; j < b; j++) {
        double c = 0, square = 0, *const e = w->e + j * d;
        for (size_t k = 0; k < d; k++) c += e[k] * q[k];
        for (size_t k = 0; k < d; k++) {
            e[k] -= c * q[k];
            square += e[k] * e[k];
        }
        w->h[j] = w->taken[w->row[j]] ? 0 : square;
    }
}

static void keep_robust(walk *w, size_t b, size_t budget, sb_selection *out)
{
    double total = 0;
    for (size_t j = 0; j < b; j++) total += w->h[j] = residual_of(w, j);
    double tail = total;
    while (out->m < budget && tail > 0 && tail * (double)b >= total) {
        size_t best = 0;
        for (size_t j = 1; j < b; j++)
            if (w->h[j] > w->h[best] || (w->h[j] == w->h[best] && w->row[j] < w->row[best])) best = j;
        const size_t rank = w->rank;
        take(w, out, w->row[best]);
        if (w->rank == rank) break; /* in the span up to rounding, and the others of the block with it */
        deflate(w, b);
        tail = 0;
        for (size_t j = 0; j < b; j++) tail += w->h[j];
    }
    for (size_t j = 0; j < b && total == 0; j++) w->p.left[w->row[j]] = 0;
}

/* The published block code sorts the distinct draws by index and keeps the first b of them. */
static bool step_lowest(walk *w, size_t budget, sb_selection *out)
{
    const size_t b = w->o->block;
    if (!sb_pivots_propose(&w->p, &w->rng, 2 * b, w->row)) return false;
    for (size_t i = 1; i < 2 * b; i++)
        for (size_t j = i; j && w->row[j] < w->row[j - 1]; j--) {
            const uint32_t swap = w->row[j];
            w->row[j] = w->row[j - 1];
            w->row[j - 1] = swap;
        }
    for (size_t j = 0, kept = 0; j < 2 * b && kept < b && out->m < budget; j++) {
        if (j && w->row[j] == w->row[j - 1]) continue;
        take(w, out, w->row[j]);
        kept++;
    }
    return true;
}

static sb_status walk_on(walk *w, size_t budget, sb_ctx *cx, sb_selection *out)
{
    while (out->m < budget) {
        if (w->o->variant == VARIANT_LOWEST) {
            if (!step_lowest(w, budget, out)) return SB_OK;
        } else {
            size_t b = 0;
            SB_TRY(draw_block(w, cx, &b));
            if (!b) return SB_OK;
            keep_robust(w, b, budget, out);
        }
        SB_TRY(sb_pivots_update(&w->p, cx));
    }
    return SB_OK;
}

static sb_status rbrp_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    (void)state;
    walk w = {.o = options, .rng = sb_ctx_stream(cx, "pivot")};
    const size_t start = w.o->from_warmup && task->warm_joins ? task->warm_n : 0;
    w.taken = sb_task_taken(task, cx);
    w.row = SB_NEW(cx->arena, 2 * w.o->block, uint32_t);
    w.e = SB_NEW(cx->arena, w.o->block * task->x.d, double);
    w.h = SB_NEW(cx->arena, w.o->block, double);
    w.q = SB_NEW(cx->arena, task->x.n, double);
    if (!w.taken || !w.row || !w.e || !w.h || !w.q) SB_FAIL(cx->err, SB_ENOMEM, "block of %zu rows", w.o->block);
    SB_TRY(sb_pivots_start(&w.p, task->x, budget + start, w.taken, task->warm, start, cx));
    SB_TRY(walk_on(&w, budget, cx, out));
    sb_selection_note(out, "rank", (double)w.rank);
    return sb_fill(w.taken, task->x.n, budget, cx, out);
}

const sb_method sb_method_rbrp = {
    .name = "rbrp",
    .summary = "robust blockwise random pivoting: drawn blocks, greedy pivots inside",
    .source = "Dong, Chen, Martinsson, Pearce 2023, Algorithm 2 (tail share 1/b)",
    .formula = "a block of b rows by r without replacement (r as in rpcholesky); greedy pivots inside it while the "
               "rest of the block\n"
               "holds at least 1/b of its energy; then all r are updated",
    .cost = "2 n d m flops, 8 m d bytes; 1,000 of 60,000 x 784 take 8 s",
    .variants = "epperly-block: the default block code of Randomly-Pivoted-Cholesky keeps the b lowest indices of 2b "
                "draws, so early\n"
                "rows are favoured",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = rbrp_select,
};

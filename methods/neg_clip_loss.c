/* negCLIPLoss: the similarity of a pair less what its row and its column give to others, so that captions which are
 * near to every image do not pass for good ones. */
#include <math.h>

#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/views.h"

enum { TILE = 64 };

typedef struct opts {
    double tau;
    size_t batch, rounds;
    bool unit;
} opts;

static const sb_param params[] = {
    {"tau", "temperature", "0.01", SB_P_REAL, offsetof(opts, tau), 1e-6, 1e6, NULL},
    {"batch", "rows of a batch at most; all batches are equal up to one row", "4096", SB_P_SIZE, offsetof(opts, batch),
     1, 1e6, NULL},
    {"rounds", "shuffles that the normalisation is averaged over", "1", SB_P_SIZE, offsetof(opts, rounds), 1, 1000,
     NULL},
    {"unit", "scale both views to norm 1", "true", SB_P_BOOL, offsetof(opts, unit), 0, 0, NULL},
    {0},
};

/* Running log-sum-exp: log(sum) + top. */
typedef struct tally {
    double top, sum;
} tally;

/* Adds count values that lie `step` apart: the largest first, then one exponential each. */
static void tally_add(tally *t, const double *v, size_t count, size_t step)
{
    double top = t->top;
    for (size_t i = 0; i < count; i++) top = fmax(top, v[i * step]);
    t->sum *= exp(t->top - top);
    for (size_t i = 0; i < count; i++) t->sum += exp(v[i * step] - top);
    t->top = top;
}

typedef struct work {
    double *u, *v, *s; /* batch x d of both views; TILE x batch similarities */
    tally *row, *column;
    double *own; /* s_ii */
} work;

static sb_status work_new(size_t batch, size_t d, sb_ctx *cx, work *w)
{
    w->u = SB_NEW(cx->arena, batch * d, double);
    w->v = SB_NEW(cx->arena, batch * d, double);
    w->s = SB_NEW(cx->arena, TILE * batch, double);
    w->row = SB_NEW(cx->arena, batch, tally);
    w->column = SB_NEW(cx->arena, batch, tally);
    w->own = SB_NEW(cx->arena, batch, double);
    if (!w->u || !w->v || !w->s || !w->row || !w->column || !w->own)
        SB_FAIL(cx->err, SB_ENOMEM, "a batch of %zu rows and %zu columns (see the option batch)", batch, d);
    return SB_OK;
}

/* score[row] += (s_ii - R_i) / rounds for one batch of k rows. */
static void one_batch(const sb_task *task, const opts *o, const uint32_t *row, size_t k, work *w, double *score)
{
    const size_t d = task->x.d;
    sb_rows_f64(task->x, row, k, o->unit, w->u);
    sb_rows_f64(task->view, row, k, o->unit, w->v);
    for (size_t i = 0; i < k; i++) w->row[i] = w->column[i] = (tally){-HUGE_VAL, 0};
    for (size_t i0 = 0; i0 < k; i0 += TILE) {
        const size_t t = k - i0 < TILE ? k - i0 : TILE;
        sb_dgemm(false, true, t, k, d, 1 / o->tau, w->u + i0 * d, d, w->v, d, 0, w->s, k);
        for (size_t i = 0; i < t; i++) {
            tally_add(&w->row[i0 + i], w->s + i * k, k, 1);
            w->own[i0 + i] = w->s[i * k + i0 + i];
        }
        for (size_t j = 0; j < k; j++) tally_add(&w->column[j], w->s + j, t, k);
    }
    for (size_t i = 0; i < k; i++) {
        const double rows = w->row[i].top + log(w->row[i].sum), columns = w->column[i].top + log(w->column[i].sum);
        score[row[i]] += o->tau * (w->own[i] - (rows + columns) / 2) / (double)o->rounds;
    }
}

static sb_status scores(const sb_task *task, const opts *o, sb_ctx *cx, double *score)
{
    const size_t n = task->x.n, batches = (n + o->batch - 1) / o->batch, largest = (n + batches - 1) / batches;
    uint32_t *order = SB_NEW(cx->arena, n, uint32_t);
    work w = {0};
    if (!order) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", n);
    SB_TRY(work_new(largest, task->x.d, cx, &w));
    sb_rng rng = sb_rng_stream(0, "neg_clip_loss/batches"); /* fixed: equal data has equal scores in every repeat */
    for (size_t r = 0; r < o->rounds; r++) {
        for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
        if (batches > 1) sb_rng_shuffle(&rng, order, n, n);
        for (size_t b = 0; b < batches; b++) {
            const size_t begin = b * n / batches, end = (b + 1) * n / batches;
            one_batch(task, o, order + begin, end - begin, &w, score);
        }
    }
    return SB_OK;
}

static sb_status prepare(const sb_task *task, const void *options, sb_ctx *cx, void **state)
{
    SB_TRY(sb_same_columns(task, task->view, "the second view", cx));
    double *score = SB_NEW(cx->arena, task->x.n, double);
    if (!score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", task->x.n);
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(scores(task, options, cx, score));
    sb_arena_rewind(cx->arena, mark);
    *state = score;
    return SB_OK;
}

static sb_status choose(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                        sb_selection *out)
{
    (void)options;
    const double *score = state;
    SB_TRY(sb_select_largest(task, score, budget, cx, out->row, &out->m));
    if (out->m) sb_selection_note(out, "threshold", score[out->row[out->m - 1]]);
    return SB_OK;
}

const sb_method sb_method_neg_clip_loss = {
    .name = "neg_clip_loss",
    .summary = "rows whose views are more similar than each view is to the other rows: CLIP score, normalised",
    .source = "Wang et al. 2024, CLIPLoss and norm-based data selection, arXiv 2405.19547, equation 3",
    .formula =
        "s_ij = u_i . v_j within a batch; R_i = tau/2 log sum_j exp(s_ij/tau) + tau/2 log sum_j exp(s_ji/tau);\n"
        "score_i = s_ii - mean over shuffles of R_i; the m largest, ties to the lowest row. The shuffles are the same\n"
        "in every repeat",
    .cost = "rounds n batch d operations, 8 (2 batch d + 64 batch) bytes: 55 MB at batch 4096, d = 784",
    .variants =
        "public code takes exp(s/tau) in float32, which overflows for s > .887 at tau .01, and its last, smaller\n"
        "batch has R too low by tau log(B/B_last): here running maxima and equal batches. Its batch is 32768",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_VIEW,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = prepare,
    .select = choose,
};

/* Volume sampling: P(S) ~ det(X_S'X_S) over all S of m >= rank X rows, by reverse iterative sampling: from all rows,
 * row i leaves with probability (1 - h_i)/(|S| - d), h_i = x_i'(X_S'X_S)^{-1}x_i, until m are left. A row proposed
 * uniformly and let go with probability 1 - h_i has that law, so only the h of proposed rows are needed; proposals come
 * in blocks, whose h follow each other by a Cholesky-like recursion. The least-squares fit on S is then an unbiased
 * estimate of the fit on all rows.
 * Leveraged: first s >> m draws by q = leverage / d as a candidate sequence, accepted with probability
 * det(sum x x'/(s q)) / det(X'X), then reverse iterative sampling of the sequence with rows x / sqrt(q): the fit
 * weighted by 1/q is unbiased as well, and its loss no longer depends on a few rows of high leverage. */
#include <math.h>
#include <string.h>

#include "selbench/basis.h"
#include "selbench/draw.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/open.h"
#include "selbench/rank.h"

enum { KIND_PLAIN, KIND_LEVERAGED };
enum { BLOCK_MIN = 8, BLOCK_MAX = 128, TRIALS = 1000 };

typedef struct opts {
    int kind;
    double oversample, work;
    bool weights;
} opts;

static const char *const kind_words[] = {"plain", "leveraged", NULL};
static const sb_param params[] = {
    {"kind", "plain volume sampling, or leveraged: from a long sequence drawn by leverage, with weights 1/(m q)",
     "plain", SB_P_ENUM, offsetof(opts, kind), 0, 1, kind_words},
    {"oversample", "length of that sequence in units of rank^2 (leveraged; the guarantee asks for 4)", "4", SB_P_REAL,
     offsetof(opts, oversample), 1e-3, 1e9, NULL},
    {"weights", "return the weights (leveraged)", "true", SB_P_BOOL, offsetof(opts, weights), 0, 0, NULL},
    {"work", "declines when the multiply-adds needed are above this (1.5e10 take about a second)", "1e12", SB_P_REAL,
     offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

/* The rows still in: entries of a sequence, each a row of z times scale[row]. */
typedef struct shrink {
    sb_mat z;
    const double *scale; /* z.n values, or NULL for ones */
    uint32_t *item;
    size_t count, fresh;    /* entries; when P was last computed from scratch */
    double *p, *weight;     /* d x d inverse moment matrix; scale^2 of the entries */
    double *x, *y, *h, *v;  /* of a block: rows, rows times P, y x', recursion */
    uint32_t *place;        /* of a block: positions proposed, then those that leave */
    unsigned char *leaving; /* by entry */
    size_t block;
    sb_rng rng;
} shrink;

static sb_status shrink_make(shrink *t, size_t room, sb_ctx *cx)
{
    const size_t d = t->z.d, b = d < BLOCK_MIN ? BLOCK_MIN : d > BLOCK_MAX ? BLOCK_MAX : d;
    t->block = b;
    t->p = SB_NEW(cx->arena, d * d, double);
    t->weight = SB_NEW(cx->arena, room, double);
    t->x = SB_NEW(cx->arena, b * d, double);
    t->y = SB_NEW(cx->arena, 2 * b * d, double);
    t->h = SB_NEW(cx->arena, b * b, double);
    t->v = SB_NEW(cx->arena, b * b, double);
    t->place = SB_NEW(cx->arena, b, uint32_t);
    t->leaving = SB_NEW(cx->arena, room, unsigned char);
    if (!t->p || !t->weight || !t->x || !t->y || !t->h || !t->v || !t->place || !t->leaving)
        SB_FAIL(cx->err, SB_ENOMEM, "volume sampling among %zu rows of rank %zu", room, d);
    return SB_OK;
}

/* m = sum of scale^2 z z' over the entries. */
static sb_status moment(shrink *t, sb_ctx *cx, double *m)
{
    for (size_t k = 0; k < t->count; k++) t->weight[k] = t->scale ? t->scale[t->item[k]] * t->scale[t->item[k]] : 1;
    return sb_gram_f64(t->z, &(sb_subset){.m = t->count, .row = t->item, .weight = t->weight}, false, cx, m);
}

static sb_status refresh(shrink *t, sb_ctx *cx)
{
    SB_TRY(moment(t, cx, t->p));
    SB_TRY(sb_chol(t->p, t->z.d, cx));
    sb_chol_invert(t->p, t->z.d);
    t->fresh = t->count;
    return SB_OK;
}

static double chance(double h) { return h < 1 - 1e-9 ? 1 - h : 0; }

/* y (row by row): the block's rows times P; h: their inner products. */
static void propose(shrink *t)
{
    const size_t d = t->z.d, b = t->block;
    for (size_t j = 0; j < b; j++) {
        t->place[j] = (uint32_t)sb_rng_below(&t->rng, t->count);
        const uint32_t row = t->item[t->place[j]];
        const double scale = t->scale ? t->scale[row] : 1;
        for (size_t a = 0; a < d; a++) t->x[j * d + a] = scale * (double)sb_mat_row(t->z, row)[a];
    }
    sb_dgemm(false, false, b, d, d, 1, t->x, d, t->p, d, 0, t->y, d);
    sb_dgemm(false, true, b, b, d, 1, t->y, d, t->x, d, 0, t->h, b);
}

/* Lets rows of the block go one after another. With v_k = (P_k x_k) / sqrt(1 - h_k) for those that went, k of them,
 *     P now = P + sum v_k v_k',  h_j now = h_jj + sum (v_k'x_j)^2.
 * t->v[k][j] = v_k'x_j; the vectors v_k themselves are rows of `gone`. Returns how many went. */
static size_t let_go(shrink *t, size_t most, double *gone)
{
    const size_t d = t->z.d, b = t->block;
    size_t out = 0;
    for (size_t j = 0; j < b && out < most; j++) {
        const double u = sb_rng_unit(&t->rng);
        if (t->leaving[t->place[j]]) continue; /* went already: not a proposal from the rows still in */
        double h = t->h[j * b + j];
        for (size_t k = 0; k < out; k++) h += t->v[k * b + j] * t->v[k * b + j];
        if (!(u < chance(h))) continue;
        const double by = 1 / sqrt(1 - h);
        double *const v = t->v + out * b, *const w = gone + out * d;
        memcpy(w, t->y + j * d, d * sizeof *w);
        for (size_t i = j; i < b; i++) v[i] = t->h[j * b + i];
        for (size_t k = 0; k < out; k++) {
            const double *const vk = t->v + k * b, *const wk = gone + k * d, c = vk[j];
            for (size_t i = j; i < b; i++) v[i] += c * vk[i];
            for (size_t a = 0; a < d; a++) w[a] += c * wk[a];
        }
        for (size_t i = j; i < b; i++) v[i] *= by;
        for (size_t a = 0; a < d; a++) w[a] *= by;
        t->leaving[t->place[j]] = 1;
        t->place[out++] = t->place[j];
    }
    return out;
}

/* The last entries take the places of those that went. */
static void drop(shrink *t, size_t out)
{
    sb_rows_sort(t->place, out);
    while (out-- > 0) {
        const uint32_t k = t->place[out];
        t->leaving[k] = 0;
        t->item[k] = t->item[--t->count];
    }
}

static sb_status shrink_to(shrink *t, size_t budget, sb_ctx *cx)
{
    const size_t d = t->z.d;
    double *const gone = t->y + t->block * d;
    size_t idle = 0;
    if (t->count > budget) SB_TRY(refresh(t, cx));
    while (t->count > budget) {
        propose(t);
        const size_t out = let_go(t, t->count - budget, gone);
        idle = out ? 0 : idle + t->block; /* some row goes with probability 1/count and more at each proposal */
        if (idle > 100 * t->count + 1000)
            SB_FAIL(cx->err, SB_ENUM, "no row can leave: %zu rows of rank %zu", t->count, d);
        drop(t, out);
        if (t->count - d <= (t->fresh - d) / 2) {
            SB_TRY(refresh(t, cx)); /* before differences of P lose digits */
        } else if (out) {
            sb_dsyrk(d, out, 1, gone, d, 1, t->p, d);
            sb_symmetrise(t->p, d, d);
        }
    }
    return SB_OK;
}

static double log_det(const double *l, size_t d)
{
    double s = 0;
    for (size_t j = 0; j < d; j++) s += 2 * log(l[j * d + j]);
    return s;
}

/* A sequence of `length` draws by leverage that passes the test of its determinant; scale = 1/sqrt(q). */
static sb_status candidates(shrink *t, size_t length, double *scale, sb_ctx *cx, size_t *trials)
{
    const size_t n = t->z.n, d = t->z.d;
    double *l = SB_NEW(cx->arena, d * d, double), *q = SB_NEW(cx->arena, n, double);
    double *weight = SB_NEW(cx->arena, length, double);
    if (!l || !q || !weight) SB_FAIL(cx->err, SB_ENOMEM, "leverage of %zu rows", n);
    SB_TRY(sb_gram_f64(t->z, NULL, false, cx, l));
    SB_TRY(sb_chol(l, d, cx));
    const double whole = log_det(l, d);
    SB_TRY(sb_rows_form(t->z, l, cx, q));
    SB_TRY(sb_draw_probabilities(q, n, 0, q, NULL, cx));
    for (size_t i = 0; i < n; i++) scale[i] = q[i] > 0 ? 1 / sqrt(q[i]) : 0;
    sb_rng draws = sb_ctx_stream(cx, "sequence"), accept = sb_ctx_stream(cx, "accept");
    for (*trials = 1; *trials <= TRIALS; ++*trials) {
        SB_TRY(sb_draw(SB_WITH_REPLACEMENT, q, n, length, &draws, cx, t->item, weight, &t->count));
        SB_TRY(moment(t, cx, l));
        const double u = sb_rng_open(&accept);
        const sb_status st = sb_chol(l, d, cx);
        if (st != SB_OK && st != SB_ENUM) return st;
        if (st == SB_OK && log(u) < log_det(l, d) - (double)d * log((double)length) - whole) return SB_OK;
    }
    SB_FAIL(cx->err, SB_SKIP, "none of %d sequences of %zu draws was accepted: raise oversample", TRIALS, length);
}

/* Rows or draws to begin with. */
static double start_of(const opts *o, double n, double budget, double rank)
{
    return o->kind == KIND_PLAIN ? n : fmax(budget, fmin(1e15, ceil(o->oversample * rank * rank)));
}

/* Before any work, hence with the rank that the data have at most. */
static sb_status afford(const sb_task *task, const opts *o, double budget, sb_ctx *cx)
{
    const double n = (double)task->x.n, rank = fmin(n, (double)task->x.d);
    return sb_work_within(4 * (start_of(o, n, budget, rank) - budget) * rank * rank, 1.5e10, o->work, cx);
}

static sb_status fill(shrink *t, const opts *o, size_t budget, double *scale, sb_ctx *cx, sb_selection *out)
{
    size_t trials = 0;
    const size_t length = (size_t)start_of(o, (double)t->z.n, (double)budget, (double)t->z.d);
    t->item = SB_NEW(cx->arena, length, uint32_t);
    if (!t->item) SB_FAIL(cx->err, SB_ENOMEM, "sequence of %zu rows", length);
    SB_TRY(shrink_make(t, length, cx));
    t->count = length;
    for (uint32_t i = 0; i < length && o->kind == KIND_PLAIN; i++) t->item[i] = i;
    if (o->kind == KIND_LEVERAGED) {
        t->scale = scale;
        SB_TRY(candidates(t, length, scale, cx, &trials));
        sb_selection_note(out, "trials", (double)trials);
    }
    return shrink_to(t, budget, cx);
}

static sb_status volume_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                               sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    sb_mat x;
    uint32_t *row = NULL;
    shrink t = {.rng = sb_ctx_stream(cx, "leave")};
    SB_TRY(afford(task, o, (double)budget, cx));
    SB_TRY(sb_open_rows(task, cx, &x, &row));
    SB_TRY(sb_independent(x, cx, &t.z));
    if (t.z.d == 0 || budget < t.z.d)
        SB_FAIL(cx->err, SB_SKIP, "volumes of %zu rows are 0 where the rank is %zu%s", budget, t.z.d,
                t.z.d ? "" : ": all rows are zero");
    double *scale = SB_NEW(cx->arena, t.z.n, double), *weight = SB_NEW(cx->arena, budget, double);
    if (!scale || !weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", t.z.n);
    SB_TRY(fill(&t, o, budget, scale, cx, out));
    out->m = budget;
    sb_rows_sort(t.item, budget);
    for (size_t k = 0; k < budget; k++) {
        out->row[k] = row[t.item[k]];
        weight[k] = scale[t.item[k]] * scale[t.item[k]] / (double)budget;
    }
    if (o->kind == KIND_LEVERAGED && o->weights) out->weight = weight;
    sb_selection_note(out, "rank", (double)t.z.d);
    return SB_OK;
}

const sb_method sb_method_volume = {
    .name = "volume",
    .summary = "volume sampling: sets drawn by the determinant of their moment matrix",
    .source = "Derezinski, Warmuth 2018 (reverse iterative, by rejection); leveraged: Derezinski, Warmuth, Hsu 2018",
    .formula =
        "P(S) ~ det(X_S'X_S): a row proposed uniformly leaves with probability 1 - h_i, h_i = x_i'(X_S'X_S)^{-1}x_i, "
        "until m\n"
        "are left. leveraged: a sequence of oversample rank^2 draws by q = leverage/rank, accepted with probability\n"
        "det(sum x x'/(s q))/det X'X, then the same for x/sqrt(q); weights 1/(m q)",
    .cost = "6 (n - m) rank^2 flops and some: 1,000 of 60,000 x 784 take 10 s (leveraged: oversample rank^4 more); "
            "declines above `work`",
    .variants = "plain and leveraged; both give unbiased least-squares fits",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET,
    .option_size = sizeof(opts),
    .options = params,
    .select = volume_select,
};

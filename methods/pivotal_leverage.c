/* Leverage sampling of fixed size along a tree: inclusion pi_i = min(1, c l_i); rows are split in halves again and
 * again along the leading direction of their features, and rivals settle their chances bottom-up, so neighbours are
 * seldom chosen together while every pi_i is kept:
 *   a + b <= 1: (0, a+b) with probability b/(a+b), else (a+b, 0)
 *   a + b >  1: (1, a+b-1) with probability (1-b)/(2-a-b), else (a+b-1, 1). */
#include <math.h>
#include <string.h>

#include "selbench/draw.h"
#include "selbench/la.h"
#include "selbench/leverage.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { TREE_PRINCIPAL, TREE_RANDOM };

typedef struct opts {
    double lambda, floor;
    int tree;
    size_t steps;
    bool weights;
} opts;

static const char *const tree_words[] = {"principal", "random", NULL};
static const sb_param params[] = {
    {"lambda", "ridge of the leverage scores, in the unit of sum x_ij^2; 0: exact scores", "0", SB_P_REAL,
     offsetof(opts, lambda), 0, 1e300, NULL},
    {"floor", "share of the uniform distribution mixed into the scores: keeps every weight below n / (floor m)", "0.1",
     SB_P_REAL, offsetof(opts, floor), 0, 1, NULL},
    {"tree", "halves by the leading direction of the rows of a node, or at random (no spatial balance)", "principal",
     SB_P_ENUM, offsetof(opts, tree), 0, 1, tree_words},
    {"steps", "power iterations for a leading direction", "5", SB_P_SIZE, offsetof(opts, steps), 1, 1000, NULL},
    {"weights", "return weights 1/pi", "true", SB_P_BOOL, offsetof(opts, weights), 0, 0, NULL},
    {0},
};

typedef struct state {
    double *score;
    sb_leverage_info info;
} state;

static sb_status pivotal_prepare(const sb_task *task, const void *options, sb_ctx *cx, void **out)
{
    const opts *const o = options;
    state *s = SB_NEW(cx->arena, 1, state);
    double *score = SB_NEW(cx->arena, task->x.n, double);
    if (!s || !score) SB_FAIL(cx->err, SB_ENOMEM, "leverage scores of %zu rows", task->x.n);
    const sb_leverage_options how = {.kind = o->lambda > 0 ? SB_LEVERAGE_RIDGE : SB_LEVERAGE_EXACT,
                                     .lambda = o->lambda};
    s->score = score;
    *out = s;
    return sb_leverage(task->x, &how, cx, score, &s->info);
}

typedef struct match {
    const opts *o;
    sb_mat x;
    double *pi;    /* n: chances as they stand; 0 and 1 are settled */
    uint32_t *row; /* the rows in play, in the order of the tree */
    double *key, *column, *mean, *direction;
    uint32_t *order, *old; /* scratch of a split */
    sb_rng rng, tree;
} match;

/* The leading direction of the centred rows lo..hi, roughly: a few power iterations from a random start. */
static sb_status leading(match *t, size_t lo, size_t hi, sb_ctx *cx)
{
    const size_t d = t->x.d, m = hi - lo;
    const uint32_t *const row = t->row + lo;
    const sb_subset s = {.m = m, .row = row};
    sb_col_moments(t->x, &s, t->mean, NULL);
    for (size_t j = 0; j < d; j++) t->direction[j] = sb_rng_normal(&t->tree);
    for (size_t step = 0; step < t->o->steps; step++) {
        double shift = 0, total = 0, norm = 0;
        for (size_t j = 0; j < d; j++) shift += t->mean[j] * t->direction[j];
        SB_TRY(sb_rows_times(t->x, row, m, t->direction, 1, cx, t->key));
        for (size_t i = 0; i < m; i++) total += t->key[i] -= shift;
        memset(t->column, 0, d * sizeof *t->column);
        SB_TRY(sb_rows_cross(t->x, row, m, t->key, 1, cx, t->column));
        for (size_t j = 0; j < d; j++) {
            t->column[j] -= total * t->mean[j];
            norm = hypot(norm, t->column[j]);
        }
        if (!(norm > 0)) break; /* equal rows: any direction will do */
        for (size_t j = 0; j < d; j++) t->direction[j] = t->column[j] / norm;
    }
    return sb_rows_times(t->x, row, m, t->direction, 1, cx, t->key);
}

/* Orders rows lo..hi by the direction and cuts in the middle; equal keys by position, which starts as ascending row. */
static sb_status split(match *t, size_t lo, size_t hi, sb_ctx *cx)
{
    const size_t m = hi - lo;
    size_t got = 0;
    if (m < 3) return SB_OK;
    if (t->o->tree == TREE_RANDOM) {
        sb_rng_shuffle(&t->tree, t->row + lo, m, m);
        return SB_OK;
    }
    SB_TRY(leading(t, lo, hi, cx));
    SB_TRY(sb_rank(t->key, m, m, false, NULL, cx, t->order, &got));
    memcpy(t->old, t->row + lo, m * sizeof *t->old);
    for (size_t i = 0; i < m; i++) t->row[lo + i] = t->old[t->order[i]];
    return SB_OK;
}

static double settle(double v) { return v < 1e-9 ? 0 : v > 1 - 1e-9 ? 1 : v; }

/* One fight; returns the row that is still undecided (either when both are settled). */
static uint32_t fight(match *t, uint32_t first, uint32_t second)
{
    double *const a = t->pi + first, *const b = t->pi + second;
    if (*a <= 0 || *a >= 1) return second;
    if (*b <= 0 || *b >= 1) return first;
    const double sum = *a + *b, u = sb_rng_unit(&t->rng);
    if (sum <= 1) {
        const bool second_on = u * sum < *b;
        *a = second_on ? 0 : settle(sum);
        *b = second_on ? settle(sum) : 0;
        return second_on ? second : first;
    }
    const bool first_in = u * (2 - sum) < 1 - *b;
    *a = first_in ? 1 : settle(sum - 1);
    *b = first_in ? settle(sum - 1) : 1;
    return first_in ? second : first;
}

static sb_status play(match *t, size_t lo, size_t hi, sb_ctx *cx, uint32_t *left)
{
    *left = t->row[lo];
    if (hi - lo == 1) return SB_OK;
    const size_t middle = lo + (hi - lo) / 2, mark = sb_arena_mark(cx->arena);
    uint32_t other = 0;
    SB_TRY(split(t, lo, hi, cx));
    sb_arena_rewind(cx->arena, mark);
    SB_TRY(play(t, lo, middle, cx, left));
    SB_TRY(play(t, middle, hi, cx, &other));
    *left = fight(t, *left, other);
    return SB_OK;
}

/* pi over the rows that may be chosen, from the scores. */
static sb_status inclusion(const sb_task *task, const state *s, const opts *o, size_t budget, sb_ctx *cx, double *pi)
{
    const size_t n = task->x.n;
    unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double), *p = SB_NEW(cx->arena, n, double);
    uint32_t *open = SB_NEW(cx->arena, n, uint32_t);
    if (!taken || !score || !p || !open) SB_FAIL(cx->err, SB_ENOMEM, "inclusion probabilities of %zu rows", n);
    size_t k = 0, zeros = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i]) continue;
        score[k] = s->score[i];
        open[k++] = i;
    }
    SB_TRY(sb_draw_probabilities(score, k, o->floor, p, &zeros, cx));
    if (budget > k - zeros)
        SB_FAIL(cx->err, SB_SKIP, "%zu rows asked for, and only %zu have a positive score (see floor)", budget,
                k - zeros);
    SB_TRY(sb_draw_inclusion(p, k, budget, score, cx));
    for (size_t i = 0; i < k; i++) pi[open[i]] = score[i];
    return SB_OK;
}

static sb_status match_init(match *t, sb_mat x, sb_ctx *cx)
{
    t->row = SB_NEW(cx->arena, x.n, uint32_t);
    t->order = SB_NEW(cx->arena, x.n, uint32_t);
    t->old = SB_NEW(cx->arena, x.n, uint32_t);
    t->key = SB_NEW(cx->arena, x.n, double);
    t->column = SB_NEW(cx->arena, x.d, double);
    t->mean = SB_NEW(cx->arena, x.d, double);
    t->direction = SB_NEW(cx->arena, x.d, double);
    if (!t->row || !t->order || !t->old || !t->key || !t->column || !t->mean || !t->direction)
        SB_FAIL(cx->err, SB_ENOMEM, "tree of %zu rows", x.n);
    return SB_OK;
}

static sb_status pivotal_select(const sb_task *task, const void *options, void *prepared, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    const state *const s = prepared;
    const size_t n = task->x.n;
    double *pi = SB_NEW(cx->arena, n, double), *weight = SB_NEW(cx->arena, n, double);
    match t = {.o = options, .x = task->x, .rng = sb_ctx_stream(cx, "fight"), .tree = sb_ctx_stream(cx, "tree")};
    t.pi = SB_NEW(cx->arena, n, double);
    if (!pi || !weight || !t.pi) SB_FAIL(cx->err, SB_ENOMEM, "inclusion probabilities of %zu rows", n);
    SB_TRY(match_init(&t, task->x, cx));
    SB_TRY(inclusion(task, s, t.o, budget, cx, pi));
    size_t k = 0, sure = 0;
    for (uint32_t i = 0; i < n; i++) {
        t.pi[i] = settle(pi[i]) < 1 ? pi[i] : 1;
        sure += t.pi[i] >= 1;
        if (t.pi[i] > 0 && t.pi[i] < 1) t.row[k++] = i;
    }
    uint32_t last = 0;
    if (k) SB_TRY(play(&t, 0, k, cx, &last));
    for (uint32_t i = 0; i < n; i++) out->m += t.pi[i] >= 1;
    if (k && t.pi[last] > 0 && t.pi[last] < 1) { /* the sum is whole: what is left is rounding */
        t.pi[last] = out->m < budget;
        out->m += out->m < budget;
    }
    if (out->m != budget) SB_BUG("pivotal sampling chose %zu rows for a budget of %zu", out->m, budget);
    for (uint32_t i = 0, j = 0; i < n; i++) {
        if (t.pi[i] < 1) continue;
        out->row[j] = i;
        weight[j++] = 1 / pi[i];
    }
    if (t.o->weights) out->weight = weight;
    sb_selection_note(out, "effective_dimension", s->info.effective);
    sb_selection_note(out, "sure_rows", (double)sure);
    return SB_OK;
}

const sb_method sb_method_pivotal_leverage = {
    .name = "pivotal_leverage",
    .summary = "leverage sampling of fixed size with spatial balance: neighbours seldom come together",
    .source = "Shimizu, Cheng, Musco, Weare 2024 (pivotal sampling along a tree); Deville, Tille 1998",
    .formula =
        "pi_i = min(1, c s_i), sum m, s = 0.9 leverage + floor; halves along the leading direction, then pairs "
        "bottom-up:\n"
        "a+b <= 1: (0, a+b) with probability b/(a+b), else (a+b, 0); a+b > 1: (1, a+b-1) with (1-b)/(2-a-b), else\n"
        "(a+b-1, 1); weight 1/pi",
    .cost = "n d^2 for the scores, 4 n d steps log2 n for the tree; 1,000 of 60,000 x 784 take 18 s",
    .variants = "no public code; tree random drops the spatial balance",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = pivotal_prepare,
    .select = pivotal_select,
};

/* Bilevel coreset: rows and weights whose ridge fit has the smallest loss over all rows,
 *     min over w >= 0 of F(w) = 1/2 sum_j |theta(w)'x~_j - y_j|^2,
 *     theta(w) = argmin 1/2 sum_S w_i |theta'x~_i - y_i|^2 + lambda/2 |theta|^2,   x~ = [x; 1], y = targets or e_class.
 * The inner problem is solved exactly, so the gradient is too, also for rows outside S: with H its matrix,
 *     dF/dw_i = - (theta'x~_i - y_i) . (H^-1 grad F)'x~_i.
 * S grows in rounds by the rows with the most negative gradient; in between the weights take steps of Adam. */
#include <math.h>
#include <string.h>

#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/rank.h"

typedef struct opts {
    double l2, rate, work;
    size_t rounds, steps;
} opts;

static const sb_param params[] = {
    {"l2", "lambda, relative to the mean diagonal of the second moments of all rows (of their total)", "1e-3",
     SB_P_REAL, offsetof(opts, l2), 1e-12, 1e6, NULL},
    {"rounds", "the budget is taken in so many rounds; 0: one row a round, as in the paper", "20", SB_P_SIZE,
     offsetof(opts, rounds), 0, 1e9, NULL},
    {"steps", "steps on the weights after each round; the best weights seen are kept", "10", SB_P_SIZE,
     offsetof(opts, steps), 0, 10000, NULL},
    {"rate", "size of a step, relative to the mean weight", "0.05", SB_P_REAL, offsetof(opts, rate), 0, 10, NULL},
    {"work", "declines when more multiply-adds are needed (1e10 take about a second)", "2e12", SB_P_REAL,
     offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

typedef struct bilevel {
    sb_mat x;
    size_t n, d, dd, t;
    double lambda, square; /* square: sum over rows of |y|^2 */
    double *y;             /* n x t */
    double *gram, *cross;  /* dd x dd, dd x t: sums over all rows of x~x~', x~y' */
    double *h, *theta, *v; /* Cholesky factor of H; the fit; H^-1 grad F */
    uint32_t *row;         /* members: `fixed` warm-up rows of weight 1, then the picks */
    double *w;             /* m */
    size_t fixed, m;
    double *fit, *along, *gradient; /* n x t, n x t: products with theta and v; n */
} bilevel;

static sb_status targets(const sb_task *task, bilevel *b, sb_ctx *cx)
{
    b->t = task->kind == SB_CLASSIFICATION ? task->c : task->t;
    b->y = SB_NEW(cx->arena, b->n * b->t, double);
    if (!b->y) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu targets", b->n, b->t);
    if (task->y) memcpy(b->y, task->y, b->n * b->t * sizeof *b->y);
    for (size_t i = 0; task->label && i < b->n; i++) b->y[i * b->t + (size_t)task->label[i]] = 1;
    for (size_t k = 0; k < b->n * b->t; k++) b->square += b->y[k] * b->y[k];
    return SB_OK;
}

/* to (dd x t) = sum over these rows (NULL: all) of w x~ y'. */
static sb_status cross_moments(const bilevel *b, const uint32_t *row, const double *w, size_t m, sb_ctx *cx, double *to)
{
    const size_t t = b->t, mark = sb_arena_mark(cx->arena);
    double *wy = SB_NEW(cx->arena, m * t, double);
    if (!wy) SB_FAIL(cx->err, SB_ENOMEM, "targets of %zu rows", m);
    memset(to, 0, b->dd * t * sizeof *to);
    for (size_t k = 0; k < m * t; k++) {
        wy[k] = (w ? w[k / t] : 1) * b->y[(row ? row[k / t] : k / t) * t + k % t];
        to[b->d * t + k % t] += wy[k];
    }
    SB_TRY(sb_rows_cross(b->x, row, m, wy, t, cx, to));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status init(const sb_task *task, const opts *o, size_t budget, sb_ctx *cx, bilevel *b)
{
    const size_t n = task->x.n, d = task->x.d, dd = d + 1, joined = task->warm_joins ? task->warm_n : 0;
    *b = (bilevel){.x = task->x, .n = n, .d = d, .dd = dd, .fixed = joined, .m = joined};
    SB_TRY(targets(task, b, cx));
    double **const to[] = {&b->gram, &b->cross, &b->h, &b->theta, &b->v, &b->w, &b->fit, &b->along, &b->gradient};
    const size_t size[] = {dd * dd, dd * b->t, dd * dd, dd * b->t, dd * b->t, joined + budget, n * b->t, n * b->t, n};
    b->row = SB_NEW(cx->arena, joined + budget, uint32_t);
    for (size_t k = 0; k < sizeof to / sizeof *to; k++) {
        *to[k] = SB_NEW(cx->arena, size[k], double);
        if (!*to[k] || !b->row) SB_FAIL(cx->err, SB_ENOMEM, "bilevel problem of %zu rows, %zu features", n, d);
    }
    for (size_t k = 0; k < joined; k++) {
        b->row[k] = task->warm[k];
        b->w[k] = 1;
    }
    SB_TRY(sb_gram_f64(b->x, NULL, true, cx, b->gram));
    SB_TRY(cross_moments(b, NULL, NULL, n, cx, b->cross));
    double trace = 0;
    for (size_t j = 0; j < dd; j++) trace += b->gram[j * (dd + 1)];
    b->lambda = o->l2 * trace / (double)dd; /* the column of ones keeps it above 0 */
    return SB_OK;
}

/* theta and v at the present weights; *value = F. */
static sb_status solve(bilevel *b, sb_ctx *cx, double *value)
{
    const size_t dd = b->dd, t = b->t;
    const sb_subset s = {.m = b->m, .row = b->row, .weight = b->w};
    memset(b->h, 0, dd * dd * sizeof *b->h);
    memset(b->theta, 0, dd * t * sizeof *b->theta);
    if (b->m) SB_TRY(sb_gram_f64(b->x, &s, true, cx, b->h));
    for (size_t j = 0; j < dd; j++) b->h[j * (dd + 1)] += b->lambda;
    const sb_status st = sb_chol(b->h, dd, cx);
    if (st == SB_ENUM) SB_FAIL(cx->err, SB_SKIP, "the inner problem is singular: raise l2");
    SB_TRY(st);
    if (b->m) SB_TRY(cross_moments(b, b->row, b->w, b->m, cx, b->theta));
    sb_chol_solve(b->h, dd, b->theta, t);
    memcpy(b->v, b->cross, dd * t * sizeof *b->v);
    sb_dgemm(false, false, dd, t, dd, 1, b->gram, dd, b->theta, t, -1, b->v, t); /* grad F = G theta - X'Y */
    *value = b->square;
    for (size_t k = 0; k < dd * t; k++) *value += b->theta[k] * (b->v[k] - b->cross[k]);
    *value = fmax(*value, 0) / 2;
    sb_chol_solve(b->h, dd, b->v, t);
    return SB_OK;
}

/* gradient[k] = dF/dw of row[k] (NULL: row k). */
static sb_status find_gradient(bilevel *b, const uint32_t *row, size_t m, sb_ctx *cx)
{
    const size_t t = b->t;
    SB_TRY(sb_rows_times(b->x, row, m, b->theta, t, cx, b->fit));
    SB_TRY(sb_rows_times(b->x, row, m, b->v, t, cx, b->along));
    for (size_t k = 0; k < m; k++) {
        const double *const y = b->y + (row ? row[k] : k) * t;
        b->gradient[k] = 0;
        for (size_t c = 0; c < t; c++)
            b->gradient[k] -=
                (b->fit[k * t + c] + b->theta[b->d * t + c] - y[c]) * (b->along[k * t + c] + b->v[b->d * t + c]);
    }
    return SB_OK;
}

/* New rows from `from` on get the mean weight, or a fraction of it with which F does not rise, or 0. */
static sb_status enter(bilevel *b, size_t from, sb_ctx *cx, double *value)
{
    const double before = *value;
    double mean = (double)(b->n - b->fixed) / (double)(b->m - from);
    for (size_t k = b->fixed; k < from; k++) mean = (k == b->fixed ? 0 : mean) + b->w[k] / (double)(from - b->fixed);
    for (double share = 1; share > 0; share = share > 1e-3 ? share / 4 : 0) {
        for (size_t k = from; k < b->m; k++) b->w[k] = share * mean;
        SB_TRY(solve(b, cx, value));
        if (*value <= before) return SB_OK;
    }
    for (size_t k = from; k < b->m; k++) b->w[k] = 0;
    return solve(b, cx, value);
}

/* Steps of Adam on the weights of the picks, in units of their mean; the best ones seen are kept. */
static sb_status reweight(bilevel *b, const opts *o, sb_ctx *cx, double *value)
{
    const size_t m = b->m - b->fixed, mark = sb_arena_mark(cx->arena);
    double *first = SB_NEW(cx->arena, m, double), *second = SB_NEW(cx->arena, m, double);
    double *best = SB_NEW(cx->arena, m, double), *const w = b->w + b->fixed, mean = 0, decay1 = 1, decay2 = 1;
    if (!first || !second || !best) SB_FAIL(cx->err, SB_ENOMEM, "steps on %zu weights", m);
    memcpy(best, w, m * sizeof *w);
    for (size_t k = 0; k < m; k++) mean += w[k] / (double)m;
    for (size_t step = 0; step < o->steps && mean > 0; step++) {
        SB_TRY(find_gradient(b, b->row + b->fixed, m, cx));
        decay1 *= 0.9;
        decay2 *= 0.999;
        for (size_t k = 0; k < m; k++) {
            const double g = mean * b->gradient[k];
            first[k] = 0.9 * first[k] + 0.1 * g;
            second[k] = 0.999 * second[k] + 0.001 * g * g;
            const double size = sqrt(second[k] / (1 - decay2)), move = first[k] / (1 - decay1);
            if (size > 0) w[k] = fmax(0, w[k] - o->rate * mean * move / size);
        }
        double now = 0;
        SB_TRY(solve(b, cx, &now));
        if (now >= *value) continue;
        *value = now;
        memcpy(best, w, m * sizeof *w);
    }
    memcpy(w, best, m * sizeof *w);
    sb_arena_rewind(cx->arena, mark);
    return o->steps ? solve(b, cx, value) : SB_OK;
}

/* Weights as a total over the rows they stand for; all 0 only where no row improves the fit: then even. */
static sb_status give_back(const bilevel *b, size_t budget, sb_ctx *cx, sb_selection *out)
{
    double sum = 0;
    double *weight = SB_NEW(cx->arena, budget, double);
    if (!weight) SB_FAIL(cx->err, SB_ENOMEM, "%zu weights", budget);
    for (size_t k = 0; k < budget; k++) sum += b->w[b->fixed + k];
    for (size_t k = 0; k < budget; k++) {
        out->row[k] = b->row[b->fixed + k];
        const double share = sum > 0 ? b->w[b->fixed + k] / sum : 1 / (double)budget;
        weight[k] = share * (double)(b->n - b->fixed);
    }
    out->m = budget;
    out->weight = weight;
    sb_selection_note(out, "weight_sum", sum); /* in the fit; what comes back is scaled to the rows stood for */
    return SB_OK;
}

static sb_status bilevel_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t rounds = o->rounds && o->rounds < budget ? o->rounds : budget;
    const double dd = (double)task->x.d + 1, t = (double)(task->kind == SB_CLASSIFICATION ? task->c : task->t);
    const double inner = dd * dd * (dd / 6 + (double)budget / 2 + 3 * t);
    const double work = (double)rounds * (2 * (double)task->x.n * dd * t + (double)(o->steps + 2) * inner);
    SB_TRY(sb_work_within(work, 1e10, o->work, cx));
    bilevel b;
    unsigned char *taken = sb_task_taken(task, cx);
    if (!taken) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", task->x.n);
    SB_TRY(init(task, o, budget, cx, &b));
    double value = 0;
    SB_TRY(solve(&b, cx, &value));
    for (size_t r = 0; r < rounds; r++) {
        const size_t from = b.m, left = budget - (b.m - b.fixed), mark = sb_arena_mark(cx->arena);
        size_t got = 0;
        SB_TRY(find_gradient(&b, NULL, b.n, cx));
        SB_TRY(sb_rank(b.gradient, b.n, (left + rounds - r - 1) / (rounds - r), false, taken, cx, b.row + from, &got));
        sb_arena_rewind(cx->arena, mark);
        for (size_t k = from; k < from + got; k++) taken[b.row[k]] = 1;
        b.m += got;
        SB_TRY(enter(&b, from, cx, &value));
        SB_TRY(reweight(&b, o, cx, &value));
    }
    SB_TRY(give_back(&b, budget, cx, out));
    sb_selection_note(out, "outer_loss", value / (double)b.n);
    return SB_OK;
}

const sb_method sb_method_bilevel = {
    .name = "bilevel",
    .summary = "rows and weights whose ridge fit has the smallest squared loss over all rows",
    .source =
        "Borsos, Mutny, Krause 2020 (coresets via bilevel optimisation); ridge: Borsos, Tagliasacchi, Krause 2021",
    .formula = "the next rows have the most negative dF/dw_i = -(theta'x_i - y_i) . (H^-1 grad F)'x_i, F the squared\n"
               "loss of all rows at the ridge fit theta of the weighted picks, H = sum w x x' + lambda I",
    .cost = "n d^2 once, 4 n d c a round, m d^2 + d^3/3 a step on the weights; memory 24 n c + 16 d^2 bytes.\n"
            "Declines above option work",
    .variants =
        "public code: kernel models, an inner L-BFGS, conjugate gradients for H^-1, 40 outer steps, one row at a\n"
        "time among 200 random candidates, gradients scaled and clipped. Here the inner problem is the squared\n"
        "loss of ridge (one-hot classes), exact, and every row is a candidate; rounds: 0 adds one row at a time",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_LABELS,
    .traits = SB_WEIGHTED,
    .option_size = sizeof(opts),
    .options = params,
    .select = bilevel_select,
};

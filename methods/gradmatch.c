/* Few rows whose weighted gradients add up to the gradient of all: minimises |sum_S w_i g_i - sum g|^2 + lambda |w|^2
 * over w >= 0 and |S| <= m by orthogonal matching pursuit: the row with the largest product with the residual joins,
 * the weights are fitted anew, rows whose weight falls to 0 leave. Class by class unless said otherwise. Ends early
 * when no row improves the match, so fewer rows than asked for can come back. */
#include <math.h>
#include <string.h>

#include "selbench/draw.h"
#include "selbench/gradient.h"
#include "selbench/method.h"
#include "selbench/nnls.h"

enum { GROUP_MAX = 1500 };

typedef struct opts {
    double lambda, tolerance;
    bool per_class;
    int variant;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"lambda", "penalty on the squared weights (of a total; of a mean for deepcore, whose own default is 1)", "0",
     SB_P_REAL, offsetof(opts, lambda), 0, 1e12, NULL},
    {"tolerance", "stop when the residual is below this share of the target", "1e-4", SB_P_REAL,
     offsetof(opts, tolerance), 0, 1, NULL},
    {"per_class", "match the gradient of each class by rows of the class (reads labels)", "true", SB_P_BOOL,
     offsetof(opts, per_class), 0, 1, NULL},
    {"variant",
     "correct; deepcore: weights of either sign while rows join, at the end non-negative ones fitted to the normal "
     "equations",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {0},
};

typedef struct pursuit {
    const sb_gradients *g;
    const opts *o;
    const uint32_t *row; /* rows of the group */
    size_t rows, most;   /* how many may be chosen */
    double *target, *residual, *along;
    uint32_t *slot; /* row of the group -> column + 1, or 0 */
    uint32_t *at;   /* column -> row of the group */
    size_t columns;
    sb_nnls fit;
} pursuit;

static size_t matrix_size(const pursuit *p) { return sb_gradients_rows(p->g) * p->g->w; }

static double norm(const double *v, size_t size)
{
    double sum = 0;
    for (size_t j = 0; j < size; j++) sum += v[j] * v[j];
    return sqrt(sum);
}

/* A new column for row k of the group: its products with the columns there are, and with the target. */
static void add_column(pursuit *p, size_t k)
{
    const uint32_t j = (uint32_t)p->columns++;
    double *const q = p->fit.q;
    p->slot[k] = j + 1;
    p->at[j] = (uint32_t)k;
    for (uint32_t i = 0; i <= j; i++) {
        const double v = sb_gradients_dot(p->g, p->row[p->at[i]], p->row[k]) + (i == j ? p->o->lambda : 0);
        q[i * p->fit.cap + j] = q[j * p->fit.cap + i] = v;
    }
    p->fit.r[j] = p->along[k];
}

/* residual = target - sum w g, along = its products with the rows of the group. */
static sb_status look(pursuit *p, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena), active = p->fit.active;
    uint32_t *row = SB_NEW(cx->arena, active, uint32_t);
    double *minus = SB_NEW(cx->arena, active, double);
    if (!row || !minus) SB_FAIL(cx->err, SB_ENOMEM, "residual of %zu rows", active);
    for (size_t i = 0; i < active; i++) {
        row[i] = p->row[p->at[p->fit.column[i]]];
        minus[i] = -p->fit.w[p->fit.column[i]];
    }
    memcpy(p->residual, p->target, matrix_size(p) * sizeof *p->residual);
    SB_TRY(sb_gradients_add(p->g, row, minus, active, cx, p->residual));
    SB_TRY(sb_gradients_along(p->g, p->residual, p->row, p->rows, cx, p->along));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* The largest product among rows without weight that were not refused; rows: none is above rounding. */
static size_t best_row(const pursuit *p, const unsigned char *refused, double target)
{
    size_t best = p->rows;
    for (size_t k = 0; k < p->rows; k++) {
        const bool in = p->slot[k] && fabs(p->fit.w[p->slot[k] - 1]) > 0;
        const double noise = 1e-12 * target * sqrt(p->g->a_norm2[p->row[k]] * p->g->x_norm2[p->row[k]]);
        if (in || refused[k] || !(p->along[k] > noise)) continue;
        if (best == p->rows || p->along[k] > p->along[best]) best = k;
    }
    return best;
}

static sb_status match(pursuit *p, sb_ctx *cx)
{
    unsigned char *refused = SB_NEW(cx->arena, p->rows, unsigned char);
    double *first = SB_NEW(cx->arena, p->rows, double);
    if (!refused || !first) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", p->rows);
    SB_TRY(look(p, cx));
    memcpy(first, p->along, p->rows * sizeof *first);
    const double target = norm(p->target, matrix_size(p));
    for (size_t step = 0; step < 10 * p->most && p->fit.active < p->most; step++) {
        if (step) SB_TRY(look(p, cx));
        if (!(norm(p->residual, matrix_size(p)) > p->o->tolerance * target)) break;
        const size_t k = best_row(p, refused, target);
        if (k == p->rows || (!p->slot[k] && p->columns == p->fit.cap)) break;
        if (!p->slot[k]) {
            p->along[k] = first[k]; /* r is the product with the target, not with the residual */
            add_column(p, k);
        }
        refused[k] = !sb_nnls_admit(&p->fit, p->slot[k] - 1);
    }
    return SB_OK;
}

static sb_status start(pursuit *p, double scale, sb_ctx *cx)
{
    const size_t size = matrix_size(p), room = p->rows < 2 * p->most + 16 ? p->rows : 2 * p->most + 16;
    p->target = SB_NEW(cx->arena, size, double);
    p->residual = SB_NEW(cx->arena, size, double);
    p->along = SB_NEW(cx->arena, p->rows, double);
    p->slot = SB_NEW(cx->arena, p->rows, uint32_t);
    p->at = SB_NEW(cx->arena, room, uint32_t);
    if (!p->target || !p->residual || !p->along || !p->slot || !p->at)
        SB_FAIL(cx->err, SB_ENOMEM, "gradients of %zu rows", p->rows);
    SB_TRY(sb_nnls_init(&p->fit, room, cx));
    p->fit.either_sign = p->o->variant;
    SB_TRY(sb_gradients_add(p->g, p->row, NULL, p->rows, cx, p->target));
    for (size_t j = 0; j < size; j++) p->target[j] *= scale;
    return SB_OK;
}

/* Appends the rows of a group with their weights; those of weight 0 vanish. */
static void hand_over(const pursuit *p, const double *w, double scale, sb_selection *out)
{
    for (size_t i = 0; i < p->fit.active; i++) {
        const uint32_t j = p->fit.column[i];
        if (!(w[j] > 0)) continue;
        out->row[out->m] = p->row[p->at[j]];
        out->weight[out->m++] = w[j] * scale;
    }
}

/* deepcore's last step: w >= 0 that minimises |Q w - r|^2 over the chosen columns. */
static sb_status refit_normal(const pursuit *p, sb_ctx *cx, double *w)
{
    const size_t k = p->columns, cap = p->fit.cap;
    sb_nnls f;
    SB_TRY(sb_nnls_init(&f, k, cx));
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++)
            for (size_t l = 0; l < k; l++) f.q[i * k + j] += p->fit.q[i * cap + l] * p->fit.q[l * cap + j];
        for (size_t l = 0; l < k; l++) f.r[i] += p->fit.q[i * cap + l] * p->fit.r[l];
    }
    unsigned char *refused = SB_NEW(cx->arena, k, unsigned char);
    if (!refused) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu columns", k);
    for (size_t step = 0; step < 10 * k; step++) {
        size_t best = k;
        double most = 0;
        for (size_t i = 0; i < k; i++) {
            double slope = f.r[i];
            for (size_t j = 0; j < k; j++) slope -= f.q[i * k + j] * f.w[j];
            if (refused[i] || f.w[i] > 0 || !(slope > 1e-12 * fabs(f.r[i])) || slope <= most) continue;
            most = slope;
            best = i;
        }
        if (best == k) break;
        refused[best] = !sb_nnls_admit(&f, (uint32_t)best);
    }
    memcpy(w, f.w, k * sizeof *w);
    return SB_OK;
}

/* One group: its rows match the sum of their gradients, or their mean and are scaled up afterwards (deepcore). */
static sb_status match_group(const sb_gradients *g, const opts *o, const uint32_t *row, size_t rows, size_t most,
                             sb_ctx *cx, sb_selection *out)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const double scale = o->variant ? (double)rows : 1;
    pursuit p = {.g = g, .o = o, .row = row, .rows = rows, .most = most};
    SB_TRY(start(&p, 1 / scale, cx));
    SB_TRY(match(&p, cx));
    if (o->variant && p.columns) SB_TRY(refit_normal(&p, cx, p.fit.w));
    hand_over(&p, p.fit.w, scale, out);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Rows that may be chosen, group after group; size: rows of each. */
static sb_status group_rows(const sb_task *task, bool per_class, sb_ctx *cx, uint32_t *row, size_t *size)
{
    const unsigned char *const taken = sb_task_taken(task, cx);
    if (!taken) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", task->x.n);
    size_t rows = 0;
    for (size_t g = 0; g < (per_class ? task->c : 1); g++) {
        const size_t from = rows;
        for (uint32_t i = 0; i < task->x.n; i++)
            if (!taken[i] && (!per_class || (size_t)task->label[i] == g)) row[rows++] = i;
        size[g] = rows - from;
    }
    return SB_OK;
}

static sb_status gradmatch_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                  sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const bool per_class = o->per_class && task->kind == SB_CLASSIFICATION;
    const size_t n = task->x.n, groups = per_class ? task->c : 1;
    out->weight = SB_NEW(cx->arena, n, double);
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    size_t *size = SB_NEW(cx->arena, groups, size_t), *quota = SB_NEW(cx->arena, groups, size_t);
    if (!out->weight || !row || !size || !quota) SB_FAIL(cx->err, SB_ENOMEM, "groups of %zu rows", n);
    SB_TRY(group_rows(task, per_class, cx, row, size));
    sb_draw_quotas(size, groups, budget, quota);
    for (size_t k = 0; k < groups; k++)
        if (quota[k] > GROUP_MAX)
            SB_FAIL(cx->err, SB_SKIP, "%zu rows of one group asked for, the pursuit stops at %d", quota[k], GROUP_MAX);
    sb_gradients g;
    SB_TRY(sb_gradients_make(task, true, cx, &g));
    out->m = 0;
    for (size_t k = 0, from = 0; k < groups; from += size[k++])
        if (quota[k]) SB_TRY(match_group(&g, o, row + from, size[k], quota[k], cx, out));
    if (!out->m) SB_FAIL(cx->err, SB_SKIP, "no row's gradient points along the total: the model fits all rows already");
    sb_selection_note(out, "rows_short", (double)(budget - out->m));
    return SB_OK;
}

const sb_method sb_method_gradmatch = {
    .name = "gradmatch",
    .summary = "few rows whose weighted gradients add up to the gradient of all",
    .source = "Killamsetty, Sivasubramanian, Ramakrishnan, De, Iyer 2021 (GRAD-MATCH), Algorithm 2",
    .formula = "orthogonal matching pursuit: the row with the largest <g_j, residual> joins, weights w >= 0\n"
               "minimise |sum w g - sum of all g|^2 + lambda |w|^2, class by class",
    .cost = "2 n_c d c a pick and m^2 for the refit; memory 8 n c + 16 m^2 per class",
    .variants = "deepcore: target the mean, lambda 1, weights of either sign until a last non-negative fit of the\n"
                "NORMAL EQUATIONS. cords: lambda 0, stops at eps |b|, removes negative weights one by one and\n"
                "fills up at random with weight 1 (which hides how few rows were needed): here fewer rows come\n"
                "back. Per-batch modes are not offered",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_GRADIENT | SB_NEEDS_LABELS,
    .traits = SB_WEIGHTED | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = gradmatch_select,
};

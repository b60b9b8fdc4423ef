/* Herding: pick t + 1 keeps the mean of the picks as near to the mean mu of the data as one row can,
 *     argmin_x |(t + 1) mu - sum of the picks - x|^2 = argmin_z |Z + z|^2,   z = x - mu, Z = the sum of the picks' z.
 * The second form is used: Z stays bounded, so nothing cancels however long the selection or far the mean. */
#include "selbench/groups.h"
#include "selbench/la.h"
#include "selbench/method.h"

enum { VARIANT_CORRECT, VARIANT_DEEPCORE };

typedef struct opts {
    int variant;
    bool balance;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"variant", "correct: the row that brings the mean nearest; deepcore: the one that brings it farthest, as its code",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {"balance", "true: inside each class, with its share of the budget", "false", SB_P_BOOL, offsetof(opts, balance), 0,
     1, NULL},
    {0},
};

/* One group: its rows and what is kept for each; z is measured from the group's mean. */
typedef struct herd {
    sb_mat x;
    const uint32_t *row;
    size_t n;
    double *mean, *sum; /* d: mu and Z */
    double *square;     /* n: |z|^2 */
    double *product;    /* n: Z.x */
    unsigned char *out; /* n: may not be picked (again) */
} herd;

static sb_status herd_new(const sb_task *task, const sb_groups *g, size_t group, sb_ctx *cx, herd *h)
{
    const size_t n = g->start[group + 1] - g->start[group], d = task->x.d;
    *h = (herd){.x = task->x,
                .row = g->row + g->start[group],
                .n = n,
                .mean = SB_NEW(cx->arena, d, double),
                .sum = SB_NEW(cx->arena, d, double),
                .square = SB_NEW(cx->arena, n, double),
                .product = SB_NEW(cx->arena, n, double),
                .out = SB_NEW(cx->arena, n, unsigned char)};
    if (!h->mean || !h->sum || !h->square || !h->product || !h->out)
        SB_FAIL(cx->err, SB_ENOMEM, "herding %zu rows with %zu features", n, d);
    sb_col_moments(h->x, &(sb_subset){.m = n, .row = h->row}, h->mean, NULL);
    for (size_t i = 0; i < n; i++) {
        const float *const x = sb_mat_row(h->x, h->row[i]);
        for (size_t j = 0; j < d; j++) h->square[i] += ((double)x[j] - h->mean[j]) * ((double)x[j] - h->mean[j]);
    }
    return SB_OK;
}

static void accept(herd *h, size_t i)
{
    const float *const x = sb_mat_row(h->x, h->row[i]);
    h->out[i] = 1;
    for (size_t j = 0; j < h->x.d; j++) h->sum[j] += (double)x[j] - h->mean[j];
}

/* |Z + z|^2 up to a constant is |z|^2 + 2 Z.x; lowest row among equals. */
static size_t best_row(const herd *h, bool farthest)
{
    size_t best = h->n;
    double least = 0;
    for (size_t i = 0; i < h->n; i++) {
        if (h->out[i]) continue;
        const double score = h->square[i] + 2 * h->product[i], order = farthest ? -score : score;
        if (best < h->n && order >= least) continue;
        best = i;
        least = order;
    }
    return best;
}

static sb_status herd_group(const sb_task *task, const sb_groups *g, size_t group, bool farthest, sb_ctx *cx,
                            sb_selection *out)
{
    const size_t mark = sb_arena_mark(cx->arena);
    herd h;
    SB_TRY(herd_new(task, g, group, cx, &h));
    for (size_t i = 0; i < h.n; i++)
        if (g->taken[h.row[i]]) accept(&h, i);
    for (size_t k = 0; k < g->quota[group]; k++) {
        SB_TRY(sb_rows_times(h.x, h.row, h.n, h.sum, 1, cx, h.product));
        const size_t best = best_row(&h, farthest);
        out->row[out->m++] = h.row[best];
        accept(&h, best);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status herding_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const int32_t *label = NULL;
    sb_groups g;
    if (o->balance) SB_TRY(sb_task_labels(task, cx, &label));
    SB_TRY(sb_groups_make(task, label, true, budget, cx, &g));
    out->m = 0;
    for (size_t group = 0; group < g.count; group++)
        if (g.quota[group]) SB_TRY(herd_group(task, &g, group, o->variant == VARIANT_DEEPCORE, cx, out));
    return SB_OK;
}

const sb_method sb_method_herding = {
    .name = "herding",
    .summary = "each pick brings the mean of the selection as near to the mean of the data as a row can",
    .source = "Welling 2009; Chen, Welling, Smola 2010",
    .abi = SB_METHOD_ABI,
    .needs = SB_MAY_LABELS,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = herding_select,
};

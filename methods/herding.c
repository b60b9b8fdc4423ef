/* Herding: pick t + 1 keeps the mean of the picks as near to the mean mu of the data as one row can,
 *     argmin_x |(t + 1) mu - sum of the picks - x|^2 = argmin_z |Z + z|^2,   z = x - mu, Z = the sum of the picks' z.
 * The second form is used: Z stays bounded, so nothing cancels however long the selection or far the mean. Bounds from
 * a copy in bytes leave few rows to work out; the picks are those of working out all. */
#include <math.h>

#include "selbench/coarse.h"
#include "selbench/groups.h"
#include "selbench/la.h"

enum { VARIANT_CORRECT, VARIANT_DEEPCORE };
static const double EDGE = 0x1p-48; /* rounding of a score, relative to its terms */
enum { USELESS = 8 }; /* picks for which the bounds kept more than a quarter of the rows: they are given up */

typedef struct opts {
    int variant;
    bool balance, bounds;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"variant", "correct: the row that brings the mean nearest; deepcore: the one that brings it farthest, as its code",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {"balance", "true: inside each class, with its share of the budget", "false", SB_P_BOOL, offsetof(opts, balance), 0,
     1, NULL},
    {"bounds", "false: work out all rows at every pick (same picks, the plain reference)", "true", SB_P_BOOL,
     offsetof(opts, bounds), 0, 1, NULL},
    {0},
};

/* One group: its rows and what is kept for each; z is measured from the group's mean. */
typedef struct herd {
    sb_mat x;
    const uint32_t *row;
    size_t n;
    double *mean, *sum; /* d: mu and Z */
    double *square;     /* n: |z|^2 */
    double *product;    /* n: Z.x, of the rows in try at first */
    unsigned char *out; /* n: may not be picked (again) */
    bool coarse;        /* bounds are in use */
    sb_coarse bytes;
    double *about, *slack; /* n: bounds of Z.x */
    size_t *try;           /* n: positions that may win */
    uint32_t *try_row;
    size_t tries, useless;
} herd;

static sb_status herd_new(const sb_task *task, const sb_members *g, bool bounds, sb_ctx *cx, herd *h)
{
    const size_t n = g->n, d = task->x.d;
    *h = (herd){.x = task->x,
                .row = g->row,
                .n = n,
                .mean = SB_NEW(cx->arena, d, double),
                .sum = SB_NEW(cx->arena, d, double),
                .square = SB_NEW(cx->arena, n, double),
                .product = SB_NEW(cx->arena, n, double),
                .out = SB_NEW(cx->arena, n, unsigned char),
                .about = SB_NEW(cx->arena, n, double),
                .slack = SB_NEW(cx->arena, n, double),
                .try = SB_NEW(cx->arena, n, size_t),
                .try_row = SB_NEW(cx->arena, n, uint32_t)};
    if (!h->mean || !h->sum || !h->square || !h->product || !h->out || !h->about || !h->slack || !h->try || !h->try_row)
        SB_FAIL(cx->err, SB_ENOMEM, "herding %zu rows with %zu features", n, d);
    h->coarse = bounds;
    if (bounds) SB_TRY(sb_coarse_init(&h->bytes, h->x, h->row, n, cx));
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

/* |Z + z|^2 up to a constant is |z|^2 + 2 Z.x; the sign makes the best the smallest. */
static double score(const herd *h, size_t i, double product, double sign)
{
    return sign * (h->square[i] + 2 * product);
}

/* The positions that are left and, with bounds, may be the best. */
static void shortlist(herd *h, double sign)
{
    double limit = HUGE_VAL;
    if (h->coarse) sb_coarse_products(&h->bytes, h->sum, h->about, h->slack);
    for (size_t i = 0; h->coarse && i < h->n; i++)
        if (!h->out[i]) limit = fmin(limit, score(h, i, h->about[i], sign) + 2 * h->slack[i] + EDGE * h->square[i]);
    h->tries = 0;
    for (size_t i = 0; i < h->n; i++) {
        if (h->out[i]) continue;
        if (h->coarse && score(h, i, h->about[i], sign) - 2 * h->slack[i] - EDGE * h->square[i] > limit) continue;
        h->try_row[h->tries] = h->row[i];
        h->try[h->tries++] = i;
    }
    h->useless += h->coarse && h->tries > h->n / 4;
    h->coarse = h->coarse && h->useless < USELESS;
}

/* Lowest row among equals. */
static sb_status best_row(herd *h, bool farthest, sb_ctx *cx, size_t *best)
{
    const double sign = farthest ? -1 : 1;
    double least = 0;
    shortlist(h, sign);
    SB_TRY(sb_rows_times(h->x, h->try_row, h->tries, h->sum, 1, cx, h->product));
    for (size_t k = 0; k < h->tries; k++) {
        const double v = score(h, h->try[k], h->product[k], sign);
        if (k && v >= least) continue;
        *best = h->try[k];
        least = v;
    }
    return SB_OK;
}

typedef struct job {
    const opts *o;
    double error; /* of the mean; the largest of the groups */
} job;

static sb_status herd_group(const sb_task *task, const sb_members *g, void *self, sb_ctx *cx, sb_selection *out)
{
    job *const j = self;
    herd h;
    SB_TRY(herd_new(task, g, j->o->bounds, cx, &h));
    for (size_t i = 0; i < h.n; i++)
        if (g->taken[h.row[i]]) accept(&h, i);
    for (size_t k = 0; k < g->quota; k++) {
        size_t best = 0;
        SB_TRY(best_row(&h, j->o->variant == VARIANT_DEEPCORE, cx, &best));
        out->row[out->m++] = h.row[best];
        accept(&h, best);
    }
    double square = 0;
    for (size_t c = 0; c < h.x.d; c++) square += h.sum[c] * h.sum[c];
    j->error = fmax(j->error, sqrt(square) / (double)(h.n - g->open + g->quota));
    return SB_OK;
}

static sb_status herding_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    job j = {.o = options};
    SB_TRY(sb_groups_choose(task, j.o->balance, true, budget, herd_group, &j, cx, out, NULL));
    sb_selection_note(out, "mean_error", j.error);
    return SB_OK;
}

const sb_method sb_method_herding = {
    .name = "herding",
    .summary = "each pick brings the mean of the selection as near to the mean of the data as a row can",
    .source = "Welling 2009; Chen, Welling, Smola 2010",
    .formula = "the next row minimises |(t + 1) mu - sum of the picks - x|, mu the mean",
    .cost = "n d a pick, most rows passed over by bounds from a copy in bytes; memory n (d + 100)",
    .variants = "deepcore: the argMAX of that distance, the farthest outliers: its Herding rows, and those of\n"
                "tables built on it, show that. For unit rows the rule is the kernel-herding update <w, x>",
    .abi = SB_METHOD_ABI,
    .needs = SB_MAY_LABELS,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = herding_select,
};

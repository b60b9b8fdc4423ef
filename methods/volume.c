/* Volume sampling: P(S) ~ det(X_S'X_S) over all S of m >= rank X rows, by reverse iterative sampling: from all rows,
 * row i leaves with probability (1 - h_i)/(|S| - d), h_i = x_i'(X_S'X_S)^{-1}x_i, until m are left. The least-squares
 * fit on S is then an unbiased estimate of the fit on all rows. */
#include <stdlib.h>
#include <string.h>

#include "selbench/basis.h"
#include "selbench/inverse.h"
#include "selbench/method.h"

typedef struct opts {
    double work;
} opts;

static const sb_param params[] = {
    {"work", "declines when (n - m)(n + m) rank, the multiply-adds needed, is above this (1e9 take about a second)",
     "1e11", SB_P_REAL, offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

static sb_status gather(const sb_task *task, sb_ctx *cx, sb_mat *x, uint32_t **row)
{
    const size_t n = task->x.n, d = task->x.d;
    const unsigned char *const taken = sb_task_taken(task, cx);
    uint32_t *open = SB_NEW(cx->arena, n, uint32_t);
    float *copy = SB_NEW(cx->arena, n * d, float);
    if (!taken || !open || !copy) SB_FAIL(cx->err, SB_ENOMEM, "copy of %zu x %zu features", n, d);
    size_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i]) continue;
        memcpy(copy + k * d, sb_mat_row(task->x, i), d * sizeof *copy);
        open[k++] = i;
    }
    *x = (sb_mat){.data = copy, .n = k, .d = d, .ld = d};
    *row = open;
    return SB_OK;
}

static double chance(double h) { return h < 1 - 1e-9 ? 1 - h : 0; }

/* The entry that leaves; e->count when none can without making the matrix singular. */
static size_t next_out(const sb_inverse *e, sb_rng *rng)
{
    double total = 0, upto = 0;
    for (size_t k = 0; k < e->count; k++) total += chance(e->h[k]);
    const double u = sb_rng_unit(rng) * total;
    size_t last = e->count;
    for (size_t k = 0; k < e->count; k++) {
        if (!(chance(e->h[k]) > 0)) continue;
        last = k;
        upto += chance(e->h[k]);
        if (upto > u) break;
    }
    return last;
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static sb_status volume_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                               sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    sb_mat x, z;
    uint32_t *row = NULL;
    const double most = (double)(task->x.n < task->x.d ? task->x.n : task->x.d);
    const double bulk = (double)(task->x.n - budget) * (double)(task->x.n + budget);
    if (bulk * most > o->work)
        SB_FAIL(cx->err, SB_SKIP, "needs about %.2g multiply-adds (some %.0f s), above work = %.2g", bulk * most,
                bulk * most / 1e9, o->work);
    SB_TRY(gather(task, cx, &x, &row));
    SB_TRY(sb_independent(x, cx, &z));
    if (z.d == 0 || budget < z.d)
        SB_FAIL(cx->err, SB_SKIP, "volumes of %zu rows are 0 where the rank is %zu%s", budget, z.d,
                z.d ? "" : ": all rows are zero");
    double *m = SB_NEW(cx->arena, z.d * z.d, double);
    if (!m) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu moment matrix", z.d, z.d);
    SB_TRY(sb_information(z, NULL, z.n, 0, cx, m));
    sb_inverse e;
    SB_TRY(sb_inverse_init(&e, z, m, NULL, true, cx));
    sb_rng rng = sb_ctx_stream(cx, "leave");
    while (e.count > budget) {
        const size_t k = next_out(&e, &rng);
        if (k == e.count) SB_FAIL(cx->err, SB_ENUM, "no row can leave: %zu rows of rank %zu", e.count, z.d);
        SB_TRY(sb_inverse_change(&e, k, -1, cx));
        sb_inverse_drop(&e, k);
    }
    out->m = budget;
    for (size_t k = 0; k < budget; k++) out->row[k] = row[e.active[k]];
    qsort(out->row, out->m, sizeof *out->row, ascending);
    sb_selection_note(out, "rank", (double)z.d);
    return SB_OK;
}

const sb_method sb_method_volume = {
    .name = "volume",
    .summary = "volume sampling: sets drawn by the determinant of their moment matrix (moderate n only)",
    .source = "Derezinski, Warmuth 2017, reverse iterative volume sampling",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .select = volume_select,
};

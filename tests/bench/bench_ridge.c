/* Ridge on one-hot targets of Fashion-MNIST (10 columns, lambda = 1 in the sum form): one fit, and a grid of penalties
 * by cross-validation, on the work of the peers. grad: relative to the size of its terms, in float64 from the rows. */
#include "bench_data.h"
#include "selbench/lsq.h"

typedef struct work {
    sb_lsq p;
    sb_subset s;
    double l2;
    const double *grid; /* NULL: one fit at l2 */
    size_t count, folds;
    double *theta;
    sb_fit_info info;
} work;

static sb_status run(void *self, sb_ctx *cx)
{
    work *w = self;
    double l2 = w->l2;
    if (w->grid) SB_TRY(sb_lsq_choose(&w->p, &w->s, w->grid, w->count, w->folds, cx, &l2, NULL));
    return sb_lsq_fit(&w->p, &w->s, l2, cx, w->theta, &w->info);
}

static double accuracy(const bench_data *data, const double *theta, sb_ctx *cx)
{
    double *out = SB_NEW(cx->arena, BENCH_TEST * BENCH_C, double);
    if (!out) bench_die("predictions", "no memory");
    bench_ok(cx, sb_lsq_eval(data->x_test, NULL, BENCH_C, theta, cx, NULL, out));
    size_t right = 0;
    for (size_t i = 0; i < BENCH_TEST; i++) {
        size_t best = 0;
        for (size_t k = 1; k < BENCH_C; k++)
            if (out[i * BENCH_C + k] > out[i * BENCH_C + best]) best = k;
        right += best == (size_t)data->y_test[i];
    }
    return (double)right / BENCH_TEST;
}

static void measure(const char *name, work *w, const bench_data *data, size_t reps, sb_ctx *cx)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    bench_run(run, w, cx, reps, seconds, cpu);
    char quality[256];
    (void)snprintf(quality, sizeof quality,
                   "\"test_acc\":%.4f,\"objective\":%.9f,\"grad\":%.2g,\"converged\":%d,\"l2\":%g,\"passes\":%zu",
                   accuracy(data, w->theta, cx), w->info.objective, w->info.grad_norm / w->info.tolerance * 1e-11,
                   w->info.converged, w->info.l2, w->info.passes);
    bench_line(name, seconds, cpu, reps, quality);
}

int main(void)
{
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    const bench_data data = bench_load(&cx);
    double *y = SB_NEW(cx.arena, BENCH_TRAIN * BENCH_C, double),
           *theta = SB_NEW(cx.arena, (BENCH_D + 1) * BENCH_C, double);
    if (!y || !theta) bench_die("targets", "no memory");
    for (size_t i = 0; i < BENCH_TRAIN; i++) y[i * BENCH_C + (size_t)data.y[i]] = 1;
    const size_t size[] = {2000, 60000};
    for (size_t k = 0; k < 2; k++) {
        char name[64];
        /* the peers minimise sum |r|^2 + |B|^2: l2 = 1 / (t n) beside the mean over rows and targets */
        const double l2 = 1 / (BENCH_C * (double)size[k]);
        work w = {
            .p = {data.x, y, BENCH_C, true, false, SB_LSQ_AUTO}, .s = {size[k], NULL, NULL}, .l2 = l2, .theta = theta};
        (void)snprintf(name, sizeof name, "ridge_n%zu", size[k]);
        measure(name, &w, &data, bench_reps(k ? 3 : 9), &cx);
        double grid[4];
        for (size_t g = 0; g < 4; g++) grid[g] = l2 * (double)(1 << (3 * g));
        w.grid = grid, w.count = 4, w.folds = 5;
        (void)snprintf(name, sizeof name, "ridge_n%zu_cv4x5", size[k]);
        measure(name, &w, &data, bench_reps(k ? 1 : 3), &cx);
    }
    return EXIT_SUCCESS;
}

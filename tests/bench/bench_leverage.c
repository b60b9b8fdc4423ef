/* Exact leverage scores of Fashion-MNIST: the fast path and QR, on the work of the peers. max_err: against QR. */
#include <math.h>

#include "bench_data.h"
#include "selbench/leverage.h"

typedef struct work {
    sb_mat x;
    sb_leverage_options options;
    sb_leverage_info info;
    double *score;
} work;

static sb_status run(void *self, sb_ctx *cx)
{
    work *w = self;
    return sb_leverage(w->x, &w->options, cx, w->score, &w->info);
}

static void measure(const char *name, work *w, const double *reference, size_t reps, sb_ctx *cx)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX], worst = 0, relative = 0;
    bench_run(run, w, cx, reps, seconds, cpu);
    for (size_t i = 0; i < w->x.n && reference; i++) {
        worst = fmax(worst, fabs(w->score[i] - reference[i]));
        relative = fmax(relative, fabs(w->score[i] / reference[i] - 1));
    }
    char quality[256], errors[96] = "";
    if (reference) (void)snprintf(errors, sizeof errors, ",\"max_err\":%.3g,\"rel_err\":%.3g", worst, relative);
    (void)snprintf(quality, sizeof quality, "\"sum\":%.9f,\"h_max\":%.9f,\"path\":%d%s", w->info.effective,
                   w->info.largest, (int)w->info.path, errors);
    bench_line(name, seconds, cpu, reps, quality);
}

int main(void)
{
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    const bench_data data = bench_load(&cx);
    double *reference = SB_NEW(cx.arena, data.x.n, double), *score = SB_NEW(cx.arena, data.x.n, double);
    if (!reference || !score) bench_die("scores", "no memory");
    work qr = {.x = data.x, .options = {.qr = true}, .score = reference};
    measure("leverage_qr_f64", &qr, reference, 1, &cx);
    work fast = {.x = data.x, .score = score};
    measure("leverage_auto", &fast, reference, bench_reps(3), &cx);
    work ridge = {.x = data.x, .options = {.kind = SB_LEVERAGE_RIDGE, .lambda = 1}, .score = score};
    measure("leverage_ridge_1", &ridge, NULL, bench_reps(3), &cx);
    work truncated = {.x = data.x, .options = {.kind = SB_LEVERAGE_TRUNCATED, .rank = 32}, .score = score};
    measure("leverage_truncated_32", &truncated, NULL, bench_reps(3), &cx);
    return EXIT_SUCCESS;
}

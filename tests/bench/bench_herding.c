/* Herding, m = 1000 of Fashion-MNIST: the method as it is run, and the error of the mean that the peer reports too. */
#include <math.h>

#include "bench_data.h"
#include "registry.h"

enum { M = 1000 };

typedef struct job {
    sb_task task;
    sb_meter meter;
    uint32_t *row;
    double mean_err;
} job;

static sb_status herd(void *self, sb_ctx *cx)
{
    job *const j = self;
    const sb_method *const m = sb_method_find("herding", NULL);
    char options[64] = {0};
    sb_param_defaults(m->options, options, cx);
    sb_selection out = {.row = j->row};
    return m->select(&j->task, options, NULL, M, cx, &out);
}

static double mean_error(sb_mat x, const uint32_t *row)
{
    double total = 0;
    for (size_t k = 0; k < x.d; k++) {
        double all = 0, some = 0;
        for (size_t i = 0; i < x.n; i++) all += (double)sb_mat_row(x, i)[k] / (double)x.n;
        for (size_t i = 0; i < M; i++) some += (double)sb_mat_row(x, row[i])[k] / M;
        total += (all - some) * (all - some);
    }
    return sqrt(total);
}

int main(void)
{
    static uint32_t row[BENCH_TRAIN];
    static job j;
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    char quality[96];
    const size_t reps = bench_reps(1);
    j.task = (sb_task){.x = bench_load(&cx).x, .kind = SB_CLASSIFICATION, .c = BENCH_C, .meter = &j.meter};
    j.row = row;
    bench_run(herd, &j, &cx, reps, seconds, cpu);
    (void)snprintf(quality, sizeof quality, "\"mean_err\":%.8g", mean_error(j.task.x, row));
    bench_line("herding_60000_m1000_f32", seconds, cpu, reps, quality);
    sb_arena_free(cx.arena);
    return 0;
}

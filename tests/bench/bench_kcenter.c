/* Farthest-first traversal and coverage with m = 1000 rows of Fashion-MNIST, from row 0 as the peer does. */
#include <math.h>

#include "bench_data.h"
#include "selbench/far.h"

enum { M = 1000 };

typedef struct job {
    sb_mat x;
    bool exact;
    uint32_t row[M];
    double radius[M], max_sqdist, mean_sqdist;
} job;

static sb_status far(void *self, sb_ctx *cx)
{
    job *const j = self;
    return sb_far(j->x, NULL, 0, 0, M, j->exact, cx, j->row, j->radius);
}

static sb_status cover(void *self, sb_ctx *cx)
{
    job *const j = self;
    return sb_cover(j->x, NULL, j->x.n, j->row, M, cx, &j->max_sqdist, &j->mean_sqdist);
}

int main(int argc, char **argv)
{
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    static job j;
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    char quality[96];
    j.x = bench_load(&cx).x;
    const size_t reps = bench_reps(1);
    bench_run(far, &j, &cx, reps, seconds, cpu);
    (void)snprintf(quality, sizeof quality, "\"radius\":%.8g", j.radius[M - 1]);
    bench_line("kcenter_greedy_60000_m1000_f32", seconds, cpu, reps, quality);
    bench_run(cover, &j, &cx, reps, seconds, cpu);
    (void)snprintf(quality, sizeof quality, "\"radius\":%.8g,\"mean_sqdist\":%.8g", sqrt(j.max_sqdist), j.mean_sqdist);
    bench_line("cover_60000_by_1000", seconds, cpu, reps, quality);
    if (argc > 1 && strcmp(argv[1], "exact") == 0) {
        static uint32_t pruned[M];
        memcpy(pruned, j.row, sizeof pruned);
        j.exact = true;
        bench_run(far, &j, &cx, 1, seconds, cpu);
        (void)snprintf(quality, sizeof quality, "\"same_picks\":%s",
                       memcmp(pruned, j.row, sizeof pruned) ? "false" : "true");
        bench_line("kcenter_greedy_exact_reference", seconds, cpu, 1, quality);
    }
    sb_arena_free(cx.arena);
    return 0;
}

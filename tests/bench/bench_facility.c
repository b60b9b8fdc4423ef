/* Facility location on the first 5000 rows of class 0 of Fashion-MNIST, similarities included, as peer_similarity.py
 * does it: with largest distance - distance, and with the cosines of the method facility_location. */
#include "bench_data.h"
#include "selbench/facility.h"

enum { N = 5000, M_MAX = 500 };

typedef struct job {
    sb_pairs p;
    sb_greedy greedy;
    sb_similarity similarity;
    size_t m;
    sb_facility f;
} job;

static sb_status similarities(void *self, sb_ctx *cx)
{
    const job *const j = self;
    float *s = SB_NEW(cx->arena, (size_t)N * N, float);
    if (!s) return SB_ENOMEM;
    return sb_pairs_matrix(&j->p, j->similarity, cx, s, NULL);
}

static sb_status choose(void *self, sb_ctx *cx)
{
    job *const j = self;
    const sb_facility_options how = {.greedy = j->greedy, .eps = 0.9, .similarity = j->similarity, .memory_mb = 1000};
    return sb_facility_greedy(&j->p, &how, NULL, j->m, NULL, cx, &j->f);
}

static void run(job *j, sb_ctx *cx, const char *name, sb_greedy greedy, size_t m, size_t reps)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    char quality[96];
    j->greedy = greedy;
    j->m = m;
    bench_run(choose, j, cx, reps, seconds, cpu);
    (void)snprintf(quality, sizeof quality, "\"value\":%.10g,\"evals\":%llu", j->f.value,
                   (unsigned long long)j->f.gains);
    bench_line(name, seconds, cpu, reps, quality);
}

int main(void)
{
    static uint32_t row[N];
    static job j;
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    const bench_data data = bench_load(&cx);
    const sb_task task = {.x = data.x};
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    const size_t reps = bench_reps(3);
    for (uint32_t i = 0, n = 0; n < N; i++)
        if (data.y[i] == 0) row[n++] = i;
    bench_ok(&cx, sb_pairs_make(&task, SB_SPACE_FEATURES, row, N, &cx, &j.p));
    j.similarity = SB_SIMILARITY_DISTANCE;
    bench_run(similarities, &j, &cx, reps, seconds, cpu);
    bench_line("distances_5000", seconds, cpu, reps, "");
    run(&j, &cx, "facility_distance_5000_m50", SB_GREEDY_LAZY, 50, reps);
    run(&j, &cx, "facility_distance_5000_m500", SB_GREEDY_LAZY, M_MAX, reps);
    run(&j, &cx, "facility_distance_naive_5000_m50", SB_GREEDY_NAIVE, 50, 1);
    j.similarity = SB_SIMILARITY_COSINE;
    bench_run(similarities, &j, &cx, reps, seconds, cpu);
    bench_line("cosines_5000", seconds, cpu, reps, "");
    run(&j, &cx, "facility_cosine_5000_m50", SB_GREEDY_LAZY, 50, reps);
    run(&j, &cx, "facility_cosine_5000_m500", SB_GREEDY_LAZY, M_MAX, reps);
    sb_arena_free(cx.arena);
    return 0;
}

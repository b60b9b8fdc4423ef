/* k-means on Fashion-MNIST: seeding with scikit-learn's number of trials and with one, then 20 Lloyd passes from a
 * given start (set-up and first assignment included, as the peers do). Arguments: k ... (default 100 1000), "lloyd"
 * before them for the passes alone, "gauss" for isotropic data. BENCH_C0: folder with the peers' common start
 * C0_k<k>.f32; else our own one-trial seeding. */
#include "bench_data.h"
#include "kmeans_steps.h"

typedef struct job {
    sb_mat x;
    sb_kmeans_options options;
    const float *start; /* k x d, or NULL: the seeding is what is measured */
    sb_kmeans out;
    size_t measured;
    bool dense;
} job;

static sb_status seeding(void *self, sb_ctx *cx)
{
    job *const j = self;
    return sb_kmeans_run(j->x, &j->options, cx, &j->out);
}

static sb_status lloyd(void *self, sb_ctx *cx)
{
    job *const j = self;
    sb_nearest e;
    SB_TRY(sb_kmeans_prepare(j->x, &j->options, cx, &j->out));
    SB_TRY(sb_nearest_init(&e, j->x, j->options.k, j->options.exact, cx));
    memcpy(j->out.centre, j->start, j->options.k * j->x.d * sizeof *j->start);
    SB_TRY(sb_nearest_run(&e, j->out.centre, j->options.k, NULL, j->out.cluster, j->out.sqdist, cx));
    SB_TRY(sb_kmeans_passes(&e, &j->options, cx, &j->out));
    j->measured = e.measured;
    j->dense = e.dense;
    return SB_OK;
}

static sb_status setup(void *self, sb_ctx *cx)
{
    const job *const j = self;
    sb_nearest e;
    return sb_nearest_init(&e, j->x, j->options.k, false, cx);
}

static void report(const char *what, bench_call call, job *j, sb_ctx *cx, size_t reps)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    char name[96], quality[160];
    bench_run(call, j, cx, reps, seconds, cpu);
    (void)snprintf(name, sizeof name, "%s_k%zu", what, j->options.k);
    (void)snprintf(quality, sizeof quality, "\"inertia\":%.2f,\"iters\":%zu,\"measured_per_row\":%.1f,\"dense\":%s",
                   j->out.inertia, j->out.iterations, (double)j->measured / (double)j->x.n,
                   j->dense ? "true" : "false");
    bench_line(name, seconds, cpu, reps, quality);
}

static const float *start_of(job *j, bool peers, sb_ctx *cx)
{
    if (!j->out.centre) bench_ok(cx, seeding(j, cx));
    float *c0 = SB_NEW(cx->arena, j->options.k * j->x.d, float);
    if (!c0) bench_die("start", "no memory");
    char path[512];
    const char *dir = getenv("BENCH_C0");
    (void)snprintf(path, sizeof path, "%s/C0_k%zu.f32", dir ? dir : ".", j->options.k);
    FILE *f = dir && peers ? fopen(path, "rb") : NULL;
    if (f) {
        if (fread(c0, sizeof *c0, j->options.k * j->x.d, f) != j->options.k * j->x.d) bench_die(path, "too short");
        (void)fclose(f);
    } else {
        memcpy(c0, j->out.centre, j->options.k * j->x.d * sizeof *c0);
    }
    return c0;
}

static void bench_k(sb_mat x, size_t k, bool all, const char *kind, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena), reps = bench_reps(k <= 200 ? 3 : 1);
    char name[64];
    job j = {.x = x, .options = {.k = k, .trials = 1}};
    (void)snprintf(name, sizeof name, "kmeanspp%s_1_trial", kind);
    if (all) report("projection_setup", setup, &j, cx, reps);
    if (all) report(name, seeding, &j, cx, reps);
    j.start = start_of(&j, !*kind, cx);
    j.options.iterations = 20;
    (void)snprintf(name, sizeof name, "kmeans%s_lloyd_20it", kind);
    report(name, lloyd, &j, cx, reps);
    j.options = (sb_kmeans_options){.k = k};
    j.measured = 0;
    (void)snprintf(name, sizeof name, "kmeanspp%s_init(2+log k local trials)", kind);
    if (all) report(name, seeding, &j, cx, reps);
    sb_arena_rewind(cx->arena, mark);
}

static sb_mat gauss(sb_ctx *cx)
{
    float *x = SB_NEW(cx->arena, (size_t)20000 * BENCH_D, float);
    if (!x) bench_die("gauss", "no memory");
    sb_rng r = sb_ctx_stream(cx, "gauss");
    for (size_t i = 0; i < (size_t)20000 * BENCH_D; i++) x[i] = (float)sb_rng_normal(&r);
    return (sb_mat){x, 20000, BENCH_D, BENCH_D};
}

int main(int argc, char **argv)
{
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    const sb_mat x = bench_load(&cx).x;
    if (argc < 2) {
        bench_k(x, 100, true, "", &cx);
        bench_k(x, 1000, true, "", &cx);
    }
    bool all = true;
    for (int a = 1; a < argc; a++) {
        if (strcmp(argv[a], "gauss") == 0)
            bench_k(gauss(&cx), 1000, false, "_gauss", &cx);
        else if (strcmp(argv[a], "lloyd") == 0)
            all = false;
        else
            bench_k(x, strtoul(argv[a], NULL, 10), all, "", &cx);
    }
    sb_arena_free(cx.arena);
    return 0;
}

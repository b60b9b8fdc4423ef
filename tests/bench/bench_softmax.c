/* Softmax on Fashion-MNIST with penalty |W|^2 / 2 on the sum of losses (l2 = 1/n on their mean), as the peers fit it.
 * Arguments: numbers of rows (default 2000). objective is the sum in float64. */
#include "bench_data.h"

#include <math.h>

#include "selbench/logit.h"

extern const sb_model sb_model_softmax;

typedef struct job {
    sb_data train, test;
    sb_subset s;
    sb_logit_options o;
    const void *shared;
    double theta[(BENCH_D + 1) * BENCH_C];
    sb_fit_info info;
} job;

static sb_status fit(void *self, sb_ctx *cx)
{
    job *j = self;
    return sb_model_softmax.fit(&j->train, &j->s, &j->o, j->shared, cx, j->theta, &j->info);
}

static double test_accuracy(job *j, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double *p = SB_NEW(cx->arena, j->test.x.n * BENCH_C, double);
    if (!p) bench_die("probabilities", "no memory");
    bench_ok(cx, sb_model_softmax.eval(&j->test, j->theta, &j->o, cx, NULL, p));
    size_t right = 0;
    for (size_t i = 0; i < j->test.x.n; i++) {
        size_t best = 0;
        for (size_t k = 1; k < BENCH_C; k++)
            if (p[i * BENCH_C + k] > p[i * BENCH_C + best]) best = k;
        right += (int32_t)best == j->test.label[i];
    }
    sb_arena_rewind(cx->arena, mark);
    return (double)right / (double)j->test.x.n;
}

static void measure(job *j, const char *what, double tolerance, size_t reps, sb_ctx *cx)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    char name[96], quality[320];
    j->o.tolerance = tolerance;
    sb_arena_reset_peak(cx->arena);
    const size_t before = sb_arena_used(cx->arena);
    bench_run(fit, j, cx, reps, seconds, cpu);
    const double n = (double)j->s.m;
    (void)snprintf(name, sizeof name, "logreg_n%zu_%s_g%g", j->s.m, what, tolerance);
    (void)snprintf(quality, sizeof quality,
                   "\"objective\":%.4f,\"grad_inf_over_n\":%.3g,\"test_acc\":%.4f,\"iters\":%zu,\"passes\":%zu,"
                   "\"arena_mb\":%.0f",
                   j->info.objective * n, j->info.grad_norm, test_accuracy(j, cx), j->info.iterations, j->info.passes,
                   (double)(sb_arena_peak(cx->arena) - before) / 1e6);
    bench_line(name, seconds, cpu, reps, quality);
}

/* A fit on n rows given what all fits on the 60000 rows share, and the cost of that. */
static void measure_shared(job *j, size_t reps, sb_ctx *cx)
{
    void *shared = NULL;
    double seconds = bench_now(), cpu = bench_cpu();
    bench_ok(cx, sb_model_softmax.share(&j->train, &j->o, cx, &shared));
    seconds = bench_now() - seconds, cpu = bench_cpu() - cpu;
    bench_line("logreg_share_n60000", &seconds, &cpu, 1, "");
    j->shared = shared;
    measure(j, "shared", 1e-4, reps, cx);
    measure(j, "shared", 1e-5, reps, cx);
    j->shared = NULL;
}

static void measure_eval(job *j, size_t reps, sb_ctx *cx)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    double *loss = SB_NEW(cx->arena, BENCH_TRAIN, double), *p = SB_NEW(cx->arena, BENCH_TRAIN * BENCH_C, double);
    if (!loss || !p) bench_die("losses", "no memory");
    for (size_t r = 0; r < reps; r++) {
        seconds[r] = bench_now(), cpu[r] = bench_cpu();
        bench_ok(cx, sb_model_softmax.eval(&j->train, j->theta, &j->o, cx, loss, p));
        seconds[r] = bench_now() - seconds[r], cpu[r] = bench_cpu() - cpu[r];
    }
    bench_line("softmax_eval_n60000", seconds, cpu, reps, "");
}

int main(int argc, char **argv)
{
    sb_err err;
    sb_ctx cx = bench_ctx(&err);
    const bench_data b = bench_load(&cx);
    static job j;
    j.train = (sb_data){.x = b.x, .kind = SB_CLASSIFICATION, .c = BENCH_C, .label = b.y};
    j.test = (sb_data){.x = b.x_test, .kind = SB_CLASSIFICATION, .c = BENCH_C, .label = b.y_test};
    sb_param_defaults(sb_model_softmax.options, &j.o, &cx);
    for (int a = 1; a < argc || a == 1; a++) {
        const size_t n = argc > 1 ? strtoul(argv[a], NULL, 10) : 2000, reps = bench_reps(n > 10000 ? 1 : 5);
        j.s = (sb_subset){n, NULL, NULL};
        j.o.l2 = (sb_reals){1, {1 / (double)n}};
        measure(&j, "cold", 1e-4, reps, &cx);
        measure(&j, "cold", 3e-5, reps, &cx);
        measure(&j, "cold", 1e-5, reps, &cx);
        if (n < BENCH_TRAIN) measure_shared(&j, reps, &cx);
        measure_eval(&j, 3, &cx);
    }
    sb_arena_free(cx.arena);
    return EXIT_SUCCESS;
}

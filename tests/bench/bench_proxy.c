/* badge, gradmatch and bait on Fashion-MNIST with a proxy written down (weights cos(0.37 j + 1.1 c) / 20), so that
 * peer_proxy.py has the same one: badge and gradmatch choose 1000 of 60,000 rows of 784 features, bait 50 of 5000 rows
 * of every 49th. */
#include <math.h>

#include "bench_data.h"
#include "registry.h"

enum { FEW = 5000, STEP = 49, NARROW = BENCH_D / STEP };

typedef struct job {
    const char *method;
    sb_task task;
    sb_oracle oracle;
    sb_meter meter;
    size_t m;
    uint32_t *row;
    sb_selection out;
    double *prob; /* n x c of the proxy */
} job;

static sb_status probabilities(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *p)
{
    const job *const j = self;
    (void)cx;
    for (size_t k = 0; k < m; k++) memcpy(p + k * BENCH_C, j->prob + (row ? row[k] : k) * BENCH_C, BENCH_C * sizeof *p);
    return SB_OK;
}

static sb_status residuals(void *self, const uint32_t *row, size_t m, sb_ctx *cx, double *a)
{
    const job *const j = self;
    const sb_status st = probabilities(self, row, m, cx, a);
    for (size_t k = 0; k < m; k++) a[k * BENCH_C + (size_t)j->task.label[row ? row[k] : k]] -= 1;
    return st;
}

static void fit_nothing(sb_ctx *cx, job *j)
{
    static double weight[BENCH_D][BENCH_C];
    const sb_mat x = j->task.x;
    for (size_t k = 0; k < x.d; k++)
        for (size_t c = 0; c < BENCH_C; c++) weight[k][c] = cos(0.37 * (double)k + 1.1 * (double)c) / 20;
    j->prob = SB_NEW(cx->arena, x.n * BENCH_C, double);
    if (!j->prob) bench_die("bench", "no memory");
    for (size_t i = 0; i < x.n; i++) {
        double z[BENCH_C] = {0}, sum = 0;
        for (size_t k = 0; k < x.d; k++)
            for (size_t c = 0; c < BENCH_C; c++) z[c] += (double)sb_mat_row(x, i)[k] * weight[k][c];
        for (size_t c = 0; c < BENCH_C; c++) sum += z[c] = exp(z[c]);
        for (size_t c = 0; c < BENCH_C; c++) j->prob[i * BENCH_C + c] = z[c] / sum;
    }
}

static sb_status choose(void *self, sb_ctx *cx)
{
    job *const j = self;
    const sb_method *const m = sb_method_find(j->method, NULL);
    char options[128] = {0};
    sb_param_defaults(m->options, options, cx);
    j->out = (sb_selection){.row = j->row};
    return m->select(&j->task, options, NULL, j->m, cx, &j->out);
}

static void run(job *j, sb_ctx *cx, const char *method, const char *name, size_t m, size_t reps)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    char quality[96];
    j->method = method;
    j->m = m;
    j->oracle = (sb_oracle){.self = j, .prob = probabilities, .residual = residuals};
    j->task.oracle = &j->oracle;
    j->task.meter = &j->meter;
    j->task.granted = sb_method_find(method, NULL)->needs;
    bench_run(choose, j, cx, reps, seconds, cpu);
    (void)snprintf(quality, sizeof quality, "\"rows\":%zu,\"note\":%.8g", j->out.m,
                   j->out.notes ? j->out.note[0].value : (double)j->row[0]);
    bench_line(name, seconds, cpu, reps, quality);
}

int main(void)
{
    static uint32_t row[BENCH_TRAIN + 1];
    static job j;
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    const bench_data data = bench_load(&cx);
    const size_t reps = bench_reps(1);
    j.row = row;
    j.task = (sb_task){.x = data.x, .kind = SB_CLASSIFICATION, .c = BENCH_C, .label = data.y};
    fit_nothing(&cx, &j);
    run(&j, &cx, "badge", "badge_60000_m1000", 1000, reps);
    run(&j, &cx, "gradmatch", "gradmatch_60000_m1000", 1000, reps);
    float *narrow = SB_NEW(cx.arena, FEW * NARROW, float);
    if (!narrow) bench_die("bench", "no memory");
    for (size_t i = 0; i < FEW * NARROW; i++) narrow[i] = sb_mat_row(data.x, i / NARROW)[i % NARROW * STEP];
    j.task.x = (sb_mat){narrow, FEW, NARROW, NARROW};
    fit_nothing(&cx, &j);
    run(&j, &cx, "bait", "bait_5000x16_m50", 50, reps);
    sb_arena_free(cx.arena);
    return 0;
}

/* The design and leverage methods as a run calls them, on Fashion-MNIST in means of 4 x 4 pixels (49 columns) and
 * whole; peer_design.py does the same work in NumPy. A name as argument measures only that. */
#include "bench_data.h"

#include "registry.h"

enum { POOL = 4, SIDE = 28, SMALL_D = 49 };

typedef struct work {
    const sb_method *method;
    sb_mat x;
    size_t budget;
    char *options;
    sb_selection out;
} work;

static sb_mat pooled(sb_mat x, size_t n, sb_ctx *cx)
{
    float *p = SB_NEW(cx->arena, n * SMALL_D, float);
    if (!p) bench_die("features", "no memory");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < BENCH_D; j++)
            p[i * SMALL_D + j / SIDE / POOL * (SIDE / POOL) + j % SIDE / POOL] += sb_mat_row(x, i)[j] / (POOL * POOL);
    return (sb_mat){p, n, SMALL_D, SMALL_D};
}

static sb_status run(void *self, sb_ctx *cx)
{
    work *const w = self;
    sb_meter meter = {0};
    const sb_oracle oracle = {0};
    const sb_task task = {.x = w->x, .kind = SB_REGRESSION, .t = 1, .oracle = &oracle, .meter = &meter};
    void *state = NULL;
    w->out = (sb_selection){.row = SB_NEW(cx->arena, w->x.n, uint32_t)};
    if (!w->out.row) bench_die("rows", "no memory");
    if (w->method->prepare) SB_TRY(w->method->prepare(&task, w->options, cx, &state));
    return w->method->select(&task, w->options, state, w->budget, cx, &w->out);
}

/* options: name, text, ..., NULL */
static void measure(const char *only, const char *name, const char *method, sb_mat x, size_t budget, size_t reps,
                    const char *const *options, sb_ctx *cx)
{
    double seconds[BENCH_REPS_MAX], cpu[BENCH_REPS_MAX];
    if (only && strcmp(only, name) != 0) return;
    work w = {.method = sb_method_find(method, NULL), .x = x, .budget = budget};
    if (!w.method) bench_die(method, "no such method");
    w.options = SB_NEW(cx->arena, w.method->option_size, char);
    if (!w.options) bench_die("options", "no memory");
    sb_param_defaults(w.method->options, w.options, cx);
    for (; options && *options; options += 2)
        bench_ok(cx, sb_param_set(w.method->options, w.options, options[0], options[1], cx));
    bench_run(run, &w, cx, reps, seconds, cpu);
    char quality[512];
    int used = snprintf(quality, sizeof quality, "\"m\":%zu", w.out.m);
    for (size_t i = 0; i < w.out.notes && used > 0 && (size_t)used < sizeof quality; i++)
        used += snprintf(quality + used, sizeof quality - (size_t)used, ",\"%s\":%.9g", w.out.note[i].name,
                         w.out.note[i].value);
    bench_line(name, seconds, cpu, reps, quality);
}

static void large(const char *only, sb_mat x, sb_ctx *cx)
{
    static const char *const entry[][4] = {{"leverage"},
                                           {"leverage", "kind", "truncated"},
                                           {"leverage", "kind", "sketched_ridge"},
                                           {"leverage", "kind", "fast"},
                                           {"leverage", "kind", "online"},
                                           {"l2s"},
                                           {"ted"},
                                           {"rpv"},
                                           {"rpcholesky"},
                                           {"rbrp"},
                                           {"pivotal_leverage"},
                                           {"volume"},
                                           {"skmm"},
                                           {"lewis"}};
    for (size_t i = 0; i < sizeof entry / sizeof *entry; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "large_%s%s%s", entry[i][0], entry[i][2] ? "_" : "",
                       entry[i][2] ? entry[i][2] : "");
        if (strcmp(only, "large") == 0 || strcmp(only, name) == 0)
            measure(NULL, name, entry[i][0], x, 1000, 1, entry[i] + 1, cx);
    }
}

int main(int argc, char **argv)
{
    sb_err err = {0};
    sb_ctx cx = bench_ctx(&err);
    const char *const only = argc > 1 ? argv[1] : NULL;
    const bench_data data = bench_load(&cx);
    const sb_mat a = pooled(data.x, 10000, &cx), b = pooled(data.x, 2000, &cx);
    const size_t reps = bench_reps(3);
    if (only && strncmp(only, "large", 5) == 0) {
        large(only, data.x, &cx);
        return EXIT_SUCCESS;
    }
    measure(only, "volume_10000x49_m500", "volume", a, 500, reps, NULL, &cx);
    measure(only, "pivotal_10000x49_m500", "pivotal_leverage", a, 500, reps, NULL, &cx);
    measure(only, "fedorov_D_2000x49_m100", "fedorov", b, 100, reps, (const char *const[]){"restarts", "1", NULL}, &cx);
    measure(only, "fedorov_I_2000x49_m100", "fedorov", b, 100, reps,
            (const char *const[]){"restarts", "1", "criterion", "I", NULL}, &cx);
    measure(only, "skmm_10000x49_m500", "skmm", a, 500, reps, NULL, &cx);
    measure(only, "ted_2000x49_m200", "ted", b, 200, reps, NULL, &cx);
    measure(only, "rpv_10000x49_m500", "rpv", a, 500, reps, (const char *const[]){"sketch", "32", NULL}, &cx);
    measure(only, "chen_price_2000x49_m500", "chen_price", b, 500, reps, NULL, &cx);
    measure(only, "lewis_10000x49_m500", "lewis", a, 500, reps, (const char *const[]){"tolerance", "0", NULL}, &cx);
    measure(only, "relaxed_design_10000x49_m500", "relaxed_design", a, 500, reps, NULL, &cx);
    measure(only, "regret_design_10000x49_m500", "regret_design", a, 500, reps, NULL, &cx);
    measure(only, "rpcholesky_60000x784_m200", "rpcholesky", data.x, 200, 1, NULL, &cx);
    measure(only, "leverage_online_10000x784", "leverage", (sb_mat){data.x.data, 10000, BENCH_D, BENCH_D}, 500, 1,
            (const char *const[]){"kind", "online", NULL}, &cx);
    return EXIT_SUCCESS;
}

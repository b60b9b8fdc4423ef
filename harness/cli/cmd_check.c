/* What a run would do: everything resolved and counted, data that are here opened, nothing else done. */
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "config.h"
#include "estimate.h"
#include "excess.h"
#include "str.h"

enum { TOLD_MAX = 64 };

typedef struct checking {
    cli *c;
    const sb_config *config;
    sb_arena *arena; /* with the limit that a worker has */
    size_t jobs, evaluations;
    double seconds;
    const char *told[TOLD_MAX];
    size_t faults;
    int code; /* to leave with: that of the first fault */
} checking;

/* What is in c->err would stop or spoil a run. All such faults are told, each once: benches share budgets and methods.
 */
static void tell(checking *k, sb_status st)
{
    const char *text = k->c->err.text;
    for (size_t i = 0; i < k->faults && i < TOLD_MAX; i++)
        if (k->told[i] && strcmp(k->told[i], text) == 0) return;
    if (k->faults < TOLD_MAX) k->told[k->faults] = sb_str_copy(k->c->cx.arena, text, strlen(text));
    k->faults++;
    (void)fflush(stdout);
    const int code = cli_fail(k->c, st);
    if (!k->code) k->code = code;
}

static bool needed(const sb_bench *b, unsigned need)
{
    for (size_t i = 0; i < b->methods; i++)
        if (b->method[i].method->needs & need) return true;
    return false;
}

/* Everything of the bench that a run would open, as far as it goes without running a transform. */
static sb_status open_all(const checking *k, const sb_bench *b, sb_ctx *cx, sb_extent *seen)
{
    sb_places here = k->c->places;
    sb_extent other;
    here.offline = true; /* nothing is downloaded for a check */
    SB_TRY(sb_dataset_extent(b->data, b->seen, &here, cx, seen));
    if (b->trained != b->seen) SB_TRY(sb_dataset_extent(b->data, b->trained, &here, cx, &other));
    if (b->view && needed(b, SB_NEEDS_VIEW)) SB_TRY(sb_dataset_extent(b->data, b->view, &here, cx, &other));
    if (!b->target || !needed(b, SB_NEEDS_TARGET)) return SB_OK;
    return sb_target_fits(b->data, b->seen, b->target, &here, cx);
}

/* The shape of what methods see: found, or, where the data are not here, as declared. */
static sb_status look(const checking *k, const sb_bench *b, sb_ctx *cx, sb_extent *e, bool *here)
{
    const sb_status st = open_all(k, b, cx, e);
    *here = st != SB_ENOTFOUND;
    return *here ? st : sb_dataset_declared(b->data, b->seen, cx, e);
}

static void print_data(const checking *k, const sb_bench *b, const sb_extent *e, bool here)
{
    (void)printf("%s, embedding %s: ", b->label, b->embedding);
    if (e->n) (void)printf("%zu + %zu rows x ", e->n, e->n_test);
    if (e->n && e->d) (void)printf("%zu features, ", e->d);
    if (e->n && !e->d) (void)printf("unknown features, ");
    if (e->n && e->c) (void)printf("%zu classes\n", e->c);
    if (e->n && !e->c) (void)printf("%zu target%s\n", e->t, e->t == 1 ? "" : "s");
    if (!e->n) (void)printf("not usable\n");
    if (!here)
        (void)printf(
            "  not here, not opened: the shape is as declared ('selbench fetch %s' gets the files, or says how)\n",
            k->config->file);
    if (e->unused)
        (void)printf("  %zu of the %zu classes without a training row, the first is %zu\n", e->unused, e->c,
                     e->missing);
}

static void print_plan(checking *k, const sb_bench *b, const sb_extent *e)
{
    const size_t repeats = sb_bench_repeats(b), cells = b->methods * repeats;
    const bool fewer = repeats < b->budgets * b->repeats;
    (void)printf("  %zu methods x %zu budgets x %u repeats%s = %zu selections, x %zu models = %zu evaluations\n",
                 b->methods, b->budgets, b->repeats, fewer ? " (some budgets fewer)" : "", cells, b->models,
                 cells * b->models);
    for (size_t i = 0; i < b->methods; i++) (void)printf("  method  %s\n", b->method[i].text);
    for (size_t i = 0; i < b->models; i++) (void)printf("  model   %s\n", b->model[i].text);
    (void)printf("  budgets");
    for (size_t i = 0; i < b->budgets; i++) (void)printf(" %s", b->budget[i].text);
    (void)printf("\n  warm-up %s\n", b->warmup.any ? b->warmup.text : "none");
    const sb_estimate cost = sb_estimate_bench(k->config, b, e);
    if (cost.known)
        (void)printf("  about %.0f MB mapped, %.0f MB a worker, %.0f s of one processor\n", cost.mapped_bytes / 1e6,
                     cost.worker_bytes / 1e6, cost.seconds);
    k->evaluations += cells * b->models;
    k->seconds += cost.seconds;
}

static void check_bench(checking *k, const sb_bench *b)
{
    sb_ctx cx = {.arena = k->arena, .err = &k->c->err, .seed = k->config->seed, .path = b->label};
    sb_extent e = {0};
    bool here = false;
    sb_arena_rewind(k->arena, 0);
    const sb_status st = look(k, b, &cx, &e, &here);
    if (st != SB_OK) {
        e = (sb_extent){0};
        tell(k, st);
    }
    print_data(k, b, &e, here);
    print_plan(k, b, &e);
    for (size_t from = 0; e.n;) {
        const sb_status more = sb_excess_next(b, e.n, &from, &cx);
        if (more == SB_OK) break;
        tell(k, more);
    }
    const sb_status fits = sb_estimate_refuse(k->config, b, &e, k->jobs, &cx);
    if (fits != SB_OK) tell(k, fits);
}

int cmd_check(cli *c, int argc, char **argv)
{
    const char *path = NULL;
    cli_list set = {0}, only = {0};
    const cli_option options[] = {
        {"--set", NULL, "PATH=VALUE", "change the config first", CLI_TEXTS, &set},
        {"--only", NULL, "KIND=NAMES", "keep only these", CLI_TEXTS, &only},
        {0},
    };
    const int code = cli_parse(c, "check", options, argc, argv, &path, 1, 1);
    if (code >= 0) return code;
    sb_config config;
    const sb_overrides change = {set.n, set.item, only.n, only.item};
    sb_status st = sb_config_read(path, &change, &c->places, &c->cx, &config);
    if (st == SB_OK) st = sb_config_places(&config, &c->cx, &c->places);
    if (st != SB_OK) return cli_fail(c, st);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    checking k = {.c = c, .config = &config, .jobs = cores > 0 ? (size_t)cores : 1};
    k.arena = sb_arena_new(config.memory);
    if (!k.arena) return cli_fail(c, sb_err_set(&c->err, SB_ENOMEM, __FILE__, __LINE__, "memory of a worker"));
    (void)printf("%s: %s\n", config.name, config.title);
    if (*config.notes) (void)printf("%s", config.notes);
    for (size_t i = 0; i < config.benches; i++) check_bench(&k, &config.bench[i]);
    sb_arena_free(k.arena);
    (void)printf("%zu evaluations; a rough guess of %.0f s on %zu processors\n", k.evaluations,
                 k.seconds / (double)k.jobs, k.jobs);
    if (k.faults)
        (void)fprintf(stderr, "selbench: a run would stop or skip cells: %zu fault%s\n", k.faults,
                      k.faults == 1 ? "" : "s");
    return k.code;
}

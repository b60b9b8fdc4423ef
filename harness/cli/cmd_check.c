/* What a run would do: everything resolved and counted, nothing done. */
#include <unistd.h>

#include "cli.h"
#include "config.h"
#include "estimate.h"

static void bench(const sb_bench *b, const sb_estimate *e)
{
    const sb_dataset_info *info = sb_dataset_spec_info(b->data);
    const size_t cells = b->methods * sb_bench_repeats(b);
    (void)printf("%s, embedding %s: %zu x %zu\n", b->label, b->embedding, info->n, info->d);
    const bool fewer = sb_bench_repeats(b) < b->budgets * b->repeats;
    (void)printf("  %zu methods x %zu budgets x %u repeats%s = %zu selections, x %zu models = %zu evaluations\n",
                 b->methods, b->budgets, b->repeats, fewer ? " (some budgets fewer)" : "", cells, b->models,
                 cells * b->models);
    for (size_t i = 0; i < b->methods; i++) (void)printf("  method  %s\n", b->method[i].text);
    for (size_t i = 0; i < b->models; i++) (void)printf("  model   %s\n", b->model[i].text);
    (void)printf("  budgets");
    for (size_t i = 0; i < b->budgets; i++) (void)printf(" %s", b->budget[i].text);
    (void)printf("\n  warm-up %s\n", b->warmup.any ? b->warmup.text : "none");
    if (e->known)
        (void)printf("  about %.0f MB mapped, %.0f MB a worker, %.0f s of one processor\n", e->mapped_bytes / 1e6,
                     e->worker_bytes / 1e6, e->seconds);
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
    if (st != SB_OK) return cli_fail(c, st);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t evaluations = 0;
    double seconds = 0;
    (void)printf("%s: %s\n", config.name, config.title);
    if (*config.notes) (void)printf("%s", config.notes);
    for (size_t i = 0; i < config.benches; i++) {
        const sb_bench *b = &config.bench[i];
        const sb_estimate e = sb_estimate_bench(&config, b);
        bench(b, &e);
        evaluations += b->methods * sb_bench_repeats(b) * b->models;
        seconds += e.seconds;
    }
    (void)printf("%zu evaluations; a rough guess of %.0f s on %ld processors\n", evaluations,
                 seconds / (double)(cores > 0 ? cores : 1), cores);
    for (size_t i = 0; i < config.benches && st == SB_OK; i++)
        st = sb_estimate_refuse(&config, &config.bench[i], cores > 0 ? (size_t)cores : 1, &c->cx);
    return st == SB_OK ? CLI_OK : cli_fail(c, st);
}

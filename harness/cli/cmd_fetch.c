/* Data files ahead of a run: listed, found, downloaded, checked. */
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "config.h"
#include "file.h"
#include "str.h"

typedef struct fetch_job {
    cli *c;
    bool terminal, said;
    size_t fetched, failed;
} fetch_job;

static void human(double bytes, char out[16])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    size_t k = 0;
    while (bytes >= 1000 && k < 4) {
        bytes /= 1000;
        k++;
    }
    (void)snprintf(out, 16, k && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, unit[k]);
}

static void on_transfer(void *self, const char *url, double now, double total, double rate)
{
    fetch_job *job = self;
    if (!job->terminal) {
        if (!job->said) (void)fprintf(stderr, "downloading %s\n", url);
        job->said = true;
        return;
    }
    char done[16], all[16] = "?", speed[16], left[48] = "";
    human(now, done);
    if (total > 0) human(total, all);
    human(rate, speed);
    if (total > 0 && rate > 0) (void)snprintf(left, sizeof left, ", %.0f s left", (total - now) / rate);
    (void)fprintf(stderr, "\r\033[K%.60s: %s of %s, %s/s%s", url, done, all, speed, left);
    (void)fflush(stderr);
}

static void fetch_files(fetch_job *job, const sb_data_file *file, size_t files)
{
    cli *c = job->c;
    for (size_t i = 0; i < files; i++) {
        const char *path = NULL;
        job->said = false;
        const sb_status st = sb_dataset_fetch(&file[i], &c->places, &c->cx, &path);
        if (job->terminal && !c->quiet) (void)fprintf(stderr, "\r\033[K");
        if (st != SB_OK) {
            job->failed++;
            (void)cli_fail(c, st);
            continue;
        }
        job->fetched++;
        if (!c->quiet) (void)printf("%-20s %-28s %s\n", file[i].set, file[i].name, path);
    }
}

static void list_files(const sb_data_file *file, size_t files)
{
    for (size_t i = 0; i < files; i++) {
        char size[16] = "?";
        if (file[i].bytes) human((double)file[i].bytes, size);
        (void)printf("%-20s %-28s %8s  %-11s  %-18s  %s%s\n", file[i].set, file[i].name, size, file[i].state,
                     file[i].licence, file[i].here ? "here: " : "",
                     file[i].here   ? file[i].here
                     : *file[i].url ? file[i].url
                                    : "no address: bring it in a mirror folder");
    }
}

static sb_status one_set(fetch_job *job, bool list, const sb_dataset_spec *spec)
{
    const sb_data_file *file = NULL;
    size_t files = 0;
    SB_TRY(sb_dataset_files(spec, &job->c->places, &job->c->cx, &file, &files));
    if (list)
        list_files(file, files);
    else
        fetch_files(job, file, files);
    return SB_OK;
}

/* A data set by name. */
static sb_status by_name(fetch_job *job, bool list, const char *name)
{
    cli *c = job->c;
    const sb_yaml *node = NULL;
    sb_dataset_spec *spec = NULL;
    SB_TRY(sb_yaml_parse(name, strlen(name), "command line", &c->cx, &node));
    SB_TRY(sb_dataset_parse(node, &c->places, &c->cx, &spec));
    return one_set(job, list, spec);
}

/* The data sets of a config; its mirrors too. */
static sb_status by_config(fetch_job *job, bool list, const char *path)
{
    cli *c = job->c;
    sb_config config;
    const sb_overrides none = {0};
    SB_TRY(sb_config_read(path, &none, &c->places, &c->cx, &config));
    for (size_t i = 0; i < config.benches; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++) seen |= config.bench[j].data == config.bench[i].data;
        if (!seen) SB_TRY(one_set(job, list, config.bench[i].data));
    }
    return SB_OK;
}

static sb_status every_set(fetch_job *job, bool list)
{
    const sb_dataset_info *info = NULL;
    size_t count = 0;
    SB_TRY(sb_dataset_list(&job->c->places, &job->c->cx, &info, &count));
    for (size_t i = 0; i < count; i++)
        if (!info[i].generated) SB_TRY(by_name(job, list, info[i].name));
    return SB_OK;
}

/* A config is a YAML file that has no 'files' or 'from' of a data set: told by where it lies, then by what it holds. */
static bool is_config(cli *c, const char *name)
{
    const sb_yaml *root = NULL;
    if (!sb_str_ends(name, ".yaml") || !sb_file_exists(name)) return false;
    return sb_yaml_read(name, &c->cx, &root) == SB_OK && !sb_yaml_get(root, "files") && !sb_yaml_get(root, "from");
}

int cmd_fetch(cli *c, int argc, char **argv)
{
    const char *name[CLI_LIST_MAX] = {NULL};
    bool list = false, all = false;
    const cli_option options[] = {
        {"--list", NULL, NULL, "say what there is: size, checksum's state, licence, where it is or comes from",
         CLI_FLAG, &list},
        {"--all", NULL, NULL, "every registered data set", CLI_FLAG, &all},
        {"--trust-first-use", NULL, NULL,
         "take files whose checksum is not confirmed as they are found, and hold them to that from then on", CLI_FLAG,
         &c->places.trust},
        {0},
    };
    const int code = cli_parse(c, "fetch", options, argc, argv, name, 0, CLI_LIST_MAX);
    if (code >= 0) return code;
    if (!name[0] && !all && !list) {
        (void)fprintf(stderr, "selbench fetch: name a data set or a config, or give --all or --list\n");
        return CLI_USAGE;
    }
    fetch_job job = {.c = c, .terminal = isatty(STDERR_FILENO)};
    c->places.self = &job;
    if (!c->quiet) c->places.transfer = on_transfer;
    sb_status st = SB_OK;
    if (all || !name[0]) st = every_set(&job, list);
    for (size_t i = 0; st == SB_OK && i < CLI_LIST_MAX && name[i]; i++)
        st = is_config(c, name[i]) ? by_config(&job, list, name[i]) : by_name(&job, list, name[i]);
    if (st != SB_OK) return cli_fail(c, st);
    if (!list && !c->quiet) (void)printf("%zu files here, %zu not\n", job.fetched, job.failed);
    return job.failed ? CLI_FAILURE : CLI_OK;
}

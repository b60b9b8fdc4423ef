/* Data files ahead of a run: listed, found, downloaded, checked. */
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "config.h"
#include "file.h"
#include "str.h"

enum { TRIES_MAX = 20, SILENCE_MAX_S = 86400 };

typedef struct fetch_job {
    cli *c;
    bool list, all, terminal;
    const char *said; /* the address whose download was announced */
    size_t here, failed, absent;
    size_t sizeless, guesses; /* listed files without a size, and with one that nobody confirmed */
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
        if (job->said != url) (void)fprintf(stderr, "downloading %s\n", url);
        job->said = url;
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

/* Where there is no address, and the file is one that can be done without: an embedding nobody asked for by name, or
 * one of all data sets. */
static bool may_lack(const fetch_job *job, const sb_data_file *f, sb_status st)
{
    return st == SB_ENOTFOUND && !*f->url && (job->all || f->embedding);
}

static void fetch_file(fetch_job *job, const sb_data_file *f, bool needed)
{
    cli *c = job->c;
    const char *path = NULL;
    job->said = NULL;
    const sb_status st = sb_dataset_fetch(f, &c->places, &c->cx, &path);
    if (job->terminal && !c->quiet) (void)fprintf(stderr, "\r\033[K");
    if (st == SB_OK) {
        job->here++;
        if (!c->quiet) (void)printf("%-20s %-28s %s\n", f->set, f->name, path);
    } else if (!needed && may_lack(job, f, st)) {
        job->absent++;
        if (c->quiet) return;
        if (f->embedding)
            (void)printf("%-20s %-28s not here, has no address; only the embedding '%s' needs it\n", f->set, f->name,
                         f->embedding);
        else
            (void)printf("%-20s %-28s not here, has no address: bring it ('selbench describe %s' says what)\n", f->set,
                         f->name, f->set);
    } else {
        job->failed++;
        (void)cli_fail(c, st);
    }
}

static void list_file(fetch_job *job, const sb_data_file *f)
{
    char size[16] = "?";
    if (f->bytes) human((double)f->bytes, size);
    job->sizeless += !f->bytes;
    job->guesses += f->about;
    char shown[18];
    (void)snprintf(shown, sizeof shown, "%s%s", f->about ? "~" : "", size);
    (void)printf("  %-40s %8s  %-11s  %s%s", f->name, shown, f->state, f->here ? "here: " : "",
                 f->here   ? f->here
                 : *f->url ? f->url
                           : "not here, no address: bring it");
    if (f->embedding) (void)printf("  (embedding %s, %s)", f->embedding, f->licence);
    (void)printf("\n");
}

/* Are they of one data set? Then their files are the same, whatever sample of the rows each takes. */
static bool same_files(const sb_bench *a, const sb_bench *b)
{
    return strcmp(sb_dataset_spec_set(a->data), sb_dataset_spec_set(b->data)) == 0;
}

/* Does it use the embedding that the file belongs to? */
static bool uses(const sb_bench *b, const sb_data_file *f)
{
    const char *seen = sb_embedding_spec_file(b->seen), *trained = sb_embedding_spec_file(b->trained);
    if (strcmp(sb_dataset_spec_set(b->data), f->set) != 0) return false;
    return (seen && strcmp(seen, f->embedding) == 0) || (trained && strcmp(trained, f->embedding) == 0);
}

/* benches > 0: for a config, whose embeddings must be there and no others. */
static sb_status one_set(fetch_job *job, const sb_dataset_spec *spec, const sb_bench *bench, size_t benches)
{
    const sb_data_file *file = NULL;
    size_t files = 0;
    const sb_dataset_info *info = sb_dataset_spec_info(spec);
    SB_TRY(sb_dataset_files(spec, &job->c->places, &job->c->cx, &file, &files));
    if (files && job->list) (void)printf("%s  (%s)  %s\n", sb_dataset_spec_set(spec), info->licence, info->source);
    for (size_t i = 0; i < files; i++) {
        bool used = !benches || !file[i].embedding;
        for (size_t j = 0; j < benches && !used; j++) used = uses(&bench[j], &file[i]);
        if (!used) continue;
        if (job->list)
            list_file(job, &file[i]);
        else
            fetch_file(job, &file[i], benches);
    }
    return SB_OK;
}

/* A data set by name. */
static sb_status by_name(fetch_job *job, const char *name)
{
    cli *c = job->c;
    const sb_yaml *node = NULL;
    sb_dataset_spec *spec = NULL;
    SB_TRY(sb_yaml_parse(name, strlen(name), "command line", &c->cx, &node));
    SB_TRY(sb_dataset_parse(node, &c->places, &c->cx, &spec));
    return one_set(job, spec, NULL, 0);
}

/* The data sets of a config, with the embeddings that it uses and its mirrors. */
static sb_status by_config(fetch_job *job, const char *path)
{
    cli *c = job->c;
    sb_config config;
    const sb_overrides none = {0};
    const sb_places before = c->places;
    SB_TRY(sb_config_read(path, &none, &c->places, &c->cx, &config));
    SB_TRY(sb_config_places(&config, &c->cx, &c->places));
    for (size_t i = 0; i < config.benches; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++) seen |= same_files(&config.bench[j], &config.bench[i]);
        if (!seen) SB_TRY(one_set(job, config.bench[i].data, config.bench, config.benches));
    }
    c->places = before;
    return SB_OK;
}

static sb_status every_set(fetch_job *job)
{
    const sb_dataset_info *info = NULL;
    size_t count = 0;
    SB_TRY(sb_dataset_list(&job->c->places, &job->c->cx, &info, &count));
    for (size_t i = 0; i < count; i++)
        if (!info[i].generated) SB_TRY(by_name(job, info[i].name));
    return SB_OK;
}

/* A config is a YAML file that has no 'files' or 'from' of a data set: told by where it lies, then by what it holds. */
static bool is_config(cli *c, const char *name)
{
    const sb_yaml *root = NULL;
    if (!sb_str_ends(name, ".yaml") || !sb_file_exists(name)) return false;
    return sb_yaml_read(name, &c->cx, &root) == SB_OK && !sb_yaml_get(root, "files") && !sb_yaml_get(root, "from");
}

static int summary(const fetch_job *job)
{
    if (job->sizeless && !job->c->quiet)
        (void)printf("?: size not published, and the file is not here (%zu files)\n", job->sizeless);
    if (job->guesses && !job->c->quiet)
        (void)printf("~: size as it is told, not confirmed (%zu files)\n", job->guesses);
    if (job->c->quiet || job->list) return job->failed ? CLI_FAILURE : CLI_OK;
    (void)printf("%zu files here, %zu not", job->here, job->failed);
    if (job->absent) (void)printf("; %zu without an address, to be brought by who wants them", job->absent);
    (void)printf("\n");
    return job->failed ? CLI_FAILURE : CLI_OK;
}

int cmd_fetch(cli *c, int argc, char **argv)
{
    const char *name[CLI_LIST_MAX] = {NULL};
    fetch_job job = {.c = c, .terminal = isatty(STDERR_FILENO)};
    size_t silence = 0, tries = 0;
    const cli_option options[] = {
        {"--list", NULL, NULL,
         "say what there is: licence and source of each set; size, checksum's state and place of each file", CLI_FLAG,
         &job.list},
        {"--all", NULL, NULL, "every registered data set", CLI_FLAG, &job.all},
        {"--trust-first-use", NULL, NULL,
         "take files whose checksum is not confirmed as they are found, and hold them to that from then on", CLI_FLAG,
         &c->places.trust},
        {"--timeout", NULL, "SECONDS", "give up a try when a server is silent for so long (default 30)", CLI_SIZE,
         &silence},
        {"--tries", NULL, "N", "tries in a row for each address, with growing pauses (default 5)", CLI_SIZE, &tries},
        {0},
    };
    const int code = cli_parse(c, "fetch", options, argc, argv, name, 0, CLI_LIST_MAX);
    if (code >= 0) return code;
    if (!name[0] && !job.all && !job.list) {
        (void)fprintf(stderr, "selbench fetch: name a data set or a config, or give --all or --list\n");
        return CLI_USAGE;
    }
    if (silence > SILENCE_MAX_S || tries > TRIES_MAX) {
        (void)fprintf(stderr, "selbench fetch: --timeout is at most %d, --tries at most %d\n", SILENCE_MAX_S,
                      TRIES_MAX);
        return CLI_USAGE;
    }
    c->places.silence_s = (unsigned)silence;
    c->places.tries = (unsigned)tries;
    c->places.self = &job;
    if (!c->quiet) c->places.transfer = on_transfer;
    sb_status st = SB_OK;
    if (job.all || !name[0]) st = every_set(&job);
    for (size_t i = 0; st == SB_OK && i < CLI_LIST_MAX && name[i]; i++)
        st = is_config(c, name[i]) ? by_config(&job, name[i]) : by_name(&job, name[i]);
    return st == SB_OK ? summary(&job) : cli_fail(c, st);
}

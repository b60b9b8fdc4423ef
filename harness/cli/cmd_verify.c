#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "kernel.h"
#include "recount.h"
#include "replay.h"
#include "str.h"

static void show(void *self, const char *key, const char *what, bool same, const char *detail)
{
    const cli *c = self;
    if (same && c->quiet) return;
    (void)printf("%s  %.16s  %s%s%s\n", same ? "same bits" : "DIFFERS  ", key, what, *detail ? ": " : "", detail);
}

static void show_file(void *self, const char *file, size_t line)
{
    (void)self;
    if (line)
        (void)printf("DIFFERS    %s: line %zu is not what the records give\n", file, line);
    else
        (void)printf("DIFFERS    %s: it is not there\n", file);
}

/* The files that people read, against the records. Written again where this user may write: beside the cache. */
static int check_files(cli *c, const char *dir, const sb_effect *effect, size_t effects)
{
    const sb_report_options o = {.plots = sb_file_join(c->cx.arena, c->places.home, "plots"),
                                 .alarm_page = sb_file_join(c->cx.arena, c->places.home, "results/alarms.md"),
                                 .effect = effect,
                                 .effects = effects};
    const char *const scratch = sb_str_format(c->cx.arena, "%s/verify-%ld", c->places.cache, (long)getpid());
    sb_recount r = {.differs = show_file, .self = c};
    sb_status st = SB_ENOMEM;
    if (o.plots && o.alarm_page && scratch) st = sb_recount_run(dir, scratch, &o, &c->cx, &r);
    if (st != SB_OK) return cli_fail(c, st);
    (void)printf("%zu files compared with the records: %zu the same, %zu differ%s\n", r.files, r.same, r.files - r.same,
                 r.other_version ? "; another version of selbench made the run: its tables and reports were not" : "");
    if (r.same < r.files) (void)printf("`selbench report %s` writes them again\n", dir);
    return r.same == r.files ? CLI_OK : CLI_FAILURE;
}

int cmd_verify(cli *c, int argc, char **argv)
{
    const char *dir = NULL, *key = NULL;
    size_t sample = 10;
    bool all = false;
    cli_list effects = {0};
    sb_effect *effect = NULL;
    const cli_option options[] = {
        {"--row", NULL, "KEY", "replay this row and nothing else (the beginning of its key will do)", CLI_TEXT, &key},
        {"--sample", NULL, "N", "replay N rows spread over the run (default 10)", CLI_SIZE, &sample},
        {"--all", NULL, NULL, "replay every row", CLI_FLAG, &all},
        {"--effect", NULL, "METRIC=SIZE", "as given to the `report` that wrote the tables", CLI_TEXTS, &effects},
        {0},
    };
    int code = cli_parse(c, "verify", options, argc, argv, &dir, 1, 1);
    if (code < 0) code = cli_effects(c, "verify", &effects, &effect);
    if (code >= 0) return code;
    sb_kernel_single_thread();
    sb_replay r = {.row = show, .self = c};
    const sb_status st = sb_replay_run(dir, key, all ? 0 : sample, &c->places, &c->cx, &r);
    if (st != SB_OK) return cli_fail(c, st);
    (void)printf("%zu rows replayed: %zu with the same bits, %zu differ, %zu without a record\n", r.rows, r.same,
                 r.differ, r.unknown);
    const int files = key ? CLI_OK : check_files(c, dir, effect, effects.n);
    return r.same == r.rows && r.rows ? files : CLI_FAILURE;
}

#include "cli.h"
#include "kernel.h"
#include "replay.h"

static void show(void *self, const char *key, const char *what, bool same, const char *detail)
{
    const cli *c = self;
    if (same && c->quiet) return;
    (void)printf("%s  %.16s  %s%s%s\n", same ? "same bits" : "DIFFERS  ", key, what, *detail ? ": " : "", detail);
}

int cmd_verify(cli *c, int argc, char **argv)
{
    const char *dir = NULL, *key = NULL;
    size_t sample = 10;
    bool all = false;
    const cli_option options[] = {
        {"--row", NULL, "KEY", "replay this row (the beginning of its key will do)", CLI_TEXT, &key},
        {"--sample", NULL, "N", "replay N rows spread over the run (default 10)", CLI_SIZE, &sample},
        {"--all", NULL, NULL, "replay every row", CLI_FLAG, &all},
        {0},
    };
    const int code = cli_parse(c, "verify", options, argc, argv, &dir, 1, 1);
    if (code >= 0) return code;
    sb_kernel_single_thread();
    sb_replay r = {.row = show, .self = c};
    const sb_status st = sb_replay_run(dir, key, all ? 0 : sample, &c->places, &c->cx, &r);
    if (st != SB_OK) return cli_fail(c, st);
    (void)printf("%zu rows replayed: %zu with the same bits, %zu differ, %zu without a record\n", r.rows, r.same,
                 r.differ, r.unknown);
    return r.same == r.rows && r.rows ? CLI_OK : CLI_FAILURE;
}

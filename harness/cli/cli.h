/* The command line: what every command gets, and how options are declared. Only this folder prints. */
#ifndef SB_CLI_CLI_H
#define SB_CLI_CLI_H

#include <stdio.h>

#include "dataset.h"
#include "metric.h"
#include "selbench/ctx.h"

/* Exit codes. */
enum { CLI_OK = 0, CLI_FAILURE = 1, CLI_USAGE = 2, CLI_SOME_CELLS = 3, CLI_CONTRADICTED = 4, CLI_DIFFERENT = 10 };

enum { CLI_LIST_MAX = 64 };
typedef struct cli_list {
    size_t n;
    const char *item[CLI_LIST_MAX + 1]; /* ended by NULL */
} cli_list;

typedef enum cli_type { CLI_FLAG, CLI_TEXT, CLI_SIZE, CLI_TEXTS } cli_type; /* bool, const char *, size_t, cli_list */

typedef struct cli_option {
    const char *name;  /* "--jobs" */
    const char *brief; /* "-j" or NULL */
    const char *value; /* what stands for the value in the help; NULL: a flag */
    const char *help;
    cli_type type;
    void *target;
} cli_option;

typedef struct cli {
    sb_ctx cx;
    sb_err err;
    sb_places places;
    bool quiet, verbose;
    const char *command_line; /* as typed */
} cli;

typedef struct cli_command {
    const char *name, *arguments, *summary, *details;
    int (*run)(cli *c, int argc, char **argv); /* argv[0] is the command's name */
} cli_command;
extern const cli_command cli_commands[]; /* ended by .name == NULL */
const cli_command *cli_find(const char *name);

/* Parses options anywhere in argv; the rest goes to positional (room for max). Common options (--help, -q, -v,
 * --mirror,
 * --cache, --offline, --kernel) are understood by every command. Prints the help or the mistake itself.
 * Returns -1 to go on, else the exit code to leave with. */
int cli_parse(cli *c, const char *command, const cli_option *options, int argc, char **argv, const char **positional,
              size_t min, size_t max);

/* Reads "METRIC=SIZE" texts (--effect) into memory of c. Prints the mistake; returns as cli_parse does. */
int cli_effects(cli *c, const char *command, const cli_list *list, sb_effect **out);

/* Prints "selbench: text" from c->err and gives the exit code of a failure (usage for a bad config). */
int cli_fail(const cli *c, sb_status st);

void cli_print_help(const cli_command *command, const cli_option *options);

int cmd_run(cli *c, int argc, char **argv);
int cmd_check(cli *c, int argc, char **argv);
int cmd_fetch(cli *c, int argc, char **argv);
int cmd_list(cli *c, int argc, char **argv);
int cmd_describe(cli *c, int argc, char **argv);
int cmd_select(cli *c, int argc, char **argv);
int cmd_report(cli *c, int argc, char **argv);
int cmd_claims(cli *c, int argc, char **argv);
int cmd_verify(cli *c, int argc, char **argv);
int cmd_diff(cli *c, int argc, char **argv);
int cmd_evaluate(cli *c, int argc, char **argv);
int cmd_bundle(cli *c, int argc, char **argv);
int cmd_compare(cli *c, int argc, char **argv);
int cmd_doctor(cli *c, int argc, char **argv);

#endif

#include <stdarg.h>
#include <string.h>

#include "cli.h"
#include "str.h"

/* Options of every command; their targets live in the parsing call. */
typedef struct common {
    bool help;
    cli_list mirror;
    const char *cache, *kernel;
} common;

enum { OPTIONS_MAX = 32 };

static size_t gather(cli *c, common *k, const cli_option *own, cli_option *all)
{
    const cli_option shared[] = {
        {"--mirror", NULL, "DIR", "look for data files in DIR too (again for more; also SELBENCH_MIRROR)", CLI_TEXTS,
         &k->mirror},
        {"--cache", NULL, "DIR", "keep parsed data in DIR (also SELBENCH_CACHE)", CLI_TEXT, &k->cache},
        {"--offline", NULL, NULL, "never use the network", CLI_FLAG, &c->places.offline},
        {"--kernel", NULL, "NAME",
         "OpenBLAS kernel: Haswell (the default, the same bits everywhere), native, or a name", CLI_TEXT, &k->kernel},
        {"--quiet", "-q", NULL, "say nothing but results and errors", CLI_FLAG, &c->quiet},
        {"--verbose", "-v", NULL, "say more", CLI_FLAG, &c->verbose},
        {"--help", "-h", NULL, "this text", CLI_FLAG, &k->help},
        {0},
    };
    size_t n = 0;
    for (; own && own->name; own++) all[n++] = *own;
    for (const cli_option *s = shared; s->name; s++) all[n++] = *s;
    all[n] = (cli_option){0};
    return n;
}

static const cli_option *match(const cli_option *all, const char *arg, size_t size)
{
    for (const cli_option *o = all; o->name; o++) {
        if (strlen(o->name) == size && memcmp(o->name, arg, size) == 0) return o;
        if (o->brief && strlen(o->brief) == size && memcmp(o->brief, arg, size) == 0) return o;
    }
    return NULL;
}

static int mistake(const char *command, const char *format, ...) SB_PRINTF(2, 3);
static int mistake(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "selbench %s: ", command);
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\nselbench %s --help shows what is allowed\n", command);
    va_end(args);
    return CLI_USAGE;
}

static int unknown(const char *command, const cli_option *all, const char *arg)
{
    const char *names[OPTIONS_MAX + 1];
    size_t n = 0;
    for (const cli_option *o = all; o->name; o++) names[n++] = o->name;
    names[n] = NULL;
    const char *near = sb_nearest(arg, names);
    if (near) return mistake(command, "unknown option '%s', did you mean '%s'?", arg, near);
    return mistake(command, "unknown option '%s'", arg);
}

static int store(const char *command, const cli_option *o, const char *value)
{
    unsigned long long v = 0;
    cli_list *list = o->target;
    switch (o->type) {
    case CLI_FLAG: *(bool *)o->target = true; return -1;
    case CLI_TEXT: *(const char **)o->target = value; return -1;
    case CLI_TEXTS:
        if (list->n == CLI_LIST_MAX) return mistake(command, "%s is given too often", o->name);
        list->item[list->n++] = value;
        return -1;
    case CLI_SIZE:
        if (!sb_str_size(value, &v)) return mistake(command, "%s takes a whole number, not '%s'", o->name, value);
        *(size_t *)o->target = (size_t)v;
        return -1;
    }
    return CLI_FAILURE;
}

/* One option with its value; *i moves over the value. */
static int take(const char *command, const cli_option *all, int argc, char **argv, int *i)
{
    const char *arg = argv[*i], *eq = strchr(arg, '=');
    const bool joined = eq && arg[1] == '-';
    const cli_option *o = match(all, arg, joined ? (size_t)(eq - arg) : strlen(arg));
    if (!o) return unknown(command, all, arg);
    if (!o->value && joined) return mistake(command, "%s takes no value", o->name);
    if (!o->value) return store(command, o, NULL);
    if (joined) return store(command, o, eq + 1);
    if (*i + 1 == argc) return mistake(command, "%s lacks its value %s", o->name, o->value);
    return store(command, o, argv[++*i]);
}

/* Folders named on the command line come before those of the environment. */
static int add_mirrors(cli *c, const cli_list *more)
{
    size_t n = 0;
    while (c->places.mirror && c->places.mirror[n]) n++;
    const char **all = SB_NEW(c->cx.arena, n + more->n + 1, const char *);
    if (!all) return CLI_FAILURE;
    for (size_t i = 0; i < more->n; i++) all[i] = more->item[i];
    for (size_t i = 0; i < n; i++) all[more->n + i] = c->places.mirror[i];
    c->places.mirror = all;
    return -1;
}

int cli_parse(cli *c, const char *command, const cli_option *options, int argc, char **argv, const char **positional,
              size_t min, size_t max)
{
    common k = {0};
    cli_option all[OPTIONS_MAX + 1];
    size_t n = 0;
    bool only_positional = false;
    (void)gather(c, &k, options, all);
    for (int i = 1; i < argc; i++) {
        if (!only_positional && strcmp(argv[i], "--") == 0) {
            only_positional = true;
        } else if (!only_positional && argv[i][0] == '-' && argv[i][1]) {
            const int code = take(command, all, argc, argv, &i);
            if (code >= 0) return code;
        } else if (n == max) {
            return mistake(command, "one argument too many: '%s'", argv[i]);
        } else {
            positional[n++] = argv[i];
        }
    }
    if (k.help) {
        cli_print_help(cli_find(command), all);
        return CLI_OK;
    }
    if (n < min) return mistake(command, "missing argument: %s", cli_find(command)->arguments);
    if (k.cache) c->places.cache = k.cache;
    return add_mirrors(c, &k.mirror);
}

void cli_print_help(const cli_command *command, const cli_option *options)
{
    (void)printf("usage: selbench %s %s\n\n%s\n", command->name, command->arguments, command->summary);
    if (command->details) (void)printf("\n%s\n", command->details);
    (void)printf("\noptions:\n");
    for (const cli_option *o = options; o && o->name; o++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s%s%s", o->brief ? o->brief : "", o->brief ? ", " : "", o->name,
                       o->value ? " " : "", o->value ? o->value : "");
        (void)printf("  %-24s %s\n", left, o->help);
    }
}

int cli_fail(const cli *c, sb_status st)
{
    (void)fprintf(stderr, "selbench: %s\n", c->err.text[0] ? c->err.text : sb_status_text(st));
    if (c->verbose && c->err.file)
        (void)fprintf(stderr, "  (%s, raised at %s:%d)\n", sb_status_text(st), c->err.file, c->err.line);
    return st == SB_ECONFIG || st == SB_EARG ? CLI_USAGE : CLI_FAILURE;
}

int cli_effects(cli *c, const char *command, const cli_list *list, sb_effect **out)
{
    sb_effect *e = SB_NEW(c->cx.arena, list->n + 1, sb_effect);
    for (size_t i = 0; e && i < list->n; i++) {
        const char *eq = strchr(list->item[i], '='), *what = NULL;
        e[i].metric = eq ? sb_str_copy(c->cx.arena, list->item[i], (size_t)(eq - list->item[i])) : NULL;
        if (!eq)
            what = "--effect takes METRIC=SIZE, not";
        else if (!e[i].metric || sb_metric_index(e[i].metric) < 0)
            what = "unknown metric in --effect";
        else if (!sb_str_real(eq + 1, &e[i].size) || !(e[i].size >= 0 && e[i].size < 1e300))
            what = "--effect takes a size of at least 0, not";
        if (!what) continue;
        (void)fprintf(stderr, "selbench %s: %s '%s'\n", command, what, list->item[i]);
        return CLI_USAGE;
    }
    *out = e;
    return e ? -1 : CLI_FAILURE;
}

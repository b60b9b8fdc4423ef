#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "kernel.h"
#include "provenance.h"
#include "str.h"

const cli_command cli_commands[] = {
    {"run", "CONFIG", "Run an experiment to tables, plots and a report; resumes what is unfinished.",
     "exit codes: 0 all cells ok, 1 failure, 2 usage, 3 some cells are not ok (the report says which and why)",
     cmd_run},
    {"check", "CONFIG",
     "Resolve a config, open the data that are here, count cells, estimate memory and time; run nothing.",
     "what a run would refuse or skip for its data is named with its place. Data are read as a run reads them and "
     "stay\n"
     "in the cache for it; transforms are not run, nothing is downloaded",
     cmd_check},
    {"fetch", "[NAME... | CONFIG]", "Find or download the files of data sets, and check them.",
     "looked for in the cache, mirror folders, system packages' folders, then at the addresses; a broken-off download "
     "goes on where it stopped",
     cmd_fetch},
    {"list", "methods|models|datasets|embeddings|metrics|readers|generators", "List what there is.", NULL, cmd_list},
    {"describe", "NAME | FILE",
     "Explain a method, model, data set, embedding, reader, generator or metric with its options, or a file of data.",
     "FILE: an array in any format (shape, values, how it would be used), or a config (the data behind it)",
     cmd_describe},
    {"select", "METHOD", "Select rows with one method, without an experiment: indices and weights to a file.",
     "METHOD is a name, or NAME with --set option=value.\n"
     "data: --data NAME of a registered data set, or --features FILE (NPY, NPZ, CSV) with --labels or --targets if "
     "needed",
     cmd_select},
    {"report", "RUN", "Write tables, plots and report.html of a run folder again.", NULL, cmd_report},
    {"claims", "RUN", "Judge the published statements that the run's config lists.",
     "exit codes: 0 nothing is contradicted, 1 failure, 2 usage, 4 a claim is contradicted (--strict: or undecided)",
     cmd_claims},
    {"verify", "RUN", "Replay rows of a run and compare bits; compare its tables and reports with its records.", NULL,
     cmd_verify},
    {"compare", "RUN BASE",
     "Compare a run with another run or a golden: same, equivalent, better, worse, undecided, ...",
     "BASE is a run folder, a golden's folder or its name in results/golden\n"
     "exit codes: 0 same (or accepted), 10 equivalent, 11 better, 12 undecided, 13 worse, 14 missing, 15 not "
     "comparable,\n16 nothing measured; 1 failure, 2 usage",
     cmd_compare},
    {"diff", "SUBSET SUBSET", "Compare two subsets: rows, order, weights, classes, clusters.",
     "SUBSET: .npz, .npy, .csv (index[,weight]) or .json\nexit codes: 0 the same, 10 different, 1 failure, 2 usage",
     cmd_diff},
    {"evaluate", "CONFIG SUBSET...", "Judge subsets from anywhere under a config's models and metrics; select nothing.",
     "SUBSET: .npz, .npy, .csv (index[,weight]) or .json ([...] or {indices, weights}); values as lines of a table\n"
     "on every data set of the config: --only data=NAME picks the one that the subset is of",
     cmd_evaluate},
    {"bundle", "RUN", "Pack a run into one archive with checksums and RO-Crate metadata, to replay elsewhere.", NULL,
     cmd_bundle},
    {"doctor", "", "Say what selbench runs on and what is missing.", NULL, cmd_doctor},
    {0},
};

const cli_command *cli_find(const char *name)
{
    for (const cli_command *k = cli_commands; k->name; k++)
        if (strcmp(k->name, name) == 0) return k;
    return NULL;
}

static void usage(FILE *out)
{
    (void)fprintf(out,
                  "selbench %s: which data-selection method to trust, at which budget, on which embedding\n\n"
                  "usage: selbench COMMAND ...\n\n",
                  sb_version_text());
    for (const cli_command *k = cli_commands; k->name; k++) (void)fprintf(out, "  %-9s %s\n", k->name, k->summary);
    (void)fprintf(out, "\nselbench COMMAND --help explains one; selbench --version prints the version\n");
}

/* Value of --kernel anywhere on the line, or the pinned default. */
static const char *wanted_kernel(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc) return argv[i + 1];
        if (strncmp(argv[i], "--kernel=", 9) == 0) return argv[i] + 9;
    }
    return "Haswell";
}

static bool is_set(const char *name, const char *value)
{
    const char *now = getenv(name);
    return value ? now && strcmp(now, value) == 0 : !now;
}

/* OpenBLAS reads its environment when it is loaded, before main: where that is not as it must be, start again. */
static void pin_kernel(int argc, char **argv)
{
    const char *kernel = wanted_kernel(argc, argv), *core = strcmp(kernel, "native") == 0 ? NULL : kernel;
    if (is_set("OPENBLAS_CORETYPE", core) && is_set("OPENBLAS_NUM_THREADS", "1") && is_set("OMP_NUM_THREADS", "1"))
        return;
    if (getenv("SELBENCH_RESTARTED")) return; /* it did not help: the record will show what runs */
    if (core)
        (void)setenv("OPENBLAS_CORETYPE", core, 1);
    else
        (void)unsetenv("OPENBLAS_CORETYPE");
    (void)setenv("OPENBLAS_NUM_THREADS", "1", 1);
    (void)setenv("OMP_NUM_THREADS", "1", 1);
    (void)setenv("SELBENCH_RESTARTED", "1", 1);
    (void)execv("/proc/self/exe", argv);
}

static const char *join_line(cli *c, int argc, char **argv)
{
    sb_buf b = {.arena = c->cx.arena};
    for (int i = 0; i < argc; i++) sb_buf_add(&b, "%s%s", i ? " " : "", argv[i]);
    return b.bad ? "" : b.text;
}

static int unknown_command(const char *name)
{
    const char *names[32];
    size_t n = 0;
    for (const cli_command *k = cli_commands; k->name; k++) names[n++] = k->name;
    names[n] = NULL;
    const char *near = sb_nearest(name, names);
    (void)fprintf(stderr, "selbench: unknown command '%s'%s%s%s\n", name, near ? ", did you mean '" : "",
                  near ? near : "", near ? "'?" : "");
    usage(stderr);
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2")) {
        (void)fprintf(stderr, "selbench: this build needs an x86-64-v3 processor (AVX2, FMA, BMI2)\n");
        return CLI_FAILURE;
    }
    pin_kernel(argc, argv);
    if (argc < 2) {
        usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("selbench %s\n", sb_version_text());
        return CLI_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return CLI_OK;
    }
    const cli_command *command = cli_find(argv[1]);
    if (!command) return unknown_command(argv[1]);
    static cli c;
    c.cx = (sb_ctx){.arena = sb_arena_new(0), .err = &c.err, .seed = 0, .path = ""};
    if (!c.cx.arena) {
        (void)fprintf(stderr, "selbench: no memory\n");
        return CLI_FAILURE;
    }
    c.command_line = join_line(&c, argc, argv);
    const sb_status st = sb_places_default(&c.cx, &c.places);
    int code = st == SB_OK ? command->run(&c, argc - 1, argv + 1) : cli_fail(&c, st);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "selbench: cannot write the output\n");
        code = code ? code : CLI_FAILURE;
    }
    sb_arena_free(c.cx.arena);
    return code;
}

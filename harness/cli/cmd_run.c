#include <unistd.h>

#include "claim_page.h"
#include "cli.h"
#include "collect.h"
#include "estimate.h"
#include "file.h"
#include "progress.h"
#include "report.h"
#include "run.h"
#include "str.h"

/* Tables, plots, report and the metric files of what is stored. */
static sb_status write_results(cli *c, const char *dir, const sb_report_options *how)
{
    sb_results r;
    sb_report_options o = *how;
    o.plots = sb_file_join(c->cx.arena, c->places.home, "plots");
    o.alarm_page = sb_file_join(c->cx.arena, c->places.home, "results/alarms.md");
    SB_TRY(sb_results_collect(dir, &c->cx, &r));
    SB_TRY(sb_results_write_tsv(&r, dir, &c->cx));
    SB_TRY(sb_claims_write(&r, dir, &c->cx));
    return sb_report_write(&r, dir, &o, &c->cx);
}

static void say_where(const cli *c, const char *dir, const sb_run_summary *s, size_t alarms)
{
    if (!c->quiet) {
        (void)printf("%zu evaluations: %zu ok, %zu skipped, %zu failed\n", s->evaluations, s->ok, s->skipped, s->other);
        if (s->dropped_lines) (void)printf("%zu damaged record lines were dropped and done again\n", s->dropped_lines);
        if (alarms) (void)printf("%zu alarms, named at the top of the report and in %s/alarms.tsv\n", alarms, dir);
        (void)printf("report   %s/report.html\n", dir);
        (void)printf("tables   %s/tables/\n", dir);
        (void)printf("plots    %s/plots/\n", dir);
        (void)printf("metrics  %s/metrics.tsv\n", dir);
    } else {
        (void)printf("%s/report.html\n", dir);
    }
}

int cmd_run(cli *c, int argc, char **argv)
{
    const char *path = NULL, *out = NULL;
    size_t jobs = 0;
    bool retry = false, shuffle = false, no_plots = false;
    cli_list set = {0}, only = {0};
    const cli_option options[] = {
        {"--jobs", "-j", "N", "worker processes (default: one per processor)", CLI_SIZE, &jobs},
        {"--out", "-o", "DIR", "run folder (default: results/runs/NAME)", CLI_TEXT, &out},
        {"--set", NULL, "PATH=VALUE", "change the config: repeats=3, data.0.set=mnist", CLI_TEXTS, &set},
        {"--only", NULL, "KIND=NAMES", "keep only these: method=uniform,leverage; data=, model=, budget=", CLI_TEXTS,
         &only},
        {"--retry-failed", NULL, NULL, "run cells again that failed before", CLI_FLAG, &retry},
        {"--shuffle", NULL, NULL, "work in random order (the results are the same)", CLI_FLAG, &shuffle},
        {"--no-plots", NULL, NULL, "do not call gnuplot", CLI_FLAG, &no_plots},
        {0},
    };
    const int code = cli_parse(c, "run", options, argc, argv, &path, 1, 1);
    if (code >= 0) return code;
    sb_config config;
    const sb_overrides change = {set.n, set.item, only.n, only.item};
    sb_status st = sb_config_read(path, &change, &c->places, &c->cx, &config);
    if (st == SB_OK) st = sb_config_places(&config, &c->cx, &c->places);
    if (st != SB_OK) return cli_fail(c, st);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    cli_progress shown = {.quiet = c->quiet, .terminal = isatty(STDERR_FILENO)};
    sb_run_options o = {.jobs = jobs        ? jobs
                                : cores > 0 ? (size_t)cores
                                            : 1,
                        .retry = retry,
                        .shuffle = shuffle,
                        .command = c->command_line,
                        .set = set.item,
                        .only = only.item,
                        .progress = cli_progress_show,
                        .self = &shown};
    o.dir = out ? out : sb_str_format(c->cx.arena, "results/runs/%s", config.name);
    if (!o.dir) return cli_fail(c, sb_err_set(&c->err, SB_ENOMEM, __FILE__, __LINE__, "name of the run folder"));
    if (*config.notes && !c->quiet) (void)fprintf(stderr, "%s", config.notes);
    for (size_t i = 0; i < config.benches && st == SB_OK; i++) {
        sb_extent declared;
        st = sb_dataset_declared(config.bench[i].data, config.bench[i].seen, &c->cx, &declared);
        if (st == SB_OK) st = sb_estimate_refuse(&config, &config.bench[i], &declared, o.jobs, &c->cx);
    }
    if (st != SB_OK) return cli_fail(c, st);
    sb_run_summary s = {0};
    size_t alarms = 0;
    st = sb_run(&config, &c->places, &o, &c->cx, &s);
    if (st == SB_EINTERRUPT) {
        (void)fprintf(stderr, "\nselbench: interrupted; run the same command again to go on where it stopped\n");
        return CLI_FAILURE;
    }
    if (st == SB_OK) st = write_results(c, o.dir, &(sb_report_options){.gnuplot = !no_plots, .alarms = &alarms});
    if (st != SB_OK) return cli_fail(c, st);
    say_where(c, o.dir, &s, alarms);
    return s.ok == s.evaluations ? CLI_OK : CLI_SOME_CELLS;
}

int cmd_report(cli *c, int argc, char **argv)
{
    const char *dir = NULL;
    bool no_plots = false;
    cli_list effects = {0};
    sb_effect *effect = NULL;
    const cli_option options[] = {{"--no-plots", NULL, NULL, "do not call gnuplot", CLI_FLAG, &no_plots},
                                  {"--effect", NULL, "METRIC=SIZE",
                                   "difference that the repeats needed are counted for (again for more)", CLI_TEXTS,
                                   &effects},
                                  {0}};
    int code = cli_parse(c, "report", options, argc, argv, &dir, 1, 1);
    if (code < 0) code = cli_effects(c, "report", &effects, &effect);
    if (code >= 0) return code;
    const sb_report_options how = {.gnuplot = !no_plots, .effect = effect, .effects = effects.n};
    const sb_status st = write_results(c, dir, &how);
    if (st != SB_OK) return cli_fail(c, st);
    (void)printf("%s/report.html\n", dir);
    return CLI_OK;
}

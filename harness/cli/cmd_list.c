#include <math.h>
#include <string.h>

#include "cli.h"
#include "declared.h"
#include "metric.h"
#include "registry.h"

static void row(const char *name, const char *detail, const char *summary)
{
    (void)printf("%-24s %-34s %s\n", name, detail, summary);
}

/* Methods by the most that they need to see; the first group whose bits a method has is its own. */
static const struct {
    unsigned bits;
    const char *title;
} method_groups[] = {
    {SB_NEEDS_TRAINING, "train models themselves"},
    {SB_NEEDS_VIEW | SB_NEEDS_TARGET | SB_NEEDS_PATTERNS, "need a second view, a target set or patterns"},
    {SB_NEEDS_SMALL, "need a small proxy trained on the warm-up rows"},
    {SB_NEEDS_COMMITTEE, "need a committee fitted on bootstraps of the warm-up rows"},
    {SB_NEEDS_TRAJECTORY, "need trajectories of a model trained on the warm-up rows"},
    {SB_NEEDS_GRADIENT, "need gradients of the warm-up model"},
    {SB_NEEDS_LOSS, "need losses of the warm-up model"},
    {SB_NEEDS_PROB, "need class probabilities of the warm-up model"},
    {SB_NEEDS_LABELS, "need labels"},
    {0, "need the features alone"},
};
enum { METHOD_GROUPS = sizeof method_groups / sizeof *method_groups };

static size_t group_of(unsigned needs)
{
    size_t g = 0;
    while (method_groups[g].bits && !(needs & method_groups[g].bits)) g++;
    return g;
}

/* Least demanding first. Headings start with '#', every other line with the name of a method. */
static int list_methods(cli *c)
{
    (void)c;
    for (size_t g = METHOD_GROUPS; g-- > 0;) {
        bool any = false;
        for (const sb_method_entry *e = sb_method_table; e->plugin; e++) {
            if (group_of(e->plugin->needs) != g) continue;
            char needs[128];
            sb_needs_words(e->plugin->needs, needs, sizeof needs);
            if (!any) (void)printf("# %s\n", method_groups[g].title);
            any = true;
            row(e->plugin->name, needs, e->plugin->summary);
        }
    }
    return CLI_OK;
}

static int list_models(cli *c)
{
    (void)c;
    for (const sb_model_entry *e = sb_model_table; e->plugin; e++)
        row(e->plugin->name, e->plugin->kind == SB_CLASSIFICATION ? "classification" : "regression",
            e->plugin->summary);
    return CLI_OK;
}

static int list_readers(cli *c)
{
    (void)c;
    for (const sb_reader_entry *e = sb_reader_table; e->plugin; e++) {
        char suffix[128] = "";
        for (size_t i = 0; e->plugin->suffix[i]; i++) {
            const size_t used = strlen(suffix);
            (void)snprintf(suffix + used, sizeof suffix - used, "%s%s", i ? " " : "", e->plugin->suffix[i]);
        }
        row(e->plugin->name, suffix, e->plugin->summary);
    }
    return CLI_OK;
}

static int list_generators(cli *c)
{
    (void)c;
    for (const sb_generator_entry *e = sb_generator_table; e->plugin; e++)
        row(e->plugin->name, e->plugin->kind == SB_CLASSIFICATION ? "classification" : "regression",
            e->plugin->summary);
    return CLI_OK;
}

static int list_metrics(cli *c)
{
    static const char *const better[] = {"lower is better", "higher is better", "-"};
    (void)c;
    for (const sb_metric *m = sb_metrics; m->name; m++) row(m->name, better[m->better], m->title);
    return CLI_OK;
}

static int list_datasets(cli *c)
{
    const sb_dataset_info *info = NULL;
    size_t count = 0;
    const sb_status st = sb_dataset_list(&c->places, &c->cx, &info, &count);
    if (st != SB_OK) return cli_fail(c, st);
    for (size_t i = 0; i < count; i++) {
        char shape[96];
        const bool classes = info[i].kind == SB_CLASSIFICATION;
        (void)snprintf(shape, sizeof shape, "%zu + %zu x %zu, %zu %s", info[i].n, info[i].n_test, info[i].d,
                       classes ? info[i].c : info[i].t,
                       classes          ? "classes"
                       : info[i].t == 1 ? "target"
                                        : "targets");
        row(info[i].name, shape, info[i].title);
    }
    return CLI_OK;
}

static int list_embeddings(cli *c)
{
    const sb_dataset_info *info = NULL;
    size_t count = 0;
    const sb_status st = sb_dataset_list(&c->places, &c->cx, &info, &count);
    if (st != SB_OK) return cli_fail(c, st);
    row("raw", "every data set", "the features as they are");
    for (const sb_transform_entry *e = sb_transform_table; e->plugin; e++)
        row(e->plugin->name, "transform", e->plugin->summary);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; info[i].embedding && info[i].embedding[j]; j++)
            row(info[i].embedding[j], info[i].name, "precomputed, declared with the data set");
    return CLI_OK;
}

int cmd_list(cli *c, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*list)(cli *);
    } kinds[] = {{"methods", list_methods},       {"models", list_models},   {"datasets", list_datasets},
                 {"embeddings", list_embeddings}, {"metrics", list_metrics}, {"readers", list_readers},
                 {"generators", list_generators}};
    const char *what = NULL;
    const int code = cli_parse(c, "list", NULL, argc, argv, &what, 1, 1);
    if (code >= 0) return code;
    const char *names[8] = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        names[i] = kinds[i].name;
        if (strcmp(kinds[i].name, what) == 0) return kinds[i].list(c);
    }
    const char *near = sb_nearest(what, names);
    (void)fprintf(stderr,
                  "selbench list: no kind '%s'%s%s%s; there are methods, models, datasets, embeddings, metrics, "
                  "readers, generators\n",
                  what, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
    return CLI_USAGE;
}

#include <string.h>

#include "cli.h"
#include "declared.h"
#include "describe_file.h"
#include "kernel.h"
#include "metric.h"
#include "plugin_words.h"
#include "registry.h"

static void head(const char *kind, const char *name, const char *summary, const char *source)
{
    (void)printf("%s %s\n  %s\n", kind, name, summary);
    if (source) (void)printf("  source: %s\n", source);
}

/* A text of one or more lines under its key. */
static void lines(const char *key, const char *text)
{
    for (const char *end; text && *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        (void)printf("  %s%s %.*s\n", key, *key ? ":" : "          ", (int)(end - text), text);
        key = "";
    }
}

static bool method(const char *name)
{
    const char *code = NULL;
    const sb_method *m = sb_method_find(name, &code);
    if (!m) return false;
    char needs[256], traits[256];
    sb_needs_words(m->needs, needs, sizeof needs);
    sb_traits_words(m->traits, traits, sizeof traits);
    head("method", name, m->summary, m->source);
    lines("formula", m->formula);
    (void)printf("  sees: %s\n  returns: %s\n", needs, traits);
    lines("cost", m->cost);
    lines("variants", m->variants);
    (void)printf("  code: %s\n", code);
    cli_print_options(m->options);
    return true;
}

static bool model(const char *name)
{
    const char *code = NULL;
    const sb_model *m = sb_model_find(name, &code);
    if (!m) return false;
    head("model", name, m->summary, m->source);
    (void)printf("  for: %s\n  code: %s\n", m->kind == SB_CLASSIFICATION ? "classification" : "regression", code);
    cli_print_options(m->options);
    return true;
}

static bool reader(const char *name)
{
    const sb_reader *r = sb_reader_find(name, NULL);
    if (!r) return false;
    head("reader", name, r->summary, r->source);
    cli_print_options(r->options);
    return true;
}

static bool transform(const char *name)
{
    const sb_transform *t = sb_transform_find(name, NULL);
    if (!t) return false;
    head("embedding transform", name, t->summary, t->source);
    cli_print_options(t->options);
    return true;
}

static bool metric(const char *name)
{
    const int i = sb_metric_index(name);
    if (i < 0) return false;
    const sb_metric *m = &sb_metrics[i];
    (void)printf("metric %s\n  %s\n  unit: %s\n  %s%s\n", name, m->title, *m->unit ? m->unit : "none",
                 m->better == SB_LOWER    ? "lower is better"
                 : m->better == SB_HIGHER ? "higher is better"
                                          : "neither direction is better",
                 m->noisy ? "; noisy: in timing.tsv, never compared bit for bit" : "");
    (void)printf("  formula: results/metrics.md\n");
    return true;
}

static void line(const char *key, const char *text)
{
    if (text && *text) (void)printf("  %s: %s\n", key, text);
}

static void checksums(const sb_data_file *f)
{
    const bool known = strcmp(f->sha256, "unknown") != 0;
    const char *of_archive = strcmp(f->state, "unconfirmed") == 0 ? "unconfirmed" : "confirmed";
    if (f->published) (void)printf("    SHA-256 of the published archive: %s, %s\n", f->published, of_archive);
    if (known)
        (void)printf("    SHA-256 of the content: %s, %s\n", f->sha256, f->state);
    else if (!f->published)
        (void)printf("    SHA-256 of the content: none known (needs --trust-first-use)\n");
}

static void files_of(const sb_data_file *f, size_t files)
{
    for (size_t i = 0; i < files; i++) {
        (void)printf("  file %s (%s%s)\n", f[i].name, f[i].embedding ? "embedding " : "", f[i].role);
        checksums(&f[i]);
        if (f[i].bytes) (void)printf("    bytes: %s%zu\n", f[i].about ? "about " : "", f[i].bytes);
        if (f[i].here) (void)printf("    here: %s\n", f[i].here);
        if (*f[i].url) (void)printf("    address: %s\n", f[i].url);
        if (!*f[i].url && !f[i].here) (void)printf("    no address: put it into a mirror folder\n");
    }
}

static void citation(const char *text)
{
    if (*text) (void)printf("  citation:\n");
    while (*text) {
        const size_t size = strcspn(text, "\n");
        (void)printf("    %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

static sb_status print_dataset(cli *c, const char *name, const sb_dataset_info *info)
{
    const bool classes = info->kind == SB_CLASSIFICATION;
    const sb_yaml *node = NULL;
    sb_dataset_spec *spec = NULL;
    const sb_data_file *file = NULL;
    const sb_embedding_info *e = NULL;
    size_t files = 0, embeddings = 0;
    SB_TRY(sb_yaml_parse(name, strlen(name), "command line", &c->cx, &node));
    SB_TRY(sb_dataset_parse(node, &c->places, &c->cx, &spec));
    SB_TRY(sb_dataset_files(spec, &c->places, &c->cx, &file, &files));
    SB_TRY(sb_dataset_embeddings(spec, &c->cx, &e, &embeddings));
    (void)printf("data set %s\n  %s\n", name, info->title);
    (void)printf("  task: %s, %zu %s\n", classes ? "classification" : "regression", classes ? info->c : info->t,
                 classes        ? "classes"
                 : info->t == 1 ? "target"
                                : "targets");
    (void)printf("  shape: %zu training and %zu test rows, %zu features\n", info->n, info->n_test, info->d);
    line("target", info->target);
    line("test part", info->split);
    line("source", info->source);
    line("licence", info->licence);
    line("note", info->note);
    for (size_t j = 0; j < embeddings; j++)
        (void)printf("  embedding %s: %s; %zu features; %s; %s\n", e[j].name, e[j].title, e[j].d, e[j].licence,
                     e[j].source);
    files_of(file, files);
    citation(info->citation);
    for (size_t j = 0; j < embeddings; j++) citation(e[j].citation);
    const sb_generator *g = info->generated ? sb_generator_find(name, NULL) : NULL;
    if (g) cli_print_options(g->options);
    return SB_OK;
}

static bool dataset(cli *c, const char *name, sb_status *st)
{
    const sb_dataset_info *info = NULL;
    size_t count = 0;
    *st = sb_dataset_list(&c->places, &c->cx, &info, &count);
    for (size_t i = 0; *st == SB_OK && i < count; i++) {
        if (strcmp(info[i].name, name) != 0) continue;
        *st = print_dataset(c, name, &info[i]);
        return true;
    }
    return false;
}

enum { NAMES = 1024 };

/* The nearest of all names, those of data sets too, for the message. */
static int nothing(cli *c, const char *name)
{
    const char *names[NAMES + 1];
    const sb_dataset_info *info = NULL;
    size_t n = 0, sets = 0;
    for (const sb_method_entry *e = sb_method_table; e->plugin && n < NAMES; e++) names[n++] = e->plugin->name;
    for (const sb_model_entry *e = sb_model_table; e->plugin && n < NAMES; e++) names[n++] = e->plugin->name;
    for (const sb_reader_entry *e = sb_reader_table; e->plugin && n < NAMES; e++) names[n++] = e->plugin->name;
    for (const sb_transform_entry *e = sb_transform_table; e->plugin && n < NAMES; e++) names[n++] = e->plugin->name;
    for (const sb_metric *m = sb_metrics; m->name && n < NAMES; m++) names[n++] = m->name;
    const sb_status st = sb_dataset_list(&c->places, &c->cx, &info, &sets);
    for (size_t i = 0; st == SB_OK && i < sets && n < NAMES; i++) names[n++] = info[i].name;
    names[n] = NULL;
    const char *near = sb_nearest(name, names);
    (void)fprintf(stderr, "selbench: nothing is called '%s'%s%s%s\n", name, near ? ", did you mean '" : "",
                  near ? near : "", near ? "'?" : "; selbench list methods, models, datasets, ... shows the names");
    return CLI_USAGE;
}

int cmd_describe(cli *c, int argc, char **argv)
{
    const char *name = NULL;
    const int code = cli_parse(c, "describe", NULL, argc, argv, &name, 1, 1);
    if (code >= 0) return code;
    sb_status st = SB_OK;
    bool found = method(name);
    found |= model(name);
    found |= reader(name);
    found |= transform(name);
    found |= metric(name);
    found |= dataset(c, name, &st);
    if (!found && st == SB_OK) {
        sb_kernel_single_thread();
        found = cli_describe_file(c, name, &st);
    }
    if (st != SB_OK) return cli_fail(c, st);
    return found ? CLI_OK : nothing(c, name);
}

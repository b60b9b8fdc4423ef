/* Subsets on their own: diff shows how two differ, evaluate judges any under a config. */
#include <string.h>

#include "cli.h"
#include "file.h"
#include "foreign.h"
#include "kernel.h"
#include "str.h"

static void show_diff(const char *const *path, const sb_subset_diff *d)
{
    (void)printf("%s\n", d->equal ? "the same rows in the same order with the same weights" : "different");
    for (int k = 0; k < 2; k++) {
        (void)printf("%c  %s: %zu rows, %zu distinct, ", 'A' + k, path[k], d->m[k], d->distinct[k]);
        if (d->weighted[k])
            (void)printf("weights sum to %.10g\n", d->sum[k]);
        else
            (void)printf("no weights\n");
    }
    (void)printf("rows in both      %zu of %zu (Jaccard %.4f)\n", d->common, d->any,
                 (double)d->common / (double)d->any);
    (void)printf("only in A, in B   %zu, %zu\n", d->distinct[0] - d->common, d->distinct[1] - d->common);
    (void)printf("same position     %zu\n", d->same_place);
    (void)printf("weight that moves %.4g of the total\n", d->moved);
}

static sb_status open_labels(cli *c, const char *text, sb_dataset *out)
{
    const sb_yaml *node = NULL, *raw = NULL;
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *seen = NULL;
    SB_TRY(sb_yaml_parse(text, strlen(text), "--data", &c->cx, &node));
    SB_TRY(sb_yaml_parse("raw", 3, "embedding", &c->cx, &raw));
    SB_TRY(sb_dataset_parse(node, &c->places, &c->cx, &spec));
    SB_TRY(sb_embedding_parse(raw, spec, &c->places, &c->cx, &seen));
    return sb_dataset_open(spec, seen, &c->places, &c->cx, out);
}

static sb_status show_classes(cli *c, const sb_selection *s, const sb_data *train)
{
    size_t *count = SB_NEW(c->cx.arena, 3 * train->c + 1, size_t);
    if (!count) SB_FAIL(&c->err, SB_ENOMEM, "counts of %zu classes", train->c);
    if (!train->label) SB_FAIL(&c->err, SB_EARG, "--data has no classes");
    SB_TRY(sb_subset_classes(&s[0], &s[1], train->label, train->x.n, train->c, &c->cx, count));
    (void)printf("class  A      B      both\n");
    for (size_t k = 0; k < train->c; k++)
        (void)printf("%-5zu  %-5zu  %-5zu  %zu\n", k, count[3 * k], count[3 * k + 1], count[3 * k + 2]);
    return SB_OK;
}

int cmd_diff(cli *c, int argc, char **argv)
{
    const char *path[2] = {0}, *data = NULL;
    const cli_option options[] = {
        {"--data", NULL, "NAME", "a registered data set, or a map as in a config: count by class too", CLI_TEXT, &data},
        {0}};
    const int code = cli_parse(c, "diff", options, argc, argv, path, 2, 2);
    if (code >= 0) return code;
    sb_selection s[2];
    sb_subset_diff d = {0};
    sb_status st = SB_OK;
    for (int k = 0; k < 2 && st == SB_OK; k++) st = sb_foreign_read(path[k], &c->cx, &s[k]);
    if (st == SB_OK) st = sb_subset_compare(&s[0], &s[1], &c->cx, &d);
    if (st != SB_OK) return cli_fail(c, st);
    show_diff(path, &d);
    sb_dataset set;
    if (data && (st = open_labels(c, data, &set)) == SB_OK) {
        st = show_classes(c, s, &set.train);
        sb_dataset_close(&set);
    }
    if (st != SB_OK) return cli_fail(c, st);
    return d.equal ? CLI_OK : CLI_DIFFERENT;
}

static void show_value(void *self, const sb_foreign_value *v)
{
    sb_buf_add(self, "%s\t%s\t%s\t%s\t%zu\t%s\t%.17g\n", v->subset, v->data, v->embedding, v->model, v->m, v->metric,
               v->value);
}

int cmd_evaluate(cli *c, int argc, char **argv)
{
    const char *given[CLI_LIST_MAX] = {0}, *out = NULL;
    size_t repeat = 0, paths = 0;
    cli_list set = {0}, only = {0};
    const cli_option options[] = {
        {"--set", NULL, "PATH=VALUE", "change the config first", CLI_TEXTS, &set},
        {"--only", NULL, "KIND=NAMES", "keep only these: data=, model=", CLI_TEXTS, &only},
        {"--repeat", NULL, "N", "repeat whose probes and warm-up are used (default 0)", CLI_SIZE, &repeat},
        {"--out", "-o", "FILE", "write there instead of to the standard output", CLI_TEXT, &out},
        {0},
    };
    const int code = cli_parse(c, "evaluate", options, argc, argv, given, 2, CLI_LIST_MAX);
    if (code >= 0) return code;
    while (paths + 1 < CLI_LIST_MAX && given[paths + 1]) paths++;
    sb_config config;
    sb_buf b = {.arena = sb_arena_new(0)}; /* its own: the other is rewound between subsets */
    const sb_overrides change = {set.n, set.item, only.n, only.item};
    sb_kernel_single_thread();
    sb_status st = sb_config_read(given[0], &change, &c->places, &c->cx, &config);
    if (!b.arena) return CLI_FAILURE;
    sb_buf_add(&b, "subset\tdata\tembedding\tmodel\tm\tmetric\tvalue\n");
    if (st == SB_OK) st = sb_config_places(&config, &c->cx, &c->places);
    if (st == SB_OK)
        st = sb_foreign_evaluate(&config, &c->places, (unsigned)repeat, given + 1, paths, show_value, &b, &c->cx);
    if (st == SB_OK && b.bad) st = sb_err_set(&c->err, SB_ENOMEM, __FILE__, __LINE__, "text of the values");
    if (st == SB_OK && out) st = sb_file_write(out, b.text, b.size, &c->cx);
    if (st == SB_OK && !out) (void)fwrite(b.text, 1, b.size, stdout);
    sb_arena_free(b.arena);
    return st == SB_OK ? CLI_OK : cli_fail(c, st);
}

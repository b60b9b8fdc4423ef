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

static sb_status open_data(cli *c, const char *text, const char *embedding, sb_dataset *out)
{
    const sb_yaml *node = NULL, *how = NULL;
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *seen = NULL;
    SB_TRY(sb_yaml_parse(text, strlen(text), "--data", &c->cx, &node));
    SB_TRY(sb_yaml_parse(embedding, strlen(embedding), "--embedding", &c->cx, &how));
    SB_TRY(sb_dataset_parse(node, &c->places, &c->cx, &spec));
    SB_TRY(sb_embedding_parse(how, spec, &c->places, &c->cx, &seen));
    return sb_dataset_open(spec, seen, &c->places, &c->cx, out);
}

static sb_status show_parts(cli *c, const sb_selection *s, const char *what, const int32_t *label, size_t n,
                            size_t parts)
{
    sb_subset_part *p = SB_NEW(c->cx.arena, parts + 1, sb_subset_part);
    if (!p) SB_FAIL(&c->err, SB_ENOMEM, "counts of %zu parts", parts);
    SB_TRY(sb_subset_parts(&s[0], &s[1], label, n, parts, &c->cx, p));
    (void)printf("%-8s rows    A      B      both   weight A  weight B\n", what);
    for (size_t k = 0; k < parts; k++)
        (void)printf("%-8zu %-7zu %-6zu %-6zu %-6zu %-9.4f %.4f\n", k, p[k].rows, p[k].in[0], p[k].in[1], p[k].both,
                     p[k].share[0], p[k].share[1]);
    return SB_OK;
}

static sb_status show_data(cli *c, const sb_selection *s, const sb_data *train, size_t clusters)
{
    const int32_t *cluster = NULL;
    if (!train->label && !clusters)
        SB_FAIL(&c->err, SB_EARG, "--data has no classes: give --clusters K to count by cluster");
    if (train->label) SB_TRY(show_parts(c, s, "class", train->label, train->x.n, train->c));
    if (!clusters) return SB_OK;
    SB_TRY(sb_subset_clusters(train->x, clusters, &c->cx, &cluster));
    return show_parts(c, s, "cluster", cluster, train->x.n, clusters);
}

int cmd_diff(cli *c, int argc, char **argv)
{
    const char *path[2] = {0}, *data = NULL, *embedding = NULL;
    size_t clusters = 0;
    const cli_option options[] = {
        {"--data", NULL, "NAME", "a registered data set, or a map as in a config: count by class too", CLI_TEXT, &data},
        {"--clusters", NULL, "K", "with --data: count by cluster too (k-means of the embedding)", CLI_SIZE, &clusters},
        {"--embedding", NULL, "MAP", "the embedding that is clustered, as in a config (default: raw)", CLI_TEXT,
         &embedding},
        {0}};
    const int code = cli_parse(c, "diff", options, argc, argv, path, 2, 2);
    if (code >= 0) return code;
    if ((clusters || embedding) && (!data || !clusters)) {
        (void)fprintf(stderr, "selbench diff: --embedding needs --clusters, and --clusters needs --data\n");
        return CLI_USAGE;
    }
    sb_selection s[2];
    sb_subset_diff d = {0};
    sb_status st = SB_OK;
    for (int k = 0; k < 2 && st == SB_OK; k++) st = sb_foreign_read(path[k], &c->cx, &s[k]);
    if (st == SB_OK) st = sb_subset_compare(&s[0], &s[1], &c->cx, &d);
    if (st != SB_OK) return cli_fail(c, st);
    show_diff(path, &d);
    sb_dataset set;
    if (clusters) sb_kernel_single_thread();
    if (data && (st = open_data(c, data, embedding ? embedding : "raw", &set)) == SB_OK) {
        st = show_data(c, s, &set.train, clusters);
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

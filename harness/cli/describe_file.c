/* describe FILE: what an array holds and how it would be used; describe CONFIG: the data behind an experiment. */
#include "describe_file.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "file.h"
#include "selbench/la.h"
#include "str.h"

static void bounds(sb_mat x, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < x.n; i++)
        for (size_t j = 0; j < x.d; j++) {
            const double v = (double)sb_mat_row(x, i)[j];
            *least = v < *least ? v : *least;
            *most = v > *most ? v : *most;
        }
}

static sb_status values(sb_mat x, sb_ctx *cx)
{
    double *mean = SB_NEW(cx->arena, x.d, double), *var = SB_NEW(cx->arena, x.d, double), least, most;
    if (!mean || !var) SB_FAIL(cx->err, SB_ENOMEM, "moments of %zu columns", x.d);
    sb_col_moments(x, NULL, mean, var);
    bounds(x, &least, &most);
    size_t constant = 0;
    double narrow = INFINITY, wide = 0;
    for (size_t j = 0; j < x.d; j++) {
        constant += var[j] == 0;
        narrow = fmin(narrow, sqrt(var[j]));
        wide = fmax(wide, sqrt(var[j]));
    }
    (void)printf("  values: all finite, %.6g to %.6g, mean %.6g\n", least, most, sb_sum(mean, x.d) / (double)x.d);
    (void)printf("  columns: standard deviations %.6g to %.6g, %zu constant\n", narrow, wide, constant);
    return SB_OK;
}

/* Where the features are, and what they cost. */
static void place(const sb_dataset *d)
{
    const double mb = (double)(d->train.x.n + d->test.x.n) * (double)d->train.x.d * sizeof(float) / 1e6;
    if (d->file[0])
        (void)printf("  %.0f MB mapped from %s itself: keep it unchanged while it is in use\n", mb, d->file[0]);
    else
        (void)printf("  %.0f MB mapped from a copy in the cache\n", mb);
}

static sb_status array(cli *c, const char *path)
{
    static const sb_yaml raw = {.kind = SB_YAML_SCALAR, .file = "raw", .line = 1, .column = 1, .text = "raw"};
    sb_dataset_spec *spec = NULL;
    sb_embedding_spec *embedding = NULL;
    sb_dataset d;
    struct stat info;
    SB_TRY(sb_dataset_features(path, &c->cx, &spec));
    SB_TRY(sb_embedding_parse(&raw, spec, &c->places, &c->cx, &embedding));
    SB_TRY(sb_dataset_open(spec, embedding, &c->places, &c->cx, &d));
    (void)printf("file %s\n  %zu rows x %zu columns, %lld bytes\n", path, d.train.x.n, d.train.x.d,
                 stat(path, &info) == 0 ? (long long)info.st_size : 0);
    place(&d);
    const sb_status st = values(d.train.x, &c->cx);
    (void)printf("  content: %s\n", d.content);
    (void)printf(
        "  in a config: data: {file: %s, labels: FILE}, or targets: FILE, or, when they are among the columns,\n"
        "    target_column: first (last, a number, a name) with kind: classification or regression\n",
        path);
    (void)printf("  on its own: selbench select uniform --features %s --budget 1%%\n", path);
    sb_dataset_close(&d);
    return st;
}

static sb_status bench(cli *c, const sb_bench *b)
{
    const sb_dataset_info *info = sb_dataset_spec_info(b->data);
    sb_dataset d;
    SB_TRY(sb_dataset_open(b->data, b->seen, &c->places, &c->cx, &d));
    const bool classes = info->kind == SB_CLASSIFICATION;
    (void)printf("data %s, embedding %s\n", b->label, b->embedding);
    if (info->title && *info->title) (void)printf("  %s\n", info->title);
    (void)printf("  %s, %zu training and %zu test rows, %zu features, %zu %s\n",
                 classes ? "classification" : "regression", d.train.x.n, d.test.x.n, d.train.x.d,
                 classes ? d.train.c : d.train.t, classes ? "classes" : "targets");
    place(&d);
    (void)printf("  content: %s\n", d.content);
    sb_dataset_close(&d);
    return SB_OK;
}

static sb_status config(cli *c, const char *path)
{
    sb_config read;
    SB_TRY(sb_config_read(path, NULL, &c->places, &c->cx, &read));
    (void)printf("experiment %s\n  %s\n", read.name, *read.title ? read.title : "(no title)");
    for (size_t i = 0; i < read.benches; i++) SB_TRY(bench(c, &read.bench[i]));
    return SB_OK;
}

bool cli_describe_file(cli *c, const char *path, sb_status *st)
{
    if (!strchr(path, '.') || !sb_file_exists(path) || sb_file_is_dir(path)) return false;
    *st = sb_str_ends(path, ".yaml") ? config(c, path) : array(c, path);
    return true;
}

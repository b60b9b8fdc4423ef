/* datasets/NAME.yaml as a source. */
#include <math.h>
#include <string.h>

#include "source.h"
#include "str.h"
#include "trust.h"

static const char *const top_keys[] = {"name",
                                       "title",
                                       "kind",
                                       "licence",
                                       "source",
                                       "citation",
                                       "note",
                                       "shape",
                                       "files",
                                       "from",
                                       "divide",
                                       "target_column",
                                       "feature_columns",
                                       "target_columns",
                                       "label_values",
                                       "split",
                                       "embeddings",
                                       "folders",
                                       "package",
                                       "urls",
                                       "reader",
                                       NULL};

static sb_status column_range(const sb_yaml *map, const char *key, sb_ctx *cx, size_t range[2])
{
    const sb_yaml *node = sb_yaml_get(map, key);
    if (!node) return SB_OK;
    unsigned long long v[2] = {0};
    bool good = node->kind == SB_YAML_LIST && node->n == 2;
    for (size_t i = 0; good && i < 2; i++)
        good = node->item[i]->kind == SB_YAML_SCALAR && sb_str_size(node->item[i]->text, &v[i]) && v[i] < 1u << 30;
    if (!good || v[0] >= v[1])
        return sb_yaml_fail(node, cx, "'%s' must be [begin, end], columns counted from 0, end not included", key);
    range[0] = (size_t)v[0];
    range[1] = (size_t)v[1];
    return SB_OK;
}

static sb_status label_values(const sb_yaml *map, sb_ctx *cx, sb_source *s)
{
    const sb_yaml *node = sb_yaml_get(map, "label_values");
    if (!node) return SB_OK;
    if (node->kind != SB_YAML_LIST || node->n < 2)
        return sb_yaml_fail(node, cx, "'label_values' must list the value that stands for each class, at least two");
    double *value = SB_NEW(cx->arena, node->n, double);
    if (!value) SB_FAIL(cx->err, SB_ENOMEM, "%zu label values", node->n);
    for (size_t i = 0; i < node->n; i++) {
        const sb_yaml *item = node->item[i];
        if (item->kind != SB_YAML_SCALAR || !sb_str_real(item->text, &value[i]) || !isfinite(value[i]))
            return sb_yaml_fail(item, cx, "'label_values' must be numbers");
        for (size_t j = 0; j < i; j++)
            if (value[j] == value[i]) return sb_yaml_fail(item, cx, "%.10g stands twice in 'label_values'", value[i]);
    }
    s->label_value = value;
    s->label_values = node->n;
    return SB_OK;
}

sb_status sb_source_layout(const sb_yaml *map, sb_ctx *cx, sb_source *s)
{
    s->divide = 1;
    SB_TRY(sb_yaml_real(map, "divide", 1e-30, 1e30, cx, &s->divide));
    SB_TRY(sb_yaml_text(map, "target_column", cx, &s->layout.target_column));
    SB_TRY(column_range(map, "feature_columns", cx, s->layout.features));
    SB_TRY(column_range(map, "target_columns", cx, s->layout.targets));
    if (s->layout.target_column && s->layout.targets[1])
        return sb_yaml_fail(sb_yaml_get(map, "target_columns"), cx,
                            "'target_column' and 'target_columns' exclude each other");
    return label_values(map, cx, s);
}

static sb_status read_kind(const sb_yaml *map, sb_ctx *cx, sb_kind *kind)
{
    const char *text = NULL;
    SB_TRY(sb_yaml_text(map, "kind", cx, &text));
    if (!text) return sb_yaml_fail(map, cx, "lacks 'kind': classification or regression");
    if (strcmp(text, "classification") == 0)
        *kind = SB_CLASSIFICATION;
    else if (strcmp(text, "regression") == 0)
        *kind = SB_REGRESSION;
    else
        return sb_yaml_fail(sb_yaml_get(map, "kind"), cx, "'kind' is '%s', expected classification or regression",
                            text);
    return SB_OK;
}

static sb_status read_shape(const sb_yaml *root, sb_ctx *cx, sb_source *s)
{
    sb_dataset_info *info = &s->info;
    static const char *const keys[] = {"n", "n_test", "d", "c", "t", NULL};
    const sb_yaml *map = sb_yaml_get(root, "shape");
    if (!map) return sb_yaml_fail(root, cx, "lacks 'shape': {n, n_test, d, c or t}");
    s->shape = map;
    SB_TRY(sb_yaml_keys(map, keys, cx));
    SB_TRY(sb_yaml_size(map, "n", 1, UINT32_MAX, cx, &info->n));
    SB_TRY(sb_yaml_size(map, "n_test", 0, UINT32_MAX, cx, &info->n_test));
    SB_TRY(sb_yaml_size(map, "d", 1, 1u << 30, cx, &info->d));
    SB_TRY(sb_yaml_size(map, "c", 2, 1000000, cx, &info->c));
    SB_TRY(sb_yaml_size(map, "t", 1, 1u << 30, cx, &info->t));
    if (!info->n || !info->d) return sb_yaml_fail(map, cx, "'shape' lacks 'n' or 'd'");
    if (info->kind == SB_CLASSIFICATION ? !info->c || info->t : !info->t || info->c)
        return sb_yaml_fail(map, cx, "'shape' of a %s has '%s' alone",
                            info->kind == SB_CLASSIFICATION ? "classification" : "regression",
                            info->kind == SB_CLASSIFICATION ? "c" : "t");
    return SB_OK;
}

static sb_status read_split(const sb_yaml *root, sb_ctx *cx, sb_source *s)
{
    static const char *const keys[] = {"test_fraction", "seed", "test_last", NULL};
    const sb_yaml *map = sb_yaml_get(root, "split");
    if (!map) return SB_OK;
    SB_TRY(sb_yaml_keys(map, keys, cx));
    size_t seed = SB_DATA_SEED;
    SB_TRY(sb_yaml_size(map, "seed", 0, UINT32_MAX, cx, &seed));
    SB_TRY(sb_yaml_real(map, "test_fraction", 1e-9, 1 - 1e-9, cx, &s->test_fraction));
    SB_TRY(sb_yaml_size(map, "test_last", 1, UINT32_MAX, cx, &s->test_last));
    if (!(s->test_fraction > 0) == !s->test_last)
        return sb_yaml_fail(map, cx, "'split' needs either 'test_fraction' or 'test_last'");
    s->split_seed = seed;
    return SB_OK;
}

static sb_status read_files(const sb_yaml *root, const sb_places *places, sb_ctx *cx, sb_source *s)
{
    static const char *const roles[SB_PARTS][3] = {{"train_features", "train_labels", "train_targets"},
                                                   {"test_features", "test_labels", "test_targets"}};
    static const char *const keys[] = {
        "train_features", "train_labels", "train_targets", "test_features", "test_labels", "test_targets", NULL};
    const sb_yaml *map = sb_yaml_get(root, "files");
    SB_TRY(sb_yaml_keys(map, keys, cx));
    const size_t target = s->info.kind == SB_CLASSIFICATION ? 1 : 2;
    for (size_t p = 0; p < SB_PARTS; p++) {
        const sb_yaml *x = sb_yaml_get(map, roles[p][0]), *y = sb_yaml_get(map, roles[p][target]);
        const sb_yaml *wrong = sb_yaml_get(map, roles[p][3 - target]);
        if (wrong) return sb_yaml_fail(wrong, cx, "'%s' does not fit this 'kind'", roles[p][3 - target]);
        if (x) SB_TRY(sb_yaml_keys(x, sb_file_ref_keys, cx));
        if (y) SB_TRY(sb_yaml_keys(y, sb_file_ref_keys, cx));
        if (x) SB_TRY(sb_file_ref_read(x, root, s, roles[p][0], NULL, cx, &s->x[p]));
        if (y) SB_TRY(sb_file_ref_read(y, root, s, roles[p][target], NULL, cx, &s->y[p]));
        SB_TRY(sb_trust_apply(places, cx, &s->x[p]));
        SB_TRY(sb_trust_apply(places, cx, &s->y[p]));
        const bool in_features = s->layout.target_column || s->layout.targets[1];
        if (!x && (p == SB_TRAIN || y)) return sb_yaml_fail(map, cx, "'files' lacks '%s'", roles[p][0]);
        if (x && !y && !in_features)
            return sb_yaml_fail(map, cx, "'files' lacks '%s', and there is no 'target_column'", roles[p][target]);
        if (y && in_features)
            return sb_yaml_fail(y, cx, "'%s' and 'target_column' exclude each other", roles[p][target]);
    }
    if (sb_yaml_get(root, "split") && s->x[SB_TEST])
        return sb_yaml_fail(sb_yaml_get(root, "split"), cx, "'split' is for data without a test part of its own");
    return SB_OK;
}

static sb_status read_from(const sb_yaml *root, const sb_places *places, sb_ctx *cx, sb_source *s)
{
    const char *name = NULL;
    const sb_yaml *at = sb_yaml_get(root, "from");
    SB_TRY(sb_yaml_text(root, "from", cx, &name));
    SB_TRY(sb_source_read(name, at, places, cx, &s->from));
    if (sb_yaml_get(root, "split"))
        return sb_yaml_fail(sb_yaml_get(root, "split"), cx,
                            "'split' and 'from' exclude each other: the parts are those of '%s'", name);
    if (s->from->from || s->from->generator)
        return sb_yaml_fail(at, cx, "'from' must name a data set with files of its own, '%s' has none", name);
    if (s->info.kind == SB_REGRESSION && !s->layout.target_column && !s->layout.targets[1])
        return sb_yaml_fail(root, cx, "lacks 'target_columns' or 'target_column' of the data set '%s'", name);
    if (s->info.kind == SB_CLASSIFICATION && s->from->info.kind == SB_REGRESSION && !s->layout.target_column)
        return sb_yaml_fail(root, cx, "lacks 'target_column': '%s' has no labels", name);
    return SB_OK;
}

static sb_status read_embeddings(const sb_yaml *root, const sb_places *places, sb_ctx *cx, sb_source *s)
{
    const sb_yaml *map = sb_yaml_get(root, "embeddings");
    const size_t n = map ? map->n : 0;
    if (map && map->kind != SB_YAML_MAP) return sb_yaml_fail(map, cx, "'embeddings' must be a map of NAME: file");
    sb_embedding_file *e = SB_NEW(cx->arena, n, sb_embedding_file);
    const char **names = SB_NEW(cx->arena, n + 1, const char *);
    if (!e || !names) SB_FAIL(cx->err, SB_ENOMEM, "%zu embeddings", n);
    for (size_t i = 0; i < n; i++) {
        names[i] = map->key[i]->text;
        if (strcmp(names[i], "raw") == 0)
            return sb_yaml_fail(map->key[i], cx, "'raw' is every data set's own features");
        SB_TRY(sb_embedding_file_read(map->item[i], names[i], s, cx, &e[i]));
        for (size_t p = 0; p < SB_PARTS; p++) {
            SB_TRY(sb_trust_apply(places, cx, &e[i].x[p]));
            SB_TRY(sb_trust_apply(places, cx, &e[i].label[p]));
        }
    }
    s->embedding = e;
    s->embeddings = n;
    s->info.embedding = names;
    return SB_OK;
}

static sb_status read_texts(const sb_yaml *root, sb_ctx *cx, sb_dataset_info *info)
{
    info->title = info->licence = info->source = info->citation = info->note = "";
    SB_TRY(sb_yaml_text(root, "name", cx, &info->name));
    if (!info->name) return sb_yaml_fail(root, cx, "lacks 'name'");
    if (strspn(info->name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(info->name))
        return sb_yaml_fail(sb_yaml_get(root, "name"), cx,
                            "'name' may have small letters, digits, '-', '_' and '.' only");
    SB_TRY(sb_yaml_text(root, "title", cx, &info->title));
    SB_TRY(sb_yaml_text(root, "licence", cx, &info->licence));
    SB_TRY(sb_yaml_text(root, "source", cx, &info->source));
    SB_TRY(sb_yaml_text(root, "citation", cx, &info->citation));
    SB_TRY(sb_yaml_text(root, "note", cx, &info->note));
    if (!*info->title) return sb_yaml_fail(root, cx, "lacks 'title'");
    if (!*info->licence) return sb_yaml_fail(root, cx, "lacks 'licence'");
    if (!*info->source) return sb_yaml_fail(root, cx, "lacks 'source'");
    return SB_OK;
}

/* What the target is and how the rows are divided, in words. */
static sb_status describe_parts(sb_source *s, sb_ctx *cx)
{
    const sb_layout *l = &s->layout;
    const char *labels = s->info.kind == SB_CLASSIFICATION ? "labels" : "targets";
    sb_buf target = {.arena = cx->arena}, split = {.arena = cx->arena};
    if (l->target_column)
        sb_buf_add(&target, "column %s", l->target_column);
    else if (l->targets[1])
        sb_buf_add(&target, "columns %zu to %zu", l->targets[0], l->targets[1] - 1);
    else
        sb_buf_add(&target, "%s of a file of their own", labels);
    for (size_t i = 0; i < s->label_values; i++)
        sb_buf_add(&target, "%s%.10g", i ? ", " : "; classes 0, 1, ... are written ", s->label_value[i]);
    if (s->test_fraction > 0)
        sb_buf_add(&split, "%.10g of the rows, drawn with seed %llu", s->test_fraction,
                   (unsigned long long)s->split_seed);
    else
        sb_buf_add(&split, "%s",
                   !s->info.n_test ? "none"
                   : s->from       ? "that of the data set it is made from"
                                   : "a file of its own");
    if (target.bad || split.bad) SB_FAIL(cx->err, SB_ENOMEM, "description of a data set");
    s->info.target = target.text;
    s->info.split = split.text;
    return SB_OK;
}

sb_status sb_source_yaml(const sb_yaml *root, const sb_places *places, sb_ctx *cx, const sb_source **out)
{
    sb_source *s = SB_NEW(cx->arena, 1, sb_source);
    if (!s) SB_FAIL(cx->err, SB_ENOMEM, "data set");
    SB_TRY(sb_yaml_keys(root, top_keys, cx));
    SB_TRY(read_texts(root, cx, &s->info));
    SB_TRY(read_kind(root, cx, &s->info.kind));
    SB_TRY(read_shape(root, cx, s));
    SB_TRY(sb_source_layout(root, cx, s));
    SB_TRY(read_split(root, cx, s));
    const bool files = sb_yaml_get(root, "files"), from = sb_yaml_get(root, "from");
    if (files == from) return sb_yaml_fail(root, cx, "needs either 'files' or 'from'");
    SB_TRY(files ? read_files(root, places, cx, s) : read_from(root, places, cx, s));
    SB_TRY(read_embeddings(root, places, cx, s));
    if (s->label_values && s->info.kind == SB_CLASSIFICATION && s->label_values != s->info.c)
        return sb_yaml_fail(sb_yaml_get(root, "label_values"), cx, "%zu 'label_values' for %zu classes",
                            s->label_values, s->info.c);
    if (s->label_values && s->info.kind == SB_REGRESSION)
        return sb_yaml_fail(sb_yaml_get(root, "label_values"), cx, "'label_values' are for classification");
    s->changed = "";
    SB_TRY(describe_parts(s, cx));
    *out = s;
    return SB_OK;
}

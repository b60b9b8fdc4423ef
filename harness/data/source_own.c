/* A config's {file: x.npy, labels: y.npy, ...} as a source. */
#include <string.h>

#include "source.h"

static const char *const keys[] = {"file",           "labels",        "targets",
                                   "test_file",      "test_labels",   "test_targets",
                                   "test_fraction",  "name",          "as",
                                   "rows",           "kind",          "title",
                                   "divide",         "target_column", "feature_columns",
                                   "target_columns", "label_values",  NULL};

/* "dir/my data.npy.gz" -> "my-data" */
static sb_status name_from_file(const sb_yaml *file, sb_ctx *cx, const char **name)
{
    const char *path = file->kind == SB_YAML_SCALAR ? file->text : NULL;
    if (!path) SB_TRY(sb_yaml_text(file, "path", cx, &path));
    if (!path) return sb_yaml_fail(file, cx, "'file' lacks the path of a file");
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *copy = sb_str_copy(cx->arena, base, strcspn(base, "."));
    if (!copy) SB_FAIL(cx->err, SB_ENOMEM, "name of a data set");
    for (char *p = copy; *p; p++)
        if (*p == ' ' || *p == '{' || *p == '}') *p = '-';
    *name = *copy ? copy : "data";
    return SB_OK;
}

static sb_status own_kind(const sb_yaml *node, sb_ctx *cx, sb_kind *kind)
{
    const char *text = NULL;
    SB_TRY(sb_yaml_text(node, "kind", cx, &text));
    const bool labels = sb_yaml_get(node, "labels"), targets = sb_yaml_get(node, "targets");
    const bool column = sb_yaml_get(node, "target_column"), columns = sb_yaml_get(node, "target_columns");
    if (labels + targets + column + columns != 1)
        return sb_yaml_fail(node, cx, "needs one of 'labels', 'targets', 'target_column' and 'target_columns'");
    if (column && !text) return sb_yaml_fail(node, cx, "'target_column' needs 'kind': classification or regression");
    if (text && strcmp(text, "classification") != 0 && strcmp(text, "regression") != 0)
        return sb_yaml_fail(sb_yaml_get(node, "kind"), cx, "'kind' is '%s', expected classification or regression",
                            text);
    *kind = labels || (column && *text == 'c') ? SB_CLASSIFICATION : SB_REGRESSION;
    if (text && (*text == 'c') != (*kind == SB_CLASSIFICATION))
        return sb_yaml_fail(sb_yaml_get(node, "kind"), cx,
                            "'kind' is '%s', but 'labels' make a classification and targets a regression", text);
    return SB_OK;
}

static sb_status own_file(const sb_yaml *node, const char *key, sb_ctx *cx, const sb_source *s, const sb_file_ref **out)
{
    const sb_yaml *entry = sb_yaml_get(node, key);
    return entry ? sb_file_ref_own(entry, s->info.name, key, NULL, NULL, cx, out) : SB_OK;
}

sb_status sb_source_features(const sb_yaml *at, sb_ctx *cx, const sb_source **out)
{
    sb_source *s = SB_NEW(cx->arena, 1, sb_source);
    const char **names = SB_NEW(cx->arena, 1, const char *);
    if (!s || !names) SB_FAIL(cx->err, SB_ENOMEM, "data set");
    s->info = (sb_dataset_info){.name = "features",
                                .title = "",
                                .licence = "",
                                .source = "own file",
                                .citation = "",
                                .note = "",
                                .kind = SB_REGRESSION,
                                .embedding = names};
    SB_TRY(sb_file_ref_own(at, s->info.name, "features", NULL, NULL, cx, &s->x[SB_TRAIN]));
    s->bare = true;
    s->divide = 1;
    s->changed = "";
    *out = s;
    return SB_OK;
}

sb_status sb_source_own(const sb_yaml *node, sb_ctx *cx, const sb_source **out)
{
    sb_source *s = SB_NEW(cx->arena, 1, sb_source);
    const char **names = SB_NEW(cx->arena, 1, const char *);
    if (!s || !names) SB_FAIL(cx->err, SB_ENOMEM, "data set");
    SB_TRY(sb_yaml_keys(node, keys, cx));
    s->info = (sb_dataset_info){
        .title = "", .licence = "", .source = "own files", .citation = "", .note = "", .embedding = names};
    SB_TRY(sb_yaml_text(node, "name", cx, &s->info.name));
    if (!s->info.name) SB_TRY(name_from_file(sb_yaml_get(node, "file"), cx, &s->info.name));
    SB_TRY(sb_yaml_text(node, "title", cx, &s->info.title));
    SB_TRY(own_kind(node, cx, &s->info.kind));
    SB_TRY(sb_source_layout(node, cx, s));
    SB_TRY(sb_yaml_real(node, "test_fraction", 1e-9, 1 - 1e-9, cx, &s->test_fraction));
    s->split_seed = SB_DATA_SEED;
    const bool label = s->info.kind == SB_CLASSIFICATION;
    SB_TRY(own_file(node, "file", cx, s, &s->x[SB_TRAIN]));
    SB_TRY(own_file(node, label ? "labels" : "targets", cx, s, &s->y[SB_TRAIN]));
    SB_TRY(own_file(node, "test_file", cx, s, &s->x[SB_TEST]));
    SB_TRY(own_file(node, label ? "test_labels" : "test_targets", cx, s, &s->y[SB_TEST]));
    const sb_yaml *wrong = sb_yaml_get(node, label ? "test_targets" : "test_labels");
    if (wrong)
        return sb_yaml_fail(wrong, cx, "a %s has no '%s'", label ? "classification" : "regression",
                            label ? "test_targets" : "test_labels");
    if (s->test_fraction > 0 && s->x[SB_TEST])
        return sb_yaml_fail(sb_yaml_get(node, "test_fraction"), cx,
                            "'test_fraction' and 'test_file' exclude each other");
    if (s->y[SB_TEST] && !s->x[SB_TEST]) return sb_yaml_fail(node, cx, "lacks 'test_file'");
    if (s->y[SB_TRAIN] && s->x[SB_TEST] && !s->y[SB_TEST])
        return sb_yaml_fail(node, cx, "lacks '%s' for 'test_file'", label ? "test_labels" : "test_targets");
    if (s->label_values && !label)
        return sb_yaml_fail(sb_yaml_get(node, "label_values"), cx, "'label_values' are for classification");
    s->info.c = s->label_values;
    s->changed = "";
    *out = s;
    return SB_OK;
}

/* The data entry of a config. */
#include <string.h>

#include "registry.h"
#include "source.h"

static sb_status no_memory(sb_ctx *cx) { SB_FAIL(cx->err, SB_ENOMEM, "data entry"); }

/* split: none. Every row is a training row: statements about the rows one selects from need no test part. */
static sb_status unsplit(const sb_yaml *node, sb_ctx *cx, const sb_source **source)
{
    const char *word = NULL;
    SB_TRY(sb_yaml_text(node, "split", cx, &word));
    if (!word) return SB_OK;
    const sb_yaml *at = sb_yaml_get(node, "split");
    const sb_source *s = *source;
    if (strcmp(word, "none") != 0)
        return sb_yaml_fail(at, cx, "'split' is '%s', only 'none' can be asked for here", word);
    if (!(s->test_fraction > 0) && !s->test_last)
        return sb_yaml_fail(at, cx, "'split: none' is for data sets whose test part is split off here, not '%s'",
                            s->info.name);
    sb_source *whole = SB_NEW(cx->arena, 1, sb_source);
    if (!whole) return no_memory(cx);
    *whole = *s;
    whole->test_fraction = 0;
    whole->test_last = 0;
    whole->info.n += whole->info.n_test;
    whole->info.n_test = 0;
    whole->info.split = "none: every row is a training row";
    whole->changed = *s->changed ? sb_str_format(cx->arena, "%s, split=none", s->changed) : "split=none";
    if (!whole->changed) return no_memory(cx);
    *source = whole;
    return SB_OK;
}

static sb_status named(const sb_yaml *node, const sb_places *places, sb_ctx *cx, const sb_source **source)
{
    static const char *const keys[] = {"name", "rows", "options", "as", "split", NULL};
    SB_TRY(sb_yaml_keys(node, keys, cx));
    const char *name = NULL, *code = NULL;
    SB_TRY(sb_yaml_text(node, "name", cx, &name));
    if (!name) return sb_yaml_fail(node, cx, "data entry needs 'name' (of a data set) or 'file' (of your own)");
    const sb_yaml *options = sb_yaml_get(node, "options");
    const sb_generator *g = sb_generator_find(name, &code);
    if (g) {
        SB_TRY(sb_source_generator(g, code, options, cx, source));
    } else {
        SB_TRY(sb_source_read(name, sb_yaml_get(node, "name"), places, cx, source));
        if (options) return sb_yaml_fail(options, cx, "'options' are for generators, '%s' is read from files", name);
    }
    return unsplit(node, cx, source);
}

/* "skmm{n=500, rows=100}" */
static const char *display_name(const sb_source *s, size_t rows, sb_arena *a)
{
    sb_buf b = {.arena = a};
    sb_buf_add(&b, "%s", s->info.name);
    if (rows || *s->changed) sb_buf_add(&b, "{%s%s", s->changed, rows && *s->changed ? ", " : "");
    if (rows) sb_buf_add(&b, "rows=%zu", rows);
    if (rows || *s->changed) sb_buf_add(&b, "}");
    return b.bad ? NULL : b.text;
}

/* What decides the content, with `rows`. */
static sb_status finish(sb_dataset_spec *spec, sb_ctx *cx)
{
    const char *text = sb_source_text(spec->source, cx->arena), *key = sb_source_key(spec->source, cx->arena);
    if (!spec->info.name || !text || !key) return no_memory(cx);
    spec->text = spec->rows ? sb_str_format(cx->arena, "%s rows=%zu", text, spec->rows) : text;
    spec->key = spec->rows ? sb_str_format(cx->arena, "%s rows=%zu", key, spec->rows) : key;
    return spec->text && spec->key ? SB_OK : no_memory(cx);
}

sb_status sb_dataset_features(const char *path, sb_ctx *cx, sb_dataset_spec **out)
{
    const sb_yaml at = {.kind = SB_YAML_SCALAR, .file = "--features", .line = 1, .column = 1, .text = path};
    sb_dataset_spec *spec = SB_NEW(cx->arena, 1, sb_dataset_spec);
    if (!spec) return no_memory(cx);
    const sb_yaml *file = &at;
    if (*path == '{') SB_TRY(sb_yaml_parse(path, strlen(path), at.file, cx, &file));
    SB_TRY(sb_source_features(file, cx, &spec->source));
    spec->info = spec->source->info;
    *out = spec;
    return finish(spec, cx);
}

sb_status sb_dataset_parse(const sb_yaml *node, const sb_places *places, sb_ctx *cx, sb_dataset_spec **out)
{
    sb_dataset_spec *spec = SB_NEW(cx->arena, 1, sb_dataset_spec);
    if (!spec) return no_memory(cx);
    const char *as = NULL;
    if (node->kind == SB_YAML_SCALAR) {
        SB_TRY(sb_source_read(node->text, node, places, cx, &spec->source));
    } else if (node->kind == SB_YAML_MAP) {
        if (sb_yaml_get(node, "file"))
            SB_TRY(sb_source_own(node, cx, &spec->source));
        else
            SB_TRY(named(node, places, cx, &spec->source));
        SB_TRY(sb_yaml_size(node, "rows", 1, UINT32_MAX, cx, &spec->rows));
        SB_TRY(sb_yaml_text(node, "as", cx, &as));
    } else {
        return sb_yaml_fail(node, cx, "expected the name of a data set or a map, not a list");
    }
    const sb_source *s = spec->source;
    spec->at = node;
    spec->info = s->info;
    if (spec->rows && s->info.n && spec->rows > s->info.n)
        return sb_yaml_fail(sb_yaml_get(node, "rows"), cx, "'rows' is %zu, above the %zu training rows of '%s'",
                            spec->rows, s->info.n, s->info.name);
    if (spec->rows) spec->info.n = spec->rows;
    spec->info.name = as ? as : display_name(s, spec->rows, cx->arena);
    *out = spec;
    return finish(spec, cx);
}

bool sb_dataset_splits(const sb_dataset_spec *spec) { return spec->source->test_fraction > 0; }

sb_status sb_dataset_resplit(sb_dataset_spec *spec, unsigned draw, sb_ctx *cx)
{
    sb_source *other = SB_NEW(cx->arena, 1, sb_source);
    if (!other) return no_memory(cx);
    *other = *spec->source;
    other->split_seed += draw;
    spec->source = other;
    return finish(spec, cx);
}

const sb_dataset_info *sb_dataset_spec_info(const sb_dataset_spec *spec) { return &spec->info; }
const char *sb_dataset_spec_text(const sb_dataset_spec *spec) { return spec->text; }
const char *sb_dataset_spec_set(const sb_dataset_spec *spec) { return spec->source->info.name; }

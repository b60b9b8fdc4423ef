/* The embedding entry of a config: parsing, and running a transform. */
#include "embedding.h"

#include <string.h>

#include "registry.h"

static sb_status no_memory(sb_ctx *cx) { SB_FAIL(cx->err, SB_ENOMEM, "embedding entry"); }

static sb_status transform_step(const sb_transform *t, const char *code, const sb_yaml *options, sb_ctx *cx,
                                sb_embedding_step *step)
{
    void *set = sb_arena_alloc(cx->arena, 1, t->option_size);
    if (!set) return no_memory(cx);
    sb_param_defaults(t->options, set, cx);
    const bool none = !options || (options->kind == SB_YAML_SCALAR && !*options->text);
    if (!none && options->kind != SB_YAML_MAP)
        return sb_yaml_fail(options, cx, "options of '%s' must be a map", t->name);
    for (size_t i = 0; !none && i < options->n; i++) {
        const char *text = NULL;
        SB_TRY(sb_yaml_flat(options->item[i], cx, &text));
        const sb_status st = sb_param_set(t->options, set, options->key[i]->text, text, cx);
        if (st != SB_OK) return sb_yaml_where(options->key[i], st, cx);
    }
    sb_buf name = {.arena = cx->arena}, all = {.arena = cx->arena};
    sb_buf_add(&name, "%s", t->name);
    sb_buf_add(&all, "%s", t->name);
    for (const sb_param *row = t->options, *first = row; row && row->name; row++) {
        const char *text = sb_param_text(row, set, cx->arena);
        if (!text) return no_memory(cx);
        sb_buf_add(&all, "%s%s=%s", row == first ? "{" : ", ", row->name, text);
        if (none || !sb_yaml_get(options, row->name)) continue;
        sb_buf_add(&name, "%s%s=%s", strchr(name.text, '{') ? ", " : "{", row->name, text);
    }
    if (all.text && strchr(all.text, '{')) sb_buf_add(&all, "}");
    if (name.text && strchr(name.text, '{')) sb_buf_add(&name, "}");
    if (name.bad || all.bad) return no_memory(cx);
    *step = (sb_embedding_step){.transform = t, .code = code, .options = set, .name = name.text, .text = all.text};
    return SB_OK;
}

static sb_status file_step(const sb_embedding_file *e, sb_ctx *cx, sb_embedding_step *step)
{
    *step = (sb_embedding_step){.file = e, .name = e->name, .text = sb_embedding_file_text(e, cx->arena)};
    return step->text ? SB_OK : no_memory(cx);
}

static sb_status unknown(const sb_yaml *at, const char *name, const sb_source *s, sb_ctx *cx)
{
    const char *names[128] = {"raw"};
    size_t n = 1;
    for (size_t i = 0; i < s->embeddings && n < 100; i++) names[n++] = s->embedding[i].name;
    for (const sb_transform_entry *e = sb_transform_table; e->plugin && n < 127; e++) names[n++] = e->plugin->name;
    const char *near = sb_nearest(name, names);
    sb_buf all = {.arena = cx->arena};
    for (size_t i = 0; i < n; i++) sb_buf_add(&all, "%s%s", i ? ", " : "", names[i]);
    const sb_status st =
        near ? sb_err_set(cx->err, SB_ENOTFOUND, __FILE__, __LINE__,
                          "unknown embedding '%.80s' of '%s', did you mean '%s'?", name, s->info.name, near)
             : sb_err_set(cx->err, SB_ENOTFOUND, __FILE__, __LINE__, "unknown embedding '%.80s' of '%s' (%s)", name,
                          s->info.name, all.bad ? "" : all.text);
    return sb_yaml_where(at, st, cx);
}

/* raw: *used = false. */
static sb_status named_step(const sb_yaml *at, const char *name, const sb_yaml *options, const sb_source *s, sb_ctx *cx,
                            sb_embedding_step *step, bool *used)
{
    const char *code = NULL;
    *used = strcmp(name, "raw") != 0;
    if (!*used) return options ? sb_yaml_fail(at, cx, "'raw' has no options") : SB_OK;
    if (!options && strcmp(name, "view") == 0 && sb_source_shape(s).view_d) {
        *step = (sb_embedding_step){.view = s, .name = "view", .text = "view"};
        return SB_OK;
    }
    for (size_t i = 0; i < s->embeddings && !options; i++)
        if (strcmp(s->embedding[i].name, name) == 0) return file_step(&s->embedding[i], cx, step);
    const sb_transform *t = sb_transform_find(name, &code);
    return t ? transform_step(t, code, options, cx, step) : unknown(at, name, s, cx);
}

static sb_status parse_step(const sb_yaml *node, const sb_source *s, sb_ctx *cx, sb_embedding_step *step, bool *used)
{
    *used = true;
    if (node->kind == SB_YAML_SCALAR) return named_step(node, node->text, NULL, s, cx, step, used);
    if (node->kind == SB_YAML_LIST) return sb_yaml_fail(node, cx, "a list of embeddings inside a list");
    if (sb_yaml_get(node, "file")) {
        sb_embedding_file *e = SB_NEW(cx->arena, 1, sb_embedding_file);
        if (!e) return no_memory(cx);
        SB_TRY(sb_embedding_file_own(node, s->info.name, cx, e));
        return file_step(e, cx, step);
    }
    if (node->n != 1)
        return sb_yaml_fail(node, cx, "expected {file: ...} or one {TRANSFORM: {options}}, steps go into a list");
    return named_step(node->key[0], node->key[0]->text, node->item[0], s, cx, step, used);
}

sb_status sb_embedding_parse(const sb_yaml *node, const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx,
                             sb_embedding_spec **out)
{
    (void)places;
    const size_t n = node->kind == SB_YAML_LIST ? node->n : 1;
    sb_embedding_spec *spec = SB_NEW(cx->arena, 1, sb_embedding_spec);
    sb_embedding_step *step = SB_NEW(cx->arena, n, sb_embedding_step);
    if (!spec || !step) return no_memory(cx);
    if (n == 0) return sb_yaml_fail(node, cx, "an empty list of embedding steps");
    sb_buf name = {.arena = cx->arena}, text = {.arena = cx->arena};
    for (size_t i = 0; i < n; i++) {
        const sb_yaml *item = node->kind == SB_YAML_LIST ? node->item[i] : node;
        sb_embedding_step *at = &step[spec->steps];
        bool used = false;
        SB_TRY(parse_step(item, data->source, cx, at, &used));
        at->at = item->line ? item : NULL;
        if (i && (!used || at->file || at->view))
            return sb_yaml_fail(item, cx, "only the first step may be 'raw' or a file, then come transforms");
        if (!used) continue;
        sb_buf_add(&name, "%s%s", spec->steps ? "+" : "", at->name);
        sb_buf_add(&text, "%s%s", spec->steps ? "+" : "", at->text);
        spec->steps++;
    }
    if (name.bad || text.bad) return no_memory(cx);
    spec->step = step;
    spec->name = name.text ? name.text : "raw";
    spec->text = text.text ? text.text : "raw";
    *out = spec;
    return SB_OK;
}

sb_status sb_view_parse(const sb_yaml *node, const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx,
                        sb_embedding_spec **out)
{
    static const sb_yaml own = {.kind = SB_YAML_SCALAR, .file = "default", .text = "view"};
    const bool none = node && node->kind == SB_YAML_SCALAR && strcmp(node->text, "none") == 0;
    *out = NULL;
    if (none || (!node && !sb_source_shape(data->source).view_d)) return SB_OK;
    return sb_embedding_parse(node ? node : &own, data, places, cx, out);
}

const char *sb_embedding_spec_name(const sb_embedding_spec *spec) { return spec->name; }
const char *sb_embedding_spec_text(const sb_embedding_spec *spec) { return spec->text; }
const char *sb_embedding_spec_file(const sb_embedding_spec *spec)
{
    return spec->steps && spec->step[0].file ? spec->step[0].file->name : NULL;
}

/* Room for n x columns features: in memory, or in a scratch file when there are very many. */
static sb_status room(size_t n, size_t columns, const sb_places *places, sb_maps *maps, sb_ctx *cx, void **out)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(n * sizeof(float), columns, &bytes))
        SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu features", n, columns);
    if (bytes >= SB_MAP_SCRATCH_BYTES) {
        const char *folder = sb_str_format(cx->arena, "%s/data", places->cache);
        if (!folder) return no_memory(cx);
        const sb_status st = sb_maps_scratch(maps, folder, bytes, cx, out);
        return st == SB_OK ? st : sb_err_in(cx->err, st, "%zu x %zu features", n, columns);
    }
    *out = SB_NEW(cx->arena, n * columns, float);
    if (!*out) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu features", n, columns);
    return SB_OK;
}

sb_status sb_transform_run(const sb_embedding_step *step, sb_mat train, sb_mat rows, const sb_places *places,
                           sb_maps *maps, sb_ctx *cx, sb_array *train_out, sb_array *rows_out)
{
    sb_ctx own = {.arena = cx->arena, .err = cx->err, .seed = SB_DATA_SEED, .path = step->transform->name};
    size_t columns = 0;
    SB_TRY(step->transform->columns(step->options, train.n, train.d, &own, &columns));
    *train_out = (sb_array){.type = SB_F32, .dims = 2, .shape = {train.n, columns}};
    *rows_out = (sb_array){.type = SB_F32, .dims = 2, .shape = {rows.n, columns}};
    SB_TRY(room(train.n, columns, places, maps, cx, &train_out->data));
    SB_TRY(room(rows.n, columns, places, maps, cx, &rows_out->data));
    return step->transform->run(step->options, train, rows, &own, train_out->data, rows_out->data);
}

sb_status sb_embedding_transform_parts(const sb_embedding_step *step, const sb_cached *in, const sb_places *places,
                                       sb_ctx *cx, sb_parts *t)
{
    const sb_cache_head *h = in->head;
    sb_mat x[SB_PARTS];
    for (size_t p = 0; p < SB_PARTS; p++) x[p] = (sb_mat){sb_cache_section(in, SB_X + p), h->n[p], h->d, h->d};
    sb_array *a = SB_NEW(cx->arena, SB_PARTS, sb_array);
    if (!a) return no_memory(cx);
    SB_TRY(sb_transform_run(step, x[SB_TRAIN], x[SB_TEST], places, &t->maps, cx, &a[SB_TRAIN], &a[SB_TEST]));
    t->features_only = true;
    for (size_t p = 0; p < SB_PARTS; p++)
        if (h->n[p]) t->x[p] = sb_view_all(&a[p]);
    return SB_OK;
}

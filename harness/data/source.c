#include "source.h"

#include <string.h>

#include "file.h"
#include "registry.h"
#include "str.h"

static sb_status no_memory(sb_ctx *cx) { SB_FAIL(cx->err, SB_ENOMEM, "description of a data set"); }

/* What a generated set brings beside its rows. */
static const char *extras(const sb_shape *shape, sb_arena *a)
{
    sb_buf b = {.arena = a};
    sb_buf_add(&b, "%s", "");
    if (shape->view_d) sb_buf_add(&b, "a second view, the embedding 'view', of %zu columns", shape->view_d);
    if (shape->target_n) sb_buf_add(&b, "%sa target set of %zu rows", b.size ? "; " : "", shape->target_n);
    return b.bad ? NULL : b.text;
}

sb_status sb_source_generator(const sb_generator *g, const char *code, const sb_yaml *options, sb_ctx *cx,
                              const sb_source **out)
{
    sb_source *s = SB_NEW(cx->arena, 1, sb_source);
    void *set = sb_arena_alloc(cx->arena, 1, g->option_size);
    const char **names = SB_NEW(cx->arena, 1, const char *);
    if (!s || !set || !names) return no_memory(cx);
    sb_param_defaults(g->options, set, cx);
    sb_buf changed = {.arena = cx->arena};
    if (options && options->kind != SB_YAML_MAP) return sb_yaml_fail(options, cx, "'options' must be a map");
    for (size_t i = 0; options && i < options->n; i++) {
        const char *text = NULL;
        SB_TRY(sb_yaml_flat(options->item[i], cx, &text));
        const sb_status st = sb_param_set(g->options, set, options->key[i]->text, text, cx);
        if (st != SB_OK) return sb_yaml_where(options->key[i], st, cx);
    }
    for (const sb_param *row = g->options; row && row->name; row++) {
        if (!options || !sb_yaml_get(options, row->name)) continue;
        const char *text = sb_param_text(row, set, cx->arena);
        sb_buf_add(&changed, "%s%s=%s", changed.size ? ", " : "", row->name, text ? text : "");
    }
    if (changed.bad) return no_memory(cx);
    sb_shape shape = {0};
    g->shape(set, &shape);
    const char *note = extras(&shape, cx->arena);
    if (!note) return no_memory(cx);
    s->info = (sb_dataset_info){.name = g->name,
                                .title = g->summary,
                                .licence = "generated",
                                .source = g->source,
                                .citation = "",
                                .note = note,
                                .kind = g->kind,
                                .n = shape.n,
                                .n_test = shape.n_test,
                                .d = shape.d,
                                .c = shape.c,
                                .t = shape.t,
                                .generated = true,
                                .embedding = names};
    s->generator = g;
    s->generator_code = code;
    s->options = set;
    s->changed = changed.text ? changed.text : "";
    s->divide = 1;
    *out = s;
    return SB_OK;
}

/* Names of all data sets, for the nearest one. */
static sb_status all_names(const sb_places *places, sb_ctx *cx, const char ***names)
{
    const char **file = NULL, *folder = sb_file_join(cx->arena, places->home, "datasets");
    size_t files = 0, n = 0, generators = 0;
    if (!folder) return no_memory(cx);
    const sb_status st = sb_file_list(folder, cx, &file, &files);
    if (st != SB_OK && st != SB_ENOTFOUND) return st;
    while (sb_generator_table[generators].plugin) generators++;
    const char **list = SB_NEW(cx->arena, files + generators + 1, const char *);
    if (!list) return no_memory(cx);
    for (size_t i = 0; i < files; i++)
        if (sb_str_ends(file[i], ".yaml") && !(list[n++] = sb_str_copy(cx->arena, file[i], strlen(file[i]) - 5)))
            return no_memory(cx);
    for (size_t i = 0; i < generators; i++) list[n++] = sb_generator_table[i].plugin->name;
    *names = list;
    return SB_OK;
}

static sb_status unknown_name(const char *name, const sb_yaml *at, const sb_places *places, sb_ctx *cx)
{
    const char **names = NULL;
    SB_TRY(all_names(places, cx, &names));
    const char *near = sb_nearest(name, names);
    const sb_status st = near ? sb_err_set(cx->err, SB_ENOTFOUND, __FILE__, __LINE__,
                                           "unknown data set '%.80s', did you mean '%s'?", name, near)
                              : sb_err_set(cx->err, SB_ENOTFOUND, __FILE__, __LINE__,
                                           "unknown data set '%.80s' (selbench list datasets shows them all)", name);
    return at ? sb_yaml_where(at, st, cx) : st;
}

/* Beside the config that names it, or from the current folder. */
static const char *yaml_path(const char *name, const sb_yaml *at, sb_arena *a)
{
    const char *slash = at && *name != '/' ? strrchr(at->file, '/') : NULL;
    const char *beside = slash ? sb_str_format(a, "%.*s/%s", (int)(slash - at->file), at->file, name) : NULL;
    return beside && sb_file_exists(beside) ? beside : name;
}

sb_status sb_source_read(const char *name, const sb_yaml *at, const sb_places *places, sb_ctx *cx,
                         const sb_source **out)
{
    const char *code = NULL, *path = NULL;
    const sb_generator *g = sb_generator_find(name, &code);
    if (g) return sb_source_generator(g, code, NULL, cx, out);
    const bool own = sb_str_ends(name, ".yaml");
    if (!own && (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(name)))
        return unknown_name(name, at, places, cx);
    path = own ? yaml_path(name, at, cx->arena) : sb_str_format(cx->arena, "%s/datasets/%s.yaml", places->home, name);
    if (!path) return no_memory(cx);
    if (!sb_file_exists(path)) return unknown_name(name, at, places, cx);
    const sb_yaml *root = NULL;
    SB_TRY(sb_yaml_read(path, cx, &root));
    SB_TRY(sb_source_yaml(root, places, cx, out));
    if (!own && strcmp((*out)->info.name, name) != 0)
        return sb_yaml_fail(sb_yaml_get(root, "name"), cx, "'name' is '%s', but the file is '%s.yaml'",
                            (*out)->info.name, name);
    return SB_OK;
}

static void add_file(sb_buf *b, const sb_file_ref *f)
{
    const char *text = f ? sb_file_ref_text(f, b->arena) : NULL;
    if (f) sb_buf_add(b, ", %s=%s", f->role, text ? text : "");
    if (f && !text) b->bad = true;
}

static void add_generator(sb_buf *b, const sb_source *s)
{
    for (const sb_param *row = s->generator->options; row && row->name; row++) {
        const char *text = sb_param_text(row, s->options, b->arena);
        sb_buf_add(b, ", %s=%s", row->name, text ? text : "");
        if (!text) b->bad = true;
    }
}

static void add_source(sb_buf *b, const sb_source *s)
{
    sb_buf_add(b, "%s{%s", s->info.name, s->info.kind == SB_CLASSIFICATION ? "classification" : "regression");
    for (size_t p = 0; p < SB_PARTS; p++) {
        add_file(b, s->x[p]);
        add_file(b, s->y[p]);
    }
    if (s->generator) add_generator(b, s);
    if (s->from) {
        sb_buf_add(b, ", from=");
        add_source(b, s->from);
    }
    if (s->divide != 1) sb_buf_add(b, ", divide=%.17g", s->divide);
    const sb_layout *l = &s->layout;
    if (l->features[1]) sb_buf_add(b, ", feature_columns=[%zu, %zu]", l->features[0], l->features[1]);
    if (l->targets[1]) sb_buf_add(b, ", target_columns=[%zu, %zu]", l->targets[0], l->targets[1]);
    if (l->target_column) sb_buf_add(b, ", target_column=%s", l->target_column);
    for (size_t i = 0; i < s->label_values; i++)
        sb_buf_add(b, "%s%.17g%s", i ? ", " : ", label_values=[", s->label_value[i],
                   i + 1 == s->label_values ? "]" : "");
    if (s->test_fraction > 0)
        sb_buf_add(b, ", test_fraction=%.17g, split_seed=%llu", s->test_fraction, (unsigned long long)s->split_seed);
    if (s->test_last) sb_buf_add(b, ", test_last=%zu", s->test_last);
    sb_buf_add(b, "}");
}

const char *sb_source_text(const sb_source *s, sb_arena *a)
{
    sb_buf b = {.arena = a};
    add_source(&b, s);
    return b.bad ? NULL : b.text;
}

void sb_file_ref_code(sb_buf *b, const sb_file_ref *f)
{
    const char *code = "";
    if (f && f->format && sb_reader_find(f->format, &code)) sb_buf_add(b, " %s:%s", f->format, code);
    if (!f || f->format) return;
    for (const sb_reader_entry *e = sb_reader_table; e->plugin; e++) /* by suffix: any of them */
        sb_buf_add(b, " %s:%s", e->plugin->name, e->code);
}

/* The declared shape is checked when the data are parsed: another one must not find the old cache file. */
static void add_shape(sb_buf *b, const sb_source *s)
{
    const sb_dataset_info *i = &s->info;
    if (s->shape) sb_buf_add(b, " shape=%zu,%zu,%zu,%zu,%zu", i->n, i->n_test, i->d, i->c, i->t);
    if (s->from) add_shape(b, s->from);
}

const char *sb_source_key(const sb_source *s, sb_arena *a)
{
    sb_buf b = {.arena = a};
    add_source(&b, s);
    add_shape(&b, s);
    const sb_source *files = s->from ? s->from : s;
    for (size_t p = 0; p < SB_PARTS; p++) {
        sb_file_ref_code(&b, files->x[p]);
        sb_file_ref_code(&b, files->y[p]);
    }
    if (s->generator) sb_buf_add(&b, " %s:%s", s->generator->name, s->generator_code);
    return b.bad ? NULL : b.text;
}

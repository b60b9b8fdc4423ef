/* Lists of methods and models in a config: names with options, option lists expanded to a grid. */
#include <string.h>

#include "config.h"
#include "registry.h"
#include "str.h"

enum { ENTRIES_MAX = 256 };

/* A plug-in of either kind, as far as its options go. */
typedef struct plugin {
    const char *name, *code;
    const void *self;
    size_t option_size;
    const sb_param *options;
} plugin;

typedef struct entry {
    plugin p;
    void *options;
    const char *label, *text, *stream;
    const sb_yaml *at;
} entry;

typedef sb_status (*lookup)(const char *name, sb_ctx *cx, plugin *out);

static sb_status find_method(const char *name, sb_ctx *cx, plugin *out)
{
    const sb_method *m = NULL;
    SB_TRY(sb_method_get(name, cx, &m, &out->code));
    *out = (plugin){m->name, out->code, m, m->option_size, m->options};
    return SB_OK;
}

static sb_status find_model(const char *name, sb_ctx *cx, plugin *out)
{
    const sb_model *m = NULL;
    SB_TRY(sb_model_get(name, cx, &m, &out->code));
    *out = (plugin){m->name, out->code, m, m->option_size, m->options};
    return SB_OK;
}

static const sb_param *find_option(const plugin *p, const char *name)
{
    for (const sb_param *row = p->options; row && row->name; row++)
        if (strcmp(row->name, name) == 0) return row;
    return NULL;
}

/* Does this key's value span a grid: a list for an option that is not itself a list. */
static bool spans(const plugin *p, const sb_yaml *value, const char *key)
{
    const sb_param *row = find_option(p, key);
    return value->kind == SB_YAML_LIST && !(row && row->type == SB_P_REALS);
}

/* name{a=1,b=2}; only_changed: options at their default are left out. */
static const char *describe(const plugin *p, const void *options, bool only_changed, sb_ctx *cx)
{
    sb_buf b = {.arena = cx->arena};
    sb_buf_add(&b, "%s", p->name);
    size_t shown = 0;
    void *fallback = sb_arena_alloc(cx->arena, 1, p->option_size);
    if (!fallback) return NULL;
    sb_param_defaults(p->options, fallback, cx);
    for (const sb_param *row = p->options; row && row->name; row++) {
        const char *v = sb_param_text(row, options, cx->arena), *d = sb_param_text(row, fallback, cx->arena);
        if (!v || !d) return NULL;
        if (only_changed && strcmp(v, d) == 0) continue;
        sb_buf_add(&b, "%s%s=%s", shown++ ? "," : "{", row->name, v);
    }
    if (shown) sb_buf_add(&b, "}");
    return b.bad ? NULL : b.text;
}

/* Sets the options of grid point `point`; writes the label from the options that were given. */
static sb_status fill(const plugin *p, const sb_yaml *map, size_t point, sb_ctx *cx, entry *e)
{
    e->p = *p;
    e->options = sb_arena_alloc(cx->arena, 1, p->option_size);
    if (!e->options) SB_FAIL(cx->err, SB_ENOMEM, "options of '%s'", p->name);
    sb_param_defaults(p->options, e->options, cx);
    sb_buf label = {.arena = cx->arena}, grid = {.arena = cx->arena};
    const char *as = NULL;
    for (size_t i = 0; map && i < map->n; i++) {
        const char *key = map->key[i]->text, *text = NULL;
        const sb_yaml *value = map->item[i];
        if (strcmp(key, "as") == 0) {
            SB_TRY(sb_yaml_flat(value, cx, &as));
            continue;
        }
        const bool grid_axis = spans(p, value, key);
        if (grid_axis) {
            const sb_yaml *list = value;
            value = list->item[point % list->n];
            point /= list->n;
        }
        SB_TRY(sb_yaml_flat(value, cx, &text));
        const sb_status st = sb_param_set(p->options, e->options, key, text, cx);
        if (st != SB_OK) {
            (void)sb_err_in(cx->err, st, "%s", p->name);
            return sb_yaml_where(find_option(p, key) ? value : map->key[i], st, cx);
        }
        sb_buf_add(&label, "%s%s=%s", label.size ? "," : "{", key, text);
        if (grid_axis) sb_buf_add(&grid, "%s%s=%s", grid.size ? "," : "{", key, text);
    }
    const sb_buf *tail = as ? &grid : &label;
    e->label =
        sb_str_format(cx->arena, "%s%s%s", as ? as : p->name, tail->size ? tail->text : "", tail->size ? "}" : "");
    e->text = describe(p, e->options, false, cx);
    e->stream = describe(p, e->options, true, cx);
    if (label.bad || grid.bad || !e->label || !e->text || !e->stream)
        SB_FAIL(cx->err, SB_ENOMEM, "label of '%s'", p->name);
    return SB_OK;
}

static sb_status read_entry(const sb_yaml *node, lookup find, sb_ctx *cx, entry *list, size_t *count)
{
    const sb_yaml *map = NULL, *name = node;
    if (node->kind == SB_YAML_MAP && node->n == 1) {
        name = node->key[0];
        map = node->item[0];
        if (map->kind == SB_YAML_SCALAR && map->text[0] == '\0') map = NULL; /* "uniform:" without options */
        if (map && map->kind != SB_YAML_MAP) return sb_yaml_fail(map, cx, "options of '%s' must be a map", name->text);
    } else if (node->kind != SB_YAML_SCALAR) {
        return sb_yaml_fail(node, cx, "expected a name, or one name with a map of options");
    }
    plugin p = {0};
    const sb_status st = find(name->text, cx, &p);
    if (st != SB_OK) return sb_yaml_where(name, SB_ECONFIG, cx);
    size_t points = 1;
    for (size_t i = 0; map && i < map->n; i++) {
        if (strcmp(map->key[i]->text, "as") == 0 || !spans(&p, map->item[i], map->key[i]->text)) continue;
        if (map->item[i]->n == 0) return sb_yaml_fail(map->item[i], cx, "empty list");
        points *= map->item[i]->n;
        if (points > ENTRIES_MAX) return sb_yaml_fail(node, cx, "more than %d combinations", ENTRIES_MAX);
    }
    for (size_t point = 0; point < points; point++) {
        if (*count == ENTRIES_MAX) return sb_yaml_fail(node, cx, "more than %d entries", ENTRIES_MAX);
        SB_TRY(fill(&p, map, point, cx, &list[*count]));
        list[*count].at = node;
        for (size_t i = 0; i < *count; i++) {
            if (strcmp(list[i].text, list[*count].text) == 0)
                return sb_yaml_fail(node, cx, "'%s' is the same as '%s': equal options, equal draws",
                                    list[*count].label, list[i].label);
            if (strcmp(list[i].label, list[*count].label) == 0)
                return sb_yaml_fail(node, cx, "the label '%s' is used twice", list[i].label);
        }
        (*count)++;
    }
    return SB_OK;
}

static sb_status read_list(const sb_yaml *node, lookup find, sb_ctx *cx, entry **out, size_t *count)
{
    entry *list = SB_NEW(cx->arena, ENTRIES_MAX, entry);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "list of plug-ins");
    *count = 0;
    if (node->kind != SB_YAML_LIST)
        SB_TRY(read_entry(node, find, cx, list, count));
    else if (node->n == 0)
        return sb_yaml_fail(node, cx, "empty list");
    for (size_t i = 0; node->kind == SB_YAML_LIST && i < node->n; i++)
        SB_TRY(read_entry(node->item[i], find, cx, list, count));
    *out = list;
    return SB_OK;
}

sb_status sb_config_methods(const sb_yaml *list, sb_ctx *cx, sb_method_use **out, size_t *count)
{
    entry *e = NULL;
    SB_TRY(read_list(list, find_method, cx, &e, count));
    sb_method_use *use = SB_NEW(cx->arena, *count, sb_method_use);
    if (!use) SB_FAIL(cx->err, SB_ENOMEM, "%zu methods", *count);
    for (size_t i = 0; i < *count; i++)
        use[i] = (sb_method_use){e[i].p.self, e[i].p.code, e[i].options, e[i].label, e[i].text, e[i].stream, e[i].at};
    *out = use;
    return SB_OK;
}

sb_status sb_config_models(const sb_yaml *list, sb_ctx *cx, sb_model_spec **out, size_t *count)
{
    entry *e = NULL;
    SB_TRY(read_list(list, find_model, cx, &e, count));
    sb_model_spec *use = SB_NEW(cx->arena, *count, sb_model_spec);
    if (!use) SB_FAIL(cx->err, SB_ENOMEM, "%zu models", *count);
    for (size_t i = 0; i < *count; i++)
        use[i] = (sb_model_spec){{e[i].p.self, e[i].options}, e[i].p.code, e[i].label, e[i].text};
    *out = use;
    return SB_OK;
}

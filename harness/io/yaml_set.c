/* One value of a YAML tree replaced: only the nodes on the way are copied, the rest is shared with the old tree. */
#include "yaml.h"

#include <string.h>

#include "str.h"

enum { STEPS_LIMIT = 64 };

typedef struct change {
    const char *path; /* whole, for messages */
    const sb_yaml *value;
    sb_ctx *cx;
} change;

static sb_status no_memory(const change *c) { SB_FAIL(c->cx->err, SB_ENOMEM, "change of '%s'", c->path); }

static bool is_blank(const sb_yaml *node) { return node->kind == SB_YAML_SCALAR && !node->quoted && !*node->text; }

static sb_yaml *node_new(const change *c, sb_yaml_kind kind)
{
    sb_yaml *node = SB_NEW(c->cx->arena, 1, sb_yaml);
    if (node) *node = (sb_yaml){.kind = kind, .file = "--set", .line = 1, .column = 1};
    return node;
}

/* A copy of node with room for one more child. */
static sb_yaml *node_copy(const change *c, const sb_yaml *node)
{
    sb_yaml *copy = SB_NEW(c->cx->arena, 1, sb_yaml);
    const sb_yaml **item = SB_NEW(c->cx->arena, node->n + 1, const sb_yaml *);
    const sb_yaml **key = SB_NEW(c->cx->arena, node->n + 1, const sb_yaml *);
    if (!copy || !item || !key) return NULL;
    if (node->n) memcpy(item, node->item, node->n * sizeof *item);
    if (node->n && node->kind == SB_YAML_MAP) memcpy(key, node->key, node->n * sizeof *key);
    *copy = *node;
    copy->item = item;
    copy->key = node->kind == SB_YAML_MAP ? key : NULL;
    return copy;
}

static sb_status position_in(const change *c, const sb_yaml *node, const char *step, size_t *at)
{
    if (node->kind == SB_YAML_MAP) {
        *at = 0;
        while (*at < node->n && strcmp(node->key[*at]->text, step) != 0) ++*at;
        return SB_OK;
    }
    if (node->kind == SB_YAML_SCALAR)
        SB_FAIL(c->cx->err, SB_ECONFIG, "--set %s: '%s' would lie inside the value '%.80s' (%s:%zu:%zu)", c->path, step,
                node->text, node->file, node->line, node->column);
    unsigned long long i = 0;
    if (!sb_str_size(step, &i))
        SB_FAIL(c->cx->err, SB_ECONFIG, "--set %s: '%s' is no position in the list at %s:%zu:%zu (0 to %zu)", c->path,
                step, node->file, node->line, node->column, node->n ? node->n - 1 : 0);
    if (i >= node->n)
        SB_FAIL(c->cx->err, SB_ECONFIG, "--set %s: position %llu is beyond the list at %s:%zu:%zu, which has %zu",
                c->path, i, node->file, node->line, node->column, node->n);
    *at = (size_t)i;
    return SB_OK;
}

/* node NULL: nothing is there yet */
static sb_status set_at(const change *c, const sb_yaml *node, const char *rest, size_t steps, const sb_yaml **out)
{
    if (!rest) {
        *out = c->value;
        return SB_OK;
    }
    const char *dot = strchr(rest, '.');
    const size_t size = dot ? (size_t)(dot - rest) : strlen(rest);
    if (size == 0) SB_FAIL(c->cx->err, SB_ECONFIG, "--set %s: a name is missing in the path", c->path);
    if (steps == STEPS_LIMIT) SB_FAIL(c->cx->err, SB_ECONFIG, "--set: a path of more than %d steps", STEPS_LIMIT);
    const char *step = sb_str_copy(c->cx->arena, rest, size);
    sb_yaml *copy = node && !is_blank(node) ? node_copy(c, node) : NULL;
    if (!copy && (!node || is_blank(node))) {
        sb_yaml *map = node_new(c, SB_YAML_MAP);
        copy = map ? node_copy(c, map) : NULL;
    }
    if (!step || !copy) return no_memory(c);
    size_t at = 0;
    SB_TRY(position_in(c, copy, step, &at));
    const sb_yaml *below = at < copy->n ? copy->item[at] : NULL;
    SB_TRY(set_at(c, below, dot ? dot + 1 : NULL, steps + 1, &copy->item[at]));
    if (!below) {
        sb_yaml *key = node_new(c, SB_YAML_SCALAR);
        if (!key) return no_memory(c);
        key->text = step;
        copy->key[at] = key;
        copy->n++;
    }
    *out = copy;
    return SB_OK;
}

sb_status sb_yaml_set(const sb_yaml *root, const char *path, const char *value, sb_ctx *cx, const sb_yaml **changed)
{
    change c = {.path = path, .cx = cx};
    const sb_status st = sb_yaml_parse(value, strlen(value), "--set", cx, &c.value);
    if (st != SB_OK) return sb_err_in(cx->err, st, "value of %s", path);
    return set_at(&c, root, path, 0, changed);
}

/* Reading values out of a YAML tree, with messages that say where. */
#include "yaml.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "selbench/param.h"
#include "str.h"

sb_status sb_yaml_fail(const sb_yaml *at, sb_ctx *cx, const char *format, ...)
{
    char text[SB_ERR_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    SB_FAIL(cx->err, SB_ECONFIG, "%s:%zu:%zu: %s", at->file, at->line, at->column, text);
}

sb_status sb_yaml_where(const sb_yaml *at, sb_status st, sb_ctx *cx)
{
    return st == SB_OK ? st : sb_err_in(cx->err, st, "%s:%zu:%zu", at->file, at->line, at->column);
}

const sb_yaml *sb_yaml_get(const sb_yaml *map, const char *key)
{
    for (size_t i = 0; map->kind == SB_YAML_MAP && i < map->n; i++)
        if (strcmp(map->key[i]->text, key) == 0) return map->item[i];
    return NULL;
}

static bool is_listed(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0) return true;
    return false;
}

static sb_status unknown_key(const sb_yaml *key, const char *const *allowed, sb_ctx *cx)
{
    char all[SB_ERR_TEXT / 2] = "";
    size_t used = 0;
    for (size_t i = 0; allowed[i]; i++) {
        const int w = snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", allowed[i]);
        if (w < 0 || used + (size_t)w >= sizeof all) break;
        used += (size_t)w;
    }
    const char *near = sb_nearest(key->text, allowed);
    if (near)
        return sb_yaml_fail(key, cx, "unknown key '%.80s', did you mean '%s'? (allowed: %s)", key->text, near, all);
    return sb_yaml_fail(key, cx, "unknown key '%.80s' (allowed: %s)", key->text, used ? all : "none");
}

sb_status sb_yaml_keys(const sb_yaml *map, const char *const *allowed, sb_ctx *cx)
{
    if (map->kind != SB_YAML_MAP) return sb_yaml_fail(map, cx, "expected a map of 'key: value'");
    for (size_t i = 0; i < map->n; i++)
        if (!is_listed(map->key[i]->text, allowed)) return unknown_key(map->key[i], allowed, cx);
    return SB_OK;
}

/* *node: the scalar at key, or NULL when the map lacks it. A key without a value is a slip, not an empty text. */
static sb_status scalar_of(const sb_yaml *map, const char *key, sb_ctx *cx, const sb_yaml **node)
{
    if (map->kind != SB_YAML_MAP) return sb_yaml_fail(map, cx, "expected a map of 'key: value'");
    *node = sb_yaml_get(map, key);
    if (!*node) return SB_OK;
    if ((*node)->kind != SB_YAML_SCALAR)
        return sb_yaml_fail(*node, cx, "'%s' must be one value, not a %s", key,
                            (*node)->kind == SB_YAML_LIST ? "list" : "map");
    if (!*(*node)->text && !(*node)->quoted) return sb_yaml_fail(*node, cx, "'%s' has no value", key);
    return SB_OK;
}

sb_status sb_yaml_text(const sb_yaml *map, const char *key, sb_ctx *cx, const char **value)
{
    const sb_yaml *node = NULL;
    SB_TRY(scalar_of(map, key, cx, &node));
    if (node) *value = node->text;
    return SB_OK;
}

sb_status sb_yaml_size(const sb_yaml *map, const char *key, size_t min, size_t max, sb_ctx *cx, size_t *value)
{
    const sb_yaml *node = NULL;
    SB_TRY(scalar_of(map, key, cx, &node));
    if (!node) return SB_OK;
    unsigned long long v = 0;
    if (!sb_str_size(node->text, &v)) { /* 1e5 is a whole number too */
        double real = 0;
        if (!sb_str_real(node->text, &real) || real != floor(real) || !(fabs(real) < 9e15))
            return sb_yaml_fail(node, cx, "'%s' is '%.80s', expected a whole number", key, node->text);
        if (real < 0) return sb_yaml_fail(node, cx, "'%s' is %.0f, outside %zu to %zu", key, real, min, max);
        v = (unsigned long long)real;
    }
    if (v < min || v > max) return sb_yaml_fail(node, cx, "'%s' is %llu, outside %zu to %zu", key, v, min, max);
    *value = (size_t)v;
    return SB_OK;
}

sb_status sb_yaml_real(const sb_yaml *map, const char *key, double min, double max, sb_ctx *cx, double *value)
{
    const sb_yaml *node = NULL;
    SB_TRY(scalar_of(map, key, cx, &node));
    if (!node) return SB_OK;
    double v = 0;
    if (!sb_str_real(node->text, &v))
        return sb_yaml_fail(node, cx, "'%s' is '%.80s', expected a number", key, node->text);
    if (!(v >= min && v <= max))
        return sb_yaml_fail(node, cx, "'%s' is %.10g, outside %.10g to %.10g", key, v, min, max);
    *value = v;
    return SB_OK;
}

sb_status sb_yaml_bool(const sb_yaml *map, const char *key, sb_ctx *cx, bool *value)
{
    const sb_yaml *node = NULL;
    SB_TRY(scalar_of(map, key, cx, &node));
    if (!node) return SB_OK;
    const bool yes = strcmp(node->text, "true") == 0 || strcmp(node->text, "yes") == 0;
    if (!yes && strcmp(node->text, "false") != 0 && strcmp(node->text, "no") != 0)
        return sb_yaml_fail(node, cx, "'%s' is '%.80s', expected true or false", key, node->text);
    *value = yes;
    return SB_OK;
}

sb_status sb_yaml_flat(const sb_yaml *node, sb_ctx *cx, const char **text)
{
    if (node->kind == SB_YAML_SCALAR) {
        *text = node->text;
        return SB_OK;
    }
    if (node->kind == SB_YAML_MAP) return sb_yaml_fail(node, cx, "expected a value or a list of values, not a map");
    sb_buf b = {.arena = cx->arena};
    sb_buf_put(&b, "[", 1);
    for (size_t i = 0; i < node->n; i++) {
        const sb_yaml *item = node->item[i];
        if (item->kind != SB_YAML_SCALAR) return sb_yaml_fail(item, cx, "expected one value, not a list or map");
        if (!*item->text || strpbrk(item->text, ",[]"))
            return sb_yaml_fail(
                item, cx,
                "'%.80s' cannot be a list entry: empty, or with a comma or bracket (a column has a number, too)",
                item->text);
        if (i) sb_buf_put(&b, ", ", 2);
        sb_buf_put(&b, item->text, strlen(item->text));
    }
    sb_buf_put(&b, "]", 1);
    if (b.bad) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu values", node->n);
    *text = b.text;
    return SB_OK;
}

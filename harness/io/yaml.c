/* The tree is built from libyaml's events. libyaml lets duplicate keys, any nesting and any number of nodes through;
 * those are stopped here. Anchors, aliases and tags are refused, so a small file cannot stand for a large tree. */
#include "yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "file.h"
#include "str.h"

enum { SIZE_LIMIT = 4 << 20, DEPTH_LIMIT = 64, NODE_LIMIT = 1 << 17 };

typedef struct builder {
    yaml_parser_t *parser;
    const char *name, *text;
    size_t size, nodes;
    yaml_mark_t mark; /* of the last event */
    sb_ctx *cx;
} builder;

#define FAIL_AT(b, line, column, ...) return fail_at((b), (line), (column), __LINE__, __VA_ARGS__)

static sb_status fail_at(const builder *b, size_t line, size_t column, int source_line, const char *format, ...)
    SB_PRINTF(5, 6);
static sb_status fail_at(const builder *b, size_t line, size_t column, int source_line, const char *format, ...)
{
    va_list args;
    char text[SB_ERR_TEXT];
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return sb_err_set(b->cx->err, SB_ECONFIG, __FILE__, source_line, "%s:%zu:%zu: %s", b->name, line, column, text);
}

/* Line and column, from 1, of a byte; columns count characters, as libyaml does. */
static void place_of(const char *text, size_t size, size_t byte, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < byte && i < size; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

/* The byte at a character index, or 0 at the end. */
static char byte_at(const char *text, size_t size, size_t index)
{
    size_t i = 0;
    for (size_t c = 0; i < size; i++) {
        if (((unsigned char)text[i] & 0xc0) == 0x80) continue;
        if (c++ == index) return text[i];
    }
    return '\0';
}

static sb_status syntax_error(const builder *b)
{
    const yaml_parser_t *p = b->parser;
    if (p->error == YAML_MEMORY_ERROR) SB_FAIL(b->cx->err, SB_ENOMEM, "parsing '%s'", b->name);
    const char *problem = p->problem ? p->problem : "not YAML";
    if (p->error == YAML_READER_ERROR) {
        size_t line, column;
        place_of(b->text, b->size, p->problem_offset, &line, &column);
        FAIL_AT(b, line, column, "%s", problem);
    }
    const size_t line = p->problem_mark.line + 1, column = p->problem_mark.column + 1;
    if (byte_at(b->text, b->size, p->problem_mark.index) == '\t')
        FAIL_AT(b, line, column, "a tab cannot indent or start a value, use spaces");
    if (p->context)
        FAIL_AT(b, line, column, "%s (%s that begins at line %zu)", problem, p->context, p->context_mark.line + 1);
    FAIL_AT(b, line, column, "%s", problem);
}

/* A node for an event that begins one; the children of lists and maps are added by the caller. */
static sb_status node_of_event(builder *b, const yaml_event_t *e, sb_yaml **out)
{
    const size_t line = e->start_mark.line + 1, column = e->start_mark.column + 1;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    sb_yaml_kind kind = SB_YAML_SCALAR;
    switch (e->type) {
    case YAML_ALIAS_EVENT: FAIL_AT(b, line, column, "aliases (*name) are not supported, write the value out");
    case YAML_SCALAR_EVENT:
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
        kind = SB_YAML_LIST;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
        kind = SB_YAML_MAP;
        break;
    default: *out = NULL; return SB_OK;
    }
    if (anchor) FAIL_AT(b, line, column, "anchors (&%s) are not supported, write the value out", (const char *)anchor);
    if (tag) FAIL_AT(b, line, column, "tags (%s) are not supported", (const char *)tag);
    if (b->nodes++ == NODE_LIMIT) FAIL_AT(b, line, column, "more than %d values", NODE_LIMIT);
    sb_yaml *node = SB_NEW(b->cx->arena, 1, sb_yaml);
    if (!node) SB_FAIL(b->cx->err, SB_ENOMEM, "tree of '%s'", b->name);
    *node = (sb_yaml){.kind = kind, .file = b->name, .line = line, .column = column};
    if (kind == SB_YAML_SCALAR) {
        const char *text = (const char *)e->data.scalar.value;
        if (memchr(text, '\0', e->data.scalar.length)) FAIL_AT(b, line, column, "a text with a NUL character");
        node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        node->text = sb_str_copy(b->cx->arena, text, e->data.scalar.length);
        if (!node->text) SB_FAIL(b->cx->err, SB_ENOMEM, "tree of '%s'", b->name);
    }
    *out = node;
    return SB_OK;
}

/* The next event; *node is NULL when it begins no node. */
static sb_status pull(builder *b, yaml_event_type_t *type, sb_yaml **node)
{
    yaml_event_t e;
    if (!yaml_parser_parse(b->parser, &e)) return syntax_error(b);
    *type = e.type;
    b->mark = e.start_mark;
    const sb_status st = node_of_event(b, &e, node);
    yaml_event_delete(&e);
    return st;
}

static sb_status push(builder *b, sb_yaml *node, size_t *room, const sb_yaml *key, const sb_yaml *item)
{
    if (node->n == *room) {
        const size_t more = *room ? 2 * *room : 8;
        const sb_yaml **items = SB_NEW(b->cx->arena, more, const sb_yaml *);
        const sb_yaml **keys = key ? SB_NEW(b->cx->arena, more, const sb_yaml *) : NULL;
        if (!items || (key && !keys)) SB_FAIL(b->cx->err, SB_ENOMEM, "tree of '%s'", b->name);
        if (node->n) memcpy(items, node->item, node->n * sizeof *items);
        if (node->n && keys) memcpy(keys, node->key, node->n * sizeof *keys);
        node->item = items;
        node->key = keys;
        *room = more;
    }
    node->item[node->n] = item;
    if (key) node->key[node->n] = key;
    node->n++;
    return SB_OK;
}

static int before(const sb_yaml *x, const sb_yaml *y)
{
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static int by_text_then_place(const void *a, const void *b)
{
    const sb_yaml *x = *(const sb_yaml *const *)a, *y = *(const sb_yaml *const *)b;
    const int order = strcmp(x->text, y->text);
    return order ? order : before(x, y);
}

static sb_status refuse_duplicates(const builder *b, const sb_yaml *map)
{
    if (map->n < 2) return SB_OK;
    const size_t mark = sb_arena_mark(b->cx->arena);
    const sb_yaml **sorted = SB_NEW(b->cx->arena, map->n, const sb_yaml *);
    if (!sorted) SB_FAIL(b->cx->err, SB_ENOMEM, "tree of '%s'", b->name);
    memcpy(sorted, map->key, map->n * sizeof *sorted);
    qsort(sorted, map->n, sizeof *sorted, by_text_then_place);
    const sb_yaml *first = NULL, *again = NULL;
    for (size_t i = 1; i < map->n; i++) {
        if (strcmp(sorted[i - 1]->text, sorted[i]->text) != 0 || (again && before(again, sorted[i]) < 0)) continue;
        first = sorted[i - 1];
        again = sorted[i];
    }
    sb_arena_rewind(b->cx->arena, mark);
    if (!again) return SB_OK;
    FAIL_AT(b, again->line, again->column, "duplicate key '%s', first given at line %zu", again->text, first->line);
}

static sb_status add_children(builder *b, sb_yaml *node, size_t depth)
{
    if (node->kind == SB_YAML_SCALAR) return SB_OK;
    if (depth > DEPTH_LIMIT) FAIL_AT(b, node->line, node->column, "nested more than %d deep", DEPTH_LIMIT);
    for (size_t room = 0;;) {
        yaml_event_type_t type;
        sb_yaml *key = NULL, *item = NULL;
        SB_TRY(pull(b, &type, &item));
        if (!item) break;
        if (node->kind == SB_YAML_MAP) {
            key = item;
            if (key->kind != SB_YAML_SCALAR) FAIL_AT(b, key->line, key->column, "a key must be a text");
            if (!*key->text) FAIL_AT(b, key->line, key->column, "empty key");
            SB_TRY(pull(b, &type, &item));
            if (!item) SB_BUG("libyaml gave event %d for a value", (int)type);
        }
        SB_TRY(add_children(b, item, depth + 1));
        SB_TRY(push(b, node, &room, key, item));
    }
    return node->kind == SB_YAML_MAP ? refuse_duplicates(b, node) : SB_OK;
}

/* stream start, document start, one node, document end, stream end */
static sb_status build(builder *b, const sb_yaml **root)
{
    yaml_event_type_t type;
    sb_yaml *node = NULL;
    SB_TRY(pull(b, &type, &node));
    SB_TRY(pull(b, &type, &node));
    if (type == YAML_STREAM_END_EVENT) FAIL_AT(b, (size_t)1, (size_t)1, "nothing in it");
    SB_TRY(pull(b, &type, &node));
    if (!node) SB_BUG("libyaml gave event %d for the root", (int)type);
    if (node->kind == SB_YAML_SCALAR && !node->quoted && !*node->text)
        FAIL_AT(b, node->line, node->column, "nothing in it");
    SB_TRY(add_children(b, node, 1));
    sb_yaml *other = NULL;
    SB_TRY(pull(b, &type, &other));
    SB_TRY(pull(b, &type, &other));
    if (type != YAML_STREAM_END_EVENT)
        FAIL_AT(b, b->mark.line + 1, b->mark.column + 1, "a second document begins, only one is allowed");
    *root = node;
    return SB_OK;
}

sb_status sb_yaml_parse(const char *text, size_t size, const char *name, sb_ctx *cx, const sb_yaml **root)
{
    builder b = {.text = text, .size = size, .cx = cx};
    b.name = sb_str_copy(cx->arena, name, strlen(name));
    if (!b.name) SB_FAIL(cx->err, SB_ENOMEM, "tree of '%s'", name);
    if (size > SIZE_LIMIT)
        SB_FAIL(cx->err, SB_ECONFIG, "%s:1:1: %zu bytes, above the limit of %d", name, size, SIZE_LIMIT);
    const size_t skip = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* byte order mark */
    b.text += skip;
    b.size -= skip;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) SB_FAIL(cx->err, SB_ENOMEM, "parsing '%s'", name);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)b.text, b.size);
    b.parser = &parser;
    const sb_status st = build(&b, root);
    yaml_parser_delete(&parser);
    return st;
}

sb_status sb_yaml_read(const char *path, sb_ctx *cx, const sb_yaml **root)
{
    char *text = NULL;
    size_t size = 0;
    const sb_status st = sb_file_read(path, SIZE_LIMIT, cx, &text, &size);
    if (st == SB_EDATA) return sb_err_in(cx->err, SB_ECONFIG, "%s:1:1", path);
    if (st != SB_OK) return st;
    return sb_yaml_parse(text, size, path, cx, root);
}

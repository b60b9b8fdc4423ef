/* Parses; walks the tree and reads every scalar in every way; sets a value at the path that the last line holds. */
#include <math.h>

#include "fuzz.h"
#include "yaml.h"

static size_t walk(const sb_yaml *node, size_t depth, sb_ctx *cx)
{
    const char *text = NULL;
    size_t nodes = 1;
    if (depth > 64 || node->line < 1 || node->column < 1) abort();
    fuzz_check(sb_yaml_flat(node, cx, &text), cx->err);
    for (size_t i = 0; i < node->n; i++) {
        if (node->kind == SB_YAML_MAP && !sb_yaml_get(node, node->key[i]->text)) abort();
        nodes += walk(node->item[i], depth + 1, cx);
    }
    if (node->kind != SB_YAML_MAP || !node->n || nodes > 1000) return nodes;
    const char *key = node->key[0]->text;
    size_t size = 0;
    double real = 0;
    bool yes = false;
    fuzz_check(sb_yaml_size(node, key, 0, 1000, cx, &size), cx->err);
    fuzz_check(sb_yaml_real(node, key, -(double)INFINITY, (double)INFINITY, cx, &real), cx->err);
    fuzz_check(sb_yaml_bool(node, key, cx, &yes), cx->err);
    fuzz_check(sb_yaml_keys(node, (const char *const[]){"name", "data", NULL}, cx), cx->err);
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sb_err err = {0};
    sb_ctx cx = {.arena = sb_arena_new(0), .err = &err, .path = "fuzz"};
    char *copy = cx.arena ? SB_NEW(cx.arena, size, char) : NULL;
    if (!copy) abort();
    if (size) memcpy(copy, data, size);
    const sb_yaml *root = NULL, *changed = NULL;
    sb_status st = sb_yaml_parse(copy, size, "fuzz.yaml", &cx, &root);
    fuzz_check(st, &err);
    if (st == SB_OK) {
        (void)walk(root, 0, &cx);
        char path[64] = "";
        const size_t take = size < sizeof path ? size : sizeof path - 1;
        if (take) memcpy(path, copy + size - take, take);
        st = sb_yaml_set(root, path, path, &cx, &changed);
        fuzz_check(st, &err);
        st = sb_yaml_set(root, "name.0.data", "[1, {a: b}]", &cx, &changed);
        fuzz_check(st, &err);
    }
    sb_arena_free(cx.arena);
    return 0;
}

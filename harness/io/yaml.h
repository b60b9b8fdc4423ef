/* YAML (libyaml) as a tree whose nodes know where they stand. Duplicate keys, non-text or empty keys and
 * documents after the first are errors; so are anchors, aliases and tags. Limits: 4 MiB, depth 64, 131072 values. */
#ifndef SB_IO_YAML_H
#define SB_IO_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "selbench/ctx.h"

typedef enum sb_yaml_kind { SB_YAML_SCALAR, SB_YAML_LIST, SB_YAML_MAP } sb_yaml_kind;

typedef struct sb_yaml sb_yaml;
struct sb_yaml {
    sb_yaml_kind kind;
    const char *file;     /* name for messages */
    size_t line, column;  /* 1-based */
    const char *text;     /* SCALAR: the text */
    bool quoted;          /* SCALAR: was written in quotes */
    size_t n;             /* LIST, MAP: children */
    const sb_yaml **item; /* n children */
    const sb_yaml **key;  /* MAP: n SCALAR nodes */
};

/* SB_ENOTFOUND, SB_EIO, SB_ECONFIG (message: FILE:LINE:COLUMN: what). Tree in cx->arena. */
sb_status sb_yaml_read(const char *path, sb_ctx *cx, const sb_yaml **root) SB_CHECKED;
sb_status sb_yaml_parse(const char *text, size_t size, const char *name, sb_ctx *cx, const sb_yaml **root) SB_CHECKED;

/* Value of a key of a map, or NULL. */
const sb_yaml *sb_yaml_get(const sb_yaml *map, const char *key);

/* SB_ECONFIG unless every key of the map is one of allowed (ended by NULL): names the place and the nearest key. */
sb_status sb_yaml_keys(const sb_yaml *map, const char *const *allowed, sb_ctx *cx) SB_CHECKED;

/* SB_ECONFIG with "FILE:LINE:COLUMN: " in front of the text. */
sb_status sb_yaml_fail(const sb_yaml *at, sb_ctx *cx, const char *format, ...) SB_PRINTF(3, 4);
/* Puts "FILE:LINE:COLUMN: " in front of the text that is already in cx->err. */
sb_status sb_yaml_where(const sb_yaml *at, sb_status st, sb_ctx *cx);

/* Scalars with bounds; missing (map lacks key): *value is left as it is. */
sb_status sb_yaml_text(const sb_yaml *map, const char *key, sb_ctx *cx, const char **value) SB_CHECKED;
sb_status sb_yaml_size(const sb_yaml *map, const char *key, size_t min, size_t max, sb_ctx *cx,
                       size_t *value) SB_CHECKED;
sb_status sb_yaml_real(const sb_yaml *map, const char *key, double min, double max, sb_ctx *cx,
                       double *value) SB_CHECKED;
sb_status sb_yaml_bool(const sb_yaml *map, const char *key, sb_ctx *cx, bool *value) SB_CHECKED;

/* A scalar's text, or a list of scalars as "[a, b]": the form that sb_param_set reads. */
sb_status sb_yaml_flat(const sb_yaml *node, sb_ctx *cx, const char **text) SB_CHECKED;

/* A changed copy of the tree: value (itself YAML text) at path "a.b.2.c" (map keys, list positions from 0); missing map
 * keys are added. The new nodes' file is "--set". SB_ECONFIG when the path runs into a scalar or beyond a list. */
sb_status sb_yaml_set(const sb_yaml *root, const char *path, const char *value, sb_ctx *cx,
                      const sb_yaml **changed) SB_CHECKED;

#endif

/* What the build found: one table per kind of plug-in, sorted by name, ended by an entry without plug-in. It sits in
 * base so that io (readers) and data (generators, transforms) can look plug-ins up without including exp. */
#ifndef SB_BASE_REGISTRY_H
#define SB_BASE_REGISTRY_H

#include "selbench/generator.h"
#include "selbench/method.h"
#include "selbench/model.h"
#include "selbench/reader.h"
#include "selbench/transform.h"

#define SB_REGISTRY(kind, plugin_member)                                                                               \
    typedef struct sb_##kind##_entry {                                                                                 \
        const sb_##kind *plugin_member;                                                                                \
        const char *code; /* first 16 hex digits of the SHA-256 of its file */                                         \
    } sb_##kind##_entry;                                                                                               \
    extern const sb_##kind##_entry sb_##kind##_table[];                                                                \
    /* NULL when there is none of this name; code may be NULL */                                                       \
    const sb_##kind *sb_##kind##_find(const char *name, const char **code);                                            \
    /* SB_ENOTFOUND with the nearest name and how to list them; SB_ECONFIG: sb_abi_check */                            \
    sb_status sb_##kind##_get(const char *name, sb_ctx *cx, const sb_##kind **found, const char **code) SB_CHECKED;

SB_REGISTRY(method, plugin)
SB_REGISTRY(model, plugin)
SB_REGISTRY(reader, plugin)
SB_REGISTRY(generator, plugin)
SB_REGISTRY(transform, plugin)

/* SB_ECONFIG unless have == want: "method 'x' was made for interface 1 of plug-ins, this is 2: build it anew". */
sb_status sb_abi_check(const char *kind, const char *name, unsigned have, unsigned want, sb_ctx *cx) SB_CHECKED;

/* Version of the code that all plug-ins share (base, la, sel, SDK). */
extern const char sb_core_code[];

#endif

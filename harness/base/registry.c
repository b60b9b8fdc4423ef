#include "registry.h"

#include <string.h>

enum { NAMES = 512 };

#define SB_REGISTRY_BODY(kind, number)                                                                                 \
    const sb_##kind *sb_##kind##_find(const char *name, const char **code)                                             \
    {                                                                                                                  \
        for (const sb_##kind##_entry *e = sb_##kind##_table; e->plugin; e++) {                                         \
            if (strcmp(e->plugin->name, name) != 0) continue;                                                          \
            if (code) *code = e->code;                                                                                 \
            return e->plugin;                                                                                          \
        }                                                                                                              \
        return NULL;                                                                                                   \
    }                                                                                                                  \
    sb_status sb_##kind##_get(const char *name, sb_ctx *cx, const sb_##kind **found, const char **code)                \
    {                                                                                                                  \
        *found = sb_##kind##_find(name, code);                                                                         \
        if (*found) return sb_abi_check(#kind, name, (*found)->abi, number, cx);                                       \
        const char *names[NAMES + 1];                                                                                  \
        size_t n = 0;                                                                                                  \
        for (const sb_##kind##_entry *e = sb_##kind##_table; e->plugin && n < NAMES; e++)                              \
            names[n++] = e->plugin->name;                                                                              \
        names[n] = NULL;                                                                                               \
        return unknown(#kind, name, names, cx);                                                                        \
    }

sb_status sb_abi_check(const char *kind, const char *name, unsigned have, unsigned want, sb_ctx *cx)
{
    if (have == want) return SB_OK;
    SB_FAIL(cx->err, SB_ECONFIG, "%s '%s' was made for interface %u of plug-ins, this is %u: build it anew", kind, name,
            have, want);
}

static sb_status unknown(const char *kind, const char *name, const char *const *names, sb_ctx *cx)
{
    const char *near = sb_nearest(name, names);
    if (near) SB_FAIL(cx->err, SB_ENOTFOUND, "unknown %s '%s', did you mean '%s'?", kind, name, near);
    SB_FAIL(cx->err, SB_ENOTFOUND, "unknown %s '%s' (selbench list %ss shows them all)", kind, name, kind);
}

SB_REGISTRY_BODY(method, SB_METHOD_ABI)
SB_REGISTRY_BODY(model, SB_MODEL_ABI)
SB_REGISTRY_BODY(reader, SB_READER_ABI)
SB_REGISTRY_BODY(generator, SB_GENERATOR_ABI)
SB_REGISTRY_BODY(transform, SB_TRANSFORM_ABI)

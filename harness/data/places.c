/* The one file that asks the environment where data sets come from and go to. */
#include "dataset.h"

#include <stdlib.h>
#include <string.h>

#include "str.h"

#ifndef SB_SOURCE_DIR
#define SB_SOURCE_DIR "."
#endif

static const char *set_or_null(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static const char *cache_folder(sb_arena *a)
{
    const char *own = set_or_null("SELBENCH_CACHE"), *xdg = set_or_null("XDG_CACHE_HOME"), *user = set_or_null("HOME");
    if (own) return sb_str_copy(a, own, strlen(own));
    if (xdg && *xdg == '/') return sb_str_format(a, "%s/selbench", xdg); /* a relative one is to be ignored */
    return user ? sb_str_format(a, "%s/.cache/selbench", user) : NULL;
}

/* "a:b" as a list; empty parts are left out. */
static const char *const *split(const char *text, sb_arena *a)
{
    size_t parts = 1;
    for (const char *p = text; *p; p++) parts += *p == ':';
    const char **list = SB_NEW(a, parts + 1, const char *);
    size_t n = 0;
    for (const char *p = text; list;) {
        const size_t size = strcspn(p, ":");
        if (size && !(list[n++] = sb_str_copy(a, p, size))) return NULL;
        if (!p[size]) break;
        p += size + 1;
    }
    return list;
}

sb_status sb_places_default(sb_ctx *cx, sb_places *out)
{
    *out = (sb_places){0};
    const char *home = set_or_null("SELBENCH_HOME"), *mirror = set_or_null("SELBENCH_MIRROR");
    if (!home) home = SB_SOURCE_DIR;
    out->home = sb_str_copy(cx->arena, home, strlen(home));
    out->mirror = split(mirror ? mirror : "", cx->arena);
    if (!out->home || !out->mirror) SB_FAIL(cx->err, SB_ENOMEM, "places of data");
    const char *own_ca = set_or_null("CURL_CA_BUNDLE"); /* what the curl program looks at, in its order */
    out->ca_file = own_ca ? own_ca : set_or_null("SSL_CERT_FILE");
    out->cache = cache_folder(cx->arena);
    if (!out->cache) SB_FAIL(cx->err, SB_ECONFIG, "no cache folder: set SELBENCH_CACHE, XDG_CACHE_HOME or HOME");
    return SB_OK;
}

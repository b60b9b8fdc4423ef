/* Where the file of a data set is: cache, mirrors, system packages, network, in this order. A file counts only if its
 * decompressed content has the checksum; what was seen elsewhere goes into the message. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch.h"
#include "file.h"
#include "source.h"
#include "stream.h"

struct search {
    const sb_file_ref *f;
    const sb_places *places;
    sb_ctx *cx;
    sb_buf seen;   /* what does not do, and why: other content, downloads that failed */
    bool wrong;    /* at least one file was there, but damaged or with other content */
    sb_buf absent; /* places where there is nothing */
};

static sb_status no_memory(sb_ctx *cx) { SB_FAIL(cx->err, SB_ENOMEM, "search for a file"); }

/* *found: the file is there and has the right content. */
static sb_status try_file(struct search *s, const char *path, bool *found)
{
    *found = false;
    if (!path) return no_memory(s->cx);
    if (!sb_file_exists(path) || sb_file_is_dir(path)) {
        sb_buf_add(&s->absent, "%s%s", s->absent.size ? ", " : "", path);
        return SB_OK;
    }
    char hex[65];
    size_t size = 0;
    const sb_status st = sb_content_hash(path, s->cx, hex, &size);
    if (st == SB_ENOMEM || st == SB_EINTERRUPT) return st;
    *found = st == SB_OK && strcmp(hex, s->f->sha256) == 0;
    s->wrong |= !*found;
    if (st != SB_OK)
        sb_buf_add(&s->seen, "%s%s", s->seen.size ? "; " : "", s->cx->err->text);
    else if (!*found)
        sb_buf_add(&s->seen, "%s'%s' has SHA-256 %s", s->seen.size ? "; " : "", path, hex);
    return SB_OK;
}

static sb_status try_url(struct search *s, const char *url, const char *target, bool *found)
{
    sb_ctx *cx = s->cx;
    *found = false;
    if (sb_str_ends(url, "/")) url = sb_str_format(cx->arena, "%s%s", url, s->f->name);
    const char *part = sb_str_format(cx->arena, "%s.part-%ld", target, (long)getpid());
    if (!url || !part) return no_memory(cx);
    const sb_status st = sb_fetch(url, part, s->places, cx);
    if (st != SB_OK) {
        sb_buf_add(&s->seen, "%s%s: %s", s->seen.size ? "; " : "", url, cx->err->text);
        return SB_OK;
    }
    const sb_status checked = try_file(s, part, found);
    if (checked == SB_OK && *found && rename(part, target) == 0) return SB_OK;
    const int why = errno;
    const bool kept = checked == SB_OK && *found;
    (void)unlink(part);
    if (kept) SB_FAIL(cx->err, SB_EIO, "cannot name '%s': %s", target, strerror(why));
    if (checked == SB_OK) sb_buf_add(&s->seen, " (downloaded from %s, not kept)", url);
    return checked;
}

static sb_status not_found(const struct search *s)
{
    const sb_file_ref *f = s->f;
    sb_buf how = {.arena = s->cx->arena};
    if (f->package) sb_buf_add(&how, "install the package %s (apt install %s), or ", f->package, f->package);
    sb_buf_add(&how, "put it in a folder named by SELBENCH_MIRROR or --mirror");
    if (s->seen.bad || s->absent.bad || how.bad) return no_memory(s->cx);
    const char *absent = s->absent.text ? s->absent.text : "none", *seen = s->seen.text ? s->seen.text : "";
    if (s->wrong)
        SB_FAIL(s->cx->err, SB_EDATA, "no '%s' (%s of '%s') with SHA-256 %s: %s; %s; nothing at %s", f->name, f->role,
                f->set, f->sha256, seen, how.text, absent);
    SB_FAIL(s->cx->err, SB_ENOTFOUND, "no file '%s' (%s of '%s'): %s; looked for it at %s%s%s%s", f->name, f->role,
            f->set, how.text, absent, s->seen.size ? "; " : "", seen,
            s->places->offline && f->url[0] ? " (the network is switched off)" : "");
}

/* Mirrors by set and name, by name, by checksum; then folders of packages. */
static sb_status try_places(struct search *s, const char **path, bool *found)
{
    const sb_file_ref *f = s->f;
    sb_arena *a = s->cx->arena;
    for (const char *const *m = s->places->mirror; m && *m; m++) {
        const char *const name[] = {sb_str_format(a, "%s/%s/%s", *m, f->set, f->name), sb_file_join(a, *m, f->name),
                                    sb_file_join(a, *m, f->sha256)};
        for (size_t i = 0; i < 3; i++) {
            *path = name[i];
            SB_TRY(try_file(s, *path, found));
            if (*found) return SB_OK;
        }
    }
    for (const char *const *folder = f->folder; *folder; folder++) {
        *path = sb_file_join(a, *folder, f->name);
        SB_TRY(try_file(s, *path, found));
        if (*found) return SB_OK;
    }
    return SB_OK;
}

static sb_status own_file(const sb_file_ref *f, sb_ctx *cx, const char **path)
{
    char hex[65];
    size_t size = 0;
    SB_TRY(sb_content_hash(f->path, cx, hex, &size));
    *path = f->path;
    if (strcmp(hex, f->sha256) == 0) return SB_OK;
    SB_FAIL(cx->err, SB_EDATA, "'%s' (%s of '%s') has SHA-256 %s, expected %s", f->path, f->role, f->set, hex,
            f->sha256);
}

sb_status sb_find(const sb_file_ref *f, const sb_places *places, sb_ctx *cx, const char **path)
{
    if (f->path) return own_file(f, cx, path);
    struct search s = {
        .f = f, .places = places, .cx = cx, .seen = {.arena = cx->arena}, .absent = {.arena = cx->arena}};
    bool found = false;
    const char *folder = sb_file_join(cx->arena, places->cache, "files");
    const char *kept = folder ? sb_str_format(cx->arena, "%s/%.16s-%s", folder, f->sha256, f->name) : NULL;
    *path = kept;
    SB_TRY(try_file(&s, kept, &found));
    if (found) return SB_OK;
    SB_TRY(try_places(&s, path, &found));
    if (found) return SB_OK;
    if (!places->offline && f->url[0]) {
        SB_TRY(sb_file_mkdirs(folder, cx));
        *path = kept;
        for (const char *const *url = f->url; *url && !found; url++) SB_TRY(try_url(&s, *url, kept, &found));
    }
    return found ? SB_OK : not_found(&s);
}

/* Where the file of a data set is: cache, mirrors, system packages, network, in this order. A file counts only if its
 * decompressed content has the checksum; what was seen elsewhere goes into the message. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "fetch.h"
#include "file.h"
#include "source.h"
#include "stream.h"
#include "trust.h"
#include "unpack.h"

struct search {
    const sb_file_ref *f;
    const sb_places *places;
    sb_ctx *cx;
    const char *own;   /* ends the names of unfinished files: "", or "-PID" where a file system has no locks */
    sb_buf seen;       /* what does not do, and why: other content, downloads that failed */
    bool wrong;        /* at least one file was there, but damaged or with other content */
    sb_buf absent;     /* places where there is nothing */
    bool accept;       /* any content: it is the first use, and the user trusts it */
    char accepted[65]; /* its checksum */
};

static sb_status no_memory(sb_ctx *cx) { SB_FAIL(cx->err, SB_ENOMEM, "search for a file"); }
static bool is_known(const sb_file_ref *f) { return strcmp(f->sha256, "unknown") != 0; }

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
    const sb_status st = sb_content_hash(path, NULL, s->cx, hex, &size);
    if (st == SB_ENOMEM || st == SB_EINTERRUPT) return st;
    *found = st == SB_OK && (s->accept || strcmp(hex, s->f->sha256) == 0);
    if (*found) memcpy(s->accepted, hex, sizeof hex);
    s->wrong |= !*found;
    if (st != SB_OK)
        sb_buf_add(&s->seen, "%s%s", s->seen.size ? "; " : "", s->cx->err->text);
    else if (!*found)
        sb_buf_add(&s->seen, "%s'%s' has SHA-256 %s", s->seen.size ? "; " : "", path, hex);
    return SB_OK;
}

/* CACHE/files/SHA-NAME */
static const char *kept_path(const struct search *s, const char *sha256)
{
    const char *folder = sb_file_join(s->cx->arena, s->places->cache, "files");
    return folder ? sb_str_format(s->cx->arena, "%s/%.16s-%s", folder, sha256, s->f->name) : NULL;
}

/* What is inside a packed file, as CACHE/files/SHA-NAME if it is right. Under the lock: one name for what is
 * unfinished, so that a killed process leaves nothing that the next one does not write over. */
static sb_status try_packed(struct search *s, const char *packed, const char **path, bool *found)
{
    sb_ctx *cx = s->cx;
    *found = false;
    const char *folder = sb_file_join(cx->arena, s->places->cache, "files");
    const char *out =
        folder ? sb_str_format(cx->arena, "%s/inside-%s-%s%s", folder, s->f->set, s->f->name, s->own) : NULL;
    if (!out) return no_memory(cx);
    SB_TRY(sb_file_mkdirs(folder, cx));
    const sb_status st = sb_unpack(packed, s->f->inside, out, 0, cx);
    if (st == SB_ENOMEM || st == SB_EIO) return st;
    if (st != SB_OK) {
        s->wrong = true;
        sb_buf_add(&s->seen, "%s%s", s->seen.size ? "; " : "", cx->err->text);
        return SB_OK;
    }
    sb_status checked = try_file(s, out, found);
    *path = kept_path(s, s->accepted);
    if (checked == SB_OK && *found && !*path) checked = no_memory(cx);
    if (checked == SB_OK && *found && rename(out, *path) != 0)
        checked = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot name '%s': %s", *path, strerror(errno));
    (void)unlink(out);
    return checked;
}

/* Any content will do when the file, as it is published, has its checksum. */
static sb_status prove(struct search *s, const char *path)
{
    char hex[65];
    if (s->accept || is_known(s->f) || !s->f->published) return SB_OK;
    SB_TRY(sb_file_hash(path, s->cx, hex));
    s->accept = strcmp(hex, s->f->published) == 0;
    if (s->accept) return SB_OK;
    s->wrong = true;
    sb_buf_add(&s->seen, "%s'%s' has SHA-256 %s as it is", s->seen.size ? "; " : "", path, hex);
    return SB_OK;
}

/* A file as it is published. *path: where its content is. */
static sb_status try_published(struct search *s, const char **path, bool *found)
{
    if (!*path || !sb_file_exists(*path) || sb_file_is_dir(*path)) return try_file(s, *path, found);
    const bool before = s->accept, lacks_proof = s->f->published && !is_known(s->f);
    SB_TRY(prove(s, *path));
    *found = false;
    sb_status st = SB_OK;
    if (s->accept || !lacks_proof) st = s->f->packed ? try_packed(s, *path, path, found) : try_file(s, *path, found);
    s->accept = before;
    return st;
}

static bool may_download(const struct search *s)
{
    return !s->places->offline && s->f->url[0] &&
           (is_known(s->f) || s->f->published || (s->f->unconfirmed && s->places->trust));
}

/* The content's checksum into the lock file: of first use, or proved by that of the published file. */
static sb_status remember(const struct search *s, const char *path)
{
    const sb_file_ref *f = s->f;
    const bool proved = f->published && !is_known(f);
    return proved || (f->unconfirmed && s->places->trust) ? sb_trust_add(f, s->places, s->accepted, path, s->cx)
                                                          : SB_OK;
}

/* The set's other members of an archive that is at hand, so that it is downloaded once. One that is not in it, or not
 * as it should be, is told when it is searched for itself. */
static sb_status take_others(const struct search *s, const char *packed)
{
    const sb_source *set = s->f->of;
    const sb_file_ref *all[2 * SB_PARTS] = {set->x[SB_TRAIN], set->y[SB_TRAIN], set->x[SB_TEST], set->y[SB_TEST]};
    for (size_t i = 0; i < 2 * SB_PARTS; i++) {
        const sb_file_ref *g = all[i];
        if (!g || g->at == s->f->at || !g->packed || strcmp(g->name, s->f->name) != 0) continue;
        SB_TRY(sb_trust_apply(s->places, s->cx, &g));
        struct search other = {
            .f = g, .places = s->places, .cx = s->cx, .own = s->own, .seen = {.arena = s->cx->arena}};
        const char *path = kept_path(&other, g->sha256);
        bool found = false;
        if (!path) return no_memory(s->cx);
        other.accept = g->unconfirmed && s->places->trust;
        if (!may_download(&other) || sb_file_exists(path)) continue;
        path = packed;
        SB_TRY(try_published(&other, &path, &found));
        if (found) SB_TRY(remember(&other, path));
    }
    return SB_OK;
}

static sb_status try_url(struct search *s, const char *url, const char *part, const char **path, bool *found)
{
    sb_ctx *cx = s->cx;
    *found = false;
    if (sb_str_ends(url, "/")) url = sb_str_format(cx->arena, "%s%s", url, s->f->name);
    if (!url) return no_memory(cx);
    const sb_status st = sb_fetch(url, part, s->places, cx);
    if (st == SB_ENOMEM) return st;
    if (st != SB_OK) {
        sb_buf_add(&s->seen, "%s%s: %s", s->seen.size ? "; " : "", url, cx->err->text);
        return SB_OK;
    }
    *path = part;
    sb_status checked = try_published(s, path, found);
    if (s->f->packed && checked == SB_OK && *found) checked = take_others(s, part);
    if (!s->f->packed && checked == SB_OK && *found) {
        *path = kept_path(s, s->accepted);
        if (!*path)
            checked = no_memory(cx);
        else if (rename(part, *path) == 0)
            return SB_OK;
        else
            checked = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot name '%s': %s", *path, strerror(errno));
    }
    sb_fetch_forget(part, cx);
    if (checked == SB_OK && !*found) sb_buf_add(&s->seen, " (downloaded from %s, not kept)", url);
    return checked;
}

static sb_status not_found(const struct search *s)
{
    const sb_file_ref *f = s->f;
    sb_buf how = {.arena = s->cx->arena};
    if (f->package) sb_buf_add(&how, "install the package %s (apt install %s), or ", f->package, f->package);
    sb_buf_add(&how, "put it in a folder named by SELBENCH_MIRROR or --mirror");
    if (f->unconfirmed)
        sb_buf_add(&how,
                   "; its checksum is not confirmed: 'selbench fetch %s --trust-first-use' takes what it finds, "
                   "and holds it to that from then on",
                   f->set);
    if (s->seen.bad || s->absent.bad || how.bad) return no_memory(s->cx);
    const char *absent = s->absent.text ? s->absent.text : "", *seen = s->seen.text ? s->seen.text : "";
    if (s->wrong)
        SB_FAIL(s->cx->err, SB_EDATA, "no '%s' (%s of '%s') with SHA-256 %s%s: %s; %s%s%s", f->name, f->role, f->set,
                f->published && !is_known(f) ? f->published : f->sha256,
                f->trusted                     ? ", trusted on first use"
                : f->published && !is_known(f) ? " as it is published"
                                               : "",
                seen, how.text, *absent ? "; nothing at " : "", absent);
    SB_FAIL(s->cx->err, SB_ENOTFOUND, "no file '%s' (%s of '%s'): %s; %s%s%s%s%s", f->name, f->role, f->set, how.text,
            *absent ? "looked for it at " : "no folder is named in which to look for it", absent,
            s->seen.size ? "; " : "", seen, s->places->offline && f->url[0] ? " (the network is switched off)" : "");
}

/* A relative folder counts from the home folder: what comes with the source. */
static const char *in_folder(const sb_places *places, const char *folder, const char *name, sb_arena *a)
{
    return *folder == '/' ? sb_file_join(a, folder, name) : sb_str_format(a, "%s/%s/%s", places->home, folder, name);
}

/* Mirrors by set and name, by name, by checksum; then folders of packages. */
static sb_status try_places(struct search *s, const char **path, bool *found)
{
    const sb_file_ref *f = s->f;
    sb_arena *a = s->cx->arena;
    *found = false;
    for (const char *const *m = s->places->mirror; m && *m; m++) {
        const char *const name[] = {sb_str_format(a, "%s/%s/%s", *m, f->set, f->name), sb_file_join(a, *m, f->name),
                                    sb_file_join(a, *m, f->sha256)};
        for (size_t i = 0; i < (is_known(f) ? 3u : 2u); i++) {
            *path = name[i];
            SB_TRY(i < 2 ? try_published(s, path, found) : try_file(s, *path, found));
            if (*found) return SB_OK;
        }
    }
    for (const char *const *folder = f->folder; *folder; folder++) {
        *path = in_folder(s->places, *folder, f->name, a);
        SB_TRY(try_published(s, path, found));
        if (*found) return SB_OK;
    }
    return SB_OK;
}

/* Mirrors and folders for the right content, then, on first use, for any. */
static sb_status try_here(struct search *s, const char **path, bool *found)
{
    SB_TRY(try_places(s, path, found));
    s->accept = s->f->unconfirmed && s->places->trust;
    if (*found || !s->accept) return SB_OK;
    s->absent = (sb_buf){.arena = s->cx->arena}; /* they are named again */
    return try_places(s, path, found);
}

/* By the holder of the lock: what another process has put into the cache meanwhile; places, if they are not done; all
 * addresses in turn. */
static sb_status try_locked(struct search *s, const char *part, const char **path, bool *found)
{
    SB_TRY(sb_trust_apply(s->places, s->cx, &s->f));
    s->accept = false;
    if (is_known(s->f)) {
        *path = kept_path(s, s->f->sha256);
        if (!*path) return no_memory(s->cx);
        if (sb_file_exists(*path)) SB_TRY(try_file(s, *path, found));
    }
    if (!*found && s->f->packed) SB_TRY(try_here(s, path, found));
    if (!may_download(s)) return SB_OK;
    s->accept = s->f->unconfirmed && s->places->trust;
    for (const char *const *url = s->f->url; *url && !*found; url++) SB_TRY(try_url(s, *url, part, path, found));
    return SB_OK;
}

/* One process at a time unpacks or downloads a file; the others wait and find it. */
static sb_status with_lock(struct search *s, const char **path, bool *found)
{
    sb_ctx *cx = s->cx;
    const sb_file_ref *f = s->f;
    const char *folder = sb_file_join(cx->arena, s->places->cache, "files");
    const char *locks = sb_file_join(cx->arena, s->places->cache, "locks");
    /* members of one archive share its lock; for an unknown checksum, the data set tells files of one name apart */
    const char *name = f->packed     ? sb_str_format(cx->arena, "packed-%s-%s", f->set, f->name)
                       : is_known(f) ? sb_str_format(cx->arena, "%.16s-%s", f->sha256, f->name)
                                     : sb_str_format(cx->arena, "new-%s-%s", f->set, f->name);
    const char *lock = locks && name ? sb_str_format(cx->arena, "%s/%s.lock", locks, name) : NULL;
    if (!folder || !lock) return no_memory(cx);
    SB_TRY(sb_file_mkdirs(folder, cx));
    SB_TRY(sb_file_mkdirs(locks, cx));
    const int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create lock file '%s': %s", lock, strerror(errno));
    sb_status st = SB_OK;
    const int locked = flock(fd, LOCK_EX);
    if (locked != 0 && errno == EINTR)
        st = sb_err_set(cx->err, SB_EINTERRUPT, __FILE__, __LINE__, "interrupted while another process fetches '%s'",
                        f->name);
    else if (locked != 0) /* a file system without locks: each process has its own partial files */
        s->own = sb_str_format(cx->arena, "-%ld", (long)getpid());
    const char *part = s->own ? sb_str_format(cx->arena, "%s/%s.part%s", folder, name, s->own) : NULL;
    if (st == SB_OK) st = part ? try_locked(s, part, path, found) : no_memory(cx);
    (void)close(fd); /* gives the lock back */
    return st;
}

static sb_status own_file(const sb_file_ref *f, sb_ctx *cx, const char **path)
{
    char hex[65];
    size_t size = 0;
    SB_TRY(sb_content_hash(f->path, f->inside, cx, hex, &size));
    *path = f->path;
    if (strcmp(hex, f->sha256) == 0) return SB_OK;
    SB_FAIL(cx->err, SB_EDATA, "'%s' (%s of '%s') has SHA-256 %s, expected %s", f->path, f->role, f->set, hex,
            f->sha256);
}

sb_status sb_find_name(const sb_file_ref *f, const sb_places *places, sb_ctx *cx, const char **path)
{
    sb_arena *a = cx->arena;
    *path = f->path ? f->path : sb_str_format(a, "%s/files/%.16s-%s", places->cache, f->sha256, f->name);
    if (!*path) return no_memory(cx);
    if (sb_file_exists(*path)) return SB_OK;
    for (const char *const *m = places->mirror; m && *m; m++) {
        const char *const name[] = {sb_str_format(a, "%s/%s/%s", *m, f->set, f->name), sb_file_join(a, *m, f->name),
                                    sb_file_join(a, *m, f->sha256)};
        for (size_t i = 0; i < 3; i++) {
            *path = name[i];
            if (!*path) return no_memory(cx);
            if (sb_file_exists(*path) && !sb_file_is_dir(*path)) return SB_OK;
        }
    }
    for (const char *const *folder = f->folder; folder && *folder; folder++) {
        *path = in_folder(places, *folder, f->name, a);
        if (!*path) return no_memory(cx);
        if (sb_file_exists(*path)) return SB_OK;
    }
    *path = NULL;
    return SB_OK;
}

sb_status sb_find(const sb_file_ref *f, const sb_places *places, sb_ctx *cx, const char **path)
{
    if (f->path) return own_file(f, cx, path);
    SB_TRY(sb_trust_apply(places, cx, &f)); /* what was trusted since the data set was read */
    struct search s = {
        .f = f, .places = places, .cx = cx, .own = "", .seen = {.arena = cx->arena}, .absent = {.arena = cx->arena}};
    bool found = false;
    *path = kept_path(&s, f->sha256);
    if (is_known(f) || !*path) SB_TRY(try_file(&s, *path, &found));
    if (!found && !f->packed) SB_TRY(try_here(&s, path, &found));
    if (!found && (f->packed || may_download(&s))) SB_TRY(with_lock(&s, path, &found));
    if (!found) return not_found(&s);
    return remember(&s, *path);
}

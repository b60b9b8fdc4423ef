#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"

enum { LOCK_FILE_MAX = 1 << 24 };

static const char *lock_path(const sb_places *places, sb_arena *a)
{
    return sb_file_join(a, places->cache, "checksums.lock");
}

/* The text of the lock file; "" when there is none. */
static sb_status read_all(const char *path, sb_ctx *cx, char **text)
{
    size_t size = 0;
    *text = sb_str_copy(cx->arena, "", 0);
    if (!*text) SB_FAIL(cx->err, SB_ENOMEM, "checksums that were trusted");
    return sb_file_exists(path) ? sb_file_read(path, LOCK_FILE_MAX, cx, text, &size) : SB_OK;
}

/* Begin of the line for this file behind "SET\tNAME\t", or NULL. */
static const char *find_line(const char *text, const sb_file_ref *f, sb_arena *a, size_t *line)
{
    const char *id = sb_file_ref_id(f, a), *head = id ? sb_str_format(a, "%s\t%s\t", f->set, id) : NULL;
    *line = 1;
    for (const char *p = text; head && *p; ++*line) {
        if (strncmp(p, head, strlen(head)) == 0) return p + strlen(head);
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    return NULL;
}

sb_status sb_trust_apply(const sb_places *places, sb_ctx *cx, const sb_file_ref **ref)
{
    const sb_file_ref *f = *ref;
    if (!f || (!f->unconfirmed && !f->published)) return SB_OK;
    const char *path = lock_path(places, cx->arena);
    char *text = NULL;
    size_t line = 0;
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "checksums that were trusted");
    SB_TRY(read_all(path, cx, &text));
    const char *sha = find_line(text, f, cx->arena, &line);
    if (!sha) return SB_OK;
    if (strspn(sha, "0123456789abcdef") != 64 || sha[64] != '\t')
        SB_FAIL(cx->err, SB_EDATA, "'%s', line %zu: no SHA-256 of '%s'", path, line, f->name);
    sb_file_ref *held = SB_NEW(cx->arena, 1, sb_file_ref);
    const char *copy = sb_str_copy(cx->arena, sha, 64);
    if (!held || !copy) SB_FAIL(cx->err, SB_ENOMEM, "checksums that were trusted");
    *held = *f;
    held->sha256 = copy;
    held->trusted = f->unconfirmed;
    held->unconfirmed = false;
    *ref = held;
    return SB_OK;
}

static sb_status add_locked(const sb_file_ref *f, const char *path, const char *sha256, const char *from, sb_ctx *cx)
{
    char *text = NULL, now[32];
    size_t line = 0;
    SB_TRY(read_all(path, cx, &text));
    const char *there = find_line(text, f, cx->arena, &line);
    if (there && strncmp(there, sha256, 64) == 0) return SB_OK;
    if (there) /* another process was first */
        SB_FAIL(cx->err, SB_EDATA, "'%s' has SHA-256 %s, but %.64s was trusted first ('%s', line %zu)", f->name, sha256,
                there, path, line);
    sb_clock_utc(now);
    const char *id = sb_file_ref_id(f, cx->arena), *all = NULL;
    if (id) all = sb_str_format(cx->arena, "%s%s\t%s\t%s\t%s\t%s\n", text, f->set, id, sha256, now, from);
    if (!all) SB_FAIL(cx->err, SB_ENOMEM, "checksums that were trusted");
    return sb_file_write(path, all, strlen(all), cx);
}

sb_status sb_trust_add(const sb_file_ref *f, const sb_places *places, const char *sha256, const char *from, sb_ctx *cx)
{
    SB_TRY(sb_file_mkdirs(places->cache, cx));
    const char *path = lock_path(places, cx->arena);
    const char *guard = path ? sb_str_format(cx->arena, "%s.guard", path) : NULL;
    if (!guard) SB_FAIL(cx->err, SB_ENOMEM, "checksums that were trusted");
    const int fd = open(guard, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create '%s': %s", guard, strerror(errno));
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR) {
    }
    const sb_status st = add_locked(f, path, sha256, from, cx);
    (void)close(fd);
    return st;
}

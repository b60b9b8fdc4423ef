#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "str.h"

const char *sb_file_join(sb_arena *a, const char *folder, const char *name)
{
    const size_t size = strlen(folder);
    return sb_str_format(a, size && folder[size - 1] == '/' ? "%s%s" : "%s/%s", folder, name);
}

bool sb_file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool sb_file_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static sb_status read_fd(int fd, const char *path, size_t limit, sb_ctx *cx, char **bytes, size_t *size)
{
    struct stat st;
    if (fstat(fd, &st) != 0) SB_FAIL(cx->err, SB_EIO, "cannot examine '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) SB_FAIL(cx->err, SB_EIO, "'%s' is not a regular file", path);
    const size_t want = (size_t)st.st_size;
    if (want > limit) SB_FAIL(cx->err, SB_EDATA, "'%s' has %zu bytes, above the limit of %zu", path, want, limit);
    char *room = SB_NEW(cx->arena, want + 1, char);
    if (!room) SB_FAIL(cx->err, SB_ENOMEM, "%zu bytes of '%s'", want, path);
    size_t got = 0;
    while (got < want) {
        const ssize_t r = read(fd, room + got, want - got);
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) SB_FAIL(cx->err, SB_EIO, "cannot read '%s': %s", path, strerror(errno));
        if (r == 0) break;
        got += (size_t)r;
    }
    *bytes = room;
    *size = got;
    return SB_OK;
}

sb_status sb_file_read(const char *path, size_t limit, sb_ctx *cx, char **bytes, size_t *size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        SB_FAIL(cx->err, errno == ENOENT ? SB_ENOTFOUND : SB_EIO, "cannot open '%s': %s", path, strerror(errno));
    const sb_status st = read_fd(fd, path, limit, cx, bytes, size);
    (void)close(fd);
    return st;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        const ssize_t w = write(fd, bytes, size);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return false;
        bytes += w;
        size -= (size_t)w;
    }
    return true;
}

sb_status sb_file_write(const char *path, const void *bytes, size_t size, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const char *name = sb_str_format(cx->arena, "%s.tmp-XXXXXX", path);
    if (!name) SB_FAIL(cx->err, SB_ENOMEM, "name of a temporary file for '%s'", path);
    char *temporary = sb_str_copy(cx->arena, name, strlen(name));
    if (!temporary) SB_FAIL(cx->err, SB_ENOMEM, "name of a temporary file for '%s'", path);
    const int fd = mkstemp(temporary);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create '%s': %s", temporary, strerror(errno));
    bool ok = write_all(fd, bytes, size) && fsync(fd) == 0 && fchmod(fd, 0644) == 0;
    int why = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(temporary, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) {
        (void)unlink(temporary);
        SB_FAIL(cx->err, SB_EIO, "cannot write '%s': %s", path, strerror(why));
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_file_hash(const char *path, sb_ctx *cx, char hex[65])
{
    enum { BLOCK = 1 << 18 };
    const size_t mark = sb_arena_mark(cx->arena);
    uint8_t *block = SB_NEW(cx->arena, BLOCK, uint8_t);
    if (!block) SB_FAIL(cx->err, SB_ENOMEM, "buffer of %d bytes", BLOCK);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot open '%s': %s", path, strerror(errno));
    sb_hash h = sb_hash_begin();
    ssize_t got = 0;
    while ((got = read(fd, block, BLOCK)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0) sb_hash_add(&h, block, (size_t)got);
    const int why = errno;
    sb_hash_end_hex(&h, hex);
    (void)close(fd);
    sb_arena_rewind(cx->arena, mark);
    if (got < 0) SB_FAIL(cx->err, SB_EIO, "cannot read '%s': %s", path, strerror(why));
    return SB_OK;
}

sb_status sb_file_mkdirs(const char *path, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    char *part = sb_str_copy(cx->arena, path, strlen(path));
    if (!part) SB_FAIL(cx->err, SB_ENOMEM, "folder name '%s'", path);
    for (char *p = part + 1;; p++) {
        if (*p && *p != '/') continue;
        const char kept = *p;
        *p = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            SB_FAIL(cx->err, SB_EIO, "cannot create folder '%s': %s", part, strerror(errno));
        *p = kept;
        if (!kept) break;
    }
    if (!sb_file_is_dir(path)) SB_FAIL(cx->err, SB_EIO, "'%s' exists and is not a folder", path);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static sb_status list_dir(DIR *dir, const char *folder, sb_ctx *cx, const char ***names, size_t *count)
{
    size_t n = 0, room = 0;
    const char **list = NULL;
    for (const struct dirent *e; (e = readdir(dir));) {
        if (is_dots(e->d_name)) continue;
        if (n == room) {
            room = room ? 2 * room : 64;
            const char **more = SB_NEW(cx->arena, room, const char *);
            if (!more) SB_FAIL(cx->err, SB_ENOMEM, "list of folder '%s'", folder);
            if (n) memcpy(more, list, n * sizeof *list);
            list = more;
        }
        list[n] = sb_str_copy(cx->arena, e->d_name, strlen(e->d_name));
        if (!list[n++]) SB_FAIL(cx->err, SB_ENOMEM, "list of folder '%s'", folder);
    }
    if (n) qsort(list, n, sizeof *list, by_name);
    *names = list;
    *count = n;
    return SB_OK;
}

sb_status sb_file_list(const char *folder, sb_ctx *cx, const char ***names, size_t *count)
{
    DIR *dir = opendir(folder);
    if (!dir)
        SB_FAIL(cx->err, errno == ENOENT ? SB_ENOTFOUND : SB_EIO, "cannot open folder '%s': %s", folder,
                strerror(errno));
    const sb_status st = list_dir(dir, folder, cx, names, count);
    (void)closedir(dir);
    return st;
}

uint64_t sb_clock_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void sb_clock_utc(char text[32])
{
    const time_t now = time(NULL);
    struct tm tm;
    (void)gmtime_r(&now, &tm);
    (void)strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "selbench/npy.h"
#include "str.h"
#include "stream.h"

static int64_t changed_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* A regular file, large and not gzipped; *st is its state. */
static bool is_large(const char *path, struct stat *st)
{
    unsigned char magic[2] = {0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool large = fstat(fd, st) == 0 && S_ISREG(st->st_mode) && (uint64_t)st->st_size >= SB_MAP_FILE_BYTES &&
                       pread(fd, magic, 2, 0) == 2 && !(magic[0] == 0x1f && magic[1] == 0x8b);
    (void)close(fd);
    return large;
}

/* Bytes of the elements; 0 when the product overflows. */
static size_t array_bytes(const sb_array *a)
{
    size_t bytes = sb_dtype_size(a->type);
    for (size_t k = 0; k < a->dims; k++)
        if (__builtin_mul_overflow(bytes, a->shape[k], &bytes)) return 0;
    return bytes;
}

static sb_status read_header(const char *path, sb_ctx *cx, sb_array *out, size_t *offset)
{
    sb_stream *in = NULL;
    SB_TRY(sb_stream_open(path, cx, &in));
    const sb_status st = sb_npy_header(in, cx, out, offset);
    sb_stream_close(in);
    return st;
}

static sb_status outside_new(const char *path, const struct stat *st, size_t offset, sb_ctx *cx, const sb_outside **out)
{
    char full[PATH_MAX];
    *out = NULL;
    if (!realpath(path, full) || strlen(full) >= SB_MAP_PATH) return SB_OK; /* then its elements are copied */
    sb_outside *o = SB_NEW(cx->arena, 1, sb_outside);
    if (!o) SB_FAIL(cx->err, SB_ENOMEM, "name of a mapped file");
    o->offset = offset;
    o->bytes = (uint64_t)st->st_size;
    o->inode = (uint64_t)st->st_ino;
    o->changed_ns = changed_ns(st);
    memcpy(o->path, full, strlen(full) + 1);
    *out = o;
    return SB_OK;
}

static sb_status map_whole(const char *path, size_t bytes, sb_ctx *cx, void **map)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot open '%s': %s", path, strerror(errno));
    *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (*map == MAP_FAILED) SB_FAIL(cx->err, SB_EIO, "cannot map '%s': %s", path, strerror(errno));
    return SB_OK;
}

sb_status sb_maps_npy(sb_maps *maps, const char *path, bool stays, sb_ctx *cx, sb_array *out, bool *done)
{
    struct stat st;
    sb_array a = {0};
    size_t offset = 0;
    *done = false;
    if (maps->n == SB_MAPS || !is_large(path, &st)) return SB_OK;
    const sb_status header = read_header(path, cx, &a, &offset);
    if (header == SB_ENOMEM) return header;
    const size_t bytes = array_bytes(&a), whole = (size_t)st.st_size;
    if (header != SB_OK || !offset || !bytes || offset % sb_dtype_size(a.type) || offset + bytes != whole) return SB_OK;
    const sb_outside *file = NULL;
    if (stays) SB_TRY(outside_new(path, &st, offset, cx, &file));
    void *map = NULL;
    SB_TRY(map_whole(path, whole, cx, &map));
    maps->map[maps->n++] = (sb_map){map, whole, file};
    a.data = (char *)map + offset;
    *out = a;
    *done = true;
    return SB_OK;
}

static sb_status map_scratch(int fd, const char *folder, size_t bytes, sb_ctx *cx, void **out)
{
    const int full = posix_fallocate(fd, 0, (off_t)bytes); /* a disk that is full must not be found out by a signal */
    if (full) SB_FAIL(cx->err, SB_EIO, "no room for %zu bytes of scratch in '%s': %s", bytes, folder, strerror(full));
    *out = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*out == MAP_FAILED) SB_FAIL(cx->err, SB_EIO, "cannot map scratch in '%s': %s", folder, strerror(errno));
    return SB_OK;
}

sb_status sb_maps_scratch(sb_maps *maps, const char *folder, size_t bytes, sb_ctx *cx, void **out)
{
    if (maps->n == SB_MAPS) SB_BUG("more than %d mappings", SB_MAPS);
    SB_TRY(sb_file_mkdirs(folder, cx));
    const char *name = sb_str_format(cx->arena, "%s/scratch-%ld-%zu", folder, (long)getpid(), maps->n);
    if (!name) SB_FAIL(cx->err, SB_ENOMEM, "name of a scratch file");
    const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create '%s': %s", name, strerror(errno));
    (void)unlink(name); /* gone with the mapping, whatever happens */
    const sb_status st = map_scratch(fd, folder, bytes, cx, out);
    (void)close(fd);
    if (st == SB_OK) maps->map[maps->n++] = (sb_map){*out, bytes, NULL};
    return st;
}

void sb_maps_release(sb_maps *maps)
{
    for (size_t i = 0; i < maps->n; i++) (void)munmap(maps->map[i].at, maps->map[i].bytes);
    maps->n = 0;
}

const sb_outside *sb_maps_outside(const sb_maps *maps, const void *data)
{
    for (size_t i = 0; i < maps->n; i++) {
        const sb_map *m = &maps->map[i];
        if (m->file && (const char *)data == (const char *)m->at + m->file->offset) return m->file;
    }
    return NULL;
}

bool sb_outside_map(const sb_outside *file, void **map)
{
    struct stat st;
    *map = NULL;
    const int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool same = fstat(fd, &st) == 0 && (uint64_t)st.st_size == file->bytes &&
                      (uint64_t)st.st_ino == file->inode && changed_ns(&st) == file->changed_ns;
    if (same) *map = mmap(NULL, file->bytes, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (*map == MAP_FAILED) *map = NULL;
    return *map != NULL;
}

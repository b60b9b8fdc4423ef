#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "str.h"

const sb_outside *sb_cache_outside(const sb_cached *c, size_t p)
{
    const size_t at = c->head->at[SB_FILE + p];
    return c->head->bytes[SB_FILE + p] ? (const sb_outside *)(const void *)((const char *)c->map + at) : NULL;
}

void *sb_cache_section(const sb_cached *c, size_t section)
{
    if (section < SB_X + SB_PARTS && c->file[section - SB_X])
        return (char *)c->file[section - SB_X] + sb_cache_outside(c, section - SB_X)->offset;
    return c->head->bytes[section] ? (char *)c->map + c->head->at[section] : NULL;
}

void sb_cache_close(sb_cached *c)
{
    for (size_t p = 0; p < SB_PARTS; p++)
        if (c->file[p]) (void)munmap(c->file[p], sb_cache_outside(c, p)->bytes);
    if (c->map) (void)munmap(c->map, c->bytes);
    *c = (sb_cached){0};
}

/* Why the mapped file cannot be used, or NULL. */
static const char *head_fault(const sb_cached *c, const char *key)
{
    const sb_cache_head *h = c->head;
    if (c->bytes < SB_CACHE_PAGE || memcmp(h->magic, "SELBDATA", sizeof h->magic) != 0) return "not a cache file";
    if (h->version != SB_CACHE_VERSION || h->order != 1) return "another version";
    uint8_t check[SB_HASH_BYTES];
    sb_hash hash = sb_hash_begin();
    sb_hash_add(&hash, h, offsetof(sb_cache_head, check));
    sb_hash_end(&hash, check);
    if (memcmp(check, h->check, sizeof check) != 0) return "damaged header";
    if (h->file_bytes != c->bytes) return "wrong size";
    if (strcmp(h->key, key) != 0) return "another key";
    for (size_t s = 0; s < SB_SECTIONS; s++)
        if (h->bytes[s] && (h->at[s] % SB_CACHE_PAGE || h->at[s] > c->bytes || h->bytes[s] > c->bytes - h->at[s]))
            return "damaged header";
    for (size_t p = 0; p < SB_PARTS; p++)
        if (h->bytes[SB_FILE + p] && h->bytes[SB_FILE + p] != sizeof(sb_outside)) return "damaged header";
    return NULL;
}

/* Bytes of the features of a part, wherever they are. */
static size_t feature_bytes(const sb_cached *c, size_t p)
{
    return sb_cache_section(c, SB_X + p) ? c->head->n[p] * c->head->d * sizeof(float) : 0;
}

static const char *map_files(sb_cached *c)
{
    for (size_t p = 0; p < SB_PARTS; p++) {
        const sb_outside *f = sb_cache_outside(c, p);
        if (!f) continue;
        if (f->path[SB_MAP_PATH - 1] || f->offset + c->head->n[p] * c->head->d * sizeof(float) != f->bytes)
            return "damaged name of a file";
        if (!sb_outside_map(f, &c->file[p])) return "the file that it refers to is not the same any more";
    }
    return NULL;
}

static void rehash(const sb_cached *c, const char *what, size_t section, size_t last, char hex[SB_HASH_HEX])
{
    const bool x = section == SB_X;
    const uint64_t sizes[3] = {c->head->n[SB_TRAIN], c->head->n[SB_TEST], last};
    sb_hash hash = sb_hash_begin();
    sb_hash_add_text(&hash, what);
    sb_hash_add(&hash, sizes, sizeof sizes);
    for (size_t p = 0; p < SB_PARTS; p++) {
        const size_t bytes = x ? feature_bytes(c, p) : c->head->bytes[section + p];
        if (bytes) sb_hash_add(&hash, sb_cache_section(c, section + p), bytes);
    }
    sb_hash_end_hex(&hash, hex);
}

static const char *body_fault(const sb_cached *c)
{
    const sb_cache_head *h = c->head;
    char hex[SB_HASH_HEX];
    rehash(c, "features", SB_X, h->d, hex);
    if (strcmp(hex, h->features) != 0) return "damaged features";
    if (!*h->targets) return NULL;
    if (h->kind == SB_CLASSIFICATION)
        rehash(c, "labels", SB_Y, h->c, hex);
    else
        rehash(c, "targets", SB_Y, h->t, hex);
    return strcmp(hex, h->targets) != 0 ? "damaged targets" : NULL;
}

static sb_status map_fd(int fd, const char *path, sb_ctx *cx, sb_cached *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0) SB_FAIL(cx->err, SB_EIO, "cannot examine '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(sb_cache_head))
        SB_FAIL(cx->err, SB_ENOTFOUND, "cache file '%s': too short", path);
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) SB_FAIL(cx->err, SB_EIO, "cannot map '%s': %s", path, strerror(errno));
    *out = (sb_cached){.head = map, .map = map, .bytes = (size_t)st.st_size};
    return SB_OK;
}

sb_status sb_cache_map(const char *path, const char *key, bool verify, sb_ctx *cx, sb_cached *out)
{
    *out = (sb_cached){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        SB_FAIL(cx->err, errno == ENOENT ? SB_ENOTFOUND : SB_EIO, "cannot open cache file '%s': %s", path,
                strerror(errno));
    const sb_status st = map_fd(fd, path, cx, out);
    (void)close(fd);
    if (st != SB_OK) return st;
    const char *fault = head_fault(out, key);
    if (!fault) fault = map_files(out);
    if (!fault && verify) fault = body_fault(out);
    if (!fault) return SB_OK;
    sb_cache_close(out);
    SB_FAIL(cx->err, SB_ENOTFOUND, "cache file '%s': %s", path, fault);
}

struct build {
    const char *path, *lock, *part, *own_part, *key;
    bool verify;
    sb_parts_make make;
    void *self;
};

static sb_status build_unlocked(const struct build *b, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    sb_parts table = {0};
    sb_status st = b->make(b->self, cx, &table);
    if (st == SB_OK) st = sb_parts_check(&table, cx);
    if (st == SB_OK) st = sb_cache_write(b->path, b->part, &table, b->key, cx);
    sb_maps_release(&table.maps);
    if (st == SB_OK) sb_arena_rewind(cx->arena, mark);
    return st;
}

/* Waits for the lock, looks again (another process may have built it meanwhile), builds. Where the file system knows no
 * locks, two processes may build: each writes the same file under its own temporary name. */
static sb_status build_locked(struct build *b, sb_ctx *cx, sb_cached *out)
{
    const int fd = open(b->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create lock file '%s': %s", b->lock, strerror(errno));
    sb_status st = SB_OK;
    const int locked = flock(fd, LOCK_EX);
    if (locked != 0 && errno == EINTR)
        st = sb_err_set(cx->err, SB_EINTERRUPT, __FILE__, __LINE__, "interrupted while another process builds '%s'",
                        b->path);
    else if (locked != 0)
        b->part = b->own_part;
    if (st == SB_OK) st = sb_cache_map(b->path, b->key, b->verify, cx, out);
    if (st == SB_ENOTFOUND) {
        st = build_unlocked(b, cx);
        if (st == SB_OK) st = sb_cache_map(b->path, b->key, false, cx, out);
    }
    (void)close(fd); /* gives the lock back */
    return st;
}

static const char *safe_name(const char *name, sb_arena *a)
{
    char *copy = sb_str_copy(a, name, strnlen(name, 80));
    for (char *p = copy; p && *p; p++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *p)) *p = '-';
    return copy;
}

sb_status sb_cache_open(const sb_places *places, const char *name, const char *what, sb_parts_make make, void *self,
                        sb_ctx *cx, sb_cached *out)
{
    char key[SB_HASH_HEX];
    sb_hash_hex_of(what, strlen(what), key);
    const char *folder = sb_file_join(cx->arena, places->cache, "data"), *safe = safe_name(name, cx->arena);
    if (!folder || !safe) SB_FAIL(cx->err, SB_ENOMEM, "name of a cache file");
    struct build b = {.key = key, .verify = places->verify, .make = make, .self = self};
    b.path = sb_str_format(cx->arena, "%s/%s-%.16s.sbd", folder, safe, key);
    b.lock = sb_str_format(cx->arena, "%s/%s-%.16s.lock", folder, safe, key);
    b.part = sb_str_format(cx->arena, "%s/%s-%.16s.part", folder, safe, key);
    b.own_part = sb_str_format(cx->arena, "%s/%s-%.16s.part-%ld", folder, safe, key, (long)getpid());
    if (!b.path || !b.lock || !b.part || !b.own_part) SB_FAIL(cx->err, SB_ENOMEM, "name of a cache file");
    const sb_status st = sb_cache_map(b.path, key, places->verify, cx, out);
    if (st != SB_ENOTFOUND) return st;
    SB_TRY(sb_file_mkdirs(folder, cx));
    return build_locked(&b, cx, out);
}

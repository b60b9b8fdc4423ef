#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"
#include "hash.h"
#include "str.h"

enum { SUM_DIGITS = 16, TAIL = sizeof(",\"sum\":\"\"}") - 1 + SUM_DIGITS, MAX_SEGMENTS = 100000 };

struct sb_store {
    const char *dir;
    int fd;           /* own segment, or -1 */
    const char *path; /* of it */
    size_t dropped;
    size_t records, slots; /* slots: a power of two, or 0 */
    sb_record **slot;      /* by a hash of their keys */
    sb_ctx *cx;
};

static void line_sum(const char *text, size_t size, char sum[SUM_DIGITS + 1])
{
    char hex[SB_HASH_HEX];
    sb_hash_hex_of(text, size, hex);
    memcpy(sum, hex, SUM_DIGITS);
    sum[SUM_DIGITS] = '\0';
}

/* Where `key` is, or the free slot where it belongs; at most half of the slots are full. */
static size_t slot_of(sb_record *const *slot, size_t slots, const char *key)
{
    size_t h = 14695981039346656037u; /* FNV-1a */
    for (const char *c = key; *c; c++) h = (h ^ (unsigned char)*c) * 1099511628211u;
    for (h &= slots - 1; slot[h] && strcmp(slot[h]->key, key) != 0;) h = (h + 1) & (slots - 1);
    return h;
}

const sb_record *sb_store_find(const sb_store *s, const char *key)
{
    return s->slots ? s->slot[slot_of(s->slot, s->slots, key)] : NULL;
}

static sb_status grow(sb_store *s, sb_ctx *cx)
{
    const size_t slots = s->slots ? 2 * s->slots : 1024;
    sb_record **slot = SB_NEW(s->cx->arena, slots, sb_record *);
    if (!slot) SB_FAIL(cx->err, SB_ENOMEM, "places of %zu records", slots);
    for (size_t i = 0; i < s->slots; i++)
        if (s->slot[i]) slot[slot_of(slot, slots, s->slot[i]->key)] = s->slot[i];
    s->slot = slot;
    s->slots = slots;
    return SB_OK;
}

static sb_status insert(sb_store *s, const sb_record *r, sb_ctx *cx)
{
    if (2 * s->records >= s->slots) SB_TRY(grow(s, cx));
    sb_record **const at = &s->slot[slot_of(s->slot, s->slots, r->key)];
    if (!*at) {
        *at = SB_NEW(s->cx->arena, 1, sb_record);
        if (!*at) SB_FAIL(cx->err, SB_ENOMEM, "record of a cell");
        s->records++;
    }
    **at = *r;
    return SB_OK;
}

/* {...,"sum":"0123456789abcdef"}: the checksum of everything before `,"sum"` with the closing brace put back. */
static sb_status read_line(sb_store *s, char *line, size_t size)
{
    static const char head[] = ",\"sum\":\"";
    if (size <= TAIL || memcmp(line + size - TAIL, head, sizeof head - 1) != 0) {
        s->dropped++;
        return SB_OK;
    }
    char sum[SUM_DIGITS + 1], *tail = line + size - TAIL;
    const char *given = tail + sizeof head - 1;
    line_sum(line, (size_t)(tail - line), sum);
    if (memcmp(sum, given, SUM_DIGITS) != 0) {
        s->dropped++;
        return SB_OK;
    }
    tail[0] = '}';
    sb_record r;
    const sb_status st = sb_record_parse(line, (size_t)(tail - line) + 1, s->cx, &r);
    if (st == SB_EFORMAT) {
        s->dropped++;
        return SB_OK;
    }
    return st == SB_OK ? insert(s, &r, s->cx) : st;
}

static sb_status read_segment(sb_store *s, const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    SB_TRY(sb_file_read(path, SIZE_MAX / 4, s->cx, &bytes, &size));
    for (char *p = bytes, *end = bytes + size; p < end;) {
        char *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop) { /* torn: the process died while writing it */
            s->dropped++;
            break;
        }
        SB_TRY(read_line(s, p, (size_t)(stop - p)));
        p = stop + 1;
    }
    return SB_OK;
}

static bool is_segment(const char *name) { return strncmp(name, "cells-", 6) == 0 && sb_str_ends(name, ".jsonl"); }

sb_status sb_store_open(const char *dir, sb_ctx *cx, sb_store **out)
{
    sb_store *s = SB_NEW(cx->arena, 1, sb_store);
    const char **names = NULL;
    size_t count = 0;
    if (!s) SB_FAIL(cx->err, SB_ENOMEM, "store of '%s'", dir);
    s->dir = sb_str_copy(cx->arena, dir, strlen(dir));
    s->fd = -1;
    s->cx = cx;
    if (!s->dir) SB_FAIL(cx->err, SB_ENOMEM, "store of '%s'", dir);
    SB_TRY(sb_file_list(dir, cx, &names, &count));
    for (size_t i = 0; i < count; i++) {
        if (!is_segment(names[i])) continue;
        const char *path = sb_file_join(cx->arena, dir, names[i]);
        if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a segment");
        SB_TRY(read_segment(s, path));
    }
    *out = s;
    return SB_OK;
}

void sb_store_close(sb_store *s)
{
    if (s && s->fd >= 0) (void)close(s->fd);
    if (s) s->fd = -1;
}

size_t sb_store_dropped(const sb_store *s) { return s->dropped; }

/* A segment of our own: no two processes ever write one file. */
static sb_status open_segment(sb_store *s, sb_ctx *cx)
{
    for (int i = 1; i < MAX_SEGMENTS; i++) {
        s->path = sb_str_format(s->cx->arena, "%s/cells-%05d.jsonl", s->dir, i);
        if (!s->path) SB_FAIL(cx->err, SB_ENOMEM, "name of a segment");
        s->fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
        if (s->fd >= 0) return SB_OK;
        if (errno != EEXIST) SB_FAIL(cx->err, SB_EIO, "cannot create '%s': %s", s->path, strerror(errno));
    }
    SB_FAIL(cx->err, SB_EIO, "'%s' has %d segments already", s->dir, MAX_SEGMENTS);
}

sb_status sb_store_append(sb_store *s, const char *text, sb_ctx *cx)
{
    sb_record r;
    SB_TRY(sb_record_parse(text, strlen(text), s->cx, &r));
    if (s->fd < 0) SB_TRY(open_segment(s, cx));
    char sum[SUM_DIGITS + 1];
    const size_t body = strlen(text) - 1; /* without the closing brace */
    line_sum(text, body, sum);
    const char *line = sb_str_format(cx->arena, "%.*s,\"sum\":\"%s\"}\n", (int)body, text, sum);
    if (!line) SB_FAIL(cx->err, SB_ENOMEM, "a record line");
    const off_t before = lseek(s->fd, 0, SEEK_END);
    size_t left = strlen(line);
    for (const char *p = line; left;) {
        const ssize_t w = write(s->fd, p, left);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) {
            const int why = errno;
            if (before >= 0 &&
                ftruncate(s->fd, before) != 0) { /* the half line fails its checksum: dropped on reading */
            }
            SB_FAIL(cx->err, SB_EIO, "cannot write '%s': %s", s->path, strerror(why));
        }
        p += w;
        left -= (size_t)w;
    }
    if (fdatasync(s->fd) != 0) SB_FAIL(cx->err, SB_EIO, "cannot sync '%s': %s", s->path, strerror(errno));
    return insert(s, &r, cx);
}

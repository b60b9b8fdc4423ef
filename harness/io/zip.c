/* The central directory is what counts (PKWARE APPNOTE 4.3.12 to 4.3.16, 4.5.3); a local header must agree with it in
 * the name and is else only stepped over. */
#include "selbench/zip.h"

#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "stream.h"

enum { LOCAL = 30, CENTRAL = 46, END = 22, END64 = 56, LOCATOR = 20, STORED = 0, DEFLATED = 8, ZIP64_EXTRA = 1 };

typedef struct archive {
    const uint8_t *bytes;
    size_t size;
    size_t directory, directory_end; /* offsets */
    size_t entries;
    sb_ctx *cx;
} archive;

static uint64_t le(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;
    for (size_t k = bytes; k-- > 0;) v = v << 8 | p[k];
    return v;
}

static sb_status damaged(const archive *a, const char *what, size_t at)
{
    SB_FAIL(a->cx->err, SB_EFORMAT, "damaged ZIP: %s at byte %zu", what, at);
}

/* The end record is the last one whose comment reaches exactly to the end of the file. */
static sb_status find_end(const archive *a, size_t *at)
{
    for (size_t back = END; back <= a->size && back <= END + UINT16_MAX; back++) {
        const uint8_t *p = a->bytes + (a->size - back);
        if (le(p, 4) != 0x06054b50 || le(p + 20, 2) != back - END) continue;
        *at = a->size - back;
        return SB_OK;
    }
    SB_FAIL(a->cx->err, SB_EFORMAT, "not a ZIP, or cut short: no end record in %zu bytes", a->size);
}

static sb_status find_directory(archive *a)
{
    size_t end = 0;
    SB_TRY(find_end(a, &end));
    const uint8_t *p = a->bytes + end;
    uint64_t entries = le(p + 10, 2), size = le(p + 12, 4), begin = le(p + 16, 4);
    uint64_t disks = le(p + 4, 2) | le(p + 6, 2) | (le(p + 8, 2) ^ entries);
    if (entries == UINT16_MAX || size == UINT32_MAX || begin == UINT32_MAX) {
        if (end < LOCATOR || le(p - LOCATOR, 4) != 0x07064b50) return damaged(a, "no ZIP64 locator", end);
        const uint64_t at = le(p - LOCATOR + 8, 8);
        if (at > end - LOCATOR || end - LOCATOR - at < END64 || le(a->bytes + at, 4) != 0x06064b50)
            return damaged(a, "no ZIP64 end record where it is announced", end - LOCATOR);
        const uint8_t *q = a->bytes + at;
        entries = le(q + 32, 8);
        size = le(q + 40, 8);
        begin = le(q + 48, 8);
        disks = le(q + 16, 4) | le(q + 20, 4) | (le(q + 24, 8) ^ entries);
        end = (size_t)at;
    }
    if (disks) return damaged(a, "several disks", end);
    if (begin > end || size > end - begin) return damaged(a, "directory outside the file", end);
    if (entries > size / CENTRAL) return damaged(a, "more entries than fit the directory", end);
    a->directory = (size_t)begin;
    a->directory_end = (size_t)(begin + size);
    a->entries = (size_t)entries;
    return SB_OK;
}

/* Sizes and offset of an entry: 32 bits, or in the ZIP64 extra field those that are all ones. */
static sb_status wide_sizes(const archive *a, const uint8_t *p, size_t name, size_t extra, uint64_t v[3])
{
    const uint8_t *e = p + CENTRAL + name, *end = e + extra;
    v[0] = le(p + 24, 4); /* unpacked */
    v[1] = le(p + 20, 4); /* packed */
    v[2] = le(p + 42, 4); /* local header */
    if (v[0] != UINT32_MAX && v[1] != UINT32_MAX && v[2] != UINT32_MAX) return SB_OK;
    while (end - e >= 4 && le(e, 2) != ZIP64_EXTRA) {
        const size_t skip = 4 + (size_t)le(e + 2, 2);
        if (skip > (size_t)(end - e)) break;
        e += skip;
    }
    if (end - e < 4 || le(e, 2) != ZIP64_EXTRA) return damaged(a, "no ZIP64 sizes", (size_t)(p - a->bytes));
    size_t left = (size_t)le(e + 2, 2);
    e += 4;
    if (left > (size_t)(end - e)) return damaged(a, "ZIP64 sizes cut short", (size_t)(p - a->bytes));
    for (size_t k = 0; k < 3; k++) {
        if (v[k] != UINT32_MAX) continue;
        if (left < 8) return damaged(a, "ZIP64 sizes cut short", (size_t)(p - a->bytes));
        v[k] = le(e, 8);
        e += 8;
        left -= 8;
    }
    return SB_OK;
}

/* One entry at *at, which moves behind it. */
static sb_status read_entry(const archive *a, size_t *at, sb_zip_member *m)
{
    const size_t begin = *at, left = a->directory_end - begin;
    const uint8_t *p = a->bytes + begin;
    if (left < CENTRAL || le(p, 4) != 0x02014b50) return damaged(a, "no directory entry", begin);
    const size_t name = (size_t)le(p + 28, 2), extra = (size_t)le(p + 30, 2), comment = (size_t)le(p + 32, 2);
    if (name + extra + comment > left - CENTRAL) return damaged(a, "directory entry cut short", begin);
    if (name == 0 || memchr(p + CENTRAL, '\0', name)) return damaged(a, "entry without a proper name", begin);
    uint64_t v[3];
    SB_TRY(wide_sizes(a, p, name, extra, v));
    if (v[2] > a->directory || a->directory - v[2] < LOCAL || le(a->bytes + v[2], 4) != 0x04034b50)
        return damaged(a, "no local header where it is announced", begin);
    const uint8_t *local = a->bytes + v[2];
    const uint64_t skip = LOCAL + le(local + 26, 2) + le(local + 28, 2), room = a->directory - v[2];
    if (skip > room || v[1] > room - skip) return damaged(a, "member reaches outside the file", begin);
    if (le(local + 26, 2) != name || memcmp(local + LOCAL, p + CENTRAL, name) != 0)
        return damaged(a, "two names for one member", begin);
    m->name = sb_str_copy(a->cx->arena, (const char *)p + CENTRAL, name);
    if (!m->name) SB_FAIL(a->cx->err, SB_ENOMEM, "directory of a ZIP");
    m->data = local + skip;
    m->size = (size_t)v[0];
    m->packed = (size_t)v[1];
    m->crc = (uint32_t)le(p + 16, 4);
    m->method = (unsigned)le(p + 10, 2);
    m->encrypted = (le(p + 8, 2) & 1) != 0;
    *at = begin + CENTRAL + name + extra + comment;
    return SB_OK;
}

static int by_name(const void *a, const void *b)
{
    const sb_zip_member *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static sb_status refuse_equal_names(const sb_zip_member *member, size_t members, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const sb_zip_member **sorted = SB_NEW(cx->arena, members, const sb_zip_member *);
    if (!sorted) SB_FAIL(cx->err, SB_ENOMEM, "directory of a ZIP");
    for (size_t k = 0; k < members; k++) sorted[k] = &member[k];
    if (members) qsort(sorted, members, sizeof *sorted, by_name);
    for (size_t k = 1; k < members; k++)
        if (by_name(&sorted[k - 1], &sorted[k]) == 0)
            SB_FAIL(cx->err, SB_EFORMAT, "two members of the ZIP are named '%.200s'", sorted[k]->name);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_zip_list(const uint8_t *bytes, size_t size, sb_ctx *cx, const sb_zip_member **member, size_t *members)
{
    archive a = {.bytes = bytes, .size = size, .cx = cx};
    SB_TRY(find_directory(&a));
    sb_zip_member *list = SB_NEW(cx->arena, a.entries, sb_zip_member);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "directory of %zu members", a.entries);
    size_t at = a.directory, n = 0;
    for (size_t k = 0; k < a.entries; k++) {
        SB_TRY(read_entry(&a, &at, &list[n]));
        if (!sb_str_ends(list[n].name, "/")) n++;
    }
    if (at != a.directory_end) return damaged(&a, "bytes after the last directory entry", at);
    SB_TRY(refuse_equal_names(list, n, cx));
    *member = list;
    *members = n;
    return SB_OK;
}

sb_status sb_zip_open(const sb_zip_member *m, sb_ctx *cx, sb_stream **out)
{
    if (m->encrypted) SB_FAIL(cx->err, SB_EDATA, "member '%.200s' is encrypted", m->name);
    if (m->method != STORED && m->method != DEFLATED)
        SB_FAIL(cx->err, SB_EDATA,
                "member '%.200s' is packed by method %u, only stored (0) and deflated (8) can be read", m->name,
                m->method);
    return sb_stream_packed(m->data, m->packed, m->method == DEFLATED, m->size, m->crc, m->name, cx, out);
}

/* zlib's inflate is driven here rather than through gzread, which takes a file that was cut short, or followed by other
 * bytes, for a complete one. Its memory comes from the arena. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

#include "hash.h"
#include "inflate_whole.h"
#include "selbench/zip.h"
#include "str.h"
#include "unpack.h"

enum { WINDOW = 1 << 18, FIRST_ROOM = 1 << 16, STEP = 1 << 30, STEP_OUT = 1 << 24, SIGNATURE = 10 };

typedef enum packing { PLAIN, GZIP, DEFLATE, ARCHIVE } packing;

struct sb_stream {
    const char *name;
    int fd;               /* -1: the bytes are in memory */
    const uint8_t *input; /* bytes not yet consumed */
    size_t left;
    uint8_t *window; /* of a file */
    bool input_ended;
    packing packing;
    bool between; /* GZIP: a member has ended, another may follow */
    z_stream z;
    sb_unpacker *unpacker; /* ARCHIVE */
    size_t in;             /* GZIP: packed bytes taken */
    size_t limit;          /* GZIP, ARCHIVE: bytes that may come out; 0: the allowance for what was taken */
    size_t out;            /* bytes given to the reader */
    size_t hint;           /* about as many bytes will be given; 0: not known */
    bool checked;
    size_t want; /* checked: size and CRC-32 of the whole */
    uint32_t crc, want_crc;
};

static voidpf arena_zalloc(voidpf arena, uInt count, uInt size) { return sb_arena_alloc(arena, count, size); }
static void arena_zfree(voidpf arena, voidpf p) { (void)arena, (void)p; }

static sb_status read_fd(sb_stream *s, void *buffer, size_t size, size_t *got, sb_ctx *cx)
{
    for (;;) {
        const ssize_t r = read(s->fd, buffer, size < STEP ? size : STEP);
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) SB_FAIL(cx->err, SB_EIO, "cannot read: %s", strerror(errno));
        *got = (size_t)r;
        return SB_OK;
    }
}

/* Makes left > 0, or input_ended. */
static sb_status refill(sb_stream *s, sb_ctx *cx)
{
    if (s->left || s->input_ended) return SB_OK;
    if (s->fd >= 0) {
        SB_TRY(read_fd(s, s->window, WINDOW, &s->left, cx));
        s->input = s->window;
    }
    s->input_ended = s->left == 0;
    return SB_OK;
}

/* zlib's windowBits, which say what is around the deflated bytes. */
enum { BITS_RAW = -MAX_WBITS, BITS_ZLIB = MAX_WBITS, BITS_GZIP = 16 + MAX_WBITS };

static sb_status begin_inflate(sb_stream *s, packing p, int bits, sb_ctx *cx)
{
    s->packing = p;
    s->z.zalloc = arena_zalloc;
    s->z.zfree = arena_zfree;
    s->z.opaque = cx->arena;
    if (inflateInit2(&s->z, bits) != Z_OK) SB_FAIL(cx->err, SB_ENOMEM, "decompression state");
    return SB_OK;
}

static bool is_gzip(const uint8_t *bytes, size_t size) { return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; }
static bool is_xz(const uint8_t *bytes, size_t size)
{
    return size >= 6 && memcmp(bytes,
                               "\xfd"
                               "7zXZ",
                               6) == 0;
}

/* "BZh", the block size, and the first block, or the end when nothing is packed. */
static bool is_bzip2(const uint8_t *bytes, size_t size)
{
    return size >= SIGNATURE && memcmp(bytes, "BZh", 3) == 0 && bytes[3] >= '1' && bytes[3] <= '9' &&
           (memcmp(bytes + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
            memcmp(bytes + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/* All that is in the window, for libarchive. */
static sb_status window_bytes(void *self, sb_ctx *cx, const uint8_t **bytes, size_t *size)
{
    sb_stream *s = self;
    SB_TRY(refill(s, cx));
    *bytes = s->input;
    *size = s->left;
    s->left = 0;
    return SB_OK;
}

/* Recognises the packing by the first bytes; packed: their number if known, else 0. */
static sb_status begin_packing(sb_stream *s, size_t packed, sb_ctx *cx)
{
    const bool xz = is_xz(s->input, s->left);
    if (is_gzip(s->input, s->left)) return begin_inflate(s, GZIP, BITS_GZIP, cx);
    if (!xz && !is_bzip2(s->input, s->left)) {
        s->hint = packed;
        return SB_OK;
    }
    s->packing = ARCHIVE;
    return sb_unpack_packed(xz, window_bytes, s, cx, &s->unpacker);
}

static sb_status stream_new(const char *name, sb_ctx *cx, sb_stream **out)
{
    sb_stream *s = SB_NEW(cx->arena, 1, sb_stream);
    const char *copy = sb_str_copy(cx->arena, name, strlen(name));
    if (!s || !copy) SB_FAIL(cx->err, SB_ENOMEM, "stream of '%s'", name);
    s->name = copy;
    s->fd = -1;
    *out = s;
    return SB_OK;
}

/* The last four bytes of a gzip file are its unpacked size modulo 2^32: a guess that saves copying, never trusted. */
static size_t gzip_hint(int fd, size_t size)
{
    uint8_t b[4];
    if (size < 18 || pread(fd, b, 4, (off_t)(size - 4)) != 4) return 0;
    const size_t hint = (size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24;
    return hint / 1032 <= size ? hint : 0; /* deflate packs at most 1032 to 1 */
}

static sb_status begin_file(sb_stream *s, sb_ctx *cx)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0) SB_FAIL(cx->err, SB_EIO, "cannot examine '%s': %s", s->name, strerror(errno));
    if (S_ISDIR(st.st_mode)) SB_FAIL(cx->err, SB_EIO, "'%s' is a folder", s->name);
    s->window = SB_NEW(cx->arena, WINDOW, uint8_t);
    if (!s->window) SB_FAIL(cx->err, SB_ENOMEM, "buffer of '%s'", s->name);
    s->input = s->window;
    while (s->left < SIGNATURE) { /* a pipe may give one byte at a time */
        size_t got = 0;
        const sb_status read_st = read_fd(s, s->window + s->left, WINDOW - s->left, &got, cx);
        if (read_st != SB_OK) return sb_err_in(cx->err, read_st, "'%s'", s->name);
        if (!got) break;
        s->left += got;
    }
    const size_t size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
    if (size && is_gzip(s->input, s->left)) {
        s->hint = gzip_hint(s->fd, size);
        const uint8_t *all = sb_inflate_whole(s->fd, size, s->hint, cx->arena);
        if (all) {
            s->input = all;
            s->left = s->hint;
            s->input_ended = true;
            return SB_OK;
        }
        return begin_inflate(s, GZIP, BITS_GZIP, cx);
    }
    return begin_packing(s, size, cx);
}

sb_status sb_stream_open(const char *path, sb_ctx *cx, sb_stream **out)
{
    sb_stream *s = NULL;
    SB_TRY(stream_new(path, cx, &s));
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        SB_FAIL(cx->err, errno == ENOENT ? SB_ENOTFOUND : SB_EIO, "cannot open '%s': %s", path, strerror(errno));
    const sb_status st = begin_file(s, cx);
    if (st == SB_OK)
        *out = s;
    else
        sb_stream_close(s);
    return st;
}

sb_status sb_stream_bytes(const void *bytes, size_t size, const char *name, sb_ctx *cx, sb_stream **out)
{
    sb_stream *s = NULL;
    SB_TRY(stream_new(name, cx, &s));
    s->input = bytes;
    s->left = size;
    SB_TRY(begin_packing(s, size, cx));
    *out = s;
    return SB_OK;
}

sb_status sb_stream_inside(const char *path, const char *const *member, sb_ctx *cx, sb_stream **out)
{
    sb_stream *s = NULL;
    SB_TRY(stream_new(path, cx, &s));
    s->packing = ARCHIVE;
    SB_TRY(sb_unpack_members(s->name, member, cx, &s->unpacker));
    *out = s;
    return SB_OK;
}

void sb_stream_limit(sb_stream *s, size_t bytes) { s->limit = bytes; }

sb_status sb_stream_packed(const void *bytes, size_t packed, bool deflated, size_t size, uint32_t crc, const char *name,
                           sb_ctx *cx, sb_stream **out)
{
    sb_stream *s = NULL;
    SB_TRY(stream_new(name, cx, &s));
    s->input = bytes;
    s->left = packed;
    s->hint = size / 1032 <= packed ? size : 0;
    s->checked = true;
    s->want = size;
    s->want_crc = crc;
    if (deflated) SB_TRY(begin_inflate(s, DEFLATE, BITS_RAW, cx));
    *out = s;
    return SB_OK;
}

sb_status sb_bytes_open(const uint8_t *bytes, size_t size, const char *name, sb_ctx *cx, sb_stream **out)
{
    SB_TRY(stream_new(name, cx, out));
    (*out)->input = bytes;
    (*out)->left = size;
    return SB_OK;
}

/* Like gzip without a second member: its limit, its errors. */
sb_status sb_zlib_open(const uint8_t *bytes, size_t size, const char *name, sb_ctx *cx, sb_stream **out)
{
    sb_stream *s = NULL;
    SB_TRY(stream_new(name, cx, &s));
    s->input = bytes;
    s->left = size;
    SB_TRY(begin_inflate(s, GZIP, BITS_ZLIB, cx));
    *out = s;
    return SB_OK;
}

void sb_stream_close(sb_stream *s)
{
    if (!s) return;
    sb_unpack_close(s->unpacker);
    s->unpacker = NULL;
    if (s->fd < 0) return;
    (void)close(s->fd);
    s->fd = -1;
    s->left = 0;
    s->input_ended = true;
}

const char *sb_stream_name(const sb_stream *s) { return s->name; }

static sb_status read_plain(sb_stream *s, uint8_t *to, size_t size, size_t *got, sb_ctx *cx)
{
    while (*got < size) {
        const size_t want = size - *got;
        if (!s->left && s->fd >= 0 && want >= WINDOW && !s->input_ended) { /* large reads skip the window */
            size_t r = 0;
            SB_TRY(read_fd(s, to + *got, want, &r, cx));
            s->input_ended = r == 0;
            *got += r;
            continue;
        }
        SB_TRY(refill(s, cx));
        if (!s->left) break;
        const size_t take = want < s->left ? want : s->left;
        memcpy(to + *got, s->input, take);
        s->input += take;
        s->left -= take;
        *got += take;
    }
    return SB_OK;
}

/* GZIP between two members: *more tells whether another follows. */
static sb_status next_member(sb_stream *s, bool *more, sb_ctx *cx)
{
    SB_TRY(refill(s, cx));
    *more = s->left > 0;
    if (!*more) return SB_OK;
    if (s->input[0] != 0x1f) SB_FAIL(cx->err, SB_EFORMAT, "bytes that are not gzip follow the gzip data");
    if (inflateReset(&s->z) != Z_OK) SB_BUG("inflateReset failed");
    s->between = false;
    return SB_OK;
}

static sb_status read_packed(sb_stream *s, uint8_t *to, size_t size, size_t *got, sb_ctx *cx)
{
    while (*got < size) {
        if (s->between && s->packing == DEFLATE) break;
        if (s->between) {
            bool more = false;
            SB_TRY(next_member(s, &more, cx));
            if (!more) break;
        }
        SB_TRY(refill(s, cx));
        if (!s->left)
            SB_FAIL(cx->err, SB_EFORMAT, "compressed data is cut short after %zu bytes of content", s->out + *got);
        const uInt in = (uInt)(s->left < STEP ? s->left : STEP);
        const uInt room = (uInt)(size - *got < STEP ? size - *got : STEP);
        s->z.next_in = s->input;
        s->z.avail_in = in;
        s->z.next_out = to + *got;
        s->z.avail_out = room;
        const int rc = inflate(&s->z, Z_NO_FLUSH);
        s->input += in - s->z.avail_in;
        s->left -= in - s->z.avail_in;
        s->in += in - s->z.avail_in;
        *got += room - s->z.avail_out;
        if (rc == Z_MEM_ERROR) SB_FAIL(cx->err, SB_ENOMEM, "decompression state");
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            SB_FAIL(cx->err, SB_EFORMAT, "compressed data is damaged after %zu bytes of content: %s", s->out + *got,
                    s->z.msg            ? s->z.msg
                    : rc == Z_NEED_DICT ? "it needs a dictionary"
                                        : "invalid stream");
        s->between = rc == Z_STREAM_END;
    }
    return SB_OK;
}

/* Size and CRC-32 of an archive's member; ended: the stream gave all it has. */
static sb_status check(sb_stream *s, const uint8_t *bytes, size_t got, bool ended, sb_ctx *cx)
{
    s->crc = (uint32_t)crc32_z(s->crc, bytes, got);
    if (s->out > s->want) SB_FAIL(cx->err, SB_EFORMAT, "more than the %zu bytes that the archive states", s->want);
    if (!ended) return SB_OK;
    if (s->out != s->want)
        SB_FAIL(cx->err, SB_EFORMAT, "ends after %zu bytes, the archive states %zu", s->out, s->want);
    if (s->crc != s->want_crc)
        SB_FAIL(cx->err, SB_EFORMAT, "CRC-32 is %08x, the archive states %08x", s->crc, s->want_crc);
    return SB_OK;
}

/* Bytes that may still come out. The allowance counts what was taken, so that a large read never runs ahead of it. */
static size_t room_left(const sb_stream *s)
{
    const size_t taken = s->packing == GZIP ? s->in : sb_unpack_consumed(s->unpacker);
    const size_t most = s->limit ? s->limit : sb_unpack_allowance(taken);
    return most > s->out ? most - s->out : 0;
}

/* GZIP and ARCHIVE, in steps that the limit is looked at between. */
static sb_status read_limited(sb_stream *s, uint8_t *to, size_t size, size_t *got, sb_ctx *cx)
{
    while (*got < size) {
        const size_t room = room_left(s), want = size - *got;
        size_t step = want < STEP_OUT ? want : STEP_OUT, some = 0;
        if (step > room) step = room + 1; /* the one byte too much tells a bomb from the end */
        SB_TRY(s->packing == GZIP ? read_packed(s, to + *got, step, &some, cx)
                                  : sb_unpack_read(s->unpacker, to + *got, step, &some, cx));
        s->out += some;
        *got += some;
        if (some > room)
            SB_FAIL(cx->err, SB_EDATA, "more than %zu bytes come out of the packed data%s", s->out - 1,
                    s->limit ? "" : ", too many for its size");
        if (some < step) break;
    }
    return SB_OK;
}

sb_status sb_stream_read(sb_stream *s, void *buffer, size_t size, size_t *got, sb_ctx *cx)
{
    *got = 0;
    if (s->packing == GZIP || s->packing == ARCHIVE) return read_limited(s, buffer, size, got, cx);
    if (s->packing == PLAIN)
        SB_TRY(read_plain(s, buffer, size, got, cx));
    else
        SB_TRY(read_packed(s, buffer, size, got, cx));
    s->out += *got;
    return s->checked ? check(s, buffer, *got, *got < size, cx) : SB_OK;
}

sb_status sb_stream_exact(sb_stream *s, void *buffer, size_t size, const char *what, sb_ctx *cx)
{
    size_t got = 0;
    const size_t expected = s->out + size;
    const sb_status st = sb_stream_read(s, buffer, size, &got, cx);
    if (st != SB_OK) return sb_err_in(cx->err, st, "%s", what);
    if (got < size) SB_FAIL(cx->err, SB_EFORMAT, "%s: ends after %zu bytes, %zu expected", what, s->out, expected);
    return SB_OK;
}

sb_status sb_stream_end(sb_stream *s, sb_ctx *cx)
{
    uint8_t byte;
    size_t got = 0;
    const size_t expected = s->out;
    SB_TRY(sb_stream_read(s, &byte, 1, &got, cx));
    if (got) SB_FAIL(cx->err, SB_EFORMAT, "goes on after the %zu bytes expected", expected);
    return SB_OK;
}

sb_status sb_stream_all(sb_stream *s, size_t limit, uint8_t **bytes, size_t *size, sb_ctx *cx)
{
    size_t room = s->hint > s->out ? s->hint - s->out : FIRST_ROOM, used = 0;
    uint8_t *all = NULL;
    for (;;) {
        if (room > limit) room = limit;
        uint8_t *more = SB_NEW(cx->arena, room + 1, uint8_t);
        if (!more) SB_FAIL(cx->err, SB_ENOMEM, "%zu bytes of content", room);
        if (used) memcpy(more, all, used);
        all = more;
        size_t got = 0;
        SB_TRY(sb_stream_read(s, all + used, room + 1 - used, &got, cx)); /* the 0 byte's place finds out the end */
        used += got;
        if (used <= room) break;
        if (room == limit) SB_FAIL(cx->err, SB_ENOMEM, "content is above the limit of %zu bytes", limit);
        room = room < SIZE_MAX / 4 ? 2 * room : limit;
    }
    all[used] = 0;
    *bytes = all;
    *size = used;
    return SB_OK;
}

static sb_status hash_all(sb_stream *s, sb_ctx *cx, char hex[65], size_t *size)
{
    uint8_t *block = SB_NEW(cx->arena, WINDOW, uint8_t);
    if (!block) SB_FAIL(cx->err, SB_ENOMEM, "buffer of %d bytes", WINDOW);
    sb_hash h = sb_hash_begin();
    sb_status st;
    size_t got = 0;
    while ((st = sb_stream_read(s, block, WINDOW, &got, cx)) == SB_OK && got) sb_hash_add(&h, block, got);
    sb_hash_end_hex(&h, hex);
    *size = s->out;
    return st;
}

sb_status sb_content_hash(const char *path, const char *const *inside, sb_ctx *cx, char hex[65], size_t *size)
{
    const size_t mark = sb_arena_mark(cx->arena);
    sb_stream *s = NULL;
    SB_TRY(inside ? sb_stream_inside(path, inside, cx, &s) : sb_stream_open(path, cx, &s));
    const sb_status st = hash_all(s, cx, hex, size);
    sb_stream_close(s);
    sb_arena_rewind(cx->arena, mark);
    return st == SB_OK ? st : sb_err_in(cx->err, st, "'%s'", path);
}

/* A whole gzip file at once by libdeflate, about twice as fast as zlib's inflate, which has to be ready to stop at any
 * byte. It vouches for nothing but success: whatever is unusual is left to the stream, which says what is wrong. */
#include "inflate_whole.h"

#include <errno.h>
#include <libdeflate.h>
#include <unistd.h>

static bool read_all(int fd, uint8_t *to, size_t size)
{
    for (size_t at = 0; at < size;) {
        const ssize_t r = pread(fd, to + at, size - at, (off_t)at);
        if (r < 0 && errno == EINTR) continue;
        if (r <= 0) return false;
        at += (size_t)r;
    }
    return true;
}

/* One member that is all of the file and holds exactly `room` bytes; libdeflate checks its CRC-32. */
static bool inflate_all(const uint8_t *packed, size_t size, uint8_t *out, size_t room)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t used = 0, got = 0;
    if (!d) return false;
    const enum libdeflate_result result = libdeflate_gzip_decompress_ex(d, packed, size, out, room, &used, &got);
    libdeflate_free_decompressor(d);
    return result == LIBDEFLATE_SUCCESS && used == size && got == room;
}

const uint8_t *sb_inflate_whole(int fd, size_t size, size_t room, sb_arena *arena)
{
    if (size > SB_WHOLE_PACKED || !room || room > SB_WHOLE_OUT) return NULL;
    const size_t mark = sb_arena_mark(arena);
    uint8_t *out = SB_NEW(arena, room, uint8_t);
    const size_t kept = sb_arena_mark(arena);
    uint8_t *packed = out ? SB_NEW(arena, size, uint8_t) : NULL;
    const bool done = packed && read_all(fd, packed, size) && inflate_all(packed, size, out, room);
    sb_arena_rewind(arena, done ? kept : mark);
    return done ? out : NULL;
}

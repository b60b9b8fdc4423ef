/* Archives and packed files, by libarchive: tar, zip; gzip, bzip2, xz. Nothing is ever named after what an archive
 * says: the bytes of chosen members go, in the order of the choice, to the caller. */
#ifndef SB_IO_UNPACK_H
#define SB_IO_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/ctx.h"

/* What may come out of `packed` bytes before it counts as a bomb: far more than numbers are packed by. */
static inline size_t sb_unpack_allowance(size_t packed)
{
    return ((size_t)1 << 30) + (packed < SIZE_MAX / 1024 ? 200 * packed : SIZE_MAX / 8);
}

/* Unpacked bytes on their way. Holds memory outside the arena (xz: the dictionary that the file asks for). */
typedef struct sb_unpacker sb_unpacker;

/* The members (a list ended by NULL: whole names, or their ends behind a '/') of the archive at path, one after the
 * other. Each costs a walk through the archive. Nothing is opened yet: errors come with the first bytes. */
sb_status sb_unpack_members(const char *path, const char *const *member, sb_ctx *cx, sb_unpacker **out) SB_CHECKED;

/* More packed bytes, borrowed until the next call; *size 0: the end. */
typedef sb_status (*sb_more_bytes)(void *self, sb_ctx *cx, const uint8_t **bytes, size_t *size);
/* One bzip2 or xz file without names, whose packed bytes `more` gives. */
sb_status sb_unpack_packed(bool xz, sb_more_bytes more, void *self, sb_ctx *cx, sb_unpacker **out) SB_CHECKED;

/* Up to size bytes; *got < size only at the end. SB_ENOTFOUND: no such member (some names are given); SB_EFORMAT:
 * damaged, cut short, encrypted, no archive; SB_ENOMEM; SB_EIO. */
sb_status sb_unpack_read(sb_unpacker *u, void *buffer, size_t size, size_t *got, sb_ctx *cx) SB_CHECKED;
/* Packed bytes read so far. */
size_t sb_unpack_consumed(const sb_unpacker *u);
void sb_unpack_close(sb_unpacker *u); /* NULL is allowed */

/* Writes members (NULL: path is one packed file without names) to the file out, anew; removed on failure. limit: no
 * more bytes than this come out; 0: the allowance. Errors as above, and SB_EDATA: above the limit. */
sb_status sb_unpack(const char *path, const char *const *member, const char *out, size_t limit, sb_ctx *cx) SB_CHECKED;

#endif

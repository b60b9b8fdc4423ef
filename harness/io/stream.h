/* Opening files as streams of decompressed bytes; gzip, bzip2 and xz are recognised by their first bytes. What is
 * packed may not grow above sb_unpack_allowance of the bytes read (unpack.h): SB_EDATA. */
#ifndef SB_IO_STREAM_H
#define SB_IO_STREAM_H

#include <stdbool.h>

#include "selbench/reader.h"

/* Opens path; the stream lives in cx->arena, the file is closed by sb_stream_close. SB_ENOTFOUND, SB_EIO. */
sb_status sb_stream_open(const char *path, sb_ctx *cx, sb_stream **out) SB_CHECKED;
/* The members of a tar (packed or not) or zip, one behind the other; see sb_unpack_members. */
sb_status sb_stream_inside(const char *path, const char *const *member, sb_ctx *cx, sb_stream **out) SB_CHECKED;
/* No more than this many bytes may come out of packed data, instead of the allowance. */
void sb_stream_limit(sb_stream *s, size_t bytes);
/* Bytes in memory (borrowed) as a stream, packed ones recognised too: for tests and fuzzing. */
sb_status sb_stream_bytes(const void *bytes, size_t size, const char *name, sb_ctx *cx, sb_stream **out) SB_CHECKED;
/* Must be called for every opened stream; NULL is allowed. */
void sb_stream_close(sb_stream *s);
/* Raw deflated bytes (borrowed) without header, as ZIP has them; deflated false: stored. Reading to the end checks that
 * there were `size` bytes with this CRC-32. */
sb_status sb_stream_packed(const void *bytes, size_t packed, bool deflated, size_t size, uint32_t crc, const char *name,
                           sb_ctx *cx, sb_stream **out) SB_CHECKED;
const char *sb_stream_name(const sb_stream *s); /* for messages */

/* SHA-256 (hex) of the decompressed content of a file, or of members inside it (NULL: of itself), and its size. */
sb_status sb_content_hash(const char *path, const char *const *inside, sb_ctx *cx, char hex[65],
                          size_t *size) SB_CHECKED;

#endif

/* Members of a ZIP archive that lies in memory: stored and deflated, ZIP64 too; bytes of zlib. Both are untrusted. */
#ifndef SELBENCH_ZIP_H
#define SELBENCH_ZIP_H

#include "selbench/reader.h"

typedef struct sb_zip_member {
    const char *name;    /* as written in the archive; arena memory */
    const uint8_t *data; /* packed bytes, borrowed from the archive */
    size_t packed, size; /* bytes packed and unpacked, as the archive says */
    uint32_t crc;
    unsigned method; /* 0 stored, 8 deflated; others cannot be opened */
    bool encrypted;
} sb_zip_member;

/* All members that are files, in the order of the central directory; their packed bytes lie inside the archive.
 * SB_EFORMAT: not a ZIP, damaged, several disks, two members of one name. SB_ENOMEM. Cost: the directory, sorted. */
sb_status sb_zip_list(const uint8_t *bytes, size_t size, sb_ctx *cx, const sb_zip_member **member,
                      size_t *members) SB_CHECKED;

/* The unpacked bytes as a stream, which needs no closing. Reading to the end checks size and CRC-32.
 * SB_EFORMAT: damaged. SB_EDATA: encrypted, or packed in another way. */
sb_status sb_zip_open(const sb_zip_member *member, sb_ctx *cx, sb_stream **out) SB_CHECKED;

/* Bytes that zlib wrote (RFC 1950) as a stream, which needs no closing; nothing may follow them. SB_EFORMAT: damaged. */
sb_status sb_zlib_open(const uint8_t *bytes, size_t size, const char *name, sb_ctx *cx, sb_stream **out) SB_CHECKED;
/* Bytes as they are; the same. Both borrow them. */
sb_status sb_bytes_open(const uint8_t *bytes, size_t size, const char *name, sb_ctx *cx, sb_stream **out) SB_CHECKED;

#endif

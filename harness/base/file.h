/* Files and folders: whole reads, atomic writes (temporary, fsync, rename), clocks. */
#ifndef SB_BASE_FILE_H
#define SB_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selbench/ctx.h"

/* Whole file as arena memory plus a 0 byte. SB_ENOTFOUND, SB_EIO, SB_ENOMEM; SB_EDATA above limit bytes. */
sb_status sb_file_read(const char *path, size_t limit, sb_ctx *cx, char **bytes, size_t *size) SB_CHECKED;

/* Writes through a temporary file in the same folder, fsync and rename: readers see the old or the new file, never a
 * part; a full disk leaves the old one. */
sb_status sb_file_write(const char *path, const void *bytes, size_t size, sb_ctx *cx) SB_CHECKED;

/* SHA-256 of the bytes of a file, whatever they are. SB_EIO. */
sb_status sb_file_hash(const char *path, sb_ctx *cx, char hex[65]) SB_CHECKED;

/* mkdir -p. */
sb_status sb_file_mkdirs(const char *path, sb_ctx *cx) SB_CHECKED;
bool sb_file_exists(const char *path);
bool sb_file_is_dir(const char *path);

/* Names in a folder, sorted bytewise, without "." and ".."; SB_ENOTFOUND when there is no such folder. */
sb_status sb_file_list(const char *folder, sb_ctx *cx, const char ***names, size_t *count) SB_CHECKED;

/* "DIR/NAME" in arena memory; NULL: no memory. */
const char *sb_file_join(sb_arena *a, const char *folder, const char *name);

/* Monotonic nanoseconds, for durations only; and the wall clock as "2026-11-21T22:49:00Z", for provenance only. */
uint64_t sb_clock_ns(void);
void sb_clock_utc(char text[32]);

#endif

/* Checksums of contents that were trusted on first use, or proved by the checksum of the file as it is published:
 * CACHE/checksums.lock, one line for each file, "SET NAME SHA-256 DATE FROM",
 * separated by tabs. A file that stands there is held to its checksum like one whose checksum the YAML confirms. */
#ifndef SB_DATA_TRUST_H
#define SB_DATA_TRUST_H

#include "source.h"

/* The ref with the checksum of the lock file, if its own is not confirmed and the lock file has one; else *ref as it
 * is. SB_EDATA: a damaged line, named. */
sb_status sb_trust_apply(const sb_places *places, sb_ctx *cx, const sb_file_ref **ref) SB_CHECKED;

/* Adds a line (with `path` as FROM); one process at a time. */
sb_status sb_trust_add(const sb_file_ref *f, const sb_places *places, const char *sha256, const char *from,
                       sb_ctx *cx) SB_CHECKED;

#endif

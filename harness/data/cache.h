/* The cache file: everything of a data set, or the features of an embedding, parsed, page-aligned and mapped read-only.
 * Written once: temporary file, fsync, rename, under a lock of its own, so that one process builds and others wait. */
#ifndef SB_DATA_CACHE_H
#define SB_DATA_CACHE_H

#include "dataset.h"
#include "hash.h"
#include "parts.h"

enum { SB_CACHE_VERSION = 2, SB_CACHE_PAGE = 4096 }; /* raise the version when parsing or the layout changes */

typedef enum sb_section {
    SB_X,                      /* features: n x d float32 */
    SB_Y = SB_X + SB_PARTS,    /* labels: n int32; targets: n x t float64 */
    SB_ROWS = SB_Y + SB_PARTS, /* row of the source: n uint32, absent when all rows are there in order */
    SB_GROUP = SB_ROWS + SB_PARTS,
    SB_FILE, /* sb_outside: features that stay in the user's own file; their bytes are 0 then */
    SB_SECTIONS = SB_FILE + SB_PARTS
} sb_section; /* X, Y, ROWS, FILE + SB_TRAIN or SB_TEST */

/* First page of the file. All counts 64 bits, unused bytes 0. */
typedef struct sb_cache_head {
    char magic[8];
    uint64_t version, order, file_bytes; /* order: 1 as this machine stores it */
    uint64_t kind, n[SB_PARTS], source_n[SB_PARTS], d, c, t, groups;
    uint64_t at[SB_SECTIONS], bytes[SB_SECTIONS];
    char key[72];                 /* SHA-256 of what the file was made from */
    char features[72];            /* SHA-256 of shape and features */
    char targets[72];             /* SHA-256 of kind, shape and labels or targets; "" for an embedding */
    uint8_t check[SB_HASH_BYTES]; /* SHA-256 of all that is above */
} sb_cache_head;

typedef struct sb_cached {
    const sb_cache_head *head;
    void *map;
    size_t bytes;
    void *file[SB_PARTS]; /* mappings of features that stay in the user's own files, or NULL */
} sb_cached;

/* Writes the table to `path` (atomic: nothing is left behind on failure). Checks every value: SB_EDATA names row and
 * column of the first that is not finite; SB_EIO: disk full and the like. Scratch of a few MiB. Features that lie in a
 * mapped file of the user's as they would lie here are checked and hashed, and stay there. */
sb_status sb_cache_write(const char *path, const char *part_path, const sb_parts *t, const char *key,
                         sb_ctx *cx) SB_CHECKED;

/* SB_ENOTFOUND: no such file, or damaged, of another version or another key, or the user's file that it refers to is
 * not the same any more. verify: read and hash all of it. */
sb_status sb_cache_map(const char *path, const char *key, bool verify, sb_ctx *cx, sb_cached *out) SB_CHECKED;
void sb_cache_close(sb_cached *c);

/* Start of a section, or NULL when it is empty. */
void *sb_cache_section(const sb_cached *c, size_t section);
/* The user's own file that holds the features of part p, or NULL: they are in the cache file. */
const sb_outside *sb_cache_outside(const sb_cached *c, size_t p);

/* Makes the table that belongs to a key. */
typedef sb_status (*sb_parts_make)(void *self, sb_ctx *cx, sb_parts *out);

/* Maps CACHE/data/NAME-KEY.sbd, after building it when it is not there. what: the text that the key is the hash of. */
sb_status sb_cache_open(const sb_places *places, const char *name, const char *what, sb_parts_make make, void *self,
                        sb_ctx *cx, sb_cached *out) SB_CHECKED;

#endif

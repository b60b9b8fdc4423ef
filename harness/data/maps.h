/* Large arrays that are not loaded: NPY files mapped where they lie, and scratch files for results. What is mapped here
 * costs address space and page cache, which the system takes back when it needs them, not memory of our own. */
#ifndef SB_DATA_MAPS_H
#define SB_DATA_MAPS_H

#include <stdbool.h>

#include "selbench/reader.h"

enum { SB_MAPS = 8, SB_MAP_PATH = 3072 };
/* Smaller files are read, and smaller results kept in memory: simpler, and as fast. */
static const size_t SB_MAP_FILE_BYTES = (size_t)64 << 20, SB_MAP_SCRATCH_BYTES = (size_t)256 << 20;

/* Which file an array lies in. A file of another size, inode or time of change is another file. */
typedef struct sb_outside {
    uint64_t offset, bytes, inode; /* offset: of the elements; bytes: of the whole file */
    int64_t changed_ns;
    char path[SB_MAP_PATH]; /* absolute */
} sb_outside;

typedef struct sb_map {
    void *at;
    size_t bytes;
    const sb_outside *file; /* a file that stays where it is (the user's own), so that its elements need no copy */
} sb_map;

/* Mappings made on the way into the cache; released when it is written. */
typedef struct sb_maps {
    size_t n;
    sb_map map[SB_MAPS];
} sb_maps;

/* Maps an uncompressed .npy of SB_MAP_FILE_BYTES or more whose elements need no conversion; *done false: not one of
 * those (or damaged), read it. stays: the file is the user's own. SB_EIO, SB_ENOMEM. */
sb_status sb_maps_npy(sb_maps *maps, const char *path, bool stays, sb_ctx *cx, sb_array *out, bool *done) SB_CHECKED;

/* bytes of zeros, backed by a nameless file in the folder (made when it is not there). SB_EIO: no room on the disk. */
sb_status sb_maps_scratch(sb_maps *maps, const char *folder, size_t bytes, sb_ctx *cx, void **out) SB_CHECKED;

void sb_maps_release(sb_maps *maps);

/* The lasting file that data lies in, or NULL. */
const sb_outside *sb_maps_outside(const sb_maps *maps, const void *data);

/* Maps a file again: false when it is not the same any more. */
bool sb_outside_map(const sb_outside *file, void **map);

#endif

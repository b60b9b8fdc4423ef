#ifndef SB_IO_INFLATE_WHOLE_H
#define SB_IO_INFLATE_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/arena.h"

/* Larger files are unpacked as they are read. */
enum { SB_WHOLE_PACKED = 256 << 20, SB_WHOLE_OUT = 512 << 20 };

/* The content of a gzip file of `size` bytes, `room` bytes as its last four bytes say, in arena memory. NULL: it is not
 * one member of that size, it is damaged, or there is no memory: read it as a stream, which knows why. */
const uint8_t *sb_inflate_whole(int fd, size_t size, size_t room, sb_arena *arena);

#endif

/* The only memory of selbench: arenas that are rewound, never freed piece by piece.
 * Memory is zeroed and 64-byte aligned. The cap is the memory limit of a cell; the peak is reported.
 * A rewind to a mark frees everything handed out since (poisoned under AddressSanitizer). */
#ifndef SELBENCH_ARENA_H
#define SELBENCH_ARENA_H

#include <stddef.h>

typedef struct sb_arena sb_arena;

/* cap_bytes: no more than this many bytes are handed out at a time; 0 means no limit. NULL: the system has none. */
sb_arena *sb_arena_new(size_t cap_bytes);
void sb_arena_free(sb_arena *a);

/* count x size bytes, zeroed, 64-byte aligned; NULL when the cap is reached, the product overflows or the system
 * refuses. A zero-sized request gives a valid pointer. */
void *sb_arena_alloc(sb_arena *a, size_t count, size_t size);
#define SB_NEW(arena, count, type) ((type *)sb_arena_alloc((arena), (count), sizeof(type)))

size_t sb_arena_mark(const sb_arena *a);
void sb_arena_rewind(sb_arena *a, size_t mark);

size_t sb_arena_used(const sb_arena *a);
size_t sb_arena_peak(const sb_arena *a); /* bytes, since creation or the last reset */
void sb_arena_reset_peak(sb_arena *a);
void sb_arena_set_cap(sb_arena *a, size_t cap_bytes);

/* Tests only: the k-th allocation from now (0 = the next) returns NULL; (size_t)-1 switches that off. */
void sb_arena_fail_at(sb_arena *a, size_t k);

#endif

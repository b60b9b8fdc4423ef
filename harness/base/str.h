/* Text in arena memory. */
#ifndef SB_BASE_STR_H
#define SB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "selbench/arena.h"
#include "selbench/status.h"

/* printf into arena memory; NULL: no memory. */
char *sb_str_format(sb_arena *a, const char *format, ...) SB_PRINTF(2, 3);
char *sb_str_copy(sb_arena *a, const char *text, size_t size);

/* Whole-text number parsing: true only if all of text is one number (leading and trailing blanks refused). */
bool sb_str_real(const char *text, double *value); /* also inf and nan, which callers' bounds refuse */
bool sb_str_size(const char *text, unsigned long long *value);

bool sb_str_ends(const char *text, const char *tail);

/* A text that grows; memory from the arena, at most doubled on the way. Failure is sticky and shown by `bad`. */
typedef struct sb_buf {
    sb_arena *arena;
    char *text; /* always 0-terminated once something was added; NULL before */
    size_t size, room;
    bool bad;
} sb_buf;
void sb_buf_add(sb_buf *b, const char *format, ...) SB_PRINTF(2, 3);
void sb_buf_put(sb_buf *b, const char *bytes, size_t size);

#endif

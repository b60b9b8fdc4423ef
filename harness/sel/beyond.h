/* A quick no: most pairs that a bound lets through are farther apart than the best known after all, and float32 can
 * tell. */
#ifndef SELBENCH_BEYOND_H
#define SELBENCH_BEYOND_H

#include <stdbool.h>
#include <stddef.h>

/* True only when sb_sqdist_f32(a, b, d) > limit for certain (limit >= 0 or infinite); false: measure it. */
bool sb_beyond(const float *a, const float *b, size_t d, double limit);

/* Asks for a row ahead of its use: rows come from memory faster than the processor sees the pattern. */
static inline void sb_row_ahead(const float *row, size_t d)
{
    enum { LINE = 64 / sizeof(float) };
    for (size_t j = 0; j < d; j += LINE) __builtin_prefetch(row + j, 0, 2);
}

#endif

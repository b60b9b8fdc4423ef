/* A borrowed, read-only, row-major float32 matrix: the form in which features are stored and seen. */
#ifndef SELBENCH_MAT_H
#define SELBENCH_MAT_H

#include <stddef.h>

typedef struct sb_mat {
    const float *data;
    size_t n, d; /* rows, columns */
    size_t ld;   /* distance between rows in floats, >= d */
} sb_mat;

static inline const float *sb_mat_row(sb_mat x, size_t i) { return x.data + i * x.ld; }

#endif

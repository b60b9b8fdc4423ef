/* A reader turns the bytes of one file format into one array: `const sb_reader sb_reader_NAME` in
 * harness/io/read_NAME.c. Input is untrusted: every length is checked against what is left, and against `limit`. */
#ifndef SELBENCH_READER_H
#define SELBENCH_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "selbench/param.h"

enum { SB_READER_ABI = 1, SB_DIMS_MAX = 8 };

typedef enum sb_dtype { SB_U8, SB_I8, SB_I32, SB_I64, SB_F16, SB_F32, SB_F64 } sb_dtype;

/* Bytes of a dtype's element: 1 1 4 8 2 4 8. */
size_t sb_dtype_size(sb_dtype type);

/* A dense array in C order. data is owned by the arena of the ctx that read it. */
typedef struct sb_array {
    sb_dtype type;
    size_t dims, shape[SB_DIMS_MAX];
    void *data;
    const char *const *column; /* names of the last dimension's entries, or NULL */
    const char *levels;        /* what numbers of categories stand for, "cut: Fair|Good; ...", or NULL */
    bool impute; /* NaNs are missing values: who splits the rows puts the mean of the training rows there */
} sb_array;

size_t sb_array_rows(const sb_array *a);  /* shape[0]; 1 for a scalar */
size_t sb_array_width(const sb_array *a); /* product of the other dimensions */
/* Element [i, j] of the array seen as rows x width. */
double sb_array_at(const sb_array *a, size_t i, size_t j);
/* count elements from `first` on, in C order, as float32 (float64 and integers rounded to nearest). */
void sb_array_floats(const sb_array *a, size_t first, size_t count, float *out);

/* A source of bytes, already decompressed when the file was gzipped. Opened by the harness (io/stream.h). */
typedef struct sb_stream sb_stream;
/* Up to size bytes; *got < size only at the end of the input. SB_EFORMAT on truncated or damaged compression. */
sb_status sb_stream_read(sb_stream *s, void *buffer, size_t size, size_t *got, sb_ctx *cx) SB_CHECKED;
/* Exactly size bytes; SB_EFORMAT "ends after X bytes, Y expected" otherwise; `what` names them in the message. */
sb_status sb_stream_exact(sb_stream *s, void *buffer, size_t size, const char *what, sb_ctx *cx) SB_CHECKED;
/* SB_EFORMAT unless the input ends here. */
sb_status sb_stream_end(sb_stream *s, sb_ctx *cx) SB_CHECKED;
/* Everything that is left, as arena memory (plus a 0 byte); SB_ENOMEM above limit bytes. */
sb_status sb_stream_all(sb_stream *s, size_t limit, uint8_t **bytes, size_t *size, sb_ctx *cx) SB_CHECKED;

typedef struct sb_reader {
    const char *name, *summary, *source;
    unsigned abi;
    const char *const *suffix; /* ".npy", ".csv"; without .gz, which is transparent; ended by NULL */
    size_t option_size;
    const sb_param *options;
    /* limit: no array above this many bytes (default: half of the memory limit). */
    sb_status (*read)(sb_stream *in, const void *options, size_t limit, sb_ctx *cx, sb_array *out);
} sb_reader;

#endif

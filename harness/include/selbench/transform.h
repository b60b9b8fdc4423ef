/* A transform makes an embedding from another: `const sb_transform sb_transform_NAME` in harness/data/embed_NAME.c.
 * It learns from the training rows' features only; the result is cached by content. */
#ifndef SELBENCH_TRANSFORM_H
#define SELBENCH_TRANSFORM_H

#include "selbench/mat.h"
#include "selbench/param.h"

enum { SB_TRANSFORM_ABI = 1 };

typedef struct sb_transform {
    const char *name, *summary, *source;
    unsigned abi; /* SB_TRANSFORM_ABI */
    size_t option_size;
    const sb_param *options;
    /* Columns of the result for d columns of n training rows; SB_ECONFIG when it cannot be (dims above d). */
    sb_status (*columns)(const void *options, size_t n, size_t d, sb_ctx *cx, size_t *columns);
    /* Writes train_out (train.n x columns) and test_out (test.n x columns), both packed; test.n may be 0. */
    sb_status (*run)(const void *options, sb_mat train, sb_mat test, sb_ctx *cx, float *train_out, float *test_out);
} sb_transform;

#endif

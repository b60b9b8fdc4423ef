/* A generator makes a data set from a recipe: `const sb_generator sb_generator_NAME` in datasets/NAME.c. */
#ifndef SELBENCH_GENERATOR_H
#define SELBENCH_GENERATOR_H

#include "selbench/data.h"
#include "selbench/param.h"

enum { SB_GENERATOR_ABI = 1 };

/* Filled by make; memory from cx->arena. Test part: n = 0 when there is none. group: the planted cluster of each
 * training row (n values), or NULL. view: a second view of the training and of the test rows, or data NULL: the
 * embedding named "view" of the set. target: rows of the distribution to select for, or data NULL. */
typedef struct sb_generated {
    sb_data train, test;
    const int32_t *group;
    size_t groups;
    sb_mat view[2], target;
} sb_generated;

typedef struct sb_shape {
    size_t n, n_test, d, c, t; /* c = 0 for regression, t = 0 for classification */
    size_t view_d, target_n;   /* columns of the second view and rows of the target set; 0: none */
} sb_shape;

typedef struct sb_generator {
    const char *name, *summary, *source;
    unsigned abi; /* SB_GENERATOR_ABI */
    sb_kind kind;
    size_t option_size;
    const sb_param *options;
    /* The shape that make will give, before anything is made: for listing and for estimates of memory. */
    void (*shape)(const void *options, sb_shape *out);
    /* All draws come from streams of cx (or, where a published stream is reproduced, from its own seed option). cx has
     * a fixed seed here, not the experiment's: the same options give the same data in every experiment. */
    sb_status (*make)(const void *options, sb_ctx *cx, sb_generated *out);
} sb_generator;

#endif

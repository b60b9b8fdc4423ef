/* The rows that models train and are judged on: one part (train or test) of a data set under one embedding. */
#ifndef SELBENCH_DATA_H
#define SELBENCH_DATA_H

#include <stdint.h>

#include "selbench/mat.h"

typedef enum sb_kind { SB_CLASSIFICATION, SB_REGRESSION } sb_kind;

/* Exactly one of label and y is set. All borrowed; finite (checked when the data set was read). */
typedef struct sb_data {
    sb_mat x;             /* n x d */
    sb_kind kind;
    size_t c;             /* classes; 0 for regression */
    const int32_t *label; /* n values in 0..c-1, or NULL */
    size_t t;             /* targets a row; 0 for classification */
    const double *y;      /* n x t row-major, or NULL */
} sb_data;

/* A weighted choice of rows of some sb_data. */
typedef struct sb_subset {
    size_t m;
    const uint32_t *row;  /* m rows, repetitions allowed; NULL: rows 0..m-1 */
    const double *weight; /* m weights >= 0, finite; NULL: all equal */
} sb_subset;

#endif

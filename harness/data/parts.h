/* A data set on its way into the cache: views of arrays that were read, generated or mapped, so that nothing large is
 * copied before it is written. */
#ifndef SB_DATA_PARTS_H
#define SB_DATA_PARTS_H

#include "maps.h"
#include "selbench/data.h"

enum { SB_TRAIN, SB_TEST, SB_PARTS };

/* Columns first .. first + d - 1 of an array, without column `drop`, each value divided by `divide`. */
typedef struct sb_view {
    const sb_array *array;
    size_t first, d;     /* d: columns of the view, the dropped one not counted */
    size_t drop;         /* column of the array, or SIZE_MAX */
    const uint32_t *row; /* n rows of the array, or NULL: rows 0..n-1 */
    size_t n;
    double divide;
    const char *file; /* that it was read from, for messages, or NULL */
} sb_view;

sb_view sb_view_all(const sb_array *array);
/* Row i of the view as d values. */
void sb_view_f32(const sb_view *v, size_t i, float *out);
void sb_view_f64(const sb_view *v, size_t i, double *out);
/* Value before the division, for messages. */
double sb_view_raw(const sb_view *v, size_t i, size_t j);
/* Row of the array behind row i, for messages. */
static inline size_t sb_view_row(const sb_view *v, size_t i) { return v->row ? v->row[i] : i; }

typedef struct sb_parts {
    const char *name; /* for messages */
    sb_kind kind;
    size_t c, t;
    bool features_only;  /* an embedding: no targets */
    sb_view x[SB_PARTS]; /* n = 0: no test part */
    sb_view y[SB_PARTS]; /* regression: t columns */
    const int32_t *label[SB_PARTS];
    const uint32_t *row[SB_PARTS]; /* row of the source behind each row, or NULL: all rows in order */
    size_t source_n[SB_PARTS];     /* rows of the file behind each part, before splitting and sampling */
    const int32_t *group;          /* of the training rows, or NULL */
    size_t groups;
    sb_maps maps; /* where some of the arrays lie; released by whoever had the table made */
} sb_parts;

/* Labels of a one-column view as class numbers 0..c-1: position in value (values entries), or the number itself when
 * values = 0. *c: number of classes if > 0, else raised to the largest label + 1. SB_EDATA names the row. */
sb_status sb_parts_labels(const sb_view *v, const char *what, const double *value, size_t values, size_t *c, sb_ctx *cx,
                          const int32_t **label) SB_CHECKED;

/* Splits rows 0..n-1 at random into m and n - m, or samples m of them; both lists ascending. The stream is drawn from
 * a fixed seed: a data set is the same in every experiment. rest may be NULL. */
sb_status sb_parts_sample(size_t n, size_t m, uint64_t seed, const char *stream, sb_ctx *cx, uint32_t **chosen,
                          uint32_t **rest) SB_CHECKED;

/* Where a reader left missing values for it (sb_array.impute), features of both parts get the mean of the column over
 * the training rows. SB_EDATA: a column without any value there. */
sb_status sb_parts_impute(const sb_parts *t, sb_ctx *cx) SB_CHECKED;
/* SB_EDATA when the files of the parts number their categories in different ways. */
sb_status sb_parts_same_levels(const sb_parts *t, sb_ctx *cx) SB_CHECKED;

/* What any data set must be: rows, columns, equal widths, at least two classes. */
sb_status sb_parts_check(const sb_parts *t, sb_ctx *cx) SB_CHECKED;

#endif

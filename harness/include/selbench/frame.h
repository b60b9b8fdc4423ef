/* Rows of numbers and categories on their way to one array of float64: what the readers of tables share. Which columns
 * are taken, what becomes of categories and of missing values is said by options that mean the same everywhere. */
#ifndef SELBENCH_FRAME_H
#define SELBENCH_FRAME_H

#include "selbench/reader.h"

typedef struct sb_frame_options {
    const char *columns, *drop, *onehot, *codes;
    int missing;
} sb_frame_options;

enum { SB_MISSING_ERROR, SB_MISSING_NAN, SB_MISSING_SKIP, SB_MISSING_MEAN };

/* Rows of a reader's option table; its option struct has an sb_frame_options named `frame`. */
#define SB_FRAME_ROW(options, name, help, fallback, type, max, words)                                                  \
    {                                                                                                                  \
#name, help, fallback, type, offsetof(options, frame.name), 0, max, words                                      \
    }
#define SB_FRAME_ROWS(options)                                                                                         \
    SB_FRAME_ROW(options, columns,                                                                                     \
                 "the columns to take, in this order: names, positions from 0, -1 for the last, ranges 3-12", "",      \
                 SB_P_TEXT, 0, NULL),                                                                                  \
        SB_FRAME_ROW(options, drop, "columns to leave out, written as in columns", "", SB_P_TEXT, 0, NULL),            \
        SB_FRAME_ROW(options, onehot,                                                                                  \
                     "columns of categories that become one 0/1 column for each level, as in [cut, colour=red|blue]: " \
                     "the levels in the order given here, else in the order the file declares, else sorted by their "  \
                     "bytes; all: every column whose levels the file declares",                                        \
                     "", SB_P_TEXT, 0, NULL),                                                                          \
        SB_FRAME_ROW(options, codes, "columns of categories that become 0, 1, 2, ...; written as in onehot", "",       \
                     SB_P_TEXT, 0, NULL),                                                                              \
        SB_FRAME_ROW(options, missing,                                                                                 \
                     "missing values: an error, a NaN, the row is left out (whatever its column), or the mean of the " \
                     "column's other values in the training rows",                                                     \
                     "error", SB_P_ENUM, 3, ((const char *const[]){"error", "nan", "skip", "mean", NULL}))

/* A category while it is read: levels[k] has code k; sorted at the end unless their order is given or declared. */
typedef struct sb_frame_levels {
    const char **level;
    size_t n, room;
    uint32_t *slot; /* hash table of 2 x room entries: code + 1, or 0 */
    bool given, declared;
} sb_frame_levels;

typedef enum sb_frame_kind { SB_FRAME_NUMBER, SB_FRAME_CODES, SB_FRAME_ONEHOT } sb_frame_kind;

/* Filled by sb_frame_begin; fields below `name` are private. */
typedef struct sb_frame {
    size_t d, *pick;         /* columns taken: their positions in the file, in the order of the result */
    const char *const *name; /* of all columns of the file, or NULL; borrowed */
    size_t width;
    const sb_frame_options *options;
    sb_ctx *cx;
    size_t limit;
    sb_frame_kind *kind; /* of column pick[j] */
    sb_frame_levels **category;
    struct sb_frame_block *first, *last;
    size_t n, block_rows;
    bool onehot_all, incomplete; /* incomplete: a NaN stands for a missing value */
} sb_frame;

/* width columns, their names or NULL; limit: bytes of the result. SB_ECONFIG: a column that is not there, named twice,
 * both onehot and codes; none left. */
sb_status sb_frame_begin(sb_frame *f, const sb_frame_options *options, size_t width, const char *const *name,
                         size_t limit, sb_ctx *cx) SB_CHECKED;
/* The file says that column j of those taken is a category with these levels (copied). SB_EFORMAT: one of them twice.
 */
sb_status sb_frame_declare(sb_frame *f, size_t j, const char *const *level, size_t levels) SB_CHECKED;
/* Column j of those taken is a category: its values go through sb_frame_code. */
bool sb_frame_is_category(const sb_frame *f, size_t j);
/* Whether the user named levels of column j himself, this text among them: then it does not mean "missing". */
bool sb_frame_is_given(const sb_frame *f, size_t j, const char *text);

/* Room for the next row, d values; it counts when it is kept. SB_ENOMEM: above the limit. */
sb_status sb_frame_row(sb_frame *f, double **row) SB_CHECKED;
void sb_frame_keep(sb_frame *f);
/* Value of a category's text. SB_EDATA: not one of the levels given or declared; too many levels. */
sb_status sb_frame_code(sb_frame *f, size_t j, const char *text, double *value) SB_CHECKED;
/* Value of a missing one: NaN, or SB_EDATA by the option. (Rows to be skipped are the reader's business.) */
sb_status sb_frame_missing(sb_frame *f, double *value) SB_CHECKED;

/* n x (d with onehot columns widened) float64, names "column" and "column=level". SB_ENOMEM: above the limit;
 * SB_EDATA: a mean asked of codes. */
sb_status sb_frame_finish(sb_frame *f, sb_array *out) SB_CHECKED;

#endif

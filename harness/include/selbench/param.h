/* Options as rows: one row parses, sets the default, checks bounds, prints help and dumps the resolved value. */
#ifndef SELBENCH_PARAM_H
#define SELBENCH_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "selbench/ctx.h"

typedef enum sb_param_type {
    SB_P_SIZE,  /* size_t */
    SB_P_REAL,  /* double; "inf" allowed when max is INFINITY */
    SB_P_BOOL,  /* bool: true, false, yes, no */
    SB_P_ENUM,  /* int: index into words */
    SB_P_REALS, /* sb_reals: one number or a list */
    SB_P_COUNT, /* sb_count: rows as 100, 10% (of n) or 20%m (of the budget) */
    SB_P_TEXT   /* const char *: borrowed from the arena that parsed it */
} sb_param_type;

enum { SB_REALS_MAX = 32 };
typedef struct sb_reals {
    size_t n;
    double v[SB_REALS_MAX];
} sb_reals;

typedef enum sb_count_of { SB_COUNT_ROWS, SB_COUNT_OF_N, SB_COUNT_OF_M } sb_count_of;
typedef struct sb_count {
    double value; /* rows, or a fraction in (0, 1] */
    sb_count_of of;
} sb_count;

typedef struct sb_param {
    const char *name, *help, *fallback; /* fallback: the default as text */
    sb_param_type type;
    size_t offset;   /* in the options struct */
    double min, max; /* inclusive; tested as !(v >= min && v <= max), so NaN fails; for COUNT: of value in rows */
    const char *const *words; /* ENUM: ended by NULL */
} sb_param;                   /* a table of rows ends with .name == NULL; a NULL table means no options */

/* Fills opts (the plug-in's option struct, zeroed by the caller) with every row's default. SB_BUG if a default is bad.
 */
void sb_param_defaults(const sb_param *rows, void *opts, sb_ctx *cx);

/* Sets one option from text. SB_ECONFIG: unknown name (message names the nearest), unparsable, out of bounds. */
sb_status sb_param_set(const sb_param *rows, void *opts, const char *name, const char *text, sb_ctx *cx) SB_CHECKED;

/* Resolved value of row i as text that sb_param_set reads back to the same bits; arena memory; NULL: no memory. */
const char *sb_param_text(const sb_param *row, const void *opts, sb_arena *arena);

/* Rows a count stands for: rounded to nearest, at least 1; OF_M needs the budget. */
size_t sb_count_rows(sb_count c, size_t n, size_t m);

/* For numbers that may not exceed what the data have (clusters, directions): nothing is cut silently. SB_SKIP "'k' is
 * 100, above the 60 rows" when value > limit; of: what the limit counts. */
sb_status sb_option_within(const char *option, size_t value, size_t limit, const char *of, sb_ctx *cx) SB_CHECKED;

/* For the option `work`: SB_SKIP with the multiply-adds that may be needed, the seconds they take at so many a second,
 * and the limit, when need > limit. Called before anything is done. */
sb_status sb_work_within(double need, double a_second, double limit, sb_ctx *cx) SB_CHECKED;

/* Nearest name by edit distance among a NULL-terminated list, or NULL when none is close; for messages. */
const char *sb_nearest(const char *name, const char *const *names);
const char *sb_nearest_of(const char *name, const char *const *names, size_t n); /* of n names */

#endif

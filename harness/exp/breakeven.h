/* Break-even: how many rows the reference needs for what a method gives with m. */
#ifndef SB_EXP_BREAKEVEN_H
#define SB_EXP_BREAKEVEN_H

#include "str.h"
#include "table.h"
#include "words.h"

/* Rows: 0 means fewer than least, INFINITY more than most (both as m and as an end of the interval). */
typedef struct sb_break_even {
    size_t setting, method, metric; /* positions in the lists of sb_results */
    size_t group;                   /* in sb_summary.group */
    size_t repeats;                 /* behind it; the interval needs two */
    double m;                       /* rows the reference needs for the method's mean */
    sb_interval ci;                 /* NaN: one repeat */
    size_t least, most;             /* rows at which the reference is known */
} sb_break_even;

typedef struct sb_break_evens {
    const sb_break_even *list; /* by group, metric, method, budget */
    size_t count;
} sb_break_evens;

/* For every primary metric with a direction and every method that is neither reference nor anchor, where the reference
 * has at least two points: its budgets, and all rows where a method `full` ran. Through the reference's means goes the
 * closest monotone curve (pool adjacent violators), straight between points in log m (and log value, for metrics drawn
 * that way whose means are positive); the break-even is the first m that reaches the method's mean. Interval: percentiles
 * of SB_BREAK_EVEN_BOOT resamples of the repeats, the same for both methods, from the stream cx->path "/breakeven".
 * Used are the repeats in which the reference has a value at every budget; a method that lacks one of them there has no
 * break-even. SB_ENOMEM. */
enum { SB_BREAK_EVEN_BOOT = 999 };
sb_status sb_break_evens_find(const sb_summary *s, sb_ctx *cx, sb_break_evens *out) SB_CHECKED;

/* "1,830", "<250", ">5,000": m, or an end of the interval. */
sb_words sb_break_even_rows(const sb_break_even *e, double m);
/* Methods as rows, budgets as columns: "1,830 [1,500 to 2,200]", "<250" (all of the interval too). rows 0: none in this
 * group and metric. */
sb_status sb_break_evens_table(const sb_summary *s, const sb_break_evens *b, const sb_group *g, size_t metric,
                               sb_ctx *cx, sb_table *out) SB_CHECKED;
/* "1,830 [1,500 to 2,200]"; NULL: no memory. */
const char *sb_break_even_text(const sb_break_even *e, sb_arena *a);
/* DIR/tables/break-even.{md,csv,tex}. */
sb_status sb_break_evens_write(const sb_summary *s, const sb_break_evens *b, const char *run_dir,
                               sb_ctx *cx) SB_CHECKED;

#endif

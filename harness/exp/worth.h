/* What a method is worth: where its curve meets that of the reference, and the price of a row from which it pays. */
#ifndef SB_EXP_WORTH_H
#define SB_EXP_WORTH_H

#include "breakeven.h"
#include "standing.h"

/* Points that two polylines (an >= 1 points ax, ay and bn points) share, from segments that cross; in logarithms where
 * asked for (values > 0 there). Points with NaN part their line. x, y: room for (an - 1)(bn - 1). Returns how many. */
size_t sb_worth_crossings(const double *ax, const double *ay, size_t an, const double *bx, const double *by, size_t bn,
                          bool log_x, bool log_y, double *x, double *y);

/* method, budget, value, rows that the reference needs for it (breakeven.h), rows saved, further time to prepare and
 * select, and the price of a row above which the method pays; by the metric of k. Rows 0: there are no break-evens. */
sb_status sb_worth_table(const sb_summary *s, const sb_break_evens *evens, const sb_standing *k, sb_ctx *cx,
                         sb_table *out) SB_CHECKED;

#endif

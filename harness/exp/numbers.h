/* One LaTeX macro per number of the tables, so that a paper quotes a run without copying digits. */
#ifndef SB_EXP_NUMBERS_H
#define SB_EXP_NUMBERS_H

#include "breakeven.h"

/* DIR/tables/numbers.tex: \selbench{KEY} prints the number as the tables do; an unknown key is an error of TeX. Keys:
 *     GROUP/ROWS/METHOD/METRIC/WHAT   GROUP: stem of the tables' files; WHAT: mean low high median repeats, and against the
 *                                     reference difference difference-low difference-high p verdict break-even
 *     run/WHAT                        reference methods settings repeats evaluations comparisons alpha level
 * of the primary metrics. Letters, digits, '.', '-' and '_' of names stay, runs of others become '-'; two names that would
 * be one get .2, .3 in config order: keys stay the same when rows are added behind. */
sb_status sb_numbers_write(const sb_summary *s, const sb_break_evens *evens, const char *run_dir, sb_ctx *cx) SB_CHECKED;

#endif

/* What a config asks for beyond the rows that its data have: known only when these are open. */
#ifndef SB_EXP_EXCESS_H
#define SB_EXP_EXCESS_H

#include "config.h"

/* The next thing, at or behind position *from (0 at first, moved on here), that n training rows cannot give: SB_ECONFIG
 * with its place, its value and n. First the warm-up, then budgets, then options of methods that count rows. SB_OK:
 * there is nothing more. */
sb_status sb_excess_next(const sb_bench *b, size_t n, size_t *from, sb_ctx *cx) SB_CHECKED;

/* The first of them alone: a warm-up larger than the data leaves no cell that could run. */
sb_status sb_excess_warmup(const sb_bench *b, size_t n, sb_ctx *cx) SB_CHECKED;

#endif

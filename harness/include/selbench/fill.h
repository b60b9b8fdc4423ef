/* What a method does that can find no more rows by its own rule: uniform among the rest, and says so. */
#ifndef SELBENCH_FILL_H
#define SELBENCH_FILL_H

#include "selbench/method.h"

/* Appends uniformly drawn rows with taken[i] == 0 until out->m == budget or none is left; marks them. Stream PATH/fill.
 * Notes `filled`, the rows added. SB_ENOMEM. */
sb_status sb_fill(unsigned char *taken, size_t n, size_t budget, sb_ctx *cx, sb_selection *out) SB_CHECKED;

#endif

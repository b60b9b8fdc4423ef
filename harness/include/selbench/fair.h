/* Shares for groups of different sizes, small groups served first. */
#ifndef SELBENCH_FAIR_H
#define SELBENCH_FAIR_H

#include "selbench/ctx.h"

/* Visits the groups by ascending size (equal sizes: lowest group first): each gets min(size, what is left of m divided
 * by the groups left, rounded down). Groups of size 0 are visited too. *left: what remains of m, larger than 0 when
 * the last groups are too small. SB_ENOMEM. */
sb_status sb_fair_shares(const size_t *size, size_t groups, size_t m, sb_ctx *cx, size_t *share,
                         size_t *left) SB_CHECKED;

#endif

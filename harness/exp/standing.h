/* The methods of one group ranked by its main metric, with what each needs to see, costs and gives. Ranks are made
 * within a repeat, where all methods share split, warm-up and draws, and averaged over budgets; their interval is over
 * repeats. */
#ifndef SB_EXP_STANDING_H
#define SB_EXP_STANDING_H

#include "summary.h"
#include "table.h"

typedef struct sb_standing {
    size_t group,
        metric;     /* metric: the first headline one of the test set, else the first headline one; SIZE_MAX: none */
    size_t repeats; /* in which the reference has the metric at every budget where it occurs */
    size_t methods, ranked;
    size_t *method;  /* tried in the group: ranked ones, best first (ties: order of the config), then those without a
                        rank: anchors and whatever lacks a value that the reference has */
    double *rank;    /* methods: mean rank, 1 is best, ties share; NaN: none */
    sb_interval *ci; /* methods: of the mean over repeats, within 1..ranked; NaN for one repeat */
} sb_standing;

/* Ranks need a reference: without one, ranked is 0. Time: budgets x repeats x methods^2. SB_ENOMEM. */
sb_status sb_standing_make(const sb_summary *s, size_t group, sb_ctx *cx, sb_standing *out) SB_CHECKED;

/* method, needs (and the first reason for no result), rank with interval, time to prepare and select, queries, value
 * and difference to the reference (the last four at the largest budget), budgets better / undecided / worse. Rows 0
 * where metric is SIZE_MAX. */
sb_status sb_standing_table(const sb_summary *s, const sb_standing *k, sb_ctx *cx, sb_table *out) SB_CHECKED;

#endif

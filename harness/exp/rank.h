/* Methods over data sets: mean ranks with Friedman's test and Nemenyi's critical difference, wins and losses against
 * the reference, performance profiles. A block is a data set: settings of one data set (embeddings, models, budgets) are
 * not independent, so their ranks are averaged and ranked again. */
#ifndef SB_EXP_RANK_H
#define SB_EXP_RANK_H

#include "plot.h"
#include "str.h"
#include "table.h"

typedef struct sb_ranking {
    size_t metric, sets, methods; /* data sets; methods that have a value wherever the reference has one, no anchors */
    size_t *method;               /* best first */
    double *rank;                 /* mean rank of each */
    size_t *win, *tie, *loss;     /* data sets where more verdicts are better than worse, as many, fewer */
    double *boot_low, *boot_high; /* bootstrap interval of the rank over data sets (NaN for one) */
    sb_friedman test;
    const char *stem;             /* "ranks-METRIC", set by sb_rank_write with */
    bool drawn;                   /* plots/ranks-METRIC.svg */
} sb_ranking;

/* One per primary metric with a direction, two methods or more and a reference. */
sb_status sb_rank_make(const sb_summary *s, sb_ctx *cx, sb_ranking **list, size_t *count) SB_CHECKED;

/* metric, method, rank, interval, wins, ties, losses; the caption says what the test says. */
sb_status sb_rank_table(const sb_summary *s, const sb_ranking *r, sb_ctx *cx, sb_table *out) SB_CHECKED;

/* tables/ranks.{md,csv,tex}, tables/profiles.csv (metric, method, tau, share of settings within tau times the best mean),
 * plots/ranks-METRIC.{tsv,svg,png}: critical-difference diagrams (three data sets or more). */
sb_status sb_rank_write(const sb_summary *s, const char *run_dir, const sb_plot_options *options, sb_ranking *list,
                        size_t count, sb_ctx *cx) SB_CHECKED;

#endif

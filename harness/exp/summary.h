/* From repeats to aggregates: one per (setting, method, metric), with the paired difference to the reference method,
 * its test, and a verdict corrected for the number of comparisons made in the run. */
#ifndef SB_EXP_SUMMARY_H
#define SB_EXP_SUMMARY_H

#include "metric.h"
#include "results.h"
#include "stats.h"

typedef enum sb_verdict {
    SB_V_NONE,      /* not applicable: the reference itself, no pairs, a metric without direction, or a cost */
    SB_V_UNDECIDED, /* compared; no difference seen at this number of repeats */
    SB_V_BETTER,
    SB_V_WORSE
} sb_verdict;
const char *sb_verdict_text(sb_verdict v); /* "better", "worse", "undecided", "not applicable" */

typedef struct sb_aggregate {
    size_t setting, method, metric;    /* positions in the lists of sb_results */
    size_t repeats;                    /* values that were there: everything below rests on these */
    size_t missing;                    /* evaluations that ended ok but where the metric does not apply */
    size_t failures;                   /* evaluations that did not end ok */
    double mean, sd, median, min, max; /* NaN when repeats is 0 */
    sb_interval mean_ci, median_ci;
    sb_interval boot;      /* of the mean, BCa bootstrap; primary and tested metrics, else NaN */
    sb_paired diff;        /* to the reference, over repeats that both have; pairs 0: none */
    sb_interval diff_boot; /* of the mean difference, as boot */
    double interest;       /* smallest effect of interest, in the metric's unit; NaN: not compared */
    size_t needed;         /* undecided: pairs that would show it in 80% of runs; 0: not known; SIZE_MAX: millions */
    double p_adjusted;     /* NaN: not tested */
    sb_verdict verdict;
} sb_aggregate;

/* Consecutive settings that differ in the budget only: a table, a curve. */
typedef struct sb_group {
    size_t first, count; /* settings */
    const char *data, *embedding, *model;
} sb_group;

/* The results of one (setting, method): first and count in sb_results.result. */
typedef struct sb_slice {
    size_t first, count;
} sb_slice;

typedef struct sb_summary {
    const sb_results *results; /* borrowed */
    double level, alpha;       /* of intervals; of verdicts */
    size_t reference;          /* method, or SIZE_MAX: no method has that label and there are no differences */
    sb_aggregate *cell;        /* settings x methods x metrics */
    sb_slice *slice;           /* settings x methods */
    sb_group *group;
    size_t groups;
    bool *primary; /* per metric: shown first, plotted, in the first family of tests */
    size_t primaries;
    size_t comparisons;              /* tests made on the primary metrics, without anchors */
    size_t shown;                    /* of them with an adjusted p of at most alpha */
    size_t repeats_min, repeats_max; /* pairs behind a test; 0 0: no test */
    size_t ok, not_ok;               /* results */
} sb_summary;

typedef struct sb_summary_options {
    double level, alpha;     /* 0: 0.95 and 0.05 */
    const sb_effect *effect; /* smallest effects of interest that are not the default of sb_metric_effect */
    size_t effects;
} sb_summary_options;

/* Tested: metrics with a direction that are not noisy, costs or about the solver. A verdict other than undecided
 * needs an adjusted p of at most alpha. Benjamini-Hochberg over the whole run in four families: headline metrics or
 * the others, and methods or anchors; sure winners (an anchor that has all the data, a radius that a method
 * minimises by construction) in the first family would make its correction too mild. r must be sorted by setting,
 * method, rep: SB_EARG otherwise. Time: one sign-flip test and two bootstraps per tested aggregate; memory
 * sizeof(sb_aggregate) each, from cx->arena. SB_ENOMEM. */
sb_status sb_summary_make(const sb_results *r, const sb_summary_options *options, sb_ctx *cx,
                          sb_summary *out) SB_CHECKED;

const sb_aggregate *sb_summary_at(const sb_summary *s, size_t setting, size_t method, size_t metric);
/* The result of one repeat, or NULL. */
const sb_result *sb_summary_result(const sb_summary *s, size_t setting, size_t method, unsigned rep);
/* The smallest adjusted p that one more comparison, over so many pairs, could have got beside those that are shown:
 * where it is above alpha, silence says nothing. Benjamini-Hochberg: floor x comparisons / (shown + 1), at most 1. */
double sb_summary_reach(const sb_summary *s, size_t pairs);
bool sb_metric_tested(const sb_metric *m);

#endif

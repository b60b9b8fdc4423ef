/* The metrics: one row each; names, direction and words come from here everywhere (tables, plots, `list metrics`). */
#ifndef SB_EXP_METRIC_H
#define SB_EXP_METRIC_H

#include <stdbool.h>
#include <stddef.h>

typedef enum sb_better { SB_LOWER, SB_HIGHER, SB_NEITHER } sb_better;
typedef enum sb_metric_group { SB_M_LOSS, SB_M_TEST, SB_M_SUBSET, SB_M_COST, SB_M_FIT } sb_metric_group;

typedef struct sb_metric {
    const char *name;    /* "loss_err@full", "accuracy" */
    const char *title;   /* "relative error of the weighted loss at the full-data optimum" */
    const char *unit;    /* "", "fraction", "rows", "s", "bytes", "queries" */
    sb_better better;
    sb_metric_group group;
    bool noisy;          /* seconds, bytes: goes to timing.tsv, never compared bit for bit */
    bool headline;       /* shown first in tables and plotted */
    bool log_scale;      /* plots use a logarithmic axis */
} sb_metric;

/* In the order of the columns; ended by .name == NULL. */
extern const sb_metric sb_metrics[];
/* Position in sb_metrics, or -1. */
int sb_metric_index(const char *name);
size_t sb_metric_count(void);

/* The smallest effect of interest of a metric, in its unit. */
typedef struct sb_effect {
    const char *metric;
    double size;
} sb_effect;
/* The last one listed for this metric; else 0.005 for fractions, and 10% of |value of the baseline| for bytes (a few percent
 * hang on what ran before), 2% for the rest. */
double sb_metric_effect(const sb_metric *m, double baseline, const sb_effect *list, size_t n);

#endif

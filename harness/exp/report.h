/* The report of a run: alarms.tsv, tables/, plots/, report.html (one self-contained file), report.md and report.tex
 * under the run's folder. */
#ifndef SB_EXP_REPORT_H
#define SB_EXP_REPORT_H

#include "metric.h"
#include "results.h"

typedef struct sb_report_options {
    const char *plots;       /* folder of the gnuplot scripts */
    const char *alarm_page;  /* results/alarms.md of the source tree, which the reports quote and which is put beside
                                them;  NULL: not */
    const char *drawings;    /* run folder whose drawings the page takes in, instead of drawing; NULL: none */
    bool gnuplot;            /* false: tables of the plots only */
    const char *command;     /* name of the run for `selbench verify NAME --row KEY`; NULL: run_dir */
    double level, alpha;     /* 0: 0.95 and 0.05 */
    const sb_effect *effect; /* smallest effects of interest, else those of sb_metric_effect */
    size_t effects;
    size_t *alarms; /* written: how many alarms the report raises (exp/alarm.h); may be NULL */
} sb_report_options;

/* run_dir exists. Everything in the files comes from r and the options: equal input gives equal bytes (plots: with
 * equal gnuplot). SB_EARG (results not sorted), SB_EIO, SB_ENOMEM. */
sb_status sb_report_write(const sb_results *r, const char *run_dir, const sb_report_options *options,
                          sb_ctx *cx) SB_CHECKED;

#endif

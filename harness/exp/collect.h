/* From a run folder back to results: what tables, plots and the report are made of; and the two metric files. */
#ifndef SB_EXP_COLLECT_H
#define SB_EXP_COLLECT_H

#include "results.h"
#include "selbench/ctx.h"

/* Reads run.json, ledger.tsv and the records of DIR. Evaluations without a record (an unfinished run) have the status
 * "missing". SB_ENOTFOUND: not a run folder. */
sb_status sb_results_collect(const char *dir, sb_ctx *cx, sb_results *out) SB_CHECKED;

/* DIR/metrics.tsv (deterministic, bit for bit) and DIR/timing.tsv (noisy), one value a line, in config order. */
sb_status sb_results_write_tsv(const sb_results *r, const char *dir, sb_ctx *cx) SB_CHECKED;

#endif

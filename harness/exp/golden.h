/* A golden: the deterministic values of a run and what they depend on, as small diffable text, committed under
 * results/golden/NAME. metrics.tsv has the run's columns but for the key (which changes with every code version). */
#ifndef SB_EXP_GOLDEN_H
#define SB_EXP_GOLDEN_H

#include "compare.h"

/* Writes GOLDEN/{metrics.tsv,run.json} from a finished run, with o->memory also timing.tsv, of which only peak_bytes. The
 * smallest effects of interest of o are those that comparisons with it shall use; those of a golden that is there already
 * stay unless given again. */
sb_status sb_golden_write(const char *run, const char *golden, const sb_compare_options *o, sb_ctx *cx) SB_CHECKED;

#endif

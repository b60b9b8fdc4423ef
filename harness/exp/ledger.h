/* ledger.tsv: every evaluation of a run with its keys and the name of its draws: the seed ledger, and what `report` and
 * `verify` go by. Deterministic; rewritten when the config changes. */
#ifndef SB_EXP_LEDGER_H
#define SB_EXP_LEDGER_H

#include "plan.h"

/* Also checks that no two repeats of a method share a stream (SB_ECONFIG). */
sb_status sb_ledger_write(const char *dir, const sb_plan *plan, sb_ctx *cx) SB_CHECKED;

#endif

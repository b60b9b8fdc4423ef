/* Replaying rows of a stored run: the same config, data and code must give the same subset and metrics, bit for bit. */
#ifndef SB_EXP_REPLAY_H
#define SB_EXP_REPLAY_H

#include "run.h"

typedef struct sb_replay {
    size_t rows, same, differ, unknown; /* unknown: no record, or made by other code */
    /* Called for each evaluation replayed. detail: "" when same; else which value differs and how. */
    void (*row)(void *self, const char *key, const char *what, bool same, const char *detail);
    void *self;
} sb_replay;

/* DIR: a run folder. key: an evaluation's or a selection's key (a unique beginning will do), or NULL: `sample` rows
 * spread over the run (0: all). Nothing in DIR is read but config, ledger and records: references are fitted again. */
sb_status sb_replay_run(const char *dir, const char *key, size_t sample, const sb_places *places, sb_ctx *cx,
                        sb_replay *out) SB_CHECKED;

#endif

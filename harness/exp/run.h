/* One execution of a config: data opened, references fitted, cells run by worker processes, results written. */
#ifndef SB_EXP_RUN_H
#define SB_EXP_RUN_H

#include "plan.h"
#include "results.h"

typedef struct sb_progress {
    const char *phase;    /* "data", "references", "cells" */
    size_t done, total;   /* of this phase; cells: evaluations */
    size_t bad;           /* cells that are not ok so far */
    size_t stored;        /* found in the store at the start */
    double seconds, left; /* since the phase began; estimate, negative: unknown */
    bool finished;        /* the phase is over */
} sb_progress;

typedef struct sb_run_options {
    const char *dir;                      /* run folder */
    size_t jobs;                          /* worker processes */
    bool retry;                           /* run failed cells again */
    bool shuffle;                         /* random order of the groups: shows that order does not matter */
    const char *command;                  /* as typed, for the record */
    const char *const *set, *const *only; /* ended by NULL, for the record */
    void (*progress)(void *self, const sb_progress *p);
    void *self;
} sb_run_options;

typedef struct sb_run_summary {
    size_t evaluations, ok, skipped, other; /* of the whole run, stored ones included */
    size_t dropped_lines;
    bool interrupted;
} sb_run_summary;

/* Creates or resumes the run folder. SB_EINTERRUPT leaves everything for the next try. */
sb_status sb_run(const sb_config *config, const sb_places *places, const sb_run_options *o, sb_ctx *cx,
                 sb_run_summary *out) SB_CHECKED;

/* The first phase alone: opens every bench in a worker (building caches). facts: one per bench, cx->arena. */
sb_status sb_run_open(const sb_config *config, const sb_places *places, const sb_run_options *o, sb_ctx *cx,
                      sb_facts **facts) SB_CHECKED;

#endif

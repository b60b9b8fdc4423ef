/* What a worker keeps from one repeat of a bench for the next: prepared states, selections and evaluations that asked
 * for no stream and saw no warm-up, and so would come out the same. What is kept saves time and never changes a bit;
 * its seconds are billed to every row as they were measured once. */
#ifndef SB_EXP_KEEP_H
#define SB_EXP_KEEP_H

#include "selbench/method.h"

/* One (method, budget) of the bench. */
typedef struct sb_kept_cell {
    bool chosen; /* sel, subset and value are there */
    sb_selection sel;
    char subset[65];
    double *value; /* the record's, one per metric */
    double **eval; /* per model: the values of its record, or NULL */
} sb_kept_cell;

typedef struct sb_kept {
    bool steady;   /* prepare asked for no stream: the next one is worth keeping */
    bool prepared; /* the rest is there */
    void *state;
    double prepare_s;
    size_t prepare_peak, state_bytes;
    sb_kept_cell *cell; /* one per budget */
} sb_kept;

/* All of one bench, in an arena of its own. */
typedef struct sb_keeper {
    sb_arena *arena;
    size_t most;    /* bytes: beyond them nothing more is kept */
    size_t opening; /* of the data that the kept states point into */
    size_t methods, budgets, models;
    sb_kept *kept; /* one per method; NULL: nothing is kept */
} sb_keeper;

/* Forgets everything unless it is of this opening. SB_ENOMEM. */
sb_status sb_keep_open(sb_keeper *k, size_t opening, size_t methods, size_t budgets, size_t models,
                       sb_err *err) SB_CHECKED;
/* Copies; keeps nothing when there is no room. values: entries of `value`. */
void sb_keep_choice(sb_keeper *k, sb_kept_cell *c, const sb_selection *s, size_t n, const char *subset,
                    const double *value, size_t values);
void sb_keep_eval(sb_keeper *k, sb_kept_cell *c, size_t model, const double *value, size_t values);

#endif

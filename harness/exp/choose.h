/* Letting a method choose: the task it gets holds what it declared and nothing else, and what comes back is checked. */
#ifndef SB_EXP_CHOOSE_H
#define SB_EXP_CHOOSE_H

#include "config.h"

typedef struct sb_choice {
    const sb_method_use *use;
    sb_mat seen;          /* the embedding of the training rows */
    const sb_data *train; /* kind, labels or targets */
    sb_mat view, target;  /* second view of the rows, target set; data NULL: there is none */
    const uint32_t *warm; /* warm-up rows, or NULL */
    size_t warm_n;
    bool joins;              /* they are part of the selection, inside its budget */
    const sb_oracle *oracle; /* answers queries; NULL: none are answered */
    const char *no_proxy;    /* why the warm-up gave no model; "" when it did or there is none */
} sb_choice;

/* The method's prepare, if it has one. cx->path names its draws. seconds: its duration. */
sb_status sb_choose_prepare(const sb_choice *c, sb_ctx *cx, void **state, double *seconds) SB_CHECKED;

/* Selects m rows in all (warm-up rows that join included) into out, memory from cx->arena. meter: the queries.
 * SB_SKIP: the budget does not fit the data or the warm-up. SB_EDATA: the method broke its contract (which row, how).
 */
sb_status sb_choose(const sb_choice *c, void *state, size_t m, sb_ctx *cx, sb_selection *out, sb_meter *meter,
                    double *seconds) SB_CHECKED;

#endif

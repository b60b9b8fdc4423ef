/* What a worker process does: opens the data of a bench, fits the references, runs the cells of a group. Keeps what the
 * next job of the same bench and repeat can use again; what it keeps never changes a bit of a result. */
#ifndef SB_EXP_WORK_H
#define SB_EXP_WORK_H

#include "plan.h"

typedef struct sb_worker sb_worker;

/* What a job reports while it runs; the calls may send it through a pipe or (verify) keep it. */
typedef struct sb_report_calls {
    void *self;
    void (*start)(void *self, size_t cell);            /* cell of the group begins: its clock starts */
    sb_status (*record)(void *self, const char *text); /* one finished record */
} sb_report_calls;

/* Each call below gets the error text of its own job. places: with the config's mirrors. dir: the run folder
 * (references and subsets), NULL: write nothing. */
sb_worker *sb_worker_new(const sb_config *config, const sb_places *places, const char *dir, sb_err *err);
void sb_worker_free(sb_worker *w);

/* Opens the bench (building caches) and says what it found. */
sb_status sb_work_open(sb_worker *w, size_t bench, sb_facts *out, sb_err *err) SB_CHECKED;

/* Fits the full-data optimum of (bench, model) and stores it as DIR/reference/KEY.npz, and the bench's map (plane.h),
 * unless they are there. */
sb_status sb_work_truth(sb_worker *w, const sb_plan *p, size_t bench, size_t model, sb_err *err) SB_CHECKED;

/* Runs the cells of g from position `first` that todo (one flag per cell; NULL: all) asks for. A cell's failure is a
 * record; the returned status is a failure of the worker itself (data gone, disk full). */
sb_status sb_work_group(sb_worker *w, const sb_plan *p, const sb_group *g, size_t first, const bool *todo,
                        const sb_report_calls *calls, sb_err *err) SB_CHECKED;

#endif

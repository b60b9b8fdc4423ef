/* Worker processes: forked, fed with job numbers, watched by the clock, replaced when they die. The parent only
 * schedules; it never calls BLAS, so forking stays safe at any time. */
#ifndef SB_EXP_POOL_H
#define SB_EXP_POOL_H

#include "record.h"

/* What a child writes to its parent. */
typedef struct sb_link {
    int fd;
} sb_link;
/* cell SIZE_MAX allowed; aborts the child when the parent is gone. */
void sb_link_start(const sb_link *link, size_t cell);
void sb_link_send(const sb_link *link, const void *bytes, size_t size);

typedef struct sb_pool_calls {
    void *self;
    /* In the child: does job `job` from its cell `first`; failures of the job itself are its status. */
    sb_status (*work)(void *self, size_t job, size_t first, const sb_link *link, sb_err *err);
    /* In the parent: the next job for a worker whose last was `last` (SIZE_MAX: none); false: nothing left for now. */
    bool (*next)(void *self, size_t worker, size_t last, size_t *job, size_t *first);
    /* A message of sb_link_send. A failure stops the pool. */
    sb_status (*message)(void *self, size_t job, const char *bytes, size_t size, sb_ctx *cx);
    /* The job ended by itself. */
    sb_status (*ended)(void *self, size_t job, sb_status st, const char *text, sb_ctx *cx);
    /* The worker died or was killed in cell `at` (SIZE_MAX: before the first); the job may be given out again. */
    sb_status (*died)(void *self, size_t job, size_t at, sb_outcome outcome, const char *why, sb_ctx *cx);
    /* Several times a second. */
    void (*tick)(void *self);
} sb_pool_calls;

/* Runs until next() has nothing left and all workers are idle. seconds: limit of one cell (from its start message).
 * SB_EINTERRUPT: SIGINT or SIGTERM came; the workers are gone. */
sb_status sb_pool_run(size_t workers, double seconds, const sb_pool_calls *calls, sb_ctx *cx) SB_CHECKED;

#endif

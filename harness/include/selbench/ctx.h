/* What every call that works gets: memory, a place for the error text, and the name under which it may draw. */
#ifndef SELBENCH_CTX_H
#define SELBENCH_CTX_H

#include <stdbool.h>

#include "selbench/arena.h"
#include "selbench/rng.h"
#include "selbench/status.h"

typedef struct sb_ctx {
    sb_arena *arena;
    sb_err *err;
    uint64_t seed;    /* experiment seed */
    const char *path; /* prefix of this call's streams, e.g. "fashion-mnist/rep3/uniform/m1000"; never NULL */
    bool *drawn;      /* set when a stream is asked for (the harness keeps what drew nothing); may be NULL */
} sb_ctx;

/* The stream named PATH/what: equal names give equal draws whatever ran before. The only way to seed and path: what
 * draws in another way must call it first. */
sb_rng sb_ctx_stream(const sb_ctx *cx, const char *what);

#endif

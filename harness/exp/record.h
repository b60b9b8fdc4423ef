/* One record per cell: a selection ("select") or an evaluation of one by a model ("eval"). JSON with sorted keys, one
 * line; what is noisy (seconds, bytes) stands apart from what must repeat bit for bit. */
#ifndef SB_EXP_RECORD_H
#define SB_EXP_RECORD_H

#include "metric.h"
#include "selbench/method.h"

/* Why a cell has no numbers; "ok" otherwise. */
typedef enum sb_outcome {
    SB_CELL_OK,
    SB_CELL_SKIPPED,
    SB_CELL_FAILED,
    SB_CELL_TIMEOUT,
    SB_CELL_MEMORY,
    SB_CELL_CRASHED
} sb_outcome;
extern const char *const sb_outcome_words[];
/* The outcome of a status: SKIP, ENOMEM and the rest. */
sb_outcome sb_outcome_of(sb_status st);

typedef struct sb_record {
    bool is_eval;
    const char *key;                                        /* 64 hex digits */
    const char *select;                                     /* eval: key of its selection; select: "" */
    const char *data, *embedding, *method, *budget, *model; /* labels, for reading; model "" for select */
    size_t m;                                               /* rows asked for */
    unsigned rep;
    sb_outcome outcome;
    const char *reason; /* "" when ok */
    const char *subset; /* select: content hash of subsets/HASH.npz, or "" */
    const char *stream; /* select: name of its draws */
    double *value;      /* sb_metric_count() entries; NaN: none */
    size_t notes;
    sb_note note[SB_NOTES_MAX];
} sb_record;

/* The line, without checksum and newline. SB_ENOMEM. */
sb_status sb_record_text(const sb_record *r, sb_ctx *cx, const char **text) SB_CHECKED;
/* Into arena memory. SB_EFORMAT: not a record (what is wrong is named). */
sb_status sb_record_parse(const char *text, size_t size, sb_ctx *cx, sb_record *out) SB_CHECKED;

#endif

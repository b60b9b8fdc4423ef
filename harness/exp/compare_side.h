/* Inside compare: one side, read. */
#ifndef SB_EXP_COMPARE_SIDE_H
#define SB_EXP_COMPARE_SIDE_H

#include <jansson.h>

#include "selbench/ctx.h"

/* One line of metrics.tsv, texts inside the file's bytes. */
typedef struct sb_side_value {
    const char *cell;   /* "data\tembedding\tmodel\tbudget\tm\tmethod" */
    const char *metric; /* "-": the cell failed */
    const char *status, *value;
    unsigned rep;
    size_t place; /* line */
} sb_side_value;

typedef struct sb_side {
    const char *dir;
    const char *bytes; /* of metrics.tsv without its column of keys, which only runs have */
    size_t size;
    const char *memory; /* the peak_bytes lines of timing.tsv in the same form; NULL: not asked for */
    size_t memory_size;
    bool is_run;          /* it has keys */
    sb_side_value *value; /* sorted by cell, metric, rep after sb_side_parse */
    size_t values;
    json_t *run; /* run.json */
} sb_side;

/* Reads the files, timing.tsv only for memory; sb_side_close gives run back (also after a failure). */
sb_status sb_side_open(const char *dir, bool memory, sb_ctx *cx, sb_side *s) SB_CHECKED;
/* The lines of both files into s->value. */
sb_status sb_side_parse(sb_side *s, sb_ctx *cx) SB_CHECKED;
void sb_side_close(sb_side *s);

/* Why rows of one cell of the baseline b cannot be compared with those of the run a, or "": everything that decides
 * them and changed, with both values: "options of method u changed: k 10 -> 20; seed changed: 1 -> 2". What is labelled
 * after its options has another label once they change: the first such label of a plug-in that only the baseline has is
 * taken for the first that only the run has, and so on. "" too where the run has no such data, method or model. NULL:
 * no memory. */
const char *sb_side_obstacle(const sb_side *a, const sb_side *b, const char *data, const char *embedding,
                             const char *model, const char *method, sb_ctx *cx);
/* What a cell of the baseline consists of and the run has not ("the run has no method u"), or "". NULL: no memory. */
const char *sb_side_absent(const sb_side *a, const char *data, const char *embedding, const char *model,
                           const char *budget, const char *method, sb_ctx *cx);
/* All that differs: seed, data, options, versions, kernel, code of methods and models; one per line. NULL: no memory.
 */
const char *sb_side_changes(const sb_side *a, const sb_side *b, sb_ctx *cx);

#endif

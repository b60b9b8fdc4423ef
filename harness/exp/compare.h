/* Two runs, or a run and a golden, row by row: equal bits first, a paired test only where bits differ.
 * A side is a folder with metrics.tsv and run.json: a run folder, or a golden (exp/golden.h). */
#ifndef SB_EXP_COMPARE_H
#define SB_EXP_COMPARE_H

#include "metric.h"
#include "stats.h"
#include "str.h"

/* By rising weight: the verdict of all rows is the heaviest of those that count. */
typedef enum sb_sameness {
    SB_C_NOTHING,    /* no value on either side: the cells failed on both */
    SB_C_SAME,       /* equal bits in every repeat */
    SB_C_EQUIVALENT, /* bits differ; the interval of the difference lies inside the smallest effect of interest */
    SB_C_CHANGED,    /* bits differ in a metric that has no better side or only describes the solver: never gates: the
                        whole is equivalent */
    SB_C_BETTER,
    SB_C_UNDECIDED,      /* differs, and the repeats do not settle which way or whether it matters */
    SB_C_MISSING,        /* the baseline has it, or repeats of it, and the run has not */
    SB_C_NOT_COMPARABLE, /* data, options, warm-up or seed are not the same */
    SB_C_WORSE
} sb_sameness;
enum { SB_C_COUNT = SB_C_WORSE + 1 };
extern const char *const sb_sameness_words[SB_C_COUNT];

/* One metric of one cell (data set, embedding, model, budget, method) over its repeats. */
typedef struct sb_compare_row {
    const char *data, *embedding, *model, *budget, *m, *method, *metric;
    sb_sameness verdict;
    bool gated;         /* counts in the verdict of the whole */
    size_t differ;      /* repeats with other bits, of diff.pairs */
    double run, base;   /* means over the pairs */
    sb_paired diff;     /* run - base */
    double effect;      /* smallest effect of interest, in the metric's unit */
    double p_adjusted;  /* NaN: not tested */
    size_t needed;      /* undecided: repeats to see `effect`; 0: not known, SIZE_MAX: beyond a million */
    const char *detail; /* why, for missing and not comparable; "" */
    size_t place;       /* order of the baseline's file */
} sb_compare_row;

typedef struct sb_compare_options {
    double alpha;            /* 0: 0.05 */
    const sb_effect *effect; /* goes before those of the golden and the defaults */
    size_t effects;
    bool despite; /* compare even where data, options or seed differ */
    bool memory;  /* compare and gate peak_bytes too, which timing.tsv of both sides has */
} sb_compare_options;

typedef struct sb_comparison {
    const char *run, *base; /* the folders */
    sb_sameness verdict;
    size_t rows;
    const sb_compare_row *row; /* in the baseline's order; NULL when whole files were equal */
    size_t count[SB_C_COUNT];  /* rows of each verdict */
    size_t values;             /* values of the baseline */
    size_t added;              /* rows that only the run has: other methods or metrics; never judged */
    size_t tests;              /* in the correction */
    double alpha;
    const char *changed; /* what differs between the sides besides values, one per line; "" */
} sb_comparison;

/* The smallest effect of interest: of the options, of the golden, else that of sb_metric_effect.
 * Rows that differ are tested by sign flips of the paired differences, corrected (Benjamini-Hochberg) for the rows
 * tested. Equivalent: the (1 - alpha) t interval of the mean difference lies within the effect. A change that is the
 * same in all repeats has no spread and is judged by its size alone. Cost: one pass and one sort of the two files.
 * SB_ENOTFOUND: not such folders; SB_EFORMAT names file and line. Results in cx->arena. */
sb_status sb_compare(const char *run, const char *base, const sb_compare_options *o, sb_ctx *cx,
                     sb_comparison *out) SB_CHECKED;

/* For people, for a pull request, for CI (accepted: verdicts that are no failure, by index), for programs. */
void sb_compare_text(const sb_comparison *c, size_t most, sb_buf *b);
void sb_compare_markdown(const sb_comparison *c, size_t most, sb_buf *b);
void sb_compare_junit(const sb_comparison *c, const bool accepted[SB_C_COUNT], sb_buf *b);
void sb_compare_json(const sb_comparison *c, sb_buf *b);

#endif

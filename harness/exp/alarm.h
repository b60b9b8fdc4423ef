/* What a reader of a run should know before believing its tables: each alarm names the rows and says what to do. */
#ifndef SB_EXP_ALARM_H
#define SB_EXP_ALARM_H

#include "str.h"
#include "summary.h"

typedef enum sb_alarm_kind {
    SB_A_TWINS,          /* two methods with the same subsets */
    SB_A_LIKE_REFERENCE, /* a method that cannot be told from the reference anywhere */
    SB_A_SEED,           /* a method that draws gave the same subset in every repeat */
    SB_A_STREAM,         /* ... or in two of them */
    SB_A_SHARED,         /* the config's `vary` lets repeats share draws */
    SB_A_DUPLICATES,     /* fewer than half of the selected rows are distinct */
    SB_A_EFFECTIVE,      /* weights leave less than a tenth of the rows */
    SB_A_CLASSES,        /* classes without a selected row */
    SB_A_SATURATED,      /* the reference is as good as all the data */
    SB_A_SOLVER,         /* training did not meet its tolerance */
    SB_A_BIASED          /* weights do not stand for all rows */
} sb_alarm_kind;
enum { SB_A_COUNT = SB_A_BIASED + 1 };
extern const char *const sb_alarm_words[SB_A_COUNT];

extern const char *const sb_alarm_anchors[SB_A_COUNT]; /* of the sections of results/alarms.md */

typedef struct sb_alarm {
    sb_alarm_kind kind;
    size_t rows;        /* results or comparisons it is about */
    const char *what;   /* a sentence that names the method and the first place */
    const char *where;  /* all places: "data, embedding, budget rows[, model]", joined by "; " */
    const char *advice; /* what to do, in short; at length: results/alarms.md, section of the kind */
} sb_alarm;

/* By kind, then in config order. Thresholds are above, beside the kinds; those of saturation: the reference's mean is
 * within 0.005 (fractions) or 1% of that of the method `full`, and of bias: the mean of sum_weight is off 1 by more
 * than 0.02 and 4 standard errors. Results and budgets that failed are passed over. SB_ENOMEM. */
sb_status sb_alarms_find(const sb_summary *s, sb_ctx *cx, const sb_alarm **list, size_t *count) SB_CHECKED;

/* The sections of the page PATH (results/alarms.md), Markdown without their headings, in the order of the kinds; "" for
 * all where there is no such file (or NULL), and for what it does not speak of. */
sb_status sb_alarm_page_read(const char *path, sb_ctx *cx, const char *text[SB_A_COUNT]) SB_CHECKED;

/* kind, rows, what, where, what to do, page: one a line. */
void sb_alarms_tsv(const sb_alarm *list, size_t count, sb_buf *b);
/* DIR/alarms.tsv, and beside it alarms.md, a copy of the page PAGE (NULL: none), so that its links lead somewhere
 * wherever the run is taken. */
sb_status sb_alarms_write(const sb_alarm *list, size_t count, const char *run_dir, const char *page,
                          sb_ctx *cx) SB_CHECKED;

#endif

/* Are the files that people read what the records give? They are written again elsewhere and compared byte by byte. */
#ifndef SB_EXP_RECOUNT_H
#define SB_EXP_RECOUNT_H

#include "report.h"

typedef struct sb_recount {
    size_t files, same; /* compared; of them equal */
    bool other_version; /* of selbench made the run: only metrics.tsv and timing.tsv were compared, others may look
                           otherwise */
    /* Called for each file that is not the same. line: the first that differs; 0: the run has no such file. */
    void (*differs)(void *self, const char *file, size_t line);
    void *self;
} sb_recount;

/* DIR: a run folder with records, of which nothing is written. scratch: a folder to be made and taken away again, also
 * after a failure. o: plots, alarm_page and effects as the report was made with. Compared are the metric files, tables,
 * alarms, claims, the tables of the plots and the reports; drawings are taken as they are. Takes as long as `report`
 * does without gnuplot. SB_ENOTFOUND: not a run folder. */
sb_status sb_recount_run(const char *dir, const char *scratch, const sb_report_options *o, sb_ctx *cx,
                         sb_recount *out) SB_CHECKED;

#endif

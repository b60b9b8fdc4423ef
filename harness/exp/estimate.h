/* Memory and time of a run, guessed before it starts: sizes are counted, speeds are those of a 2-core laptop. shape: of
 * the features that methods see, as it is declared or was found (sb_dataset_declared, sb_dataset_extent). */
#ifndef SB_EXP_ESTIMATE_H
#define SB_EXP_ESTIMATE_H

#include "config.h"

typedef struct sb_estimate {
    bool known;          /* the shape is */
    double mapped_bytes; /* shared by all workers */
    double worker_bytes; /* of one worker's own */
    double seconds;      /* of one processor, all cells */
} sb_estimate;

sb_estimate sb_estimate_bench(const sb_config *c, const sb_bench *b, const sb_extent *shape);

/* SB_ENOMEM with the figures when jobs workers cannot fit the machine or one cannot fit its limit. */
sb_status sb_estimate_refuse(const sb_config *c, const sb_bench *b, const sb_extent *shape, size_t jobs,
                             sb_ctx *cx) SB_CHECKED;

#endif

/* Where the variance between repeats comes from (split, warm-up, selection, training), when the config's `vary` sets the
 * draws apart. */
#ifndef SB_EXP_VARIANCE_H
#define SB_EXP_VARIANCE_H

#include "table.h"

/* Of one metric of one (setting, method): sb_stat_nested over its repeats, all of which have a value. */
typedef struct sb_variance {
    size_t setting, method, metric;
    sb_component source[SB_CHANCES]; /* df 0: the source does not vary on its own */
} sb_variance;

typedef struct sb_variances {
    const sb_variance *list; /* by setting, method, metric; primary metrics of settings with `vary` */
    size_t count;
} sb_variances;
sb_status sb_variances_find(const sb_summary *s, sb_ctx *cx, sb_variances *out) SB_CHECKED;

/* Methods and budgets as rows, the sources that vary as columns: "61%, sd 0.0123 [0.0041 to 0.051]". The caption says the
 * mean shares in words. rows 0: nothing here. */
sb_status sb_variances_table(const sb_summary *s, const sb_variances *v, const sb_group *g, size_t metric, sb_ctx *cx,
                             sb_table *out) SB_CHECKED;
/* DIR/tables/variance.{md,csv,tex}; nothing where no config has `vary`. */
sb_status sb_variances_write(const sb_summary *s, const sb_variances *v, const char *run_dir, sb_ctx *cx) SB_CHECKED;

#endif

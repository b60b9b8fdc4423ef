/* Plots: tables as TSV, drawn by the gnuplot scripts of plots/. Everything that is computed is computed here; without
 * gnuplot the tables still come out. */
#ifndef SB_EXP_PLOT_H
#define SB_EXP_PLOT_H

#include "summary.h"

typedef struct sb_plot_options {
    const char *scripts; /* folder of *.gp */
    bool draw;           /* false: only the TSV tables */
} sb_plot_options;

/* Time to prepare, to select and to train on what was selected, together. */
#define SB_COST_SECONDS (SIZE_MAX - 1)

typedef struct sb_plot {
    size_t group, metric; /* positions in sb_summary.group and sb_results.metric */
    size_t cost;          /* metric on the x axis; SIZE_MAX: the budget; SB_COST_SECONDS */
    const char *stem;     /* plots/STEM.tsv, .svg, .png under the run's folder */
    const char *title;
    const char *crossings; /* "margin at 0.4 s; ...": where curves over a cost meet the reference's; "" */
    bool drawn;
} sb_plot;

typedef struct sb_plot_list {
    sb_plot *plot;
    size_t count;
    const char *note; /* why plots are missing ("gnuplot: No such file or directory"); "" when none is */
} sb_plot_list;

/* Writes RUN_DIR/plots: for each group, each primary metric against the budget, and the first primary metric (of the
 * test set, where there is one) against time, with the points where methods break even with the reference, and against
 * queries where those vary. A plot that gnuplot cannot draw is
 * not an error: drawn is false and note says why. SB_EIO, SB_ENOMEM. */
sb_status sb_plots_write(const sb_summary *s, const char *run_dir, const sb_plot_options *options, sb_ctx *cx,
                         sb_plot_list *out) SB_CHECKED;

/* For plot_draw.c: one figure's numbers. */
typedef struct sb_figure {
    const char *script;          /* "metric_budget.gp" */
    const char *heading, *place; /* two lines above the plot */
    const char *xlabel, *ylabel;
    const char *xticks;                /* "100, 1000" or "" */
    size_t series, reference, anchors; /* blocks; of them reference (0 or 1) and anchors come first */
    size_t others;                     /* last blocks, drawn without a name */
    size_t crossings;                  /* points of a further block, where methods break even with the reference */
    double xmin, xmax;                 /* of the points, positive when logx */
    bool logx, logy, band;
} sb_figure;
/* Runs gnuplot on BASE.tsv to BASE.svg and BASE.png. false: *why says what happened (arena memory or constant). */
bool sb_plot_draw(const sb_figure *f, const char *base, const char *scripts, sb_ctx *cx, const char **why);

#endif

/* Plots: tables as TSV, drawn by the gnuplot scripts of plots/. Everything that is computed is computed here; without
 * gnuplot the tables still come out. */
#ifndef SB_EXP_PLOT_H
#define SB_EXP_PLOT_H

#include "summary.h"

typedef struct sb_plot_options {
    const char *scripts;  /* folder of *.gp */
    bool draw;            /* false: only the TSV tables */
    const char *drawings; /* run folder whose plots/STEM.svg are taken as they are, nothing drawn; NULL: none */
} sb_plot_options;

/* Time to prepare, to select and to train on what was selected, together. */
#define SB_COST_SECONDS (SIZE_MAX - 1)

typedef struct sb_plot {
    size_t group, metric; /* positions in sb_summary.group and sb_results.metric */
    size_t cost;          /* metric on the x axis; SIZE_MAX: the budget; SB_COST_SECONDS */
    const char *stem;     /* plots/STEM.tsv, .svg, .png under the run's folder */
    const char *title;
    const char *crossings; /* "margin at 0.4 s; ...": where curves over a cost meet the reference's; "" */
    const char *unseen;    /* "outside the axis: full at 0", or "" */
    bool drawn, intervals; /* intervals: of any mean */
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
    const char *xticks, *yticks;       /* "\"100\" 100, \"1,000\" 1000", or "": gnuplot's own */
    size_t series, reference, anchors; /* blocks; of them reference (0 or 1) and anchors come first */
    size_t others;                     /* last blocks, drawn without a name */
    size_t crossings;                  /* points of a further block, where methods break even with the reference */
    double xmin, xmax;                 /* of the points, positive when logx */
    double ymin, ymax;                 /* of the axis when logy */
    bool logx, logy, band, single;     /* single: one budget, so methods stand side by side */
} sb_figure;

/* A part of a logarithmic axis; empty: NAN, NAN. */
typedef struct sb_range {
    double low, high;
} sb_range;
void sb_plot_include(sb_range *r, double v); /* unless v <= 0 or not finite */
/* Longer at each end by this share of its length, at least by the factor `least`. */
sb_range sb_plot_widen(sb_range r, double share, double least);
/* Round numbers for an axis shorter than two decades, on which powers of ten are too few; "" for a longer one. NULL: no
 * memory. */
const char *sb_plot_ticks(double low, double high, sb_arena *a);

/* Runs gnuplot on BASE.tsv to BASE.svg and BASE.png. false: *why says what happened (arena memory or constant). */
bool sb_plot_draw(const sb_figure *f, const char *base, const char *scripts, sb_ctx *cx, const char **why);

/* Is RUN_DIR/plots/STEM.svg there? */
bool sb_plot_taken(const char *run_dir, const char *stem, sb_ctx *cx);

#endif

/* Tables of text, built from aggregates and written as Markdown, CSV, LaTeX (booktabs) or, by the report, HTML. */
#ifndef SB_EXP_TABLE_H
#define SB_EXP_TABLE_H

#include "str.h"
#include "summary.h"

/* head: columns texts; cell: rows x columns texts, plain UTF-8, escaped on writing. */
typedef struct sb_table {
    const char *caption;
    size_t rows, columns;
    size_t text_columns; /* the first so many are left-aligned: labels */
    const char **head, **cell;
    double *value; /* rows x columns: what a cell is sorted and shaded by in HTML; NaN: its text */
} sb_table;

/* A table of empty texts and NaN values in arena memory. */
sb_status sb_table_new(size_t rows, size_t columns, const char *caption, sb_ctx *cx, sb_table *out) SB_CHECKED;

/* Methods as rows, the budgets of the group as columns. Values: "mean [interval] (median)". Differences: to the
 * reference, with interval, adjusted p and the verdict's mark. */
sb_status sb_table_values(const sb_summary *s, const sb_group *g, size_t metric, sb_ctx *cx, sb_table *out) SB_CHECKED;
sb_status sb_table_differences(const sb_summary *s, const sb_group *g, size_t metric, sb_ctx *cx,
                               sb_table *out) SB_CHECKED;
/* status, method, reason, count, first key; most frequent first. */
sb_status sb_table_failures(const sb_results *r, sb_ctx *cx, sb_table *out) SB_CHECKED;
/* Overlaps of the methods that have a subset in this setting; rows 0 when results have none. */
sb_status sb_table_overlap(const sb_results *r, size_t setting, sb_ctx *cx, sb_table *out) SB_CHECKED;

/* Methods x costs of the group: mean at the smallest, an arrow, mean at the largest budget; sorted by the latter. */
sb_status sb_table_costs(const sb_summary *s, const sb_group *g, sb_ctx *cx, sb_table *out) SB_CHECKED;
/* label, method, resolved options. */
sb_status sb_table_methods(const sb_results *r, sb_ctx *cx, sb_table *out) SB_CHECKED;

/* Does any evaluation of this group have a value of the metric? */
bool sb_table_applies(const sb_summary *s, const sb_group *g, size_t metric);
/* Does the config try this method in the group: others have no row. */
bool sb_table_tried(const sb_summary *s, const sb_group *g, size_t metric, size_t method);

void sb_table_markdown(const sb_table *t, sb_buf *b);
void sb_table_csv(const sb_table *t, sb_buf *b);
void sb_table_csv_real(sb_buf *b, double v); /* ",0.25"; "," for NaN */
void sb_table_latex(const sb_table *t, const char *label, sb_buf *b);

/* Adds a table about (group, metric) to files of several: with its caption to md, labelled STEM-what to tex. */
sb_status sb_table_append(const sb_summary *s, const sb_group *g, size_t metric, const char *what, const sb_table *t,
                          sb_buf *md, sb_buf *tex, sb_ctx *cx) SB_CHECKED;

/* Aggregates with something in them, one line each, full precision, columns named in the first line. g NULL: of all
 * groups; metric SIZE_MAX: of all metrics. */
void sb_table_aggregates_csv(const sb_summary *s, const sb_group *g, size_t metric, sb_buf *b);

/* Writes the file NAME of folder from a buffer: SB_ENOMEM if it went bad. */
sb_status sb_table_save(const char *folder, const char *name, const sb_buf *b, sb_ctx *cx) SB_CHECKED;
/* File name stem of (group, metric), "fashion-mnist-raw-softmax-accuracy"; groups that would share one get a number.
 * metric SIZE_MAX: of the group alone. NULL: no memory. */
const char *sb_table_stem(const sb_summary *s, const sb_group *g, size_t metric, sb_arena *a);

/* DIR/tables: GROUP-METRIC.{md,csv,tex} for the primary metrics, aggregates.csv, failures.{md,csv,tex}. */
sb_status sb_tables_write(const sb_summary *s, const char *run_dir, sb_ctx *cx) SB_CHECKED;

#endif

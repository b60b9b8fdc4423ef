/* Inside the report: what its files share. */
#ifndef SB_EXP_REPORT_PARTS_H
#define SB_EXP_REPORT_PARTS_H

#include "alarm.h"
#include "breakeven.h"
#include "plot.h"
#include "rank.h"
#include "report.h"
#include "standing.h"
#include "str.h"
#include "table.h"
#include "variance.h"
#include "worth.h"

/* The answer in sentences, plain UTF-8 text without markup. */
typedef enum sb_saying {
    SB_SAY_LEAD,    /* about the run */
    SB_SAY_CAUTION, /* about what the run cannot show, or did not finish */
    SB_SAY_GROUP,   /* heading: a data set, embedding, model */
    SB_SAY_METRIC,  /* heading below it */
    SB_SAY_SCALE,   /* what the reference and the anchors reach */
    SB_SAY_BETTER,
    SB_SAY_WORSE,
    SB_SAY_UNDECIDED
} sb_saying;
typedef struct sb_sentence {
    sb_saying kind;
    const char *text;
} sb_sentence;

typedef struct sb_report {
    const sb_summary *s;
    const sb_plot_list *plots;
    const char *run_dir, *command;
    const char *drawings; /* folder with plots/, often run_dir */
    const sb_sentence *sentence;
    size_t sentences;
    const sb_alarm *alarm;
    size_t alarms;
    const char *about_alarm[SB_A_COUNT]; /* what to do at length, Markdown; "": not known */
    sb_ranking *ranking;
    size_t rankings;
    const sb_standing *standing; /* one per group */
    sb_break_evens evens;
    sb_variances variances;
} sb_report;

sb_status sb_report_answer(const sb_summary *s, sb_ctx *cx, const sb_sentence **list, size_t *count) SB_CHECKED;

sb_status sb_report_html(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;
sb_status sb_report_text(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED; /* Markdown */

sb_status sb_report_latex(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;

/* A section, empty where no config has `vary`. */
sb_status sb_report_variance(const sb_report *r, bool html, sb_ctx *cx, sb_buf *b) SB_CHECKED;

/* Sections of report.md. */
void sb_text_table(const sb_table *t, sb_buf *b);
sb_status sb_text_tables(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED; /* values, differences, costs */
sb_status sb_text_chosen(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;
sb_status sb_text_origin(const sb_report *r, sb_ctx *cx,
                         sb_buf *b) SB_CHECKED; /* replay, methods, config, provenance */

/* Sections of report.html; each leaves b->bad where memory ran out. */
void sb_html_style(sb_buf *b);
void sb_html_script(sb_buf *b);
/* Up to the text of the caption: <div class="scroll" aria-label="LABEL"><table class="dataMORE"><caption> */
void sb_html_table_open(sb_buf *b, const char *label, const char *more);
void sb_html_table(const sb_table *t, sb_buf *b);
void sb_html_shaded(const sb_table *t, double top, sb_buf *b); /* values from 0 to top shade their cells */
sb_status sb_html_standings(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;
/* Where the config has claims (report_claims.c); nothing otherwise. */
sb_status sb_html_claims(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;
sb_status sb_text_claims(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;
sb_status sb_html_ranks(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;
void sb_html_alarms(const sb_report *r, sb_buf *b);
bool sb_report_raises(const sb_report *r, size_t kind); /* is there an alarm of this kind? */
void sb_html_verdicts(const sb_report *r, sb_buf *b);
void sb_html_metric(const sb_report *r, const sb_group *g, size_t metric, sb_buf *b);
/* plots/STEM.svg inside the page; number: of no other drawing on it */
sb_status sb_html_drawing(const sb_report *r, const char *stem, size_t number, const char *title, const char *caption,
                          sb_ctx *cx, sb_buf *b) SB_CHECKED;
sb_status sb_html_plot(const sb_report *r, const sb_plot *p, sb_ctx *cx, sb_buf *b) SB_CHECKED;
sb_status sb_html_chosen(const sb_report *r, sb_ctx *cx, sb_buf *b) SB_CHECKED;
bool sb_report_chosen_here(const sb_summary *s, size_t group); /* first group of its data set and embedding */
size_t sb_report_chosen_setting(const sb_group *g);            /* the budget whose map is drawn: the middle one */
void sb_html_rows(const sb_report *r, sb_buf *b);
/* Written as: <TAG>escaped text</TAG> */
void sb_html_element(sb_buf *b, const char *tag, const char *text);

#endif

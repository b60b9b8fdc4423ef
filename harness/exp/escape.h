/* Text into other languages: every text that a report, table or plot shows passes through one of these. Input is UTF-8;
 * control characters other than line ends become a space. */
#ifndef SB_EXP_ESCAPE_H
#define SB_EXP_ESCAPE_H

#include "str.h"

void sb_escape_html(sb_buf *b, const char *text);     /* element content and quoted attributes */
/* inline text, also inside a table cell; line ends become a space */
void sb_escape_markdown(sb_buf *b, const char *text);
/* text mode; the typographic characters that tables use become maths */
void sb_escape_latex(sb_buf *b, const char *text);
void sb_escape_csv(sb_buf *b, const char *text);      /* quoted where RFC 4180 asks for it */
void sb_escape_gnuplot(sb_buf *b, const char *text);  /* with its single quotes; line ends become a space */
/* A file name from texts: letters, digits, dot, minus and underscore stay, runs of others become one minus. */
void sb_escape_file(sb_buf *b, const char *text);

#endif

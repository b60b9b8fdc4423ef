/* Delimited text as records of fields (RFC 4180, with other delimiters and line ends). */
#ifndef SELBENCH_CSV_H
#define SELBENCH_CSV_H

#include "selbench/reader.h"

/* Filled by sb_csv_begin; the fields below `line` are private. */
typedef struct sb_csv {
    size_t fields;      /* of the current record */
    const char **field; /* their texts, quotes and blanks around them removed; valid until the next record */
    size_t line;        /* where the record began, from 1 */
    sb_stream *in;
    sb_ctx *cx;
    char delimiter;     /* ' ': runs of blanks */
    char *block, *text; /* input block; the texts of the record */
    size_t at, size, used, room, begin_room, next_line;
    size_t *begin;
    bool ended;
} sb_csv;

/* delimiter: ',' ';' '\t' ' ' (runs of blanks), or 0 to find it in the first line: the most frequent of tab, ';' and
 * ',' outside quotes, else blanks, else ','. Skips a byte order mark and `skip` lines. */
sb_status sb_csv_begin(sb_csv *csv, sb_stream *in, char delimiter, size_t skip, sb_ctx *cx) SB_CHECKED;

/* The next record; fields = 0 at the end. Empty lines are allowed at the end only, since elsewhere they would shift
 * rows against those of another file. SB_EFORMAT (line named): a quote that does not close or is followed by text, a
 * NUL byte, an empty line inside, a record above 16 MiB. */
sb_status sb_csv_next(sb_csv *csv) SB_CHECKED;

/* The whole text as a finite decimal number, correctly rounded; no inf, nan or hexadecimal. */
bool sb_csv_number(const char *text, double *value);

#endif

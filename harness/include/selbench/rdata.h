/* Values of an R workspace (.rda) or of one R object (.rds): vectors, lists and their attributes, as a tree. */
#ifndef SELBENCH_RDATA_H
#define SELBENCH_RDATA_H

#include "selbench/reader.h"

typedef enum sb_r_type {
    SB_R_OTHER,   /* NULL, functions, environments, ...: passed over */
    SB_R_INTEGER, /* also logicals: NA is INT32_MIN */
    SB_R_REAL,
    SB_R_TEXT, /* NA is NULL */
    SB_R_LIST,
    SB_R_PAIRS
} sb_r_type;

typedef struct sb_r_value {
    sb_r_type type;
    unsigned code; /* R's number of the type, for messages */
    size_t n, at;  /* elements; byte where it stands */
    union {
        const int32_t *integer;
        const double *real;
        const char *const *text;
        const struct sb_r_value *const *list;
        const struct sb_r_pair *pairs; /* n is 0 */
    };
    const struct sb_r_pair *attribute; /* or NULL */
} sb_r_value;

typedef struct sb_r_pair {
    const char *name; /* "" when it has none */
    const sb_r_value *value;
    const struct sb_r_pair *next;
} sb_r_pair;

/* An attribute, or NULL. */
const sb_r_value *sb_r_attribute(const sb_r_value *v, const char *name);
/* Whether the attribute "class" holds this word. */
bool sb_r_is(const sb_r_value *v, const char *class_name);

/* The objects of a file (decompressed): a workspace's, or the one of an .rds under the name "". Serialisation versions
 * 2 and 3 in R's usual binary (XDR) form. SB_EFORMAT names the byte; SB_EDATA: a form or an object that is not read.
 * Memory and time: about the size of the file; compact sequences at most `limit` bytes. */
sb_status sb_rdata_read(const uint8_t *bytes, size_t size, size_t limit, sb_ctx *cx,
                        const sb_r_pair **objects) SB_CHECKED;

#endif

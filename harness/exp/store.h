/* The records of a run: append-only segments cells-N.jsonl, each line with its own checksum, flushed to disk line by
 * line. A torn or damaged line is dropped (and counted), so a killed run loses at most the cell in flight. */
#ifndef SB_EXP_STORE_H
#define SB_EXP_STORE_H

#include "record.h"

typedef struct sb_store sb_store;

/* Reads all segments of DIR. Close it with sb_store_close. cx->arena holds the records. SB_EIO, SB_ENOMEM. */
sb_status sb_store_open(const char *dir, sb_ctx *cx, sb_store **out) SB_CHECKED;
void sb_store_close(sb_store *s);
size_t sb_store_dropped(const sb_store *s); /* damaged lines */

/* The last record with this key, or NULL. It stays where it is; a later line of the same key overwrites it. O(1). */
const sb_record *sb_store_find(const sb_store *s, const char *key);

/* Appends one line (text of sb_record_text) to this process's own segment and syncs it; then it can be found.
 * SB_EIO: names the file (disk full): nothing of the line counts. */
sb_status sb_store_append(sb_store *s, const char *text, sb_ctx *cx) SB_CHECKED;

/* Content hash of a selection for n rows of data `content`: names subsets/HASH.npz. */
void sb_subset_hash(const char *content, const sb_selection *s, char hex[65]);
/* Writes DIR/subsets/HASH.npz (indices int64, weights float64, meta JSON) unless it is there already. */
sb_status sb_subset_write(const char *dir, const char *hex, const char *content, size_t n, const sb_selection *s,
                          sb_ctx *cx) SB_CHECKED;
/* Reads row and weight (NULL when none were given) back. */
sb_status sb_subset_read(const char *dir, const char *hex, sb_ctx *cx, sb_selection *out) SB_CHECKED;

#endif

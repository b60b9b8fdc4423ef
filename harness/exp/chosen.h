/* Which rows methods chose: where they lie on a plane of the embedding, and how they spread over the classes. */
#ifndef SB_EXP_CHOSEN_H
#define SB_EXP_CHOSEN_H

#include "results.h"
#include "table.h"

/* Fills landscape and chosen of r from the maps and subsets of DIR; content: of each setting (name of its map), ""
 * where not known. A run without maps (an older one) gets none. Cost: every subset read once. SB_EFORMAT, SB_EIO,
 * SB_ENOMEM. */
sb_status sb_chosen_collect(sb_results *r, const char *const *content, const char *dir, sb_ctx *cx) SB_CHECKED;

/* Rows 0 where the setting has no map or no method a subset. */
/* method, distinct rows of the first repeat, their spread and shift on the plane (see the caption). */
sb_status sb_chosen_places(const sb_results *r, size_t setting, sb_ctx *cx, sb_table *out) SB_CHECKED;
/* A first row for the share that the classes have of all rows, then methods x classes (up to 30; above: the fewest, the
 * median, the most, and classes without a row): mean rows over repeats. Rows 0 for regression. */
sb_status sb_chosen_classes(const sb_results *r, size_t setting, sb_ctx *cx, sb_table *out) SB_CHECKED;

#endif

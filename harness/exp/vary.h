/* Which draw a repeat uses of each source of chance. Without `vary` in the config every repeat has its own warm-up,
 * selection and training draws on one split. With it the draws are nested, the split outside and training inside:
 * {warmup: 4, selection: 5} is 20 repeats, 4 warm-ups with 5 selections each. A source that is not listed changes with the
 * one listed outside of it, and not at all when there is none: its share of variance is then counted there. */
#ifndef SB_EXP_VARY_H
#define SB_EXP_VARY_H

#include "yaml.h"

typedef enum sb_chance { SB_SPLIT, SB_WARMUP, SB_SELECTION, SB_TRAINING } sb_chance;
enum { SB_CHANCES = SB_TRAINING + 1 };
extern const char *const sb_chance_words[SB_CHANCES + 1]; /* ended by NULL */

typedef struct sb_vary {
    unsigned level[SB_CHANCES]; /* draws inside each draw of the source before; all 0: no `vary` */
} sb_vary;

static inline bool sb_vary_any(const sb_vary *v) { return v->level[SB_SPLIT] > 0; }
/* Repeats of the whole layout, 1 without one. */
unsigned sb_vary_repeats(const sb_vary *v);
/* Number of the draw of this source that repeat `rep` uses. */
unsigned sb_vary_draw(const sb_vary *v, sb_chance source, unsigned rep);

/* A config's `vary` map; node NULL: none. SB_ECONFIG: an unknown source, a level outside 2..1000, more than 100,000
 * repeats. */
sb_status sb_vary_read(const sb_yaml *node, sb_ctx *cx, sb_vary *out) SB_CHECKED;

#endif

#include "declared.h"

#include <stdio.h>

#include "selbench/method.h"

typedef struct word {
    unsigned bit;
    const char *text;
} word;

static void join(const word *words, unsigned bits, const char *none, char *text, size_t size)
{
    size_t used = 0;
    (void)snprintf(text, size, "%s", none);
    for (; words->text; words++) {
        if (!(bits & words->bit) || used + 1 >= size) continue;
        const int w = snprintf(text + used, size - used, "%s%s", used ? ", " : "", words->text);
        used += w > 0 ? (size_t)w : 0;
    }
}

void sb_needs_words(unsigned needs, char *text, size_t size)
{
    static const word words[] = {{SB_NEEDS_LABELS, "labels"},
                                 {SB_NEEDS_LOSS, "proxy losses"},
                                 {SB_NEEDS_PROB, "proxy probabilities"},
                                 {SB_NEEDS_GRADIENT, "proxy gradients"},
                                 {SB_NEEDS_TRAJECTORY, "trajectories"},
                                 {SB_NEEDS_VIEW, "a second view"},
                                 {SB_NEEDS_TARGET, "a target set"},
                                 {SB_NEEDS_PATTERNS, "patterns"},
                                 {SB_NEEDS_TRAINING, "model training"},
                                 {SB_NEEDS_COMMITTEE, "a committee"},
                                 {SB_NEEDS_SMALL, "a small proxy"},
                                 {SB_MAY_LABELS, "labels (if an option asks)"},
                                 {SB_MAY_GRADIENT, "proxy gradients (if an option asks)"},
                                 {0, NULL}};
    join(words, needs, "features only", text, size);
}

void sb_traits_words(unsigned traits, char *text, size_t size)
{
    static const word words[] = {{SB_RANDOM, "random"},
                                 {SB_WEIGHTED, "weighted"},
                                 {SB_PREFIX, "prefix"},
                                 {SB_MULTISET, "multiset"},
                                 {SB_ANCHOR, "anchor"},
                                 {SB_ANY_SIZE, "any size"},
                                 {0, NULL}};
    join(words, traits, "deterministic set", text, size);
}

#include "plugin_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

void cli_needs_words(unsigned needs, char *text, size_t size)
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
                                 {SB_MAY_LABELS, "labels if an option asks"},
                                 {SB_NEEDS_COMMITTEE, "a committee"},
                                 {0, NULL}};
    join(words, needs, "features only", text, size);
}

void cli_traits_words(unsigned traits, char *text, size_t size)
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

static void bounds(const sb_param *row, char *text, size_t size)
{
    size_t used = 0;
    switch (row->type) {
    case SB_P_BOOL: (void)snprintf(text, size, "true or false"); return;
    case SB_P_TEXT: (void)snprintf(text, size, "text"); return;
    case SB_P_COUNT: (void)snprintf(text, size, "rows, 10%% of them, or 20%%m of the budget"); return;
    case SB_P_ENUM:
        text[0] = '\0';
        for (size_t i = 0; row->words[i] && used + 1 < size; i++) {
            const int w = snprintf(text + used, size - used, "%s%s", i ? ", " : "", row->words[i]);
            used += w > 0 ? (size_t)w : 0;
        }
        return;
    case SB_P_SIZE:
    case SB_P_REAL:
    case SB_P_REALS:
        (void)snprintf(text, size, "%g to %g%s", row->min, row->max, row->type == SB_P_REALS ? ", or a list" : "");
        return;
    }
}

void cli_print_options(const sb_param *rows)
{
    if (!rows || !rows->name) {
        (void)printf("options: none\n");
        return;
    }
    (void)printf("options:\n");
    for (; rows->name; rows++) {
        char allowed[512];
        bounds(rows, allowed, sizeof allowed);
        (void)printf("  %s (default %s; %s)\n      %s\n", rows->name,
                     rows->fallback && *rows->fallback ? rows->fallback : "empty", allowed, rows->help);
    }
}

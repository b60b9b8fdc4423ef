#include "plugin_words.h"

#include <stdio.h>

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

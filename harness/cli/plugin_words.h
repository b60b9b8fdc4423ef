/* Words for what plug-ins declare. */
#ifndef SB_CLI_PLUGIN_WORDS_H
#define SB_CLI_PLUGIN_WORDS_H

#include <stddef.h>

#include "selbench/param.h"

/* "labels, losses", or "features only". */
void cli_needs_words(unsigned needs, char *text, size_t size);
void cli_traits_words(unsigned traits, char *text, size_t size);

/* The option rows: name, default, bounds or words, help. */
void cli_print_options(const sb_param *rows);

#endif

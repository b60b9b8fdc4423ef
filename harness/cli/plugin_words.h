/* Options of plug-ins, printed. */
#ifndef SB_CLI_PLUGIN_WORDS_H
#define SB_CLI_PLUGIN_WORDS_H

#include "selbench/param.h"

/* The option rows: name, default, bounds or words, help. */
void cli_print_options(const sb_param *rows);

#endif

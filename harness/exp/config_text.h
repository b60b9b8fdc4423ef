/* The resolved config as YAML: every option with its value, so that a record needs no other file to be understood. */
#ifndef SB_EXP_CONFIG_TEXT_H
#define SB_EXP_CONFIG_TEXT_H

#include "config.h"

sb_status sb_config_text(const sb_config *c, sb_ctx *cx, const char **text) SB_CHECKED;

#endif

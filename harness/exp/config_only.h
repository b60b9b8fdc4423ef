/* `--only method=a,b`: keeps the entries of a resolved config that were asked for. */
#ifndef SB_EXP_CONFIG_ONLY_H
#define SB_EXP_CONFIG_ONLY_H

#include "config.h"

/* Filters bench[0..*benches) in place; o may be NULL. SB_ECONFIG: an unknown kind, or a value that matches nothing. */
sb_status sb_config_only(const sb_overrides *o, sb_bench *bench, size_t *benches, sb_ctx *cx) SB_CHECKED;

#endif

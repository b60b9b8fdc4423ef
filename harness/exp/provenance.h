/* run.json: the resolved config, where everything came from, and what it ran on. */
#ifndef SB_EXP_PROVENANCE_H
#define SB_EXP_PROVENANCE_H

#include <jansson.h>

#include "run.h"

/* Versions of selbench, compiler, libraries; the kernel. New reference; NULL: no memory. */
json_t *sb_provenance_software(void);

/* "0.1.0 (git 1a2b3c4, dirty)". */
const char *sb_version_text(void);

/* DIR/run.json and DIR/config.yaml (the config as read). */
sb_status sb_provenance_write(const sb_config *config, const sb_facts *facts, const sb_run_options *o,
                              sb_ctx *cx) SB_CHECKED;

#endif

/* Progress of a run on stderr: one line that is redrawn on a terminal, plain lines now and then elsewhere. */
#ifndef SB_CLI_PROGRESS_H
#define SB_CLI_PROGRESS_H

#include "run.h"

typedef struct cli_progress {
    bool quiet, terminal;
    double said; /* seconds of the phase at the last plain line */
    const char *phase;
} cli_progress;

void cli_progress_show(void *self, const sb_progress *p);

#endif

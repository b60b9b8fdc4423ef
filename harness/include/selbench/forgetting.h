/* Forgetting events (Toneva et al. 2019). */
#ifndef SELBENCH_FORGETTING_H
#define SELBENCH_FORGETTING_H

#include <stddef.h>

/* What rows that were never right count as: t + 1 events (above every count: as good as infinite), t, or none. */
typedef enum sb_never { SB_NEVER_INF, SB_NEVER_EPOCHS, SB_NEVER_ZERO } sb_never;

/* Changes from right to wrong between consecutive ones of t checkpoints. */
double sb_forgetting_events(const unsigned char *correct, size_t t, sb_never never);

#endif

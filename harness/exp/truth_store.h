/* Full-data optima on disk: DIR/reference/KEY.npz (theta, info). */
#ifndef SB_EXP_TRUTH_STORE_H
#define SB_EXP_TRUTH_STORE_H

#include "evaluate.h"

bool sb_truth_stored(const char *dir, const char *key, sb_ctx *cx);
sb_status sb_truth_write(const char *dir, const char *key, size_t d, const sb_truth *truth, sb_ctx *cx) SB_CHECKED;
/* theta in cx->arena, (d+1) x q; SB_EFORMAT when it is not of that d. */
sb_status sb_truth_read(const char *dir, const char *key, size_t d, sb_ctx *cx, double **theta,
                        sb_fit_info *info) SB_CHECKED;

#endif

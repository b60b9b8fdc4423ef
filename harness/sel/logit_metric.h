/* Preconditioners for linear models with log loss: M = sum_i h_i [x 1]'[x 1] / sum w + l2 diag(1..1, 0), one for all
 * outputs (h = w c: the Hessian at equal probabilities) or one per output (h = w p(1-p): the Hessian's diagonal
 * blocks). */
#ifndef SB_LOGIT_METRIC_H
#define SB_LOGIT_METRIC_H

#include "logit_pass.h"

typedef struct sb_logit_metric sb_logit_metric;

/* One M for all outputs, from at most `rows` rows evenly taken. SB_ENOMEM; SB_ENUM: not positive definite in float64.
 * Cost rows d^2 + d^3 flops, 4 d^2 bytes (and 20 d^2 bytes while it is built). */
sb_status sb_logit_metric_shared(const sb_logit *p, size_t rows, sb_ctx *cx, sb_logit_metric **out) SB_CHECKED;

/* One M per output at theta, each from about `rows` rows drawn systematically by p(1-p). q times the cost. */
sb_status sb_logit_metric_classes(const sb_logit *p, sb_logit_work *work, const double *theta, size_t rows, sb_ctx *cx,
                                  sb_logit_metric **out) SB_CHECKED;

/* The diagonal of M for all outputs: when the whole M costs more than it saves. */
sb_status sb_logit_metric_diagonal(const sb_logit *p, sb_ctx *cx, sb_logit_metric **out) SB_CHECKED;

/* The same matrices with working room of its own: `m` itself is never written after it was built.
 * outputs: of the problem it serves; a metric of one matrix serves any number. NULL: no memory. */
sb_logit_metric *sb_logit_metric_view(const sb_logit_metric *m, const sb_logit *p, sb_arena *arena);

/* out = M^-1 g, parameter vectors of the problem it was built for. */
void sb_logit_metric_apply(sb_logit_metric *m, const double *g, double *out);

#endif

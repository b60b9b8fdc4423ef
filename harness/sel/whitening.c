#include "selbench/whitening.h"

#include <float.h>
#include <math.h>

#include "selbench/la.h"

sb_status sb_whitening(double *c, size_t d, double floor, sb_ctx *cx)
{
    double *s = SB_NEW(cx->arena, d, double), *v = SB_NEW(cx->arena, d * d, double);
    double *scaled = SB_NEW(cx->arena, d * d, double);
    if (!s || !v || !scaled) SB_FAIL(cx->err, SB_ENOMEM, "whitening of %zu columns", d);
    for (size_t i = 0; i < d * d; i++) v[i] = c[i];
    SB_TRY(sb_eig_sym(v, d, s, cx));
    const double none = 16 * (double)d * DBL_EPSILON * fmax(s[d - 1], 0);
    for (size_t j = 0; j < d; j++) {
        const double total = fmax(s[j], 0) + floor, scale = total > none ? 1 / sqrt(total) : 0;
        for (size_t k = 0; k < d; k++) scaled[j * d + k] = scale * v[j * d + k];
    }
    sb_dgemm(true, false, d, d, d, 1, scaled, d, v, d, 0, c, d);
    return SB_OK;
}

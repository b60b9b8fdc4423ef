#include "selbench/views.h"

#include <math.h>

#include "selbench/la.h"
#include "selbench/rank.h"

sb_status sb_same_columns(const sb_task *task, sb_mat other, const char *what, sb_ctx *cx)
{
    if (other.d == task->x.d) return SB_OK;
    SB_FAIL(cx->err, SB_SKIP, "%s has %zu columns, the embedding %zu: their products are not defined", what, other.d,
            task->x.d);
}

void sb_rows_f64(sb_mat x, const uint32_t *row, size_t m, bool unit, double *out)
{
    for (size_t i = 0; i < m; i++) {
        const float *from = sb_mat_row(x, row ? row[i] : i);
        const double norm = unit ? sqrt(sb_dot_f32(from, from, x.d)) : 1, scale = norm > 0 ? 1 / norm : 0;
        for (size_t j = 0; j < x.d; j++) out[i * x.d + j] = (double)from[j] * scale;
    }
}

sb_status sb_select_largest(const sb_task *task, const double *score, size_t m, sb_ctx *cx, uint32_t *row, size_t *got)
{
    const unsigned char *taken = sb_task_taken(task, cx);
    if (!taken) SB_FAIL(cx->err, SB_ENOMEM, "rows that may not be chosen");
    return sb_rank(score, task->x.n, m, true, taken, cx, row, got);
}

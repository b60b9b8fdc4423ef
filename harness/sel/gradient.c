#include "selbench/gradient.h"

#include "selbench/la.h"
#include "selbench/uncertainty.h"

/* Room for the factors and the norms of the features. */
static sb_status begin(const sb_task *task, size_t w, bool ones, sb_ctx *cx, sb_gradients *g)
{
    const size_t n = task->x.n;
    *g = (sb_gradients){.x = task->x, .n = n, .w = w, .ones = ones};
    g->a = SB_NEW(cx->arena, n * w, double);
    g->a_norm2 = SB_NEW(cx->arena, n, double);
    g->x_norm2 = SB_NEW(cx->arena, n, double);
    if (!g->a || !g->a_norm2 || !g->x_norm2) SB_FAIL(cx->err, SB_ENOMEM, "gradient factors of %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        const float *const x = sb_mat_row(task->x, i);
        g->x_norm2[i] = sb_dot_f32(x, x, task->x.d) + (ones ? 1 : 0);
    }
    return SB_OK;
}

static double dot(const double *a, const double *b, size_t w)
{
    double sum = 0;
    for (size_t k = 0; k < w; k++) sum += a[k] * b[k];
    return sum;
}

static void end(sb_gradients *g)
{
    for (size_t i = 0; i < g->n; i++) g->a_norm2[i] = dot(g->a + i * g->w, g->a + i * g->w, g->w);
}

sb_status sb_gradients_make(const sb_task *task, bool ones, sb_ctx *cx, sb_gradients *out)
{
    SB_TRY(begin(task, task->kind == SB_CLASSIFICATION ? task->c : task->t, ones, cx, out));
    SB_TRY(sb_task_residual(task, NULL, out->n, cx, out->a));
    end(out);
    return SB_OK;
}

sb_status sb_gradients_predicted(const sb_task *task, bool ones, sb_ctx *cx, sb_gradients *out)
{
    if (task->kind != SB_CLASSIFICATION)
        SB_FAIL(cx->err, SB_SKIP, "needs class probabilities, and regression has none");
    SB_TRY(begin(task, task->c, ones, cx, out));
    SB_TRY(sb_task_prob(task, NULL, out->n, cx, out->a));
    for (size_t i = 0; i < out->n; i++) {
        double *const a = out->a + i * out->w;
        const sb_certainty s = sb_certainty_of(a, out->w);
        a[s.at] = -s.others;
    }
    end(out);
    return SB_OK;
}

double sb_gradients_dot(const sb_gradients *g, size_t i, size_t j)
{
    const double x = sb_dot_f32(sb_mat_row(g->x, i), sb_mat_row(g->x, j), g->x.d) + (g->ones ? 1 : 0);
    return dot(g->a + i * g->w, g->a + j * g->w, g->w) * x;
}

sb_status sb_gradients_along(const sb_gradients *g, const double *direction, const uint32_t *row, size_t m, sb_ctx *cx,
                             double *along)
{
    const size_t w = g->w, mark = sb_arena_mark(cx->arena);
    double *const z = SB_NEW(cx->arena, m * w, double);
    if (!z) SB_FAIL(cx->err, SB_ENOMEM, "%zu gradients along a direction", m);
    SB_TRY(sb_rows_times(g->x, row, m, direction, w, cx, z));
    const double *const last = direction + g->x.d * w;
    for (size_t k = 0; k < m; k++) {
        const double *const a = g->a + (row ? row[k] : k) * w;
        along[k] = dot(a, z + k * w, w) + (g->ones ? dot(a, last, w) : 0);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_gradients_add(const sb_gradients *g, const uint32_t *row, const double *weight, size_t m, sb_ctx *cx,
                           double *sum)
{
    const size_t w = g->w, mark = sb_arena_mark(cx->arena);
    double *const y = SB_NEW(cx->arena, m * w, double);
    if (!y) SB_FAIL(cx->err, SB_ENOMEM, "sum of %zu gradients", m);
    for (size_t k = 0; k < m; k++)
        for (size_t c = 0; c < w; c++) {
            y[k * w + c] = (weight ? weight[k] : 1) * g->a[(row ? row[k] : k) * w + c];
            if (g->ones) sum[g->x.d * w + c] += y[k * w + c];
        }
    SB_TRY(sb_rows_cross(g->x, row, m, y, w, cx, sum));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

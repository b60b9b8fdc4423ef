#include "selbench/steps.h"

#include <math.h>
#include <string.h>

#include "selbench/la.h"
#include "selbench/rank.h"

sb_status sb_steps_init(sb_steps *k, const sb_task *task, const sb_gradients *g, const double *a, const int32_t *label,
                        const uint32_t *valid, size_t valids, sb_ctx *cx)
{
    const size_t n = g->n, w = g->w, size = sb_gradients_rows(g) * w;
    *k = (sb_steps){.g = *g,
                    .v = *g,
                    .label = label,
                    .valid = valid,
                    .valids = valids,
                    .z = SB_NEW(cx->arena, valids * w, double),
                    .mean = SB_NEW(cx->arena, size, double),
                    .step = SB_NEW(cx->arena, size, double),
                    .shift = SB_NEW(cx->arena, valids * w, double),
                    .gain = SB_NEW(cx->arena, n, double)};
    k->v.a = SB_NEW(cx->arena, n * w, double);
    if (!k->v.a || !k->z || !k->shift || !k->mean || !k->step || !k->gain)
        SB_FAIL(cx->err, SB_ENOMEM, "virtual steps on %zu rows", n);
    memcpy(k->v.a, a, n * w * sizeof *k->v.a);
    if (task->kind != SB_CLASSIFICATION) return SB_OK;
    SB_TRY(sb_task_prob(task, valid, valids, cx, k->z));
    for (size_t i = 0; i < valids * w; i++) k->z[i] = log(fmax(k->z[i], 1e-300));
    return SB_OK;
}

static sb_status find_gains(sb_steps *k, sb_ctx *cx)
{
    const size_t size = sb_gradients_rows(&k->g) * k->g.w;
    memset(k->mean, 0, size * sizeof *k->mean);
    SB_TRY(sb_gradients_add(&k->v, k->valid, NULL, k->valids, cx, k->mean));
    for (size_t j = 0; j < size; j++) k->mean[j] /= (double)k->valids;
    return sb_gradients_along(&k->g, k->mean, NULL, k->g.n, cx, k->gain);
}

/* The factor of a validation row from its outputs: softmax(z) - e_y. */
static void new_factor(const sb_steps *k, size_t at, size_t row)
{
    const size_t w = k->g.w;
    const double *const z = k->z + at * w;
    double *const a = k->v.a + row * w, top = z[0], sum = 0;
    for (size_t c = 1; c < w; c++) top = fmax(top, z[c]);
    for (size_t c = 0; c < w; c++) sum += a[c] = exp(z[c] - top);
    for (size_t c = 0; c < w; c++) a[c] /= sum;
    a[k->label[row]] -= 1;
}

/* theta moves by -eta times the sum of the gradients of these rows. */
static sb_status take_step(sb_steps *k, double eta, const uint32_t *row, size_t rows, sb_ctx *cx)
{
    const size_t w = k->g.w, d = k->g.x.d, mark = sb_arena_mark(cx->arena);
    memset(k->step, 0, (d + 1) * w * sizeof *k->step);
    SB_TRY(sb_gradients_add(&k->g, row, NULL, rows, cx, k->step));
    SB_TRY(sb_rows_times(k->g.x, k->valid, k->valids, k->step, w, cx, k->shift));
    sb_arena_rewind(cx->arena, mark);
    for (size_t i = 0; i < k->valids; i++) {
        const size_t at = k->valid ? k->valid[i] : i;
        for (size_t c = 0; c < w; c++) {
            const double move = eta * (k->shift[i * w + c] + k->step[d * w + c]);
            k->z[i * w + c] -= move;
            if (!k->label) k->v.a[at * w + c] -= move;
        }
        if (k->label) new_factor(k, i, at);
    }
    return SB_OK;
}

sb_status sb_steps_choose(sb_steps *k, size_t rounds, double eta, unsigned char *taken, size_t budget, sb_ctx *cx,
                          sb_selection *out)
{
    out->m = 0;
    for (size_t r = 0; r < rounds; r++) {
        const size_t left = budget - out->m, mark = sb_arena_mark(cx->arena);
        size_t got = 0;
        SB_TRY(find_gains(k, cx));
        SB_TRY(
            sb_rank(k->gain, k->g.n, (left + rounds - r - 1) / (rounds - r), true, taken, cx, out->row + out->m, &got));
        sb_arena_rewind(cx->arena, mark);
        for (size_t i = 0; i < got; i++) taken[out->row[out->m + i]] = 1;
        if (r + 1 < rounds) SB_TRY(take_step(k, eta, out->row + out->m, got, cx));
        out->m += got;
    }
    return SB_OK;
}

#include "trajectory.h"

#include <math.h>
#include <string.h>

#include "judge.h"
#include "selbench/la.h"

enum { POWER_STEPS = 20, ROWS = 1024 };

typedef struct trainer {
    const sb_data *data;
    size_t w;           /* outputs */
    double *theta;      /* (d + 1) x w in raw units */
    double *mean, *inv; /* d: of the standardisation; inv = 1 / variance, 0 for constant columns */
    double step;
    double *z, *cross, *ones; /* a block's outputs; d x w; w */
    double *loss, *margin, *logit_margin;
    unsigned char *correct;
} trainer;

/* One product with the second moments of [z; 1], z = (x - mean) sd^-1: v (d + 1 values) -> out. */
static sb_status moments_times(const trainer *t, const uint32_t *row, size_t m, const double *v, double *scaled,
                               double *product, sb_ctx *cx, double *out)
{
    const size_t d = t->data->x.d;
    double shift = v[d], sum = 0;
    for (size_t j = 0; j < d; j++) {
        scaled[j] = sqrt(t->inv[j]) * v[j];
        shift -= t->mean[j] * scaled[j];
    }
    SB_TRY(sb_rows_times(t->data->x, row, m, scaled, 1, cx, product));
    for (size_t i = 0; i < m; i++) {
        product[i] = (product[i] + shift) / (double)m;
        sum += product[i];
    }
    memset(out, 0, d * sizeof *out);
    SB_TRY(sb_rows_cross(t->data->x, row, m, product, 1, cx, out));
    for (size_t j = 0; j < d; j++) out[j] = sqrt(t->inv[j]) * (out[j] - t->mean[j] * sum);
    out[d] = sum;
    return SB_OK;
}

static double longest_row(const trainer *t, const uint32_t *row, size_t m)
{
    double most = 0;
    for (size_t i = 0; i < m; i++) {
        const float *const x = sb_mat_row(t->data->x, row[i]);
        double sum = 1;
        for (size_t j = 0; j < t->data->x.d; j++) {
            const double gap = (double)x[j] - t->mean[j];
            sum += gap * gap * t->inv[j];
        }
        most = fmax(most, sum);
    }
    return most;
}

/* The step of the header; the power method approaches L from below, hence 10% on top. */
static sb_status choose_step(trainer *t, const uint32_t *row, size_t m, sb_ctx *cx)
{
    const size_t d = t->data->x.d, mark = sb_arena_mark(cx->arena);
    double *v = SB_NEW(cx->arena, d + 1, double), *next = SB_NEW(cx->arena, d + 1, double);
    double *scaled = SB_NEW(cx->arena, d, double), *product = SB_NEW(cx->arena, m, double);
    if (!v || !next || !scaled || !product) SB_FAIL(cx->err, SB_ENOMEM, "step size of %zu features", d);
    for (size_t j = 0; j <= d; j++) v[j] = 1 / sqrt((double)d + 1);
    double most = 1;
    for (size_t k = 0; k < POWER_STEPS; k++) {
        SB_TRY(moments_times(t, row, m, v, scaled, product, cx, next));
        double norm = 0;
        for (size_t j = 0; j <= d; j++) norm += next[j] * next[j];
        norm = sqrt(norm);
        if (!(norm > 0)) break;
        most = fmax(most, norm);
        for (size_t j = 0; j <= d; j++) v[j] = next[j] / norm;
    }
    const double s = t->data->kind == SB_CLASSIFICATION ? 0.5 : 1;
    const size_t b = m < SB_TRAJECTORY_BATCH ? m : SB_TRAJECTORY_BATCH;
    t->step = 1 / (s * (1.1 * most + longest_row(t, row, m) / (double)b));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status outputs(const trainer *t, const uint32_t *row, size_t m, sb_ctx *cx, double *z)
{
    const size_t w = t->w, d = t->data->x.d;
    SB_TRY(sb_rows_times(t->data->x, row, m, t->theta, w, cx, z));
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < w; k++) z[i * w + k] += t->theta[d * w + k];
    return SB_OK;
}

/* z <- softmax(z); returns log sum exp. */
static double softmax(double *z, size_t w)
{
    double top = z[0], sum = 0;
    for (size_t k = 1; k < w; k++) top = fmax(top, z[k]);
    for (size_t k = 0; k < w; k++) sum += z[k] = exp(z[k] - top);
    for (size_t k = 0; k < w; k++) z[k] /= sum;
    return top + log(sum);
}

static void to_residuals(const trainer *t, const uint32_t *row, size_t m, double *z)
{
    for (size_t i = 0; i < m; i++) {
        double *const a = z + i * t->w;
        if (t->data->kind == SB_CLASSIFICATION) {
            (void)softmax(a, t->w);
            a[t->data->label[row[i]]] -= 1;
        } else
            for (size_t k = 0; k < t->w; k++) a[k] -= t->data->y[row[i] * t->w + k];
    }
}

/* One gradient step in standardised units, carried out on the raw parameters. */
static sb_status descend(trainer *t, const uint32_t *row, size_t m, sb_ctx *cx)
{
    const size_t w = t->w, d = t->data->x.d;
    SB_TRY(outputs(t, row, m, cx, t->z));
    to_residuals(t, row, m, t->z);
    memset(t->cross, 0, d * w * sizeof *t->cross);
    SB_TRY(sb_rows_cross(t->data->x, row, m, t->z, w, cx, t->cross));
    for (size_t k = 0; k < w; k++) t->ones[k] = 0;
    for (size_t i = 0; i < m * w; i++) t->ones[i % w] += t->z[i];
    const double step = t->step / (double)m;
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < w; k++) {
            const double move = step * t->inv[j] * (t->cross[j * w + k] - t->mean[j] * t->ones[k]);
            t->theta[j * w + k] -= move;
            t->theta[d * w + k] += t->mean[j] * move;
        }
    for (size_t k = 0; k < w; k++) t->theta[d * w + k] -= step * t->ones[k];
    return SB_OK;
}

/* Class row i at checkpoint `at`; z is spent. */
static void note_class(trainer *t, size_t i, size_t at, double *z)
{
    const size_t y = (size_t)t->data->label[i], to = i * SB_CHECKPOINTS + at;
    size_t best = 0, other = y ? 0 : 1;
    for (size_t k = 1; k < t->w; k++) best = z[k] > z[best] ? k : best;
    for (size_t k = 0; k < t->w; k++)
        if (k != y && z[k] > z[other]) other = k;
    const double own = z[y];
    t->logit_margin[to] = own - z[other];
    t->correct[to] = best == y;
    t->loss[to] = fmax(0, softmax(z, t->w) - own);
    t->margin[to] = z[y] - z[other];
}

static void note_target(trainer *t, size_t i, size_t at, const double *z)
{
    double sum = 0;
    for (size_t k = 0; k < t->w; k++) {
        const double gap = z[k] - t->data->y[i * t->w + k];
        sum += gap * gap;
    }
    t->loss[i * SB_CHECKPOINTS + at] = sum / 2;
}

static sb_status checkpoint(trainer *t, size_t at, sb_ctx *cx)
{
    const size_t n = t->data->x.n;
    uint32_t row[ROWS];
    for (size_t from = 0; from < n; from += ROWS) {
        const size_t rows = n - from < ROWS ? n - from : ROWS;
        for (size_t i = 0; i < rows; i++) row[i] = (uint32_t)(from + i);
        SB_TRY(outputs(t, row, rows, cx, t->z));
        for (size_t i = 0; i < rows; i++) {
            if (t->data->kind == SB_CLASSIFICATION)
                note_class(t, from + i, at, t->z + i * t->w);
            else
                note_target(t, from + i, at, t->z + i * t->w);
            if (!isfinite(t->loss[(from + i) * SB_CHECKPOINTS + at]))
                SB_FAIL(cx->err, SB_ENUM, "the loss of row %zu is not finite after epoch %zu", from + i, at + 1);
        }
    }
    return SB_OK;
}

static sb_status allocate(trainer *t, sb_ctx *cx)
{
    const size_t n = t->data->x.n, d = t->data->x.d, w = t->w, all = n * SB_CHECKPOINTS;
    const bool classes = t->data->kind == SB_CLASSIFICATION;
    t->loss = SB_NEW(cx->arena, all, double);
    t->margin = classes ? SB_NEW(cx->arena, all, double) : NULL;
    t->logit_margin = classes ? SB_NEW(cx->arena, all, double) : NULL;
    t->correct = classes ? SB_NEW(cx->arena, all, unsigned char) : NULL;
    t->theta = SB_NEW(cx->arena, (d + 1) * w, double);
    t->mean = SB_NEW(cx->arena, d, double);
    t->inv = SB_NEW(cx->arena, d, double);
    t->z = SB_NEW(cx->arena, ROWS * w, double);
    t->cross = SB_NEW(cx->arena, d * w, double);
    t->ones = SB_NEW(cx->arena, w, double);
    if (!t->loss || !t->theta || !t->mean || !t->inv || !t->z || !t->cross || !t->ones ||
        (classes && (!t->margin || !t->logit_margin || !t->correct)))
        SB_FAIL(cx->err, SB_ENOMEM, "trajectories of %zu rows", n);
    return SB_OK;
}

sb_status sb_trajectory_make(const sb_data *train, const uint32_t *warm, size_t m, sb_ctx *cx, sb_trajectory *out)
{
    trainer t = {.data = train, .w = sb_pass_width(train)};
    SB_TRY(allocate(&t, cx));
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *const order = SB_NEW(cx->arena, m, uint32_t);
    if (!order) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu rows", m);
    const sb_subset rows = {.m = m, .row = warm};
    memcpy(order, warm, m * sizeof *order);
    sb_col_moments(train->x, &rows, t.mean, t.inv);
    for (size_t j = 0; j < train->x.d; j++) t.inv[j] = t.inv[j] > 0 ? 1 / t.inv[j] : 0;
    SB_TRY(choose_step(&t, warm, m, cx));
    sb_rng rng = sb_ctx_stream(cx, "trajectory");
    for (size_t e = 0; e < SB_CHECKPOINTS; e++) {
        sb_rng_shuffle(&rng, order, m, m);
        for (size_t from = 0; from < m; from += SB_TRAJECTORY_BATCH)
            SB_TRY(descend(&t, order + from, m - from < SB_TRAJECTORY_BATCH ? m - from : SB_TRAJECTORY_BATCH, cx));
        SB_TRY(checkpoint(&t, e, cx));
    }
    sb_arena_rewind(cx->arena, mark);
    *out = (sb_trajectory){.n = train->x.n,
                           .t = SB_CHECKPOINTS,
                           .loss = t.loss,
                           .margin = t.margin,
                           .logit_margin = t.logit_margin,
                           .correct = t.correct};
    return SB_OK;
}

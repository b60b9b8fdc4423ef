/* Test scores from one streamed pass: memory for one stretch of rows, whatever the number of rows and classes. */
#include <float.h>

#include "judge.h"

enum { STRETCH = 16 * SB_PASS_ROWS };

typedef struct tally {
    size_t *hit, *truth, *guess; /* per class: rows predicted right, rows of the class, rows predicted as it */
    sb_total log, square, absolute, spread;
    double *mean; /* of each target over all rows */
} tally;

static sb_data stretch_of(const sb_data *data, size_t first, size_t rows)
{
    sb_data part = *data;
    part.x.data = sb_mat_row(data->x, first);
    part.x.n = rows;
    if (data->label) part.label = data->label + first;
    if (data->y) part.y = data->y + first * data->t;
    return part;
}

static void tally_classes(const sb_data *part, const double *prob, tally *t)
{
    const size_t c = part->c;
    for (size_t i = 0; i < part->x.n; i++) {
        const double *const p = prob + i * c;
        const size_t y = (size_t)part->label[i];
        size_t best = 0;
        for (size_t k = 1; k < c; k++)
            if (p[k] > p[best]) best = k;
        t->truth[y]++;
        t->guess[best]++;
        t->hit[y] += best == y;
        sb_total_add(&t->log, -log(p[y] < DBL_EPSILON ? DBL_EPSILON : p[y]));
    }
}

static inline void add_target(double y, double p, double mean, double *square, double *absolute, double *spread)
{
    const double e = p - y, off = y - mean;
    *square += e * e;
    *absolute += fabs(e);
    *spread += off * off;
}

static double sum4(const double v[4]) { return (v[0] + v[1]) + (v[2] + v[3]); }

static void tally_targets(const sb_data *part, const double *prediction, tally *t)
{
    for (size_t i = 0; i < part->x.n; i++) {
        /* a row's few targets in four partial sums of fixed order, the many rows compensated */
        double square[4] = {0}, absolute[4] = {0}, spread[4] = {0};
        const double *const y = part->y + i * part->t, *const p = prediction + i * part->t;
        size_t j = 0;
        for (; j + 4 <= part->t; j += 4)
            for (size_t k = 0; k < 4; k++)
                add_target(y[j + k], p[j + k], t->mean[j + k], &square[k], &absolute[k], &spread[k]);
        for (; j < part->t; j++) add_target(y[j], p[j], t->mean[j], &square[j % 4], &absolute[j % 4], &spread[j % 4]);
        sb_total_add(&t->square, sum4(square));
        sb_total_add(&t->absolute, sum4(absolute));
        sb_total_add(&t->spread, sum4(spread));
    }
}

/* Row by row, as they lie in memory: plain sums over a stretch of rows, compensated over the stretches. */
static sb_status target_means(const sb_data *data, sb_ctx *cx, double *mean)
{
    const size_t t = data->t, n = data->x.n, mark = sb_arena_mark(cx->arena);
    sb_total *const sum = SB_NEW(cx->arena, t, sb_total);
    double *const part = SB_NEW(cx->arena, t, double);
    if (!sum || !part) SB_FAIL(cx->err, SB_ENOMEM, "means of %zu targets", t);
    for (size_t first = 0; first < n; first += STRETCH) {
        const size_t last = n - first < STRETCH ? n : first + STRETCH;
        for (size_t j = 0; j < t; j++) part[j] = 0;
        for (size_t i = first; i < last; i++)
            for (size_t j = 0; j < t; j++) part[j] += data->y[i * t + j];
        for (size_t j = 0; j < t; j++) sb_total_add(&sum[j], part[j]);
    }
    for (size_t j = 0; j < t; j++) mean[j] = sb_total_value(sum[j]) / (double)n;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static void score_classes(const sb_data *data, const tally *t, sb_score *out)
{
    double recall = 0, f1 = 0;
    size_t hits = 0, present = 0, involved = 0;
    for (size_t k = 0; k < data->c; k++) {
        hits += t->hit[k];
        if (t->truth[k]) {
            present++;
            recall += (double)t->hit[k] / (double)t->truth[k];
        }
        if (t->truth[k] + t->guess[k]) {
            involved++;
            f1 += 2 * (double)t->hit[k] / (double)(t->truth[k] + t->guess[k]);
        }
    }
    out->accuracy = (double)hits / (double)data->x.n;
    out->balanced_accuracy = recall / (double)present;
    out->macro_f1 = f1 / (double)involved;
    out->log_loss = sb_total_value(t->log) / (double)data->x.n;
}

static void score_targets(const sb_data *data, const tally *t, sb_score *out)
{
    const double values = (double)data->x.n * (double)data->t, spread = sb_total_value(t->spread);
    out->mse = sb_total_value(t->square) / values;
    out->mae = sb_total_value(t->absolute) / values;
    if (spread > 0) out->one_minus_r2 = sb_total_value(t->square) / spread;
}

sb_status sb_score_model(const sb_data *data, const sb_model_use *use, const double *theta, sb_ctx *cx, double *loss,
                         sb_score *out)
{
    const double none = (double)NAN;
    *out = (sb_score){none, none, none, none, none, none, none};
    const size_t n = data->x.n, width = sb_pass_width(data), mark = sb_arena_mark(cx->arena);
    if (!n) return SB_OK;
    tally t = {.hit = SB_NEW(cx->arena, data->c, size_t),
               .truth = SB_NEW(cx->arena, data->c, size_t),
               .guess = SB_NEW(cx->arena, data->c, size_t),
               .mean = SB_NEW(cx->arena, data->t, double)};
    double *const result = SB_NEW(cx->arena, (n < STRETCH ? n : STRETCH) * width, double);
    if (!t.hit || !t.truth || !t.guess || !t.mean || !result)
        SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu outputs a row", width);
    if (data->y) SB_TRY(target_means(data, cx, t.mean));
    for (size_t first = 0; first < n; first += STRETCH) {
        const sb_data part = stretch_of(data, first, n - first < STRETCH ? n - first : STRETCH);
        SB_TRY(sb_pass(&part, use, theta, NULL, part.x.n, cx, loss ? loss + first : NULL, result));
        if (data->kind == SB_CLASSIFICATION)
            tally_classes(&part, result, &t);
        else
            tally_targets(&part, result, &t);
    }
    if (data->kind == SB_CLASSIFICATION)
        score_classes(data, &t, out);
    else
        score_targets(data, &t, out);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

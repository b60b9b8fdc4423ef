/* A model in plain loops for testing the judges: predicts class frequencies or target means (closed form), evaluates
 * any theta, counts what it is asked for, and treats rows at the edge of a matrix slightly differently, as BLAS kernels
 * do. */
#ifndef FAKE_MODEL_H
#define FAKE_MODEL_H

#include "judge.h"
#include "test_main.h"

static size_t fake_evaluated, fake_fits; /* rows and fits since the test set them to 0 */

static sb_status fake_outputs(const sb_data *data, const void *options, sb_ctx *cx, size_t *q)
{
    (void)options, (void)cx;
    *q = data->kind == SB_CLASSIFICATION ? data->c : data->t;
    return SB_OK;
}

static sb_status fake_fit(const sb_data *data, const sb_subset *s, const void *options, const void *shared, sb_ctx *cx,
                          double *theta, sb_fit_info *info)
{
    (void)options, (void)shared;
    const size_t q = data->kind == SB_CLASSIFICATION ? data->c : data->t;
    double *const last = theta + data->x.d * q, total = 0;
    fake_fits++;
    double *const sum = SB_NEW(cx->arena, q, double);
    if (!sum) SB_FAIL(cx->err, SB_ENOMEM, "sums");
    for (size_t i = 0; i < s->m; i++) {
        const size_t row = s->row ? s->row[i] : i;
        const double w = s->weight ? s->weight[i] : 1;
        total += w;
        if (data->kind == SB_CLASSIFICATION)
            sum[data->label[row]] += w;
        else
            for (size_t k = 0; k < q; k++) sum[k] += w * data->y[row * q + k];
    }
    if (!(total > 0)) SB_FAIL(cx->err, SB_SKIP, "all weights are zero");
    for (size_t k = 0; k < q; k++) {
        if (data->kind == SB_CLASSIFICATION && sum[k] == total) SB_FAIL(cx->err, SB_SKIP, "one class only");
        last[k] = data->kind == SB_CLASSIFICATION ? log((sum[k] + .5) / (total + .5 * (double)q)) : sum[k] / total;
    }
    *info = (sb_fit_info){.converged = true, .grad_norm = 1e-9, .tolerance = 1e-6, .l2 = .25, .iterations = 7};
    return SB_OK;
}

static sb_status fake_eval(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                           double *out)
{
    (void)options;
    const size_t q = data->kind == SB_CLASSIFICATION ? data->c : data->t, n = data->x.n;
    fake_evaluated += n;
    double *const z = SB_NEW(cx->arena, q, double);
    if (!z) SB_FAIL(cx->err, SB_ENOMEM, "outputs");
    for (size_t i = 0; i < n; i++) {
        const double edge = i >= n - n % 4 ? 1e-13 : 0;
        double total = 0, square = 0;
        for (size_t k = 0; k < q; k++) {
            z[k] = theta[data->x.d * q + k] + edge * (double)(k + 1);
            for (size_t j = 0; j < data->x.d; j++) z[k] += (double)sb_mat_row(data->x, i)[j] * theta[j * q + k];
        }
        if (data->kind == SB_CLASSIFICATION) {
            for (size_t k = 0; k < q; k++) total += z[k] = exp(z[k]);
            for (size_t k = 0; k < q; k++) z[k] /= total;
            if (loss) loss[i] = -log(z[data->label[i]]);
        } else {
            for (size_t k = 0; k < q; k++) square += (z[k] - data->y[i * q + k]) * (z[k] - data->y[i * q + k]);
            if (loss) loss[i] = square / 2;
        }
        for (size_t k = 0; out && k < q; k++) out[i * q + k] = z[k];
    }
    return SB_OK;
}

static const sb_model fake_classifier = {.name = "fake_classifier",
                                         .abi = SB_MODEL_ABI,
                                         .kind = SB_CLASSIFICATION,
                                         .outputs = fake_outputs,
                                         .fit = fake_fit,
                                         .eval = fake_eval};
static const sb_model fake_regressor = {.name = "fake_regressor",
                                        .abi = SB_MODEL_ABI,
                                        .kind = SB_REGRESSION,
                                        .outputs = fake_outputs,
                                        .fit = fake_fit,
                                        .eval = fake_eval};

/* n rows of d normal features; labels of c classes that follow the first feature, or t targets linear in them plus
 * noise. */
static inline sb_data fake_data(sb_ctx *cx, const char *name, size_t n, size_t d, size_t c, size_t t)
{
    sb_rng rng = sb_ctx_stream(cx, name);
    float *const x = SB_NEW(cx->arena, n * d, float);
    int32_t *const label = SB_NEW(cx->arena, n, int32_t);
    double *const y = SB_NEW(cx->arena, n * t, double);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) x[i * d + j] = (float)sb_rng_normal(&rng);
        for (size_t k = 0; k < t; k++) y[i * t + k] = 3 * (double)x[i * d] + (double)k + sb_rng_normal(&rng);
        if (c) label[i] = (int32_t)(x[i * d] > 0 ? sb_rng_below(&rng, c) : sb_rng_below(&rng, (c + 1) / 2));
    }
    return (sb_data){.x = {x, n, d, d},
                     .kind = c ? SB_CLASSIFICATION : SB_REGRESSION,
                     .c = c,
                     .label = c ? label : NULL,
                     .t = t,
                     .y = t ? y : NULL};
}

static inline double *fake_values(sb_ctx *cx)
{
    double *const value = SB_NEW(cx->arena, sb_metric_count(), double);
    for (size_t i = 0; i < sb_metric_count(); i++) value[i] = (double)NAN;
    return value;
}
static inline double fake_get(const double *value, const char *name) { return value[sb_metric_index(name)]; }

static const sb_model_use classifier = {&fake_classifier, NULL}, regressor = {&fake_regressor, NULL};

typedef struct world {
    test_ctx t;
    sb_data train, test;
    sb_truth truth;
    sb_fitted pilot;
    sb_probes probes;
    const sb_model_use *use;
} world;

static inline void world_new(world *w, size_t n, size_t c, size_t t)
{
    test_ctx_init(&w->t, "world");
    sb_ctx *const cx = &w->t.cx;
    w->use = c ? &classifier : &regressor;
    w->train = fake_data(cx, "train", n, 5, c, t);
    w->test = fake_data(cx, "test", 300, 5, c, t);
    ck_assert_ok(&w->t, sb_truth_make(&w->train, w->use, NULL, NULL, cx, &w->truth));
    const uint32_t warm[] = {5, 1, 17, 30, 9, 2, 3, 4, 6, 7, 8, 10, 11, 12};
    const sb_subset s = {.m = sizeof warm / sizeof *warm, .row = warm};
    ck_assert_ok(&w->t, sb_fit(&w->train, w->use, &s, NULL, cx, &w->pilot));
    for (size_t i = 0; i < (w->train.x.d + 1) * w->pilot.q; i++) w->pilot.theta[i] += .1 * (double)(i % 3); /* uses x */
    ck_assert_ok(&w->t, sb_probes_make(&w->train, w->use, &w->truth, &w->pilot, 4, cx, &w->probes));
}

#endif

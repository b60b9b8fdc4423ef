/* A loss without parameters: what a weighted sample is asked to know can be a plain function of the rows. Experiments
 * on coresets use |x|^2, and generators that plant a loss hand it over as the target. Nothing is trained: theta is 0,
 * every prediction is 0, and the metrics of the loss say how well a selection knows its sum. */
#include <math.h>

#include "selbench/la.h"
#include "selbench/model.h"

enum { LOSS_NORM2, LOSS_TARGET };

typedef struct fixed_options {
    int loss;
} fixed_options;

static const char *const loss_words[] = {"norm2", "target", NULL};
static const sb_param fixed_params[] = {
    {"loss", "norm2: the squared norm of the row; target: its targets' sum, which may not be negative", "norm2",
     SB_P_ENUM, offsetof(fixed_options, loss), 0, 1, loss_words},
    {0},
};

static sb_status fixed_outputs(const sb_data *data, const void *options, sb_ctx *cx, size_t *q)
{
    (void)options;
    if (data->kind != SB_REGRESSION || !data->y || data->t == 0)
        SB_FAIL(cx->err, SB_SKIP, "a fixed loss is for regression sets, the data set has classes");
    *q = data->t;
    return SB_OK;
}

static double norm2(const float *x, size_t d)
{
    double sum = 0;
    for (size_t j = 0; j < d; j++) sum += (double)x[j] * (double)x[j];
    return sum;
}

static sb_status loss_of(const sb_data *data, const fixed_options *o, size_t i, sb_ctx *cx, double *loss)
{
    *loss = 0;
    if (o->loss == LOSS_NORM2) *loss = norm2(sb_mat_row(data->x, i), data->x.d);
    for (size_t k = 0; o->loss == LOSS_TARGET && k < data->t; k++) *loss += data->y[i * data->t + k];
    if (!(*loss >= 0)) SB_FAIL(cx->err, SB_SKIP, "the loss of row %zu is %g; losses are not negative", i, *loss);
    return SB_OK;
}

static sb_status fixed_fit(const sb_data *train, const sb_subset *s, const void *options, const void *shared,
                           sb_ctx *cx, double *theta, sb_fit_info *info)
{
    (void)shared;
    double sum = 0, weights = 0;
    for (size_t i = 0; i < s->m; i++) {
        const double w = s->weight ? s->weight[i] : 1;
        double loss = 0;
        SB_TRY(loss_of(train, options, s->row ? s->row[i] : i, cx, &loss));
        sum += w * loss;
        weights += w;
    }
    if (!(weights > 0)) SB_FAIL(cx->err, SB_SKIP, "no row has weight");
    for (size_t i = 0; i < (train->x.d + 1) * train->t; i++) theta[i] = 0;
    *info = (sb_fit_info){.converged = true, .objective = sum / weights, .passes = 1};
    return SB_OK;
}

static sb_status fixed_eval(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                            double *out)
{
    (void)theta;
    for (size_t i = 0; loss && i < data->x.n; i++) SB_TRY(loss_of(data, options, i, cx, &loss[i]));
    for (size_t i = 0; out && i < data->x.n * data->t; i++) out[i] = 0;
    return SB_OK;
}

const sb_model sb_model_fixed = {
    .name = "fixed",
    .summary = "no model: a loss that is given, |x|^2 of the row or its target",
    .source = "ours; |x|^2 as in experiments on coresets (Axiotis et al. 2024; Cohen-Addad et al. 2026)",
    .abi = SB_MODEL_ABI,
    .kind = SB_REGRESSION,
    .option_size = sizeof(fixed_options),
    .options = fixed_params,
    .outputs = fixed_outputs,
    .fit = fixed_fit,
    .eval = fixed_eval,
};

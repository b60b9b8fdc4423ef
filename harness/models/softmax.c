/* Multinomial logistic regression; the work is in selbench/logit.h.
 * Defaults: l2 1e-4 on the mean loss lies between the weak penalties of common practice (1 / rows) and those that lower
 * accuracy on image embeddings. tolerance 1e-5: the objective is then within about 1e-5 of its minimum relatively, and
 * accuracies do not move in their fourth digit. */
#include "selbench/logit.h"

static sb_status softmax_outputs(const sb_data *data, const void *options, sb_ctx *cx, size_t *q)
{
    (void)options;
    if (data->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "softmax needs class labels");
    if (data->c < 2) SB_FAIL(cx->err, SB_SKIP, "softmax needs two classes, the data have %zu", data->c);
    *q = data->c;
    return SB_OK;
}

static sb_status softmax_share(const sb_data *train, const void *options, sb_ctx *cx, void **shared)
{
    return sb_logit_share(train, options, train->c, cx, shared);
}

static sb_status softmax_fit(const sb_data *train, const sb_subset *s, const void *options, const void *shared,
                             sb_ctx *cx, double *theta, sb_fit_info *info)
{
    return sb_logit_fit(train, s, options, train->c, shared, cx, theta, info);
}

static sb_status softmax_eval(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                              double *out)
{
    (void)options;
    return sb_logit_eval(data, theta, data->c, cx, loss, out);
}

const sb_model sb_model_softmax = {
    .name = "softmax",
    .summary = "multinomial logistic regression, L2 penalty",
    .source = "Boehning 1992 (bound on the Hessian); Nocedal 1980 (limited-memory BFGS)",
    .abi = SB_MODEL_ABI,
    .kind = SB_CLASSIFICATION,
    .option_size = sizeof(sb_logit_options),
    .options = sb_logit_params,
    .outputs = softmax_outputs,
    .share = softmax_share,
    .fit = softmax_fit,
    .eval = softmax_eval,
};

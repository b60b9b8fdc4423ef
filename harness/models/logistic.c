/* Logistic regression for two classes: one score, label 1 has probability 1 / (1 + exp(-z)); see selbench/logit.h.
 * With penalty l2 it is softmax with penalty 2 l2: there the two weight vectors are +-w/2. */
#include "selbench/logit.h"

static sb_status logistic_outputs(const sb_data *data, const void *options, sb_ctx *cx, size_t *q)
{
    (void)options;
    if (data->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "logistic needs class labels");
    if (data->c != 2) SB_FAIL(cx->err, SB_SKIP, "logistic needs two classes, the data have %zu", data->c);
    *q = 1;
    return SB_OK;
}

static sb_status logistic_share(const sb_data *train, const void *options, sb_ctx *cx, void **shared)
{
    return sb_logit_share(train, options, 1, cx, shared);
}

static sb_status logistic_fit(const sb_data *train, const sb_subset *s, const void *options, const void *shared,
                              sb_ctx *cx, double *theta, sb_fit_info *info)
{
    return sb_logit_fit(train, s, options, 1, shared, cx, theta, info);
}

static sb_status logistic_eval(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                               double *out)
{
    (void)options;
    return sb_logit_eval(data, theta, 1, cx, loss, out);
}

const sb_model sb_model_logistic = {
    .name = "logistic",
    .summary = "logistic regression for two classes, L2 penalty",
    .source = "Boehning 1992 (bound on the Hessian); Nocedal 1980 (limited-memory BFGS)",
    .abi = SB_MODEL_ABI,
    .kind = SB_CLASSIFICATION,
    .option_size = sizeof(sb_logit_options),
    .options = sb_logit_params,
    .outputs = logistic_outputs,
    .share = logistic_share,
    .fit = logistic_fit,
    .eval = logistic_eval,
};

/* Ridge regression, least squares at l2 = 0, several targets at once. The objective is that of selbench/lsq.h:
 *   sum_i w_i (1/t) |B'x_i + b0 - y_i|^2 / sum_i w_i + l2 sum_jk q_j B_jk^2,   loss of a row: (1/t) |B'x_i + b0 -
 * y_i|^2 so with t = 1 and unit weights l2 is lambda / n of the textbook sum form. The default penalty, 1e-4, hardly
 * moves directions of variance near 1 (one part in 10^4) and bounds those that a small subset does not show. */
#include "selbench/lsq.h"
#include "selbench/model.h"

typedef struct ridge_options {
    sb_reals l2;
    size_t folds;
    bool intercept, standardise;
    int solver;
} ridge_options;

#define ROW(field) offsetof(ridge_options, field)
static const sb_param ridge_params[] = {
    {"l2", "penalty on the squared coefficients, beside the MEAN loss; several: chosen by cross-validation", "1e-4",
     SB_P_REALS, ROW(l2), 0, 1e12, NULL},
    {"folds", "folds of the cross-validation; copies of a row share a fold", "5", SB_P_SIZE, ROW(folds), 2, 1000, NULL},
    {"intercept", "fit an intercept, which is not penalised", "true", SB_P_BOOL, ROW(intercept), 0, 0, NULL},
    {"standardise", "penalise coefficients of columns scaled to variance 1 over the rows fitted", "false", SB_P_BOOL,
     ROW(standardise), 0, 0, NULL},
    {"solver", "cholesky: normal equations; qr: QR with column pivoting; auto: cholesky where it is safe", "auto",
     SB_P_ENUM, ROW(solver), 0, 2, sb_lsq_solver_words},
    {0},
};
#undef ROW

static sb_status ridge_outputs(const sb_data *data, const void *options, sb_ctx *cx, size_t *q)
{
    (void)options;
    if (data->kind != SB_REGRESSION || !data->y || data->t == 0)
        SB_FAIL(cx->err, SB_SKIP, "ridge regression needs numeric targets, the data set has classes");
    *q = data->t;
    return SB_OK;
}

static sb_status ridge_fit(const sb_data *train, const sb_subset *s, const void *options, const void *shared,
                           sb_ctx *cx, double *theta, sb_fit_info *info)
{
    (void)shared;
    const ridge_options *o = options;
    const sb_lsq p = {train->x, train->y, train->t, o->intercept, o->standardise, (sb_lsq_solver)o->solver};
    double l2 = o->l2.v[0];
    if (o->l2.n > 1) SB_TRY(sb_lsq_choose(&p, s, o->l2.v, o->l2.n, o->folds, cx, &l2, NULL));
    return sb_lsq_fit(&p, s, l2, cx, theta, info);
}

static sb_status ridge_eval(const sb_data *data, const double *theta, const void *options, sb_ctx *cx, double *loss,
                            double *out)
{
    (void)options;
    return sb_lsq_eval(data->x, data->y, data->t, theta, cx, loss, out);
}

const sb_model sb_model_ridge = {
    .name = "ridge",
    .summary = "ridge regression and least squares, weighted, for one or several targets",
    .source = "Hoerl, Kennard 1970; Golub 1965 for the QR",
    .abi = SB_MODEL_ABI,
    .kind = SB_REGRESSION,
    .option_size = sizeof(ridge_options),
    .options = ridge_params,
    .outputs = ridge_outputs,
    .fit = ridge_fit,
    .eval = ridge_eval,
};

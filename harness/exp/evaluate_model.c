#include "file.h"
#include "judge.h"

static void write_fixed(const sb_probes *probes, const sb_selection *s, double delta, double *value)
{
    sb_approx a;
    sb_approx_losses(s, probes->loss, probes->n, delta, &a);
    sb_judge_set(value, "loss_err@full", a.err);
    sb_judge_set(value, "loss_sd@full", a.sd);
    sb_judge_set(value, "loss_bound@full", a.bound);
    if (probes->has_pilot) {
        sb_approx_losses(s, probes->loss + SB_PROBE_PILOT * probes->n, probes->n, delta, &a);
        sb_judge_set(value, "loss_err@pilot", a.err);
        sb_judge_set(value, "loss_dev@pilot", a.dev);
        sb_judge_set(value, "loss_sd@pilot", a.sd);
        sb_judge_set(value, "loss_bound@pilot", a.bound);
        sb_judge_set(value, "loss_bound_theorem@pilot", a.theorem);
        sb_judge_set(value, "loss_above_score@pilot", a.above);
    }
    double worst = (double)NAN; /* fmax ignores it: NaN stays only when no probe has a loss */
    for (size_t j = SB_PROBE_FIRST; j < probes->count; j++) {
        sb_approx_losses(s, probes->loss + j * probes->n, probes->n, delta, &a);
        worst = fmax(worst, a.err);
    }
    sb_judge_set(value, "loss_err_sup", worst);
}

static sb_status write_train(const sb_data *train, const sb_model_use *use, const sb_truth *truth, const double *theta,
                             const sb_selection *s, double delta, sb_ctx *cx, double *value)
{
    const size_t n = train->x.n, mark = sb_arena_mark(cx->arena);
    double *const loss = SB_NEW(cx->arena, n, double);
    if (!loss) SB_FAIL(cx->err, SB_ENOMEM, "%zu losses", n);
    const bool scored = train->kind == SB_REGRESSION; /* the training rows' 1 - R^2 comes from the same pass */
    sb_score score;
    if (scored) SB_TRY(sb_score_model(train, use, theta, cx, loss, &score));
    else SB_TRY(sb_pass(train, use, theta, NULL, n, cx, loss, NULL));
    const double mean = sb_judge_mean(loss, n);
    sb_approx a;
    sb_approx_losses(s, loss, n, delta, &a);
    sb_judge_set(value, "loss_err@subset", a.err);
    sb_judge_set(value, "train_loss", mean);
    sb_judge_set(value, "excess_loss", (mean - truth->loss) / truth->loss);
    if (scored) sb_judge_set(value, "one_minus_r2_train", score.one_minus_r2);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status write_test(const sb_data *test, const sb_model_use *use, const double *theta, sb_ctx *cx,
                            double *value)
{
    sb_score score;
    SB_TRY(sb_score_model(test, use, theta, cx, NULL, &score));
    sb_judge_set(value, "accuracy", score.accuracy);
    sb_judge_set(value, "balanced_accuracy", score.balanced_accuracy);
    sb_judge_set(value, "macro_f1", score.macro_f1);
    sb_judge_set(value, "log_loss", score.log_loss);
    sb_judge_set(value, "mse", score.mse);
    sb_judge_set(value, "mae", score.mae);
    sb_judge_set(value, "one_minus_r2", score.one_minus_r2);
    return SB_OK;
}

/* All rows in their order, unweighted: the fit on them is the reference, already at hand. */
static bool is_everything(const sb_selection *s, size_t n)
{
    if (s->m != n || s->weight) return false;
    for (size_t i = 0; i < n; i++)
        if (s->row[i] != i) return false;
    return true;
}

sb_status sb_evaluate_model(const sb_data *train, const sb_data *test, const sb_model_use *use, const sb_truth *truth,
                            const sb_probes *probes, const sb_selection *s, double delta, sb_ctx *cx, double *value,
                            uint64_t *fit_ns)
{
    *fit_ns = 0;
    SB_TRY(sb_judge_check(s, train->x.n, cx));
    if (!(delta > 0 && delta < 1)) SB_FAIL(cx->err, SB_EARG, "delta is %g, outside (0, 1)", delta);
    write_fixed(probes, s, delta, value);
    const sb_subset subset = {s->m, s->row, s->weight};
    sb_fitted fitted = truth->full;
    const uint64_t start = sb_clock_ns();
    if (!is_everything(s, train->x.n)) SB_TRY(sb_fit(train, use, &subset, truth->shared, cx, &fitted));
    *fit_ns = sb_clock_ns() - start;
    sb_judge_set(value, "converged", fitted.info.converged ? 1 : 0);
    sb_judge_set(value, "grad_norm", fitted.info.grad_norm);
    sb_judge_set(value, "l2", fitted.info.l2);
    sb_judge_set(value, "iterations", (double)fitted.info.iterations);
    SB_TRY(write_train(train, use, truth, fitted.theta, s, delta, cx, value));
    return write_test(test, use, fitted.theta, cx, value);
}

/* The parts of which evaluations are made: a pass of a model, sums, loss approximation, test scores, moments.
 * Internal to exp: used by what judges, by the scene and by the trajectories, and by their tests. */
#ifndef SB_EXP_JUDGE_H
#define SB_EXP_JUDGE_H

#include <math.h>

#include "evaluate.h"

/* A compensated sum (Neumaier 1974): the error does not grow with the number of terms. */
typedef struct sb_total {
    double sum, rest;
} sb_total;

static inline void sb_total_add(sb_total *t, double v)
{
    const double s = t->sum + v;
    t->rest += fabs(t->sum) >= fabs(v) ? (t->sum - s) + v : (v - s) + t->sum;
    t->sum = s;
}

static inline double sb_total_value(sb_total t) { return t.sum + t.rest; }

/* Mean of n >= 1 values by a compensated sum. */
double sb_judge_mean(const double *v, size_t n);

/* Writes v as the metric of that name; NaN for an infinite v. SB_BUG: there is no such metric. */
void sb_judge_set(double *value, const char *name, double v);

/* SB_EARG: no rows, more certain ones than rows, a row above n - 1, or a weight that is negative or not finite. */
sb_status sb_judge_check(const sb_selection *s, size_t n, sb_ctx *cx) SB_CHECKED;

/* Weight of the i-th selected row: estimates totals over n rows. */
static inline double sb_judge_weight(const sb_selection *s, size_t n, size_t i)
{
    return s->weight ? s->weight[i] : (double)n / (double)s->m;
}

enum { SB_PASS_ROWS = 256 };

/* Columns of a model's output: classes or targets. */
static inline size_t sb_pass_width(const sb_data *data) { return data->kind == SB_CLASSIFICATION ? data->c : data->t; }

/* Losses (m values, or NULL) and outputs (m x width, or NULL) of the model at the given rows of data (row NULL: all,
 * m = data->x.n). The model always sees blocks of SB_PASS_ROWS rows, the last one filled by repeating its last row:
 * what a row gets does not depend on which others were asked for. Cost m rows; scratch of one block. */
sb_status sb_pass(const sb_data *data, const sb_model_use *use, const double *theta, const uint32_t *row, size_t m,
                  sb_ctx *cx, double *loss, double *out) SB_CHECKED;

/* How well the weighted sum of a selection stands for the total of one vector of losses >= 0; all relative to that
 * total. NaN: does not apply (no draw probabilities, a row that cannot be drawn, a total of 0). */
typedef struct sb_approx {
    double dev;     /* (sum_S w l - sum l) / sum l */
    double err;     /* its absolute value */
    double sd;      /* standard error of the estimator over its own draws */
    double bound;   /* exceeded with probability <= delta: Bernstein's inequality with kappa measured */
    double theorem; /* the same with kappa L / Q and kappa replaced by 1, from score_sum */
    double above;   /* share of rows with loss above score */
} sb_approx;
void sb_approx_losses(const sb_selection *s, const double *loss, size_t n, double delta, sb_approx *out);

/* Scores on all rows of data; NaN for those of the other kind, and for all when data has no rows. loss: the rows'
 * losses of the same pass (n values), or NULL. */
typedef struct sb_score {
    double accuracy, balanced_accuracy, macro_f1, log_loss; /* classification */
    double mse, mae, one_minus_r2;                          /* regression, pooled over targets */
} sb_score;
sb_status sb_score_model(const sb_data *data, const sb_model_use *use, const double *theta, sb_ctx *cx, double *loss,
                         sb_score *out) SB_CHECKED;

/* Second moments sum_i w_i z_i z_i' / sum_i w_i of the rows seen in r directions, z = direction x_i, in float64.
 * row NULL: rows 0..m-1; weight NULL: all equal. second: r x r, both triangles. SB_ENOMEM. */
sb_status sb_moment(sb_mat x, const sb_subset *s, const double *direction, size_t r, sb_ctx *cx,
                    double *second) SB_CHECKED;

#endif

/* NormSim: rows that are similar to many rows of the target set (norm 2) or very similar to one (norm inf). */
#include <math.h>

#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/views.h"

enum { BLOCK = 512 };
enum { NORM_2, NORM_INF };

typedef struct opts {
    int norm;
    bool unit;
} opts;

static const char *const norms[] = {"2", "inf", NULL};
static const sb_param params[] = {
    {"norm", "2: root of the summed squares of the similarities; inf: the largest magnitude", "2", SB_P_ENUM,
     offsetof(opts, norm), 0, 1, norms},
    {"unit", "scale rows and target rows to norm 1", "true", SB_P_BOOL, offsetof(opts, unit), 0, 0, NULL},
    {0},
};

/* m (d x d) = sum q q' over the target rows */
static sb_status second_moment(sb_mat q, bool unit, double *block, double *m)
{
    for (size_t i0 = 0; i0 < q.n; i0 += BLOCK) {
        const size_t k = q.n - i0 < BLOCK ? q.n - i0 : BLOCK;
        const sb_mat some = {sb_mat_row(q, i0), k, q.d, q.ld};
        sb_rows_f64(some, NULL, k, unit, block);
        sb_dsyrk(q.d, k, 1, block, q.d, 1, m, q.d);
    }
    sb_symmetrise(m, q.d, q.d);
    return SB_OK;
}

/* score_i = |(x_i . q_1, ..., x_i . q_M)|_2, by x'(sum q q')x */
static sb_status norm_2(const sb_task *task, bool unit, sb_ctx *cx, double *score)
{
    const size_t d = task->x.d;
    double *m = SB_NEW(cx->arena, d * d, double), *x = SB_NEW(cx->arena, BLOCK * d, double);
    double *z = SB_NEW(cx->arena, BLOCK * d, double);
    if (!m || !x || !z) SB_FAIL(cx->err, SB_ENOMEM, "second moments of %zu columns", d);
    SB_TRY(second_moment(task->target, unit, x, m));
    for (size_t i0 = 0; i0 < task->x.n; i0 += BLOCK) {
        const size_t k = task->x.n - i0 < BLOCK ? task->x.n - i0 : BLOCK;
        const sb_mat some = {sb_mat_row(task->x, i0), k, d, task->x.ld};
        sb_rows_f64(some, NULL, k, unit, x);
        sb_dgemm(false, false, k, d, d, 1, x, d, m, d, 0, z, d);
        for (size_t i = 0; i < k; i++) {
            double sum = 0;
            for (size_t j = 0; j < d; j++) sum += x[i * d + j] * z[i * d + j];
            score[i0 + i] = sqrt(fmax(sum, 0));
        }
    }
    return SB_OK;
}

static sb_status norm_inf(const sb_task *task, bool unit, sb_ctx *cx, double *score)
{
    const size_t d = task->x.d;
    const sb_mat q = task->target;
    double *x = SB_NEW(cx->arena, BLOCK * d, double), *y = SB_NEW(cx->arena, BLOCK * d, double);
    double *s = SB_NEW(cx->arena, BLOCK * BLOCK, double);
    if (!x || !y || !s) SB_FAIL(cx->err, SB_ENOMEM, "blocks of %zu columns", d);
    for (size_t j0 = 0; j0 < q.n; j0 += BLOCK) {
        const size_t t = q.n - j0 < BLOCK ? q.n - j0 : BLOCK;
        sb_rows_f64((sb_mat){sb_mat_row(q, j0), t, d, q.ld}, NULL, t, unit, y);
        for (size_t i0 = 0; i0 < task->x.n; i0 += BLOCK) {
            const size_t k = task->x.n - i0 < BLOCK ? task->x.n - i0 : BLOCK;
            sb_rows_f64((sb_mat){sb_mat_row(task->x, i0), k, d, task->x.ld}, NULL, k, unit, x);
            sb_dgemm(false, true, k, t, d, 1, x, d, y, d, 0, s, t);
            for (size_t i = 0; i < k * t; i++) score[i0 + i / t] = fmax(score[i0 + i / t], fabs(s[i]));
        }
    }
    return SB_OK;
}

static sb_status choose(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                        sb_selection *out)
{
    (void)state;
    const opts *o = options;
    SB_TRY(sb_same_columns(task, task->target, "the target set", cx));
    double *score = SB_NEW(cx->arena, task->x.n, double);
    if (!score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", task->x.n);
    SB_TRY((o->norm == NORM_2 ? norm_2 : norm_inf)(task, o->unit, cx, score));
    SB_TRY(sb_select_largest(task, score, budget, cx, out->row, &out->m));
    if (out->m) sb_selection_note(out, "threshold", score[out->row[out->m - 1]]);
    return SB_OK;
}

const sb_method sb_method_norm_sim = {
    .name = "norm_sim",
    .summary = "rows most similar to the rows of a target set, in the 2-norm or the largest of the similarities",
    .source = "Wang et al. 2024, CLIPLoss and norm-based data selection, arXiv 2405.19547, section 3.3",
    .formula =
        "score_i = |(x_i . q_1, ..., x_i . q_M)|_p over the M target rows, p = 2 or inf; the m largest, ties to\n"
        "the lowest row. For p = 2 score_i^2 = M x_i' S x_i with S = (1/M) sum q q' (VAS): the same order",
    .cost = "p = 2: (M + n) d^2 operations and 8 d^2 bytes; p = inf: n M d operations, 2 MB beside blocks",
    .variants =
        "public code takes p >= 100 as inf; without the magnitude p = inf orders differently where similarities\n"
        "are negative. Often run on the best part by clip_score or neg_clip_loss: `selbench select` on those rows",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_TARGET,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = choose,
};

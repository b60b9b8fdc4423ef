/* Sensitivity sampling by a low-rank span: with orthonormal directions v_1..v_k, a_j = <x, v_j> and r(x) the residual
 * off their span,
 *     sigma(x) = (gamma + 1) sum_j a_j^2 l(v_j) + gamma k max_j l(v_j) + lambda |r(x)|^2,    p ~ sigma,
 * weight 1/(m p). The directions come from k rows drawn by leverage, whose losses are the only ones asked for. */
#include <math.h>

#include "selbench/importance.h"
#include "selbench/la.h"
#include "selbench/leverage.h"
#include "selbench/pivots.h"

enum { FROM_ROWS, FROM_SINGULAR };
enum { LOSS_TASK, LOSS_NORM };
enum { BASIS_ORTHONORMAL, BASIS_RAW };
enum { RULE_RATIO, RULE_VALUE };
enum { BLOCK = 2048 };

typedef struct opts {
    sb_count k;
    int landmarks, loss, basis, rule;
    double gamma, ratio, lambda;
    sb_importance how;
} opts;

static const char *const landmark_words[] = {"rows", "singular", NULL};
static const char *const loss_words[] = {"task", "norm", NULL};
static const char *const basis_words[] = {"orthonormal", "raw", NULL};
static const char *const rule_words[] = {"ratio", "value", NULL};
static const sb_param params[] = {
    {"k", "landmarks: a number, 10% of the data, or 20%m of the budget; no more than rows, or features (singular)",
     "32", SB_P_COUNT, offsetof(opts, k), 1, 1e9, NULL},
    {"landmarks", "rows drawn by leverage, or the leading right singular vectors (loss norm only)", "rows", SB_P_ENUM,
     offsetof(opts, landmarks), 0, 1, landmark_words},
    {"loss", "task: the proxy's loss at the landmark rows; norm: the squared norm, which needs no labels", "task",
     SB_P_ENUM, offsetof(opts, loss), 0, 1, loss_words},
    {"basis", "landmark rows orthonormalised in the order drawn, or raw as directions", "orthonormal", SB_P_ENUM,
     offsetof(opts, basis), 0, 1, basis_words},
    {"gamma", "share of the cross term", "0", SB_P_REAL, offsetof(opts, gamma), 0, 1e12, NULL},
    {"lambda_rule", "ratio: lambda = ratio x sum of the first term / sum |r|^2; value: lambda", "ratio", SB_P_ENUM,
     offsetof(opts, rule), 0, 1, rule_words},
    {"ratio", "residual term relative to the loss term (rule ratio)", "1", SB_P_REAL, offsetof(opts, ratio), 0, 1e12,
     NULL},
    {"lambda", "loss per squared distance (rule value)", "1", SB_P_REAL, offsetof(opts, lambda), 0, 1e300, NULL},
    {"floor", "share of the uniform distribution mixed into p", "0.1", SB_P_REAL, offsetof(opts, how.floor), 0, 1,
     NULL},
    {"draw", "scheme; only with_replacement has the paper's guarantee", "with_replacement", SB_P_ENUM,
     offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {"weighted", "false: train on the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0,
     1, NULL},
    {0},
};

static sb_status lowrank_prepare(const sb_task *task, const void *options, sb_ctx *cx, void **state)
{
    const opts *const o = options;
    *state = NULL;
    if (o->landmarks == FROM_SINGULAR) return SB_OK;
    double *score = SB_NEW(cx->arena, task->x.n, double);
    if (!score) SB_FAIL(cx->err, SB_ENOMEM, "leverage scores of %zu rows", task->x.n);
    sb_leverage_info info;
    SB_TRY(sb_leverage(task->x, &(sb_leverage_options){.kind = SB_LEVERAGE_EXACT}, cx, score, &info));
    *state = score;
    return SB_OK;
}

/* k directions (d x k, column by column in t) with their losses. */
typedef struct span {
    size_t k;
    double *t, *loss;
    double *off; /* n: |r|^2; NULL: the squared norm minus the squares of the products */
} span;

static sb_status landmarks(const double *score, size_t n, size_t k, sb_ctx *cx, uint32_t *row, size_t *got)
{
    double *p = SB_NEW(cx->arena, n, double), *weight = SB_NEW(cx->arena, n, double);
    if (!p || !weight) SB_FAIL(cx->err, SB_ENOMEM, "landmarks among %zu rows", n);
    size_t zeros = 0;
    SB_TRY(sb_draw_probabilities(score, n, 0, p, &zeros, cx));
    sb_rng rng = sb_ctx_stream(cx, "landmarks");
    return sb_draw(SB_SUCCESSIVE, p, n, k < n - zeros ? k : n - zeros, &rng, cx, row, weight, got);
}

/* Rows in the span of earlier ones add no direction, and their losses are not asked for. */
static sb_status span_of_rows(const sb_task *task, const opts *o, const double *score, size_t k, sb_ctx *cx, span *s)
{
    const size_t n = task->x.n, d = task->x.d;
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    if (!row) SB_FAIL(cx->err, SB_ENOMEM, "%zu landmarks", k);
    size_t got = 0, kept = 0;
    SB_TRY(landmarks(score, n, k, cx, row, &got));
    sb_pivots p;
    SB_TRY(sb_pivots_init(&p, task->x, got, cx));
    for (size_t j = 0; j < got; j++)
        if (sb_pivots_append(&p, row[j])) row[kept++] = row[j];
    SB_TRY(sb_pivots_update(&p, cx));
    s->k = kept;
    s->off = p.left;
    s->t = SB_NEW(cx->arena, d * kept, double);
    s->loss = SB_NEW(cx->arena, kept, double);
    if (!s->t || !s->loss) SB_FAIL(cx->err, SB_ENOMEM, "%zu directions", kept);
    for (size_t j = 0; j < kept; j++) {
        for (size_t a = 0; a < d; a++)
            s->t[a * kept + j] = o->basis == BASIS_RAW ? (double)sb_mat_row(task->x, row[j])[a] : p.basis[j * d + a];
        s->loss[j] = o->loss == LOSS_NORM && o->basis == BASIS_RAW ? p.norm2[row[j]] : 1;
    }
    return o->loss == LOSS_TASK ? sb_task_loss(task, row, kept, cx, s->loss) : SB_OK;
}

static sb_status span_of_singular(const sb_task *task, size_t k, sb_ctx *cx, span *s)
{
    const size_t d = task->x.d;
    double *v = SB_NEW(cx->arena, d * d, double), *value = SB_NEW(cx->arena, d, double);
    s->k = k;
    s->t = SB_NEW(cx->arena, d * s->k, double);
    s->loss = SB_NEW(cx->arena, s->k, double);
    if (!v || !value || !s->t || !s->loss) SB_FAIL(cx->err, SB_ENOMEM, "%zu singular vectors", s->k);
    SB_TRY(sb_gram_f64(task->x, NULL, false, cx, v));
    SB_TRY(sb_eig_sym(v, d, value, cx));
    for (size_t j = 0; j < s->k; j++) {
        for (size_t a = 0; a < d; a++) s->t[a * s->k + j] = v[(d - 1 - j) * d + a];
        s->loss[j] = 1; /* |v|^2 */
    }
    return SB_OK;
}

/* first_i = sum_j a_j^2 l(v_j); off_i = |r|^2 where the span has not got it. */
static sb_status terms(sb_mat x, const span *s, sb_ctx *cx, double *first, double *off)
{
    double *a = SB_NEW(cx->arena, BLOCK * s->k, double);
    if (!a) SB_FAIL(cx->err, SB_ENOMEM, "products with %zu directions", s->k);
    if (!s->off) sb_row_sqnorms(x, off);
    for (size_t i0 = 0; i0 < x.n && s->k; i0 += BLOCK) {
        const size_t q = x.n - i0 < BLOCK ? x.n - i0 : BLOCK;
        SB_TRY(sb_rows_times((sb_mat){sb_mat_row(x, i0), q, x.d, x.ld}, NULL, q, s->t, s->k, cx, a));
        for (size_t i = 0; i < q; i++)
            for (size_t j = 0; j < s->k; j++) {
                const double square = a[i * s->k + j] * a[i * s->k + j];
                first[i0 + i] += square * s->loss[j];
                if (!s->off) off[i0 + i] -= square;
            }
    }
    for (size_t i = 0; i < x.n; i++) off[i] = s->off ? s->off[i] : fmax(0, off[i]);
    return SB_OK;
}

static sb_status lowrank_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    const opts *const o = options;
    const size_t n = task->x.n, k = sb_count_rows(o->k, n, budget), most = o->landmarks == FROM_ROWS ? n : task->x.d;
    double *first = SB_NEW(cx->arena, n, double), *off = SB_NEW(cx->arena, n, double), top = 0;
    if (!first || !off) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    if (o->landmarks == FROM_SINGULAR && o->loss == LOSS_TASK)
        SB_FAIL(cx->err, SB_SKIP, "singular vectors have no label, so the task has no loss for them: set loss to norm");
    SB_TRY(sb_option_within("k", k, most, o->landmarks == FROM_ROWS ? "rows" : "features", cx));
    span s = {0};
    SB_TRY(o->landmarks == FROM_ROWS ? span_of_rows(task, o, state, k, cx, &s) : span_of_singular(task, k, cx, &s));
    SB_TRY(terms(task->x, &s, cx, first, off));
    for (size_t j = 0; j < s.k; j++) top = fmax(top, s.loss[j]);
    const double sum = sb_sum(first, n), rest = sb_sum(off, n);
    double lambda = o->lambda;
    if (o->rule == RULE_RATIO) lambda = rest > 0 && sum > 0 ? o->ratio * sum / rest : 1;
    for (size_t i = 0; i < n; i++)
        first[i] = (o->gamma + 1) * first[i] + o->gamma * (double)s.k * top + lambda * off[i];
    SB_TRY(sb_importance_select(task, first, &o->how, NULL, 0, budget, cx, out));
    sb_selection_note(out, "directions", (double)s.k);
    sb_selection_note(out, "lambda", lambda);
    sb_selection_note(out, "off_span_sum", rest);
    return SB_OK;
}

const sb_method sb_method_lowrank_sensitivity = {
    .name = "lowrank_sensitivity",
    .summary = "sensitivity sampling by losses at a few leverage-drawn rows and the distance to their span",
    .source = "Cohen-Addad, Kunapuli, Mirrokni, Nikdan, Woodruff, Zhou 2026, Theorem 2.2",
    .formula = "sigma_i = (gamma + 1) sum_j <x_i, v_j>^2 l(v_j) + gamma k max l + lambda |r_i|^2, r_i off the span of "
               "v_1..v_k;\n"
               "p ~ sigma, weight 1/(m p)",
    .cost = "n d^2 (leverage of the landmarks), 2 n d k, k losses",
    .variants = "landmarks as rows drawn by leverage, or singular vectors with the squared norm as loss; xi is not "
                "defined in what\n"
                "was read: max l is our reading",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_LOSS,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = lowrank_prepare,
    .select = lowrank_select,
};

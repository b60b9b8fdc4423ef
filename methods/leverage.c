/* Leverage-score sampling: rows that the others cannot stand for are drawn more often. Scores once per data set and
 * repeat (prepare), draws per budget (select). */
#include <math.h>

#include "selbench/basis.h"
#include "selbench/countsketch.h"
#include "selbench/importance.h"
#include "selbench/leverage.h"

/* the first three are those of sb_leverage_kind */
enum { KIND_EXACT, KIND_TRUNCATED, KIND_RIDGE, KIND_SKETCHED_RIDGE, KIND_FAST, KIND_ONLINE, KIND_ONLINE_RIDGE };
typedef enum ridge_rule { RULE_VALUE, RULE_MEAN, RULE_TAIL } ridge_rule;

typedef struct leverage_options {
    int kind, lambda_rule;
    size_t rank, sketch, buckets, columns;
    double lambda, plus;
    bool root, power, qr;
    sb_importance how;
} leverage_options;

typedef struct leverage_state {
    double *score; /* n values: the scores, or their square roots */
    double lambda;
    sb_leverage_info info;
} leverage_state;

static const char *const kind_words[] = {"exact", "truncated", "ridge",        "sketched_ridge",
                                         "fast",  "online",    "online_ridge", NULL};
static const char *const rule_words[] = {"value", "mean", "tail", NULL};

#define ROW(field) offsetof(leverage_options, field)
static const sb_param leverage_params[] = {
    {"kind",
     "which scores: of X; of its leading singular directions; with a ridge; with a ridge, of a Gaussian sketch of X; "
     "by "
     "a CountSketch; of each row against the rows before it and itself, without or with a ridge",
     "exact", SB_P_ENUM, ROW(kind), 0, 6, kind_words},
    {"rank", "singular directions kept (truncated), or kept out of the tail (lambda_rule tail); no more than min(n, d)",
     "32", SB_P_SIZE, ROW(rank), 1, 1e9, NULL},
    {"lambda", "ridge, in the unit of lambda_rule (published codes: 1e3 or 1e4; sketched_ridge 1e5)", "1", SB_P_REAL,
     ROW(lambda), 0, 1e300, NULL},
    {"lambda_rule",
     "value: lambda itself; mean: times the mean eigenvalue of X'X; tail: times sum_{j > rank} s_j^2 / rank", "value",
     SB_P_ENUM, ROW(lambda_rule), 0, 2, rule_words},
    {"sketch", "columns of the Gaussian sketch (sketched_ridge)", "64", SB_P_SIZE, ROW(sketch), 1, 1e6, NULL},
    {"buckets", "rows of the CountSketch (fast); 0: d^2, or 4 d when there are no more than d^2 rows", "0", SB_P_SIZE,
     ROW(buckets), 0, 1e9, NULL},
    {"columns", "columns of the Gaussian projection (fast); 0: none", "20", SB_P_SIZE, ROW(columns), 0, 1e6, NULL},
    {"root", "draw by the square root of the scores", "false", SB_P_BOOL, ROW(root), 0, 0, NULL},
    {"plus", "added to every score (or root), in units of 1/n", "0", SB_P_REAL, ROW(plus), 0, 1e12, NULL},
    {"power_of_two", "round scores up to a power of two, as a streaming code does", "false", SB_P_BOOL, ROW(power), 0,
     0, NULL},
    {"draw", "how rows are drawn from p (successive has biased weights)", "with_replacement", SB_P_ENUM, ROW(how.draw),
     0, 3, sb_scheme_words},
    {"floor", "share of the uniform distribution mixed into p: keeps every weight below n / (floor m)", "0.1",
     SB_P_REAL, ROW(how.floor), 0, 1, NULL},
    {"weights", "return the weights that undo the drawing; false: rows count alike, as in some papers", "true",
     SB_P_BOOL, ROW(how.weighted), 0, 0, NULL},
    {"qr", "orthogonal factorisations only: slower, the reference", "false", SB_P_BOOL, ROW(qr), 0, 0, NULL},
    {0},
};
#undef ROW

static bool has_ridge(const leverage_options *o)
{
    return o->kind == KIND_RIDGE || o->kind == KIND_SKETCHED_RIDGE || o->kind == KIND_ONLINE_RIDGE;
}

/* lambda in the unit of X'X */
static sb_status resolve_lambda(sb_mat x, const leverage_options *o, sb_ctx *cx, double *lambda)
{
    *lambda = 0;
    if (!has_ridge(o)) return SB_OK;
    *lambda = o->lambda;
    if (o->lambda_rule == RULE_VALUE) return SB_OK;
    double unit = 0;
    if (o->lambda_rule == RULE_TAIL) {
        SB_TRY(sb_leverage_tail(x, o->rank, cx, &unit));
    } else {
        for (size_t i = 0; i < x.n; i++)
            for (size_t j = 0; j < x.d; j++) unit += (double)sb_mat_row(x, i)[j] * (double)sb_mat_row(x, i)[j];
        unit /= (double)x.d;
    }
    *lambda *= unit;
    return SB_OK;
}

static sb_status scores(sb_mat x, const leverage_options *o, sb_ctx *cx, double *score, leverage_state *s)
{
    const size_t buckets = o->buckets ? o->buckets : sb_countsketch_buckets(x.n, x.d);
    const sb_leverage_options how = {(sb_leverage_kind)o->kind, o->rank, s->lambda, o->qr};
    const sb_leverage_options ridge = {SB_LEVERAGE_RIDGE, o->rank, s->lambda, o->qr};
    sb_rng rng;
    sb_mat f;
    switch (o->kind) {
    case KIND_SKETCHED_RIDGE:
        rng = sb_ctx_stream(cx, "sketch"); /* only where it is used: scores that draw nothing are kept over repeats */
        SB_TRY(sb_sketch(x, o->sketch, &rng, cx, &f));
        return sb_leverage(f, &ridge, cx, score, &s->info);
    case KIND_FAST:
        rng = sb_ctx_stream(cx, "sketch");
        s->info.rank = x.d;
        SB_TRY(sb_countsketch_leverage(x, buckets, o->columns, &rng, cx, score));
        sb_leverage_summarise(score, x.n, &s->info);
        return SB_OK;
    case KIND_ONLINE:
    case KIND_ONLINE_RIDGE: return sb_leverage_online(x, s->lambda, cx, score, &s->info);
    default: return sb_leverage(x, &how, cx, score, &s->info);
    }
}

static sb_status leverage_prepare(const sb_task *task, const void *options, sb_ctx *cx, void **state)
{
    const leverage_options *o = options;
    if (o->kind == KIND_TRUNCATED || (has_ridge(o) && o->lambda_rule == RULE_TAIL))
        SB_TRY(sb_option_within("rank", o->rank, task->x.n < task->x.d ? task->x.n : task->x.d,
                                "singular directions of the data", cx));
    leverage_state *s = SB_NEW(cx->arena, 1, leverage_state);
    double *score = SB_NEW(cx->arena, task->x.n, double);
    if (!s || !score) SB_FAIL(cx->err, SB_ENOMEM, "leverage scores of %zu rows", task->x.n);
    s->score = score;
    SB_TRY(resolve_lambda(task->x, o, cx, &s->lambda));
    SB_TRY(scores(task->x, o, cx, score, s));
    for (size_t i = 0; i < task->x.n; i++) {
        if (o->root) score[i] = sqrt(score[i]);
        score[i] += o->plus / (double)task->x.n;
        if (o->power && score[i] > 0) score[i] = exp2(ceil(log2(score[i])));
    }
    *state = s;
    return SB_OK;
}

static sb_status leverage_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                 sb_selection *out)
{
    const leverage_options *o = options;
    const leverage_state *s = state;
    SB_TRY(sb_importance_select(task, s->score, &o->how, NULL, 0, budget, cx, out));
    sb_selection_note(out, "rank", (double)s->info.rank);
    sb_selection_note(out, "effective_dimension", s->info.effective);
    sb_selection_note(out, "max_leverage", s->info.largest);
    sb_selection_note(out, "path", (double)s->info.path);
    if (has_ridge(o)) sb_selection_note(out, "lambda", s->lambda);
    return SB_OK;
}

const sb_method sb_method_leverage = {
    .name = "leverage",
    .summary = "sampling by statistical leverage: exact, truncated, ridge, sketched or online scores, or their roots",
    .source = "Drineas, Mahoney, Muthukrishnan 2006; ridge: Alaoui, Mahoney 2015; Cohen, Musco, Musco 2017; fast: "
              "Drineas, Magdon-Ismail, Mahoney, Woodruff 2012; online: Cohen, Musco, Pachocki 2016",
    .formula = "l_i = x_i'(X'X)^+ x_i (exact); of the r leading singular directions (truncated); x_i'(X'X + lambda "
               "I)^{-1}x_i (ridge)\n"
               "sketched_ridge: ridge scores of X G, G d x sketch of N(0, 1/sketch)\n"
               "fast: |x_i'R^{-1}G|^2, R from the QR of a CountSketch; online: x_i'(sum_{j<=i} x_j x_j')^{-1}x_i\n"
               "p = (1 - floor) s / sum s + floor / n with s = l or sqrt(l), + plus/n, rounded up; weight 1/(m p)",
    .cost = "n d^2 flops (exact, ridge; float32 where a check allows), 4 n d^2 (online), n^2 d + n^3 when n <= d;\n"
            "60,000 x 784: 1.3 s exact, 0.7 s fast, 0.1 s sketched_ridge, 6 s online",
    .variants =
        "SkMM's comparison: draw successive, floor 0, weights false; T-leverage: truncated at 4 per cluster, "
        "R-leverage: lambda\n"
        "1e3 or 1e4. efficient-probit-regression: draw successive with weights 1/(m p), which are biased. A streaming\n"
        "code adds 1/n (plus) and rounds up (power_of_two)",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(leverage_options),
    .options = leverage_params,
    .prepare = leverage_prepare,
    .select = leverage_select,
};

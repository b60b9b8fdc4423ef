/* Coverage of all levels of difficulty: the hardest rows are dropped, the range of the scores is cut into strata of
 * equal width, and the budget is shared evenly among these, small strata first; rows are uniform within a stratum. */
#include <math.h>

#include "selbench/fair.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { SCORE_AUM, SCORE_MARGIN, SCORE_LOSS };

typedef struct opts {
    int score;
    double beta;
    size_t strata;
} opts;

static const char *const scores[] = {"aum", "margin", "loss", NULL};
static const sb_param params[] = {
    {"score",
     "of easiness, averaged over training: aum margins of probabilities, margin those of logits, loss minus the loss",
     "aum", SB_P_ENUM, offsetof(opts, score), 0, 2, scores},
    {"beta", "share of the rows dropped as too hard, at most so many that the budget can be met", "0.3", SB_P_REAL,
     offsetof(opts, beta), 0, 1, NULL},
    {"strata", "of equal width in the score", "50", SB_P_SIZE, offsetof(opts, strata), 1, 100000, NULL},
    {0},
};

static sb_status easiness(const sb_task *task, const opts *o, sb_ctx *cx, double *score)
{
    sb_trajectory path;
    SB_TRY(sb_task_trajectory(task, cx, &path));
    const double *const margin = o->score == SCORE_AUM ? path.margin : path.logit_margin;
    for (size_t k = 0; k < path.n * path.t; k++) {
        const double v = o->score == SCORE_LOSS ? -path.loss[k] : margin[k];
        score[k / path.t] += v / (double)path.t;
    }
    return SB_OK;
}

/* The rows left after the hardest are gone, easiest first. */
static sb_status easier_rows(const sb_task *task, const opts *o, const double *score, size_t budget, sb_ctx *cx,
                             uint32_t *row, size_t *rows)
{
    const unsigned char *taken = sb_task_taken(task, cx);
    if (!taken) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", task->x.n);
    size_t open = 0;
    for (size_t i = 0; i < task->x.n; i++) open += !taken[i];
    const size_t wish = (size_t)(o->beta * (double)open), most = open > budget ? open - budget : 0;
    return sb_rank(score, task->x.n, open - (wish < most ? wish : most), true, taken, cx, row, rows);
}

/* row: sorted by stratum, ascending; size: rows per stratum. */
static sb_status cut(const double *score, size_t strata, uint32_t *row, size_t rows, sb_ctx *cx, size_t *size)
{
    uint32_t *sorted = SB_NEW(cx->arena, rows, uint32_t), *stratum = SB_NEW(cx->arena, rows, uint32_t);
    size_t *next = SB_NEW(cx->arena, strata, size_t);
    if (!sorted || !stratum || !next) SB_FAIL(cx->err, SB_ENOMEM, "strata of %zu rows", rows);
    double low = score[row[0]], high = low;
    for (size_t k = 1; k < rows; k++) {
        low = fmin(low, score[row[k]]);
        high = fmax(high, score[row[k]]);
    }
    const double width = (high - low) / (double)strata;
    for (size_t k = 0; k < rows; k++) {
        const double at = width > 0 ? floor((score[row[k]] - low) / width) : 0;
        stratum[k] = at < (double)strata ? (uint32_t)at : (uint32_t)(strata - 1); /* the top score is in the last */
        size[stratum[k]]++;
    }
    for (size_t g = 1; g < strata; g++) next[g] = next[g - 1] + size[g - 1];
    for (size_t k = 0; k < rows; k++) sorted[next[stratum[k]]++] = row[k];
    for (size_t k = 0; k < rows; k++) row[k] = sorted[k];
    return SB_OK;
}

static sb_status ccs_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    if (task->kind != SB_CLASSIFICATION && o->score != SCORE_LOSS)
        SB_FAIL(cx->err, SB_SKIP, "regression has no margins: set score to loss");
    double *score = SB_NEW(cx->arena, n, double);
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    size_t *size = SB_NEW(cx->arena, o->strata, size_t), *share = SB_NEW(cx->arena, o->strata, size_t);
    if (!score || !row || !size || !share) SB_FAIL(cx->err, SB_ENOMEM, "strata of %zu rows", n);
    size_t rows = 0, left = 0;
    SB_TRY(easiness(task, o, cx, score));
    SB_TRY(easier_rows(task, o, score, budget, cx, row, &rows));
    SB_TRY(cut(score, o->strata, row, rows, cx, size));
    SB_TRY(sb_fair_shares(size, o->strata, budget, cx, share, &left));
    sb_rng rng = sb_ctx_stream(cx, "draw");
    out->m = 0;
    for (size_t g = 0, from = 0; g < o->strata; from += size[g++]) {
        sb_rng_shuffle(&rng, row + from, size[g], share[g]);
        for (size_t k = 0; k < share[g]; k++) out->row[out->m++] = row[from + k];
    }
    if (left) SB_BUG("%zu rows of the budget %zu are left over from %zu rows", left, budget, rows);
    sb_selection_note(out, "rows_kept", (double)rows);
    return SB_OK;
}

const sb_method sb_method_ccs = {
    .name = "ccs",
    .summary = "even shares of all levels of difficulty, without the hardest rows",
    .source = "Zheng, Liu, Lai, Prakash 2023, Algorithm 1 (coverage-centric selection)",
    .formula = "drop the beta n hardest rows; cut [min, max] of the score into strata of equal width; by\n"
               "ascending size each gets min(size, rest / strata left), drawn uniformly",
    .cost = "the trajectory once per repeat, then n log n",
    .variants = "public code: beta 0.3 at 90% pruning (0.2 or 0.3 on large sets), upper edge 1.0001 max, which\n"
                "loses the top rows when max <= 0: here min + (max - min)(1 + 1e-4). Its class-balanced form uses\n"
                "the size of the last class for all; not offered",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_TRAJECTORY,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .select = ccs_select,
};

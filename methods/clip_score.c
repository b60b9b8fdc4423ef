/* CLIP score: the rows whose two views agree most. */
#include "selbench/method.h"
#include "selbench/views.h"

enum { BLOCK = 256 };

typedef struct opts {
    bool unit;
} opts;

static const sb_param params[] = {
    {"unit", "scale both views to norm 1: the score is the cosine", "true", SB_P_BOOL, offsetof(opts, unit), 0, 0,
     NULL},
    {0},
};

static sb_status scores(const sb_task *task, bool unit, sb_ctx *cx, double *score)
{
    const size_t n = task->x.n, d = task->x.d;
    double *u = SB_NEW(cx->arena, BLOCK * d, double), *v = SB_NEW(cx->arena, BLOCK * d, double);
    uint32_t *row = SB_NEW(cx->arena, BLOCK, uint32_t);
    if (!u || !v || !row) SB_FAIL(cx->err, SB_ENOMEM, "blocks of two views of %zu columns", d);
    for (size_t i0 = 0; i0 < n; i0 += BLOCK) {
        const size_t k = n - i0 < BLOCK ? n - i0 : BLOCK;
        for (size_t i = 0; i < k; i++) row[i] = (uint32_t)(i0 + i);
        sb_rows_f64(task->x, row, k, unit, u);
        sb_rows_f64(task->view, row, k, unit, v);
        for (size_t i = 0; i < k; i++) {
            score[i0 + i] = 0;
            for (size_t j = 0; j < d; j++) score[i0 + i] += u[i * d + j] * v[i * d + j];
        }
    }
    return SB_OK;
}

static sb_status clip_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    (void)state;
    const opts *o = options;
    SB_TRY(sb_same_columns(task, task->view, "the second view", cx));
    double *score = SB_NEW(cx->arena, task->x.n, double);
    if (!score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", task->x.n);
    SB_TRY(scores(task, o->unit, cx, score));
    SB_TRY(sb_select_largest(task, score, budget, cx, out->row, &out->m));
    if (out->m) sb_selection_note(out, "threshold", score[out->row[out->m - 1]]);
    return SB_OK;
}

const sb_method sb_method_clip_score = {
    .name = "clip_score",
    .summary = "rows whose two views (image and caption) are most similar",
    .source = "Hessel et al. 2021, CLIPScore; Gadre et al. 2023, DataComp, the CLIP score filter",
    .formula = "score_i = u_i . v_i of the two views, each scaled to norm 1; the m largest, ties to the lowest row",
    .cost = "n d operations, 4 MB at d = 1000 beside 8 n bytes",
    .variants = "DataComp keeps every row at or above the value at position floor(f n) of the descending scores, so\n"
                "floor(f n) + 1 rows and more with ties; here exactly m rows, and the note `threshold` is that value",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_VIEW,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = clip_select,
};

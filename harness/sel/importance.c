#include "selbench/importance.h"

/* The front enters; *taken grows by it. */
static sb_status put_front(unsigned char *taken, const uint32_t *front, size_t fronts, size_t budget, sb_ctx *cx,
                           sb_selection *out)
{
    size_t m = 0;
    for (size_t i = 0; i < fronts; i++) m += !taken[front[i]];
    if (m > budget) SB_FAIL(cx->err, SB_SKIP, "%zu rows that always join do not fit into a budget of %zu", m, budget);
    out->m = 0;
    for (size_t i = 0; i < fronts; i++) {
        if (taken[front[i]]) continue;
        taken[front[i]] = 1;
        out->row[out->m++] = front[i];
    }
    return SB_OK;
}

static void scatter(const double *p, const uint32_t *open, size_t opens, double *prob)
{
    for (size_t i = 0; i < opens; i++) prob[open[i]] = p[i];
}

sb_status sb_importance_select(const sb_task *task, const double *score, const sb_importance *how,
                               const uint32_t *front, size_t fronts, size_t budget, sb_ctx *cx, sb_selection *out)
{
    const size_t n = task->x.n;
    unsigned char *taken = sb_task_taken(task, cx);
    uint32_t *open = SB_NEW(cx->arena, n, uint32_t);
    double *q = SB_NEW(cx->arena, n, double), *p = SB_NEW(cx->arena, n, double);
    double *weight = SB_NEW(cx->arena, n > budget ? n : budget, double), *prob = SB_NEW(cx->arena, n, double);
    if (!taken || !open || !q || !p || !weight || !prob) SB_FAIL(cx->err, SB_ENOMEM, "probabilities of %zu rows", n);
    SB_TRY(put_front(taken, front, fronts, budget, cx, out));
    const size_t certain = out->m, draws = budget - certain;
    size_t opens = 0, zeros = 0, got = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i]) continue;
        q[opens] = score[i];
        open[opens++] = i;
    }
    if (opens && !draws) SB_FAIL(cx->err, SB_SKIP, "%zu rows that always join leave no room for draws", certain);
    if (opens) {
        SB_TRY(sb_draw_probabilities(q, opens, how->floor, p, &zeros, cx));
        if (how->draw != SB_WITH_REPLACEMENT && draws > opens - zeros)
            SB_FAIL(cx->err, SB_SKIP, "%zu distinct rows asked for, but %zu of %zu have probability 0: raise the floor",
                    draws, zeros, opens);
        sb_rng rng = sb_ctx_stream(cx, "draw");
        SB_TRY(sb_draw((sb_scheme)how->draw, p, opens, draws, &rng, cx, out->row + certain, weight + certain, &got));
    }
    for (size_t i = 0; i < certain; i++) weight[i] = 1;
    for (size_t i = certain; i < certain + got; i++) out->row[i] = open[out->row[i]];
    out->m = certain + got;
    scatter(p, open, opens, prob);
    out->weight = how->weighted ? weight : NULL;
    out->certain = how->weighted ? certain : 0;
    out->prob = how->weighted && how->draw == SB_WITH_REPLACEMENT && opens ? prob : NULL;
    sb_selection_note(out, "zero_prob_rows", (double)zeros);
    return SB_OK;
}

/* Diagnostics that look at the rows and weights only. Repeated rows are merged first, their weights added, so that a
 * subset means the same however its draws were written down. */
#include <string.h>

#include "judge.h"
#include "selbench/far.h"
#include "selbench/la.h"

/* Variance ratios above this are infinite for all purposes: the subset has lost the direction. */
static const double lost_below = 1e-8;

typedef struct merged {
    size_t distinct; /* rows selected at least once */
    size_t m;        /* of these, with positive weight: */
    uint32_t *row;   /* ascending */
    double *weight;
    double sum, squares, largest;
} merged;

static sb_status merge(const sb_selection *s, size_t n, sb_ctx *cx, merged *out)
{
    *out = (merged){0};
    double *const total = SB_NEW(cx->arena, n, double);
    unsigned char *const seen = SB_NEW(cx->arena, n, unsigned char);
    const size_t most = s->m < n ? s->m : n;
    out->row = SB_NEW(cx->arena, most, uint32_t);
    out->weight = SB_NEW(cx->arena, most, double);
    if (!total || !seen || !out->row || !out->weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", n);
    for (size_t i = 0; i < s->m; i++) {
        seen[s->row[i]] = 1;
        total[s->row[i]] += sb_judge_weight(s, n, i);
    }
    sb_total sum = {0, 0}, squares = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        out->distinct += seen[i];
        if (!(total[i] > 0)) continue;
        out->row[out->m] = i;
        out->weight[out->m++] = total[i];
        sb_total_add(&sum, total[i]);
        sb_total_add(&squares, total[i] * total[i]);
        out->largest = fmax(out->largest, total[i]);
    }
    out->sum = sb_total_value(sum);
    out->squares = sb_total_value(squares);
    return SB_OK;
}

static sb_status write_classes(const merged *s, const int32_t *label, size_t n, size_t c, sb_ctx *cx, double *value)
{
    unsigned char *const known = SB_NEW(cx->arena, c, unsigned char); /* 1: in the data, 2: in the subset */
    if (!known) SB_FAIL(cx->err, SB_ENOMEM, "%zu classes", c);
    for (size_t i = 0; i < n; i++) known[label[i]] |= 1;
    for (size_t i = 0; i < s->m; i++) known[label[s->row[i]]] |= 2;
    size_t missed = 0;
    for (size_t k = 0; k < c; k++) missed += known[k] == 1;
    sb_judge_set(value, "classes_missed", (double)missed);
    return SB_OK;
}

/* With V the leading directions and D their variances, the eigenvalues of Sigma Sigma_S^+ within them are the inverses
 * of those of B = D^-1/2 V'Sigma_S V D^-1/2; directions of B without variance are counted and left out. */
static sb_status write_moments(const merged *s, const sb_geometry *g, sb_ctx *cx, double *value)
{
    const size_t r = g->r;
    const sb_subset subset = {s->m, s->row, s->weight};
    double *const b = SB_NEW(cx->arena, r * r, double);
    double *const ratio = SB_NEW(cx->arena, r, double);
    if (!b || !ratio) SB_FAIL(cx->err, SB_ENOMEM, "second moments in %zu directions", r);
    SB_TRY(sb_moment(g->x, &subset, g->direction, r, cx, b));
    for (size_t i = 0; i < r; i++)
        for (size_t j = 0; j < r; j++) b[i * r + j] /= sqrt(g->variance[i]) * sqrt(g->variance[j]);
    SB_TRY(sb_eig_sym(b, r, ratio, cx));
    size_t lost = 0;
    while (lost < r && !(ratio[lost] > lost_below * ratio[r - 1])) lost++;
    sb_judge_set(value, "moment_lost", (double)lost);
    if (lost == r) return SB_OK;
    sb_total trace = {0, 0};
    for (size_t j = lost; j < r; j++) sb_total_add(&trace, 1 / ratio[j]);
    sb_judge_set(value, "moment_trace", sb_total_value(trace) / (double)(r - lost));
    sb_judge_set(value, "moment_max", 1 / ratio[lost]);
    return SB_OK;
}

sb_status sb_evaluate_subset(const sb_selection *s, const sb_geometry *g, const int32_t *label, size_t c, sb_ctx *cx,
                             double *value)
{
    const size_t n = g->x.n, mark = sb_arena_mark(cx->arena);
    SB_TRY(sb_judge_check(s, n, cx));
    merged all;
    SB_TRY(merge(s, n, cx, &all));
    sb_judge_set(value, "distinct", (double)all.distinct);
    sb_judge_set(value, "max_weight", all.largest / (double)n);
    sb_judge_set(value, "sum_weight", all.sum / (double)n);
    if (label) SB_TRY(write_classes(&all, label, n, c, cx, value));
    if (all.m) {
        double radius2, cost;
        SB_TRY(sb_cover(g->x, g->row, g->rows, all.row, all.m, cx, &radius2, &cost));
        sb_judge_set(value, "effective_size", all.sum * all.sum / all.squares);
        sb_judge_set(value, "cover_radius", sqrt(radius2));
        sb_judge_set(value, "kmeans_cost", cost);
        if (g->r) SB_TRY(write_moments(&all, g, cx, value));
    } else {
        sb_judge_set(value, "moment_lost", (double)g->r);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

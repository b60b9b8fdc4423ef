#include "selbench/design.h"

#include <math.h>
#include <string.h>

#include "selbench/basis.h"
#include "selbench/draw.h"
#include "selbench/la.h"
#include "selbench/open.h"
#include "selbench/rank.h"

enum { BLOCK = 512 };

const char *const sb_criterion_words[] = {"D", "A", "I", "c", NULL};

/* The metric in the coordinates of z. */
static sb_status metric(sb_design *q, sb_ctx *cx)
{
    const size_t d = q->z.d, n = q->z.n;
    q->b = NULL;
    if (q->criterion == SB_DESIGN_D) return SB_OK;
    q->b = SB_NEW(cx->arena, d * d, double);
    double *mean = SB_NEW(cx->arena, d, double);
    if (!q->b || !mean) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu metric", d, d);
    if (q->criterion == SB_DESIGN_I) SB_TRY(sb_information(q->z, NULL, n, 0, cx, q->b));
    sb_col_moments(q->z, NULL, mean, NULL);
    for (size_t i = 0; i < d * d; i++)
        q->b[i] = q->criterion == SB_DESIGN_A   ? i % (d + 1) == 0
                  : q->criterion == SB_DESIGN_I ? q->b[i] / (double)n
                                                : mean[i / d] * mean[i % d];
    return SB_OK;
}

sb_status sb_design_make(const sb_task *task, sb_criterion criterion, size_t m, sb_ctx *cx, sb_design *out)
{
    sb_mat x;
    *out = (sb_design){.criterion = criterion};
    SB_TRY(sb_open_rows(task, cx, &x, &out->row));
    SB_TRY(sb_independent(x, cx, &out->z));
    const size_t d = out->z.d;
    if (d == 0 || m < d) SB_FAIL(cx->err, SB_SKIP, "%zu rows cannot make a regular moment matrix of rank %zu", m, d);
    if (out->z.data != x.data && criterion == SB_DESIGN_A)
        SB_FAIL(cx->err, SB_SKIP, "criterion A depends on the coordinates, and the %zu columns have rank %zu: use I",
                x.d, d);
    return metric(out, cx);
}

static double log_det(const double *l, size_t d)
{
    double s = 0;
    for (size_t j = 0; j < d; j++) s += 2 * log(l[j * d + j]);
    return s;
}

/* The criterion of M; p (d x d): M^{-1}. */
static sb_status criterion_of(const sb_design *q, const double *m, sb_ctx *cx, double *p, double *value)
{
    const size_t d = q->z.d;
    memcpy(p, m, d * d * sizeof *p);
    SB_TRY(sb_chol(p, d, cx));
    *value = q->b ? 0 : log_det(p, d);
    sb_chol_invert(p, d);
    for (size_t i = 0; i < d * d && q->b; i++) *value += q->b[i] * p[i];
    return SB_OK;
}

sb_status sb_design_value(const sb_design *q, const uint32_t *row, size_t m, sb_ctx *cx, double *value)
{
    const size_t d = q->z.d, mark = sb_arena_mark(cx->arena);
    double *g = SB_NEW(cx->arena, d * d, double), *p = SB_NEW(cx->arena, d * d, double);
    if (!g || !p) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu moment matrix", d, d);
    SB_TRY(sb_information(q->z, row, m, 0, cx, g));
    SB_TRY(criterion_of(q, g, cx, p, value));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Scratch of the descent. */
typedef struct descent {
    const sb_design *q;
    size_t m;
    double *p, *metric, *next, *key; /* M^{-1}; Q = P, or P B P; n: the next pi; n: what it is projected from */
    double *rows, *product;          /* BLOCK x d */
} descent;

/* M, the value (as what is minimised) and P at pi. */
static sb_status evaluate(descent *t, const double *pi, sb_ctx *cx, double *m, double *value)
{
    const sb_subset s = {.m = t->q->z.n, .weight = pi};
    SB_TRY(sb_gram_f64(t->q->z, &s, false, cx, m));
    SB_TRY(criterion_of(t->q, m, cx, t->p, value));
    if (!t->q->b) *value = -*value;
    return SB_OK;
}

static double dot(const double *a, const double *b, size_t d)
{
    double s[4] = {0};
    for (size_t j = 0; j < d; j++) s[j % 4] += a[j] * b[j];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

/* score_i = x_i'Q x_i */
static void scores(descent *t, double *score)
{
    const sb_mat z = t->q->z;
    const size_t d = z.d;
    const double *form = t->p;
    if (t->q->b) {
        double *const half = t->metric + d * d;
        sb_dgemm(false, false, d, d, d, 1, t->p, d, t->q->b, d, 0, half, d);
        sb_dgemm(false, false, d, d, d, 1, half, d, t->p, d, 0, t->metric, d);
        form = t->metric;
    }
    for (size_t i0 = 0; i0 < z.n; i0 += BLOCK) {
        const size_t b = z.n - i0 < BLOCK ? z.n - i0 : BLOCK;
        for (size_t i = 0; i < b; i++)
            for (size_t j = 0; j < d; j++) t->rows[i * d + j] = (double)sb_mat_row(z, i0 + i)[j];
        sb_dgemm(false, false, b, d, d, 1, t->rows, d, form, d, 0, t->product, d);
        for (size_t i = 0; i < b; i++) score[i0 + i] = fmax(0, dot(t->rows + i * d, t->product + i * d, d));
    }
}

/* Sum of the m largest scores less sum pi score; *mean: the latter. */
static sb_status certificate(descent *t, const double *pi, const double *score, sb_ctx *cx, double *mean, double *gap)
{
    const size_t n = t->q->z.n, mark = sb_arena_mark(cx->arena);
    uint32_t *top = SB_NEW(cx->arena, t->m, uint32_t);
    if (!top) SB_FAIL(cx->err, SB_ENOMEM, "%zu scores", t->m);
    size_t got = 0;
    SB_TRY(sb_rank(score, n, t->m, true, NULL, cx, top, &got));
    double best = 0;
    *mean = 0;
    for (size_t j = 0; j < got; j++) best += score[top[j]];
    for (size_t i = 0; i < n; i++) *mean += pi[i] * score[i];
    *gap = fmax(0, best - *mean);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* t->next = Proj(pi exp(eta score / mean)): scaled to sum m and cut at 1, the projection in relative entropy. *promise:
 * the decrease that the gradient promises. */
static sb_status propose(descent *t, const double *pi, const double *score, double eta, double mean, sb_ctx *cx,
                         double *promise)
{
    const size_t n = t->q->z.n;
    double top = -(double)INFINITY;
    for (size_t i = 0; i < n; i++) top = fmax(top, t->key[i] = log(pi[i]) + eta * score[i] / mean);
    for (size_t i = 0; i < n; i++) t->key[i] = exp(fmax(t->key[i] - top, -200)); /* none is lost for ever */
    SB_TRY(sb_draw_inclusion(t->key, n, t->m, t->next, cx));
    *promise = 0;
    for (size_t i = 0; i < n; i++) *promise += score[i] * (t->next[i] - pi[i]);
    return SB_OK;
}

static sb_status descend(descent *t, sb_relaxed *r, size_t steps, double tolerance, double *next_m, sb_ctx *cx)
{
    const size_t n = t->q->z.n, d = t->q->z.d;
    double value = 0, mean = 0, eta = 1;
    SB_TRY(evaluate(t, r->pi, cx, r->m, &value));
    for (r->steps = 0;; r->steps++) {
        scores(t, r->score);
        SB_TRY(certificate(t, r->pi, r->score, cx, &mean, &r->gap));
        r->value = t->q->b ? value : -value;
        if (r->gap <= tolerance * mean || r->steps == steps) return SB_OK;
        double next = 0, promise = 0;
        bool moved = false;
        for (int halving = 0; halving < 40 && !moved; halving++) {
            SB_TRY(propose(t, r->pi, r->score, eta * (double)t->m, mean, cx, &promise));
            SB_TRY(evaluate(t, t->next, cx, next_m, &next));
            moved = next <= value - 0.3 * promise;
            eta *= moved ? 1.5 : 0.4;
        }
        if (!moved) return evaluate(t, r->pi, cx, r->m, &value); /* rounding rules */
        value = next;
        memcpy(r->pi, t->next, n * sizeof *r->pi);
        memcpy(r->m, next_m, d * d * sizeof *r->m);
    }
}

sb_status sb_design_relax(const sb_design *q, size_t m, size_t steps, double tolerance, sb_ctx *cx, sb_relaxed *out)
{
    const size_t n = q->z.n, d = q->z.d;
    *out = (sb_relaxed){.pi = SB_NEW(cx->arena, n, double),
                        .score = SB_NEW(cx->arena, n, double),
                        .m = SB_NEW(cx->arena, d * d, double)};
    const size_t mark = sb_arena_mark(cx->arena);
    descent t = {.q = q, .m = m};
    t.p = SB_NEW(cx->arena, d * d, double);
    t.metric = SB_NEW(cx->arena, 2 * d * d, double);
    t.next = SB_NEW(cx->arena, n, double);
    t.key = SB_NEW(cx->arena, n, double);
    t.rows = SB_NEW(cx->arena, BLOCK * d, double);
    t.product = SB_NEW(cx->arena, BLOCK * d, double);
    double *next_m = SB_NEW(cx->arena, d * d, double);
    if (!out->pi || !out->score || !out->m || !t.p || !t.metric || !t.next || !t.key || !t.rows || !t.product ||
        !next_m)
        SB_FAIL(cx->err, SB_ENOMEM, "relaxed design of %zu rows", n);
    for (size_t i = 0; i < n; i++) out->pi[i] = (double)m / (double)n;
    SB_TRY(descend(&t, out, steps, tolerance, next_m, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_design_support(const sb_design *q, const sb_relaxed *r, size_t m, sb_ctx *cx, uint32_t *row, size_t *count)
{
    size_t got = 0;
    double sum = 0;
    SB_TRY(sb_rank(r->pi, q->z.n, q->z.n, true, NULL, cx, row, &got));
    for (*count = 0; *count < got && (*count < m || sum < 0.999 * (double)m); ++*count) sum += r->pi[row[*count]];
    return SB_OK;
}

/* Spectral barrier sampling: with V = sqrt(n) x an orthonormal basis of the columns, rows are drawn one after another
 * while a lower and an upper wall close in on the sum B of what was drawn, so that all eigenvalues stay between them:
 *     Phi = tr (uI-B)^{-1} + tr (B-lI)^{-1},   q_i = [ v_i'(uI-B)^{-1}v_i + v_i'(B-lI)^{-1}v_i ] / (n Phi),
 *     B += c v_i v_i', c = g / (n Phi q_i), u += g/(Phi(1-g)), l += g/(Phi(1+g)),   until u - l >= 8 d/g.
 * Each row gets n c / mid in total. How many rows that takes is an outcome, near 1.5 d / g^2: g follows the budget. */
#include <math.h>
#include <string.h>

#include "selbench/basis.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/open.h"

typedef struct opts {
    double g, work;
    bool weights;
} opts;

static const sb_param params[] = {
    {"g", "step towards the walls, below 0.5; 0: sqrt(1.5 rank / m), for about m rows", "0", SB_P_REAL,
     offsetof(opts, g), 0, 0.49, NULL},
    {"work", "declines when n rank^2 m, the multiply-adds needed, is above this (1e9: about half a second)", "3e11",
     SB_P_REAL, offsetof(opts, work), 0, 1e300, NULL},
    {"weights", "return the weights", "true", SB_P_BOOL, offsetof(opts, weights), 0, 0, NULL},
    {0},
};

typedef struct barrier {
    size_t d;
    double *b, *value, *vector; /* B; its eigenvalues; its eigenvectors, one a row */
    double upper, lower, phi;
    double *mid, *l; /* (uI-B)^{-1} + (B-lI)^{-1}; its Cholesky factor */
    double *p;       /* n: draw probabilities */
} barrier;

/* p_i ~ v_i' A v_i with A = (uI-B)^{-1} + (B-lI)^{-1}. With A^{-1} = C C', that is |C^{-1} v_i|^2. */
static sb_status weigh(sb_mat v, barrier *w, sb_ctx *cx)
{
    const size_t d = w->d;
    memcpy(w->vector, w->b, d * d * sizeof *w->b);
    SB_TRY(sb_eig_sym(w->vector, d, w->value, cx));
    w->phi = 0;
    memset(w->mid, 0, d * d * sizeof *w->mid);
    for (size_t k = 0; k < d; k++) {
        const double above = w->upper - w->value[k], below = w->value[k] - w->lower;
        if (!(above > 0 && below > 0)) SB_FAIL(cx->err, SB_ENUM, "an eigenvalue crossed its wall: g is too large");
        const double a = 1 / above + 1 / below;
        w->phi += a;
        for (size_t i = 0; i < d; i++)
            for (size_t j = 0; j <= i; j++) w->mid[i * d + j] += w->vector[k * d + i] * w->vector[k * d + j] / a;
    }
    memcpy(w->l, w->mid, d * d * sizeof *w->l);
    SB_TRY(sb_chol(w->l, d, cx));
    return sb_rows_form(v, w->l, cx, w->p);
}

static size_t draw(const double *p, size_t n, double total, sb_rng *rng)
{
    const double u = sb_rng_unit(rng) * total;
    double upto = 0;
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] > 0)) continue;
        last = i;
        upto += p[i];
        if (upto > u) break;
    }
    return last;
}

/* The orthonormal basis of the rows that may be chosen. */
static sb_status basis(const sb_task *task, sb_ctx *cx, uint32_t **row, sb_mat *v)
{
    sb_mat x;
    SB_TRY(sb_open_rows(task, cx, &x, row));
    SB_TRY(sb_independent(x, cx, v));
    if (v->data != x.data || !v->d) return SB_OK;
    const size_t n = x.n, d = x.d;
    double *gram = SB_NEW(cx->arena, d * d, double), *z = SB_NEW(cx->arena, d, double);
    float *copy = SB_NEW(cx->arena, n * d, float);
    if (!gram || !z || !copy) SB_FAIL(cx->err, SB_ENOMEM, "basis of %zu x %zu features", n, d);
    SB_TRY(sb_gram_f64(*v, NULL, false, cx, gram));
    SB_TRY(sb_chol(gram, d, cx));
    for (size_t i = 0; i < n; i++) { /* rows times L^{-T}: orthonormal columns */
        for (size_t j = 0; j < d; j++) z[j] = (double)sb_mat_row(x, i)[j];
        sb_dtrsm_right(true, 1, d, gram, d, z, d);
        for (size_t j = 0; j < d; j++) copy[i * d + j] = (float)z[j];
    }
    *v = (sb_mat){.data = copy, .n = n, .d = d, .ld = d};
    return SB_OK;
}

static sb_status walls(sb_mat v, double g, size_t room, sb_ctx *cx, sb_selection *out, double *weight, double *mid)
{
    const size_t d = v.d, n = v.n;
    barrier w = {.d = d, .upper = 2 * (double)d / g, .lower = -2 * (double)d / g};
    w.b = SB_NEW(cx->arena, d * d, double);
    w.value = SB_NEW(cx->arena, d, double);
    w.vector = SB_NEW(cx->arena, d * d, double);
    w.mid = SB_NEW(cx->arena, d * d, double);
    w.l = SB_NEW(cx->arena, d * d, double);
    w.p = SB_NEW(cx->arena, n, double);
    if (!w.b || !w.value || !w.vector || !w.mid || !w.l || !w.p)
        SB_FAIL(cx->err, SB_ENOMEM, "barriers of %zu directions", d);
    *mid = 4 * (double)d / g / (1 / (1 - g) - 1 / (1 + g));
    sb_rng rng = sb_ctx_stream(cx, "draw");
    while (w.upper - w.lower < 8 * (double)d / g) {
        const size_t mark = sb_arena_mark(cx->arena);
        SB_TRY(weigh(v, &w, cx));
        if (out->m == room) SB_FAIL(cx->err, SB_SKIP, "more than %zu draws are needed with g = %.3g", room, g);
        const double total = sb_sum(w.p, n);
        const size_t i = draw(w.p, n, total, &rng);
        const double c = g * total / (w.phi * w.p[i]); /* g / (Phi q_i), for v of norm 1 in all rows together */
        const float *const x = sb_mat_row(v, i);
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < d; b++) w.b[a * d + b] += c * (double)x[a] * (double)x[b];
        out->row[out->m] = (uint32_t)i;
        weight[out->m++] = c / *mid;
        w.upper += g / (w.phi * (1 - g));
        w.lower += g / (w.phi * (1 + g));
        sb_arena_rewind(cx->arena, mark);
    }
    sb_selection_note(out, "lower_wall", w.lower / *mid);
    sb_selection_note(out, "upper_wall", w.upper / *mid);
    return SB_OK;
}

static sb_status chen_price_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                   sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t room = budget > task->x.n ? budget : task->x.n;
    const double rank = (double)(task->x.n < task->x.d ? task->x.n : task->x.d);
    const double work = (double)task->x.n * rank * rank * (double)budget;
    if (work > o->work)
        SB_FAIL(cx->err, SB_SKIP, "needs about %.2g multiply-adds (some %.0f s), above work = %.2g", work, work / 2e9,
                o->work);
    uint32_t *row = NULL;
    sb_mat v;
    SB_TRY(basis(task, cx, &row, &v));
    if (!v.d) SB_FAIL(cx->err, SB_SKIP, "all rows are zero");
    const double g = o->g > 0 ? o->g : sqrt(1.5 * (double)v.d / (double)budget);
    if (!(g < 0.5))
        SB_FAIL(cx->err, SB_SKIP, "%zu rows for rank %zu ask for g = %.3g, and the walls hold below 0.5 only", budget,
                v.d, g);
    double *weight = SB_NEW(cx->arena, room, double), mid = 1;
    if (!weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", room);
    SB_TRY(walls(v, g, room, cx, out, weight, &mid));
    for (size_t j = 0; j < out->m; j++) out->row[j] = row[out->row[j]];
    if (o->weights) out->weight = weight;
    sb_selection_note(out, "rank", (double)v.d);
    sb_selection_note(out, "g", g);
    return SB_OK;
}

const sb_method sb_method_chen_price = {
    .name = "chen_price",
    .summary = "draws between two spectral walls: few rows for active regression (moderate n and d only)",
    .source = "Chen, Price 2019 (after Lee, Sun 2015); constants as in the descriptions, not checked with the paper",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = chen_price_select,
};

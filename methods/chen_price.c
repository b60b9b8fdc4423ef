/* Spectral barrier sampling: with V = sqrt(n) x an orthonormal basis of the columns, rows are drawn one after another
 * while a lower and an upper wall close in on the sum B of what was drawn, so that all eigenvalues stay between them:
 *     Phi = tr (uI-B)^{-1} + tr (B-lI)^{-1},   q_i = [ v_i'(uI-B)^{-1}v_i + v_i'(B-lI)^{-1}v_i ] / (n Phi),
 *     B += c v_i v_i', c = g / (n Phi q_i), u += g/(Phi(1-g)), l += g/(Phi(1+g)),   until u - l >= 8 d/g.
 * Each row gets n c / mid in total. How many rows that takes is an outcome, near 1.5 d / g^2: g follows the budget.
 * With A = (uI-B)^{-1} + (B-lI)^{-1}, q_i ~ v_i'A v_i. Rows are proposed by the q of an earlier A0 and accepted with
 * probability v'A v / (r v'A0 v), r the largest eigenvalue of A0^{-1}A: the same law, without all v_i'A v_i each time.
 */
#include <math.h>
#include <string.h>

#include "selbench/basis.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/open.h"

enum { BLOCK = 512, RENEW = 4 }; /* RENEW: proposals per draw at which A0 is renewed */

typedef struct opts {
    double g, work;
    bool weights;
} opts;

static const sb_param params[] = {
    {"g", "step towards the walls, below 0.5; 0: sqrt(1.5 rank / m), for about m rows", "0", SB_P_REAL,
     offsetof(opts, g), 0, 0.49, NULL},
    {"work", "declines when 7 m rank^3 + 4 n rank^2, the multiply-adds needed, is above this (5e9: about a second)",
     "3e11", SB_P_REAL, offsetof(opts, work), 0, 1e300, NULL},
    {"weights", "return the weights", "true", SB_P_BOOL, offsetof(opts, weights), 0, 0, NULL},
    {0},
};

typedef struct barrier {
    size_t d;
    double *b, upper, lower;   /* B, the walls */
    double *a, *below, phi;    /* A; scratch; tr A */
    double *l, base;           /* Cholesky factor of A0; tr A0 */
    double *upto, *form, *row; /* n: running sums of v'A0 v, and these; d: a row */
    double ratio;              /* r; 0: no A0 yet */
    size_t scans;              /* how often A0 was renewed */
} barrier;

/* A and its trace. */
static sb_status weigh(barrier *w, sb_ctx *cx)
{
    const size_t d = w->d;
    for (size_t i = 0; i < d * d; i++) {
        const bool diagonal = i % (d + 1) == 0;
        w->a[i] = (diagonal ? w->upper : 0) - w->b[i];
        w->below[i] = w->b[i] - (diagonal ? w->lower : 0);
    }
    const sb_status above = sb_chol(w->a, d, cx);
    const sb_status st = above == SB_OK ? sb_chol(w->below, d, cx) : above;
    if (st == SB_ENUM) SB_FAIL(cx->err, SB_ENUM, "an eigenvalue crossed its wall: g is too large");
    if (st != SB_OK) return st;
    sb_chol_invert(w->a, d);
    sb_chol_invert(w->below, d);
    w->phi = 0;
    for (size_t i = 0; i < d * d; i++) w->a[i] += w->below[i];
    for (size_t j = 0; j < d; j++) w->phi += w->a[j * d + j];
    return SB_OK;
}

/* A becomes A0. */
static sb_status renew(sb_mat v, barrier *w, sb_ctx *cx)
{
    const size_t d = w->d;
    double *block = SB_NEW(cx->arena, BLOCK * d, double), *product = SB_NEW(cx->arena, BLOCK * d, double), sum = 0;
    if (!block || !product) SB_FAIL(cx->err, SB_ENOMEM, "block of %d x %zu rows", BLOCK, d);
    for (size_t i0 = 0; i0 < v.n; i0 += BLOCK) {
        const size_t k = v.n - i0 < BLOCK ? v.n - i0 : BLOCK;
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < d; j++) block[i * d + j] = (double)sb_mat_row(v, i0 + i)[j];
        sb_dgemm(false, false, k, d, d, 1, block, d, w->a, d, 0, product, d);
        for (size_t i = 0; i < k; i++) {
            double form = 0;
            for (size_t j = 0; j < d; j++) form += block[i * d + j] * product[i * d + j];
            w->form[i0 + i] = fmax(0, form);
            w->upto[i0 + i] = sum += w->form[i0 + i];
        }
    }
    memcpy(w->l, w->a, d * d * sizeof *w->l);
    SB_TRY(sb_chol(w->l, d, cx));
    w->base = sum;
    w->ratio = 1;
    w->scans++;
    return SB_OK;
}

/* r, with the rounding of its eigenvalue on the safe side. */
static sb_status compare(barrier *w, sb_ctx *cx)
{
    const size_t d = w->d;
    memcpy(w->below, w->a, d * d * sizeof *w->a);
    sb_dtrsm_right(true, d, d, w->l, d, w->below, d); /* A L^{-T}; its transpose once more: L^{-1} A L^{-T} */
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++) {
            const double swap = w->below[i * d + j];
            w->below[i * d + j] = w->below[j * d + i];
            w->below[j * d + i] = swap;
        }
    sb_dtrsm_right(true, d, d, w->l, d, w->below, d);
    SB_TRY(sb_eig_top(w->below, d, 1, &w->ratio, NULL, cx));
    w->ratio *= 1 + 1e-9;
    return SB_OK;
}

/* v'A v for row i, kept in w->row. */
static double form_of(sb_mat v, barrier *w, size_t i)
{
    const size_t d = w->d;
    double form = 0;
    for (size_t a = 0; a < d; a++) w->row[a] = (double)sb_mat_row(v, i)[a];
    for (size_t a = 0; a < d; a++) {
        double s[4] = {0};
        const double *const line = w->a + a * d;
        for (size_t b = 0; b < d; b++) s[b % 4] += line[b] * w->row[b];
        form += w->row[a] * ((s[0] + s[2]) + (s[1] + s[3]));
    }
    return form;
}

static size_t propose(const double *upto, size_t n, sb_rng *rng)
{
    const double u = sb_rng_unit(rng) * upto[n - 1];
    size_t lo = 0, hi = n - 1; /* the first row whose sum is above u */
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (upto[mid] > u)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

/* A row by q; *form: v'A v. */
static size_t draw(sb_mat v, barrier *w, sb_rng *rng, double *form)
{
    for (;;) {
        const size_t i = propose(w->upto, v.n, rng);
        const double u = sb_rng_unit(rng);
        *form = form_of(v, w, i);
        if (*form > 0 && u * w->ratio * w->form[i] < *form) return i;
    }
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
    w.a = SB_NEW(cx->arena, d * d, double);
    w.below = SB_NEW(cx->arena, d * d, double);
    w.l = SB_NEW(cx->arena, d * d, double);
    w.upto = SB_NEW(cx->arena, n, double);
    w.form = SB_NEW(cx->arena, n, double);
    w.row = SB_NEW(cx->arena, d, double);
    if (!w.b || !w.a || !w.below || !w.l || !w.upto || !w.form || !w.row)
        SB_FAIL(cx->err, SB_ENOMEM, "barriers of %zu directions", d);
    *mid = 4 * (double)d / g / (1 / (1 - g) - 1 / (1 + g));
    sb_rng rng = sb_ctx_stream(cx, "draw");
    while (w.upper - w.lower < 8 * (double)d / g) {
        const size_t mark = sb_arena_mark(cx->arena);
        SB_TRY(weigh(&w, cx));
        if (w.ratio > 0) SB_TRY(compare(&w, cx));
        if (!(w.ratio > 0 && w.ratio * w.base <= RENEW * w.phi)) SB_TRY(renew(v, &w, cx));
        if (out->m == room) SB_FAIL(cx->err, SB_SKIP, "more than %zu draws are needed with g = %.3g", room, g);
        double form = 0;
        const size_t i = draw(v, &w, &rng, &form);
        const double c = g / form; /* g / (Phi q_i): V has orthonormal columns, so the q sum to form / Phi */
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < d; b++) w.b[a * d + b] += c * w.row[a] * w.row[b];
        out->row[out->m] = (uint32_t)i;
        weight[out->m++] = c / *mid;
        w.upper += g / (w.phi * (1 - g));
        w.lower += g / (w.phi * (1 + g));
        sb_arena_rewind(cx->arena, mark);
    }
    sb_selection_note(out, "scans", (double)w.scans);
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
    const double work = 7 * rank * rank * rank * (double)budget + 4 * (double)task->x.n * rank * rank;
    SB_TRY(sb_work_within(work, 5e9, o->work, cx));
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
    .formula =
        "V orthonormal columns of X, A = (uI-B)^{-1} + (B-lI)^{-1}; draw i with q_i = v'A v / tr A, c = g/(v'A v), B "
        "+= c v v',\n"
        "weight c/mid, u += g/(tr A (1-g)), l += g/(tr A (1+g)), from -+2d/g until u - l = 8d/g; g = sqrt(1.5 d/m)",
    .cost = "7 rank^3 flops a draw and a few passes of n rank^2; declines above `work` (60,000 x 784 needs m > 4,700)",
    .variants = "constants as in the descriptions; the size is an outcome, about m",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .select = chen_price_select,
};

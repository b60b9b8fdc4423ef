/* Randomly pivoted V-optimal design ("SkMM v2"): the features are sketched to k columns F; k rows come from randomly
 * pivoted Cholesky, so that F_S'F_S is regular; each further row is drawn by how much it lowers the mean prediction
 * variance tr( F'F (F_S'F_S)^{-1} ):   |f'A^{-1}R'|^2 / (1 + f'A^{-1}f),   A = F_S'F_S, F'F = R'R. */
#include <math.h>
#include <stdbool.h>

#include "selbench/basis.h"
#include "selbench/fill.h"
#include "selbench/inverse.h"
#include "selbench/pivots.h"

enum { RULE_LINEAR, RULE_EXP, RULE_GREEDY };

typedef struct opts {
    size_t sketch, block;
    int rule;
    double temperature;
    bool from_warmup;
} opts;

static const char *const rule_words[] = {"linear", "exp", "greedy", NULL};
static const sb_param params[] = {
    {"sketch", "columns of the Gaussian sketch, and rows picked by pivots; fewer when the budget is within 20 of it",
     "64", SB_P_SIZE, offsetof(opts, sketch), 1, 1e6, NULL},
    {"rule", "rows after the pivots: by probability ~ score, ~ exp(score / (sum score T)), or the largest score",
     "linear", SB_P_ENUM, offsetof(opts, rule), 0, 2, rule_words},
    {"block", "rows picked before the scores are updated (published sweeps: 5 to 20)", "1", SB_P_SIZE,
     offsetof(opts, block), 1, 1e6, NULL},
    {"temperature", "T of rule exp (published sweeps: 0.001; the file's default: 0.1)", "0.001", SB_P_REAL,
     offsetof(opts, temperature), 1e-9, 1e9, NULL},
    {"from_warmup", "the rows of a joining warm-up count as picked", "true", SB_P_BOOL, offsetof(opts, from_warmup), 0,
     1, NULL},
    {0},
};

typedef struct walk {
    const opts *o;
    sb_mat f, z; /* the sketch, and the same with independent columns */
    unsigned char *taken;
    double *key; /* n */
    uint32_t *chosen;
    size_t chosen_n; /* rows in A: the warm-up's first */
    size_t budget;
} walk;

static void take(walk *w, sb_selection *out, uint32_t row)
{
    w->taken[row] = 1;
    w->chosen[w->chosen_n++] = row;
    out->row[out->m++] = row;
}

static sb_status pivots(walk *w, sb_ctx *cx, sb_selection *out)
{
    sb_pivots p;
    sb_rng rng = sb_ctx_stream(cx, "pivot");
    SB_TRY(sb_pivots_start(&p, w->f, w->f.d, w->taken, w->chosen, w->chosen_n, cx));
    uint32_t row = 0;
    while (out->m < w->budget && p.rank < p.cap && sb_pivots_propose(&p, &rng, 1, &row)) {
        p.left[row] = 0;
        if (sb_pivots_append(&p, row)) take(w, out, row);
        SB_TRY(sb_pivots_update(&p, cx));
    }
    return SB_OK;
}

/* A row by its score; w->f.n: every score is 0. */
static size_t next_row(walk *w, const sb_inverse *e, sb_rng *rng)
{
    const size_t n = w->f.n;
    double sum = 0, top = 0;
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        w->key[i] = w->taken[i] ? 0 : e->s[i] / (1 + e->h[i]);
        sum += w->key[i];
        if (w->key[i] > top) best = i;
        top = fmax(top, w->key[i]);
    }
    if (!(sum > 0) || w->o->rule == RULE_GREEDY) return best;
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        if (w->o->rule == RULE_EXP) w->key[i] = w->taken[i] ? 0 : exp((w->key[i] - top) / (sum * w->o->temperature));
        total += w->key[i];
    }
    const double u = sb_rng_unit(rng) * total;
    double upto = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(w->key[i] > 0)) continue;
        best = i;
        upto += w->key[i];
        if (upto > u) break;
    }
    return best;
}

/* A may be singular to working precision when the pivots stopped early: then a ridge of 1e-9 of its mean eigenvalue. */
static sb_status start_design(walk *w, sb_ctx *cx, const double *b, sb_inverse *e)
{
    const size_t k = w->z.d;
    double *a = SB_NEW(cx->arena, k * k, double), trace = 0;
    if (!a) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu moment matrix", k, k);
    SB_TRY(sb_information(w->z, w->chosen, w->chosen_n, 0, cx, a));
    const sb_status st = sb_inverse_init(e, w->z, a, b, false, cx);
    if (st != SB_ENUM) return st;
    for (size_t j = 0; j < k; j++) trace += a[j * k + j];
    for (size_t j = 0; j < k; j++) a[j * k + j] += 1e-9 * trace / (double)k + 1e-300;
    return sb_inverse_init(e, w->z, a, b, false, cx);
}

static sb_status design(walk *w, sb_ctx *cx, sb_selection *out)
{
    SB_TRY(sb_independent(w->f, cx, &w->z));
    if (!w->z.d || !w->chosen_n || out->m == w->budget) return SB_OK;
    double *b = SB_NEW(cx->arena, w->z.d * w->z.d, double);
    if (!b) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu moment matrix", w->z.d, w->z.d);
    SB_TRY(sb_information(w->z, NULL, w->z.n, 0, cx, b));
    sb_inverse e;
    SB_TRY(start_design(w, cx, b, &e));
    sb_rng rng = sb_ctx_stream(cx, "design");
    for (size_t before = w->budget; out->m < w->budget && before != out->m;) {
        before = out->m;
        for (size_t j = 0; j < w->o->block && out->m < w->budget; j++) {
            const size_t row = next_row(w, &e, &rng);
            if (row == w->f.n) break;
            take(w, out, (uint32_t)row);
        }
        for (size_t j = before; j < out->m; j++) SB_TRY(sb_inverse_change(&e, out->row[j], 1, cx));
    }
    double trace = 0;
    for (size_t i = 0; i < w->z.d * w->z.d; i++) trace += b[i] * e.p[i];
    sb_selection_note(out, "trace", trace);
    return SB_OK;
}

static sb_status rpv_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    walk w = {.o = options, .budget = budget};
    const size_t n = task->x.n, d = task->x.d, start = task->warm_joins && w.o->from_warmup ? task->warm_n : 0;
    const size_t all = budget + start;
    size_t k = w.o->sketch < d ? w.o->sketch : d;
    if (all < k + 20) {
        const size_t short_k = all > 20 && all - 20 > all / 2 ? all - 20 : all / 2;
        k = short_k < 1 ? 1 : short_k < k ? short_k : k;
    }
    w.taken = sb_task_taken(task, cx);
    w.key = SB_NEW(cx->arena, n, double);
    w.chosen = SB_NEW(cx->arena, n, uint32_t);
    if (!w.taken || !w.key || !w.chosen) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    for (size_t i = 0; i < start; i++) w.chosen[w.chosen_n++] = task->warm[i];
    sb_rng rng = sb_ctx_stream(cx, "sketch");
    SB_TRY(sb_sketch(task->x, k, &rng, cx, &w.f));
    SB_TRY(pivots(&w, cx, out));
    sb_selection_note(out, "sketch", (double)k);
    sb_selection_note(out, "pivots", (double)out->m);
    SB_TRY(design(&w, cx, out));
    return sb_fill(w.taken, n, budget, cx, out);
}

const sb_method sb_method_rpv = {
    .name = "rpv",
    .summary = "randomly pivoted V-optimal design (SkMM v2): pivots on a sketch, then rows by variance reduction",
    .source = "Dong, Pan and others, Sketchy Moment Matching v2 (randomly pivoted V-optimal design)",
    .formula = "F = X G, G d x k of N(0, 1/k); k rows by randomly pivoted Cholesky of FF'; then rows by s_i = the "
               "decrease of\n"
               "tr(F'F (F_S'F_S)^{-1}): p ~ s (linear), ~ exp(s / (T sum s)) (exp), argmax (greedy)",
    .cost = "n d k once, then 4 n k flops a pick; 1,000 of 60,000 x 784 take 6 s",
    .variants = "rule exp with T 1e-3 (sweeps) or 0.1 (file default); block 5 to 20 rows before scores are updated",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .select = rpv_select,
};

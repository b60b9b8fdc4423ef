/* Greedy maximisation of log det(S_SS + lambda I), s = (1 + cos)/2, by an incremental Cholesky factor: with c_i the row
 * of the factor that row i would get, its gain is log d_i^2, d_i^2 = s_ii + lambda - |c_i|^2; after pick j each c_i
 * grows by e_i = (s_ij - c_i . c_j) / d_j. */
#include <math.h>

#include "selbench/groups.h"
#include "selbench/pairs.h"

enum { VARIANT_CORRECT, VARIANT_DEEPCORE };

typedef struct opts {
    double lambda;
    int space, variant;
    bool balance;
} opts;

static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"lambda", "added to the diagonal; with 0, rows that add nothing come last, by number", "0.001", SB_P_REAL,
     offsetof(opts, lambda), 0, 1e6, NULL},
    {"space", "what is compared: features, or the gradients of the warm-up model", "features", SB_P_ENUM,
     offsetof(opts, space), 0, 1, sb_space_words},
    {"variant",
     "correct; deepcore: maximises the part of s_ii that the picks explain (lambda 0), so the most redundant row wins",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {"balance", "true: inside each class, with its share of the budget", "false", SB_P_BOOL, offsetof(opts, balance), 0,
     1, NULL},
    {0},
};

typedef struct factor {
    sb_pairs p;
    double *cosine, *left; /* n: one pick's cosines; d_i^2 */
    double *column;        /* room columns of n: the factor, column by column */
    unsigned char *out;
    size_t columns;
    double lambda;
} factor;

static double self(const factor *f, size_t i) { return f->p.square[i] > 0 ? 1 : 0.5; }

/* Takes pick j into the factor. What is left of it within rounding (1e-12 of values up to 1) spans nothing new. */
static sb_status accept(factor *f, size_t j, sb_ctx *cx)
{
    const size_t n = f->p.n;
    f->out[j] = 1;
    if (!(f->left[j] > 1e-12)) return SB_OK;
    SB_TRY(sb_pairs_cosines(&f->p, j, cx, f->cosine));
    double *const e = f->column + f->columns * n;
    const double root = sqrt(f->left[j]);
    for (size_t i = 0; i < n; i++) e[i] = 0.5 + 0.5 * f->cosine[i];
    for (size_t k = 0; k < f->columns; k++) {
        const double *const c = f->column + k * n;
        const double at = c[j];
        for (size_t i = 0; i < n; i++) e[i] -= c[i] * at;
    }
    for (size_t i = 0; i < n; i++) {
        e[i] /= root;
        f->left[i] -= e[i] * e[i];
    }
    f->columns++;
    return SB_OK;
}

/* Largest d^2, or for deepcore the largest |c|^2 = s_ii - d^2; what is below rounding counts as equal. */
static size_t best_row(const factor *f, int variant)
{
    size_t best = f->p.n;
    double most = 0;
    for (size_t i = 0; i < f->p.n; i++) {
        if (f->out[i]) continue;
        const double left = f->left[i] > 1e-12 ? f->left[i] : 0;
        const double gain = variant == VARIANT_DEEPCORE ? self(f, i) - left : left;
        if (best < f->p.n && gain <= most) continue;
        best = i;
        most = gain;
    }
    return best;
}

static sb_status factor_new(const sb_task *task, const opts *o, const uint32_t *row, size_t n, size_t room, sb_ctx *cx,
                            factor *f)
{
    *f = (factor){.cosine = SB_NEW(cx->arena, n, double),
                  .left = SB_NEW(cx->arena, n, double),
                  .column = SB_NEW(cx->arena, n * room, double),
                  .out = SB_NEW(cx->arena, n, unsigned char),
                  .lambda = o->variant == VARIANT_DEEPCORE ? 0 : o->lambda};
    if (!f->cosine || !f->left || !f->column || !f->out)
        SB_FAIL(cx->err, SB_ENOMEM, "factor of %zu rows and %zu picks, %.3g GB", n, room,
                8e-9 * (double)n * (double)room);
    SB_TRY(sb_pairs_make(task, (sb_space)o->space, row, n, cx, &f->p));
    for (size_t i = 0; i < n; i++) f->left[i] = self(f, i) + f->lambda;
    return SB_OK;
}

typedef struct job {
    const opts *o;
    double value;
} job;

static sb_status log_det_group(const sb_task *task, const sb_members *g, void *self, sb_ctx *cx, sb_selection *out)
{
    job *const j = self;
    factor f;
    SB_TRY(factor_new(task, j->o, g->row, g->n, g->n - g->open + g->quota, cx, &f));
    for (size_t i = 0; i < g->n; i++)
        if (g->taken[g->row[i]]) SB_TRY(accept(&f, i, cx));
    for (size_t k = 0; k < g->quota; k++) {
        const size_t best = best_row(&f, j->o->variant);
        j->value += f.left[best] > 0 ? log(f.left[best]) : 0;
        out->row[out->m++] = g->row[best];
        SB_TRY(accept(&f, best, cx));
    }
    return SB_OK;
}

static sb_status log_det_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    job j = {.o = options};
    SB_TRY(sb_groups_choose(task, j.o->balance, true, budget, log_det_group, &j, cx, out, NULL));
    if (j.o->variant == VARIANT_CORRECT) sb_selection_note(out, "log_det", j.value);
    return SB_OK;
}

const sb_method sb_method_log_det = {
    .name = "log_det",
    .summary = "greedy on the log determinant of the selection's similarities (by features unless asked)",
    .source = "Chen, Zhang, Zhou 2018, Algorithm 1; kernel of DeepCore",
    .formula = "greedy on log det(S_SS + lambda I), s = (1 + cos) / 2: the largest d_j^2 = s_jj + lambda -\n"
               "|c_j|^2, c the incremental Cholesky factor",
    .cost = "n (d + t) for pick t where no bound helps, memory 8 n m: 480 MB at n = 60,000, m = 1000",
    .variants = "deepcore maximises the EXPLAINED part s_jA S_AA^-1 s_Aj, so that the most redundant row wins;\n"
                "its first pick is row 0. It equals greedy pivoted Cholesky of the kernel",
    .abi = SB_METHOD_ABI,
    .needs = SB_MAY_LABELS | SB_MAY_GRADIENT,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = log_det_select,
};

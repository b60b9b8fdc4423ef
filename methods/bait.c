/* BAIT: rows that make tr(M^-1 F) small, F the Fisher information of all rows, M = lambda I + that of the rows labelled
 * and chosen (selbench/fisher.h). Greedy: oversample x m rows join, the largest fall of the trace first; then those
 * whose loss raises it least leave until m are left. */
#include <math.h>

#include "selbench/fisher.h"
#include "selbench/method.h"

enum { FORM_AUTO, FORM_FULL, FORM_BLOCK };

typedef struct opts {
    int form;
    double lambda, oversample, work;
} opts;

static const char *const forms[] = {"auto", "full", "block", NULL};
static const sb_param params[] = {
    {"fisher",
     "full: of all classes together; block: one block per class, an approximation; auto: full while classes x "
     "(features + 1) is at most 2000",
     "auto", SB_P_ENUM, offsetof(opts, form), 0, 2, forms},
    {"lambda", "added to the diagonal of M, in the units of squared features", "1", SB_P_REAL, offsetof(opts, lambda),
     1e-9, 1e12, NULL},
    {"oversample", "rows that join before some leave, as a multiple of the budget", "2", SB_P_REAL,
     offsetof(opts, oversample), 1, 10, NULL},
    {"work", "declines when more multiply-adds are needed (6e9 take about a second)", "4e12", SB_P_REAL,
     offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

typedef struct greedy {
    sb_fisher f;
    unsigned char *out; /* n: taken or chosen */
    uint32_t *all, *chosen;
    size_t n, m;
    double top; /* largest fall since the last rebuild */
} greedy;

static size_t best_row(const greedy *k, double *fall)
{
    size_t best = k->n;
    for (size_t i = 0; i < k->n; i++) {
        if (k->out[i]) continue;
        const double now = sb_fisher_effect(&k->f, i, 1);
        if (best < k->n && !(now > *fall)) continue;
        best = i;
        *fall = now;
    }
    return best;
}

/* Differences of values that have fallen by 1e8 have lost half their digits: they are formed anew. */
static sb_status join_next(greedy *k, sb_ctx *cx)
{
    double fall = 0;
    size_t best = best_row(k, &fall);
    if (k->f.updates && !(fall > 1e-8 * k->top)) {
        SB_TRY(sb_fisher_rebuild(&k->f, k->chosen, k->m, cx));
        best = best_row(k, &fall);
        k->top = 0;
    }
    k->top = fmax(k->top, fall);
    k->out[best] = 1;
    k->chosen[k->m++] = (uint32_t)best;
    return sb_fisher_change(&k->f, best, 1, k->all, k->n, cx);
}

/* The highest row among equals leaves. */
static sb_status leave_next(greedy *k, sb_ctx *cx)
{
    size_t at = 0;
    double least = (double)INFINITY;
    for (size_t j = 0; j < k->m; j++) {
        const double now = sb_fisher_effect(&k->f, k->chosen[j], -1);
        if (j && (now > least || (now == least && k->chosen[j] < k->chosen[at]))) continue;
        at = j;
        least = now;
    }
    const uint32_t row = k->chosen[at];
    k->m--;
    for (size_t j = at; j < k->m; j++) k->chosen[j] = k->chosen[j + 1];
    return sb_fisher_change(&k->f, row, -1, k->chosen, k->m, cx);
}

/* Multiply-adds: the products of a pick with all rows, those of the pruning, and the first matrices. */
static double work_of(const sb_task *task, bool full, size_t joins, size_t budget)
{
    const double n = (double)task->x.n, dd = (double)task->x.d + 1;
    const bool one = task->kind != SB_CLASSIFICATION || task->c <= 2;
    const double q = one || !full ? 1 : (double)task->c, pairs = one ? 1 : full ? q * q : (double)task->c;
    const double prune = (double)(joins - budget) * (double)joins * dd;
    return 2 * pairs * ((double)joins * n * dd + prune + n * dd * dd);
}

static sb_status start(const sb_task *task, const opts *o, bool full, size_t budget, sb_ctx *cx, greedy *k)
{
    const size_t n = task->x.n, labelled = task->warm_joins ? task->warm_n : 0;
    const double all = (double)(labelled + budget);
    double *prob = NULL;
    *k = (greedy){.n = n,
                  .out = sb_task_taken(task, cx),
                  .all = SB_NEW(cx->arena, n, uint32_t),
                  .chosen = SB_NEW(cx->arena, n, uint32_t),
                  .f = {.lambda = o->lambda,
                        .warm = labelled ? task->warm : NULL,
                        .warm_n = labelled,
                        .warm_scale = 1 / all,
                        .scale = (double)budget / all}};
    if (!k->out || !k->all || !k->chosen) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", n);
    for (size_t i = 0; i < n; i++) k->all[i] = (uint32_t)i;
    if (task->kind == SB_CLASSIFICATION) {
        prob = SB_NEW(cx->arena, n * task->c, double);
        if (!prob) SB_FAIL(cx->err, SB_ENOMEM, "probabilities of %zu rows", n);
        SB_TRY(sb_task_prob(task, NULL, n, cx, prob));
    }
    return sb_fisher_init(&k->f, task, prob, full, cx);
}

static sb_status bait_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                             sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t open = task->x.n - (task->warm_joins ? task->warm_n : 0);
    const bool full = o->form == FORM_FULL || (o->form == FORM_AUTO && sb_fisher_fits(task));
    const double wanted = ceil(o->oversample * (double)budget);
    const size_t joins = wanted < (double)open ? (size_t)wanted : open;
    if (task->kind == SB_CLASSIFICATION && task->c == 1)
        SB_FAIL(cx->err, SB_SKIP, "one class only: its model has no parameters");
    if (full && !sb_fisher_fits(task))
        SB_FAIL(cx->err, SB_SKIP, "classes x (features + 1) is %zu, the full matrix stops at %d: fisher = block",
                task->c * (task->x.d + 1), SB_FISHER_FULL_MAX);
    const double work = work_of(task, full, joins, budget);
    SB_TRY(sb_work_within(work, 6e9, o->work, cx));
    greedy k;
    SB_TRY(start(task, o, full, budget, cx, &k));
    while (k.m < joins) SB_TRY(join_next(&k, cx));
    while (k.m > budget) SB_TRY(leave_next(&k, cx));
    out->m = k.m;
    for (size_t j = 0; j < k.m; j++) out->row[j] = k.chosen[j];
    sb_selection_note(out, "fisher_trace", sb_fisher_trace(&k.f));
    sb_selection_note(out, "full_fisher", full);
    return SB_OK;
}

const sb_method sb_method_bait = {
    .name = "bait",
    .summary = "rows whose Fisher information makes the expected error on all rows smallest",
    .source = "Ash, Goel, Krishnamurthy, Kakade 2021 (BAIT), Algorithm 1 and its appendix (Woodbury)",
    .formula = "make tr(M^-1 F) small: F = mean over all rows of S_i (x) x~x~', S_i = diag p - pp',\n"
               "M = lambda I + (n_L F_L + m sum over the picks) / (n_L + m); 2 m rows join, m leave, both greedily",
    .cost = "2 n d c a pick (block) or 2 n d c^2 (full); memory 16 n c or 16 n c^2 and 24 d^2 times as many.\n"
            "Declines above option work; 60,000 x 784 in blocks takes 40 s and 0.15 s a row that joins",
    .variants = "public code inverts one dense matrix of order c (d + 1) and forms V M^-1 V' row by row: the same\n"
                "picks as full. The block form keeps the diagonal blocks of F and M only. n_L counts warm-up rows\n"
                "that join. Regression has S_i = 1, which is V-optimal design with lambda",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = 0,
    .option_size = sizeof(opts),
    .options = params,
    .select = bait_select,
};

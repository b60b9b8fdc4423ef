/* Graph cut f(S) = lambda sum_{i in V, j in S} s_ij - sum_{i, j in S} s_ij with s = (1 + cos)/2, greedy:
 *     gain(j) = lambda col_j - 2 sum_{i in S} s_ij - s_jj,   col_j = sum_{i in V} s_ij.
 * col_j follows from the sum of the unit rows, so no matrix of pairs is made. */
#include "selbench/groups.h"
#include "selbench/pairs.h"

typedef struct opts {
    double lambda;
    int space;
    bool balance;
} opts;

static const sb_param params[] = {
    {"lambda", "weight of the coverage term; f grows with every row for lambda >= 2", "1", SB_P_REAL,
     offsetof(opts, lambda), 0, 1e6, NULL},
    {"space", "what is compared: features, or the gradients of the warm-up model", "features", SB_P_ENUM,
     offsetof(opts, space), 0, 1, sb_space_words},
    {"balance", "true: inside each class, with its share of the budget", "false", SB_P_BOOL, offsetof(opts, balance), 0,
     1, NULL},
    {0},
};

/* column: col; inside: sum over S of s_ij; one pick's cosines */
typedef struct cut {
    sb_pairs p;
    double *column, *inside, *cosine;
    unsigned char *out;
} cut;

static sb_status accept(cut *c, size_t j, sb_ctx *cx)
{
    c->out[j] = 1;
    SB_TRY(sb_pairs_cosines(&c->p, j, cx, c->cosine));
    for (size_t i = 0; i < c->p.n; i++) c->inside[i] += 0.5 + 0.5 * c->cosine[i];
    return SB_OK;
}

static size_t best_row(const cut *c, double lambda, double *gained)
{
    size_t best = c->p.n;
    double most = 0;
    for (size_t i = 0; i < c->p.n; i++) {
        if (c->out[i]) continue;
        const double self = c->p.square[i] > 0 ? 1 : 0.5, gain = lambda * c->column[i] - 2 * c->inside[i] - self;
        if (best < c->p.n && gain <= most) continue;
        best = i;
        most = gain;
    }
    *gained = most;
    return best;
}

typedef struct job {
    const opts *o;
    double value;
} job;

static sb_status cut_group(const sb_task *task, const sb_members *g, void *self, sb_ctx *cx, sb_selection *out)
{
    job *const j = self;
    const size_t n = g->n;
    cut c = {.column = SB_NEW(cx->arena, n, double),
             .inside = SB_NEW(cx->arena, n, double),
             .cosine = SB_NEW(cx->arena, n, double),
             .out = SB_NEW(cx->arena, n, unsigned char)};
    if (!c.column || !c.inside || !c.cosine || !c.out) SB_FAIL(cx->err, SB_ENOMEM, "graph cut of %zu rows", n);
    SB_TRY(sb_pairs_make(task, (sb_space)j->o->space, g->row, n, cx, &c.p));
    SB_TRY(sb_pairs_cosine_sums(&c.p, cx, c.column));
    for (size_t i = 0; i < n; i++) c.column[i] = 0.5 * (double)n + 0.5 * c.column[i];
    for (size_t i = 0; i < n; i++)
        if (g->taken[g->row[i]]) SB_TRY(accept(&c, i, cx));
    for (size_t k = 0; k < g->quota; k++) {
        double gain = 0;
        const size_t best = best_row(&c, j->o->lambda, &gain);
        j->value += gain;
        out->row[out->m++] = g->row[best];
        SB_TRY(accept(&c, best, cx));
    }
    return SB_OK;
}

static sb_status graph_cut_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                  sb_selection *out)
{
    (void)state;
    job j = {.o = options};
    SB_TRY(sb_groups_choose(task, j.o->balance, true, budget, cut_group, &j, cx, out, NULL));
    sb_selection_note(out, "graph_cut_value", j.value);
    return SB_OK;
}

const sb_method sb_method_graph_cut = {
    .name = "graph_cut",
    .summary =
        "greedy on the graph-cut function: similar to all rows, dissimilar to each other (by features unless asked)",
    .source = "Iyer et al. 2021; Guo, Zhao, Bai 2022 (DeepCore)",
    .formula = "gain(j) = lambda sum_i s_ij - 2 sum over S of s_ij - s_jj, s = (1 + cos) / 2",
    .cost = "n (d + c) a pick: column sums follow from the sum of unit rows, no matrix of pairs; memory 60 n",
    .variants = "deepcore has lambda = 1 and drops the constant s_jj: the same order. f grows with every row only\n"
                "for lambda >= 2",
    .abi = SB_METHOD_ABI,
    .needs = SB_MAY_LABELS | SB_MAY_GRADIENT,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = graph_cut_select,
};

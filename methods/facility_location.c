/* Facility location f(S) = sum_i max_{j in S} s_ij, s = (1 + cos)/2 between rows or gradients, by greedy choice: within
 * 1 - 1/e of the best subset. */
#include "selbench/facility.h"
#include "selbench/groups.h"

typedef struct opts {
    int greedy, space;
    double eps;
    size_t memory_mb;
    bool balance, weighted;
} opts;

static const sb_param params[] = {
    {"greedy", "lazy and naive choose the same rows; stochastic looks at few rows for each pick", "lazy", SB_P_ENUM,
     offsetof(opts, greedy), 0, 2, sb_greedy_words},
    {"eps", "stochastic: -ln(eps) n/m rows are looked at", "0.9", SB_P_REAL, offsetof(opts, eps), 1e-9, 1, NULL},
    {"space", "what is compared: features, or the gradients of the warm-up model", "features", SB_P_ENUM,
     offsetof(opts, space), 0, 1, sb_space_words},
    {"memory_mb", "limit for the similarities, 4 n^2 bytes (of the largest class with balance)", "2048", SB_P_SIZE,
     offsetof(opts, memory_mb), 0, 1000000, NULL},
    {"balance", "true: inside each class, with its share of the budget", "false", SB_P_BOOL, offsetof(opts, balance), 0,
     1, NULL},
    {"weighted", "true: a row stands for the rows it represents best; false: no weights", "false", SB_P_BOOL,
     offsetof(opts, weighted), 0, 1, NULL},
    {0},
};

typedef struct job {
    const opts *o;
    sb_rng rng;
    double *weight, value;
} job;

/* With weights the selection stands for the rows that may be chosen; without, a joining warm-up covers its part. */
static sb_status choose_group(const sb_task *task, const sb_members *g, void *self, sb_ctx *cx, sb_selection *out)
{
    job *const j = self;
    const sb_facility_options how = {.greedy = (sb_greedy)j->o->greedy,
                                     .eps = j->o->eps,
                                     .similarity = SB_SIMILARITY_COSINE,
                                     .memory_mb = j->o->memory_mb};
    sb_pairs p;
    sb_facility f;
    unsigned char *in = SB_NEW(cx->arena, g->n, unsigned char);
    if (!in) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", g->n);
    for (size_t i = 0; i < g->n; i++) in[i] = g->taken[g->row[i]];
    SB_TRY(sb_pairs_make(task, (sb_space)j->o->space, g->row, g->n, cx, &p));
    SB_TRY(sb_facility_greedy(&p, &how, in, g->quota, &j->rng, cx, &f));
    for (size_t k = 0; k < g->quota; k++) {
        j->weight[out->m] = (double)f.count[k];
        out->row[out->m++] = g->row[f.pick[k]];
    }
    j->value += f.value;
    return SB_OK;
}

static sb_status facility_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                 sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    job j = {.o = o, .weight = SB_NEW(cx->arena, budget, double)};
    if (!j.weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", budget);
    if (o->greedy == SB_GREEDY_STOCHASTIC) j.rng = sb_ctx_stream(cx, "candidates"); /* else nothing is drawn */
    SB_TRY(sb_groups_choose(task, o->balance, !o->weighted, budget, choose_group, &j, cx, out, NULL));
    out->weight = o->weighted ? j.weight : NULL;
    sb_selection_note(out, "facility_value", j.value);
    return SB_OK;
}

const sb_method sb_method_facility_location = {
    .name = "facility_location",
    .summary = "greedy: every row has a chosen row as similar to it as possible (by features unless asked)",
    .source = "Nemhauser, Wolsey, Fisher 1978; Minoux 1978 (lazy); Mirzasoleiman et al. 2015 (stochastic)",
    .formula = "greedy on f(S) = sum_i max over S of s_ij, s = (1 + cos) / 2; the first pick has the largest\n"
               "column sum",
    .cost = "n^2 d once, 4 n^2 bytes; declines above memory_mb (60,000 rows in one group need 14.4 GB:\n"
            "balance goes class by class); lazy re-evaluates few gains",
    .variants = "lazy, naive and stochastic (-ln(eps) n/m candidates a pick) are here; approximate lazy is not,\n"
                "as lazy is exact and no slower. deepcore's unbalanced mode multiplies block offsets twice, so\n"
                "that its gains see the first block only",
    .abi = SB_METHOD_ABI,
    .needs = SB_MAY_LABELS | SB_MAY_GRADIENT,
    .traits = SB_PREFIX | SB_WEIGHTED,
    .option_size = sizeof(opts),
    .options = params,
    .select = facility_select,
};

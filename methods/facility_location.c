/* Facility location f(S) = sum_i max_{j in S} s_ij, s = (1 + cos)/2 between rows or gradients, by greedy choice: within
 * 1 - 1/e of the best subset. */
#include "selbench/facility.h"
#include "selbench/groups.h"
#include "selbench/method.h"

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

/* With weights the selection stands for the rows that may be chosen; without, a joining warm-up covers its part. */
static sb_status choose_group(const sb_task *task, const opts *o, const sb_groups *g, size_t group, sb_rng *rng,
                              sb_ctx *cx, double *weight, sb_selection *out, double *value)
{
    const size_t mark = sb_arena_mark(cx->arena), n = g->start[group + 1] - g->start[group], m = g->quota[group];
    const uint32_t *const row = g->row + g->start[group];
    const sb_facility_options how = {
        .greedy = (sb_greedy)o->greedy, .eps = o->eps, .similarity = SB_SIMILARITY_COSINE, .memory_mb = o->memory_mb};
    sb_pairs p;
    sb_facility f;
    unsigned char *in = SB_NEW(cx->arena, n, unsigned char);
    if (!in) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", n);
    for (size_t i = 0; i < n; i++) in[i] = g->taken[row[i]];
    SB_TRY(sb_pairs_make(task, (sb_space)o->space, row, n, cx, &p));
    SB_TRY(sb_facility_greedy(&p, &how, in, m, rng, cx, &f));
    for (size_t k = 0; k < m; k++) {
        weight[out->m] = (double)f.count[k];
        out->row[out->m++] = row[f.pick[k]];
    }
    *value += f.value;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status facility_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                 sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const int32_t *label = NULL;
    sb_groups g;
    double value = 0;
    if (o->balance) SB_TRY(sb_task_labels(task, cx, &label));
    SB_TRY(sb_groups_make(task, label, !o->weighted, budget, cx, &g));
    double *weight = SB_NEW(cx->arena, budget, double);
    if (!weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", budget);
    sb_rng rng = sb_ctx_stream(cx, "candidates");
    out->m = 0;
    for (size_t group = 0; group < g.count; group++)
        if (g.quota[group]) SB_TRY(choose_group(task, o, &g, group, &rng, cx, weight, out, &value));
    out->weight = o->weighted ? weight : NULL;
    sb_selection_note(out, "facility_value", value);
    return SB_OK;
}

const sb_method sb_method_facility_location = {
    .name = "facility_location",
    .summary = "greedy: every row has a chosen row that is as similar to it as possible",
    .source = "Nemhauser, Wolsey, Fisher 1978; Minoux 1978 (lazy); Mirzasoleiman et al. 2015 (stochastic)",
    .formula = "greedy on f(S) = sum_i max over S of s_ij, s = (1 + cos) / 2; the first pick has the largest\n"
               "column sum",
    .cost = "n^2 d once, 4 n^2 bytes; declines above memory_mb (60,000 rows in one group need 14.4 GB:\n"
            "balance goes class by class); lazy re-evaluates few gains",
    .variants = "lazy, naive and stochastic (-ln(eps) n/m candidates a pick) are here; approximate lazy is not,\n"
                "as lazy is exact and no slower. deepcore's unbalanced mode multiplies block offsets twice, so\n"
                "that its gains see the first block only",
    .abi = SB_METHOD_ABI,
    .needs = SB_MAY_LABELS | SB_NEEDS_GRADIENT,
    .traits = SB_PREFIX | SB_WEIGHTED,
    .option_size = sizeof(opts),
    .options = params,
    .select = facility_select,
};

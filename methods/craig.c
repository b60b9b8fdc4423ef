/* CRAIG: inside each class, facility location on s_ij = largest distance - distance between the warm-up model's
 * gradients, greedy; a pick's weight is the number of rows of its class whose most similar pick it is, so that weighted
 * gradients stand for the whole class and the weights sum to n. */
#include "selbench/facility.h"
#include "selbench/groups.h"

enum { VARIANT_CORRECT, VARIANT_DEEPCORE, VARIANT_CORDS, VARIANT_CRAIG };

typedef struct opts {
    int variant, greedy, space;
    double eps;
    size_t memory_mb;
    bool weighted;
} opts;

static const char *const variants[] = {"correct", "deepcore", "cords", "craig", NULL};
static const sb_param params[] = {
    {"variant",
     "correct; deepcore: similarities + 0.001 and weights that start at 1, so that they sum to n plus the budget; "
     "cords: squared distances; craig: as the authors' code, whose second pick of a class is its first row",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 3, variants},
    {"greedy", "lazy and naive choose the same rows; stochastic looks at few rows for each pick", "lazy", SB_P_ENUM,
     offsetof(opts, greedy), 0, 2, sb_greedy_words},
    {"eps", "stochastic: -ln(eps) n/m rows are looked at", "0.9", SB_P_REAL, offsetof(opts, eps), 1e-9, 1, NULL},
    {"space", "what is compared: the gradients of the warm-up model, or features", "gradients", SB_P_ENUM,
     offsetof(opts, space), 0, 1, sb_space_words},
    {"memory_mb", "limit for the similarities of the largest class, 4 n_c^2 bytes", "2048", SB_P_SIZE,
     offsetof(opts, memory_mb), 0, 1000000, NULL},
    {"weighted", "false: train on the picks without their weights", "true", SB_P_BOOL, offsetof(opts, weighted), 0, 1,
     NULL},
    {0},
};

typedef struct job {
    const opts *o;
    sb_rng rng;
    double *weight;
} job;

static sb_status craig_class(const sb_task *task, const sb_members *g, void *self, sb_ctx *cx, sb_selection *out)
{
    job *const j = self;
    const bool deepcore = j->o->variant == VARIANT_DEEPCORE;
    const sb_facility_options how = {.greedy = (sb_greedy)j->o->greedy,
                                     .eps = j->o->eps,
                                     .similarity = j->o->variant == VARIANT_CORDS ? SB_SIMILARITY_SQUARED
                                                                                  : SB_SIMILARITY_DISTANCE,
                                     .second = j->o->variant == VARIANT_CRAIG,
                                     .shift = deepcore ? 1e-3 : 0,
                                     .memory_mb = j->o->memory_mb};
    sb_pairs p;
    sb_facility f;
    SB_TRY(sb_pairs_make(task, (sb_space)j->o->space, g->row, g->n, cx, &p));
    SB_TRY(sb_facility_greedy(&p, &how, NULL, g->quota, &j->rng, cx, &f));
    for (size_t k = 0; k < g->quota; k++) {
        j->weight[out->m] = (double)f.count[k] + (deepcore ? 1 : 0);
        out->row[out->m++] = g->row[f.pick[k]];
    }
    return SB_OK;
}

static sb_status craig_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                              sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "goes class by class, and regression has none");
    job j = {.o = o, .weight = SB_NEW(cx->arena, budget, double)};
    if (!j.weight) SB_FAIL(cx->err, SB_ENOMEM, "weights of %zu rows", budget);
    if (o->greedy == SB_GREEDY_STOCHASTIC) j.rng = sb_ctx_stream(cx, "candidates"); /* else nothing is drawn */
    size_t missed = 0;
    SB_TRY(sb_groups_choose(task, true, false, budget, craig_class, &j, cx, out, &missed));
    out->weight = o->weighted ? j.weight : NULL;
    sb_selection_note(out, "classes_without_quota", (double)missed);
    return SB_OK;
}

const sb_method sb_method_craig = {
    .name = "craig",
    .summary = "per class, rows whose gradients represent all others', weighted by how many they stand for",
    .source = "Mirzasoleiman, Bilmes, Leskovec 2020, Algorithm 1",
    .formula = "per class, greedy on sum_i max over picks of (largest distance - |g_i - g_j|); weight = rows of\n"
               "the class whose best pick it is",
    .cost = "n_c^2 (d + c) per class for the similarities, 4 n_c^2 bytes; declines above memory_mb",
    .variants = "deepcore: similarities + 0.001, weights start at 1 (sum n + m). cords: squared distances; its\n"
                "recovery of a pick by the largest entry of its similarity row, which collapses copies onto the\n"
                "lowest, is left out: copies come last here. craig: the authors' code maximises log(1 + c f), the\n"
                "same order, but takes row 0 of a class for a call to normalise, whose constant gain log 2 makes\n"
                "it the second pick. Both round quotas up; here they add up to m. Mean gradients of batches\n"
                "(cords) are not offered: rows here stand alone",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_LABELS | SB_NEEDS_GRADIENT,
    .traits = SB_WEIGHTED,
    .option_size = sizeof(opts),
    .options = params,
    .select = craig_select,
};

/* Clustering-based sensitivity sampling. The embedding is clustered, every centre is rounded to its nearest row c(e),
 * and the loss is queried at these k rows only. With |l(e) - l(c(e))| <= lambda v(e), v(e) = |e - c(e)|^z, q(e) =
 * l(c(e)) + lambda v(e) >= l(e),      p(e) = q(e) / sum q,      weight 1/(m p(e)): unbiased where p > 0, and within eps
 * sum q of the total loss with m ~ 1/eps^2 draws. lambda is in loss per distance^z; since nobody knows it, the default
 * states it as a ratio r = lambda sum v / sum l(c). */
#include <math.h>

#include "selbench/importance.h"
#include "selbench/la.h"
#include "selbench/rounding.h"

enum { RULE_RATIO, RULE_FIXED, RULE_CLUSTER, RULE_INFINITE };
enum { QUERY_CENTRE, QUERY_MEAN, QUERY_RMS };
enum { CENTRES_NONE, CENTRES_JOIN };
enum { CLUSTER_KMEANS, CLUSTER_KMEDOIDS };

typedef struct opts {
    sb_count k;
    int clustering, query, rule, centres, variant;
    size_t iterations, trials, rounds;
    double z, ratio, lambda;
    bool log_factor;
    sb_importance how;
} opts;

static const char *const clusterings[] = {"kmeans", "kmedoids", NULL};
static const char *const queries[] = {"centre", "mean", "rms", NULL};
static const char *const rules[] = {"ratio", "fixed", "cluster", "infinite", NULL};
static const char *const centre_words[] = {"none", "join", NULL};
static const char *const variants[] = {"rounded", "ai-algos", NULL};
static const sb_param params[] = {
    {"k", "clusters, no more than rows: a number, 10% of the data, or 20%m of the budget (then clustered per budget)",
     "100", SB_P_COUNT, offsetof(opts, k), 1, 1e9, NULL},
    {"clustering", "kmeans with rounded centres, or kmedoids", "kmeans", SB_P_ENUM, offsetof(opts, clustering), 0, 1,
     clusterings},
    {"iterations", "passes at most; 0: seeding only", "50", SB_P_SIZE, offsetof(opts, iterations), 0, 100000, NULL},
    {"trials", "candidates per seeding step; 0: 2 + log k", "0", SB_P_SIZE, offsetof(opts, trials), 0, 1000, NULL},
    {"rounds", "each round after the first makes k more rows centres, drawn by distance^z to those there are", "1",
     SB_P_SIZE, offsetof(opts, rounds), 1, 1e6, NULL},
    {"z", "exponent of the distance: 2 k-means, 1 k-median", "2", SB_P_REAL, offsetof(opts, z), 0.01, 16, NULL},
    {"query",
     "what the loss term of a cluster is: the loss at its centre; or, from the losses of ALL rows (no method, but the "
     "best that a clustering could give: an anchor), their mean or their root mean square",
     "centre", SB_P_ENUM, offsetof(opts, query), 0, 2, queries},
    {"lambda_rule",
     "ratio: lambda = ratio x sum l(c) / sum v; fixed: lambda; cluster: one per cluster from more loss queries; "
     "infinite: q = v, no losses asked",
     "ratio", SB_P_ENUM, offsetof(opts, rule), 0, 3, rules},
    {"ratio", "share of the distance term relative to the loss term (rule ratio)", "1", SB_P_REAL,
     offsetof(opts, ratio), 0, 1e12, NULL},
    {"lambda", "loss per distance^z (rule fixed)", "1", SB_P_REAL, offsetof(opts, lambda), 0, 1e300, NULL},
    {"log_factor", "rule cluster: multiply by ln n, as its source does (conservative)", "true", SB_P_BOOL,
     offsetof(opts, log_factor), 0, 1, NULL},
    {"variant", "rule cluster: distance^z to the rounded centre, or the plain distance to the mean as in ai-algos",
     "rounded", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {"floor", "share of uniform in p: keeps rows drawable whose centre has loss 0, which a warm-up makes usual", "0.1",
     SB_P_REAL, offsetof(opts, how.floor), 0, 1, NULL},
    {"draw", "scheme; only with_replacement has the paper's guarantee", "with_replacement", SB_P_ENUM,
     offsetof(opts, how.draw), 0, 3, sb_scheme_words},
    {"weighted", "false: train on the draws without their weights", "true", SB_P_BOOL, offsetof(opts, how.weighted), 0,
     1, NULL},
    {"centres", "join: the k centres are part of the budget, with weight 1, and the draws stand for the other rows",
     "none", SB_P_ENUM, offsetof(opts, centres), 0, 1, centre_words},
    {0},
};

static sb_status cluster(const sb_task *task, const opts *o, size_t budget, sb_ctx *cx, sb_rounding *out)
{
    const size_t n = task->x.n, k = sb_count_rows(o->k, n, budget);
    SB_TRY(sb_option_within("k", k, n, "rows", cx));
    const sb_kmeans_options how = {.k = k, .iterations = o->iterations, .tolerance = 1e-4, .trials = o->trials};
    SB_TRY(sb_rounding_make(task->x, &how, o->clustering == CLUSTER_KMEDOIDS, o->z, cx, out));
    return o->rounds > 1 ? sb_rounding_more(task->x, o->rounds - 1, o->z, cx, out) : SB_OK;
}

static sb_status sensitivity_prepare(const sb_task *task, const void *options, sb_ctx *cx, void **state)
{
    const opts *const o = options;
    *state = NULL;
    if (o->k.of == SB_COUNT_OF_M) return SB_OK; /* the budget is not known yet */
    sb_rounding *r = SB_NEW(cx->arena, 1, sb_rounding);
    if (!r) SB_FAIL(cx->err, SB_ENOMEM, "clustering");
    *state = r;
    return cluster(task, o, 0, cx, r);
}

/* The losses at the centres, per cluster (0 for a cluster without rows). */
static sb_status centre_losses(const sb_task *task, const sb_rounding *r, sb_ctx *cx, double *loss)
{
    double *asked = SB_NEW(cx->arena, r->centres, double);
    if (!asked) SB_FAIL(cx->err, SB_ENOMEM, "losses of %zu centres", r->centres);
    SB_TRY(sb_task_loss(task, r->centre, r->centres, cx, asked));
    for (size_t j = 0; j < r->centres; j++) {
        if (!(asked[j] >= 0 && isfinite(asked[j])))
            SB_FAIL(cx->err, SB_ENUM, "the loss of row %u is %.10g", (unsigned)r->centre[j], asked[j]);
        loss[r->km.cluster[r->centre[j]]] = asked[j];
    }
    return SB_OK;
}

/* What perfect knowledge of the clusters would give: mean or root mean square loss of the rows of each cluster that the
 * draws stand for (0 without such rows). */
static sb_status known_losses(const sb_task *task, int query, const sb_rounding *r, const unsigned char *taken,
                              sb_ctx *cx, double *loss)
{
    const size_t n = task->x.n, mark = sb_arena_mark(cx->arena);
    double *all = SB_NEW(cx->arena, n, double);
    size_t *rows = SB_NEW(cx->arena, r->km.k, size_t);
    if (!all || !rows) SB_FAIL(cx->err, SB_ENOMEM, "losses of %zu rows", n);
    SB_TRY(sb_task_loss(task, NULL, n, cx, all));
    for (size_t i = 0; i < n; i++) {
        if (!(all[i] >= 0 && isfinite(all[i]))) SB_FAIL(cx->err, SB_ENUM, "the loss of row %zu is %.10g", i, all[i]);
        if (taken[i]) continue;
        loss[r->km.cluster[i]] += query == QUERY_RMS ? all[i] * all[i] : all[i];
        rows[r->km.cluster[i]]++;
    }
    for (size_t j = 0; j < r->km.k; j++) {
        if (rows[j]) loss[j] /= (double)rows[j];
        if (query == QUERY_RMS) loss[j] = sqrt(loss[j]);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Largest slope |l(e) - l(c)| / (distance + 1e-4) over some rows of one cluster other than its centre, which are drawn
 * without replacement: enough for one to be above the 90% quantile in each of k clusters with probability 99%. */
static sb_status cluster_slope(const sb_task *task, const opts *o, const sb_rounding *r, uint32_t *member,
                               size_t members, double centre_loss, sb_rng *rng, sb_ctx *cx, double *slope)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const double want = ceil(log(100 * (double)r->km.k) / log(10));
    const size_t asked = members < (size_t)want ? members : (size_t)want;
    double *loss = SB_NEW(cx->arena, asked, double);
    if (!loss) SB_FAIL(cx->err, SB_ENOMEM, "losses of %zu rows", asked);
    sb_rng_shuffle(rng, member, members, asked);
    SB_TRY(sb_task_loss(task, member, asked, cx, loss));
    *slope = 0;
    for (size_t i = 0; i < asked; i++) {
        const uint32_t row = member[i], g = r->km.cluster[row];
        const double distance =
            o->variant ? sqrt(sb_sqdist_f32(sb_mat_row(task->x, row), r->km.centre + g * r->km.d, r->km.d)) : r->v[row];
        *slope = fmax(*slope, fabs(loss[i] - centre_loss) / (distance + 1e-4));
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* One constant per cluster, from ceil(log10(100 k)) further loss queries in each. */
static sb_status cluster_lambdas(const sb_task *task, const opts *o, const sb_rounding *r, const double *centre_loss,
                                 sb_ctx *cx, double *lambda)
{
    const size_t n = task->x.n, k = r->km.k;
    size_t *start = SB_NEW(cx->arena, k + 1, size_t), *next = SB_NEW(cx->arena, k, size_t);
    uint32_t *member = SB_NEW(cx->arena, n, uint32_t);
    if (!start || !next || !member) SB_FAIL(cx->err, SB_ENOMEM, "members of %zu clusters", k);
    for (size_t j = 0; j < k; j++) {
        next[j] = start[j];
        start[j + 1] = start[j] + r->km.size[j];
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t g = r->km.cluster[i];
        if (r->km.medoid[g] != i) member[next[g]++] = i;
    }
    sb_rng rng = sb_ctx_stream(cx, "slopes");
    const double factor = o->log_factor ? log((double)n) : 1;
    for (size_t j = 0; j < k; j++) {
        if (next[j] == start[j]) continue; /* the centre alone: its loss is known exactly */
        SB_TRY(cluster_slope(task, o, r, member + start[j], next[j] - start[j], centre_loss[j], &rng, cx, &lambda[j]));
        lambda[j] *= factor;
    }
    return SB_OK;
}

/* Sums over the rows that the draws stand for. */
typedef struct sums {
    double phi, centre_loss, slope_phi; /* sum v, sum l(c), sum lambda v */
} sums;

static sums add_up(const sb_rounding *r, size_t n, const unsigned char *taken, const double *loss, const double *lambda)
{
    sums s = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        const uint32_t g = r->km.cluster[i];
        if (taken[i]) continue;
        s.phi += r->v[i];
        s.centre_loss += loss[g];
        s.slope_phi += lambda[g] * r->v[i];
    }
    return s;
}

static double one_lambda(const opts *o, sums s)
{
    if (o->rule == RULE_FIXED) return o->lambda;
    return s.phi > 0 ? o->ratio * s.centre_loss / s.phi : 0;
}

/* loss and lambda per cluster, as the rule has it; for `infinite` loss 0 and lambda 1 */
static sb_status make_rule(const sb_task *task, const opts *o, const sb_rounding *r, const unsigned char *taken,
                           sb_ctx *cx, double *loss, double *lambda)
{
    for (size_t j = 0; o->rule == RULE_INFINITE && j < r->km.k; j++) lambda[j] = 1;
    if (o->rule == RULE_INFINITE) return SB_OK;
    SB_TRY(o->query == QUERY_CENTRE ? centre_losses(task, r, cx, loss)
                                    : known_losses(task, o->query, r, taken, cx, loss));
    if (o->rule == RULE_CLUSTER) return cluster_lambdas(task, o, r, loss, cx, lambda);
    const double shared = one_lambda(o, add_up(r, task->x.n, taken, loss, lambda));
    for (size_t j = 0; j < r->km.k; j++) lambda[j] = shared;
    return SB_OK;
}

static void explain(const sb_task *task, const opts *o, const sb_rounding *r, sums s, uint64_t asked_before,
                    sb_selection *out)
{
    const bool losses = o->rule != RULE_INFINITE;
    sb_selection_note(out, "k", (double)r->km.k);
    sb_selection_note(out, "phi", s.phi);
    if (losses) sb_selection_note(out, "sum_centre_loss", s.centre_loss);
    if (losses) sb_selection_note(out, "lambda", s.phi > 0 ? s.slope_phi / s.phi : 0); /* rule cluster: the mean by v */
    sb_selection_note(out, "queries", (double)(task->meter->losses - asked_before));
}

static sb_status sensitivity_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                    sb_selection *out)
{
    const opts *const o = options;
    const size_t n = task->x.n;
    const uint64_t asked_before = task->meter->losses;
    sb_rounding fresh;
    const sb_rounding *r = state;
    if (!r) {
        SB_TRY(cluster(task, o, budget, cx, &fresh));
        r = &fresh;
    }
    unsigned char *taken = sb_task_taken(task, cx);
    double *loss = SB_NEW(cx->arena, r->km.k, double), *lambda = SB_NEW(cx->arena, r->km.k, double);
    double *q = SB_NEW(cx->arena, n, double);
    if (!taken || !loss || !lambda || !q) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    const size_t fronts = o->centres == CENTRES_JOIN ? r->centres : 0;
    for (size_t j = 0; j < fronts; j++) taken[r->centre[j]] = 1;
    SB_TRY(make_rule(task, o, r, taken, cx, loss, lambda));
    for (size_t i = 0; i < n; i++) {
        const uint32_t g = r->km.cluster[i];
        q[i] = loss[g] + lambda[g] * r->v[i];
    }
    SB_TRY(sb_importance_select(task, q, &o->how, r->centre, fronts, budget, cx, out));
    const sums s = add_up(r, n, taken, loss, lambda);
    if (out->prob && o->rule != RULE_INFINITE) out->score_sum = s.centre_loss + s.slope_phi;
    explain(task, o, r, s, asked_before, out);
    return SB_OK;
}

const sb_method sb_method_sensitivity = {
    .name = "sensitivity",
    .summary = "draws by loss at the nearest of k centres plus lambda times the distance to it, weights 1/(m p)",
    .source = "Axiotis et al. 2024, ICML: clustering-based sensitivity sampling",
    .formula = "q(e) = l(c(e)) + lambda |e - c(e)|^z, c(e) the nearest rounded centre; p = q / sum q, weight\n"
               "1/(m p)",
    .cost = "k-means n k d a pass (pruned), k losses, then n; memory 70 n and that of\n"
            "k-means; each further round n k d, pruned",
    .variants =
        "lambda_rule cluster: one lambda per cluster from more queries (ai-algos mixes plain norms to\n"
        "unrounded centres); infinite: distances alone, a trap without floor. query mean or rms is no\n"
        "method but an anchor that asks n losses: with ratio 0 and floor 0, rms has the smallest variance\n"
        "of all draws that treat the rows of a cluster alike. rounds: a RECONSTRUCTION of the adaptive theorem,\n"
        "whose pseudo-code is unknown; exact once rounds x k = n",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_LOSS,
    .traits = SB_RANDOM | SB_WEIGHTED | SB_MULTISET | SB_ANY_SIZE,
    .option_size = sizeof(opts),
    .options = params,
    .prepare = sensitivity_prepare,
    .select = sensitivity_select,
};

/* Rows on which models fitted on bootstraps of the warm-up rows disagree most. Natural logarithms. */
#include <math.h>

#include "selbench/method.h"
#include "selbench/rank.h"
#include "selbench/uncertainty.h"

enum { VOTE_ENTROPY, CONSENSUS_ENTROPY, KL_MAX, KL_MEAN };

typedef struct opts {
    int measure;
    size_t members;
} opts;

static const char *const measures[] = {"vote_entropy", "consensus_entropy", "kl_max", "kl_mean", NULL};
static const sb_param params[] = {
    {"disagreement",
     "vote_entropy: of the shares of the votes, ties by the next; consensus_entropy: of the mean probabilities; "
     "kl_max, "
     "kl_mean: largest or mean divergence of a member from that mean",
     "vote_entropy", SB_P_ENUM, offsetof(opts, measure), 0, 3, measures},
    {"members", "models in the committee", "5", SB_P_SIZE, offsetof(opts, members), 1, SB_COMMITTEE_MAX, NULL},
    {0},
};

/* p log(p / q), 0 for p = 0. */
static double term(double p, double q) { return p > 0 ? p * log(p / q) : 0; }

static double entropy(const double *p, size_t c)
{
    double sum = 0;
    for (size_t k = 0; k < c; k++) sum -= term(p[k], 1);
    return sum;
}

/* p: members x n x c. */
static double disagreement(const double *p, size_t n, size_t c, size_t i, const opts *o, double *mean, double *vote)
{
    const double one = 1 / (double)o->members;
    for (size_t k = 0; k < c; k++) mean[k] = vote[k] = 0;
    for (size_t b = 0; b < o->members; b++) {
        const double *const q = p + (b * n + i) * c;
        vote[sb_certainty_of(q, c).at] += one;
        for (size_t k = 0; k < c; k++) mean[k] += one * q[k];
    }
    /* vote entropies closer than 1e-9 log c count as a tie */
    if (o->measure == VOTE_ENTROPY) return entropy(vote, c) + 1e-9 * entropy(mean, c);
    if (o->measure == CONSENSUS_ENTROPY) return entropy(mean, c);
    double most = 0, sum = 0;
    for (size_t b = 0; b < o->members; b++) {
        double kl = 0;
        for (size_t k = 0; k < c; k++) kl += term(p[(b * n + i) * c + k], mean[k]);
        most = fmax(most, kl);
        sum += one * kl;
    }
    return o->measure == KL_MAX ? most : sum;
}

static sb_status qbc_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, c = task->c;
    if (task->kind != SB_CLASSIFICATION)
        SB_FAIL(cx->err, SB_SKIP, "needs class probabilities, and regression has none");
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double), *mean = SB_NEW(cx->arena, 2 * c, double);
    double *p = SB_NEW(cx->arena, o->members * n * c, double);
    if (!taken || !score || !mean || !p) SB_FAIL(cx->err, SB_ENOMEM, "%zu predictions of %zu rows", o->members, n);
    for (size_t b = 0; b < o->members; b++) SB_TRY(sb_task_committee(task, b, cx, p + b * n * c));
    for (size_t i = 0; i < n; i++) score[i] = disagreement(p, n, c, i, o, mean, mean + c);
    return sb_rank(score, n, budget, true, taken, cx, out->row, &out->m);
}

const sb_method sb_method_qbc = {
    .name = "qbc",
    .summary = "rows on which a committee of bootstrapped models disagrees most",
    .source = "Seung, Opper, Sompolinsky 1992; McCallum, Nigam 1998 (divergence to the mean)",
    .formula = "vote_entropy of the members' votes, consensus_entropy of the mean p, kl_max or kl_mean to the\n"
               "mean p; the largest first",
    .cost = "the committee once per repeat, then n c per member; memory 8 members n c",
    .variants = "vote entropy of few members ties often: ties go by consensus entropy. A bootstrap that misses\n"
                "all but one class declines",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_COMMITTEE,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = qbc_select,
};

/* Rows whose prediction differs from that of their nearest neighbours in the embedding: the mean divergence to the k
 * nearest others. Neighbours are exact: float32 products propose, and float64 distances decide between all rows that
 * the rounding of the products leaves in doubt. Among all rows a product serves both of its rows. */
#include <float.h>
#include <math.h>

#include "selbench/divergence.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { BLOCK = 512, STRIP = 2048 };

typedef struct opts {
    size_t k;
    int among, variant;
    double work;
} opts;

static const char *const amongs[] = {"all", "warmup", NULL};
static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"k", "neighbours, no more than there are other rows (among all) or warm-up rows", "10", SB_P_SIZE,
     offsetof(opts, k), 1, 1000, NULL},
    {"among", "neighbours are searched among all rows, or those of the warm-up", "all", SB_P_ENUM,
     offsetof(opts, among), 0, 1, amongs},
    {"variant", "correct: largest divergences; deepcore: smallest, as its sorting has it", "correct", SB_P_ENUM,
     offsetof(opts, variant), 0, 1, variants},
    {"work", "declines when more multiply-adds are needed (3e10 take about a second)", "1e13", SB_P_REAL,
     offsetof(opts, work), 0, 1e300, NULL},
    {0},
};

typedef struct search {
    sb_mat x;
    const uint32_t *ref; /* rows that can be neighbours, ascending */
    size_t refs, k;
    float *product, *left, *right;
    double *norm2, *mean; /* of centred rows */
    double *best;         /* n x k: exact squared distances, ascending */
    uint32_t *id;         /* n x k */
    size_t *got;
} search;

static bool beyond(const search *s, size_t i, double d2)
{
    return s->got[i] == s->k && !(d2 < s->best[i * s->k + s->k - 1]);
}

/* Puts a distance into the sorted list of row i, after equal ones: each row meets the others in ascending order. */
static void insert(search *s, size_t i, uint32_t id, double d2)
{
    double *const best = s->best + i * s->k;
    uint32_t *const ids = s->id + i * s->k;
    if (beyond(s, i, d2)) return;
    size_t at = s->got[i] < s->k ? s->got[i]++ : s->k - 1;
    for (; at > 0 && best[at - 1] > d2; at--) {
        best[at] = best[at - 1];
        ids[at] = ids[at - 1];
    }
    best[at] = d2;
    ids[at] = id;
}

static void centre(const search *s, const uint32_t *row, size_t from, size_t rows, float *to)
{
    for (size_t i = 0; i < rows; i++) {
        const float *const x = sb_mat_row(s->x, row ? row[i] : from + i);
        for (size_t j = 0; j < s->x.d; j++) to[i * s->x.d + j] = (float)((double)x[j] - s->mean[j]);
    }
}

/* Row i meets the `wide` possible neighbours from ref[at] on; both: they meet it too, and those up to i have. A float32
 * product of d terms is off by at most about d eps |u||v|, the rounded centring adds 2 eps; 4 times that covers both
 * ends of a distance. */
static void meet(search *s, size_t i, size_t at, size_t wide, bool both, const float *product)
{
    const size_t d = s->x.d;
    const double keep = 1 - 4 * ((double)d + 4) * (double)FLT_EPSILON, own = s->norm2[i];
    const float *const x = sb_mat_row(s->x, i);
    for (size_t r = 0; r < wide; r++) {
        const uint32_t j = s->ref[at + r];
        const double low = (own + s->norm2[j]) * keep - 2 * (double)product[r];
        if (j == i || (both && j < i)) continue;
        if (beyond(s, i, low) && !(both && !beyond(s, j, low))) continue;
        const double d2 = sb_sqdist_f32(x, sb_mat_row(s->x, j), d);
        insert(s, i, j, d2);
        if (both) insert(s, j, (uint32_t)i, d2);
    }
}

static void find(search *s)
{
    const size_t n = s->x.n, d = s->x.d;
    const bool both = s->refs == n;
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t rows = n - from < BLOCK ? n - from : BLOCK;
        centre(s, NULL, from, rows, s->left);
        for (size_t at = both ? from : 0; at < s->refs; at += STRIP) {
            const size_t wide = s->refs - at < STRIP ? s->refs - at : STRIP;
            centre(s, s->ref + at, 0, wide, s->right);
            sb_sgemm(false, true, rows, wide, d, 1, s->left, d, s->right, d, 0, s->product, STRIP);
            for (size_t b = 0; b < rows; b++) meet(s, from + b, at, wide, both, s->product + b * STRIP);
        }
    }
}

static sb_status search_init(const sb_task *task, const opts *o, sb_ctx *cx, search *s)
{
    const size_t n = task->x.n, d = task->x.d;
    uint32_t *const ref = SB_NEW(cx->arena, n, uint32_t);
    unsigned char *const in = SB_NEW(cx->arena, n, unsigned char);
    *s = (search){.x = task->x, .ref = ref, .k = o->k};
    s->product = SB_NEW(cx->arena, (size_t)BLOCK * STRIP, float);
    s->left = SB_NEW(cx->arena, BLOCK * d, float);
    s->right = SB_NEW(cx->arena, STRIP * d, float);
    s->norm2 = SB_NEW(cx->arena, n, double);
    s->mean = SB_NEW(cx->arena, d, double);
    s->best = SB_NEW(cx->arena, n * o->k, double);
    s->id = SB_NEW(cx->arena, n * o->k, uint32_t);
    s->got = SB_NEW(cx->arena, n, size_t);
    if (!ref || !in || !s->product || !s->left || !s->right || !s->norm2 || !s->mean || !s->best || !s->id || !s->got)
        SB_FAIL(cx->err, SB_ENOMEM, "neighbours of %zu rows", n);
    for (size_t i = 0; i < task->warm_n; i++) in[task->warm[i]] = 1;
    for (uint32_t i = 0; i < n; i++)
        if (!o->among || in[i]) ref[s->refs++] = i;
    sb_col_moments(task->x, NULL, s->mean, NULL);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            const double v = (double)sb_mat_row(task->x, i)[j] - s->mean[j];
            s->norm2[i] += v * v;
        }
    return SB_OK;
}

static sb_status cal_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                            sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    sb_divergence d;
    search s;
    if (o->among && !task->warm_n) SB_FAIL(cx->err, SB_SKIP, "there are no warm-up rows to be neighbours");
    const size_t others = o->among ? task->warm_n : n - 1;
    if (others) SB_TRY(sb_option_within("k", o->k, others, "rows to compare with", cx));
    const double refs = (double)(o->among ? task->warm_n : n / 2), work = (double)n * refs * (double)task->x.d;
    const sb_status fits = sb_work_within(work, 3e10, o->work, cx);
    if (fits != SB_OK)
        return o->among ? fits : sb_err_in(cx->err, fits, "neighbours among all rows, not the warm-up's");
    SB_TRY(sb_divergence_make(task, 1e-12, cx, &d));
    SB_TRY(search_init(task, o, cx, &s));
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double);
    if (!taken || !score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    find(&s);
    for (size_t i = 0; i < n; i++) { /* a single row has no neighbour: score 0 */
        for (size_t j = 0; j < s.got[i]; j++) score[i] += sb_divergence_of(&d, i, s.id[i * s.k + j]);
        if (s.got[i]) score[i] /= (double)s.got[i];
    }
    return sb_rank(score, n, budget, o->variant == 0, taken, cx, out->row, &out->m);
}

const sb_method sb_method_cal = {
    .name = "cal",
    .summary = "rows predicted differently from their nearest neighbours",
    .source = "Margatina, Vernikos, Barrault, Aletras 2021 (contrastive active learning)",
    .formula = "s_i = mean over the k nearest rows of half the symmetric divergence of p_i and p_j; the largest\n"
               "first",
    .cost = "n^2 d / 2 multiply-adds in blocked float32 products, neighbours exact; memory 12 n k + 16 n c\n"
            "and 6 MB.\n"
            "Declines above option work; 60,000 x 784 takes about a minute",
    .variants = "deepcore: ascending order, the SMALLEST divergences. Its code has no floor under p, so p = 0\n"
                "gives infinities; here divergences use log p of floored values. The paper's neighbours are the\n"
                "labelled rows (among: warmup), its encoder a pretrained one",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = cal_select,
};

/* Rows whose prediction differs from that of their nearest neighbours in the embedding: the mean divergence to the k
 * nearest others. Neighbours are exact: float32 products propose, and float64 distances decide between all rows that
 * the rounding of the products leaves in doubt. Cost n^2 d (minutes for 60,000 rows of 784), n d per warm-up row. */
#include <float.h>
#include <math.h>

#include "selbench/divergence.h"
#include "selbench/la.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { BLOCK = 128, STRIP = 2048 };

typedef struct opts {
    size_t k;
    int among, variant;
} opts;

static const char *const amongs[] = {"all", "warmup", NULL};
static const char *const variants[] = {"correct", "deepcore", NULL};
static const sb_param params[] = {
    {"k", "neighbours", "10", SB_P_SIZE, offsetof(opts, k), 1, 1000, NULL},
    {"among", "neighbours are searched among all rows, or those of the warm-up", "all", SB_P_ENUM,
     offsetof(opts, among), 0, 1, amongs},
    {"variant", "correct: largest divergences; deepcore: smallest, as its sorting has it", "correct", SB_P_ENUM,
     offsetof(opts, variant), 0, 1, variants},
    {0},
};

typedef struct search {
    sb_mat x;
    const uint32_t *ref; /* rows that can be neighbours, ascending */
    size_t refs, k;
    float *product, *left, *right;
    double *norm2, *mean; /* of centred rows */
    double *best;         /* BLOCK x k: exact squared distances, ascending */
    uint32_t *id;         /* BLOCK x k */
    size_t *got;
} search;

/* Puts a distance into the sorted list of a row, after equal ones: refs come in ascending order. */
static void insert(search *s, size_t b, uint32_t id, double d2)
{
    double *const best = s->best + b * s->k;
    uint32_t *const ids = s->id + b * s->k;
    if (s->got[b] == s->k && !(d2 < best[s->k - 1])) return;
    size_t at = s->got[b] < s->k ? s->got[b]++ : s->k - 1;
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

/* The neighbours of rows from..from+rows-1. A float32 product of d terms is off by at most about d eps |u||v|, the
 * rounded centring adds 2 eps; 4 times that covers both ends of a distance. */
static void find(search *s, size_t from, size_t rows)
{
    const size_t d = s->x.d;
    const double eps = 4 * ((double)d + 4) * (double)FLT_EPSILON;
    centre(s, NULL, from, rows, s->left);
    for (size_t b = 0; b < rows; b++) s->got[b] = 0;
    for (size_t at = 0; at < s->refs; at += STRIP) {
        const size_t wide = s->refs - at < STRIP ? s->refs - at : STRIP;
        centre(s, s->ref + at, 0, wide, s->right);
        sb_sgemm(false, true, rows, wide, d, 1, s->left, d, s->right, d, 0, s->product, STRIP);
        for (size_t b = 0; b < rows; b++) {
            const size_t i = from + b;
            const float *const own = sb_mat_row(s->x, i);
            for (size_t r = 0; r < wide; r++) {
                const uint32_t j = s->ref[at + r];
                const double sum = s->norm2[i] + s->norm2[j];
                const double low = sum * (1 - eps) - 2 * (double)s->product[b * STRIP + r];
                if (j == i || (s->got[b] == s->k && low > s->best[b * s->k + s->k - 1])) continue;
                insert(s, b, j, sb_sqdist_f32(own, sb_mat_row(s->x, j), d));
            }
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
    s->best = SB_NEW(cx->arena, BLOCK * o->k, double);
    s->id = SB_NEW(cx->arena, BLOCK * o->k, uint32_t);
    s->got = SB_NEW(cx->arena, BLOCK, size_t);
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
    SB_TRY(sb_divergence_make(task, 1e-12, cx, &d));
    if (o->among && !task->warm_n) SB_FAIL(cx->err, SB_SKIP, "there are no warm-up rows to be neighbours");
    SB_TRY(search_init(task, o, cx, &s));
    const unsigned char *taken = sb_task_taken(task, cx);
    double *score = SB_NEW(cx->arena, n, double);
    if (!taken || !score) SB_FAIL(cx->err, SB_ENOMEM, "scores of %zu rows", n);
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t rows = n - from < BLOCK ? n - from : BLOCK;
        find(&s, from, rows);
        for (size_t b = 0; b < rows; b++) { /* a single row has no neighbour: score 0 */
            for (size_t j = 0; j < s.got[b]; j++) score[from + b] += sb_divergence_of(&d, from + b, s.id[b * s.k + j]);
            if (s.got[b]) score[from + b] /= (double)s.got[b];
        }
    }
    return sb_rank(score, n, budget, o->variant == 0, taken, cx, out->row, &out->m);
}

const sb_method sb_method_cal = {
    .name = "cal",
    .summary = "rows predicted differently from their nearest neighbours",
    .source = "Margatina, Vernikos, Barrault, Aletras 2021 (contrastive active learning)",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = cal_select,
};

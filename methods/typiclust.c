/* TypiClust: k-means, then the most typical row of each cluster in turn, the clusters with the fewest rows of the
 * warm-up first and the larger before the smaller. Typicality is 1 / (mean squared distance to the nearest rows of the
 * cluster + 1e-5), over min(20, size/2) of them. Small clusters are passed over as long as others have rows left. */
#include <math.h>

#include "selbench/groups.h"
#include "selbench/kmeans.h"
#include "selbench/la.h"
#include "selbench/method.h"

enum { VARIANT_CORRECT, VARIANT_UPSTREAM };
enum { BLOCK = 128, NEIGHBOURS = 20 };

typedef struct opts {
    size_t clusters, small, iterations;
    int variant;
} opts;

static const char *const variants[] = {"correct", "upstream", NULL};
static const sb_param params[] = {
    {"clusters", "at most; else one for each row asked for and each of the warm-up", "500", SB_P_SIZE,
     offsetof(opts, clusters), 1, 1000000, NULL},
    {"small", "clusters of so few rows wait until the others are used up", "5", SB_P_SIZE, offsetof(opts, small), 0,
     1000000000, NULL},
    {"iterations", "passes of k-means at most; 0: seeding only", "50", SB_P_SIZE, offsetof(opts, iterations), 0, 100000,
     NULL},
    {"variant", "correct: neighbours are all rows of the cluster; upstream: only rows neither labelled nor chosen",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {0},
};

/* Mean of the k smallest squared distances to the others. */
static double nearest_mean(const double *square, size_t n, size_t self, size_t k)
{
    double near[NEIGHBOURS];
    size_t got = 0;
    for (size_t j = 0; j < n; j++) {
        if (j == self || (got == k && !(square[j] < near[k - 1]))) continue;
        size_t at = got < k ? got++ : k - 1;
        for (; at > 0 && near[at - 1] > square[j]; at--) near[at] = near[at - 1];
        near[at] = square[j];
    }
    double sum = 0;
    for (size_t j = 0; j < got; j++) sum += near[j];
    return got ? sum / (double)got : 0;
}

/* typical[i] for the n rows of a cluster: squared distances from a float64 product of rows measured from the first one,
 * so that a far mean costs no precision. */
static sb_status typicality(sb_mat x, const uint32_t *row, size_t n, sb_ctx *cx, double *typical)
{
    const size_t mark = sb_arena_mark(cx->arena), d = x.d, rows = n < BLOCK ? n : BLOCK;
    const size_t k = n / 2 < 1 ? 1 : n / 2 < NEIGHBOURS ? n / 2 : NEIGHBOURS;
    double *wide = SB_NEW(cx->arena, n * d, double), *norm = SB_NEW(cx->arena, n, double);
    double *square = SB_NEW(cx->arena, rows * n, double);
    if (!wide || !norm || !square) SB_FAIL(cx->err, SB_ENOMEM, "neighbours of %zu rows", n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            const double v = (double)sb_mat_row(x, row[i])[j] - (double)sb_mat_row(x, row[0])[j];
            wide[i * d + j] = v;
            norm[i] += v * v;
        }
    for (size_t i0 = 0; i0 < n; i0 += BLOCK) {
        const size_t end = n - i0 < BLOCK ? n : i0 + BLOCK;
        sb_dgemm(false, true, end - i0, n, d, -2, wide + i0 * d, d, wide, d, 0, square, n);
        for (size_t i = i0; i < end; i++) {
            double *const s = square + (i - i0) * n;
            for (size_t j = 0; j < n; j++) s[j] = fmax(s[j] + norm[i] + norm[j], 0);
            typical[i] = 1 / (nearest_mean(s, n, i, k) + 1e-5);
        }
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

typedef struct walk {
    sb_mat x;
    size_t *begin;        /* k + 1: rows of each cluster in row */
    uint32_t *row;        /* n, by cluster */
    double *typical;      /* n, in the order of row */
    unsigned char *done;  /* n: labelled or chosen */
    unsigned char *known; /* k: typical is worked out */
    uint32_t *order;      /* k clusters, in the order of their turns */
    size_t *left;         /* k: rows that can be chosen */
    size_t *seen;         /* k: rows of each cluster that are looked at, the first in row */
} walk;

static sb_status walk_new(const sb_task *task, const sb_kmeans *km, sb_ctx *cx, walk *w)
{
    const size_t n = task->x.n, k = km->k;
    *w = (walk){.x = task->x,
                .begin = SB_NEW(cx->arena, k + 1, size_t),
                .row = SB_NEW(cx->arena, n, uint32_t),
                .typical = SB_NEW(cx->arena, n, double),
                .done = sb_task_taken(task, cx),
                .known = SB_NEW(cx->arena, k, unsigned char),
                .order = SB_NEW(cx->arena, k, uint32_t),
                .left = SB_NEW(cx->arena, k, size_t),
                .seen = SB_NEW(cx->arena, k, size_t)};
    size_t *next = SB_NEW(cx->arena, k, size_t);
    if (!w->begin || !w->row || !w->typical || !w->done || !w->known || !w->order || !w->left || !w->seen || !next)
        SB_FAIL(cx->err, SB_ENOMEM, "%zu clusters of %zu rows", k, n);
    for (size_t c = 0; c < k; c++) {
        next[c] = w->begin[c];
        w->seen[c] = km->size[c];
        w->begin[c + 1] = w->begin[c] + km->size[c];
    }
    for (uint32_t i = 0; i < n; i++) {
        w->row[next[km->cluster[i]]++] = i;
        w->left[km->cluster[i]] += !w->done[i];
    }
    return SB_OK;
}

/* Whether cluster a has its turn before b. */
static bool before(const walk *w, size_t small, uint32_t a, uint32_t b)
{
    const size_t na = w->begin[a + 1] - w->begin[a], nb = w->begin[b + 1] - w->begin[b];
    const size_t la = na - w->left[a], lb = nb - w->left[b]; /* labelled */
    if ((na <= small) != (nb <= small)) return na > small;
    if (la != lb) return la < lb;
    return na != nb ? na > nb : a < b;
}

static void order_clusters(walk *w, size_t k, size_t small)
{
    for (uint32_t c = 0; c < k; c++) {
        size_t at = c;
        for (; at > 0 && before(w, small, c, w->order[at - 1]); at--) w->order[at] = w->order[at - 1];
        w->order[at] = c;
    }
}

/* The most typical row of cluster c that is left, lowest among equals. */
static sb_status take(walk *w, uint32_t c, int variant, sb_ctx *cx, uint32_t *out)
{
    uint32_t *const row = w->row + w->begin[c];
    double *const typical = w->typical + w->begin[c];
    size_t n = w->seen[c];
    if (variant == VARIANT_UPSTREAM) { /* what is done is not looked at again */
        size_t open = 0;
        for (size_t i = 0; i < n; i++)
            if (!w->done[row[i]]) row[open++] = row[i];
        n = w->seen[c] = open;
    }
    if (variant == VARIANT_UPSTREAM || !w->known[c]) SB_TRY(typicality(w->x, row, n, cx, typical));
    w->known[c] = 1;
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (!w->done[row[i]] && (best == n || typical[i] > typical[best])) best = i;
    *out = row[best];
    w->done[row[best]] = 1;
    w->left[c]--;
    return SB_OK;
}

/* Clusters above `small` in turn until they are empty, then the small ones. */
static sb_status take_turns(walk *w, const opts *o, size_t k, size_t budget, sb_ctx *cx, sb_selection *out)
{
    size_t large = 0;
    while (large < k && w->begin[w->order[large] + 1] - w->begin[w->order[large]] > o->small) large++;
    for (size_t part = 0; part < 2; part++) {
        const size_t from = part ? large : 0, end = part ? k : large;
        for (bool any = true; any && out->m < budget;) {
            any = false;
            for (size_t t = from; t < end && out->m < budget; t++) {
                if (!w->left[w->order[t]]) continue;
                any = true;
                SB_TRY(take(w, w->order[t], o->variant, cx, &out->row[out->m++]));
            }
        }
    }
    return SB_OK;
}

static sb_status typiclust_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                  sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t joined = task->warm_joins ? task->warm_n : 0, n = task->x.n;
    size_t k = budget + joined < o->clusters ? budget + joined : o->clusters;
    if (k > n) k = n;
    const sb_kmeans_options how = {.k = k, .iterations = o->iterations, .tolerance = 1e-4};
    sb_kmeans km;
    walk w;
    SB_TRY(sb_kmeans_run(task->x, &how, cx, &km));
    SB_TRY(walk_new(task, &km, cx, &w));
    order_clusters(&w, k, o->small);
    out->m = 0;
    SB_TRY(take_turns(&w, o, k, budget, cx, out));
    sb_selection_note(out, "clusters", (double)k);
    return SB_OK;
}

const sb_method sb_method_typiclust = {
    .name = "typiclust",
    .summary = "the most typical row of each of as many clusters as rows are asked for",
    .source = "Hacohen, Dekel, Weinshall 2022, Algorithm 1",
    .formula = "k-means with min(labelled + m, 500) clusters; in turn, the fewest labelled and largest first,\n"
               "the row with the largest 1 / (mean squared distance to min(20, size / 2) neighbours + 1e-5)",
    .cost = "k-means, then sum over clusters of size^2 d; memory 30 n and that of k-means",
    .variants = "upstream recomputes neighbours without the rows taken: variant upstream. Its mini-batch k-means\n"
                "above 50 clusters is Lloyd here",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM,
    .option_size = sizeof(opts),
    .options = params,
    .select = typiclust_select,
};

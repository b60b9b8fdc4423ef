/* Moderate coreset: rows whose distance to the prototype of their class (the median of each feature) is in the middle
 * of all such distances: ranks (n - m)/2 to (n + m)/2. */
#include <math.h>

#include "selbench/groups.h"
#include "selbench/method.h"
#include "selbench/rank.h"

enum { TILE = 16 };
enum { VARIANT_CORRECT, VARIANT_UPSTREAM };

typedef struct opts {
    int variant;
    bool balance;
} opts;

static const char *const variants[] = {"correct", "upstream", NULL};
static const sb_param params[] = {
    {"variant",
     "correct: the middle ranks; upstream: the two tails outside a middle window, as the released function "
     "returns",
     "correct", SB_P_ENUM, offsetof(opts, variant), 0, 1, variants},
    {"balance", "true: ranks inside each class, with its share of the budget; false: ranks over all rows", "false",
     SB_P_BOOL, offsetof(opts, balance), 0, 1, NULL},
    {0},
};

static void swap(float *a, float *b)
{
    const float t = *a;
    *a = *b;
    *b = t;
}

/* Places the value of rank k at v[k], smaller ones before it, larger ones behind (Hoare 1961, median of three). */
static void place(float *v, size_t n, size_t k)
{
    size_t lo = 0, hi = n - 1;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (v[mid] < v[lo]) swap(&v[mid], &v[lo]);
        if (v[hi] < v[lo]) swap(&v[hi], &v[lo]);
        if (v[hi] < v[mid]) swap(&v[hi], &v[mid]);
        const float pivot = v[mid];
        size_t i = lo, j = hi;
        for (;;) {
            while (v[i] < pivot) i++;
            while (pivot < v[j]) j--;
            if (i >= j) break;
            swap(&v[i++], &v[j--]);
        }
        if (k <= j)
            hi = j;
        else
            lo = j + 1;
    }
}

/* Median; for an even count the mean of the two middle values. */
static double median(float *v, size_t n)
{
    place(v, n, n / 2);
    if (n % 2) return (double)v[n / 2];
    float below = v[0];
    for (size_t i = 1; i < n / 2; i++)
        if (v[i] > below) below = v[i];
    return ((double)below + (double)v[n / 2]) / 2;
}

/* Adds to square[row] the squared distances to the median of the group, a tile of columns at a time. */
static void add_distances(sb_mat x, const uint32_t *row, size_t n, float *column, double *square)
{
    for (size_t j0 = 0; j0 < x.d; j0 += TILE) {
        const size_t k = x.d - j0 < TILE ? x.d - j0 : TILE;
        double mid[TILE];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < k; j++) column[j * n + i] = sb_mat_row(x, row[i])[j0 + j];
        for (size_t j = 0; j < k; j++) mid[j] = median(column + j * n, n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < k; j++) {
                const double t = (double)sb_mat_row(x, row[i])[j0 + j] - mid[j];
                square[row[i]] += t * t;
            }
    }
}

/* m rows of one ranking (nearest first): the middle ones, or as many in the two tails around the middle. */
static void take(const uint32_t *rank, size_t n, size_t m, int variant, sb_selection *out)
{
    const size_t from = variant == VARIANT_CORRECT ? (n - m) / 2 : 0;
    const size_t low = variant == VARIANT_CORRECT ? m : m / 2; /* then m - low from the far end */
    for (size_t k = 0; k < m; k++) out->row[out->m++] = rank[k < low ? from + k : n - m + k];
}

static sb_status moderate_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                 sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    if (task->kind != SB_CLASSIFICATION)
        SB_FAIL(cx->err, SB_SKIP, "prototypes are of classes, and regression has none");
    const size_t n = task->x.n;
    sb_groups all, part;
    SB_TRY(sb_groups_make(task, task->label, true, budget, cx, &all));
    SB_TRY(sb_groups_make(task, o->balance ? task->label : NULL, false, budget, cx, &part));
    double *square = SB_NEW(cx->arena, n, double);
    float *column = SB_NEW(cx->arena, n * TILE, float);
    uint32_t *rank = SB_NEW(cx->arena, n, uint32_t);
    unsigned char *skip = SB_NEW(cx->arena, n, unsigned char);
    if (!square || !column || !rank || !skip) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", n);
    for (size_t g = 0; g < all.count; g++) {
        const size_t size = all.start[g + 1] - all.start[g];
        if (size) add_distances(task->x, all.row + all.start[g], size, column, square);
    }
    out->m = 0;
    for (size_t g = 0; g < part.count; g++) {
        size_t got = 0;
        for (size_t i = 0; i < n; i++) skip[i] = 1;
        for (size_t i = part.start[g]; i < part.start[g + 1]; i++) skip[part.row[i]] = 0;
        SB_TRY(sb_rank(square, n, part.open[g], false, skip, cx, rank, &got));
        take(rank, got, part.quota[g], o->variant, out);
    }
    return SB_OK;
}

const sb_method sb_method_moderate = {
    .name = "moderate",
    .summary = "rows at the middle distances to the median of their class",
    .source = "Xia et al. 2023, Moderate coreset",
    .formula = "distances to the median of the own class; ranks (n - m)/2 to (n + m)/2 of all",
    .cost = "n d for medians and distances; memory 125 n",
    .variants = "upstream: the released function returns the two TAILS outside the window, to be read as what to\n"
                "prune. Ranks are global; balance: true ranks inside each class",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_LABELS,
    .option_size = sizeof(opts),
    .options = params,
    .select = moderate_select,
};

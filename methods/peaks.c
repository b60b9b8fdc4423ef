/* Rows as a stream in random order: the importance of a row is z_y |e_y - p|_1 / (rows of its class taken so far), z_y
 * the logit of its class and |e_y - p|_1 = 2 (1 - p_y). A row is taken when its importance is among the top `rate`
 * percent of those seen in this pass, or when its class has none yet. What the stream leaves of the budget is met by
 * further passes. The published method trains as it goes; here the warm-up model stays as it is. */
#include <math.h>

#include "selbench/method.h"

typedef struct opts {
    double rate;
    bool balance;
} opts;

static const sb_param params[] = {
    {"rate", "percent of a pass that is taken", "20", SB_P_REAL, offsetof(opts, rate), 0.1, 100, NULL},
    {"balance", "divide by the rows that the class has already", "true", SB_P_BOOL, offsetof(opts, balance), 0, 1,
     NULL},
    {0},
};

/* Values seen in a pass, sorted; the share of them that are at most v, v itself included. */
typedef struct ranking {
    double *value;
    size_t count;
} ranking;

static double percentile(ranking *r, double v)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if (r->value[mid] <= v)
            low = mid + 1;
        else
            high = mid;
    }
    for (size_t k = r->count; k > low; k--) r->value[k] = r->value[k - 1];
    r->value[low] = v;
    r->count++;
    return 100 * (double)(low + 1) / (double)r->count;
}

/* z_y times 2 (1 - p_y), with 1 - p_y as the sum of the others. */
static double importance(const double *p, const double *z, size_t y, size_t c)
{
    double others = 0;
    for (size_t k = 0; k < c; k++) others += k == y ? 0 : p[k];
    return z[y] * 2 * others;
}

/* One pass over the rows still there: takes some, keeps the others in order. */
static void pass(const sb_task *task, const opts *o, const double *score, uint32_t *row, size_t *rows, size_t *have,
                 ranking *seen, size_t budget, sb_selection *out)
{
    size_t kept = 0;
    seen->count = 0;
    for (size_t k = 0; k < *rows; k++) {
        const uint32_t i = row[k];
        const size_t y = (size_t)task->label[i];
        bool take = false;
        if (out->m < budget) {
            const bool first = o->balance && !have[y];
            const double v = score[i] / (o->balance && have[y] ? (double)have[y] : 1);
            take = percentile(seen, v) >= 100 - o->rate || first;
        }
        if (!take) {
            row[kept++] = i;
            continue;
        }
        have[y]++;
        out->row[out->m++] = i;
    }
    *rows = kept;
}

static sb_status peaks_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                              sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n, c = task->c;
    if (task->kind != SB_CLASSIFICATION) SB_FAIL(cx->err, SB_SKIP, "needs classes, and regression has none");
    const unsigned char *taken = sb_task_taken(task, cx);
    double *p = SB_NEW(cx->arena, n * c, double), *z = SB_NEW(cx->arena, n * c, double);
    double *score = SB_NEW(cx->arena, n, double);
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    size_t *have = SB_NEW(cx->arena, c, size_t);
    ranking seen = {.value = SB_NEW(cx->arena, n + 1, double)};
    if (!taken || !p || !z || !score || !row || !have || !seen.value)
        SB_FAIL(cx->err, SB_ENOMEM, "importances of %zu rows", n);
    SB_TRY(sb_task_prob(task, NULL, n, cx, p));
    SB_TRY(sb_task_logits(task, NULL, n, cx, z));
    size_t rows = 0, passes = 0;
    for (uint32_t i = 0; i < n; i++) {
        score[i] = importance(p + i * c, z + i * c, (size_t)task->label[i], c);
        if (!taken[i]) row[rows++] = i;
    }
    for (size_t i = 0; task->warm_joins && i < task->warm_n; i++) have[task->label[task->warm[i]]]++;
    sb_rng rng = sb_ctx_stream(cx, "stream");
    sb_rng_shuffle(&rng, row, rows, rows);
    for (out->m = 0; out->m < budget && rows; passes++) /* each pass takes its first row at least */
        pass(task, o, score, row, &rows, have, &seen, budget, out);
    sb_selection_note(out, "passes", (double)passes);
    return SB_OK;
}

const sb_method sb_method_peaks = {
    .name = "peaks",
    .summary = "rows of a random stream that stand out by error, own logit and rarity of the class",
    .source = "Gurbuz, Zheng, Dovrolis 2025 (PEAKS), with a fixed model",
    .formula = "importance = z_y |e_y - p|_1 / (rows of the class so far); taken when among the top `rate`\n"
               "percent of the pass; an empty class always takes",
    .cost = "n c a pass; memory 16 n (c + 2)",
    .variants = "the published method trains as the stream goes and draws the stream with replacement; here the\n"
                "warm-up model stays and the order is a permutation. z_y < 0 makes importance fall with the\n"
                "error, as published",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB | SB_NEEDS_LABELS,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = peaks_select,
};

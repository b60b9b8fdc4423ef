/* FreeSel: D = least 1 - cosine of a pattern to those of the rows chosen; a pattern is drawn with probability
 * proportional to D^e, and its row taken with all its patterns (e = 2; 1 - cos = |a - b|^2 / 2 on unit rows, so e = 1
 * is k-means++ on the sphere), or it is the farthest one. Patterns equal to a chosen one have D = 0; once all are, the
 * rest is drawn uniformly. */
#include <math.h>
#include <string.h>

#include "selbench/method.h"
#include "selbench/pairs.h"
#include "selbench/wheel.h"

enum { MODE_DRAW, MODE_FARTHEST };

typedef struct opts {
    double exponent;
    int mode;
    size_t patterns;
} opts;

static const char *const modes[] = {"draw", "farthest", NULL};
static const sb_param params[] = {
    {"exponent", "e: rows are drawn with probability proportional to D^e", "2", SB_P_REAL, offsetof(opts, exponent), 0,
     64, NULL},
    {"mode", "draw: by D^e; farthest: the largest D (the paper's FDS)", "draw", SB_P_ENUM, offsetof(opts, mode), 0, 1,
     modes},
    {"patterns", "the features of a row are so many patterns of equal width side by side", "1", SB_P_SIZE,
     offsetof(opts, patterns), 1, 100000, NULL},
    {0},
};

/* Entries are patterns; `each` of them in a row belong together. */
typedef struct walk {
    sb_pairs p;
    size_t each;
    double *least, *cosine; /* D, and one pattern's cosines */
    unsigned char *taken;
    sb_wheel wheel;
} walk;

/* D after pattern j: rounding of a product of d terms counts as 0, so copies of j in another scale do too. */
static sb_status cover(walk *w, size_t j, sb_ctx *cx)
{
    const double noise = 0x1p-52 * (double)(w->p.x.d + 8);
    SB_TRY(sb_pairs_cosines(&w->p, j, cx, w->cosine));
    for (size_t i = 0; i < w->p.n; i++) {
        const bool zeros = w->p.square[i] == 0 && w->p.square[j] == 0;
        const double gap = 1 - w->cosine[i], d = zeros || gap <= noise ? 0 : gap;
        if (d < w->least[i]) w->least[i] = d;
    }
    return SB_OK;
}

static sb_status accept(walk *w, size_t row, sb_ctx *cx)
{
    for (size_t j = row * w->each; j < (row + 1) * w->each; j++) {
        SB_TRY(cover(w, j, cx));
        w->taken[j] = 1;
        w->least[j] = 0;
    }
    return SB_OK;
}

static size_t uniform_left(const walk *w, sb_rng *rng)
{
    size_t open = 0, i = 0;
    for (size_t k = 0; k < w->p.n; k++) open += !w->taken[k];
    for (size_t skip = sb_rng_below(rng, open);; i++) {
        if (w->taken[i]) continue;
        if (skip-- == 0) return i;
    }
}

static size_t farthest(const walk *w)
{
    size_t best = w->p.n;
    for (size_t i = 0; i < w->p.n; i++)
        if (!w->taken[i] && (best == w->p.n || w->least[i] > w->least[best])) best = i;
    return best;
}

static size_t next_row(walk *w, const opts *o, sb_rng *rng)
{
    double top = 0;
    for (size_t i = 0; i < w->p.n; i++)
        if (!w->taken[i]) top = fmax(top, w->least[i]);
    if (!(top > 0)) return uniform_left(w, rng);
    if (o->mode == MODE_FARTHEST) return farthest(w);
    for (size_t i = 0; i < w->p.n; i++) {
        const double r = w->taken[i] ? 0 : w->least[i] / top; /* scaled: no underflow of all weights */
        w->wheel.weight[i] = r > 0 ? pow(r, o->exponent) : 0;
    }
    const double total = sb_wheel_total(&w->wheel);
    return sb_wheel_at(&w->wheel, sb_rng_unit(rng), total);
}

/* The patterns as rows of a matrix of their own. */
static sb_status split(const sb_task *task, const opts *o, sb_ctx *cx, sb_mat *x)
{
    const size_t n = task->x.n, d = task->x.d, each = o->patterns;
    *x = task->x;
    if (each == 1) return SB_OK;
    if (d % each != 0) SB_FAIL(cx->err, SB_SKIP, "%zu features do not divide into %zu patterns", d, each);
    float *copy = SB_NEW(cx->arena, n * d, float);
    if (!copy) SB_FAIL(cx->err, SB_ENOMEM, "patterns of %zu rows", n);
    for (size_t i = 0; i < n; i++) memcpy(copy + i * d, sb_mat_row(task->x, i), d * sizeof *copy);
    *x = (sb_mat){.data = copy, .n = n * each, .d = d / each, .ld = d / each};
    return SB_OK;
}

static sb_status walk_init(const sb_task *task, const opts *o, sb_ctx *cx, walk *w)
{
    sb_task patterns = *task;
    SB_TRY(split(task, o, cx, &patterns.x));
    const size_t n = patterns.x.n;
    uint32_t *row = SB_NEW(cx->arena, n, uint32_t);
    *w = (walk){.each = o->patterns,
                .least = SB_NEW(cx->arena, n, double),
                .cosine = SB_NEW(cx->arena, n, double),
                .taken = SB_NEW(cx->arena, n, unsigned char)};
    if (!row || !w->least || !w->cosine || !w->taken) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu patterns", n);
    for (size_t i = 0; i < n; i++) {
        row[i] = (uint32_t)i;
        w->least[i] = 2;
    }
    SB_TRY(sb_pairs_make(&patterns, SB_SPACE_FEATURES, row, n, cx, &w->p));
    return sb_wheel_init(&w->wheel, n, cx);
}

static sb_status freesel_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    walk w;
    SB_TRY(walk_init(task, o, cx, &w));
    const size_t joined = task->warm_joins ? task->warm_n : 0;
    for (size_t k = 0; k < joined; k++) SB_TRY(accept(&w, task->warm[k], cx));
    sb_rng rng = sb_ctx_stream(cx, "draw");
    const size_t open = n - joined, m = budget < open ? budget : open;
    for (out->m = 0; out->m < m; out->m++) {
        const size_t row = out->m + joined ? next_row(&w, o, &rng) / w.each : sb_rng_below(&rng, n);
        out->row[out->m] = (uint32_t)row;
        SB_TRY(accept(&w, row, cx));
    }
    return SB_OK;
}

const sb_method sb_method_freesel = {
    .name = "freesel",
    .summary = "draws rows by a power of their cosine distance to the rows chosen so far",
    .source = "Xie et al. 2023, FreeSel, distance-based sampling",
    .formula = "D_i = min over the patterns chosen of (1 - cosine); draw in proportion to D^e, or take the\n"
               "largest",
    .cost = "n d k a pick for k patterns a row; memory 42 n k, and 4 n d for their copy",
    .variants = "e = 2 draws with the fourth power of the distance on unit rows; e = 1 is k-means++ on the\n"
                "sphere. FDS is mode: farthest. The paper's patterns are k-means centroids of attended tokens; here\n"
                "the embedding brings them, side by side. Its script for more than one lacks an argument",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = freesel_select,
};

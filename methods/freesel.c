/* FreeSel with one pattern a row: D(i) = least 1 - cosine to the rows chosen; the next row is drawn with probability
 * proportional to D^e (e = 2; 1 - cos = |a - b|^2 / 2 on unit rows, so e = 1 is k-means++ on the sphere), or is the
 * farthest one. Rows equal to a chosen one have D = 0; once all are, the rest is drawn uniformly. */
#include <math.h>

#include "selbench/groups.h"
#include "selbench/method.h"
#include "selbench/pairs.h"
#include "selbench/wheel.h"

enum { MODE_DRAW, MODE_FARTHEST };

typedef struct opts {
    double exponent;
    int mode;
} opts;

static const char *const modes[] = {"draw", "farthest", NULL};
static const sb_param params[] = {
    {"exponent", "e: rows are drawn with probability proportional to D^e", "2", SB_P_REAL, offsetof(opts, exponent), 0,
     64, NULL},
    {"mode", "draw: by D^e; farthest: the largest D (the paper's FDS)", "draw", SB_P_ENUM, offsetof(opts, mode), 0, 1,
     modes},
    {0},
};

typedef struct walk {
    sb_pairs p;
    double *least, *cosine; /* n: D, and one pick's cosines */
    unsigned char *taken;
    sb_wheel wheel;
} walk;

/* D after row j: rounding of a product of d terms counts as 0, so copies of j in another scale do too. */
static sb_status accept(walk *w, size_t j, sb_ctx *cx)
{
    const double noise = 0x1p-52 * (double)(w->p.x.d + 8);
    w->taken[j] = 1;
    SB_TRY(sb_pairs_cosines(&w->p, j, cx, w->cosine));
    for (size_t i = 0; i < w->p.n; i++) {
        const bool zeros = w->p.square[i] == 0 && w->p.square[j] == 0;
        const double gap = 1 - w->cosine[i], d = zeros || gap <= noise ? 0 : gap;
        if (d < w->least[i]) w->least[i] = d;
    }
    w->least[j] = 0;
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

static sb_status freesel_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                                sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    walk w;
    sb_groups g;
    SB_TRY(sb_groups_make(task, NULL, true, budget, cx, &g));
    SB_TRY(sb_pairs_make(task, SB_SPACE_FEATURES, g.row, n, cx, &w.p));
    SB_TRY(sb_wheel_init(&w.wheel, n, cx));
    w.least = SB_NEW(cx->arena, n, double);
    w.cosine = SB_NEW(cx->arena, n, double);
    w.taken = g.taken;
    if (!w.least || !w.cosine) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", n);
    for (size_t i = 0; i < n; i++) w.least[i] = 2;
    const size_t joined = task->warm_joins ? task->warm_n : 0;
    for (size_t k = 0; k < joined; k++) SB_TRY(accept(&w, task->warm[k], cx));
    sb_rng rng = sb_ctx_stream(cx, "draw");
    for (out->m = 0; out->m < g.quota[0]; out->m++) {
        const size_t j = out->m + joined ? next_row(&w, o, &rng) : sb_rng_below(&rng, n);
        out->row[out->m] = (uint32_t)j;
        SB_TRY(accept(&w, j, cx));
    }
    return SB_OK;
}

const sb_method sb_method_freesel = {
    .name = "freesel",
    .summary = "draws rows by a power of their cosine distance to the rows chosen so far",
    .source = "Xie et al. 2023, FreeSel, distance-based sampling",
    .formula = "D_i = min over the patterns chosen of (1 - cosine); draw in proportion to D^e, or take the\n"
               "largest",
    .cost = "d per pattern and pick: n d with one pattern a row",
    .variants = "e = 2 draws with the fourth power of the distance on unit rows; e = 1 is k-means++ on the\n"
                "sphere. FDS is mode: farthest. Several patterns a row come with the task (PATTERNS); the paper's\n"
                "token attention is what made them. Its script for more than one pattern lacks an argument",
    .abi = SB_METHOD_ABI,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = freesel_select,
};

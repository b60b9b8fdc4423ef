/* Rows whose gradients are large and differ: k-means++ seeding on g_i = (p_i - e_y^) (x) x~_i, y^ the predicted class.
 * First the largest |g|, then draws in proportion to the squared distance to the nearest gradient chosen, with
 * |g_i - g_j|^2 = |g_i|^2 + |g_j|^2 - 2 (a_i . a_j)(x~_i . x~_j). Rows the model is sure of have g ~ 0 and coincide. */
#include <float.h>
#include <math.h>

#include "selbench/gradient.h"
#include "selbench/la.h"
#include "selbench/method.h"

typedef struct opts {
    bool ones;
} opts;

static const sb_param params[] = {
    {"intercept", "the intercept is one of the parameters", "true", SB_P_BOOL, offsetof(opts, ones), 0, 1, NULL},
    {0},
};

typedef struct seeding {
    const sb_gradients *g;
    unsigned char *out; /* rows that cannot be picked (any more) */
    double *d2;         /* squared distance to the nearest pick */
    double *column, *product;
    uint32_t *near; /* rows that the last pick may be nearest to */
} seeding;

static size_t largest(const seeding *s)
{
    size_t best = s->g->n;
    for (size_t i = 0; i < s->g->n; i++) {
        if (s->out[i]) continue;
        if (best == s->g->n || s->g->a_norm2[i] * s->g->x_norm2[i] > s->g->a_norm2[best] * s->g->x_norm2[best])
            best = i;
    }
    return best;
}

/* Draws by d2; uniformly when every row left coincides with a pick. */
static size_t draw(const seeding *s, sb_rng *rng)
{
    const size_t n = s->g->n;
    double sum = 0;
    size_t left = 0, last = n;
    for (size_t i = 0; i < n; i++) {
        if (s->out[i]) continue;
        sum += s->d2[i];
        left++;
    }
    const double at = sb_rng_unit(rng) * (sum > 0 ? sum : (double)left);
    double run = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->out[i] || (sum > 0 && !(s->d2[i] > 0))) continue;
        run += sum > 0 ? s->d2[i] : 1;
        last = i;
        if (run > at) break;
    }
    return last;
}

static double along(const sb_gradients *g, size_t i, size_t j)
{
    double sum = 0;
    for (size_t c = 0; c < g->w; c++) sum += g->a[i * g->w + c] * g->a[j * g->w + c];
    return sum;
}

/* Rows whose distance the pick may shorten: |g_i - g_j|^2 >= |g_i|^2 + |g_j|^2 - 2 |a_i . a_j| |x~_i| |x~_j|, and most
 * rows have small gradients or factors of another direction. Four times the noise covers rounding on both sides. */
static size_t within_reach(seeding *s, size_t pick, double own, double noise, bool first)
{
    const sb_gradients *const g = s->g;
    size_t rows = 0;
    for (size_t i = 0; i < g->n; i++) {
        if (s->out[i]) continue;
        const double sum = g->a_norm2[i] * g->x_norm2[i] + own;
        const double most = 2 * fabs(along(g, i, pick)) * sqrt(g->x_norm2[i] * g->x_norm2[pick]);
        if (first || sum - most - 4 * noise * sum < s->d2[i]) s->near[rows++] = (uint32_t)i;
    }
    return rows;
}

/* The pick leaves the game and shortens the distances of the others. What remains of a difference after cancellation
 * below d eps of its terms is rounding, and counts as 0: copies of a pick are never drawn before other rows. */
static sb_status add(seeding *s, size_t pick, bool first, sb_ctx *cx)
{
    const sb_gradients *const g = s->g;
    const double own = g->a_norm2[pick] * g->x_norm2[pick], noise = (double)(g->x.d + g->w + 16) * DBL_EPSILON;
    s->out[pick] = 1;
    for (size_t j = 0; j < g->x.d; j++) s->column[j] = (double)sb_mat_row(g->x, pick)[j];
    const size_t mark = sb_arena_mark(cx->arena), rows = within_reach(s, pick, own, noise, first);
    SB_TRY(sb_rows_times(g->x, s->near, rows, s->column, 1, cx, s->product));
    sb_arena_rewind(cx->arena, mark);
    for (size_t k = 0; k < rows; k++) {
        const size_t i = s->near[k];
        const double norm2 = g->a_norm2[i] * g->x_norm2[i];
        double d2 = norm2 + own - 2 * along(g, i, pick) * (s->product[k] + (g->ones ? 1 : 0));
        if (d2 < noise * (norm2 + own)) d2 = 0;
        if (first || d2 < s->d2[i]) s->d2[i] = d2;
    }
    return SB_OK;
}

static sb_status badge_select(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                              sb_selection *out)
{
    (void)state;
    const opts *const o = options;
    const size_t n = task->x.n;
    sb_gradients g;
    SB_TRY(sb_gradients_predicted(task, o->ones, cx, &g));
    seeding s = {.g = &g,
                 .out = sb_task_taken(task, cx),
                 .d2 = SB_NEW(cx->arena, n, double),
                 .column = SB_NEW(cx->arena, task->x.d, double),
                 .product = SB_NEW(cx->arena, n, double),
                 .near = SB_NEW(cx->arena, n, uint32_t)};
    if (!s.out || !s.d2 || !s.column || !s.product || !s.near) SB_FAIL(cx->err, SB_ENOMEM, "distances of %zu rows", n);
    sb_rng rng = sb_ctx_stream(cx, "draw");
    for (out->m = 0; out->m < budget; out->m++) {
        const size_t pick = out->m ? draw(&s, &rng) : largest(&s);
        if (pick == n) break;
        out->row[out->m] = (uint32_t)pick;
        SB_TRY(add(&s, pick, out->m == 0, cx));
    }
    return SB_OK;
}

const sb_method sb_method_badge = {
    .name = "badge",
    .summary = "k-means++ seeding on gradients with predicted labels: large and different ones",
    .source = "Ash, Zhang, Krishnamurthy, Langford, Agarwal 2020, Algorithm 1",
    .formula = "g_i = (p_i - e_y^) (x) [x_i; 1], y^ the predicted class; first the largest |g|, then draws in\n"
               "proportion to D^2, the squared distance to the nearest gradient chosen; sum D^2 = 0: uniform",
    .cost = "n (d + c) a pick, memory 8 n (c + 5); rows whose D cannot fall are passed over",
    .variants = "public code forces D of chosen rows to 0, draws again on repeats and clips negative squares: the\n"
                "same law. intercept: false leaves out the column of ones",
    .abi = SB_METHOD_ABI,
    .needs = SB_NEEDS_PROB,
    .traits = SB_RANDOM | SB_PREFIX,
    .option_size = sizeof(opts),
    .options = params,
    .select = badge_select,
};

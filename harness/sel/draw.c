#include "selbench/draw.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "selbench/rank.h"

const char *const sb_scheme_words[] = {"with_replacement", "poisson", "pips", "successive", NULL};

/* Neumaier 1974: a running sum whose error does not grow with the number of terms. */
typedef struct running {
    double sum, lost;
} running;

static void running_add(running *r, double v)
{
    const double next = r->sum + v;
    r->lost += fabs(r->sum) >= fabs(v) ? (r->sum - next) + v : (v - next) + r->sum;
    r->sum = next;
}

static double running_value(const running *r) { return r->sum + r->lost; }

sb_status sb_draw_probabilities(const double *score, size_t n, double floor, double *p, size_t *zeros, sb_ctx *cx)
{
    if (n == 0) SB_FAIL(cx->err, SB_EARG, "no rows to draw from");
    if (!(floor >= 0 && floor <= 1)) SB_FAIL(cx->err, SB_EARG, "floor is %.10g, outside 0 to 1", floor);
    double top = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(score[i] >= 0 && score[i] <= DBL_MAX))
            SB_FAIL(cx->err, SB_ENUM, "the score of row %zu is %.10g, not a finite number of at least 0", i, score[i]);
        if (score[i] > top) top = score[i];
    }
    running sum = {0, 0};
    for (size_t i = 0; i < n; i++) running_add(&sum, top > 0 ? score[i] / top : 1); /* scaled: cannot overflow */
    const double total = running_value(&sum), share = floor / (double)n;
    size_t none = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] = (1 - floor) * ((top > 0 ? score[i] / top : 1) / total) + share;
        none += p[i] == 0;
    }
    if (zeros) *zeros = none;
    return SB_OK;
}

static sb_status check_probabilities(const double *p, size_t n, size_t *positive, sb_ctx *cx)
{
    *positive = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] >= 0 && p[i] <= DBL_MAX)) SB_FAIL(cx->err, SB_ENUM, "the probability of row %zu is %.10g", i, p[i]);
        *positive += p[i] > 0;
    }
    return SB_OK;
}

/* With p sorted downwards, the first t rows are at 1 for the smallest t with (m - t) p_(t+1) <= sum_{j > t} p_(j); that
 * holds at the latest for t = m - 1, so only the m largest need to be sorted. */
sb_status sb_draw_inclusion(const double *p, size_t n, size_t m, double *pi, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    size_t positive = 0;
    SB_TRY(check_probabilities(p, n, &positive, cx));
    if (m > positive)
        SB_FAIL(cx->err, SB_EARG, "%zu rows asked for, but only %zu of %zu have a probability above 0", m, positive, n);
    if (m == positive || m == 0) {
        for (size_t i = 0; i < n; i++) pi[i] = m && p[i] > 0 ? 1 : 0;
        return SB_OK;
    }
    uint32_t *top = SB_NEW(cx->arena, m, uint32_t);
    double *rest = SB_NEW(cx->arena, m, double); /* rest[t]: sum of p without the t largest */
    unsigned char *in_top = SB_NEW(cx->arena, n, unsigned char);
    if (!top || !rest || !in_top) SB_FAIL(cx->err, SB_ENOMEM, "inclusion probabilities of %zu rows", n);
    size_t got = 0;
    SB_TRY(sb_rank(p, n, m, true, NULL, cx, top, &got));
    for (size_t t = 0; t < m; t++) in_top[top[t]] = 1;
    running sum = {0, 0};
    for (size_t i = 0; i < n; i++)
        if (!in_top[i]) running_add(&sum, p[i]);
    for (size_t t = m; t-- > 0;) {
        running_add(&sum, p[top[t]]);
        rest[t] = running_value(&sum);
    }
    size_t t = 0;
    while (t + 1 < m && (double)(m - t) * p[top[t]] > rest[t]) t++;
    for (size_t i = 0; i < n; i++) pi[i] = fmin(1, (double)(m - t) * (p[i] / rest[t]));
    for (size_t j = 0; j < t; j++) pi[top[j]] = 1;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status draw_with_replacement(const double *p, size_t n, size_t m, sb_rng *rng, sb_ctx *cx, uint32_t *row,
                                       double *weight, size_t *got)
{
    double *upto = SB_NEW(cx->arena, n, double);
    if (!upto) SB_FAIL(cx->err, SB_ENOMEM, "cumulative sum of %zu rows", n);
    running sum = {0, 0};
    size_t last = n;
    for (size_t i = 0; i < n; i++) {
        running_add(&sum, p[i]);
        upto[i] = running_value(&sum);
        if (p[i] > 0) last = i;
    }
    if (last == n) SB_FAIL(cx->err, SB_EARG, "no row has a probability above 0");
    for (size_t j = 0; j < m; j++) {
        const double u = sb_rng_unit(rng) * upto[n - 1];
        size_t lo = 0, hi = last; /* the first row whose sum is above u: never one with p = 0 */
        while (lo < hi) {
            const size_t mid = lo + (hi - lo) / 2;
            if (upto[mid] > u)
                hi = mid;
            else
                lo = mid + 1;
        }
        row[j] = (uint32_t)lo;
        weight[j] = 1 / ((double)m * p[lo]);
    }
    *got = m;
    return SB_OK;
}

/* Given that not nothing was drawn, row i is in with probability pi_i / (1 - P0). sum pi = m >= 1, so that more than one
 * draw in two takes something. */
static void draw_poisson(const double *pi, size_t n, size_t m, sb_rng *rng, uint32_t *row, double *weight, size_t *got)
{
    running nothing = {0, 0}; /* log P0 */
    for (size_t i = 0; i < n; i++)
        if (pi[i] < 1) running_add(&nothing, log1p(-pi[i]));
    bool sure = false;
    for (size_t i = 0; i < n; i++) sure = sure || pi[i] >= 1;
    const double some = sure ? 1 : -expm1(running_value(&nothing));
    size_t k = 0;
    while (m && !k) {
        for (size_t i = 0; i < n; i++) {
            if (!(sb_rng_unit(rng) < pi[i])) continue;
            row[k] = (uint32_t)i;
            weight[k++] = some / pi[i];
        }
    }
    *got = k;
}

/* Rows at 1 first, then systematic sampling (one uniform start, equal steps) along a random order of the others. */
static sb_status draw_pips(const double *pi, size_t n, size_t m, sb_rng *rng, sb_ctx *cx, uint32_t *row, double *weight,
                           size_t *got)
{
    uint32_t *order = SB_NEW(cx->arena, n, uint32_t);
    if (!order) SB_FAIL(cx->err, SB_ENOMEM, "random order of %zu rows", n);
    size_t k = 0, open = 0;
    for (size_t i = 0; i < n; i++) {
        if (pi[i] >= 1)
            row[k++] = (uint32_t)i;
        else if (pi[i] > 0)
            order[open++] = (uint32_t)i;
    }
    if (k > m || open < m - k) SB_BUG("%zu rows at 1 and %zu others for a sample of %zu", k, open, m);
    const size_t left = m - k;
    sb_rng_shuffle(rng, order, open, open);
    const double start = sb_rng_unit(rng);
    running total = {0, 0}, sum = {0, 0};
    for (size_t i = 0; i < open; i++) running_add(&total, pi[order[i]]);
    const double step = left ? running_value(&total) / (double)left : 0;
    for (size_t i = 0, j = 0; i < open && j < left; i++) {
        running_add(&sum, pi[order[i]]);
        /* the second condition keeps the size exact when rounding leaves the last steps beyond the last sum */
        if (running_value(&sum) > (start + (double)j) * step || open - i == left - j) {
            row[k++] = order[i];
            j++;
        }
    }
    for (size_t i = 0; i < k; i++) weight[i] = 1 / pi[row[i]];
    *got = k;
    return SB_OK;
}

static sb_status draw_successive(const double *p, size_t n, size_t m, sb_rng *rng, sb_ctx *cx, uint32_t *row,
                                 double *weight, size_t *got)
{
    double *key = SB_NEW(cx->arena, n, double);
    if (!key) SB_FAIL(cx->err, SB_ENOMEM, "draw keys of %zu rows", n);
    for (size_t i = 0; i < n; i++) key[i] = sb_rng_gumbel(rng) + log(p[i]);
    SB_TRY(sb_rank(key, n, m, true, NULL, cx, row, got));
    for (size_t j = 0; j < m; j++) weight[j] = 1 / ((double)m * p[row[j]]);
    return SB_OK;
}

sb_status sb_draw(sb_scheme scheme, const double *p, size_t n, size_t m, sb_rng *rng, sb_ctx *cx, uint32_t *row,
                  double *weight, size_t *got)
{
    const size_t mark = sb_arena_mark(cx->arena);
    size_t positive = 0;
    double *pi = NULL;
    SB_TRY(check_probabilities(p, n, &positive, cx));
    if (scheme == SB_POISSON || scheme == SB_PIPS) {
        pi = SB_NEW(cx->arena, n, double);
        if (!pi) SB_FAIL(cx->err, SB_ENOMEM, "inclusion probabilities of %zu rows", n);
        SB_TRY(sb_draw_inclusion(p, n, m, pi, cx));
    } else if (scheme == SB_SUCCESSIVE && m > positive) {
        SB_FAIL(cx->err, SB_EARG, "%zu distinct rows asked for, but only %zu have a probability above 0", m, positive);
    }
    switch (scheme) {
    case SB_WITH_REPLACEMENT: SB_TRY(draw_with_replacement(p, n, m, rng, cx, row, weight, got)); break;
    case SB_POISSON: draw_poisson(pi, n, m, rng, row, weight, got); break;
    case SB_PIPS: SB_TRY(draw_pips(pi, n, m, rng, cx, row, weight, got)); break;
    case SB_SUCCESSIVE: SB_TRY(draw_successive(p, n, m, rng, cx, row, weight, got)); break;
    default: SB_BUG("draw scheme %d", (int)scheme);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* The exact share of group g is m size / total; its remainder is kept as an integer, so no rounding decides. Groups are
 * rows, hence below 2^32, and the product fits. The threshold among the remainders is found by bisection. */
void sb_draw_quotas(const size_t *size, size_t groups, size_t m, size_t *quota)
{
    uint64_t total = 0, given = 0;
    for (size_t g = 0; g < groups; g++) total += size[g];
    if (m > total || total > UINT32_MAX) SB_BUG("quotas for %zu of %llu rows", m, (unsigned long long)total);
    if (total == 0) {
        for (size_t g = 0; g < groups; g++) quota[g] = 0;
        return;
    }
    for (size_t g = 0; g < groups; g++) {
        quota[g] = (size_t)((uint64_t)m * size[g] / total);
        given += quota[g];
    }
    uint64_t left = m - given, lo = 0, hi = total; /* at least `left` remainders are >= lo, fewer are >= hi */
    while (left && hi - lo > 1) {
        const uint64_t mid = lo + (hi - lo) / 2;
        uint64_t count = 0;
        for (size_t g = 0; g < groups; g++) count += (uint64_t)m * size[g] % total >= mid;
        if (count >= left)
            lo = mid;
        else
            hi = mid;
    }
    uint64_t above = 0;
    for (size_t g = 0; g < groups; g++) above += (uint64_t)m * size[g] % total > lo;
    uint64_t ties = left - (left ? above : 0);
    for (size_t g = 0; g < groups && left; g++) {
        const uint64_t remainder = (uint64_t)m * size[g] % total;
        if (remainder < lo || (remainder == lo && !ties)) continue;
        if (remainder == lo) ties--;
        quota[g]++;
        left--;
    }
}

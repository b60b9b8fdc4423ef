/* Tests of paired differences: sign flips, and the correction for many of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

/* All 2^n signed sums of |d|, ascending: each further value merges the list moved down with the list moved up. */
static sb_status signed_sums(const double *d, size_t n, sb_ctx *cx, double **sums)
{
    const size_t count = (size_t)1 << n;
    double *list = SB_NEW(cx->arena, count, double), *next = SB_NEW(cx->arena, count, double);
    if (!list || !next) SB_FAIL(cx->err, SB_ENOMEM, "%zu signed sums of a sign-flip test", count);
    size_t size = 1; /* the empty sum, 0 */
    for (size_t i = 0; i < n; i++, size *= 2) {
        const double step = fabs(d[i]);
        for (size_t low = 0, high = 0, at = 0; at < 2 * size; at++)
            if (high == size || (low < size && list[low] - step <= list[high] + step)) next[at] = list[low++] - step;
            else next[at] = list[high++] + step;
        double *const t = list;
        list = next;
        next = t;
    }
    *sums = list;
    return SB_OK;
}

/* Share of patterns with sum >= cut, twice: the sums are symmetric about 0. */
static sb_status exact_share(const double *d, size_t n, double cut, sb_ctx *cx, double *p)
{
    const size_t half = n / 2;
    double *a = NULL, *b = NULL;
    SB_TRY(signed_sums(d, half, cx, &a));
    SB_TRY(signed_sums(d + half, n - half, cx, &b));
    const size_t na = (size_t)1 << half, nb = (size_t)1 << (n - half);
    uint64_t hits = 0;
    size_t from = nb; /* b[from..] reaches the cut with a[i]; moves down as a[i] grows */
    for (size_t i = 0; i < na; i++) {
        while (from > 0 && a[i] + b[from - 1] >= cut) from--;
        hits += nb - from;
    }
    *p = fmin(1, ldexp((double)hits, 1 - (int)n));
    return SB_OK;
}

static double drawn_share(const double *d, size_t n, double cut, const sb_ctx *cx)
{
    sb_rng r = sb_ctx_stream(cx, "signflip");
    unsigned hits = 1; /* the observed pattern */
    for (unsigned draw = 1; draw < 65536; draw++) {
        double sum = 0;
        uint64_t bits = 0;
        for (size_t i = 0; i < n; i++, bits >>= 1) {
            if (i % 64 == 0) bits = sb_rng_u64(&r);
            sum += bits & 1 ? d[i] : -d[i];
        }
        hits += fabs(sum) >= cut;
    }
    return hits / 65536.0;
}

sb_status sb_stat_sign_flip(const double *d, size_t n, sb_ctx *cx, double *p)
{
    double sum = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        sum += d[i];
        size += fabs(d[i]);
    }
    *p = NAN;
    if (n < 2 || !isfinite(size)) return SB_OK;
    *p = 1;
    const double cut = fabs(sum) - 1e-9 * size; /* differences carry the rounding of larger values */
    if (cut <= 0) return SB_OK;
    if (n > SB_STAT_EXACT) {
        *p = drawn_share(d, n, cut, cx);
        return SB_OK;
    }
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(exact_share(d, n, cut, cx, p));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

double sb_stat_sign_flip_floor(size_t n)
{
    if (n < 2) return 1;
    return n > SB_STAT_EXACT ? 1 / 65536.0 : ldexp(1, 1 - (int)n);
}

typedef struct test_p {
    double p;
    size_t at;
} test_p;

static int by_p(const void *a, const void *b)
{
    const test_p *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

sb_status sb_stat_adjust_bh(const double *p, size_t n, sb_ctx *cx, double *adjusted)
{
    const size_t mark = sb_arena_mark(cx->arena);
    test_p *list = SB_NEW(cx->arena, n, test_p);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "order of %zu tests", n);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = p[i];
        if (!isnan(p[i])) list[m++] = (test_p){p[i], i};
    }
    if (m) qsort(list, m, sizeof *list, by_p);
    double least = 1;
    for (size_t k = m; k-- > 0;) {
        least = fmin(least, list[k].p * (double)m / (double)(k + 1));
        adjusted[list[k].at] = least;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

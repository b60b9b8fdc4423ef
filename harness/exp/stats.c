#include "stats.h"

#include <math.h>
#include <stdlib.h>

size_t sb_stat_keep(const double *x, size_t n, double *kept)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) kept[k++] = x[i];
    return k;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sb_stat_sort(double *x, size_t n)
{
    if (n) qsort(x, n, sizeof *x, by_value);
}

/* A second pass removes the rounding error of the first (exact for equal values). */
double sb_stat_mean(const double *x, size_t n)
{
    if (n == 0) return NAN;
    double sum = 0, rest = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    const double first = sum / (double)n;
    if (!isfinite(first)) return first;
    for (size_t i = 0; i < n; i++) rest += x[i] - first;
    return first + rest / (double)n;
}

double sb_stat_sd(const double *x, size_t n)
{
    if (n < 2) return NAN;
    const double mean = sb_stat_mean(x, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
    return sqrt(sum / (double)(n - 1));
}

double sb_stat_quantile(const double *sorted, size_t n, double p)
{
    if (n == 0 || !(p >= 0 && p <= 1)) return NAN;
    const double at = (double)(n - 1) * p;
    const size_t i = (size_t)at;
    const double part = at - (double)i;
    if (part == 0 || i + 1 >= n || sorted[i] == sorted[i + 1]) return sorted[i];
    return sorted[i] + part * (sorted[i + 1] - sorted[i]);
}

sb_interval sb_stat_mean_interval(const double *x, size_t n, double level)
{
    if (n < 2) return (sb_interval){NAN, NAN, NAN};
    const double mean = sb_stat_mean(x, n), sd = sb_stat_sd(x, n);
    const double half = sb_stat_t_quantile(0.5 + level / 2, (double)(n - 1)) * sd / sqrt((double)n);
    return (sb_interval){mean - half, mean + half, level};
}

sb_interval sb_stat_median_interval(const double *sorted, size_t n, double level)
{
    if (n == 0) return (sb_interval){NAN, NAN, NAN};
    size_t k = 0;
    while (2 * (k + 1) <= n && 1 - 2 * sb_stat_binomial_half(n, k) >= level) k++;
    if (k == 0) return (sb_interval){NAN, NAN, fmax(0, 1 - 2 * sb_stat_binomial_half(n, 0))};
    return (sb_interval){sorted[k - 1], sorted[n - k], 1 - 2 * sb_stat_binomial_half(n, k - 1)};
}

static void count_signs(const double *d, sb_paired *out)
{
    for (size_t i = 0; i < out->pairs; i++) {
        out->above += d[i] > 0;
        out->equal += d[i] == 0;
        out->below += d[i] < 0;
    }
}

sb_status sb_stat_pair(const double *a, const double *b, size_t n, double level, sb_ctx *cx, sb_paired *out)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double *d = SB_NEW(cx->arena, n, double);
    if (!d) SB_FAIL(cx->err, SB_ENOMEM, "%zu paired differences", n);
    size_t pairs = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(a[i]) || isnan(b[i])) continue;
        d[pairs++] = a[i] == b[i] ? 0 : a[i] - b[i]; /* equal infinities differ by nothing */
    }
    sb_paired r = {.pairs = pairs, .missing = n - pairs, .mean = sb_stat_mean(d, pairs), .sd = sb_stat_sd(d, pairs),
                   .ci = sb_stat_mean_interval(d, pairs, level), .effect = NAN};
    if (r.sd > 0) r.effect = r.mean / r.sd;
    count_signs(d, &r);
    SB_TRY(sb_stat_sign_flip(d, pairs, cx, &r.p));
    sb_stat_sort(d, pairs);
    r.median = sb_stat_quantile(d, pairs, 0.5);
    sb_arena_rewind(cx->arena, mark);
    *out = r;
    return SB_OK;
}

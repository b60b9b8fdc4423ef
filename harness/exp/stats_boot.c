/* Bootstrap of the mean, and the normal distribution behind it. */
#include <math.h>

#include "stats.h"

double sb_stat_normal_cdf(double z) { return 0.5 * erfc(-z / M_SQRT2); }

double sb_stat_normal_quantile(double p)
{
    if (!(p > 0 && p < 1)) return NAN;
    double low = -40, high = 40;
    for (unsigned i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        if (sb_stat_normal_cdf(middle) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void sb_stat_resample(size_t n, const sb_ctx *cx, uint32_t *pick)
{
    sb_rng r = sb_ctx_stream(cx, "bootstrap");
    for (size_t i = 0; i < SB_STAT_BOOT * n; i++) pick[i] = (uint32_t)sb_rng_below(&r, n);
}

/* m[k] becomes what it would be if m were sorted, with nothing larger before it and nothing smaller behind it (Hoare's
 * selection). */
static double select_kth(double *m, size_t n, size_t k)
{
    for (size_t low = 0, high = n - 1; low < high;) {
        const double pivot = m[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;; i++, j--) {
            while (m[i] < pivot) i++;
            while (m[j] > pivot) j--;
            if (i >= j) break;
            const double v = m[i];
            m[i] = m[j];
            m[j] = v;
        }
        /* m[low..j] <= pivot <= m[j+1..high] */
        if (k <= j)
            high = j == high ? j - 1 : j;
        else
            low = j + 1;
    }
    return m[k];
}

/* sb_stat_quantile of values in any order, which are moved about. */
static double quantile_of(double *m, size_t n, double p)
{
    if (!(p >= 0 && p <= 1)) return NAN;
    const double at = (double)(n - 1) * p;
    const size_t i = (size_t)at;
    double pair[2] = {select_kth(m, n, i), INFINITY};
    if (i + 1 >= n) return pair[0];
    for (size_t j = i + 1; j < n; j++) pair[1] = fmin(pair[1], m[j]);
    const double part = at - (double)i;
    return part == 0 || pair[0] == pair[1] ? pair[0] : pair[0] + part * (pair[1] - pair[0]);
}

/* Where the level p of a normal interval falls among the resamples. */
static double adjusted(double p, double z0, double a)
{
    const double z = z0 + sb_stat_normal_quantile(p);
    return sb_stat_normal_cdf(z0 + z / (1 - a * z));
}

sb_status sb_stat_bootstrap_from(const double *x, size_t n, const uint32_t *pick, double level, sb_ctx *cx,
                                 sb_interval *out)
{
    const double mean = sb_stat_mean(x, n), sd = sb_stat_sd(x, n);
    *out = (sb_interval){NAN, NAN, level};
    if (n < 2 || !isfinite(sd) || !(level > 0 && level < 1)) return SB_OK;
    if (sd == 0) {
        out->low = out->high = mean;
        return SB_OK;
    }
    const size_t mark = sb_arena_mark(cx->arena);
    double *m = SB_NEW(cx->arena, SB_STAT_BOOT, double), below = 0, cubes = 0, squares = 0;
    if (!m) SB_FAIL(cx->err, SB_ENOMEM, "%d resampled means", SB_STAT_BOOT);
    for (size_t i = 0; i < SB_STAT_BOOT; i++, pick += n) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) sum += x[pick[j]];
        m[i] = sum / (double)n;
        below += m[i] < mean ? 1 : m[i] > mean ? 0 : 0.5;
    }
    for (size_t i = 0; i < n; i++) { /* the mean without x_i differs from the mean by (x_i - mean) / (n - 1) */
        const double d = x[i] - mean;
        squares += d * d;
        cubes += d * d * d;
    }
    const double share = fmin(fmax(below, 0.5), SB_STAT_BOOT - 0.5) / SB_STAT_BOOT;
    const double z0 = sb_stat_normal_quantile(share), a = cubes / (6 * pow(squares, 1.5)), tail = (1 - level) / 2;
    out->low = quantile_of(m, SB_STAT_BOOT, adjusted(tail, z0, a));
    out->high = quantile_of(m, SB_STAT_BOOT, adjusted(1 - tail, z0, a));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_stat_bootstrap(const double *x, size_t n, double level, sb_ctx *cx, sb_interval *out)
{
    const size_t mark = sb_arena_mark(cx->arena);
    uint32_t *pick = SB_NEW(cx->arena, SB_STAT_BOOT * n, uint32_t);
    if (!pick) SB_FAIL(cx->err, SB_ENOMEM, "%d resampled lists of %zu values", SB_STAT_BOOT, n);
    if (n) sb_stat_resample(n, cx, pick);
    SB_TRY(sb_stat_bootstrap_from(x, n, pick, level, cx, out));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Ranks over blocks: Friedman and Nemenyi. */
#include <math.h>

#include "stats.h"

/* P(range <= r): the largest of the k values is at z, the others lie within r below it. */
static double range_cdf(double r, size_t k)
{
    enum { STEPS = 2000 };
    const double low = -9, high = 9, step = (high - low) / STEPS;
    double sum = 0;
    for (unsigned i = 0; i <= STEPS; i++) { /* smooth and flat at both ends: the trapezoidal rule is exact enough */
        const double z = low + step * i, inside = sb_stat_normal_cdf(z) - sb_stat_normal_cdf(z - r);
        sum += exp(-z * z / 2) * pow(inside, (double)k - 1);
    }
    return (double)k * sum * step / sqrt(2 * M_PI);
}

double sb_stat_range_quantile(double alpha, size_t k)
{
    if (!(alpha > 0 && alpha < 1) || k < 2 || k > 1000) return NAN;
    double low = 0, high = 20;
    for (unsigned i = 0; i < 50; i++) {
        const double middle = (low + high) / 2;
        if (range_cdf(middle, k) < 1 - alpha)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* Adds the ranks of one block to rank and returns sum (t^3 - t) over its groups of t ties. */
static double rank_block(const double *score, size_t k, double *rank)
{
    double ties = 0;
    for (size_t i = 0; i < k; i++) {
        size_t less = 0, equal = 0;
        for (size_t j = 0; j < k; j++) {
            less += score[j] < score[i];
            equal += score[j] == score[i];
        }
        rank[i] += (double)less + ((double)equal + 1) / 2;
        ties += (double)equal * (double)equal - 1; /* t values of a group add t (t^2 - 1) */
    }
    return ties;
}

sb_status sb_stat_friedman(const double *score, size_t blocks, size_t k, double alpha, sb_ctx *cx, double *rank,
                           sb_friedman *out)
{
    double ties = 0, spread = 0;
    const double n = (double)blocks, q = (double)k;
    *out = (sb_friedman){NAN, NAN, NAN};
    for (size_t i = 0; i < blocks * k; i++)
        if (isnan(score[i])) SB_FAIL(cx->err, SB_EARG, "score %zu of block %zu is not a number", i % k, i / k);
    for (size_t i = 0; i < k; i++) rank[i] = 0;
    for (size_t b = 0; b < blocks; b++) ties += rank_block(score + b * k, k, rank);
    for (size_t i = 0; i < k; i++) {
        spread += (rank[i] - n * (q + 1) / 2) * (rank[i] - n * (q + 1) / 2);
        rank[i] /= n;
    }
    if (blocks < 2 || k < 2) return SB_OK;
    out->critical = sb_stat_range_quantile(alpha, k) / M_SQRT2 * sqrt(q * (q + 1) / (6 * n));
    const double scale = n * q * (q + 1) - ties / (q - 1);
    if (!(scale > 0)) return SB_OK; /* every block is one tie */
    out->chi2 = 12 * spread / scale;
    const double left = n * (q - 1) - out->chi2, df1 = q - 1, df2 = (q - 1) * (n - 1);
    const double f = (n - 1) * out->chi2 / left;
    out->p = left > 1e-12 * n * q ? sb_stat_beta(df2 / 2, df1 / 2, df2 / (df2 + df1 * f)) : 0;
    return SB_OK;
}

/* How many repeats it takes. */
#include <math.h>

#include "stats.h"

/* log of the density of v = log s, up to a constant, where df s^2 is chi-squared with df degrees of freedom; largest,
 * 0, at v = 0. */
static double log_density(double v, double df) { return df * (v - expm1(2 * v) / 2); }

/* Where the density has fallen by 40 in the log, on the side of `step`. */
static double edge(double df, double step)
{
    while (log_density(step, df) > -40) step *= 1.5;
    return step;
}

/* P(T > cut) of a noncentral t with df degrees of freedom: the mean over s of P(Z > cut s - shift). In log s the
 * integrand is smooth and falls off at both ends, where the trapezoidal rule converges geometrically. */
static double upper_tail(double cut, double shift, double df)
{
    const int steps = df < 8 ? 4000 : 256; /* few degrees of freedom: a long lower tail */
    const double low = edge(df, -1e-4), high = edge(df, 1e-4);
    double sum = 0, mass = 0;
    for (int i = 0; i <= steps; i++) {
        const double v = low + (high - low) * i / steps, w = exp(log_density(v, df));
        mass += w;
        sum += w * sb_stat_normal_cdf(shift - cut * exp(v));
    }
    return sum / mass;
}

double sb_stat_paired_power(size_t n, double sd, double difference, double alpha)
{
    if (n < 2 || !(sd >= 0 && alpha > 0 && alpha < 1) || isnan(difference)) return NAN;
    const double shift = fabs(difference) / sd * sqrt((double)n);
    if (!isfinite(shift)) return difference == 0 ? (double)NAN : 1;
    return upper_tail(sb_stat_t_quantile(1 - alpha / 2, (double)n - 1), shift, (double)n - 1);
}

static bool enough(size_t n, double sd, double difference, double alpha, double power)
{
    return sb_stat_sign_flip_floor(n) <= alpha && sb_stat_paired_power(n, sd, difference, alpha) >= power;
}

size_t sb_stat_repeats_needed(double sd, double difference, double alpha, double power)
{
    if (!(sd >= 0 && isfinite(sd / fabs(difference)) && alpha > 0 && alpha < 1 && power > 0.5 && power < 1)) return 0;
    /* with the variance known it would take this many; t adds a few */
    const double z = sb_stat_normal_quantile(1 - alpha / 2) + sb_stat_normal_quantile(power), ratio = sd / difference,
                 known = z * z * ratio * ratio;
    if (known > 1e6) return SIZE_MAX;
    size_t low = known > 3 ? (size_t)known - 1 : 1, step = 8;
    if (low > 1 && enough(low, sd, difference, alpha, power)) low = 1; /* low is not enough */
    size_t high = low + step;
    for (; !enough(high, sd, difference, alpha, power); high += step *= 2) {
        low = high;
        if (high > 1000000) return SIZE_MAX;
    }
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (enough(middle, sd, difference, alpha, power))
            high = middle;
        else
            low = middle;
    }
    return high;
}

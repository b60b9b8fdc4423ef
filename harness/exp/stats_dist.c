/* Distribution functions behind the intervals: incomplete beta, Student's t, the symmetric binomial. */
#include <float.h>
#include <math.h>

#include "stats.h"

static double log_gamma(double x)
{
    int sign; /* lgamma writes a global */
    return lgamma_r(x, &sign);
}

/* Odd and even coefficients of DLMF 8.17.22 (8.17.23). */
static double coefficient(double a, double b, double x, unsigned j)
{
    const double m = (double)(j / 2);
    if (j % 2) return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
}

/* 1/(1 + d1/(1 + d2/(1 + ...))) forwards, by the modified Lentz rule: ratios of successive numerators and
 * denominators. */
static double fraction(double a, double b, double x)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double value = 1, up = 1, down = 0;
    for (unsigned j = 1; j < 100000; j++) {
        const double c = coefficient(a, b, x, j);
        up = 1 + c / up;
        if (fabs(up) < tiny) up = tiny;
        down = 1 + c * down;
        if (fabs(down) < tiny) down = tiny;
        down = 1 / down;
        value *= up * down;
        if (fabs(up * down - 1) <= DBL_EPSILON) break;
    }
    return 1 / value;
}

/* I_x(a,b) with y = 1 - x given, so that neither end loses digits. */
static double beta_xy(double a, double b, double x, double y)
{
    if (!(x > 0)) return 0;
    if (!(y > 0)) return 1;
    const double log_x = x > 0.5 ? log1p(-y) : log(x), log_y = y > 0.5 ? log1p(-x) : log(y);
    const double front = exp(a * log_x + b * log_y + (log_gamma(a + b) - log_gamma(a) - log_gamma(b)));
    if (x <= (a + 1) / (a + b + 2)) return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, y) / b;
}

double sb_stat_beta(double a, double b, double x)
{
    if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return NAN;
    return beta_xy(a, b, x, 1 - x);
}

/* P(T > t), t >= 0 */
static double t_tail(double t, double df)
{
    return 0.5 * beta_xy(df / 2, 0.5, df / (df + t * t), t * t / (df + t * t));
}

double sb_stat_t_cdf(double t, double df)
{
    if (isnan(t) || !(df > 0)) return NAN;
    if (isinf(t)) return t > 0 ? 1 : 0;
    return t < 0 ? t_tail(-t, df) : 1 - t_tail(t, df);
}

/* The tail is convex and decreasing on t > 0, so Newton's method from 0 climbs to the root without passing it. */
static double t_upper(double q, double df)
{
    const double scale = exp(log_gamma((df + 1) / 2) - log_gamma(df / 2)) / sqrt(df * M_PI);
    double t = 0;
    for (unsigned step = 0; step < 2000; step++) {
        const double density = scale * exp(-(df + 1) / 2 * log1p(t * t / df));
        const double move = (t_tail(t, df) - q) / density;
        t += move;
        if (!(fabs(move) > 4 * DBL_EPSILON * t)) break;
    }
    return t;
}

double sb_stat_t_quantile(double p, double df)
{
    if (!(p > 0 && p < 1 && df > 0)) return NAN;
    if (p == 0.5) return 0;
    return p > 0.5 ? t_upper(1 - p, df) : -t_upper(p, df);
}

double sb_stat_binomial_half(size_t n, size_t k)
{
    if (k >= n) return 1;
    if (2 * k + 1 > n) return 1 - sb_stat_binomial_half(n, n - k - 1); /* symmetry: sum the shorter tail */
    double sum = 0, term = (double)n * -M_LN2;
    for (size_t i = 0; i <= k; i++) {
        sum += exp(term);
        term += log((double)(n - i) / (double)(i + 1));
    }
    return sum;
}

/* x with I_x(a, b) = p; the function increases in x. */
static double beta_quantile(double a, double b, double p)
{
    double low = 0, high = 1;
    for (unsigned step = 0; step < 200; step++) {
        const double middle = low + (high - low) / 2;
        if (middle == low || middle == high) break;
        if (sb_stat_beta(a, b, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

sb_interval sb_stat_rate_interval(size_t k, size_t n, double level)
{
    if (!n || k > n || !(level > 0 && level < 1)) return (sb_interval){NAN, NAN, level};
    const double tail = (1 - level) / 2, up = (double)k, left = (double)(n - k);
    return (sb_interval){k ? beta_quantile(up, left + 1, tail) : 0, k < n ? beta_quantile(up + 1, left, 1 - tail) : 1,
                         level};
}

/* Where variance comes from: a balanced nested layout. */
#include <math.h>

#include "stats.h"

double sb_stat_f_quantile(double p, double df1, double df2)
{
    if (!(p > 0 && p < 1 && df1 > 0 && df2 > 0)) return NAN;
    double low = -700, high = 700; /* of log F */
    for (unsigned i = 0; i < 80; i++) {
        const double middle = (low + high) / 2, f = df1 * exp(middle);
        if (sb_stat_beta(df1 / 2, df2 / 2, f / (f + df2)) < p)
            low = middle;
        else
            high = middle;
    }
    return exp((low + high) / 2);
}

/* Chi-squared over its degrees of freedom: F with so many in the denominator that it matters in the sixth digit. */
static double chi_ratio(double p, double df) { return sb_stat_f_quantile(p, df, 1e6); }

/* Interval for (outer - inner) / values: Ting et al. (1990), equations for one difference, as in Burdick & Graybill
 * (1992), section 3.3; both sides at (1 + confidence) / 2. */
static sb_interval difference_interval(const sb_component *outer, const sb_component *inner, double values,
                                       double confidence)
{
    const double tail = (1 - confidence) / 2, s1 = outer->ms, s2 = inner->ms;
    const double up = sb_stat_f_quantile(1 - tail, outer->df, inner->df),
                 down = sb_stat_f_quantile(tail, outer->df, inner->df);
    const double g1 = 1 - 1 / chi_ratio(1 - tail, outer->df), g2 = 1 - 1 / chi_ratio(1 - tail, inner->df),
                 h1 = 1 / chi_ratio(tail, outer->df) - 1, h2 = 1 / chi_ratio(tail, inner->df) - 1;
    const double g12 = ((up - 1) * (up - 1) - g1 * g1 * up * up - h2 * h2) / up,
                 h12 = ((1 - down) * (1 - down) - h1 * h1 * down * down - g2 * g2) / down;
    const double low = g1 * g1 * s1 * s1 + h2 * h2 * s2 * s2 + g12 * s1 * s2,
                 high = h1 * h1 * s1 * s1 + g2 * g2 * s2 * s2 + h12 * s1 * s2;
    return (sb_interval){fmax(0, (s1 - s2 - sqrt(fmax(0, low))) / values),
                         fmax(0, (s1 - s2 + sqrt(fmax(0, high))) / values), confidence};
}

/* The mean square of a factor's units about the units they lie in. */
static double mean_square(const double *x, size_t n, size_t units, size_t parents, sb_component *out)
{
    const size_t per_unit = n / units, per_parent = n / parents;
    double sum = 0;
    for (size_t u = 0; u < units; u++) {
        const double own = sb_stat_mean(x + u * per_unit, per_unit),
                     of = sb_stat_mean(x + u * per_unit / per_parent * per_parent, per_parent);
        sum += (own - of) * (own - of);
    }
    out->df = (double)(units - parents);
    return (double)per_unit * sum / out->df;
}

void sb_stat_nested(const double *x, const unsigned *level, size_t k, double confidence, sb_component *out)
{
    size_t n = 1, units = 1, last = SIZE_MAX;
    double sum = 0;
    for (size_t i = 0; i < k; i++) n *= level[i];
    for (size_t i = 0; i < k; i++) {
        out[i] = (sb_component){0, NAN, NAN, NAN, {NAN, NAN, confidence}};
        if (level[i] < 2) continue;
        out[i].ms = mean_square(x, n, units * level[i], units, &out[i]);
        units *= level[i];
    }
    for (size_t i = k; i-- > 0;) {
        sb_component *c = &out[i];
        if (level[i] < 2) continue;
        const double values = (double)n / (double)units;
        if (last == SIZE_MAX) {
            c->variance = c->ms;
            c->ci.low = c->ms / chi_ratio((1 + confidence) / 2, c->df);
            c->ci.high = c->ms / chi_ratio((1 - confidence) / 2, c->df);
        } else {
            c->variance = (c->ms - out[last].ms) / values;
            c->ci = difference_interval(c, &out[last], values, confidence);
        }
        sum += fmax(0, c->variance);
        units /= level[i];
        last = i;
    }
    for (size_t i = 0; i < k; i++)
        if (sum > 0 && level[i] > 1) out[i].share = fmax(0, out[i].variance) / sum;
}

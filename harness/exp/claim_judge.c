#include "claim_rule.h"

#include <math.h>
#include <string.h>

#include "stats.h"

enum { DRAWS_MEAN = 10000, DRAWS_SLOPE = 10000, REPEATS_INTERVAL = 100, REPEATS_UNBIASED = 20 };
static const double Z_999 = 3.2905267314919255; /* central 99.9% of the normal */

static sb_status sorted(const double *x, size_t n, sb_ctx *cx, double **out)
{
    *out = SB_NEW(cx->arena, n + 1, double);
    if (!*out) SB_FAIL(cx->err, SB_ENOMEM, "%zu values of a claim", n);
    memcpy(*out, x, n * sizeof *x);
    sb_stat_sort(*out, n);
    return SB_OK;
}

static sb_status judge_identity(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double allowed = isnan(c->tolerance) ? 0 : c->tolerance * fabs(c->value), low = s->x[0], high = s->x[0];
    if (isnan(c->tolerance) && c->value != 0)
        allowed = 0.5 * pow(10, floor(log10(fabs(c->value)) + 1e-12) + 1 - (double)c->digits) * (1 + 1e-9);
    bool same = true;
    for (size_t i = 0; i < s->n; i++) {
        low = fmin(low, s->x[i]);
        high = fmax(high, s->x[i]);
        same = same && fabs(s->x[i] - c->value) <= allowed;
    }
    sb_claim_show(row, low + (high - low) / 2, low, high);
    row->measured = low < high ? sb_claim_say(cx, "%.5g to %.5g", low, high) : sb_claim_say(cx, "%.5g", low);
    row->verdict = same ? SB_C_REPRODUCED : SB_C_CONTRADICTED;
    const char *const not = same ? "" : "not ";
    row->reason = isnan(c->tolerance) ? sb_claim_say(cx, "%sequal to %zu digits", not, c->digits)
                                      : sb_claim_say(cx, "%swithin %g%%", not, 100 * c->tolerance);
    return SB_OK;
}

/* Means (or medians) of `seeds` repeats drawn with replacement: the distribution of the published statistic. */
static sb_status bootstrap(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, double **out)
{
    double *draw = SB_NEW(cx->arena, DRAWS_MEAN, double), *some = SB_NEW(cx->arena, c->seeds, double);
    if (!draw || !some) SB_FAIL(cx->err, SB_ENOMEM, "bootstrap of %d draws", (int)DRAWS_MEAN);
    sb_rng rng = sb_ctx_stream(cx, "bootstrap");
    for (size_t i = 0; i < DRAWS_MEAN; i++) {
        for (size_t j = 0; j < c->seeds; j++) some[j] = s->x[sb_rng_below(&rng, s->n)];
        draw[i] = c->median ? sb_claim_median(some, c->seeds) : sb_stat_mean(some, c->seeds);
    }
    sb_stat_sort(draw, DRAWS_MEAN);
    *out = draw;
    return SB_OK;
}

static sb_status judge_statistic(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double *draw = NULL;
    SB_TRY(bootstrap(c, s, cx, &draw));
    const double low = sb_stat_quantile(draw, DRAWS_MEAN, 0.025), high = sb_stat_quantile(draw, DRAWS_MEAN, 0.975);
    const double far_low = sb_stat_quantile(draw, DRAWS_MEAN, 0.001);
    const double far_high = sb_stat_quantile(draw, DRAWS_MEAN, 0.999);
    sb_claim_show(row, sb_stat_quantile(draw, DRAWS_MEAN, 0.5), low, high);
    row->measured = sb_claim_say(cx, "%s of %zu: %.4g to %.4g", c->median ? "median" : "mean", c->seeds, low, high);
    /* A few repeats that happen to be equal would make the bootstrap's interval a point. */
    if (s->n < REPEATS_INTERVAL) {
        row->reason = sb_claim_say(cx, "%zu of %d repeats", s->n, (int)REPEATS_INTERVAL);
        return SB_OK;
    }
    const bool in = c->value >= low && c->value <= high, out = c->value < far_low || c->value > far_high;
    row->verdict = in ? SB_C_INSIDE : out ? SB_C_CONTRADICTED : SB_C_UNDECIDED;
    row->reason = in ? "inside the central 95%" : out ? "outside 99.8%" : "between 95% and 99.8%";
    return SB_OK;
}

static sb_status judge_range(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double *x = NULL;
    SB_TRY(sorted(s->x, s->n, cx, &x));
    const sb_interval near = sb_stat_median_interval(x, s->n, 0.95), wide = sb_stat_median_interval(x, s->n, 0.998);
    sb_claim_show(row, sb_stat_quantile(x, s->n, 0.5), near.low, near.high);
    row->measured = isnan(near.low) ? sb_claim_say(cx, "median %.4g", sb_stat_quantile(x, s->n, 0.5))
                                    : sb_claim_say(cx, "median %.4g [%.4g, %.4g]", sb_stat_quantile(x, s->n, 0.5),
                                                   near.low, near.high);
    const bool meets = near.low <= c->range[1] && near.high >= c->range[0];
    const bool apart = wide.low > c->range[1] || wide.high < c->range[0];
    /* The interval of a few repeats meets nearly every range; that it does not is still a proof. */
    row->verdict = apart ? SB_C_CONTRADICTED : s->n >= REPEATS_INTERVAL && meets ? SB_C_INSIDE : SB_C_UNDECIDED;
    row->reason = apart                     ? "the 99.8% interval of the median does not meet it"
                  : s->n < REPEATS_INTERVAL ? sb_claim_say(cx, "%zu of %d repeats", s->n, (int)REPEATS_INTERVAL)
                  : meets                   ? "the 95% interval of the median meets it"
                                            : "outside 95%, inside 99.8%";
    return SB_OK;
}

static sb_status judge_interval(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    return isnan(c->range[0]) ? judge_statistic(c, s, cx, row) : judge_range(c, s, cx, row);
}

static double binomial_at_most(size_t n, size_t k, double p)
{
    if (k >= n) return 1;
    if (p <= 0 || p >= 1) return p <= 0 ? 1 : 0;
    return sb_stat_beta((double)(n - k), (double)k + 1, 1 - p);
}

/* Nearly every probability agrees with a few repeats. Agreement counts where the 95% interval of the rate lies between
 * half and double the probability, or within a tenth of it where that is wider. */
static bool narrow(const sb_claim *c, sb_interval rate)
{
    const double low = fmin(c->value / 2, c->value - 0.1), high = fmax(2 * c->value, c->value + 0.1);
    return rate.high <= high && (c->at_most || rate.low >= low);
}

static sb_status judge_rate(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    size_t k = 0;
    for (size_t i = 0; i < s->n; i++) k += s->x[i] > (c->against_metric ? s->other[i] : c->above);
    const double below = binomial_at_most(s->n, k, c->value);
    const double above = k ? 1 - binomial_at_most(s->n, k - 1, c->value) : 1;
    const double p = c->at_most ? above : fmin(1, 2 * fmin(below, above));
    const double rate = (double)k / (double)s->n;
    const sb_interval ci = sb_stat_rate_interval(k, s->n, 0.95);
    const bool agrees = p >= (c->at_most ? 0.001 : 0.01), apart = p < (c->at_most ? 0.001 : 0.002);
    sb_claim_show(row, rate, ci.low, ci.high);
    row->measured = sb_claim_say(cx, "%zu of %zu, rate %.3g [%.3g, %.3g]", k, s->n, rate, ci.low, ci.high);
    row->verdict = apart                       ? SB_C_CONTRADICTED
                   : !agrees || !narrow(c, ci) ? SB_C_UNDECIDED
                   : c->at_most                ? SB_C_REPRODUCED
                                               : SB_C_INSIDE;
    const char *const what = c->at_most ? "this many or more at that rate: p" : "exact binomial p";
    row->reason =
        sb_claim_say(cx, "%s %.2g%s", what, p, agrees && !narrow(c, ci) ? ", but its interval is too wide" : "");
    return SB_OK;
}

/* Slope of log root mean square against log m by least squares. rng: errors drawn again within each budget; NULL: as
 * they are. y: room for one value a budget. NaN or infinite: a budget without error. */
static double slope_of(const sb_claim_sample *s, sb_rng *rng, double *y)
{
    double mx = 0, my = 0, xx = 0, xy = 0;
    for (size_t k = 0; k < s->points; k++) {
        const size_t first = s->first[k], n = s->first[k + 1] - first;
        double square = 0;
        for (size_t i = 0; i < n; i++) {
            const double e = s->x[first + (rng ? sb_rng_below(rng, n) : i)];
            square += e * e / (double)n;
        }
        y[k] = 0.5 * log(square);
        mx += s->log_m[k] / (double)s->points;
        my += y[k] / (double)s->points;
    }
    for (size_t k = 0; k < s->points; k++) {
        xx += (s->log_m[k] - mx) * (s->log_m[k] - mx);
        xy += (s->log_m[k] - mx) * (y[k] - my);
    }
    return xy / xx;
}

/* Errors are skewed, so the interval is that of a bootstrap within each budget. */
static sb_status judge_slope(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    if (s->points < 2) {
        row->verdict = s->n ? SB_C_UNDECIDED : SB_C_NOT_MEASURED;
        row->reason = "needs two budgets with results";
        return SB_OK;
    }
    double *draw = SB_NEW(cx->arena, DRAWS_SLOPE, double), *y = SB_NEW(cx->arena, s->points, double);
    if (!draw || !y) SB_FAIL(cx->err, SB_ENOMEM, "bootstrap of a slope");
    sb_rng rng = sb_ctx_stream(cx, "bootstrap");
    for (size_t i = 0; i < DRAWS_SLOPE; i++) draw[i] = slope_of(s, &rng, y);
    sb_stat_sort(draw, DRAWS_SLOPE);
    const double slope = slope_of(s, NULL, y), low = sb_stat_quantile(draw, DRAWS_SLOPE, 0.025);
    const double high = sb_stat_quantile(draw, DRAWS_SLOPE, 0.975);
    const double far_low = sb_stat_quantile(draw, DRAWS_SLOPE, 0.0005);
    const double far_high = sb_stat_quantile(draw, DRAWS_SLOPE, 0.9995);
    const double width = c->range[1] - c->range[0];
    const bool in = slope >= c->range[0] && slope <= c->range[1];
    const bool sure = low >= c->range[0] - width && high <= c->range[1] + width;
    const bool apart = far_low > c->range[1] || far_high < c->range[0];
    sb_claim_show(row, slope, low, high);
    row->measured = sb_claim_say(cx, "slope %.3f [%.3f, %.3f]", slope, low, high);
    row->verdict = in && sure ? SB_C_REPRODUCED : apart ? SB_C_CONTRADICTED : SB_C_UNDECIDED;
    row->reason = in && sure ? "inside, and its interval inside one three times as wide"
                  : in       ? "inside, but its interval is too wide"
                  : apart    ? "its 99.9% interval does not meet it"
                             : "outside, but its 99.9% interval is not";
    return SB_OK;
}

/* Wilson and Hilferty 1931: the cube root of chi-square / R is nearly normal. Below 59 repeats half the variance would
 * agree as well: that is no agreement. */
static sb_status judge_calibration(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double sum = 0;
    (void)c;
    for (size_t i = 0; i < s->n; i++) sum += (s->x[i] / s->other[i]) * (s->x[i] / s->other[i]);
    const double r = (double)s->n, v = 2 / (9 * r), z = (cbrt(sum / r) - (1 - v)) / sqrt(v);
    const bool sharp = 1 - v - Z_999 * sqrt(v) >= cbrt(0.5);
    sb_claim_show(row, sum / r, (double)NAN, (double)NAN);
    row->measured = sb_claim_say(cx, "mean square ratio %.3f, z %.2f", sum / r, z);
    row->verdict = !(fabs(z) <= Z_999) ? SB_C_CONTRADICTED : sharp ? SB_C_REPRODUCED : SB_C_UNDECIDED;
    row->reason = row->verdict == SB_C_CONTRADICTED ? "outside the central 99.9%"
                  : sharp                           ? "inside the central 99.9%"
                                                    : "inside, but half the variance would be so too";
    return SB_OK;
}

/* Each ratio has mean 0 and variance 1: their sum over the root of R is nearly normal. */
static sb_status judge_unbiased(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double sum = 0;
    (void)c;
    for (size_t i = 0; i < s->n; i++) sum += s->x[i] / s->other[i];
    const double z = sum / sqrt((double)s->n), mean = sum / (double)s->n, half = 1.959963984540054 / sqrt((double)s->n);
    sb_claim_show(row, mean, mean - half, mean + half);
    row->measured = sb_claim_say(cx, "mean %.3g standard errors of one draw, z %.2f", mean, z);
    const bool apart = !(fabs(z) <= Z_999), few = s->n < REPEATS_UNBIASED;
    row->verdict = apart ? SB_C_CONTRADICTED : few ? SB_C_UNDECIDED : SB_C_REPRODUCED;
    row->reason = apart ? "outside the central 99.9%"
                  : few ? sb_claim_say(cx, "%zu of %d repeats", s->n, (int)REPEATS_UNBIASED)
                        : "inside the central 99.9%";
    return SB_OK;
}

static bool wants_other(sb_claim_test test)
{
    return test == SB_TEST_ORDERING || test == SB_TEST_RATIO || test == SB_TEST_DIFFERENCE ||
           test == SB_TEST_CALIBRATION || test == SB_TEST_UNBIASED;
}

sb_status sb_claim_judge(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    static sb_status (*const rule[SB_TESTS])(const sb_claim *, const sb_claim_sample *, sb_ctx *, sb_claim_row *) = {
        [SB_TEST_IDENTITY] = judge_identity,    [SB_TEST_INTERVAL] = judge_interval,
        [SB_TEST_ORDERING] = sb_claim_ordering, [SB_TEST_RATE] = judge_rate,
        [SB_TEST_RATIO] = sb_claim_ratio,       [SB_TEST_DIFFERENCE] = sb_claim_difference,
        [SB_TEST_SLOPE] = judge_slope,          [SB_TEST_CALIBRATION] = judge_calibration,
        [SB_TEST_UNBIASED] = judge_unbiased,
    };
    row->claim = c;
    row->repeats = s->n;
    row->p = row->p_adjusted = row->gain = row->sd = row->value = row->low = row->high = (double)NAN;
    row->gain_ci = (sb_interval){(double)NAN, (double)NAN, 0};
    row->verdict = SB_C_UNDECIDED;
    row->measured = row->reason = "";
    if (wants_other(c->test) && !s->other && s->n) SB_BUG("claim '%s' without what it is compared with", c->id);
    if (!s->n && c->test != SB_TEST_SLOPE) {
        row->measured = "nothing";
        row->reason = "not run, or failed";
        row->verdict = SB_C_NOT_MEASURED;
        return SB_OK;
    }
    SB_TRY(rule[c->test](c, s, cx, row));
    if (row->verdict != SB_C_NOT_MEASURED) row->verdict = sb_claim_final(c, row->verdict);
    return SB_OK;
}

sb_claim_verdict sb_claim_final(const sb_claim *c, sb_claim_verdict judged)
{
    if (c->not_comparable) return SB_C_NOT_COMPARABLE;
    if (c->established == SB_RECALLED) return SB_C_UNCONFIRMED;
    if (c->established != SB_OURS) return judged;
    const bool yes = judged == SB_C_REPRODUCED || judged == SB_C_INSIDE;
    return yes ? SB_C_HOLDS : judged == SB_C_CONTRADICTED ? SB_C_FAILS : judged;
}

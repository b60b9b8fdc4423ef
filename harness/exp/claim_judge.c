#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "metric.h"
#include "stats.h"

enum { DRAWS_MEAN = 10000, DRAWS_RATIO = 2000, DRAWS_SLOPE = 10000, REPEATS_INTERVAL = 100, REPEATS_RATE = 20 };
static const double ALPHA = 0.05, Z_999 = 3.2905267314919255; /* central 99.9% of the normal */

static const char *say(sb_ctx *cx, const char *format, ...) SB_PRINTF(2, 3);
static const char *say(sb_ctx *cx, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = sb_str_copy(cx->arena, text, strlen(text));
    return copy ? copy : "";
}

static void show(sb_claim_row *row, double value, double low, double high)
{
    row->value = value;
    row->low = low;
    row->high = high;
}

static sb_status sorted(const double *x, size_t n, sb_ctx *cx, double **out)
{
    *out = SB_NEW(cx->arena, n + 1, double);
    if (!*out) SB_FAIL(cx->err, SB_ENOMEM, "%zu values of a claim", n);
    memcpy(*out, x, n * sizeof *x);
    sb_stat_sort(*out, n);
    return SB_OK;
}

static double middle(double *scratch, size_t n)
{
    sb_stat_sort(scratch, n);
    return sb_stat_quantile(scratch, n, 0.5);
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
    show(row, low + (high - low) / 2, low, high);
    row->measured = low < high ? say(cx, "%.5g to %.5g", low, high) : say(cx, "%.5g", low);
    row->verdict = same ? SB_C_REPRODUCED : SB_C_CONTRADICTED;
    const char *const not = same ? "" : "not ";
    row->reason = isnan(c->tolerance) ? say(cx, "%sequal to %zu digits", not, c->digits)
                                      : say(cx, "%swithin %g%%", not, 100 * c->tolerance);
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
        draw[i] = c->median ? middle(some, c->seeds) : sb_stat_mean(some, c->seeds);
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
    show(row, sb_stat_quantile(draw, DRAWS_MEAN, 0.5), low, high);
    row->measured = say(cx, "%s of %zu: %.4g to %.4g", c->median ? "median" : "mean", c->seeds, low, high);
    /* A few repeats that happen to be equal would make the bootstrap's interval a point. */
    if (s->n < REPEATS_INTERVAL) {
        row->reason = say(cx, "%d repeats are needed", (int)REPEATS_INTERVAL);
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
    show(row, sb_stat_quantile(x, s->n, 0.5), near.low, near.high);
    row->measured = say(cx, "median %.4g [%.4g, %.4g]", sb_stat_quantile(x, s->n, 0.5), near.low, near.high);
    if (isnan(near.low)) {
        row->reason = "too few repeats for an interval of the median";
        return SB_OK;
    }
    const bool meets = near.low <= c->range[1] && near.high >= c->range[0];
    const bool apart = wide.low > c->range[1] || wide.high < c->range[0];
    row->verdict = meets ? SB_C_INSIDE : apart ? SB_C_CONTRADICTED : SB_C_UNDECIDED;
    row->reason = meets   ? "the 95% interval of the median meets it"
                  : apart ? "the 99.8% interval of the median does not meet it"
                          : "outside 95%, inside 99.8% or too few repeats";
    return SB_OK;
}

static sb_status judge_interval(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    return isnan(c->range[0]) ? judge_statistic(c, s, cx, row) : judge_range(c, s, cx, row);
}

static sb_status judge_ordering(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    const double sign = sb_metrics[sb_metric_index(c->metric)].better == SB_HIGHER ? 1 : -1;
    double *gain = SB_NEW(cx->arena, s->n, double);
    if (!gain) SB_FAIL(cx->err, SB_ENOMEM, "%zu differences", s->n);
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const bool usable = !c->log || (s->x[i] > 0 && s->other[i] > 0);
        if (usable) gain[n++] = sign * (c->log ? log(s->x[i] / s->other[i]) : s->x[i] - s->other[i]);
    }
    row->repeats = n;
    row->gain = sb_stat_mean(gain, n);
    const sb_interval ci = sb_stat_mean_interval(gain, n, 0.95);
    const double sd = sb_stat_sd(gain, n);
    if (n >= 2) SB_TRY(sb_stat_sign_flip(gain, n, cx, &row->p));
    if (c->log)
        show(row, exp(row->gain), exp(ci.low), exp(ci.high));
    else
        show(row, row->gain, ci.low, ci.high);
    row->measured = c->log ? say(cx, "better by a factor %.4g [%.4g, %.4g]", exp(row->gain), exp(ci.low), exp(ci.high))
                           : say(cx, "better by %.4g [%.4g, %.4g]", row->gain, ci.low, ci.high);
    /* 80% power for the smallest effect at a two-sided 5%: (1.96 + 0.84)^2 = 7.85 */
    const double needed = c->effect > 0 ? ceil(7.85 * (sd / c->effect) * (sd / c->effect)) : (double)NAN;
    row->reason = isfinite(needed) ? say(cx, "%.0f repeats would show the smallest effect", fmax(needed, 6)) : "";
    return SB_OK;
}

static double binomial_at_most(size_t n, size_t k, double p)
{
    if (k >= n) return 1;
    if (p <= 0 || p >= 1) return p <= 0 ? 1 : 0;
    return sb_stat_beta((double)(n - k), (double)k + 1, 1 - p);
}

static sb_status judge_rate(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    size_t k = 0;
    for (size_t i = 0; i < s->n; i++) k += s->x[i] > (c->against_metric ? s->other[i] : c->above);
    const double below = binomial_at_most(s->n, k, c->value);
    const double above = k ? 1 - binomial_at_most(s->n, k - 1, c->value) : 1;
    show(row, (double)k / (double)s->n, (double)NAN, (double)NAN);
    row->measured = say(cx, "%zu of %zu (%.3g)", k, s->n, (double)k / (double)s->n);
    const bool few = s->n < REPEATS_RATE; /* nearly every rate agrees with a few repeats */
    if (c->at_most) {
        row->verdict = above >= 0.001 && few ? SB_C_UNDECIDED : above >= 0.001 ? SB_C_REPRODUCED : SB_C_CONTRADICTED;
        row->reason = say(cx, "this many or more at that rate: p %.2g", above);
        return SB_OK;
    }
    const double p = fmin(1, 2 * fmin(below, above));
    row->verdict = p >= 0.01 && few ? SB_C_UNDECIDED
                   : p >= 0.01      ? SB_C_INSIDE
                   : p < 0.002      ? SB_C_CONTRADICTED
                                    : SB_C_UNDECIDED;
    row->reason = say(cx, "exact binomial p %.2g", p);
    return SB_OK;
}

static void judge_inside(const sb_claim *c, double value, double low, double high, sb_claim_row *row)
{
    const bool in = value >= c->range[0] && value <= c->range[1];
    const bool sure = low >= c->outer[0] && high <= c->outer[1];
    const bool apart = low > c->range[1] || high < c->range[0];
    row->verdict = in && sure ? SB_C_REPRODUCED : apart ? SB_C_CONTRADICTED : SB_C_UNDECIDED;
    row->reason = in && sure ? "inside, and its interval inside the wider one"
                  : apart    ? (low > c->range[1] ? "the 95% interval lies above it" : "the 95% interval lies below it")
                  : in       ? "inside, but its interval is too wide"
                             : "outside, but its interval is not";
}

static sb_status judge_ratio(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    const size_t n = s->n;
    double *a = SB_NEW(cx->arena, n, double), *b = SB_NEW(cx->arena, n, double);
    double *draw = SB_NEW(cx->arena, DRAWS_RATIO, double);
    if (!a || !b || !draw) SB_FAIL(cx->err, SB_ENOMEM, "bootstrap of %zu pairs", n);
    memcpy(a, s->x, n * sizeof *a);
    memcpy(b, s->other, n * sizeof *b);
    const double ratio = middle(a, n) / middle(b, n);
    sb_rng rng = sb_ctx_stream(cx, "bootstrap");
    for (size_t i = 0; i < DRAWS_RATIO; i++) {
        for (size_t j = 0; j < n; j++) {
            const size_t at = sb_rng_below(&rng, n);
            a[j] = s->x[at];
            b[j] = s->other[at];
        }
        draw[i] = middle(a, n) / middle(b, n);
    }
    sb_stat_sort(draw, DRAWS_RATIO);
    const double low = sb_stat_quantile(draw, DRAWS_RATIO, 0.025), high = sb_stat_quantile(draw, DRAWS_RATIO, 0.975);
    show(row, ratio, low, high);
    row->measured = say(cx, "ratio of medians %.4g [%.4g, %.4g]", ratio, low, high);
    if (n < 6)
        row->reason = "too few repeats for an interval";
    else
        judge_inside(c, ratio, low, high, row);
    return SB_OK;
}

static sb_status judge_difference(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double *d = SB_NEW(cx->arena, s->n, double);
    if (!d) SB_FAIL(cx->err, SB_ENOMEM, "%zu differences", s->n);
    for (size_t i = 0; i < s->n; i++) d[i] = s->x[i] - s->other[i];
    const sb_interval ci = sb_stat_mean_interval(d, s->n, 0.95);
    show(row, sb_stat_mean(d, s->n), ci.low, ci.high);
    row->measured = say(cx, "difference %.4g [%.4g, %.4g]", sb_stat_mean(d, s->n), ci.low, ci.high);
    if (s->n < 2)
        row->reason = "too few repeats for an interval";
    else
        judge_inside(c, sb_stat_mean(d, s->n), ci.low, ci.high, row);
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
    const bool in = slope >= c->range[0] && slope <= c->range[1];
    const bool apart = far_low > c->range[1] || far_high < c->range[0];
    show(row, slope, low, high);
    row->measured = say(cx, "slope %.3f [%.3f, %.3f]", slope, low, high);
    row->verdict = in ? SB_C_REPRODUCED : apart ? SB_C_CONTRADICTED : SB_C_UNDECIDED;
    row->reason = in      ? "inside"
                  : apart ? "its 99.9% interval does not meet it"
                          : "outside, but its 99.9% interval is not";
    return SB_OK;
}

/* Wilson and Hilferty 1931: the cube root of chi-square / R is nearly normal. */
static sb_status judge_calibration(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double sum = 0;
    (void)c;
    for (size_t i = 0; i < s->n; i++) sum += (s->x[i] / s->other[i]) * (s->x[i] / s->other[i]);
    const double r = (double)s->n, v = 2 / (9 * r), z = (cbrt(sum / r) - (1 - v)) / sqrt(v);
    show(row, sum / r, (double)NAN, (double)NAN);
    row->measured = say(cx, "mean square ratio %.3f, z %.2f", sum / r, z);
    row->reason = "reproduced inside the central 99.9%";
    row->verdict = fabs(z) <= Z_999 ? SB_C_REPRODUCED : SB_C_CONTRADICTED;
    return SB_OK;
}

/* Each ratio has mean 0 and variance 1: their sum over the root of R is nearly normal. */
static sb_status judge_unbiased(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double sum = 0;
    (void)c;
    for (size_t i = 0; i < s->n; i++) sum += s->x[i] / s->other[i];
    const double z = sum / sqrt((double)s->n), mean = sum / (double)s->n, half = 1.959963984540054 / sqrt((double)s->n);
    show(row, mean, mean - half, mean + half);
    row->measured = say(cx, "mean %.3g standard errors of one draw, z %.2f", mean, z);
    row->reason = s->n < REPEATS_RATE ? say(cx, "%d repeats are needed", (int)REPEATS_RATE)
                                      : "reproduced inside the central 99.9%";
    row->verdict = s->n < REPEATS_RATE ? SB_C_UNDECIDED : fabs(z) <= Z_999 ? SB_C_REPRODUCED : SB_C_CONTRADICTED;
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
        [SB_TEST_IDENTITY] = judge_identity, [SB_TEST_INTERVAL] = judge_interval,
        [SB_TEST_ORDERING] = judge_ordering, [SB_TEST_RATE] = judge_rate,
        [SB_TEST_RATIO] = judge_ratio,       [SB_TEST_DIFFERENCE] = judge_difference,
        [SB_TEST_SLOPE] = judge_slope,       [SB_TEST_CALIBRATION] = judge_calibration,
        [SB_TEST_UNBIASED] = judge_unbiased,
    };
    row->claim = c;
    row->repeats = s->n;
    row->p = row->gain = row->value = row->low = row->high = (double)NAN;
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
    return judged;
}

sb_status sb_claims_order(sb_claim_row *row, size_t n, sb_ctx *cx)
{
    double *p = SB_NEW(cx->arena, n, double);
    if (!p) SB_FAIL(cx->err, SB_ENOMEM, "p values of %zu claims", n);
    for (size_t i = 0; i < n; i++) p[i] = row[i].claim->test == SB_TEST_ORDERING ? row[i].p : (double)NAN;
    SB_TRY(sb_stat_adjust_bh(p, n, cx, p));
    for (size_t i = 0; i < n; i++) {
        sb_claim_row *r = &row[i];
        if (r->claim->test != SB_TEST_ORDERING || isnan(p[i])) continue;
        const bool sure = p[i] < ALPHA;
        sb_claim_verdict v = SB_C_UNDECIDED;
        if (sure && r->gain >= r->claim->effect && r->gain > 0) v = SB_C_REPRODUCED;
        if (sure && r->gain < 0) v = SB_C_CONTRADICTED;
        r->verdict = sb_claim_final(r->claim, v);
        const bool small = sure && v == SB_C_UNDECIDED;
        r->reason = v == SB_C_UNDECIDED && !small
                        ? say(cx, "adjusted p %.2g; %s", p[i], r->reason)
                        : say(cx, "adjusted p %.2g%s", p[i], small ? ", below the smallest effect of interest" : "");
    }
    return SB_OK;
}

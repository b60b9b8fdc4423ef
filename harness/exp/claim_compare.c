/* Rules about two methods, paired by repeat: which is better, by what ratio of medians, by what difference. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "claim_rule.h"
#include "metric.h"
#include "words.h"

enum { DRAWS_RATIO = 2000, REPEATS_PAIRED = 6 /* below, no sign-flip test can reach .05 */, MOST_REPEATS = 10000 };
static const double ALPHA = 0.05, POWER = 0.8;

const char *sb_claim_say(sb_ctx *cx, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = sb_str_copy(cx->arena, text, strlen(text));
    return copy ? copy : "";
}

void sb_claim_show(sb_claim_row *row, double value, double low, double high)
{
    row->value = value;
    row->low = low;
    row->high = high;
}

double sb_claim_median(double *scratch, size_t n)
{
    sb_stat_sort(scratch, n);
    return sb_stat_quantile(scratch, n, 0.5);
}

static const sb_metric *metric_of(const sb_claim *c) { return &sb_metrics[sb_metric_index(c->metric)]; }

/* "better by 0.53 points [0.23, 0.83]", "worse by a factor 1.2 [1.1, 1.3]" */
static const char *in_words(const sb_claim *c, double gain, sb_interval ci, sb_ctx *cx)
{
    const bool worse = gain < 0;
    const double size = fabs(gain), low = worse ? -ci.high : ci.low, high = worse ? -ci.low : ci.high;
    const char *const word = worse ? "worse" : "better";
    if (c->log) return sb_claim_say(cx, "%s by a factor %.4g [%.4g, %.4g]", word, exp(size), exp(low), exp(high));
    if (sb_words_in_points(metric_of(c)))
        return sb_claim_say(cx, "%s by %.2f points [%.2f, %.2f]", word, 100 * size, 100 * low, 100 * high);
    return sb_claim_say(cx, "%s by %.4g [%.4g, %.4g]", word, size, low, high);
}

sb_status sb_claim_ordering(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    const double sign = metric_of(c)->better == SB_HIGHER ? 1 : -1;
    double *gain = SB_NEW(cx->arena, s->n, double);
    if (!gain) SB_FAIL(cx->err, SB_ENOMEM, "%zu differences", s->n);
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const bool usable = !c->log || (s->x[i] > 0 && s->other[i] > 0);
        if (usable) gain[n++] = sign * (c->log ? log(s->x[i] / s->other[i]) : s->x[i] - s->other[i]);
    }
    row->repeats = n;
    row->gain = sb_stat_mean(gain, n);
    row->sd = sb_stat_sd(gain, n);
    row->gain_ci = sb_stat_mean_interval(gain, n, 0.95);
    if (n >= 2) SB_TRY(sb_stat_sign_flip(gain, n, cx, &row->p));
    if (c->log)
        sb_claim_show(row, exp(row->gain), exp(row->gain_ci.low), exp(row->gain_ci.high));
    else
        sb_claim_show(row, row->gain, row->gain_ci.low, row->gain_ci.high);
    row->measured = in_words(c, row->gain, row->gain_ci, cx);
    row->reason = n < 2 ? "a single repeat has no spread" : "";
    return SB_OK;
}

static const char *needed(const sb_claim_row *r, double difference, const char *what, sb_ctx *cx)
{
    const size_t n = sb_stat_repeats_needed(r->sd, difference, ALPHA, POWER);
    if (!n) return "";
    return n > MOST_REPEATS ? sb_claim_say(cx, "; more than %d repeats would %s", (int)MOST_REPEATS, what)
                            : sb_claim_say(cx, "; %zu repeats would %s", n, what);
}

/* The claim says "by at least `effect`", so the interval is held against that, not against 0. */
static void order(sb_claim_row *r, double p, sb_ctx *cx)
{
    const sb_claim *const c = r->claim;
    const bool sure = p < ALPHA, up = sure && r->gain > 0, down = sure && r->gain < 0;
    const bool large = up && r->gain_ci.low >= c->effect && r->gain_ci.low > 0;
    const bool small = r->repeats >= REPEATS_PAIRED && r->gain_ci.high < c->effect;
    sb_claim_verdict v = large ? SB_C_REPRODUCED : down ? SB_C_CONTRADICTED : SB_C_UNDECIDED;
    if (small && c->established == SB_OURS) v = SB_C_CONTRADICTED; /* the question is answered: no */
    r->p_adjusted = p;
    r->verdict = sb_claim_final(c, v);
    const char *const what = large   ? "; the interval lies above the smallest effect"
                             : down  ? "; the order is reversed"
                             : small ? "; the interval lies below the smallest effect"
                             : up    ? needed(r, r->gain - c->effect, "tell it from the smallest effect", cx)
                                     : needed(r, c->effect, "show the smallest effect", cx);
    r->reason = sb_claim_say(cx, "adjusted p %.2g%s", p, what);
}

sb_status sb_claims_order(sb_claim_row *row, size_t n, sb_ctx *cx)
{
    double *p = SB_NEW(cx->arena, n, double);
    if (!p) SB_FAIL(cx->err, SB_ENOMEM, "p values of %zu claims", n);
    for (size_t i = 0; i < n; i++) p[i] = row[i].claim->test == SB_TEST_ORDERING ? row[i].p : (double)NAN;
    SB_TRY(sb_stat_adjust_bh(p, n, cx, p));
    for (size_t i = 0; i < n; i++)
        if (row[i].claim->test == SB_TEST_ORDERING && !isnan(p[i])) order(&row[i], p[i], cx);
    return SB_OK;
}

/* In `range`, with an interval inside `outer`; beyond `range` on the better side only where the claim has a word for
 * it. */
static void judge_inside(const sb_claim *c, double value, double low, double high, sb_claim_row *row)
{
    const bool in = value >= c->range[0] && value <= c->range[1];
    const bool sure = low >= c->outer[0] && high <= c->outer[1];
    const bool above = low > c->range[1], below = high < c->range[0];
    const bool better = c->or_better && (metric_of(c)->better == SB_HIGHER ? above : below);
    row->verdict = in && sure       ? SB_C_REPRODUCED
                   : better         ? SB_C_BETTER
                   : above || below ? SB_C_CONTRADICTED
                                    : SB_C_UNDECIDED;
    row->reason =
        in && sure ? "inside, and its interval inside the wider one"
        : above    ? (better ? "the 95% interval lies above it, on the better side" : "the 95% interval lies above it")
        : below    ? (better ? "the 95% interval lies below it, on the better side" : "the 95% interval lies below it")
        : in       ? "inside, but its interval is too wide"
                   : "outside, but its interval is not";
}

sb_status sb_claim_ratio(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    const size_t n = s->n;
    double *a = SB_NEW(cx->arena, n, double), *b = SB_NEW(cx->arena, n, double);
    double *draw = SB_NEW(cx->arena, DRAWS_RATIO, double);
    if (!a || !b || !draw) SB_FAIL(cx->err, SB_ENOMEM, "bootstrap of %zu pairs", n);
    memcpy(a, s->x, n * sizeof *a);
    memcpy(b, s->other, n * sizeof *b);
    const double ratio = sb_claim_median(a, n) / sb_claim_median(b, n);
    sb_rng rng = sb_ctx_stream(cx, "bootstrap");
    for (size_t i = 0; i < DRAWS_RATIO; i++) {
        for (size_t j = 0; j < n; j++) {
            const size_t at = sb_rng_below(&rng, n);
            a[j] = s->x[at];
            b[j] = s->other[at];
        }
        draw[i] = sb_claim_median(a, n) / sb_claim_median(b, n);
    }
    sb_stat_sort(draw, DRAWS_RATIO);
    const double low = sb_stat_quantile(draw, DRAWS_RATIO, 0.025), high = sb_stat_quantile(draw, DRAWS_RATIO, 0.975);
    sb_claim_show(row, ratio, low, high);
    row->measured = sb_claim_say(cx, "ratio of medians %.4g [%.4g, %.4g]", ratio, low, high);
    if (n < REPEATS_PAIRED)
        row->reason = sb_claim_say(cx, "%zu of %d repeats for an interval", n, (int)REPEATS_PAIRED);
    else
        judge_inside(c, ratio, low, high, row);
    return SB_OK;
}

sb_status sb_claim_difference(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row)
{
    double *d = SB_NEW(cx->arena, s->n, double);
    if (!d) SB_FAIL(cx->err, SB_ENOMEM, "%zu differences", s->n);
    for (size_t i = 0; i < s->n; i++) d[i] = s->x[i] - s->other[i];
    const sb_interval ci = sb_stat_mean_interval(d, s->n, 0.95);
    const double mean = sb_stat_mean(d, s->n);
    sb_claim_show(row, mean, ci.low, ci.high);
    row->measured =
        sb_words_in_points(metric_of(c))
            ? sb_claim_say(cx, "difference %+.2f points [%+.2f, %+.2f]", 100 * mean, 100 * ci.low, 100 * ci.high)
            : sb_claim_say(cx, "difference %.4g [%.4g, %.4g]", mean, ci.low, ci.high);
    if (s->n < 2)
        row->reason = "a single repeat has no spread";
    else
        judge_inside(c, mean, ci.low, ci.high, row);
    return SB_OK;
}

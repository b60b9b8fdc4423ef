/* The weighted sum of a selection against the total it stands for.
 *
 * Drawn with replacement from p, the estimator est = sum over the draws of l/(m p) has, with L the total,
 *     var(est) = sum_e p_e (l_e/p_e - L)^2 / m                                       = (sum l^2/p - L^2) / m
 *     P(|est - L| >= t) <= 2 exp(-m t^2 / (2 R L + 2 R t / 3)),   R = max l/p         (Bernstein; R = kappa Q)
 * Rows that are sure to be in (the first `certain` entries, weight 1) add no variance: L is then the total of the
 * others. A simple random sample without replacement has var n^2 (1 - m/n) s^2 / m, and the bound with p = 1/n holds
 * for it too (Hoeffding 1963, theorem 4). The variance is summed as squares, not as a difference: it can be exactly 0.
 */
#include "judge.h"

/* The positive root of u^2 = 2 b (1 + u/3). */
static double bernstein(double b) { return b / 3 + sqrt(b * b / 9 + 2 * b); }

/* p of row i, or 1/n */
static double chance(const sb_selection *s, size_t n, size_t i) { return s->prob ? s->prob[i] : 1 / (double)n; }

static double estimate(const sb_selection *s, const double *loss, size_t n)
{
    sb_total t = {0, 0};
    for (size_t i = 0; i < s->m; i++) sb_total_add(&t, s->weight ? s->weight[i] * loss[s->row[i]] : loss[s->row[i]]);
    return s->weight ? sb_total_value(t) : sb_total_value(t) * ((double)n / (double)s->m);
}

/* What the draws stand for: all rows but those that are sure to be in. */
typedef struct drawn {
    double draws;
    double total;   /* of the rows that can be drawn */
    double largest; /* l/p */
} drawn;

/* false: draws and sure rows together do not count every loss once, so the estimator is biased. The tolerance is that
 * of two sums of the same values in another order. */
static bool drawn_from(const sb_selection *s, const double *loss, size_t n, double total, drawn *out)
{
    sb_total open = {0, 0}, sure = {0, 0};
    *out = (drawn){.draws = (double)(s->m - s->certain)};
    for (size_t i = 0; i < s->certain; i++) sb_total_add(&sure, loss[s->row[i]]);
    for (size_t i = 0; i < n; i++) {
        const double p = chance(s, n, i);
        if (!(p > 0) || !(loss[i] > 0)) continue;
        sb_total_add(&open, loss[i]);
        out->largest = fmax(out->largest, loss[i] / p);
    }
    out->total = sb_total_value(open);
    return fabs(out->total + sb_total_value(sure) - total) <= 1e-14 * total && (out->draws > 0 || !(out->total > 0));
}

static double deviation(const sb_selection *s, const double *loss, size_t n, const drawn *d)
{
    sb_total t = {0, 0};
    if (!(d->total > 0)) return 0;
    if (s->prob) {
        for (size_t i = 0; i < n; i++) {
            const double p = s->prob[i], off = p > 0 ? loss[i] / p - d->total : 0;
            sb_total_add(&t, p * off * off);
        }
        return sqrt(sb_total_value(t) / d->draws);
    }
    if (n == s->m) return 0;
    for (size_t i = 0; i < n; i++) {
        const double off = loss[i] - d->total / (double)n;
        sb_total_add(&t, off * off);
    }
    return (double)n * sqrt((1 - d->draws / (double)n) * sb_total_value(t) / ((double)n - 1) / d->draws);
}

/* theorem and above: scores q = p Q of the rows that are not sure to be in; a row that cannot be drawn has score 0. The
 * comparison allows for the rounding of q / Q and back. */
static void scores(const sb_selection *s, const double *loss, size_t n, double total, double b, sb_approx *out)
{
    size_t above = 0;
    for (size_t i = 0; i < n; i++) above += loss[i] > s->prob[i] * s->score_sum * (1 + 1e-12);
    for (size_t i = 0; i < s->certain; i++) above -= loss[s->row[i]] > s->prob[s->row[i]] * s->score_sum * (1 + 1e-12);
    out->above = (double)above / (double)n;
    out->theorem = bernstein(b) * s->score_sum / total;
}

void sb_approx_losses(const sb_selection *s, const double *loss, size_t n, double delta, sb_approx *out)
{
    const double nan = (double)NAN;
    *out = (sb_approx){nan, nan, nan, nan, nan, nan};
    const double total = sb_judge_mean(loss, n) * (double)n;
    if (!(total > 0)) return;
    out->dev = (estimate(s, loss, n) - total) / total;
    out->err = fabs(out->dev);
    if (!s->prob && !s->simple_random) return;
    drawn d;
    const bool unbiased = drawn_from(s, loss, n, total, &d);
    const double b = log(2 / delta) / d.draws;
    if (unbiased) {
        out->sd = deviation(s, loss, n, &d) / total;
        out->bound = d.total > 0 ? bernstein(d.largest / d.total * b) * d.total / total : 0;
    }
    if (s->prob && s->score_sum > 0 && d.draws > 0) scores(s, loss, n, total, b, out);
}

/* The weighted sum of a selection against the total it stands for.
 *
 * Drawn with replacement from p, the estimator est = sum over the draws of l/(m p) has, with L the total,
 *     var(est) = sum_e p_e (l_e/p_e - L)^2 / m                                       = (sum l^2/p - L^2) / m
 *     P(|est - L| >= t) <= 2 exp(-m t^2 / (2 R L + 2 R t / 3)),   R = max l/p         (Bernstein; R = kappa Q)
 * A simple random sample without replacement has var n^2 (1 - m/n) s^2 / m, and the bound with p = 1/n holds for it too
 * (Hoeffding 1963, theorem 4). The variance is summed as squares, not as a difference: it can be exactly 0. */
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

static double deviation(const sb_selection *s, const double *loss, size_t n, double total)
{
    const double m = (double)s->m;
    sb_total t = {0, 0};
    if (s->prob) {
        for (size_t i = 0; i < n; i++) {
            const double p = s->prob[i], off = p > 0 ? loss[i] / p - total : 0;
            sb_total_add(&t, p * off * off);
        }
        return sqrt(sb_total_value(t) / m);
    }
    if (n == s->m) return 0;
    for (size_t i = 0; i < n; i++) {
        const double off = loss[i] - total / (double)n;
        sb_total_add(&t, off * off);
    }
    return (double)n * sqrt((1 - m / (double)n) * sb_total_value(t) / ((double)n - 1) / m);
}

/* theorem and above: scores q = p Q, so rows that cannot be drawn have score 0. The comparison allows for the rounding
 * of q / Q and back. */
static void scores(const sb_selection *s, const double *loss, size_t n, double total, double log_term, sb_approx *out)
{
    size_t above = 0;
    for (size_t i = 0; i < n; i++) above += loss[i] > s->prob[i] * s->score_sum * (1 + 1e-12);
    out->above = (double)above / (double)n;
    out->theorem = bernstein(log_term / (double)s->m) * s->score_sum / total;
}

void sb_approx_losses(const sb_selection *s, const double *loss, size_t n, double delta, sb_approx *out)
{
    *out = (sb_approx){(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    const double total = sb_judge_mean(loss, n) * (double)n, log_term = log(2 / delta);
    if (!(total > 0)) return;
    out->err = fabs(estimate(s, loss, n) - total) / total;
    if (!s->prob && !s->simple_random) return;
    bool reachable = true;
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        const double p = chance(s, n, i);
        if (loss[i] > 0 && !(p > 0))
            reachable = false;
        else if (loss[i] > 0)
            largest = fmax(largest, loss[i] / p);
    }
    if (reachable) {
        out->sd = deviation(s, loss, n, total) / total;
        out->bound = bernstein(largest / total * log_term / (double)s->m);
    }
    if (s->prob && s->score_sum > 0) scores(s, loss, n, total, log_term, out);
}

/* Statistics of repeats: location, spread, intervals, paired differences, an exact test, and the correction for many
 * tests. Plain functions on arrays of n finite or infinite values; NaN ("does not apply") is left out first, with
 * sb_stat_keep or, in pairs, by sb_stat_pair. Sums run in a fixed order, so equal input gives equal bits. */
#ifndef SB_EXP_STATS_H
#define SB_EXP_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selbench/ctx.h"

/* low and high are NaN where n is too small for the level asked; level: what the interval attains. */
typedef struct sb_interval {
    double low, high, level;
} sb_interval;

/* Copies the values that are not NaN into kept (room for n, may be x itself) and returns how many. */
size_t sb_stat_keep(const double *x, size_t n, double *kept);
void sb_stat_sort(double *x, size_t n); /* ascending, in place; no NaN */

double sb_stat_mean(const double *x, size_t n); /* NaN for n = 0 */
double sb_stat_sd(const double *x, size_t n);   /* divisor n - 1; NaN for n < 2 */
/* Quantile 0 <= p <= 1 of sorted values, linear between order statistics at 1 + (n-1)p (Hyndman & Fan 1996, type 7);
 * p = 0.5 is the median. NaN for n = 0. */
double sb_stat_quantile(const double *sorted, size_t n, double p);

/* mean -/+ t s/sqrt(n), t of n-1 degrees of freedom. NaN for n < 2. */
sb_interval sb_stat_mean_interval(const double *x, size_t n, double level);
/* Distribution-free interval for the median, [x_(k), x_(n+1-k)] with the largest k whose coverage
 * 1 - 2 P(Bin(n,1/2) < k) is at least level (David & Nagaraja 2003, section 7.1). No such k: NaN, and level is what the
 * whole range would attain. */
sb_interval sb_stat_median_interval(const double *sorted, size_t n, double level);

/* Regularised incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1 (DLMF 8.17.22, continued fraction). Relative
 * accuracy near 1e-13 for a, b up to some thousands. */
double sb_stat_beta(double a, double b, double x);
double sb_stat_t_cdf(double t, double df);      /* P(T <= t), df > 0 */
double sb_stat_t_quantile(double p, double df); /* 0 < p < 1; inverse of the above by Newton's method */
double sb_stat_binomial_half(size_t n, size_t k); /* P(Bin(n, 1/2) <= k) */
/* Interval of Clopper and Pearson (1934) for a probability of which k of n trials came out: the rates at which so many or
 * fewer, or so many or more, have half of 1 - level. NaN for n = 0. */
sb_interval sb_stat_rate_interval(size_t k, size_t n, double level);

/* Two-sided sign-flip test that the n differences are symmetric about zero: the share of the 2^n sign patterns whose
 * |sum| is at least the observed one, sums within 1e-9 of sum |d| counting as equal. Exact up to SB_STAT_EXACT values
 * (sorted sums of both halves, 2^(n/2) steps and memory); above, (1 + hits) / 65536 from 65535 patterns of the stream
 * cx->path "/signflip". p is NaN for n < 2 or a difference that is not finite. Scratch from cx->arena, given back.
 * SB_ENOMEM. */
enum { SB_STAT_EXACT = 32 };
sb_status sb_stat_sign_flip(const double *d, size_t n, sb_ctx *cx, double *p) SB_CHECKED;
/* The smallest p that n repeats can give: below it nothing can be shown, whatever the data. */
double sb_stat_sign_flip_floor(size_t n);

/* Benjamini & Hochberg (1995) adjusted p: min over p_j >= p_i of m p_j / rank_j, at most 1. NaN entries are no tests:
 * they stay NaN and do not count in m. adjusted may be p itself. SB_ENOMEM. */
sb_status sb_stat_adjust_bh(const double *p, size_t n, sb_ctx *cx, double *adjusted) SB_CHECKED;

/* The difference a - b over pairs; pairs with a NaN are left out and counted. */
typedef struct sb_paired {
    size_t pairs, missing;
    size_t above, equal, below; /* pairs with a > b, a = b, a < b */
    double mean, sd, median;
    double effect;              /* mean / sd of the differences; NaN when sd is 0 or pairs < 2 */
    sb_interval ci;             /* of the mean difference */
    double p;                   /* sign-flip test, unadjusted */
} sb_paired;
sb_status sb_stat_pair(const double *a, const double *b, size_t n, double level, sb_ctx *cx, sb_paired *out) SB_CHECKED;

/* P(a two-sided paired t test of n pairs at level alpha says "different", on the right side) when the mean difference is
 * `difference` and the differences have standard deviation sd: a tail of the noncentral t distribution. sd 0 and a
 * difference: 1. NaN: n < 2, a value out of range, both 0. Absolute accuracy near 1e-9. */
double sb_stat_paired_power(size_t n, double sd, double difference, double alpha);
/* Fewest pairs with at least this power (0.5 < power < 1), and with which the sign-flip test can reach alpha at all.
 * 0: cannot be told (NaN, difference 0); SIZE_MAX: more than a million. */
size_t sb_stat_repeats_needed(double sd, double difference, double alpha, double power);

double sb_stat_normal_cdf(double z);
double sb_stat_normal_quantile(double p); /* 0 < p < 1, by bisection on the above; NaN outside */

/* Bias-corrected and accelerated bootstrap interval of the mean (Efron 1987): SB_STAT_BOOT resamples from the stream
 * cx->path "/bootstrap", so equal names and values give equal bits; z0 from the share of resampled means below the mean
 * (ties half), acceleration from the jackknife. Equal values: the point itself. n < 2 or not finite: NaN. SB_ENOMEM. */
enum { SB_STAT_BOOT = 4095 };
sb_status sb_stat_bootstrap(const double *x, size_t n, double level, sb_ctx *cx, sb_interval *out) SB_CHECKED;
/* The same for many lists of n values: the resamples, SB_STAT_BOOT x n positions 0..n-1 (n >= 1), are drawn once. */
void sb_stat_resample(size_t n, const sb_ctx *cx, uint32_t *pick);
sb_status sb_stat_bootstrap_from(const double *x, size_t n, const uint32_t *pick, double level, sb_ctx *cx,
                                 sb_interval *out) SB_CHECKED;

double sb_stat_f_quantile(double p, double df1, double df2); /* 0 < p < 1, by bisection on the beta function */

/* Components of variance of a balanced nested layout: x holds level[0] x level[1] x ... x level[k-1] values, the last
 * index fastest. A factor with one level is left out: its line is NaN, df 0. By the method of moments: df, mean square ms,
 * variance = (ms - ms of the next factor inside) / values per unit, not cut at 0; the innermost is its own mean square.
 * ci: for the variance, cut at 0; the modified large-sample interval of Ting, Burdick, Graybill, Jeyaratnam & Lu (1990),
 * exact (chi-squared) for the innermost. share: of the sum of the variances, those below 0 counting as 0; NaN if all do.
 * out: k lines. Values must be finite. */
typedef struct sb_component {
    double df, ms, variance, share;
    sb_interval ci;
} sb_component;
void sb_stat_nested(const double *x, const unsigned *level, size_t k, double confidence, sb_component *out);

/* Friedman's test on score[blocks x k], lower is better, ties share their mean rank. rank[k]: mean ranks, 1 is best.
 * chi2 is corrected for ties; p is that of Iman & Davenport's F (1980). NaN for blocks < 2 or k < 2 or all tied.
 * critical: Nemenyi's difference of mean ranks at level alpha, q sqrt(k(k+1)/(6 blocks)) (Demsar 2006). */
typedef struct sb_friedman {
    double chi2, p, critical;
} sb_friedman;
sb_status sb_stat_friedman(const double *score, size_t blocks, size_t k, double alpha, sb_ctx *cx, double *rank,
                           sb_friedman *out) SB_CHECKED;
/* Upper quantile of the range of k standard normal values: P(range > q) = alpha. 2 <= k <= 1000. */
double sb_stat_range_quantile(double alpha, size_t k);

#endif

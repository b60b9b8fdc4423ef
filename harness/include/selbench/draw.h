/* Drawing rows by probability, and the weights that make each draw unbiased. */
#ifndef SELBENCH_DRAW_H
#define SELBENCH_DRAW_H

#include "selbench/ctx.h"

typedef enum sb_scheme {
    SB_WITH_REPLACEMENT, /* m independent draws from p; weight 1/(m p) each: unbiased */
    SB_POISSON,          /* each row by its own coin, pi = min(1, c p), mean size m; weight 1/pi: unbiased. A draw that
                            takes nothing is made again, and weights are (1 - P0)/pi, P0 = prod (1 - pi) <= e^-m its
                            probability: unbiased still, mean size m / (1 - P0). From m = 38 on P0 is below rounding */
    SB_PIPS,      /* fixed size m, inclusion pi = min(1, c p) (systematic on a random order); weight 1/pi: unbiased */
    SB_SUCCESSIVE /* m distinct rows drawn one after another; weight 1/(m p) is BIASED: offered to reproduce papers */
} sb_scheme;
extern const char *const sb_scheme_words[]; /* for option rows, in the order of the enum, ended by NULL */

/* score: n values >= 0, finite. p = (1 - floor) score / sum + floor / n, written (n values). *zeros (or NULL): rows
 * with p = 0. All scores zero: p is uniform. SB_ENUM: a score is negative, NaN or infinite (message names the row).
 * SB_EARG: floor outside 0..1, or n = 0. */
sb_status sb_draw_probabilities(const double *score, size_t n, double floor, double *p, size_t *zeros,
                                sb_ctx *cx) SB_CHECKED;

/* pi = min(1, c p) with sum m, by fixing those at 1 and rescaling the rest. SB_EARG: fewer than m rows have p > 0. */
sb_status sb_draw_inclusion(const double *p, size_t n, size_t m, double *pi, sb_ctx *cx) SB_CHECKED;

/* Draws from p (sum 1). row and weight have room for n entries (Poisson may need them) or m (else); *got rows written.
 * Draws with replacement use the cumulative sum, O(n + m log n); successive uses Gumbel keys. Order of the rows: as
 * drawn; ascending (Poisson); the certain ones, then along a random order (pips). Without replacement: SB_EARG when
 * fewer than m rows have p > 0. SB_ENUM: p negative or NaN. */
sb_status sb_draw(sb_scheme scheme, const double *p, size_t n, size_t m, sb_rng *rng, sb_ctx *cx, uint32_t *row,
                  double *weight, size_t *got) SB_CHECKED;

/* Quotas that sum to m, proportional to size[g] (groups values), by largest remainder, none above size[g]. m <= sum. */
void sb_draw_quotas(const size_t *size, size_t groups, size_t m, size_t *quota);

#endif

/* Numbers and comparisons as a reader wants them: the same digits in every table, sentence and plot. */
#ifndef SB_EXP_WORDS_H
#define SB_EXP_WORDS_H

#include "summary.h"

enum { SB_WORDS = 64 };
typedef struct sb_words {
    char text[SB_WORDS];
} sb_words;

int sb_words_digits(double v);                 /* decimals that show four significant digits of v */
/* Decimals for a mean: two digits of the interval's half width, but three or four of the mean. */
int sb_words_mean_digits(double mean, sb_interval ci);
/* Fixed decimals; very large and very small values with an exponent; NaN is "n/a". */
sb_words sb_words_number(double v, int digits);
/* With its unit: "12.3 MB", "0.41 s", "60,000"; fractions and plain numbers as they are. */
sb_words sb_words_value(double v, const char *unit);
sb_words sb_words_p(double p);                 /* "0.012", "<0.0001", "n/a" */
sb_words sb_words_count(size_t n);             /* "60,000" */
sb_words sb_words_interval(sb_interval ci, int digits); /* "0.80 to 0.83"; "" when there is none */

/* A difference in the metric's own way: test-set fractions in points ("+0.80"), the rest as they are ("−0.0012"). */
bool sb_words_in_points(const sb_metric *m);
sb_words sb_words_change(const sb_metric *m, double difference, int digits); /* with its sign */
sb_words sb_words_change_interval(const sb_metric *m, sb_interval ci, int digits);
int sb_words_change_digits(const sb_metric *m, const sb_paired *d);

const char *sb_verdict_mark(sb_verdict v);     /* "+", "−", "~", "" */

/* "fashion-mnist (raw, softmax)"; NULL: no memory. */
const char *sb_words_group(const sb_group *g, sb_arena *a);

#endif

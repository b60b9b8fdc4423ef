/* Claims: published statements with their number and source, written beside the experiment and checked by its run.
 * A claim names a test and where it applies; it gives one row per (data, embedding, model, budget, method) that it
 * covers, each with its own verdict: never one word for all. */
#ifndef SB_EXP_CLAIM_H
#define SB_EXP_CLAIM_H

#include "config.h"
#include "results.h"
#include "stats.h"
#include "str.h"

/* How well what is claimed is known. */
typedef enum sb_established {
    SB_VERIFIED, /* read in the paper's abstract, public code or result files */
    SB_RERUN,    /* measured again by following the specification */
    SB_DERIVED,  /* follows from formulas: nobody published it, and it must come out */
    SB_OURS,     /* our question, without a published answer: holds or does not hold, and either is fine */
    SB_RECALLED  /* second-hand: never judged, shown as "unconfirmed source" */
} sb_established;

typedef enum sb_claim_test {
    SB_TEST_IDENTITY, /* every repeat equals `value` to `digits` digits, or within the relative `tolerance` */
    SB_TEST_INTERVAL, /* `value`, a mean (or median) of `seeds` repeats, in the bootstrap distribution of such means;
                       * or: the interval of our median meets the interval `range` */
    SB_TEST_ORDERING, /* `method` better than `against` by `effect` at least, paired; the difference is of logarithms
                       * with `log`; p adjusted over the ordering rows of the run */
    SB_TEST_RATE,     /* share of repeats above `above` (or above against_metric), against the probability `value` (or,
                       * with at_most, one that is not larger) */
    SB_TEST_RATIO,    /* median of method / median of against in `range`, its 95% interval inside `outer` */
    SB_TEST_DIFFERENCE,  /* mean paired difference method - against in `range`, its 95% interval inside `outer` */
    SB_TEST_SLOPE,       /* slope of log root mean square against log m over the budgets, in `range` */
    SB_TEST_CALIBRATION, /* sum over repeats of (metric / against_metric)^2 is chi-square of R degrees of freedom */
    SB_TEST_UNBIASED,    /* mean over repeats of metric / against_metric (a signed error and its sd) is 0 */
    SB_TESTS
} sb_claim_test;
extern const char *const sb_claim_test_words[]; /* ended by NULL, as the two below */
extern const char *const sb_established_words[];

typedef enum sb_claim_verdict {
    SB_C_REPRODUCED,
    SB_C_INSIDE,
    SB_C_HOLDS,  /* of a question of ours */
    SB_C_BETTER, /* beyond the range on the metric's better side, where the claim has `or_better` */
    SB_C_CONTRADICTED,
    SB_C_FAILS, /* a question of ours is answered: no */
    SB_C_NOT_COMPARABLE,
    SB_C_UNCONFIRMED,
    SB_C_UNDECIDED,
    SB_C_NOT_MEASURED /* the run has no such cell, or has not come to it */
} sb_claim_verdict;
extern const char *const sb_claim_verdict_words[];
enum { SB_CLAIM_VERDICTS = 10 };

/* Names that must match; n 0: all that the run has. */
typedef struct sb_names {
    size_t n;
    const char **item;
} sb_names;

typedef struct sb_claim {
    const char *id, *statement, *published, *source; /* published: as printed; NULL: none */
    const char *question;       /* what the page's answer says this claim is about; NULL: not part of it */
    const char *not_comparable; /* why the value cannot be judged; NULL: it can */
    sb_established established;
    sb_claim_test test;
    const char *metric, *against, *against_metric; /* the last two NULL unless the test wants them */
    sb_names data, embedding, model, budget, method;
    double value, tolerance, above, effect; /* NaN: not given */
    double range[2], outer[2];              /* NaN: not given */
    size_t digits, seeds;                   /* 0: not given */
    bool log, median, at_most, or_better;
    const sb_yaml *at; /* for messages */
} sb_claim;

typedef struct sb_claims {
    size_t n;
    const sb_claim *claim;
} sb_claims;

/* Reads the list under `claims:` (NULL: none). `values` or `ranges`, one per name of `budget`, give one claim each.
 * SB_ECONFIG names file:line:column: an unknown key or metric, a test without what it needs, an id used twice. */
sb_status sb_claims_parse(const sb_yaml *list, sb_ctx *cx, sb_claims *out) SB_CHECKED;
/* SB_ECONFIG: a claim names a data set, embedding, model, budget or method that no bench has. */
sb_status sb_claims_check(const sb_claims *c, const sb_bench *bench, size_t benches, sb_ctx *cx) SB_CHECKED;
/* The claims of a config file, or of the copy in a run folder. */
sb_status sb_claims_read(const char *path, sb_ctx *cx, sb_claims *out) SB_CHECKED;

/* What a rule needs: n values of the method, in pairs with the other method's or metric's where there is one. NaN and
 * failed repeats are left out before. */
typedef struct sb_claim_sample {
    size_t n;
    const double *x;
    const double *other; /* the same repeats of `against` or `against_metric`, or NULL */
    size_t points;       /* slope: budgets; x holds the errors of one behind those of the other */
    const double *log_m; /* of each budget */
    const size_t *first; /* points + 1: where its errors begin */
} sb_claim_sample;

typedef struct sb_claim_row {
    const sb_claim *claim;
    const char *data;           /* NULL: nowhere */
    const char *where, *method; /* "gas (standardise, ridge) m=200" */
    size_t setting;             /* of the results; the first of a slope; SIZE_MAX: nowhere */
    size_t repeats;
    const char *measured, *reason;
    double value, low, high; /* what `measured` says, for the plot; NaN: none */
    sb_claim_verdict verdict;
    /* Orderings, NaN otherwise: sign-flip p before and after the correction; mean gain (above 0: better), its standard
     * deviation and 95% interval, in the metric's unit or of logarithms. */
    double p, p_adjusted, gain, sd;
    sb_interval gain_ci;
} sb_claim_row;

/* Judges one sample: fills repeats, measured, reason, p, gain and the verdict (an ordering stays undecided until
 * sb_claims_order has adjusted p over all of them). Agreement needs as many repeats as could have shown the opposite; a
 * contradiction needs no more than its own. Bootstrap draws come from cx->path "/bootstrap". */
sb_status sb_claim_judge(const sb_claim *c, const sb_claim_sample *s, sb_ctx *cx, sb_claim_row *row) SB_CHECKED;
/* Benjamini-Hochberg over the ordering rows, then their verdicts: reproduced where adjusted p is below .05 and the 95%
 * interval lies above the smallest effect, contradicted where the order is reversed with such a p. */
sb_status sb_claims_order(sb_claim_row *row, size_t n, sb_ctx *cx) SB_CHECKED;
/* Recalled and not comparable claims are not judged, whatever the rule says; questions of ours have their own words. */
sb_claim_verdict sb_claim_final(const sb_claim *c, sb_claim_verdict judged);

/* All rows of all claims, in config order. */
sb_status sb_claims_apply(const sb_claims *c, const sb_results *r, sb_ctx *cx, sb_claim_row **row,
                          size_t *rows) SB_CHECKED;

#endif

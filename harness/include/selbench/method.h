/* A selection method is one const struct in one file of methods/: `const sb_method sb_method_NAME` in NAME.c.
 * The build finds the file; listing, checking, documenting and testing follow from the struct. */
#ifndef SELBENCH_METHOD_H
#define SELBENCH_METHOD_H

#include <stdbool.h>

#include "selbench/param.h"
#include "selbench/task.h"

/* The number of this interface: raised with every change of sb_method, sb_selection, sb_task or sb_ctx, so that a
 * plug-in made for another one is refused by name. 2: formula, cost, variants; sb_ctx.drawn; abi comes first. */
enum { SB_METHOD_ABI = 2, SB_NOTES_MAX = 24 };

typedef enum sb_traits {
    SB_RANDOM = 1u << 0,   /* draws; otherwise repeats of equal data are equal */
    SB_WEIGHTED = 1u << 1, /* may return weights */
    SB_PREFIX = 1u << 2,   /* the first m' rows are the answer for budget m' <= m, for any m */
    SB_MULTISET = 1u << 3, /* may return a row more than once */
    SB_ANCHOR = 1u << 4,   /* a point of reference (full data, best of R), not a contender */
    SB_ANY_SIZE = 1u << 5  /* may return another number of rows than asked (full; Poisson sampling) */
} sb_traits;

/* A number that explains a selection ("phi", "lambda"): recorded, shown in reports, never compared with a bound here.
 */
typedef struct sb_note {
    const char *name;
    double value;
} sb_note;

/* Filled by select; memory from cx->arena. row has room for max(budget, n) entries when select is called. */
typedef struct sb_selection {
    size_t m;           /* rows selected */
    uint32_t *row;      /* in order of selection */
    double *weight;     /* m weights that estimate the TOTAL over n rows (sum_i w_i f_i ~ sum over all f), or NULL:
                           the method gives none and every row stands for n/m rows. When the warm-up joins, its
                           rows stand for themselves (weight 1) and these weights for the total over all others */
    const double *prob; /* n draw probabilities (sum 1) if rows were drawn with replacement with weight 1/(m p), or
                           NULL: lets the harness state the exact standard error and the bound */
    size_t certain;     /* first entries that were not drawn but are sure to be in, with weight 1 and prob 0 (distinct;
                           a warm-up that joins, medoids): prob is about the m - certain draws that follow */
    bool simple_random; /* every m-subset of the n rows was equally likely and weight is NULL: lets the harness state
                           the exact standard error of sampling without replacement */
    double score_sum;   /* Q = sum q of the scores behind prob, in units of loss; 0: unknown */
    size_t notes;
    sb_note note[SB_NOTES_MAX];
} sb_selection;

typedef struct sb_method {
    unsigned abi;                        /* SB_METHOD_ABI; first, so that it can be read whatever follows */
    const char *name, *summary, *source; /* source: paper and algorithm or equation number */
    const char *formula;                 /* the rule, enough to check a pick by hand; lines end with a line feed */
    const char *cost;                    /* operations and bytes in n, d, c, m; the limit, if it refuses above one */
    const char *variants;                /* other forms in papers and public code: which are here, how they differ */
    unsigned needs;                      /* sb_needs */
    unsigned traits;                     /* sb_traits */
    size_t option_size;
    const sb_param *options;
    /* What depends on the embedding only; timed apart; once for all budgets of a repeat. May be NULL. The task has no
     * warm-up rows and answers no query here. */
    sb_status (*prepare)(const sb_task *task, const void *options, sb_ctx *cx, void **state);
    /* budget: rows asked for, 1..n (without the warm-up rows when these join the selection). The warm-up rows may be
     * chosen only when !task->warm_joins. */
    sb_status (*select)(const sb_task *task, const void *options, void *state, size_t budget, sb_ctx *cx,
                        sb_selection *out);
} sb_method;

/* Adds a note; extra ones beyond SB_NOTES_MAX are an SB_BUG. name: a literal. */
void sb_selection_note(sb_selection *s, const char *name, double value);

#endif

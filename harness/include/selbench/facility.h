/* Greedy maximisation of the facility-location function f(S) = sum_i max_{j in S} s_ij, f(empty) = 0, s >= 0. */
#ifndef SELBENCH_FACILITY_H
#define SELBENCH_FACILITY_H

#include "selbench/pairs.h"

typedef enum sb_greedy {
    SB_GREEDY_LAZY,  /* a gain is worked out again only when its row is on top; the same picks as naive, bit for bit */
    SB_GREEDY_NAIVE, /* all gains at every pick: the reference */
    SB_GREEDY_STOCHASTIC /* the best of -ln(eps) n / m rows drawn for every pick */
} sb_greedy;
extern const char *const sb_greedy_words[]; /* for option rows */

typedef struct sb_facility_options {
    sb_greedy greedy;
    double eps; /* stochastic */
    sb_similarity similarity;
    double shift;     /* added to every similarity */
    bool second;      /* the second pick is the lowest member that may be chosen, whatever its gain: a known slip */
    size_t memory_mb; /* limit for the n x n float32 similarities */
} sb_facility_options;

/* Positions 0..n-1 of the members of p. */
typedef struct sb_facility {
    uint32_t *pick; /* m positions, in order of their picking */
    double *gain;   /* m: what each added to f */
    uint32_t *best; /* n: index into pick of each member's most similar pick (the earliest among equals) */
    size_t *count;  /* m: members that each pick represents best */
    double value;   /* f of the picks and of the members that were in at first */
    uint64_t gains; /* how many gains were worked out */
} sb_facility;

/* Picks m of the members with out[i] = 0; those with in[i] != 0 (in may be NULL) count as picked already and are not
 * represented by picks that are not strictly more similar (best = UINT32_MAX for what they represent). Every gain is a
 * sum in float64 in a fixed order, so that gains never grow with S, bits included; ties: the lowest position.
 * rng: stochastic only. Memory 4 n^2 bytes, and that of sb_pairs_matrix for a while. Cost n^2 d for the similarities,
 * then n per gain. SB_SKIP: the similarities do not fit into memory_mb (message says how much they need). SB_ENOMEM. */
sb_status sb_facility_greedy(const sb_pairs *p, const sb_facility_options *o, const unsigned char *in, size_t m,
                             sb_rng *rng, sb_ctx *cx, sb_facility *out) SB_CHECKED;

#endif

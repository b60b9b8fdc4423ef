/* Named random streams: a value made from (experiment seed, path) by SHA-256 and the counter-based generator
 * Philox4x64-10 (Salmon et al. 2011, library Random123). No state is shared; copying a stream repeats its draws.
 * The draw code is frozen: tests/unit/test_rng.c pins values. */
#ifndef SELBENCH_RNG_H
#define SELBENCH_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct sb_rng {
    uint64_t key[2];
    uint64_t block; /* number of the next block of four words */
    uint64_t word[4];
    unsigned left;  /* words of the block not yet used */
} sb_rng;

sb_rng sb_rng_stream(uint64_t seed, const char *path);

uint64_t sb_rng_u64(sb_rng *r);
double sb_rng_unit(sb_rng *r);                     /* [0, 1), 53 bits */
double sb_rng_open(sb_rng *r);                     /* (0, 1): never 0, for logarithms */
size_t sb_rng_below(sb_rng *r, size_t n);          /* uniform on 0..n-1, n >= 1, by rejection */
double sb_rng_normal(sb_rng *r);                   /* N(0,1), polar method, two words or more; nothing is kept back */
double sb_rng_gumbel(sb_rng *r);                   /* -log(-log U) */

/* In place, Fisher-Yates, forward: i = 0..m-1 swaps with a row in i..n-1. The first m entries are a uniform ordered
 * sample without replacement and do not depend on m beyond their own number (a larger m extends a smaller one). */
void sb_rng_shuffle(sb_rng *r, uint32_t *v, size_t n, size_t m);

#endif

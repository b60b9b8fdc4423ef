/* The published random stream on which NumPy's default_rng(seed) rests: PCG64 XSL-RR (O'Neill 2014), seeded by
 * SeedSequence, normals by a ziggurat of 256 layers (Marsaglia & Tsang 2000). Only for generators that must redo a
 * published data set draw by draw; everything else draws from sb_ctx_stream. Values equal NumPy's; the last bit of a
 * normal in the tail may differ with the rounding of libm. */
#ifndef SELBENCH_PCG64_H
#define SELBENCH_PCG64_H

#include <stdbool.h>
#include <stdint.h>

typedef struct sb_pcg64 {
    uint64_t state[2], inc[2]; /* 128-bit values, high half first */
    bool kept;                 /* half is the high part of an output whose low part was handed out */
    uint32_t half;
    uint64_t used; /* 64-bit outputs so far */
} sb_pcg64;

sb_pcg64 sb_pcg64_seed(uint32_t seed);

uint64_t sb_pcg64_u64(sb_pcg64 *g);
uint32_t sb_pcg64_u32(sb_pcg64 *g);                                /* low half first, then the kept high half */
double sb_pcg64_unit(sb_pcg64 *g);                                 /* [0, 1), 53 bits */
int64_t sb_pcg64_between(sb_pcg64 *g, int64_t low, uint32_t size); /* low .. low + size - 1; size 1 draws nothing */

/* Tables of the ziggurat: filled once by sb_ziggurat_init, then read-only. */
typedef struct sb_ziggurat {
    uint64_t k[256];
    double w[256], f[256];
} sb_ziggurat;

void sb_ziggurat_init(sb_ziggurat *z);
double sb_pcg64_normal(sb_pcg64 *g, const sb_ziggurat *z); /* N(0, 1) */

#endif

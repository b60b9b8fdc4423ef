#include "selbench/pcg64.h"

#include <math.h>
#include <stddef.h>

__extension__ typedef unsigned __int128 u128;

static u128 wide(const uint64_t word[2]) { return ((u128)word[0] << 64) | word[1]; }

static void narrow(u128 value, uint64_t word[2])
{
    word[0] = (uint64_t)(value >> 64);
    word[1] = (uint64_t)value;
}

static void step(sb_pcg64 *g)
{
    static const uint64_t multiplier[2] = {2549297995355413924u, 4865540595714422341u};
    narrow(wide(g->state) * wide(multiplier) + wide(g->inc), g->state);
}

/* ---- SeedSequence: one 32-bit seed word spread over a pool of four, and the pool drawn out to four 64-bit words */

static uint32_t absorb(uint32_t v, uint32_t *hash)
{
    v ^= *hash;
    *hash *= 0x931e8875u;
    v *= *hash;
    return v ^ (v >> 16);
}

static uint32_t mix(uint32_t a, uint32_t b)
{
    const uint32_t x = 0xca01f9ddu * a - 0x4973f715u * b;
    return x ^ (x >> 16);
}

static void seed_words(uint32_t seed, uint64_t q[4])
{
    uint32_t pool[4], hash = 0x43b0d7e5u;
    for (unsigned i = 0; i < 4; i++) pool[i] = absorb(i ? 0 : seed, &hash);
    for (unsigned s = 0; s < 4; s++)
        for (unsigned t = 0; t < 4; t++)
            if (s != t) pool[t] = mix(pool[t], absorb(pool[s], &hash));
    uint32_t word[8];
    hash = 0x8b51f9ddu;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t v = pool[i % 4] ^ hash;
        hash *= 0x58f38dedu;
        v *= hash;
        word[i] = v ^ (v >> 16);
    }
    for (unsigned i = 0; i < 4; i++) q[i] = word[2 * i] | (uint64_t)word[2 * i + 1] << 32;
}

sb_pcg64 sb_pcg64_seed(uint32_t seed)
{
    uint64_t q[4];
    seed_words(seed, q);
    sb_pcg64 g = {0};
    narrow((((u128)q[2] << 64 | q[3]) << 1) | 1, g.inc);
    step(&g);
    narrow(wide(g.state) + ((u128)q[0] << 64 | q[1]), g.state);
    step(&g);
    return g;
}

/* ---- words, doubles, bounded integers */

uint64_t sb_pcg64_u64(sb_pcg64 *g)
{
    step(g);
    g->used++;
    const uint64_t x = g->state[0] ^ g->state[1];
    const unsigned turn = (unsigned)(g->state[0] >> 58);
    return (x >> turn) | (x << ((64 - turn) & 63));
}

uint32_t sb_pcg64_u32(sb_pcg64 *g)
{
    if (g->kept) {
        g->kept = false;
        return g->half;
    }
    const uint64_t x = sb_pcg64_u64(g);
    g->kept = true;
    g->half = (uint32_t)(x >> 32);
    return (uint32_t)x;
}

double sb_pcg64_unit(sb_pcg64 *g) { return (double)(sb_pcg64_u64(g) >> 11) * 0x1p-53; }

int64_t sb_pcg64_between(sb_pcg64 *g, int64_t low, uint32_t size)
{
    if (size <= 1) return low;
    const uint32_t reject = (uint32_t)-size % size; /* 2^32 mod size: Lemire 2019 */
    uint64_t product;
    do product = (uint64_t)sb_pcg64_u32(g) * size;
    while ((uint32_t)product < reject);
    return low + (int64_t)(product >> 32);
}

/* ---- normals */

static const double edge = 3.65415288536100879635;      /* X_255 */
static const double volume = 4.92867323397465524494e-3; /* of each layer */

void sb_ziggurat_init(sb_ziggurat *z)
{
    double x = edge;
    z->f[255] = exp(-0.5 * edge * edge);
    z->w[255] = edge * 0x1p-52;
    for (size_t i = 254; i >= 1; i--) {
        const double inner = sqrt(-2.0 * log(volume / x + exp(-0.5 * x * x)));
        z->k[i + 1] = (uint64_t)(inner / x * 0x1p52);
        z->w[i] = inner * 0x1p-52;
        z->f[i] = exp(-0.5 * inner * inner);
        x = inner;
    }
    const double base = volume / z->f[255];
    z->k[0] = (uint64_t)(edge / base * 0x1p52);
    z->w[0] = base * 0x1p-52;
    z->f[0] = 1;
    z->k[1] = 0;
}

static double tail(sb_pcg64 *g)
{
    for (;;) {
        const double a = -log1p(-sb_pcg64_unit(g)) / edge;
        const double b = -log1p(-sb_pcg64_unit(g));
        if (2 * b > a * a) return edge + a;
    }
}

double sb_pcg64_normal(sb_pcg64 *g, const sb_ziggurat *z)
{
    for (;;) {
        const uint64_t u = sb_pcg64_u64(g), r = (u >> 9) & 0xfffffffffffffu;
        const size_t i = u & 0xff;
        const double x = (double)r * z->w[i] * (u & 0x100 ? -1.0 : 1.0);
        if (r < z->k[i]) return x;
        if (i == 0) return tail(g) * (u & 0x20000 ? -1.0 : 1.0);
        if ((z->f[i - 1] - z->f[i]) * sb_pcg64_unit(g) + z->f[i] < exp(-0.5 * x * x)) return x;
    }
}

#include "selbench/rng.h"

#include <Random123/philox.h>
#include <math.h>
#include <string.h>

#include "hash.h"
#include "selbench/ctx.h"
#include "selbench/status.h"
#include "str.h"

sb_rng sb_rng_stream(uint64_t seed, const char *path)
{
    uint8_t digest[SB_HASH_BYTES];
    sb_hash h = sb_hash_begin();
    sb_hash_add(&h, &seed, sizeof seed);
    sb_hash_add_text(&h, path);
    sb_hash_end(&h, digest);
    sb_rng r = {0};
    memcpy(r.key, digest, sizeof r.key);
    return r;
}

sb_rng sb_ctx_stream(const sb_ctx *cx, const char *what)
{
    if (cx->drawn) *cx->drawn = true;
    const size_t mark = sb_arena_mark(cx->arena);
    const char *path = sb_str_format(cx->arena, "%s/%s", cx->path, what);
    if (!path) { /* the name must not depend on memory: fall back to a bounded copy on the stack */
        char room[2048];
        const size_t a = strnlen(cx->path, 1500), b = strnlen(what, 500);
        if (cx->path[a] || what[b]) SB_BUG("stream path longer than 2000 bytes");
        memcpy(room, cx->path, a);
        room[a] = '/';
        memcpy(room + a + 1, what, b + 1);
        return sb_rng_stream(cx->seed, room);
    }
    const sb_rng r = sb_rng_stream(cx->seed, path);
    sb_arena_rewind(cx->arena, mark);
    return r;
}

uint64_t sb_rng_u64(sb_rng *r)
{
    if (!r->left) {
        const philox4x64_ctr_t ctr = {{r->block++, 0, 0, 0}};
        const philox4x64_key_t key = {{r->key[0], r->key[1]}};
        const philox4x64_ctr_t out = philox4x64_R(10, ctr, key);
        memcpy(r->word, out.v, sizeof r->word);
        r->left = 4;
    }
    return r->word[4 - r->left--];
}

double sb_rng_unit(sb_rng *r) { return (double)(sb_rng_u64(r) >> 11) * 0x1p-53; }

double sb_rng_open(sb_rng *r) { return ((double)(sb_rng_u64(r) >> 12) + 0.5) * 0x1p-52; }

size_t sb_rng_below(sb_rng *r, size_t n)
{
    if (n == 0) SB_BUG("draw below 0");
    const uint64_t size = n, reject = (UINT64_MAX - size + 1) % size; /* 2^64 mod n */
    for (;;) {
        const uint64_t v = sb_rng_u64(r);
        if (v >= reject) return (size_t)(v % size);
    }
}

double sb_rng_normal(sb_rng *r)
{
    for (;;) {
        const double a = 2 * sb_rng_unit(r) - 1, b = 2 * sb_rng_unit(r) - 1, s = a * a + b * b;
        if (s > 0 && s < 1) return a * sqrt(-2 * log(s) / s);
    }
}

double sb_rng_gumbel(sb_rng *r) { return -log(-log(sb_rng_open(r))); }

void sb_rng_shuffle(sb_rng *r, uint32_t *v, size_t n, size_t m)
{
    for (size_t i = 0; i < m && i + 1 < n; i++) {
        const size_t j = i + sb_rng_below(r, n - i);
        const uint32_t t = v[i];
        v[i] = v[j];
        v[j] = t;
    }
}

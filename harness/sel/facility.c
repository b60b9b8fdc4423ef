#include "selbench/facility.h"

#include <immintrin.h>
#include <math.h>

const char *const sb_greedy_words[] = {"lazy", "naive", "stochastic", NULL};

enum { LANES = 8 };

/* What a pick adds: sum_i max(0, s_i - cover_i). Rounding keeps order: as the cover grows, no rounded difference grows,
 * nor does their sum, so a gain worked out earlier is an upper bound of the same gain now, bits included. */
static double gain_of(const float *restrict s, const float *restrict cover, size_t n)
{
    const __m256 zero = _mm256_setzero_ps();
    __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
    double sum[LANES];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const __m256 t = _mm256_max_ps(_mm256_sub_ps(_mm256_loadu_ps(s + i), _mm256_loadu_ps(cover + i)), zero);
        low = _mm256_add_pd(low, _mm256_cvtps_pd(_mm256_castps256_ps128(t)));
        high = _mm256_add_pd(high, _mm256_cvtps_pd(_mm256_extractf128_ps(t, 1)));
    }
    _mm256_storeu_pd(sum, low);
    _mm256_storeu_pd(sum + LANES / 2, high);
    for (size_t k = 0; i < n; i++, k++) sum[k] += (double)(s[i] > cover[i] ? s[i] - cover[i] : 0);
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

typedef struct state {
    size_t n, m;
    const float *s;     /* n x n, symmetric: row j is the column of candidate j */
    float *cover;       /* n: max over the picks, 0 at first */
    unsigned char *out; /* n: no candidate (any more) */
    double *bound;      /* n: an upper bound of each gain */
    uint32_t *heap;     /* lazy: candidates by bound, then position */
    size_t heaped;
    sb_facility *f;
} state;

static double gain(state *t, size_t j)
{
    t->f->gains++;
    return gain_of(t->s + j * t->n, t->cover, t->n);
}

static void cover_with(state *t, size_t j, uint32_t by)
{
    const float *const s = t->s + j * t->n;
    t->out[j] = 1;
    for (size_t i = 0; i < t->n; i++) {
        if (!(s[i] > t->cover[i]) && t->f->best[i] != UINT32_MAX - 1) continue;
        t->cover[i] = s[i];
        t->f->best[i] = by;
    }
}

static bool above(const state *t, uint32_t a, uint32_t b)
{
    return t->bound[a] > t->bound[b] || (t->bound[a] == t->bound[b] && a < b);
}

static void sift(state *t, size_t k)
{
    const uint32_t v = t->heap[k];
    for (;;) {
        size_t child = 2 * k + 1;
        if (child >= t->heaped) break;
        if (child + 1 < t->heaped && above(t, t->heap[child + 1], t->heap[child])) child++;
        if (!above(t, t->heap[child], v)) break;
        t->heap[k] = t->heap[child];
        k = child;
    }
    t->heap[k] = v;
}

static void heap_fill(state *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->out[i]) continue;
        t->bound[i] = gain(t, i);
        t->heap[t->heaped++] = i;
    }
    for (size_t k = t->heaped / 2; k-- > 0;) sift(t, k);
}

/* The top whose bound does not change when worked out again: all others are bounded by less, or equal and higher up. */
static size_t lazy_next(state *t)
{
    for (;;) {
        const uint32_t j = t->heap[0];
        const double now = gain(t, j);
        if (now == t->bound[j]) {
            t->heap[0] = t->heap[--t->heaped];
            if (t->heaped) sift(t, 0);
            return j;
        }
        t->bound[j] = now;
        sift(t, 0);
    }
}

static size_t naive_next(state *t)
{
    size_t best = t->n;
    for (size_t j = 0; j < t->n; j++) {
        if (t->out[j]) continue;
        t->bound[j] = gain(t, j);
        if (best == t->n || t->bound[j] > t->bound[best]) best = j;
    }
    return best;
}

/* The best of `asked` candidates drawn without replacement; heap holds the candidates in any order. */
static size_t stochastic_next(state *t, size_t asked, sb_rng *rng)
{
    const size_t k = asked < t->heaped ? asked : t->heaped;
    sb_rng_shuffle(rng, t->heap, t->heaped, k);
    size_t at = 0;
    for (size_t c = 0; c < k; c++) {
        t->bound[t->heap[c]] = gain(t, t->heap[c]);
        if (above(t, t->heap[c], t->heap[at])) at = c;
    }
    const uint32_t j = t->heap[at];
    t->heap[at] = t->heap[--t->heaped];
    return j;
}

/* The lowest candidate, out of its turn. */
static size_t lowest_next(state *t)
{
    size_t at = 0;
    while (at + 1 < t->n && t->out[at]) at++;
    t->bound[at] = gain(t, at);
    for (size_t k = 0; k < t->heaped; k++)
        if (t->heap[k] == at) {
            t->heap[k] = t->heap[--t->heaped];
            break;
        }
    for (size_t k = t->heaped / 2; k-- > 0;) sift(t, k);
    return at;
}

static void run(state *t, const sb_facility_options *o, sb_rng *rng)
{
    const double share = -log(o->eps) * (double)t->n / (double)(t->m ? t->m : 1);
    const size_t asked = share < 1 ? 1 : share < (double)t->n ? (size_t)ceil(share) : t->n;
    if (o->greedy == SB_GREEDY_LAZY) heap_fill(t);
    for (uint32_t i = 0; o->greedy == SB_GREEDY_STOCHASTIC && i < t->n; i++)
        if (!t->out[i]) t->heap[t->heaped++] = i;
    for (uint32_t k = 0; k < t->m; k++) {
        const size_t j = o->second && k == 1            ? lowest_next(t)
                         : o->greedy == SB_GREEDY_LAZY  ? lazy_next(t)
                         : o->greedy == SB_GREEDY_NAIVE ? naive_next(t)
                                                        : stochastic_next(t, asked, rng);
        t->f->pick[k] = (uint32_t)j;
        t->f->gain[k] = t->bound[j];
        cover_with(t, j, k);
    }
}

static sb_status matrix(const sb_pairs *p, const sb_facility_options *o, sb_ctx *cx, const float **s)
{
    const double need = 4e-6 * (double)p->n * (double)p->n;
    if (need > (double)o->memory_mb)
        SB_FAIL(cx->err, SB_SKIP,
                "the similarities of %zu rows need %.0f MB, above memory_mb = %zu: raise it, or go class by class",
                p->n, need, o->memory_mb);
    float *all = SB_NEW(cx->arena, p->n * p->n, float);
    if (!all) SB_FAIL(cx->err, SB_ENOMEM, "similarities of %zu rows, %.0f MB", p->n, need);
    SB_TRY(sb_pairs_matrix(p, o->similarity, cx, all, NULL));
    for (size_t i = 0; o->shift > 0 && i < p->n * p->n; i++) all[i] += (float)o->shift;
    *s = all;
    return SB_OK;
}

sb_status sb_facility_greedy(const sb_pairs *p, const sb_facility_options *o, const unsigned char *in, size_t m,
                             sb_rng *rng, sb_ctx *cx, sb_facility *out)
{
    const size_t n = p->n;
    *out = (sb_facility){.pick = SB_NEW(cx->arena, m, uint32_t),
                         .gain = SB_NEW(cx->arena, m, double),
                         .best = SB_NEW(cx->arena, n, uint32_t),
                         .count = SB_NEW(cx->arena, m, size_t)};
    const size_t mark = sb_arena_mark(cx->arena);
    state t = {.n = n,
               .m = m,
               .cover = SB_NEW(cx->arena, n, float),
               .out = SB_NEW(cx->arena, n, unsigned char),
               .bound = SB_NEW(cx->arena, n, double),
               .heap = SB_NEW(cx->arena, n, uint32_t),
               .f = out};
    if (!out->pick || !out->gain || !out->best || !out->count || !t.cover || !t.out || !t.bound || !t.heap)
        SB_FAIL(cx->err, SB_ENOMEM, "greedy choice of %zu of %zu rows", m, n);
    SB_TRY(matrix(p, o, cx, &t.s));
    for (size_t i = 0; i < n; i++) out->best[i] = UINT32_MAX - 1; /* by nobody: the first pick takes all */
    for (size_t i = 0; in && i < n; i++)
        if (in[i]) cover_with(&t, i, UINT32_MAX);
    run(&t, o, rng);
    for (size_t i = 0; i < n; i++) {
        if (out->best[i] < m) out->count[out->best[i]]++;
        out->value += (double)t.cover[i];
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

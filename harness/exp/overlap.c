#include "overlap.h"

#include <math.h>
#include <string.h>

#include "store.h"

/* The rows of one subset as bits. */
typedef struct bits {
    uint64_t *word;
    size_t words;
} bits;

static sb_status read_bits(const sb_result *x, const char *dir, sb_ctx *cx, bits *out)
{
    sb_selection s;
    *out = (bits){0};
    if (!*x->subset || strcmp(x->status, "ok") != 0) return SB_OK;
    SB_TRY(sb_subset_read(dir, x->subset, cx, &s));
    uint32_t top = 0;
    for (size_t i = 0; i < s.m; i++) top = s.row[i] > top ? s.row[i] : top;
    out->words = top / 64 + 1;
    out->word = SB_NEW(cx->arena, out->words, uint64_t);
    if (!out->word) SB_FAIL(cx->err, SB_ENOMEM, "rows of a subset");
    for (size_t i = 0; i < s.m; i++) out->word[s.row[i] / 64] |= UINT64_C(1) << (s.row[i] % 64);
    return SB_OK;
}

static double jaccard(const bits *a, const bits *b)
{
    size_t both = 0, any = 0;
    const size_t most = a->words > b->words ? a->words : b->words;
    for (size_t i = 0; i < most; i++) {
        const uint64_t x = i < a->words ? a->word[i] : 0, y = i < b->words ? b->word[i] : 0;
        both += (size_t)__builtin_popcountll(x & y);
        any += (size_t)__builtin_popcountll(x | y);
    }
    return any ? (double)both / (double)any : (double)NAN;
}

/* Adds one repeat of a setting: its results are r->result[at[method]] (SIZE_MAX: none). */
static sb_status add_repeat(const sb_results *r, const char *dir, const size_t *at, sb_ctx *cx, double *sum,
                            size_t *count)
{
    const size_t k = r->methods;
    bits *b = SB_NEW(cx->arena, k, bits);
    if (!b) SB_FAIL(cx->err, SB_ENOMEM, "overlap of %zu methods", k);
    for (size_t i = 0; i < k; i++)
        if (at[i] != SIZE_MAX) SB_TRY(read_bits(&r->result[at[i]], dir, cx, &b[i]));
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            if (!b[i].words || !b[j].words) continue;
            sum[i * k + j] += jaccard(&b[i], &b[j]);
            count[i * k + j]++;
        }
    return SB_OK;
}

static sb_status one_setting(const sb_results *r, size_t setting, const char *dir, sb_ctx *cx, double *out)
{
    const size_t k = r->methods, mark = sb_arena_mark(cx->arena);
    double *sum = SB_NEW(cx->arena, k * k, double);
    size_t *count = SB_NEW(cx->arena, k * k, size_t), *at = SB_NEW(cx->arena, k, size_t);
    if (!sum || !count || !at) SB_FAIL(cx->err, SB_ENOMEM, "overlap of %zu methods", k);
    for (unsigned rep = 0; rep < r->repeats; rep++) {
        const size_t inner = sb_arena_mark(cx->arena);
        for (size_t i = 0; i < k; i++) at[i] = SIZE_MAX;
        for (size_t i = 0; i < r->results; i++)
            if (r->result[i].setting == setting && r->result[i].rep == rep) at[r->result[i].method] = i;
        SB_TRY(add_repeat(r, dir, at, cx, sum, count));
        sb_arena_rewind(cx->arena, inner);
    }
    for (size_t i = 0; i < k * k; i++) out[i] = count[i] ? sum[i] / (double)count[i] : (double)NAN;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_overlap(const sb_results *r, const char *dir, sb_ctx *cx, const double **out)
{
    double *all = SB_NEW(cx->arena, r->settings * r->methods * r->methods, double);
    if (!all) SB_FAIL(cx->err, SB_ENOMEM, "overlap of %zu methods in %zu settings", r->methods, r->settings);
    for (size_t s = 0; s < r->settings; s++) {
        const sb_status st = one_setting(r, s, dir, cx, all + s * r->methods * r->methods);
        if (st != SB_OK) return sb_err_in(cx->err, st, "overlap of the subsets of '%s'", dir);
    }
    *out = all;
    return SB_OK;
}

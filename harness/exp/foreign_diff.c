/* Two subsets side by side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "foreign.h"
#include "selbench/kmeans.h"

/* A distinct row of one subset with its share of the weight. */
typedef struct row_share {
    uint32_t row;
    double share;
} row_share;

static int by_row(const void *a, const void *b)
{
    const row_share *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

static sb_status shares(const sb_selection *s, sb_ctx *cx, row_share **out, size_t *distinct, double *sum)
{
    row_share *v = SB_NEW(cx->arena, s->m, row_share);
    double total = 0;
    if (!v) SB_FAIL(cx->err, SB_ENOMEM, "shares of %zu rows", s->m);
    for (size_t i = 0; i < s->m; i++) total += s->weight ? s->weight[i] : 1;
    for (size_t i = 0; i < s->m; i++)
        v[i] = (row_share){s->row[i], total > 0 ? (s->weight ? s->weight[i] : 1) / total : 0};
    qsort(v, s->m, sizeof *v, by_row);
    size_t n = 0;
    for (size_t i = 0; i < s->m; i++) {
        if (n && v[n - 1].row == v[i].row)
            v[n - 1].share += v[i].share;
        else
            v[n++] = v[i];
    }
    *out = v;
    *distinct = n;
    *sum = s->weight ? total : (double)NAN;
    return SB_OK;
}

static bool same(const sb_selection *a, const sb_selection *b)
{
    if (a->m != b->m || !a->weight != !b->weight) return false;
    return memcmp(a->row, b->row, a->m * sizeof *a->row) == 0 &&
           (!a->weight || memcmp(a->weight, b->weight, a->m * sizeof *a->weight) == 0);
}

sb_status sb_subset_compare(const sb_selection *a, const sb_selection *b, sb_ctx *cx, sb_subset_diff *out)
{
    const size_t mark = sb_arena_mark(cx->arena);
    sb_subset_diff d = {.m = {a->m, b->m}, .weighted = {a->weight != NULL, b->weight != NULL}, .equal = same(a, b)};
    row_share *x = NULL, *y = NULL;
    SB_TRY(shares(a, cx, &x, &d.distinct[0], &d.sum[0]));
    SB_TRY(shares(b, cx, &y, &d.distinct[1], &d.sum[1]));
    for (size_t i = 0; i < a->m && i < b->m; i++) d.same_place += a->row[i] == b->row[i];
    for (size_t i = 0, j = 0; i < d.distinct[0] || j < d.distinct[1];) {
        const bool left = j == d.distinct[1] || (i < d.distinct[0] && x[i].row <= y[j].row);
        const bool right = i == d.distinct[0] || (j < d.distinct[1] && y[j].row <= x[i].row);
        d.moved += fabs((left ? x[i].share : 0) - (right ? y[j].share : 0)) / 2;
        d.common += left && right;
        d.any++;
        i += left;
        j += right;
    }
    sb_arena_rewind(cx->arena, mark);
    *out = d;
    return SB_OK;
}

sb_status sb_subset_parts(const sb_selection *a, const sb_selection *b, const int32_t *label, size_t n, size_t c,
                          sb_ctx *cx, sb_subset_part *part)
{
    const size_t mark = sb_arena_mark(cx->arena);
    unsigned char *in = SB_NEW(cx->arena, n, unsigned char);
    if (!in) SB_FAIL(cx->err, SB_ENOMEM, "marks of %zu rows", n);
    const sb_selection *const side[] = {a, b};
    for (size_t i = 0; i < c; i++) part[i] = (sb_subset_part){0};
    for (unsigned k = 0; k < 2; k++) {
        const sb_selection *s = side[k];
        double total = 0;
        for (size_t i = 0; i < s->m; i++) total += s->weight ? s->weight[i] : 1;
        for (size_t i = 0; i < s->m; i++) {
            if (s->row[i] >= n)
                SB_FAIL(cx->err, SB_EDATA, "a subset names row %u, but there are %zu rows", s->row[i], n);
            in[s->row[i]] = (unsigned char)(in[s->row[i]] | 1u << k);
            if (total > 0) part[label[s->row[i]]].share[k] += (s->weight ? s->weight[i] : 1) / total;
        }
    }
    for (size_t i = 0; i < n; i++) {
        sb_subset_part *own = &part[label[i]];
        own->rows++;
        own->in[0] += in[i] & 1;
        own->in[1] += in[i] >> 1;
        own->both += in[i] == 3;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_subset_clusters(sb_mat x, size_t k, sb_ctx *cx, const int32_t **label)
{
    sb_kmeans km;
    sb_ctx own = *cx;
    own.seed = 1;
    own.path = "diff";
    int32_t *out = SB_NEW(cx->arena, x.n, int32_t);
    if (!out) SB_FAIL(cx->err, SB_ENOMEM, "clusters of %zu rows", x.n);
    SB_TRY(sb_kmeans_run(x, &(sb_kmeans_options){.k = k, .iterations = 50}, &own, &km));
    for (size_t i = 0; i < x.n; i++) out[i] = (int32_t)km.cluster[i];
    *label = out;
    return SB_OK;
}

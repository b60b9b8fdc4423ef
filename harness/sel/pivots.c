#include "selbench/pivots.h"

#include <math.h>
#include <string.h>

#include "selbench/la.h"

/* A squared distance is a difference of float64 squares: some d eps of the squared norm is rounding. */
static const double NOISE = 1e-12;

sb_status sb_pivots_init(sb_pivots *p, sb_mat x, size_t cap, sb_ctx *cx)
{
    const size_t most = x.n < x.d ? x.n : x.d;
    *p = (sb_pivots){.x = x, .cap = cap < most ? cap : most};
    p->basis = SB_NEW(cx->arena, p->cap * x.d, double);
    p->norm2 = SB_NEW(cx->arena, x.n, double);
    p->left = SB_NEW(cx->arena, x.n, double);
    p->upto = SB_NEW(cx->arena, x.n, double);
    p->vector = SB_NEW(cx->arena, x.d, double);
    if (!p->basis || !p->norm2 || !p->left || !p->upto || !p->vector)
        SB_FAIL(cx->err, SB_ENOMEM, "basis of %zu directions for %zu x %zu rows", p->cap, x.n, x.d);
    sb_row_sqnorms(x, p->norm2);
    memcpy(p->left, p->norm2, x.n * sizeof *p->left);
    return SB_OK;
}

static double dot(const double *a, const double *b, size_t d)
{
    double s[4] = {0};
    size_t j = 0;
    for (; j + 4 <= d; j += 4)
        for (size_t k = 0; k < 4; k++) s[k] += a[j + k] * b[j + k];
    for (; j < d; j++) s[0] += a[j] * b[j];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

double sb_pivots_residual(sb_pivots *p, size_t row)
{
    const size_t d = p->x.d;
    if (p->measured && p->of == row && p->at == p->rank) return p->square;
    const float *const x = sb_mat_row(p->x, row);
    for (size_t j = 0; j < d; j++) p->vector[j] = (double)x[j];
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < p->rank; k++) {
            const double *const q = p->basis + k * d;
            const double c = dot(q, p->vector, d);
            for (size_t j = 0; j < d; j++) p->vector[j] -= c * q[j];
        }
    const double square = dot(p->vector, p->vector, d);
    p->measured = true;
    p->of = row;
    p->at = p->rank;
    p->square = square > NOISE * p->norm2[row] ? square : 0;
    return p->square;
}

bool sb_pivots_append(sb_pivots *p, size_t row)
{
    if (p->rank == p->cap) return false;
    const double square = sb_pivots_residual(p, row);
    if (!(square > 0)) return false;
    double *const q = p->basis + p->rank * p->x.d;
    for (size_t j = 0; j < p->x.d; j++) q[j] = p->vector[j] / sqrt(square);
    p->rank++;
    return true;
}

sb_status sb_pivots_update(sb_pivots *p, sb_ctx *cx)
{
    const size_t n = p->x.n, d = p->x.d, t = p->rank - p->updated, mark = sb_arena_mark(cx->arena);
    if (!t) return SB_OK;
    double *b = SB_NEW(cx->arena, d * t, double), *product = SB_NEW(cx->arena, n * t, double);
    if (!b || !product) SB_FAIL(cx->err, SB_ENOMEM, "products of %zu rows with %zu directions", n, t);
    for (size_t k = 0; k < t; k++)
        for (size_t j = 0; j < d; j++) b[j * t + k] = p->basis[(p->updated + k) * d + j];
    SB_TRY(sb_rows_times(p->x, NULL, n, b, t, cx, product));
    for (size_t i = 0; i < n; i++) {
        if (!(p->left[i] > 0)) continue;
        for (size_t k = 0; k < t; k++) p->left[i] -= product[i * t + k] * product[i * t + k];
        if (!(p->left[i] > NOISE * p->norm2[i])) p->left[i] = 0;
    }
    p->updated = p->rank;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_pivots_start(sb_pivots *p, sb_mat x, size_t cap, const unsigned char *taken, const uint32_t *row,
                          size_t rows, sb_ctx *cx)
{
    SB_TRY(sb_pivots_init(p, x, cap, cx));
    for (size_t i = 0; i < x.n; i++)
        if (taken[i]) p->left[i] = 0;
    for (size_t i = 0; i < rows; i++) (void)sb_pivots_append(p, row[i]);
    return sb_pivots_update(p, cx);
}

bool sb_pivots_propose(sb_pivots *p, sb_rng *rng, size_t b, uint32_t *row)
{
    const size_t n = p->x.n;
    double sum = 0;
    size_t last = n;
    for (size_t i = 0; i < n; i++) {
        sum += p->left[i];
        p->upto[i] = sum;
        if (p->left[i] > 0) last = i;
    }
    if (last == n) return false;
    for (size_t j = 0; j < b; j++) {
        const double u = sb_rng_unit(rng) * sum;
        size_t lo = 0, hi = last; /* the first row whose sum is above u: never one at 0 */
        while (lo < hi) {
            const size_t mid = lo + (hi - lo) / 2;
            if (p->upto[mid] > u)
                hi = mid;
            else
                lo = mid + 1;
        }
        row[j] = (uint32_t)lo;
    }
    return true;
}

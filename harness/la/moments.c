/* Weighted means and variances of columns, in wide tiles of columns so that no scratch memory is needed. Everything is
 * shifted by the first row used: constant columns come out exact, and the sums do not cancel. */
#include "selbench/la.h"

enum { TILE = 1024, BLOCK = 512 };

static size_t row_of(const sb_subset *s, size_t i) { return s && s->row ? s->row[i] : i; }
static double weight_of(const sb_subset *s, size_t i) { return s && s->weight ? s->weight[i] : 1.0; }

static double total_weight(const sb_subset *s, size_t m) { return s && s->weight ? sb_sum(s->weight, m) : (double)m; }

/* first[j] = sum w (x_j - at_j), and unless second is NULL second[j] = sum w (x_j - at_j)^2, over the m rows, columns
 * j0 .. j0+k-1; blocks of rows are summed apart, then added. */
static void tile_sums(sb_mat x, const sb_subset *s, size_t m, size_t j0, size_t k, const double *restrict at,
                      double *restrict first, double *restrict second)
{
    double f[TILE], q[TILE];
    for (size_t j = 0; j < k; j++) first[j] = 0;
    for (size_t j = 0; j < k && second; j++) second[j] = 0;
    for (size_t i0 = 0; i0 < m; i0 += BLOCK) {
        const size_t end = m - i0 < BLOCK ? m : i0 + BLOCK;
        for (size_t j = 0; j < k; j++) f[j] = q[j] = 0;
        for (size_t i = i0; i < end; i++) {
            const float *restrict row = sb_mat_row(x, row_of(s, i)) + j0;
            const double w = weight_of(s, i);
            if (second) {
                for (size_t j = 0; j < k; j++) {
                    const double t = (double)row[j] - at[j], wt = w * t;
                    f[j] += wt;
                    q[j] += wt * t;
                }
            } else {
                for (size_t j = 0; j < k; j++) f[j] += w * ((double)row[j] - at[j]);
            }
        }
        for (size_t j = 0; j < k; j++) first[j] += f[j];
        for (size_t j = 0; j < k && second; j++) second[j] += q[j];
    }
}

void sb_col_moments(sb_mat x, const sb_subset *s, double *mean, double *var)
{
    const size_t m = s ? s->m : x.n;
    const double total = total_weight(s, m);
    for (size_t j0 = 0; j0 < x.d; j0 += TILE) {
        const size_t k = x.d - j0 < TILE ? x.d - j0 : TILE;
        double first[TILE], second[TILE], at[TILE];
        for (size_t j = 0; j < k; j++) at[j] = m ? (double)sb_mat_row(x, row_of(s, 0))[j0 + j] : 0;
        const bool empty = !(total > 0);
        if (!empty) tile_sums(x, s, m, j0, k, at, first, NULL);
        for (size_t j = 0; j < k; j++) mean[j0 + j] = empty ? 0 : at[j] + first[j] / total;
        if (!var) continue;
        if (!empty) tile_sums(x, s, m, j0, k, mean + j0, first, second);
        for (size_t j = 0; j < k; j++) {
            const double v = empty ? 0 : (second[j] - first[j] * first[j] / total) / total;
            var[j0 + j] = v > 0 ? v : 0;
        }
    }
}

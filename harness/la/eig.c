/* Eigenvectors and singular vectors with fixed signs. Row-major input is LAPACK's transpose, so eigenvectors and right
 * singular vectors come back as rows. */
#include <math.h>
#include <string.h>

#include "lapack.h"
#include "selbench/la.h"

/* +1, or -1 when the entry of largest magnitude (first among equals) is negative. Nearly equal magnitudes (within
 * rounding of the solver) count as equal, so that the choice does not hang on the last bit. */
static double sign_of(const double *v, size_t n)
{
    double largest = 0;
    for (size_t j = 0; j < n; j++) largest = fmax(largest, fabs(v[j]));
    for (size_t j = 0; j < n; j++)
        if (fabs(v[j]) >= largest * (1 - 1e-9)) return v[j] < 0 ? -1 : 1;
    return 1;
}

void sb_sign_fix(double *v, size_t n)
{
    const double sign = sign_of(v, n);
    for (size_t i = 0; i < n && sign < 0; i++) v[i] = -v[i];
}

static void scale(double *v, size_t n, size_t step, double by)
{
    for (size_t i = 0; i < n; i++) v[i * step] *= by;
}

sb_status sb_eig_sym(double *a, size_t n, double *value, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    size_t info = 0;
    SB_TRY(sb_lapack_syevd(n, a, value, cx, &info));
    sb_arena_rewind(cx->arena, mark);
    if (info) SB_FAIL(cx->err, SB_ENUM, "eigenvalues of a %zu x %zu matrix did not converge (%zu)", n, n, info);
    for (size_t j = 0; j < n; j++) sb_sign_fix(a + j * n, n);
    return SB_OK;
}

sb_status sb_eig_top(double *a, size_t n, size_t r, double *value, double *v, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    size_t info = 0;
    SB_TRY(sb_lapack_syevr(n, a, r, value, v, cx, &info));
    sb_arena_rewind(cx->arena, mark);
    if (info) SB_FAIL(cx->err, SB_ENUM, "eigenvalues of a %zu x %zu matrix did not converge (%zu)", n, n, info);
    for (size_t j = 0; j < r / 2; j++) {
        const double swap = value[j];
        value[j] = value[r - 1 - j];
        value[r - 1 - j] = swap;
        for (size_t i = 0; i < n && v; i++) {
            const double entry = v[j * n + i];
            v[j * n + i] = v[(r - 1 - j) * n + i];
            v[(r - 1 - j) * n + i] = entry;
        }
    }
    for (size_t j = 0; j < r && v; j++)
        if (sign_of(v + j * n, n) < 0) scale(v + j * n, n, 1, -1);
    return SB_OK;
}

/* dgesdd of a' (d x n, column-major) with job 'O' leaves the vectors of the longer side in a: u when n > d, else v. */
static sb_status vectors(double *a, size_t n, size_t d, double *s, double *u, double *v, sb_ctx *cx)
{
    const bool tall = n > d;
    const size_t k = tall ? d : n;
    double *small = tall ? v : u;
    if (!small) small = SB_NEW(cx->arena, k * k, double);
    if (!small) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu singular vectors", k, k);
    size_t info = 0;
    SB_TRY(sb_lapack_gesdd('O', d, n, a, s, tall ? small : a, tall ? a : small, cx, &info));
    if (info) SB_FAIL(cx->err, SB_ENUM, "singular values of a %zu x %zu matrix did not converge (%zu)", n, d, info);
    double *left = tall ? a : small, *right = tall ? small : a;
    for (size_t j = 0; j < k; j++)
        if (sign_of(right + j * d, d) < 0) {
            scale(right + j * d, d, 1, -1);
            scale(left + j, n, k, -1);
        }
    if (u && left != u) memcpy(u, left, n * k * sizeof *u);
    if (v && right != v) memcpy(v, right, k * d * sizeof *v);
    return SB_OK;
}

sb_status sb_svd(double *a, size_t n, size_t d, double *s, double *u, double *v, sb_ctx *cx)
{
    if (!n || !d) return SB_OK;
    const size_t mark = sb_arena_mark(cx->arena);
    if (u || v) {
        SB_TRY(vectors(a, n, d, s, u, v, cx));
    } else {
        size_t info = 0;
        double unused = 0;
        SB_TRY(sb_lapack_gesdd('N', d, n, a, s, &unused, &unused, cx, &info));
        if (info) SB_FAIL(cx->err, SB_ENUM, "singular values of a %zu x %zu matrix did not converge (%zu)", n, d, info);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Cholesky factorisation of symmetric matrices held row-major in their lower triangle. */
#include "lapack.h"
#include "selbench/la.h"

sb_status sb_chol(double *a, size_t n, sb_ctx *cx)
{
    const size_t pivot = sb_lapack_potrf(n, a);
    if (pivot) SB_FAIL(cx->err, SB_ENUM, "%zu x %zu matrix is not positive definite (pivot %zu)", n, n, pivot - 1);
    return SB_OK;
}

void sb_chol_solve(const double *l, size_t n, double *b, size_t q)
{
    sb_dtrsm_left(false, false, n, q, l, n, b, q);
    sb_dtrsm_left(false, true, n, q, l, n, b, q);
}

void sb_chol_invert(double *l, size_t n)
{
    const size_t pivot = sb_lapack_potri(n, l);
    if (pivot) SB_BUG("a Cholesky factor with a zero on its diagonal (%zu)", pivot - 1);
    sb_symmetrise(l, n, n);
}

sb_status sb_chol_rcond(const double *l, size_t n, double norm1, sb_ctx *cx, double *rcond)
{
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(sb_lapack_pocon(n, l, norm1, cx, rcond));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

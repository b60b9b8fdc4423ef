/* The only file that knows cblas: shapes are checked here once, row-major throughout. */
#include <cblas.h>
#include <limits.h>

#include "selbench/la.h"

static int size_int(size_t v)
{
    if (v > INT_MAX) SB_BUG("matrix size %zu above INT_MAX", v);
    return (int)v;
}

static void check_ld(size_t cols, size_t ld)
{
    if (ld < cols || ld == 0) SB_BUG("row distance %zu below %zu columns", ld, cols);
}

static CBLAS_TRANSPOSE op(bool t) { return t ? CblasTrans : CblasNoTrans; }

void sb_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
              size_t ldb, float beta, float *c, size_t ldc)
{
    if (!m || !n) return;
    check_ld(ta ? m : k, lda);
    check_ld(tb ? k : n, ldb);
    check_ld(n, ldc);
    cblas_sgemm(CblasRowMajor, op(ta), op(tb), size_int(m), size_int(n), size_int(k), alpha, a, size_int(lda), b,
                size_int(ldb), beta, c, size_int(ldc));
}

void sb_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
              const double *b, size_t ldb, double beta, double *c, size_t ldc)
{
    if (!m || !n) return;
    check_ld(ta ? m : k, lda);
    check_ld(tb ? k : n, ldb);
    check_ld(n, ldc);
    cblas_dgemm(CblasRowMajor, op(ta), op(tb), size_int(m), size_int(n), size_int(k), alpha, a, size_int(lda), b,
                size_int(ldb), beta, c, size_int(ldc));
}

void sb_sgemv(bool ta, size_t m, size_t n, float alpha, const float *a, size_t lda, const float *x, float beta, float *y)
{
    if (!m || !n) return;
    check_ld(n, lda);
    cblas_sgemv(CblasRowMajor, op(ta), size_int(m), size_int(n), alpha, a, size_int(lda), x, 1, beta, y, 1);
}

void sb_dgemv(bool ta, size_t m, size_t n, double alpha, const double *a, size_t lda, const double *x, double beta,
              double *y)
{
    if (!m || !n) return;
    check_ld(n, lda);
    cblas_dgemv(CblasRowMajor, op(ta), size_int(m), size_int(n), alpha, a, size_int(lda), x, 1, beta, y, 1);
}

void sb_ssyrk(size_t n, size_t k, float alpha, const float *a, size_t lda, float beta, float *c, size_t ldc)
{
    if (!n) return;
    check_ld(n, lda);
    check_ld(n, ldc);
    cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, size_int(n), size_int(k), alpha, a, size_int(lda), beta, c,
                size_int(ldc));
}

void sb_dsyrk(size_t n, size_t k, double alpha, const double *a, size_t lda, double beta, double *c, size_t ldc)
{
    if (!n) return;
    check_ld(n, lda);
    check_ld(n, ldc);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, size_int(n), size_int(k), alpha, a, size_int(lda), beta, c,
                size_int(ldc));
}

void sb_dtrsm_right(bool trans, size_t m, size_t n, const double *l, size_t ldl, double *b, size_t ldb)
{
    if (!m || !n) return;
    check_ld(n, ldl);
    check_ld(n, ldb);
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, op(trans), CblasNonUnit, size_int(m), size_int(n), 1, l,
                size_int(ldl), b, size_int(ldb));
}

void sb_strsm_right(bool trans, size_t m, size_t n, const float *l, size_t ldl, float *b, size_t ldb)
{
    if (!m || !n) return;
    check_ld(n, ldl);
    check_ld(n, ldb);
    cblas_strsm(CblasRowMajor, CblasRight, CblasLower, op(trans), CblasNonUnit, size_int(m), size_int(n), 1, l,
                size_int(ldl), b, size_int(ldb));
}

void sb_strmm_right(bool trans, size_t m, size_t n, const float *l, size_t ldl, float *b, size_t ldb)
{
    if (!m || !n) return;
    check_ld(n, ldl);
    check_ld(n, ldb);
    cblas_strmm(CblasRowMajor, CblasRight, CblasLower, op(trans), CblasNonUnit, size_int(m), size_int(n), 1, l,
                size_int(ldl), b, size_int(ldb));
}

void sb_symmetrise(double *a, size_t n, size_t ld)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) a[j * ld + i] = a[i * ld + j];
}

/* The only file that knows cblas and lapacke: shapes are checked here once. BLAS is row-major throughout;
 * LAPACK is called column-major, so a row-major matrix reaches it as its transpose (lapack.h). */
#include <cblas.h>
#include <lapacke.h>
#include <limits.h>

#include "lapack.h"
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

void sb_sgemv(bool ta, size_t m, size_t n, float alpha, const float *a, size_t lda, const float *x, float beta,
              float *y)
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

void sb_dtrsm_left(bool upper, bool trans, size_t m, size_t n, const double *t, size_t ldt, double *b, size_t ldb)
{
    if (!m || !n) return;
    check_ld(m, ldt);
    check_ld(n, ldb);
    cblas_dtrsm(CblasRowMajor, CblasLeft, upper ? CblasUpper : CblasLower, op(trans), CblasNonUnit, size_int(m),
                size_int(n), 1, t, size_int(ldt), b, size_int(ldb));
}

/* ---- LAPACK */

/* info < 0: an argument of ours was wrong. */
static size_t info_positive(lapack_int info, const char *call)
{
    if (info < 0) SB_BUG("%s refuses its argument %d", call, (int)-info);
    return (size_t)info;
}

static double *work_new(double query, sb_ctx *cx, size_t *count)
{
    *count = query < 1 ? 1 : (size_t)query;
    (void)size_int(*count);
    return SB_NEW(cx->arena, *count, double);
}

size_t sb_lapack_potrf(size_t n, double *a)
{
    if (!n) return 0;
    return info_positive(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', size_int(n), a, size_int(n)), "dpotrf");
}

sb_status sb_lapack_pocon(size_t n, const double *a, double norm1, sb_ctx *cx, double *rcond)
{
    *rcond = 1;
    if (!n) return SB_OK;
    double *work = SB_NEW(cx->arena, 3 * n, double);
    lapack_int *iwork = SB_NEW(cx->arena, n, lapack_int);
    if (!work || !iwork) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the condition of a %zu x %zu matrix", n, n);
    (void)info_positive(
        LAPACKE_dpocon_work(LAPACK_COL_MAJOR, 'U', size_int(n), a, size_int(n), norm1, rcond, work, iwork), "dpocon");
    return SB_OK;
}

sb_status sb_lapack_syevd(size_t n, double *a, double *value, sb_ctx *cx, size_t *info)
{
    *info = 0;
    if (!n) return SB_OK;
    const lapack_int ni = size_int(n);
    double query = 0;
    lapack_int iquery = 0;
    (void)info_positive(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'U', ni, a, ni, value, &query, -1, &iquery, -1),
                        "dsyevd");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    lapack_int *iwork = SB_NEW(cx->arena, (size_t)iquery, lapack_int);
    if (!work || !iwork) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the eigenvectors of a %zu x %zu matrix", n, n);
    *info = info_positive(
        LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'U', ni, a, ni, value, work, size_int(count), iwork, iquery),
        "dsyevd");
    return SB_OK;
}

size_t sb_lapack_potri(size_t n, double *a)
{
    if (!n) return 0;
    return info_positive(LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'U', size_int(n), a, size_int(n)), "dpotri");
}

sb_status sb_lapack_syevr(size_t n, double *a, size_t r, double *value, double *vector, sb_ctx *cx, size_t *info)
{
    *info = 0;
    if (!n || !r) return SB_OK;
    const char job = vector ? 'V' : 'N', range = r == n ? 'A' : 'I';
    const lapack_int ni = size_int(n), first = size_int(n - r + 1);
    lapack_int found = 0, iquery = 0;
    double query = 0, *all = SB_NEW(cx->arena, n, double); /* dsyevr uses n values whatever r is */
    lapack_int *support = SB_NEW(cx->arena, 2 * n, lapack_int);
    if (!all || !support) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the eigenvalues of a %zu x %zu matrix", n, n);
    (void)info_positive(LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, job, range, 'U', ni, a, ni, 0, 0, first, ni, 0, &found,
                                            all, vector, ni, support, &query, -1, &iquery, -1),
                        "dsyevr");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    lapack_int *iwork = SB_NEW(cx->arena, (size_t)iquery, lapack_int);
    if (!work || !iwork) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the eigenvalues of a %zu x %zu matrix", n, n);
    *info = info_positive(LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, job, range, 'U', ni, a, ni, 0, 0, first, ni, 0, &found,
                                              all, vector, ni, support, work, size_int(count), iwork, iquery),
                          "dsyevr");
    for (size_t j = 0; j < r; j++) value[j] = all[j];
    return SB_OK;
}

sb_status sb_lapack_gesdd(char job, size_t m, size_t n, double *a, double *s, double *u, double *vt, sb_ctx *cx,
                          size_t *info)
{
    *info = 0;
    if (!m || !n) return SB_OK;
    const lapack_int mi = size_int(m), ni = size_int(n), ldu = mi, ldvt = ni, k = mi < ni ? mi : ni;
    lapack_int *iwork = SB_NEW(cx->arena, 8 * (size_t)k, lapack_int);
    if (!iwork) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the singular values of a %zu x %zu matrix", n, m);
    double query = 0;
    (void)info_positive(
        LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, job, mi, ni, a, mi, s, u, ldu, vt, ldvt, &query, -1, iwork), "dgesdd");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    if (!work) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the singular values of a %zu x %zu matrix", n, m);
    *info = info_positive(
        LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, job, mi, ni, a, mi, s, u, ldu, vt, ldvt, work, size_int(count), iwork),
        "dgesdd");
    return SB_OK;
}

sb_status sb_lapack_geqrf(size_t m, size_t n, double *a, size_t lda, sb_ctx *cx)
{
    const lapack_int mi = size_int(m), ni = size_int(n), ld = size_int(lda);
    double query = 0;
    double *tau = SB_NEW(cx->arena, m < n ? m : n, double);
    if (!tau) SB_FAIL(cx->err, SB_ENOMEM, "scratch for a QR factorisation");
    (void)info_positive(LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, mi, ni, a, ld, tau, &query, -1), "dgeqrf");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    if (!work) SB_FAIL(cx->err, SB_ENOMEM, "scratch for a QR factorisation");
    (void)info_positive(LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, mi, ni, a, ld, tau, work, size_int(count)), "dgeqrf");
    return SB_OK;
}

sb_status sb_lapack_geqp3(size_t m, size_t n, double *a, int *pivot, double *tau, sb_ctx *cx)
{
    _Static_assert(sizeof(lapack_int) == sizeof(int), "LAPACK with 32-bit integers");
    const lapack_int mi = size_int(m), ni = size_int(n);
    double query = 0;
    (void)info_positive(LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, mi, ni, a, mi, pivot, tau, &query, -1), "dgeqp3");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    if (!work) SB_FAIL(cx->err, SB_ENOMEM, "scratch for a pivoted QR factorisation");
    (void)info_positive(LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, mi, ni, a, mi, pivot, tau, work, size_int(count)),
                        "dgeqp3");
    return SB_OK;
}

sb_status sb_lapack_ormqr(size_t m, size_t q, size_t k, const double *a, const double *tau, double *c, sb_ctx *cx)
{
    const lapack_int mi = size_int(m), qi = size_int(q), ki = size_int(k);
    double query = 0;
    (void)info_positive(LAPACKE_dormqr_work(LAPACK_COL_MAJOR, 'L', 'T', mi, qi, ki, a, mi, tau, c, mi, &query, -1),
                        "dormqr");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    if (!work) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the product with Q'");
    (void)info_positive(
        LAPACKE_dormqr_work(LAPACK_COL_MAJOR, 'L', 'T', mi, qi, ki, a, mi, tau, c, mi, work, size_int(count)),
        "dormqr");
    return SB_OK;
}

sb_status sb_lapack_tzrzf(size_t r, size_t n, double *a, size_t lda, double *tau, sb_ctx *cx)
{
    const lapack_int ri = size_int(r), ni = size_int(n), ld = size_int(lda);
    double query = 0;
    (void)info_positive(LAPACKE_dtzrzf_work(LAPACK_COL_MAJOR, ri, ni, a, ld, tau, &query, -1), "dtzrzf");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    if (!work) SB_FAIL(cx->err, SB_ENOMEM, "scratch for a complete orthogonal factorisation");
    (void)info_positive(LAPACKE_dtzrzf_work(LAPACK_COL_MAJOR, ri, ni, a, ld, tau, work, size_int(count)), "dtzrzf");
    return SB_OK;
}

sb_status sb_lapack_ormrz(size_t n, size_t q, size_t r, const double *a, size_t lda, const double *tau, double *c,
                          sb_ctx *cx)
{
    const lapack_int ni = size_int(n), qi = size_int(q), ri = size_int(r), li = size_int(n - r), ld = size_int(lda);
    double query = 0;
    (void)info_positive(LAPACKE_dormrz_work(LAPACK_COL_MAJOR, 'L', 'T', ni, qi, ri, li, a, ld, tau, c, ni, &query, -1),
                        "dormrz");
    size_t count = 0;
    double *work = work_new(query, cx, &count);
    if (!work) SB_FAIL(cx->err, SB_ENOMEM, "scratch for the product with Z'");
    (void)info_positive(
        LAPACKE_dormrz_work(LAPACK_COL_MAJOR, 'L', 'T', ni, qi, ri, li, a, ld, tau, c, ni, work, size_int(count)),
        "dormrz");
    return SB_OK;
}

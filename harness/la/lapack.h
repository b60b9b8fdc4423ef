/* LAPACK for la/ only: thin calls, column-major. A symmetric matrix whose lower triangle is stored row-major is to
 * LAPACK one whose upper triangle is stored: nothing is copied. info > 0 comes back as a number (the meaning is the
 * call's), info < 0 is an SB_BUG. Scratch from cx->arena; the caller rewinds. */
#ifndef SB_LA_LAPACK_H
#define SB_LA_LAPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "selbench/ctx.h"

/* Row-major B (m x n) <- op(T)^{-1} B, T m x m triangular. */
void sb_dtrsm_left(bool upper, bool trans, size_t m, size_t n, const double *t, size_t ldt, double *b, size_t ldb);

size_t sb_lapack_potrf(size_t n, double *a); /* 0, or the pivot (from 1) that is not positive */
sb_status sb_lapack_pocon(size_t n, const double *a, double norm1, sb_ctx *cx, double *rcond) SB_CHECKED;
size_t sb_lapack_potri(size_t n, double *a); /* from the factor of potrf; 0, or the zero pivot (from 1) */
sb_status sb_lapack_syevd(size_t n, double *a, double *value, sb_ctx *cx, size_t *info) SB_CHECKED;
/* The r largest eigenvalues, ascending, and their vectors (n x r, column-major) or NULL. */
sb_status sb_lapack_syevr(size_t n, double *a, size_t r, double *value, double *vector, sb_ctx *cx,
                          size_t *info) SB_CHECKED;
/* job 'N' or 'O' (see dgesdd); u m x m, vt n x n where they are written. */
sb_status sb_lapack_gesdd(char job, size_t m, size_t n, double *a, double *s, double *u, double *vt, sb_ctx *cx,
                          size_t *info) SB_CHECKED;
sb_status sb_lapack_geqrf(size_t m, size_t n, double *a, size_t lda, sb_ctx *cx) SB_CHECKED;
/* pivot: n values, 0 on entry; on return pivot[j] (from 1) is the column now at j. tau: min(m, n) values. */
sb_status sb_lapack_geqp3(size_t m, size_t n, double *a, int *pivot, double *tau, sb_ctx *cx) SB_CHECKED;
/* C (m x q) <- Q' C with the first k reflectors of geqp3. */
sb_status sb_lapack_ormqr(size_t m, size_t q, size_t k, const double *a, const double *tau, double *c,
                          sb_ctx *cx) SB_CHECKED;
/* [R11 R12] (r x n) = [T 0] Z, and C (n x q) <- Z' C. */
sb_status sb_lapack_tzrzf(size_t r, size_t n, double *a, size_t lda, double *tau, sb_ctx *cx) SB_CHECKED;
sb_status sb_lapack_ormrz(size_t n, size_t q, size_t r, const double *a, size_t lda, const double *tau, double *c,
                          sb_ctx *cx) SB_CHECKED;

#endif

/* The symmetric eigenproblem by plain Jacobi rotations: an oracle that shares nothing with LAPACK. */
#ifndef JACOBI_H
#define JACOBI_H

#include <math.h>
#include <stddef.h>

/* Eigenvalues (descending, into value) and eigenvectors (rows of v) of the symmetric n x n matrix a by cyclic Jacobi.
 */
static inline void jacobi(double *a, size_t n, double *value, double *v)
{
    for (size_t i = 0; i < n * n; i++) v[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < 60; sweep++) {
        for (size_t p = 0; p < n; p++) {
            for (size_t q = p + 1; q < n; q++) {
                if (a[p * n + q] == 0) continue;
                const double h = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
                const double t = (h >= 0 ? 1 : -1) / (fabs(h) + sqrt(h * h + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
                for (size_t k = 0; k < n; k++) {
                    const double u = a[k * n + p], w = a[k * n + q];
                    a[k * n + p] = c * u - s * w;
                    a[k * n + q] = s * u + c * w;
                }
                for (size_t k = 0; k < n; k++) {
                    const double u = a[p * n + k], w = a[q * n + k];
                    a[p * n + k] = c * u - s * w;
                    a[q * n + k] = s * u + c * w;
                    const double x = v[p * n + k], y = v[q * n + k];
                    v[p * n + k] = c * x - s * y;
                    v[q * n + k] = s * x + c * y;
                }
            }
        }
    }
    for (size_t i = 0; i < n; i++) value[i] = a[i * n + i];
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < n; j++)
            if (value[j] > value[best]) best = j;
        const double x = value[i];
        value[i] = value[best];
        value[best] = x;
        for (size_t k = 0; k < n; k++) {
            const double y = v[i * n + k];
            v[i * n + k] = v[best * n + k];
            v[best * n + k] = y;
        }
    }
}

#endif

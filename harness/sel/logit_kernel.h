/* The two register kernels of linear models, for one real type: included once with float and once with double.
 * Expects REAL, VEC, LANES, V_LOAD, V_STORE, V_FMA, V_SET1, V_ZERO, V_FETCH, KERNEL(name) and a function
 * KERNEL(lanes_sum).
 * Rows may be unaligned; lengths dp are multiples of LANES, with zeros behind the last feature. */
#define KERNEL_INLINE static inline __attribute__((always_inline))

/* z[r][c] = x_r . w_c for R rows and C outputs, R C <= 10: as many independent sums in registers */
KERNEL_INLINE void KERNEL(dots_tile)(const REAL *x, size_t ldx, const REAL *w, size_t ldw, size_t dp, const int R,
                                     const int C, REAL *z, size_t ldz)
{
    VEC a[10];
    for (int i = 0; i < R * C; i++) a[i] = V_ZERO();
    for (size_t j = 0; j < dp; j += LANES) {
        VEC xv[8];
        for (int r = 0; r < R; r++) xv[r] = V_LOAD(x + (size_t)r * ldx + j);
        for (int c = 0; c < C; c++) {
            const VEC wv = V_LOAD(w + (size_t)c * ldw + j);
            for (int r = 0; r < R; r++) a[r * C + c] = V_FMA(xv[r], wv, a[r * C + c]);
        }
    }
    for (int r = 0; r < R; r++)
        for (int c = 0; c < C; c++) z[(size_t)r * ldz + (size_t)c] = KERNEL(lanes_sum)(a[r * C + c]);
}

KERNEL_INLINE void KERNEL(dots_group)(const REAL *x, size_t ldx, size_t rows, const REAL *w, size_t ldw, size_t dp,
                                      const int R, const int C, REAL *z, size_t ldz)
{
    size_t i = 0;
    for (; i + (size_t)R <= rows; i += (size_t)R)
        KERNEL(dots_tile)(x + i * ldx, ldx, w, ldw, dp, R, C, z + i * ldz, ldz);
    for (; i < rows; i++) KERNEL(dots_tile)(x + i * ldx, ldx, w, ldw, dp, 1, C, z + i * ldz, ldz);
}

/* z (rows x q) = X W', W q x dp */
static void KERNEL(dots)(const REAL *x, size_t ldx, size_t rows, const REAL *w, size_t ldw, size_t dp, size_t q,
                         REAL *z, size_t ldz)
{
    size_t k = 0;
    for (; k + 5 <= q; k += 5) KERNEL(dots_group)(x, ldx, rows, w + k * ldw, ldw, dp, 2, 5, z + k, ldz);
    w += k * ldw, z += k;
    switch (q - k) {
    case 4: KERNEL(dots_group)(x, ldx, rows, w, ldw, dp, 2, 4, z, ldz); break;
    case 3: KERNEL(dots_group)(x, ldx, rows, w, ldw, dp, 3, 3, z, ldz); break;
    case 2: KERNEL(dots_group)(x, ldx, rows, w, ldw, dp, 4, 2, z, ldz); break;
    case 1: KERNEL(dots_group)(x, ldx, rows, w, ldw, dp, 8, 1, z, ldz); break;
    default: break;
    }
}

/* fetch: asks for the same columns of the next block, which the scores will need first; that halves a pass over rows in
 * main memory. A request past the end of the matrix is harmless.
 * g[c][0 .. V LANES) += sum over rows of r[i][c] x[i][0 .. V LANES) */
KERNEL_INLINE void KERNEL(outer_tile)(const REAL *x, size_t ldx, size_t rows, const REAL *r, size_t ldr, const int C,
                                      const int V, const int fetch, REAL *g, size_t ldg)
{
    VEC a[5][4];
    for (int c = 0; c < C; c++)
        for (int v = 0; v < V; v++) a[c][v] = V_LOAD(g + (size_t)c * ldg + (size_t)v * LANES);
    for (size_t i = 0; i < rows; i++) {
        VEC xv[4];
        for (int v = 0; fetch && v < V; v += 2) V_FETCH(x + (i + rows) * ldx + (size_t)v * LANES);
        for (int v = 0; v < V; v++) xv[v] = V_LOAD(x + i * ldx + (size_t)v * LANES);
        for (int c = 0; c < C; c++) {
            const VEC rv = V_SET1(r + i * ldr + c);
            for (int v = 0; v < V; v++) a[c][v] = V_FMA(xv[v], rv, a[c][v]);
        }
    }
    for (int c = 0; c < C; c++)
        for (int v = 0; v < V; v++) V_STORE(g + (size_t)c * ldg + (size_t)v * LANES, a[c][v]);
}

KERNEL_INLINE void KERNEL(outer_columns)(const REAL *x, size_t ldx, size_t rows, const REAL *r, size_t ldr, size_t q,
                                         const int V, REAL *g, size_t ldg)
{
    size_t k = q % 5;
    switch (k) {
    case 4: KERNEL(outer_tile)(x, ldx, rows, r, ldr, 4, V, 1, g, ldg); break;
    case 3: KERNEL(outer_tile)(x, ldx, rows, r, ldr, 3, V, 1, g, ldg); break;
    case 2: KERNEL(outer_tile)(x, ldx, rows, r, ldr, 2, V, 1, g, ldg); break;
    case 1: KERNEL(outer_tile)(x, ldx, rows, r, ldr, 1, V, 1, g, ldg); break;
    default: KERNEL(outer_tile)(x, ldx, rows, r, ldr, 5, V, 1, g, ldg), k = 5; break;
    }
    for (; k < q; k += 5) KERNEL(outer_tile)(x, ldx, rows, r + k, ldr, 5, V, 0, g + k * ldg, ldg);
}

/* g (q x dp) += R' X: the columns outside, so that the block's lines stay in the first cache for all outputs */
static void KERNEL(outer)(const REAL *x, size_t ldx, size_t rows, const REAL *r, size_t ldr, size_t dp, size_t q,
                          REAL *g, size_t ldg)
{
    size_t j = 0;
    if (q == 1)
        for (; j + 4 * LANES <= dp; j += 4 * LANES) KERNEL(outer_tile)(x + j, ldx, rows, r, ldr, 1, 4, 1, g + j, ldg);
    for (; j + 2 * LANES <= dp; j += 2 * LANES) KERNEL(outer_columns)(x + j, ldx, rows, r, ldr, q, 2, g + j, ldg);
    if (j < dp) KERNEL(outer_columns)(x + j, ldx, rows, r, ldr, q, 1, g + j, ldg);
}
#undef KERNEL_INLINE

#include "selbench/fisher.h"

#include <math.h>
#include <string.h>

#include "selbench/la.h"

bool sb_fisher_fits(const sb_task *task)
{
    if (task->kind != SB_CLASSIFICATION || task->c <= 2) return true;
    return task->c * (task->x.d + 1) <= SB_FISHER_FULL_MAX;
}

/* Size of entry (a, b) of S_i; entries off the diagonal are negative. 1 - p is summed without cancellation. */
static double entry(const sb_fisher *e, size_t i, size_t block, size_t a, size_t b)
{
    if (!e->prob) return 1;
    const double *const p = e->prob + i * e->c;
    if (e->c == 2) return 2 * p[0] * p[1];
    if (a != b) return p[a] * p[b];
    const size_t k = e->q > 1 ? a : block;
    double others = 0;
    for (size_t j = 0; j < e->c; j++) others += j == k ? 0 : p[j];
    return p[k] * others;
}

/* to += by times the information of these rows (NULL: all). */
static sb_status add_information(const sb_fisher *e, const uint32_t *row, size_t m, double by, sb_ctx *cx, double *to)
{
    const size_t mark = sb_arena_mark(cx->arena), dd = e->dd;
    double *gram = SB_NEW(cx->arena, dd * dd, double), *weight = SB_NEW(cx->arena, m, double);
    if (!gram || !weight) SB_FAIL(cx->err, SB_ENOMEM, "information of %zu rows", m);
    for (size_t block = 0; m && block < e->blocks; block++)
        for (size_t a = 0; a < e->q; a++)
            for (size_t b = 0; b <= a; b++) {
                for (size_t k = 0; k < m; k++) weight[k] = by * entry(e, row ? row[k] : k, block, a, b);
                const sb_subset s = {.m = m, .row = row, .weight = weight};
                SB_TRY(sb_gram_f64(e->x, &s, true, cx, gram));
                double *const at = to + block * e->order * e->order;
                for (size_t i = 0; i < dd; i++)
                    for (size_t j = 0; j < dd; j++) {
                        const double v = a == b ? gram[i * dd + j] : -gram[i * dd + j];
                        at[(a * dd + i) * e->order + b * dd + j] += v;
                        if (a != b) at[(b * dd + i) * e->order + a * dd + j] += v;
                    }
            }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* form (n x blocks x q x q) = x~_i' A x~_i for every row and pair of classes. */
static void quadratic_forms(const sb_fisher *e, const double *matrix, double *form)
{
    const size_t dd = e->dd, q2 = e->q * e->q, order = e->order;
    double *const product = e->wide + SB_FISHER_STRIP * dd;
    for (size_t from = 0; from < e->x.n; from += SB_FISHER_STRIP) {
        const size_t rows = e->x.n - from < SB_FISHER_STRIP ? e->x.n - from : SB_FISHER_STRIP;
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = 0; j + 1 < dd; j++) e->wide[i * dd + j] = (double)sb_mat_row(e->x, from + i)[j];
            e->wide[i * dd + dd - 1] = 1;
        }
        for (size_t k = 0; k < e->blocks * q2; k++) {
            const size_t block = k / q2, a = k % q2 / e->q, b = k % e->q;
            if (b > a) continue;
            const double *const at = matrix + block * order * order + a * dd * order + b * dd;
            sb_dgemm(false, false, rows, dd, dd, 1, e->wide, dd, at, order, 0, product, dd);
            for (size_t i = 0; i < rows; i++) {
                double sum = 0;
                for (size_t j = 0; j < dd; j++) sum += product[i * dd + j] * e->wide[i * dd + j];
                double *const to = form + (from + i) * e->blocks * q2 + block * q2;
                to[a * e->q + b] = to[b * e->q + a] = sum;
            }
        }
    }
}

/* h where M = lambda I: half of the forms for nothing. */
static void plain_forms(const sb_fisher *e)
{
    const size_t q2 = e->q * e->q;
    for (size_t i = 0; i < e->x.n; i++) {
        const float *const x = sb_mat_row(e->x, i);
        const double square = (sb_dot_f32(x, x, e->x.d) + 1) / e->lambda;
        for (size_t k = 0; k < e->blocks * q2; k++)
            e->h[i * e->blocks * q2 + k] = k % q2 % (e->q + 1) == 0 ? square : 0;
    }
}

sb_status sb_fisher_rebuild(sb_fisher *e, const uint32_t *chosen, size_t m, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena), order = e->order, size = order * order;
    double *half = SB_NEW(cx->arena, size, double);
    if (!half) SB_FAIL(cx->err, SB_ENOMEM, "information matrix of order %zu", order);
    memset(e->s, 0, e->blocks * size * sizeof *e->s);
    for (size_t k = 0; k < e->blocks * order; k++) e->s[k / order * size + k % order * (order + 1)] = e->lambda;
    SB_TRY(add_information(e, e->warm, e->warm_n, e->warm_scale, cx, e->s));
    SB_TRY(add_information(e, chosen, m, e->scale, cx, e->s));
    for (size_t b = 0; b < e->blocks; b++) {
        double *const l = e->s + b * size, *const p = e->p + b * size;
        const sb_status st = sb_chol(l, order, cx);
        if (st == SB_ENUM) SB_FAIL(cx->err, SB_SKIP, "the information matrix is singular: raise lambda");
        SB_TRY(st);
        for (size_t k = 0; k < size; k++) p[k] = k % (order + 1) == 0;
        sb_chol_solve(l, order, p, order);
        sb_dgemm(false, false, order, order, order, 1, p, order, e->f + b * size, order, 0, half, order);
        sb_dgemm(false, false, order, order, order, 1, half, order, p, order, 0, l, order);
    }
    if (e->warm_n || m)
        quadratic_forms(e, e->p, e->h);
    else
        plain_forms(e);
    quadratic_forms(e, e->s, e->g);
    e->updates = 0;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* mix = C'(I + sign C h C')^-1 C of row i, C'C = scale S_i; false: not positive definite. */
static bool mix_of(const sb_fisher *e, size_t i, size_t block, double sign, double *mix)
{
    const size_t q = e->q;
    const double *const h = e->h + (i * e->blocks + block) * q * q, *const p = e->prob ? e->prob + i * e->c : NULL;
    if (q == 1) {
        const double s = e->scale * entry(e, i, block, 0, 0), rest = 1 + sign * s * h[0];
        mix[0] = s / rest;
        return rest > 1e-12;
    }
    double *const a = e->small, *const b = a + q * q; /* C h, then I +- C h C'; C, then its solution */
    for (size_t k = 0; k < q; k++) {
        double mean = 0;
        for (size_t r = 0; r < q; r++) mean += p[r] * h[r * q + k];
        for (size_t r = 0; r < q; r++) a[r * q + k] = sqrt(e->scale * p[r]) * (h[r * q + k] - mean);
    }
    for (size_t r = 0; r < q; r++) {
        double mean = 0;
        for (size_t k = 0; k < q; k++) mean += a[r * q + k] * p[k];
        for (size_t k = 0; k < q; k++) {
            const double v = sqrt(e->scale * p[k]) * (a[r * q + k] - mean);
            a[r * q + k] = (r == k ? 1 : 0) + sign * v;
            b[r * q + k] = sqrt(e->scale * p[r]) * ((r == k ? 1 : 0) - p[k]);
        }
    }
    memset(mix, 0, q * q * sizeof *mix);
    for (size_t r = 0; r < q; r++) { /* Cholesky by rows, and L^-1 C beside it */
        for (size_t k = 0; k <= r; k++) {
            double v = a[r * q + k];
            for (size_t j = 0; j < k; j++) v -= a[r * q + j] * a[k * q + j];
            if (k == r && !(v > 1e-12)) return false;
            a[r * q + k] = k == r ? sqrt(v) : v / a[k * q + k];
        }
        for (size_t k = 0; k < q; k++) {
            for (size_t j = 0; j < r; j++) b[r * q + k] -= a[r * q + j] * b[j * q + k];
            b[r * q + k] /= a[r * q + r];
        }
        for (size_t k = 0; k < q * q; k++) mix[k] += b[r * q + k / q] * b[r * q + k % q];
    }
    return true;
}

double sb_fisher_effect(const sb_fisher *e, size_t i, double sign)
{
    const size_t q2 = e->q * e->q;
    double sum = 0;
    for (size_t block = 0; block < e->blocks; block++) {
        const double *const g = e->g + (i * e->blocks + block) * q2;
        if (!mix_of(e, i, block, sign, e->mix)) return (double)INFINITY;
        for (size_t k = 0; k < q2; k++) sum += e->mix[k] * g[k];
    }
    return sum;
}

/* h -= u mix u', g -= v + v' with v = (z - u (mix inner) / 2) mix u': rows x q matrices u, z, with rows x rows h, g.
 * Scratch 2 rows q + q^2. */
static void follow(size_t rows, size_t q, const double *u, const double *z, const double *mix, const double *inner,
                   double *scratch, double *h, double *g)
{
    double *const um = scratch, *const vm = um + rows * q, *const half = vm + rows * q;
    sb_dgemm(false, false, q, q, q, 0.5, inner, q, mix, q, 0, half, q);
    sb_dgemm(false, false, rows, q, q, 1, u, q, mix, q, 0, um, q);
    sb_dgemm(false, false, rows, q, q, 1, z, q, mix, q, 0, vm, q);
    sb_dgemm(false, false, rows, q, q, -1, um, q, half, q, 1, vm, q);
    sb_dgemm(false, true, rows, rows, q, -1, um, q, u, q, 1, h, rows);
    sb_dgemm(false, true, rows, rows, q, -1, vm, q, u, q, 1, g, rows);
    sb_dgemm(false, true, rows, rows, q, -1, u, q, vm, q, 1, g, rows);
}

/* The same of all active rows, whose products with u and z are formed strip by strip. */
static sb_status follow_rows(sb_fisher *e, const uint32_t *active, size_t count, sb_ctx *cx)
{
    const size_t q = e->q, q2 = q * q, half = e->blocks * q2, cols = 2 * half, d = e->x.d;
    for (size_t b = 0; b < e->blocks; b++)
        for (size_t a = 0; a < q; a++)
            for (size_t k = 0; k < e->dd * q; k++) {
                const size_t from = (b * e->order + a * e->dd) * q + k;
                double *const to = e->column + k / q * cols + b * q2 + a * q + k % q;
                to[0] = e->u[from];
                to[half] = e->z[from];
            }
    for (size_t from = 0; from < count; from += SB_FISHER_STRIP) {
        const size_t rows = count - from < SB_FISHER_STRIP ? count - from : SB_FISHER_STRIP;
        SB_TRY(sb_rows_times(e->x, active + from, rows, e->column, cols, cx, e->out));
        for (size_t r = 0; r < rows; r++) {
            double *const at = e->out + r * cols;
            const size_t i = active[from + r];
            for (size_t k = 0; k < cols; k++) at[k] += e->column[d * cols + k];
            for (size_t b = 0; b < e->blocks; b++) {
                double *const h = e->h + (i * e->blocks + b) * q2, *const g = e->g + (i * e->blocks + b) * q2;
                const double u = at[b], z = at[half + b], mix = e->mix[b];
                if (q > 1) {
                    follow(q, q, at + b * q2, at + half + b * q2, e->mix + b * q2, e->inner + b * q2, e->small, h, g);
                    continue;
                }
                h[0] -= u * u * mix;
                g[0] -= 2 * (z - u * mix * e->inner[b] / 2) * mix * u;
            }
        }
    }
    return SB_OK;
}

sb_status sb_fisher_change(sb_fisher *e, size_t j, double sign, const uint32_t *active, size_t count, sb_ctx *cx)
{
    const size_t q = e->q, q2 = q * q, order = e->order, dd = e->dd;
    for (size_t k = 0; k + 1 < dd; k++) e->xj[k] = (double)sb_mat_row(e->x, j)[k];
    e->xj[dd - 1] = 1;
    for (size_t b = 0; b < e->blocks; b++) {
        if (!mix_of(e, j, b, sign, e->mix + b * q2))
            SB_FAIL(cx->err, SB_SKIP, "the information matrix is singular without row %zu: raise lambda", j);
        for (size_t k = 0; k < q2; k++) e->mix[b * q2 + k] *= sign;
        memcpy(e->inner + b * q2, e->g + (j * e->blocks + b) * q2, q2 * sizeof *e->inner);
        for (size_t k = 0; k < 2 * q; k++) {
            const double *const from = (k < q ? e->p : e->s) + b * order * order + k % q * dd;
            double *const to = (k < q ? e->u : e->z) + b * order * q + k % q;
            sb_dgemv(false, order, dd, 1, from, order, e->xj, 0, e->col);
            for (size_t i = 0; i < order; i++) to[i * q] = e->col[i];
        }
    }
    SB_TRY(follow_rows(e, active, count, cx));
    for (size_t b = 0; b < e->blocks; b++)
        follow(order, q, e->u + b * order * q, e->z + b * order * q, e->mix + b * q2, e->inner + b * q2, e->col,
               e->p + b * order * order, e->s + b * order * order);
    e->updates++;
    return SB_OK;
}

static sb_status allocate(sb_fisher *e, sb_ctx *cx)
{
    const size_t n = e->x.n, q2 = e->q * e->q, matrix = e->blocks * e->order * e->order;
    const size_t tall = e->blocks * e->order * e->q, cols = 2 * e->blocks * q2;
    double **const to[] = {&e->f, &e->p,   &e->s,     &e->h,   &e->g,      &e->mix, &e->inner, &e->u,
                           &e->z, &e->col, &e->small, &e->out, &e->column, &e->xj,  &e->wide};
    const size_t size[] = {matrix,
                           matrix,
                           matrix,
                           n * e->blocks * q2,
                           n * e->blocks * q2,
                           e->blocks * q2,
                           e->blocks * q2,
                           tall,
                           tall,
                           2 * e->order * e->q + q2,
                           3 * q2,
                           SB_FISHER_STRIP * cols,
                           e->dd * cols,
                           e->dd,
                           2 * SB_FISHER_STRIP * e->dd};
    for (size_t k = 0; k < sizeof to / sizeof *to; k++) {
        *to[k] = SB_NEW(cx->arena, size[k], double);
        if (!*to[k])
            SB_FAIL(cx->err, SB_ENOMEM, "information of %zu rows in %zu matrices of order %zu", n, e->blocks, e->order);
    }
    return SB_OK;
}

sb_status sb_fisher_init(sb_fisher *e, const sb_task *task, const double *prob, bool full, sb_ctx *cx)
{
    const size_t c = task->kind == SB_CLASSIFICATION ? task->c : 0;
    const bool one = c <= 2;
    e->x = task->x;
    e->dd = task->x.d + 1;
    e->c = c;
    e->prob = prob;
    e->q = one || !full ? 1 : c;
    e->blocks = one || full ? 1 : c;
    e->order = e->q * e->dd;
    SB_TRY(allocate(e, cx));
    SB_TRY(add_information(e, NULL, e->x.n, 1 / (double)e->x.n, cx, e->f));
    return sb_fisher_rebuild(e, NULL, 0, cx);
}

double sb_fisher_trace(const sb_fisher *e)
{
    double sum = 0;
    for (size_t k = 0; k < e->blocks * e->order * e->order; k++) sum += e->p[k] * e->f[k];
    return sum;
}

#include "selbench/information.h"

#include <math.h>
#include <string.h>

#include "selbench/la.h"
#include "selbench/param.h"

enum { ROWS = 128 };

bool sb_information_fits(const sb_task *task)
{
    if (task->kind != SB_CLASSIFICATION || task->c <= 2) return true;
    return (task->c - 1) * (task->x.d + 1) <= SB_INFORMATION_FULL_MAX;
}

sb_status sb_information_afford(const sb_task *task, size_t m, double work, sb_ctx *cx)
{
    const size_t blocks = task->kind == SB_CLASSIFICATION && task->c > 2 ? task->c - 1 : 1;
    const double order = (double)blocks * ((double)task->x.d + 1);
    const double need = order * order * ((double)m / 2 + order / 6 + (double)task->x.n);
    const sb_status fits = sb_work_within(need, 1e10, work, cx);
    if (fits == SB_OK) return SB_OK;
    return sb_err_in(cx->err, fits, "the full information matrix of order %.0f (%.2g GB)", order, 8e-9 * order * order);
}

/* Weighted second moments of class pair (a, b): weights p_a (1 - p_a), or p_a p_b. */
static sb_status pair_gram(const sb_information *h, const double *prob, const uint32_t *row, size_t m, size_t a,
                           size_t b, double *weight, sb_ctx *cx, double *g)
{
    for (size_t k = 0; prob && k < m; k++) {
        const double *const p = prob + (row ? row[k] : k) * h->c;
        double others = 0;
        for (size_t c = 0; c < h->c; c++) others += c == a ? 0 : p[c]; /* 1 - p_a without cancellation */
        weight[k] = p[a] * (a == b ? others : p[b]);
    }
    const sb_subset s = {.m = m, .row = row, .weight = prob ? weight : NULL};
    return sb_gram_f64(h->x, &s, true, cx, g);
}

static sb_status fill(const sb_information *h, const double *prob, const uint32_t *row, size_t m, sb_ctx *cx)
{
    const size_t dd = h->dd, size = h->size;
    double *g = SB_NEW(cx->arena, dd * dd, double), *weight = SB_NEW(cx->arena, m, double);
    if (!g || !weight) SB_FAIL(cx->err, SB_ENOMEM, "information matrix of %zu features", dd);
    if (h->blocks * size == dd) return pair_gram(h, prob, row, m, 0, 0, weight, cx, h->l);
    const size_t classes = h->form == SB_INFORMATION_FULL ? h->c - 1 : h->c;
    for (size_t a = 0; a < classes; a++)
        for (size_t b = h->form == SB_INFORMATION_FULL ? 0 : a; b <= a; b++) {
            SB_TRY(pair_gram(h, prob, row, m, a, b, weight, cx, g));
            double *const to = h->form == SB_INFORMATION_FULL ? h->l + a * dd * size + b * dd : h->l + a * dd * dd;
            for (size_t i = 0; i < dd; i++)
                for (size_t j = 0; j < dd; j++) to[i * size + j] = a == b ? g[i * dd + j] : -g[i * dd + j];
        }
    return SB_OK;
}

static sb_status factorise(const sb_information *h, double *l, double ridge, sb_ctx *cx)
{
    double trace = 0;
    for (size_t j = 0; j < h->size; j++) trace += l[j * h->size + j];
    const double add = trace > 0 ? ridge * trace / (double)h->size : 1;
    for (size_t j = 0; j < h->size; j++) l[j * h->size + j] += add;
    const sb_status st = sb_chol(l, h->size, cx);
    if (st != SB_ENUM) return st;
    SB_FAIL(cx->err, SB_SKIP, "the information matrix is singular with ridge %g: raise it", ridge);
}

sb_status sb_information_make(const sb_task *task, const double *prob, const uint32_t *row, size_t m,
                              sb_information_form form, double ridge, sb_ctx *cx, sb_information *out)
{
    const size_t dd = task->x.d + 1, c = task->kind == SB_CLASSIFICATION ? task->c : 0;
    if (c == 1) SB_FAIL(cx->err, SB_SKIP, "one class only: its model has no parameters");
    const bool full = form == SB_INFORMATION_FULL;
    *out = (sb_information){.x = task->x,
                            .c = c,
                            .dd = dd,
                            .form = form,
                            .blocks = c && !full ? c : 1,
                            .size = c && full ? (c - 1) * dd : dd};
    out->l = SB_NEW(cx->arena, out->blocks * out->size * out->size, double);
    if (!out->l) SB_FAIL(cx->err, SB_ENOMEM, "information matrix of order %zu", out->size);
    const size_t mark = sb_arena_mark(cx->arena);
    SB_TRY(fill(out, c ? prob : NULL, row, m, cx));
    for (size_t b = 0; b < out->blocks; b++) SB_TRY(factorise(out, out->l + b * out->size * out->size, ridge, cx));
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Rows of `size` values: the features times one class factor each (full), or the plain features. */
static void write_rows(const sb_information *h, const double *a, size_t w, size_t from, size_t rows, double *r)
{
    const size_t parts = h->size / h->dd;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < parts; k++) {
            const float *const x = sb_mat_row(h->x, from + i);
            const double by = parts > 1 || (h->c == 2 && h->blocks == 1) ? a[(from + i) * w + k] : 1;
            double *const to = r + i * h->size + k * h->dd;
            for (size_t j = 0; j + 1 < h->dd; j++) to[j] = by * (double)x[j];
            to[h->dd - 1] = by;
        }
}

/* w_ab = sum over classes r of (dp_r/dz_a)(dp_r/dz_b), dp_r/dz_a = p_r ((r = a) - p_a); 1 for regression. */
static double output_weight(const sb_information *h, const double *p, size_t a, size_t b)
{
    double sum = 0;
    for (size_t r = 0; r < h->c; r++) sum += p[r] * p[r] * ((r == a ? 1 : 0) - p[a]) * ((r == b ? 1 : 0) - p[b]);
    return h->c ? sum : 1;
}

sb_status sb_information_outputs(const sb_information *h, const double *prob, sb_ctx *cx, double *omega)
{
    const size_t n = h->x.n, dd = h->dd, parts = h->size / dd, mark = sb_arena_mark(cx->arena);
    double *g = SB_NEW(cx->arena, dd * dd, double), *weight = SB_NEW(cx->arena, n, double);
    if (!g || !weight) SB_FAIL(cx->err, SB_ENOMEM, "second moments of outputs, %zu features", dd);
    memset(omega, 0, h->size * h->size * sizeof *omega);
    for (size_t k = 0; k < 2 * parts * parts; k++) { /* a Gram matrix wants weights >= 0: the two signs apart */
        const size_t a = k / 2 / parts, b = k / 2 % parts;
        const double sign = k % 2 ? -1 : 1;
        for (size_t i = 0; i < n; i++)
            weight[i] = fmax(0, sign * output_weight(h, prob ? prob + i * h->c : NULL, a, b)) / (double)n;
        const sb_subset all = {.m = n, .weight = weight};
        SB_TRY(sb_gram_f64(h->x, &all, true, cx, g));
        for (size_t j = 0; j < dd * dd; j++) omega[(a * dd + j / dd) * h->size + b * dd + j % dd] += sign * g[j];
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Squared length of a solved row; centred: sum over classes of the squares less the square of the sum / c. */
static double length2(const sb_information *h, const double *r, bool centred)
{
    double sum = 0;
    for (size_t k = 0; k < h->size; k++) sum += r[k] * r[k];
    if (!centred) return sum;
    for (size_t j = 0; j < h->dd; j++) {
        double total = 0;
        for (size_t k = j; k < h->size; k += h->dd) total += r[k];
        sum -= total * total / (double)h->c;
    }
    return fmax(sum, 0);
}

/* What a block's length is multiplied with: the class's own factor (block), all of them (regression). */
static double factor2(const sb_information *h, const double *a, size_t w, size_t block)
{
    if (h->c && h->blocks == 1) return 1;
    if (h->c) return a[block] * a[block];
    double sum = 0;
    for (size_t k = 0; k < w; k++) sum += a[k] * a[k];
    return sum;
}

/* metric (full form): squared lengths are r' metric r. */
static sb_status norms(const sb_information *h, const double *a, size_t w, bool half, bool centred,
                       const double *metric, sb_ctx *cx, double *norm)
{
    const size_t n = h->x.n, mark = sb_arena_mark(cx->arena);
    double *const r = SB_NEW(cx->arena, ROWS * h->size, double);
    double *const image = SB_NEW(cx->arena, metric ? ROWS * h->size : 0, double);
    if (!r || !image) SB_FAIL(cx->err, SB_ENOMEM, "gradients of %d rows", ROWS);
    memset(norm, 0, n * sizeof *norm);
    for (size_t from = 0; from < n; from += ROWS) {
        const size_t rows = n - from < ROWS ? n - from : ROWS;
        for (size_t b = 0; b < h->blocks; b++) {
            const double *const l = h->l + b * h->size * h->size;
            write_rows(h, a, w, from, rows, r);
            sb_dtrsm_right(true, rows, h->size, l, h->size, r, h->size);
            if (!half) sb_dtrsm_right(false, rows, h->size, l, h->size, r, h->size);
            const bool by_class = centred && !half && h->c && h->blocks == 1;
            if (metric)
                sb_dgemm(false, false, rows, h->size, h->size, 1, r, h->size, metric, h->size, 0, image, h->size);
            for (size_t i = 0; i < rows; i++) {
                double square = metric ? 0 : length2(h, r + i * h->size, by_class);
                for (size_t k = i * h->size; metric && k < (i + 1) * h->size; k++) square += r[k] * image[k];
                norm[from + i] += factor2(h, a + (from + i) * w, w, b) * fmax(square, 0);
            }
        }
        for (size_t i = 0; i < rows; i++) norm[from + i] = sqrt(norm[from + i]);
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_information_norms(const sb_information *h, const double *a, size_t w, bool half, bool centred, sb_ctx *cx,
                               double *norm)
{
    return norms(h, a, w, half, centred, NULL, cx, norm);
}

sb_status sb_information_output_norms(const sb_information *h, const double *a, size_t w, const double *omega,
                                      sb_ctx *cx, double *norm)
{
    return norms(h, a, w, false, false, omega, cx, norm);
}

/* Rows go by in blocks that stay in the second cache: scores, probabilities and gradient are made from one read of
 * memory. Blocks and their order are fixed by d and q alone, so equal input gives equal bits. */
#include "logit_pass.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "logit_vec.h"
#include "selbench/la.h"

/* Above GEMM_Q outputs a matrix product of the library beats the register kernels. */
enum { GEMM_Q = 48, BLOCK_BYTES = 128 << 10, BLOCK_MOST = 256, FLUSH_ROWS = 256 };

struct sb_logit_work {
    size_t block;  /* rows at a time */
    size_t qp;     /* q rounded up to a whole vector */
    float *w, *g;  /* q x dp */
    float *z;      /* block x qp: scores, then weighted residuals */
    double *x64, *z64;
};

static size_t round_up(size_t v, size_t to) { return (v + to - 1) / to * to; }

static size_t block_rows(size_t dp, size_t q)
{
    if (q > GEMM_Q) return BLOCK_MOST;
    const size_t rows = BLOCK_BYTES / (sizeof(float) * dp) / 8 * 8;
    return rows < 8 ? 8 : rows > BLOCK_MOST ? BLOCK_MOST : rows;
}

sb_logit_work *sb_logit_work_new(const sb_logit *p, sb_arena *arena)
{
    sb_logit_work *k = SB_NEW(arena, 1, sb_logit_work);
    if (!k) return NULL;
    k->block = block_rows(p->dp, p->q);
    k->qp = round_up(p->q, 8);
    k->w = SB_NEW(arena, p->q * p->dp, float);
    k->g = SB_NEW(arena, p->q * p->dp, float);
    k->z = SB_NEW(arena, k->block * k->qp, float);
    k->x64 = SB_NEW(arena, k->block * p->dp, double);
    k->z64 = SB_NEW(arena, k->block * k->qp, double);
    return k->w && k->g && k->z && k->x64 && k->z64 ? k : NULL;
}

static void scores_f32(const float *x, size_t ldx, size_t rows, const float *w, size_t ldw, size_t columns, size_t q,
                       float *z, size_t ldz)
{
    if (q > GEMM_Q)
        sb_sgemm(false, true, rows, q, columns, 1, x, ldx, w, ldw, 0, z, ldz);
    else
        dots_f32(x, ldx, rows, w, ldw, columns, q, z, ldz);
}

static void gather_f32(const float *x, size_t ldx, size_t rows, const float *r, size_t ldr, size_t columns, size_t q,
                       float *g, size_t ldg)
{
    if (q > GEMM_Q)
        sb_sgemm(true, false, q, columns, rows, 1, r, ldr, x, ldx, 1, g, ldg);
    else
        outer_f32(x, ldx, rows, r, ldr, columns, q, g, ldg);
}

void sb_logit_triangle_f32(const float *x, size_t ldx, size_t rows, size_t columns, size_t q, const float *in,
                           float *out, float *z)
{
    scores_f32(x, ldx, rows, in, ldx, columns, q, z, q);
    gather_f32(x, ldx, rows, z, q, columns, q, out, ldx);
}

/* Loss of one row from its score; the score becomes the residual sigma(z) - y. */
static double binary_row(double *z, int32_t label)
{
    const double s = *z, e = exp(-fabs(s)), y = label ? 1 : 0;
    *z = (s >= 0 ? 1 / (1 + e) : e / (1 + e)) - y;
    return fmax(s, 0) - y * s + log1p(e);
}

double sb_logit_lse(const double *z, size_t q)
{
    double top = z[0], sum = 0;
    for (size_t k = 1; k < q; k++) top = z[k] > top ? z[k] : top;
    for (size_t k = 0; k < q; k++) sum += exp(z[k] - top);
    return top + log(sum);
}

/* Loss of one row from its q scores (z has room for qp); the scores become residuals p - e_label. */
static double softmax_row_f32(float *z, size_t q, size_t qp, int32_t label)
{
    float top = z[0];
    for (size_t k = 1; k < q; k++) top = z[k] > top ? z[k] : top;
    for (size_t k = q; k < qp; k++) z[k] = -3e38F;
    const double own = (double)z[label] - (double)top;
    __m256 sums = _mm256_setzero_ps();
    const __m256 shift = _mm256_set1_ps(top);
    for (size_t k = 0; k < qp; k += 8) {
        const __m256 e = exp_f32(_mm256_sub_ps(_mm256_loadu_ps(z + k), shift));
        sums = _mm256_add_ps(sums, e);
        _mm256_storeu_ps(z + k, e);
    }
    const float sum = lanes_sum_f32(sums);
    const __m256 scale = _mm256_set1_ps(1 / sum);
    for (size_t k = 0; k < qp; k += 8) _mm256_storeu_ps(z + k, _mm256_mul_ps(_mm256_loadu_ps(z + k), scale));
    z[label] -= 1;
    return log((double)sum) - own;
}

static double softmax_row_f64(double *z, size_t q, int32_t label, double *lowest)
{
    const double lse = sb_logit_lse(z, q), own = z[label];
    for (size_t k = 0; k < q; k++) z[k] = exp(z[k] - lse);
    z[label] -= 1;
    if (lowest && lse < *lowest) *lowest = lse;
    return lse - own;
}

/* Divides the sums by the total weight and adds the penalty. */
static double finish(const sb_logit *p, const double *theta, double loss, double total, double *gradient)
{
    const size_t nw = p->q * p->dp;
    const double inv = 1 / total;
    double squares[4] = {0, 0, 0, 0};
    for (size_t j = 0; j < nw; j++) {
        squares[j % 4] += theta[j] * theta[j];
        gradient[j] = gradient[j] * inv + p->l2 * theta[j];
    }
    for (size_t k = 0; k < p->q; k++) gradient[nw + k] = p->intercept ? gradient[nw + k] * inv : 0;
    return loss * inv + 0.5 * p->l2 * ((squares[0] + squares[1]) + (squares[2] + squares[3]));
}

static double weight_of(const sb_logit *p, size_t i) { return p->weight ? p->weight[i * p->stride] : 1; }

/* Scores of a block to residuals times weight; sums of losses, weights and residuals (the intercepts' gradient). */
static void block_residuals_f32(const sb_logit *p, sb_logit_work *k, const double *bias, size_t first, size_t rows,
                                double *loss, double *total, double *gb)
{
    for (size_t r = 0; r < rows; r++) {
        float *z = k->z + r * k->qp;
        const size_t i = first + r;
        const int32_t label = p->label[i * p->stride];
        const double w = weight_of(p, i);
        for (size_t c = 0; c < p->q; c++) z[c] += (float)bias[c];
        if (p->q == 1) {
            double s = (double)z[0];
            *loss += w * binary_row(&s, label);
            z[0] = (float)s;
        } else {
            *loss += w * softmax_row_f32(z, p->q, k->qp, label);
        }
        if (p->weight)
            for (size_t c = 0; c < p->q; c++) z[c] *= (float)w;
        for (size_t c = 0; c < p->q; c++) gb[c] += (double)z[c];
        *total += w;
    }
}

static void flush(const sb_logit *p, float *g, double *gradient)
{
    for (size_t j = 0; j < p->q * p->dp; j++) {
        gradient[j] += (double)g[j];
        g[j] = 0;
    }
}

double sb_logit_pass_f32(const sb_logit *p, sb_logit_work *k, const double *theta, double *gradient)
{
    const size_t nw = p->q * p->dp, rows_all = (p->m + p->stride - 1) / p->stride, ld = p->ld * p->stride;
    for (size_t j = 0; j < nw; j++) k->w[j] = (float)theta[j];
    memset(k->g, 0, nw * sizeof *k->g);
    memset(gradient, 0, sb_logit_dim(p) * sizeof *gradient);
    double loss = 0, total = 0;
    size_t pending = 0;
    for (size_t i = 0; i < rows_all; i += k->block) {
        const size_t rows = rows_all - i < k->block ? rows_all - i : k->block;
        scores_f32(p->x + i * ld, ld, rows, k->w, p->dp, p->dp, p->q, k->z, k->qp);
        block_residuals_f32(p, k, theta + nw, i, rows, &loss, &total, gradient + nw);
        gather_f32(p->x + i * ld, ld, rows, k->z, k->qp, p->dp, p->q, k->g, p->dp);
        pending += rows;
        if (pending >= FLUSH_ROWS || i + rows == rows_all) {
            flush(p, k->g, gradient);
            pending = 0;
        }
    }
    return finish(p, theta, loss, total, gradient);
}

void sb_logit_probabilities_f32(const sb_logit *p, sb_logit_work *k, const double *theta, float *prob)
{
    const size_t nw = p->q * p->dp, rows_all = (p->m + p->stride - 1) / p->stride, ld = p->ld * p->stride;
    for (size_t j = 0; j < nw; j++) k->w[j] = (float)theta[j];
    for (size_t i = 0; i < rows_all; i += k->block) {
        const size_t rows = rows_all - i < k->block ? rows_all - i : k->block;
        scores_f32(p->x + i * ld, ld, rows, k->w, p->dp, p->dp, p->q, k->z, k->qp);
        for (size_t r = 0; r < rows; r++) {
            float *z = k->z + r * k->qp, *to = prob + (i + r) * p->q;
            double s = (double)z[0] + theta[nw];
            for (size_t c = 0; c < p->q; c++) z[c] += (float)theta[nw + c];
            (void)(p->q == 1 ? binary_row(&s, 0) : softmax_row_f32(z, p->q, k->qp, 0));
            for (size_t c = 0; c < p->q; c++) to[c] = z[c];
            to[0] = p->q == 1 ? (float)s : to[0] + 1; /* the residual of class 0 is its probability - 1 */
        }
    }
}

static void block_scores_f64(const double *x64, size_t rows, const double *w, const double *bias, size_t dp, size_t q,
                             double *z, size_t ldz)
{
    if (q > GEMM_Q)
        sb_dgemm(false, true, rows, q, dp, 1, x64, dp, w, dp, 0, z, ldz);
    else
        dots_f64(x64, dp, rows, w, dp, dp, q, z, ldz);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < q; c++) z[r * ldz + c] += bias[c];
}

void sb_logit_scores_f64(sb_mat x, size_t first, size_t rows, const double *w, const double *bias, size_t dp, size_t q,
                         double *buffer, double *z, size_t ldz)
{
    for (size_t r = 0; r < rows; r++) {
        const float *from = sb_mat_row(x, first + r);
        for (size_t j = 0; j < x.d; j++) buffer[r * dp + j] = (double)from[j];
    }
    block_scores_f64(buffer, rows, w, bias, dp, q, z, ldz);
}

static void load_rows_f64(const sb_logit *p, size_t first, size_t rows, double *x64)
{
    for (size_t r = 0; r < rows; r++) {
        const size_t i = (first + r) * p->stride;
        const float *from = sb_mat_row(p->source, p->source_row ? p->source_row[i] : i);
        double *to = x64 + r * p->dp;
        if (p->scale)
            for (size_t j = 0; j < p->d; j++) to[j] = ((double)from[j] - p->mean[j]) * p->scale[j];
        else
            for (size_t j = 0; j < p->d; j++) to[j] = (double)from[j];
    }
}

double sb_logit_pass_f64(const sb_logit *p, sb_logit_work *k, const double *theta, double *gradient, double *lowest)
{
    const size_t nw = p->q * p->dp, rows_all = (p->m + p->stride - 1) / p->stride, q = p->q;
    memset(gradient, 0, sb_logit_dim(p) * sizeof *gradient);
    double loss = 0, total = 0;
    if (lowest) *lowest = INFINITY;
    for (size_t i = 0; i < rows_all; i += k->block) {
        const size_t rows = rows_all - i < k->block ? rows_all - i : k->block;
        load_rows_f64(p, i, rows, k->x64);
        block_scores_f64(k->x64, rows, theta, theta + nw, p->dp, q, k->z64, k->qp);
        for (size_t r = 0; r < rows; r++) {
            double *z = k->z64 + r * k->qp;
            const int32_t label = p->label[(i + r) * p->stride];
            const double w = weight_of(p, i + r);
            loss += w * (q == 1 ? binary_row(z, label) : softmax_row_f64(z, q, label, lowest));
            total += w;
            for (size_t c = 0; c < q; c++) gradient[nw + c] += z[c] *= w;
        }
        if (q > GEMM_Q)
            sb_dgemm(true, false, q, p->dp, rows, 1, k->z64, k->qp, k->x64, p->dp, 1, gradient, p->dp);
        else
            outer_f64(k->x64, p->dp, rows, k->z64, k->qp, p->dp, q, gradient, p->dp);
    }
    return finish(p, theta, loss, total, gradient);
}

/* The projection bound: basis, coordinates, and the arithmetic that makes it certain.
 *
 * Notation: a, b computed coordinates of a row and a point, e = slack.coordinate, u_x = e |x - mean|, u_c = e |c -
 * mean|, eta = slack.dot, R = sqrt(best) (1 + slack.measured). The measured distance is above `best` whenever |a - b| >
 * R + u_x + u_c,                 and  (R + u_x + u_c)^2 <= (1 + e) (R + u_x)^2 + (e + e^2) |c - mean|^2, where e > 0
 * weighs the mixed term 2 (R + u_x) e |c - mean|. With |a - b|^2 = |a|^2 + |b|^2 - 2 a.b that is a.b - |b|^2/2 + (e +
 * e^2) |c - mean|^2 / 2  <  |a|^2/2 - (1 + e) (R + u_x)^2 / 2: bias on the left, threshold on the right. A float32 dot
 * product of p terms (any order, fused or not) started from the bias is off by at most eta (|a||b| + |bias|) <= eta
 * (|a|^2/2 + |b|^2/2 + |bias|), which splits the same way. */
#include "project.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "selbench/la.h"

enum { SAMPLE = 2048, COORDINATES = 48, FEWEST = 12, ROUNDS = 3, BLOCK = 256, PANEL = SB_PROJECT_PANEL, LANES = 8 };
static const size_t ROWS_BYTES = (size_t)640 << 20; /* of the rows' coordinates: then fewer of them, to FEWEST */
static const double HUGE_NORM2 = 1e34;              /* squares of coordinates stay far inside float32 */

static float float_below(double v)
{
    const float f = (float)v;
    return f - fabsf(f) * FLT_EPSILON - FLT_MIN; /* FLT_MIN also covers products that underflow */
}

float sb_slack_threshold(const sb_slack *s, double half, double norm, double best)
{
    if (best == HUGE_VAL) return -HUGE_VALF;
    const double r = sqrt(best) * (1 + s->measured) + s->coordinate * norm;
    return float_below(half * (1 - s->dot) - 0.5 * r * r * (1 + s->coordinate));
}

float sb_slack_bias(const sb_slack *s, double half, double norm)
{
    const double e = s->coordinate, room = 0.5 * norm * norm * (e + e * e);
    return -float_below(half - room - 2 * s->dot * (half + room));
}

float sb_project_threshold(const sb_project *p, size_t i, double best)
{
    if (best == HUGE_VAL) return -HUGE_VALF;
    const double r = sqrt(best) * (1 + p->slack.measured) + p->loose[i];
    return float_below(p->half[i] - 0.5 * r * r * (1 + p->slack.coordinate));
}

static double dot(const double *a, const double *b, size_t d)
{
    double s[LANES] = {0}, sum = 0;
    size_t j = 0;
    for (; j + LANES <= d; j += LANES)
        for (size_t l = 0; l < LANES; l++) s[l] += a[j + l] * b[j + l];
    for (; j < d; j++) sum += a[j] * b[j];
    for (size_t l = 0; l < LANES; l++) sum += s[l];
    return sum;
}

/* Gram-Schmidt, twice; rows that depend on the earlier ones are dropped. Returns the rows kept. */
static size_t orthonormalise(double *v, size_t rows, size_t d)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows; i++) {
        double *const w = v + kept * d;
        if (kept != i) memcpy(w, v + i * d, d * sizeof *w);
        const double before = sqrt(dot(w, w, d));
        for (int twice = 0; twice < 2; twice++)
            for (size_t q = 0; q < kept; q++) {
                const double c = dot(w, v + q * d, d);
                for (size_t j = 0; j < d; j++) w[j] -= c * v[q * d + j];
            }
        const double after = sqrt(dot(w, w, d));
        if (!(after > 1e-6 * before)) continue;
        for (size_t j = 0; j < d; j++) w[j] /= after;
        kept++;
    }
    return kept;
}

/* The centred sample (m x d), scaled to a largest entry of 1; false when it is constant or overflows. */
static bool sample_centred(const sb_project *p, size_t m, float *s)
{
    const size_t d = p->x.d;
    float largest = 0;
    for (size_t i = 0; i < m; i++) {
        const float *row = sb_mat_row(p->x, i * p->x.n / m);
        for (size_t j = 0; j < d; j++) {
            s[i * d + j] = (float)((double)row[j] - p->mean[j]);
            largest = fmaxf(largest, fabsf(s[i * d + j]));
        }
    }
    if (!(largest > FLT_MIN && largest <= FLT_MAX)) return false;
    for (size_t i = 0; i < m * d; i++) s[i] /= largest;
    return true;
}

static void sample_mean(const sb_project *p, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        const float *row = sb_mat_row(p->x, i * p->x.n / m);
        for (size_t j = 0; j < p->x.d; j++) p->mean[j] += (double)row[j];
    }
    for (size_t j = 0; j < p->x.d; j++) p->mean[j] /= (double)m;
}

/* Leading directions of the sample by subspace iteration, started from sample rows: nothing is random, and any
 * orthonormal basis is correct; a good one only prunes more. */
static sb_status basis_find(sb_project *p, size_t m, sb_ctx *cx)
{
    const size_t d = p->x.d, room = p->p - 1 < m ? p->p - 1 : m;
    const size_t mark = sb_arena_mark(cx->arena);
    float *s = SB_NEW(cx->arena, m * d, float), *v = SB_NEW(cx->arena, room * d, float),
          *z = SB_NEW(cx->arena, m * room, float);
    if (!s || !v || !z) SB_FAIL(cx->err, SB_ENOMEM, "%zu sample rows of %zu features for the projection", m, d);
    p->usable = sample_centred(p, m, s);
    size_t q = p->usable ? room : 0;
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < d; j++) p->basis[i * d + j] = (double)s[(i * m / q) * d + j];
    q = orthonormalise(p->basis, q, d);
    for (int round = 0; round < ROUNDS && q; round++) {
        for (size_t i = 0; i < q * d; i++) v[i] = (float)p->basis[i];
        sb_sgemm(false, true, m, q, d, 1, s, d, v, d, 0, z, q);
        sb_sgemm(true, false, q, d, m, 1, z, q, s, d, 0, v, d);
        for (size_t i = 0; i < q * d; i++) p->basis[i] = (double)v[i];
        q = orthonormalise(p->basis, q, d);
    }
    p->directions = q;
    p->p = q + 1;
    p->usable = p->usable && q;
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* Coordinates of count <= BLOCK rows: out count x p; norm2 = |x - mean|^2. work: BLOCK x d. */
static void coordinates(const sb_project *p, const float *row, size_t ld, size_t count, double *work, double *out,
                        double *norm2)
{
    const size_t d = p->x.d, q = p->directions;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < d; j++) work[i * d + j] = (double)row[i * ld + j] - p->mean[j];
        norm2[i] = dot(work + i * d, work + i * d, d);
    }
    if (!p->basis) {
        memcpy(out, work, count * d * sizeof *out);
        return;
    }
    sb_dgemm(false, true, count, q, d, 1, work, d, p->basis, d, 0, out, p->p);
    for (size_t i = 0; i < count; i++) {
        double *const o = out + i * p->p;
        o[q] = sqrt(fmax(0, norm2[i] - dot(o, o, q)));
    }
}

/* Half the squared norm of the coordinates as stored. */
static double half_norm2(const double *o, size_t p)
{
    double s = 0;
    for (size_t j = 0; j < p; j++) {
        const double f = (double)(float)o[j];
        s += f * f;
    }
    return s / 2;
}

static sb_status rows_project(sb_project *p, sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double *work = SB_NEW(cx->arena, BLOCK * p->x.d, double), *out = SB_NEW(cx->arena, BLOCK * p->p, double),
           norm2[BLOCK];
    if (!work || !out) SB_FAIL(cx->err, SB_ENOMEM, "room to project %d rows of %zu features", BLOCK, p->x.d);
    for (size_t i = 0; i < p->x.n; i += BLOCK) {
        const size_t count = p->x.n - i < BLOCK ? p->x.n - i : BLOCK;
        coordinates(p, sb_mat_row(p->x, i), p->x.ld, count, work, out, norm2);
        for (size_t r = 0; r < count; r++) {
            const size_t at = (i + r) / PANEL * PANEL * p->p + (i + r) % PANEL;
            for (size_t j = 0; j < p->p; j++) p->y[at + j * PANEL] = (float)out[r * p->p + j];
            p->half[i + r] = half_norm2(out + r * p->p, p->p) * (1 - p->slack.dot);
            p->loose[i + r] = p->slack.coordinate * sqrt(norm2[r]);
            p->usable = p->usable && norm2[r] < HUGE_NORM2;
        }
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

/* The residual |x - V'Vx| is a difference of squares: off by the root of what V lacks in orthonormality and of the
 * rounding of d + p terms. The unit vectors have no residual: only the rounding to float32 remains. */
static sb_slack slack_of(const sb_project *p)
{
    const double d = (double)p->x.d, q = (double)p->directions, unit = DBL_EPSILON / 2;
    double lack = 0;
    for (size_t i = 0; p->basis && i < p->directions; i++)
        for (size_t j = 0; j <= i; j++) {
            const double g = dot(p->basis + i * p->x.d, p->basis + j * p->x.d, p->x.d) - (i == j ? 1 : 0);
            lack += (i == j ? 1 : 2) * g * g;
        }
    const double residual = p->basis ? 2 * sqrt(sqrt(lack) + 8 * (d + q + 8) * unit) : 0;
    return (sb_slack){.coordinate = (double)FLT_EPSILON + residual + 8 * d * unit,
                      .dot = ((double)p->p + 4) * (double)FLT_EPSILON,
                      .measured = (d + 8) * DBL_EPSILON};
}

sb_status sb_project_init(sb_project *p, sb_mat x, sb_ctx *cx)
{
    const size_t m = x.n < SAMPLE ? x.n : SAMPLE, padded = sb_project_blocks(x.n) * SB_PROJECT_BLOCK;
    const size_t fit = ROWS_BYTES / (sizeof(float) * x.n), most = fit < FEWEST ? FEWEST : fit;
    const size_t limit = most < COORDINATES ? most : COORDINATES;
    *p = (sb_project){.x = x, .usable = true, .p = x.d < limit ? x.d : limit, .directions = x.d};
    p->mean = SB_NEW(cx->arena, x.d, double);
    if (x.d > limit) p->basis = SB_NEW(cx->arena, limit * x.d, double);
    if (!p->mean || (x.d > limit && !p->basis)) SB_FAIL(cx->err, SB_ENOMEM, "projection basis of %zu features", x.d);
    sample_mean(p, m);
    if (p->basis) SB_TRY(basis_find(p, m, cx));
    if (!p->usable) return SB_OK;
    p->slack = slack_of(p);
    p->y = SB_NEW(cx->arena, padded * p->p, float);
    p->half = SB_NEW(cx->arena, x.n, double);
    p->loose = SB_NEW(cx->arena, x.n, double);
    if (!p->y || !p->half || !p->loose)
        SB_FAIL(cx->err, SB_ENOMEM, "projections of %zu rows to %zu coordinates", x.n, p->p);
    return rows_project(p, cx);
}

sb_status sb_points_new(const sb_project *p, size_t k, sb_ctx *cx, sb_points *out)
{
    const size_t groups = sb_points_groups(k);
    *out = (sb_points){.k = k};
    out->z = SB_NEW(cx->arena, groups * SB_PROJECT_GROUP * p->p, float);
    out->bias = SB_NEW(cx->arena, groups * SB_PROJECT_GROUP, float);
    if (!out->z || !out->bias) SB_FAIL(cx->err, SB_ENOMEM, "projections of %zu points", k);
    return SB_OK;
}

static float *point_at(const sb_project *p, const sb_points *z, size_t c)
{
    return z->z + c / SB_PROJECT_GROUP * SB_PROJECT_GROUP * p->p + c % SB_PROJECT_GROUP;
}

sb_status sb_points_set(const sb_project *p, const float *point, size_t k, sb_ctx *cx, sb_points *out)
{
    const size_t mark = sb_arena_mark(cx->arena);
    double *work = SB_NEW(cx->arena, BLOCK * p->x.d, double), *co = SB_NEW(cx->arena, BLOCK * p->p, double),
           norm2[BLOCK];
    if (!work || !co) SB_FAIL(cx->err, SB_ENOMEM, "room to project %d points of %zu features", BLOCK, p->x.d);
    out->k = k;
    for (size_t i = 0; i < k; i += BLOCK) {
        const size_t count = k - i < BLOCK ? k - i : BLOCK;
        coordinates(p, point + i * p->x.d, p->x.d, count, work, co, norm2);
        for (size_t r = 0; r < count; r++) {
            float *const z = point_at(p, out, i + r);
            for (size_t j = 0; j < p->p; j++) z[j * SB_PROJECT_GROUP] = (float)co[r * p->p + j];
            out->bias[i + r] = sb_slack_bias(&p->slack, half_norm2(co + r * p->p, p->p), sqrt(norm2[r]));
        }
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

void sb_points_rows(const sb_project *p, const uint32_t *row, size_t k, sb_points *out)
{
    out->k = k;
    for (size_t c = 0; c < k; c++) {
        const float *y = p->y + (size_t)row[c] / PANEL * PANEL * p->p + row[c] % PANEL;
        float *const z = point_at(p, out, c);
        for (size_t j = 0; j < p->p; j++) z[j * SB_PROJECT_GROUP] = y[j * PANEL];
        const double half = p->half[row[c]] / (1 - p->slack.dot), norm = p->loose[row[c]] / p->slack.coordinate;
        out->bias[c] = sb_slack_bias(&p->slack, half * (1 - DBL_EPSILON * 4), norm * (1 + DBL_EPSILON * 4));
    }
}

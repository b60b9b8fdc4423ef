#include "plane.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "file.h"
#include "npy.h"
#include "selbench/la.h"
#include "str.h"

enum { SAMPLE = 1024 };

/* a (s x d): the rows i n / s of x minus their mean. Returns the mean squared length. */
static double centred_sample(sb_mat x, size_t s, double *a, double *mean)
{
    double total = 0;
    for (size_t i = 0; i < s; i++) {
        const float *const row = sb_mat_row(x, i * x.n / s);
        for (size_t j = 0; j < x.d; j++) mean[j] += (double)row[j] / (double)s;
    }
    for (size_t i = 0; i < s; i++) {
        const float *const row = sb_mat_row(x, i * x.n / s);
        double length = 0;
        for (size_t j = 0; j < x.d; j++) {
            const double v = (double)row[j] - mean[j];
            a[i * x.d + j] = v;
            length += v * v;
        }
        total += length / (double)s;
    }
    return total;
}

/* v (r x d): the leading eigenvectors of A'A / s, by the smaller of A'A and AA'; value: their eigenvalues. */
static sb_status directions(const double *a, size_t s, size_t d, size_t r, sb_ctx *cx, double *v, double *value)
{
    const size_t n = d < s ? d : s;
    double *const g = SB_NEW(cx->arena, n * n, double), *const u = SB_NEW(cx->arena, r * n, double);
    if (!g || !u) SB_FAIL(cx->err, SB_ENOMEM, "%zu x %zu covariance of a map", n, n);
    if (d < s)
        sb_dsyrk(d, s, 1 / (double)s, a, d, 0, g, d);
    else
        sb_dgemm(false, true, s, s, d, 1 / (double)s, a, d, a, d, 0, g, s);
    SB_TRY(sb_eig_top(g, n, r, value, u, cx));
    if (d < s)
        memcpy(v, u, r * d * sizeof *v);
    else
        sb_dgemm(false, false, r, d, s, 1, u, s, a, d, 0, v, d); /* A'u has the length sqrt(s value) */
    for (size_t k = 0; k < r; k++) {
        double length = 0;
        for (size_t j = 0; j < d; j++) length += v[k * d + j] * v[k * d + j];
        for (size_t j = 0; j < d && length > 0; j++) v[k * d + j] /= sqrt(length);
        sb_sign_fix(v + k * d, d);
    }
    return SB_OK;
}

sb_status sb_plane_make(sb_mat x, sb_ctx *cx, float *xy, double share[2])
{
    const size_t mark = sb_arena_mark(cx->arena), d = x.d, s = x.n < SAMPLE ? x.n : SAMPLE;
    const size_t least = d < s ? d : s, r = least < 2 ? least : 2;
    double *const a = SB_NEW(cx->arena, s * d, double), *const mean = SB_NEW(cx->arena, d, double);
    double *const v = SB_NEW(cx->arena, 2 * d, double), *const b = SB_NEW(cx->arena, 2 * d, double);
    double *const out = SB_NEW(cx->arena, x.n * 2, double);
    double value[2] = {0}, offset[2] = {0};
    if (!a || !mean || !v || !b || !out) SB_FAIL(cx->err, SB_ENOMEM, "map of %zu x %zu features", x.n, d);
    const double total = centred_sample(x, s, a, mean);
    SB_TRY(directions(a, s, d, r, cx, v, value));
    for (size_t k = 0; k < 2; k++) {
        /* rounding leaves about eps of the total where there is no variance */
        const bool real = value[k] > 16 * (double)(s + d) * DBL_EPSILON * total;
        share[k] = real ? value[k] / total : 0;
        for (size_t j = 0; j < d; j++) {
            b[j * 2 + k] = real ? v[k * d + j] : 0;
            offset[k] += mean[j] * b[j * 2 + k];
        }
    }
    SB_TRY(sb_rows_times(x, NULL, x.n, b, 2, cx, out));
    for (size_t i = 0; i < 2 * x.n; i++) xy[i] = (float)(out[i] - offset[i % 2]);
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static const char *path_of(const char *dir, const char *content, sb_ctx *cx)
{
    return sb_str_format(cx->arena, "%s/maps/%s.npz", dir, content);
}

bool sb_plane_stored(const char *dir, const char *content, sb_ctx *cx)
{
    const char *const path = path_of(dir, content, cx);
    return path && sb_file_exists(path);
}

sb_status sb_plane_store(const char *dir, const char *content, sb_mat x, const int32_t *label, sb_ctx *cx)
{
    const char *const path = path_of(dir, content, cx);
    if (path && sb_file_exists(path)) return SB_OK;
    float *const xy = SB_NEW(cx->arena, 2 * x.n, float);
    int32_t *const classes = label ? SB_NEW(cx->arena, x.n, int32_t) : NULL;
    double share[2] = {0};
    if (!path || !xy || (label && !classes)) SB_FAIL(cx->err, SB_ENOMEM, "map of %zu rows", x.n);
    SB_TRY(sb_plane_make(x, cx, xy, share));
    if (label) memcpy(classes, label, x.n * sizeof *classes);
    const sb_npz_member member[] = {{"xy", {.type = SB_F32, .dims = 2, .shape = {x.n, 2}, .data = xy}},
                                    {"share", {.type = SB_F64, .dims = 1, .shape = {2}, .data = share}},
                                    {"label", {.type = SB_I32, .dims = 1, .shape = {x.n}, .data = classes}}};
    return sb_npz_write(path, member, label ? 3 : 2, cx);
}

sb_status sb_plane_read(const char *dir, const char *content, sb_ctx *cx, size_t *n, const float **xy,
                        const int32_t **label, double share[2])
{
    static const sb_option_text which[][1] = {{{"member", "xy"}}, {{"member", "share"}}, {{"member", "label"}}};
    sb_array a[3] = {0};
    const char *const path = path_of(dir, content, cx);
    *n = 0;
    *label = NULL;
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a map");
    if (!sb_file_exists(path)) return SB_OK;
    for (int i = 0; i < 2; i++) SB_TRY(sb_array_read(path, "npz", which[i], 1, SIZE_MAX / 4, cx, &a[i]));
    if (a[0].type != SB_F32 || sb_array_width(&a[0]) != 2 || a[1].type != SB_F64 || sb_array_rows(&a[1]) != 2)
        SB_FAIL(cx->err, SB_EFORMAT, "'%s' is not a map", path);
    const sb_status st = sb_array_read(path, "npz", which[2], 1, SIZE_MAX / 4, cx, &a[2]);
    if (st == SB_ENOMEM || st == SB_EIO) return st;
    if (st == SB_OK && (a[2].type != SB_I32 || sb_array_rows(&a[2]) != sb_array_rows(&a[0])))
        SB_FAIL(cx->err, SB_EFORMAT, "'%s': the classes do not fit the rows", path);
    *n = sb_array_rows(&a[0]);
    *xy = a[0].data;
    *label = st == SB_OK ? a[2].data : NULL; /* regression has none */
    memcpy(share, a[1].data, 2 * sizeof *share);
    return SB_OK;
}

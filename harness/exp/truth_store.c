#include "truth_store.h"

#include "file.h"
#include "npy.h"
#include "str.h"

enum { INFO = 8 };

static const char *path_of(const char *dir, const char *key, sb_ctx *cx)
{
    return sb_str_format(cx->arena, "%s/reference/%s.npz", dir, key);
}

bool sb_truth_stored(const char *dir, const char *key, sb_ctx *cx)
{
    const char *path = path_of(dir, key, cx);
    return path && sb_file_exists(path);
}

sb_status sb_truth_write(const char *dir, const char *key, size_t d, const sb_truth *truth, sb_ctx *cx)
{
    const sb_fit_info *f = &truth->full.info;
    double info[INFO] = {f->converged, f->grad_norm,          f->tolerance,      f->objective,
                         f->l2,        (double)f->iterations, (double)f->passes, (double)f->rank};
    const char *path = path_of(dir, key, cx);
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a reference");
    const sb_npz_member member[] = {
        {"theta", {.type = SB_F64, .dims = 2, .shape = {d + 1, truth->full.q}, .data = truth->full.theta}},
        {"info", {.type = SB_F64, .dims = 1, .shape = {INFO}, .data = info}},
    };
    return sb_npz_write(path, member, 2, cx);
}

sb_status sb_truth_read(const char *dir, const char *key, size_t d, sb_ctx *cx, double **theta, sb_fit_info *info)
{
    static const sb_option_text which[][1] = {{{"member", "theta"}}, {{"member", "info"}}};
    sb_array a[2];
    const char *path = path_of(dir, key, cx);
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a reference");
    for (int i = 0; i < 2; i++) SB_TRY(sb_array_read(path, "npz", which[i], 1, SIZE_MAX / 4, cx, &a[i]));
    if (a[0].type != SB_F64 || sb_array_rows(&a[0]) != d + 1 || a[1].type != SB_F64 || sb_array_rows(&a[1]) != INFO)
        SB_FAIL(cx->err, SB_EFORMAT, "'%s' is not the reference of a model with %zu features", path, d);
    const double *v = a[1].data;
    *info = (sb_fit_info){.converged = v[0] > 0,
                          .grad_norm = v[1],
                          .tolerance = v[2],
                          .objective = v[3],
                          .l2 = v[4],
                          .iterations = (size_t)v[5],
                          .passes = (size_t)v[6],
                          .rank = (size_t)v[7]};
    *theta = a[0].data;
    return SB_OK;
}

/* Stored subsets: content-addressed NPZ files that numpy.load opens. */
#include <string.h>

#include "file.h"
#include "hash.h"
#include "npy.h"
#include "store.h"
#include "str.h"

void sb_subset_hash(const char *content, const sb_selection *s, char hex[65])
{
    sb_hash h = sb_hash_begin();
    const uint64_t shape[2] = {s->m, s->weight != NULL};
    sb_hash_add_text(&h, content);
    sb_hash_add(&h, shape, sizeof shape);
    sb_hash_add(&h, s->row, s->m * sizeof *s->row);
    if (s->weight) sb_hash_add(&h, s->weight, s->m * sizeof *s->weight);
    sb_hash_end_hex(&h, hex);
}

static const char *subset_path(const char *dir, const char *hex, sb_ctx *cx)
{
    return sb_str_format(cx->arena, "%s/subsets/%s.npz", dir, hex);
}

sb_status sb_subset_write(const char *dir, const char *hex, const char *content, size_t n, const sb_selection *s,
                          sb_ctx *cx)
{
    const size_t mark = sb_arena_mark(cx->arena);
    const char *path = subset_path(dir, hex, cx);
    char *meta = sb_str_format(
        cx->arena, "{\"format\":\"selbench subset 1\",\"data\":\"%s\",\"n\":%zu,\"rows\":%zu,\"weighted\":%s}", content,
        n, s->m, s->weight ? "true" : "false");
    int64_t *rows = SB_NEW(cx->arena, s->m, int64_t);
    double *weights = SB_NEW(cx->arena, s->m, double);
    if (!path || !meta || !rows || !weights) SB_FAIL(cx->err, SB_ENOMEM, "subset of %zu rows", s->m);
    if (!sb_file_exists(path)) {
        for (size_t i = 0; i < s->m; i++) {
            rows[i] = s->row[i];
            weights[i] = s->weight ? s->weight[i] : (double)n / (double)s->m;
        }
        const sb_npz_member member[] = {
            {"indices", {.type = SB_I64, .dims = 1, .shape = {s->m}, .data = rows}},
            {"weights", {.type = SB_F64, .dims = 1, .shape = {s->m}, .data = weights}},
            {"meta", {.type = SB_U8, .dims = 1, .shape = {strlen(meta)}, .data = meta}},
        };
        SB_TRY(sb_npz_write(path, member, 3, cx));
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

sb_status sb_subset_read(const char *dir, const char *hex, sb_ctx *cx, sb_selection *out)
{
    static const sb_option_text which[][1] = {{{"member", "indices"}}, {{"member", "weights"}}, {{"member", "meta"}}};
    sb_array a[3];
    const char *path = subset_path(dir, hex, cx);
    if (!path) SB_FAIL(cx->err, SB_ENOMEM, "name of a subset");
    for (int i = 0; i < 3; i++) SB_TRY(sb_array_read(path, "npz", which[i], 1, SIZE_MAX / 4, cx, &a[i]));
    if (a[0].type != SB_I64 || a[1].type != SB_F64 || sb_array_rows(&a[0]) != sb_array_rows(&a[1]))
        SB_FAIL(cx->err, SB_EFORMAT, "'%s' is not a subset written by selbench", path);
    sb_selection s = {.m = sb_array_rows(&a[0])};
    s.row = SB_NEW(cx->arena, s.m, uint32_t);
    if (!s.row) SB_FAIL(cx->err, SB_ENOMEM, "subset of %zu rows", s.m);
    for (size_t i = 0; i < s.m; i++) {
        const int64_t row = ((const int64_t *)a[0].data)[i];
        if (row < 0 || row > UINT32_MAX)
            SB_FAIL(cx->err, SB_EFORMAT, "'%s' has the row index %lld", path, (long long)row);
        s.row[i] = (uint32_t)row;
    }
    const char *meta = sb_str_copy(cx->arena, a[2].data, sb_array_rows(&a[2]));
    if (meta && strstr(meta, "\"weighted\":true")) s.weight = a[1].data;
    *out = s;
    return SB_OK;
}

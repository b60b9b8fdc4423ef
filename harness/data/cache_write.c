/* Writing a cache file: rows are converted block by block, checked, hashed and written, so that a data set never lies
 * in memory twice. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20 };

struct out {
    int fd;
    const char *path;
    uint64_t at;
    sb_hash *hash;
    sb_ctx *cx;
};

static sb_status put_at(const struct out *o, const void *bytes, size_t size, uint64_t at)
{
    const char *p = bytes;
    while (size) {
        const ssize_t w = pwrite(o->fd, p, size, (off_t)at);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0)
            SB_FAIL(o->cx->err, SB_EIO,
                    "cannot write cache file '%s' beyond %llu bytes: %s (SELBENCH_CACHE names another folder)", o->path,
                    (unsigned long long)at, w < 0 ? strerror(errno) : "no room");
        p += w;
        at += (uint64_t)w;
        size -= (size_t)w;
    }
    return SB_OK;
}

static sb_status put(struct out *o, const void *bytes, size_t size)
{
    if (o->hash) sb_hash_add(o->hash, bytes, size);
    SB_TRY(put_at(o, bytes, size, o->at));
    o->at += size;
    return SB_OK;
}

static void section_begin(struct out *o, sb_cache_head *h, size_t section)
{
    o->at = (o->at + SB_CACHE_PAGE - 1) / SB_CACHE_PAGE * SB_CACHE_PAGE;
    h->at[section] = o->at;
}
static void section_end(const struct out *o, sb_cache_head *h, size_t section)
{
    h->bytes[section] = o->at - h->at[section];
}

/* Row i, column j cannot be stored: why. */
static sb_status not_finite(const sb_view *v, const char *what, size_t i, size_t j, sb_ctx *cx)
{
    const double raw = sb_view_raw(v, i, j);
    const size_t column = v->first + j;
    sb_status st = sb_err_set(cx->err, SB_EDATA, __FILE__, __LINE__,
                              "%s: row %zu, column %zu is %.10g%s (both counted from 0)", what, sb_view_row(v, i),
                              column + (column >= v->drop), raw, isfinite(raw) ? ", too large for float32" : "");
    return v->file ? sb_err_in(cx->err, st, "'%s'", v->file) : st;
}

/* By the exponent bits, so that the loop needs no branch and no order. */
static bool all_finite(const float *v, size_t n)
{
    const uint32_t exponent = 0x7f800000u;
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    return !bad;
}

/* Features that may stay in the user's file: one array as it is, finite and nothing else to be done. */
static const sb_outside *stays(const sb_parts *t, size_t p)
{
    const sb_view *v = &t->x[p];
    const bool whole = v->array->type == SB_F32 && v->first == 0 && v->drop == SIZE_MAX && !v->row && v->divide == 1 &&
                       v->d == sb_array_width(v->array) && v->n == sb_array_rows(v->array);
    return whole ? sb_maps_outside(&t->maps, v->array->data) : NULL;
}

/* Checks and hashes them where they are. */
static sb_status pass_features(const struct out *o, const sb_view *v, const char *what)
{
    const float *x = v->array->data;
    const size_t d = v->d, rows = d * sizeof(float) < BLOCK_BYTES ? BLOCK_BYTES / (d * sizeof(float)) : 1;
    for (size_t begin = 0; begin < v->n; begin += rows) {
        const size_t m = v->n - begin < rows ? v->n - begin : rows;
        if (!all_finite(x + begin * d, m * d))
            for (size_t i = begin * d; i < (begin + m) * d; i++)
                if (!isfinite(x[i])) return not_finite(v, what, i / d, i % d, o->cx);
        sb_hash_add(o->hash, x + begin * d, m * d * sizeof *x);
    }
    return SB_OK;
}

static sb_status put_features(struct out *o, const sb_view *v, const char *what)
{
    const size_t d = v->d, rows = d * sizeof(float) < BLOCK_BYTES ? BLOCK_BYTES / (d * sizeof(float)) : 1;
    const size_t mark = sb_arena_mark(o->cx->arena);
    float *block = SB_NEW(o->cx->arena, rows * d, float);
    if (!block) SB_FAIL(o->cx->err, SB_ENOMEM, "block of %zu x %zu %s", rows, d, what);
    for (size_t begin = 0; begin < v->n; begin += rows) {
        const size_t m = v->n - begin < rows ? v->n - begin : rows;
        for (size_t i = 0; i < m; i++) sb_view_f32(v, begin + i, block + i * d);
        if (!all_finite(block, m * d))
            for (size_t i = 0; i < m * d; i++)
                if (!isfinite(block[i])) return not_finite(v, what, begin + i / d, i % d, o->cx);
        SB_TRY(put(o, block, m * d * sizeof *block));
    }
    sb_arena_rewind(o->cx->arena, mark);
    return SB_OK;
}

static sb_status put_targets(struct out *o, const sb_view *v, const char *what)
{
    const size_t mark = sb_arena_mark(o->cx->arena);
    const size_t d = v->d, rows = d * sizeof(double) < BLOCK_BYTES ? BLOCK_BYTES / (d * sizeof(double)) : 1;
    double *block = SB_NEW(o->cx->arena, rows * d, double);
    if (!block) SB_FAIL(o->cx->err, SB_ENOMEM, "block of %zu x %zu %s", rows, d, what);
    for (size_t begin = 0; begin < v->n; begin += rows) {
        const size_t m = v->n - begin < rows ? v->n - begin : rows;
        for (size_t i = 0; i < m; i++) sb_view_f64(v, begin + i, block + i * d);
        for (size_t i = 0; i < m * d; i++)
            if (!isfinite(block[i])) return not_finite(v, what, begin + i / d, i % d, o->cx);
        SB_TRY(put(o, block, m * d * sizeof *block));
    }
    sb_arena_rewind(o->cx->arena, mark);
    return SB_OK;
}

static void hash_size(sb_hash *h, size_t value)
{
    const uint64_t v = value;
    sb_hash_add(h, &v, sizeof v);
}

static sb_status put_all_features(struct out *o, const sb_parts *t, sb_cache_head *h)
{
    static const char *const what[SB_PARTS] = {"training features", "test features"};
    sb_hash hash = sb_hash_begin();
    sb_hash_add_text(&hash, "features");
    for (size_t p = 0; p < SB_PARTS; p++) hash_size(&hash, t->x[p].n);
    hash_size(&hash, t->x[SB_TRAIN].d);
    o->hash = &hash;
    sb_status st = SB_OK;
    for (size_t p = 0; p < SB_PARTS && st == SB_OK; p++) {
        if (!t->x[p].n) continue;
        const sb_outside *file = stays(t, p);
        if (file) {
            st = pass_features(o, &t->x[p], what[p]);
            continue;
        }
        section_begin(o, h, SB_X + p);
        st = put_features(o, &t->x[p], what[p]);
        section_end(o, h, SB_X + p);
    }
    o->hash = NULL;
    sb_hash_end_hex(&hash, h->features);
    return st;
}

static sb_status put_all_targets(struct out *o, const sb_parts *t, sb_cache_head *h)
{
    static const char *const what[SB_PARTS] = {"training targets", "test targets"};
    sb_hash hash = sb_hash_begin();
    sb_hash_add_text(&hash, t->kind == SB_CLASSIFICATION ? "labels" : "targets");
    for (size_t p = 0; p < SB_PARTS; p++) hash_size(&hash, t->x[p].n);
    hash_size(&hash, t->kind == SB_CLASSIFICATION ? t->c : t->t);
    o->hash = &hash;
    sb_status st = SB_OK;
    for (size_t p = 0; p < SB_PARTS && st == SB_OK; p++) {
        if (!t->x[p].n) continue;
        section_begin(o, h, SB_Y + p);
        st = t->kind == SB_CLASSIFICATION ? put(o, t->label[p], t->x[p].n * sizeof *t->label[p])
                                          : put_targets(o, &t->y[p], what[p]);
        section_end(o, h, SB_Y + p);
    }
    o->hash = NULL;
    sb_hash_end_hex(&hash, h->targets);
    return st;
}

static sb_status put_rows_and_groups(struct out *o, const sb_parts *t, sb_cache_head *h)
{
    for (size_t p = 0; p < SB_PARTS; p++) {
        if (!t->row[p] || !t->x[p].n) continue;
        section_begin(o, h, SB_ROWS + p);
        SB_TRY(put(o, t->row[p], t->x[p].n * sizeof *t->row[p]));
        section_end(o, h, SB_ROWS + p);
    }
    if (!t->group) return SB_OK;
    section_begin(o, h, SB_GROUP);
    SB_TRY(put(o, t->group, t->x[SB_TRAIN].n * sizeof *t->group));
    section_end(o, h, SB_GROUP);
    return SB_OK;
}

static sb_status put_files(struct out *o, const sb_parts *t, sb_cache_head *h)
{
    for (size_t p = 0; p < SB_PARTS; p++) {
        const sb_outside *file = t->x[p].n ? stays(t, p) : NULL;
        if (!file) continue;
        section_begin(o, h, SB_FILE + p);
        SB_TRY(put(o, file, sizeof *file));
        section_end(o, h, SB_FILE + p);
    }
    return SB_OK;
}

static sb_status write_body(struct out *o, const sb_parts *t, const char *key)
{
    sb_cache_head h;
    memset(&h, 0, sizeof h);
    memcpy(h.magic, "SELBDATA", sizeof h.magic);
    h.version = SB_CACHE_VERSION;
    h.order = 1;
    h.kind = t->kind;
    h.d = t->x[SB_TRAIN].d;
    h.c = t->kind == SB_CLASSIFICATION ? t->c : 0;
    h.t = t->kind == SB_REGRESSION ? t->t : 0;
    h.groups = t->group ? t->groups : 0;
    for (size_t p = 0; p < SB_PARTS; p++) {
        h.n[p] = t->x[p].n;
        h.source_n[p] = t->source_n[p];
    }
    memcpy(h.key, key, SB_HASH_HEX);
    o->at = SB_CACHE_PAGE;
    SB_TRY(put_all_features(o, t, &h));
    if (!t->features_only) SB_TRY(put_all_targets(o, t, &h));
    SB_TRY(put_rows_and_groups(o, t, &h));
    SB_TRY(put_files(o, t, &h));
    h.file_bytes = o->at;
    sb_hash hash = sb_hash_begin();
    sb_hash_add(&hash, &h, offsetof(sb_cache_head, check));
    sb_hash_end(&hash, h.check);
    return put_at(o, &h, sizeof h, 0);
}

sb_status sb_cache_write(const char *path, const char *part_path, const sb_parts *t, const char *key, sb_ctx *cx)
{
    const int fd = open(part_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) SB_FAIL(cx->err, SB_EIO, "cannot create cache file '%s': %s", part_path, strerror(errno));
    struct out o = {.fd = fd, .path = path, .cx = cx};
    sb_status st = write_body(&o, t, key);
    if (st == SB_OK && fsync(fd) != 0)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot write cache file '%s': %s", path, strerror(errno));
    if (close(fd) != 0 && st == SB_OK)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot write cache file '%s': %s", path, strerror(errno));
    if (st == SB_OK && rename(part_path, path) != 0)
        st = sb_err_set(cx->err, SB_EIO, __FILE__, __LINE__, "cannot name cache file '%s': %s", path, strerror(errno));
    if (st != SB_OK) (void)unlink(part_path);
    return st;
}

/* A source as a table: its arrays read, columns told apart, labels numbered, rows split and sampled. */
#include <math.h>
#include <string.h>

#include "source.h"

enum { ARRAY_LIMIT_SHIFT = 38 }; /* 256 GiB: the arena's cap is the real limit */

static sb_status read_or_map(const sb_file_ref *f, const char *path, sb_maps *maps, sb_ctx *cx, sb_array *out)
{
    const bool npy = f->format ? strcmp(f->format, "npy") == 0 : sb_str_ends(path, ".npy");
    bool mapped = false;
    const char *const *inside = f->path ? f->inside : NULL; /* of a published file it has come out already */
    if (npy && !inside && !f->options) SB_TRY(sb_maps_npy(maps, path, f->path != NULL, cx, out, &mapped));
    if (mapped) return SB_OK;
    return sb_array_read_inside(path, inside, f->format, f->option, f->options, (size_t)1 << ARRAY_LIMIT_SHIFT, cx,
                                out);
}

sb_status sb_file_ref_load(const sb_file_ref *f, const sb_places *places, sb_maps *maps, sb_ctx *cx, sb_array *out)
{
    const char *path = NULL;
    if (places->progress) places->progress(places->self, f->role, 0);
    sb_status st = sb_find(f, places, cx, &path);
    if (st != SB_OK) return st;
    st = read_or_map(f, path, maps, cx, out);
    if (places->progress) places->progress(places->self, f->role, 1);
    return st;
}

/* Position of the target column in an array. */
static sb_status find_column(const char *which, const sb_array *a, sb_ctx *cx, size_t *column)
{
    const size_t width = sb_array_width(a);
    unsigned long long number = 0;
    if (strcmp(which, "first") == 0)
        *column = 0;
    else if (strcmp(which, "last") == 0)
        *column = width - 1;
    else if (sb_str_size(which, &number))
        *column = number < SIZE_MAX ? (size_t)number : SIZE_MAX;
    else {
        *column = SIZE_MAX;
        for (size_t j = 0; a->column && j < width; j++)
            if (strcmp(a->column[j], which) == 0) *column = j;
        const char *near = a->column ? sb_nearest_of(which, a->column, width) : NULL;
        if (*column == SIZE_MAX)
            SB_FAIL(cx->err, SB_EDATA, "no column is named '%s'%s%s%s", which,
                    near        ? ", did you mean '"
                    : a->column ? ""
                                : ": the file has no column names",
                    near ? near : "", near ? "'?" : "");
    }
    if (*column >= width) SB_FAIL(cx->err, SB_EDATA, "'target_column' is %s, but there are %zu columns", which, width);
    return SB_OK;
}

/* Features x and, when they are in the same array, targets y. */
static sb_status divide_columns(const sb_source *s, const sb_array *a, sb_ctx *cx, sb_view *x, sb_view *y)
{
    const sb_layout *l = &s->layout;
    const size_t width = sb_array_width(a);
    if (width == 0 || sb_array_rows(a) == 0)
        SB_FAIL(cx->err, SB_EDATA, "the array has %zu rows and %zu columns", sb_array_rows(a), width);
    *x = sb_view_all(a);
    x->divide = s->divide;
    if (l->features[1] > width || l->targets[1] > width)
        SB_FAIL(cx->err, SB_EDATA, "columns up to %zu are named, but there are %zu",
                l->features[1] > l->targets[1] ? l->features[1] : l->targets[1], width);
    if (l->features[1]) {
        x->first = l->features[0];
        x->d = l->features[1] - l->features[0];
    }
    if (l->targets[1]) {
        *y = sb_view_all(a);
        y->first = l->targets[0];
        y->d = l->targets[1] - l->targets[0];
        y->divide = s->divide;
        if (!l->features[1]) SB_FAIL(cx->err, SB_EDATA, "'target_columns' needs 'feature_columns'");
    }
    if (!l->target_column) return SB_OK;
    size_t column = 0;
    SB_TRY(find_column(l->target_column, a, cx, &column));
    *y = sb_view_all(a);
    y->first = column;
    y->d = 1;
    if (column < x->first || column >= x->first + x->d) return SB_OK;
    x->drop = column;
    x->d--;
    return SB_OK;
}

static sb_status load_part(const sb_source *s, size_t p, const sb_places *places, sb_ctx *cx, sb_parts *t)
{
    sb_view *x = &t->x[p], *y = &t->y[p];
    sb_array *a = SB_NEW(cx->arena, 2, sb_array);
    if (!a) SB_FAIL(cx->err, SB_ENOMEM, "arrays of a data set");
    SB_TRY(sb_file_ref_load(s->x[p], places, &t->maps, cx, &a[0]));
    const char *file = sb_file_ref_id(s->x[p], cx->arena);
    sb_status st = divide_columns(s, &a[0], cx, x, y);
    if (st != SB_OK) return sb_err_in(cx->err, st, "%s '%s'", s->x[p]->role, file ? file : "");
    x->file = y->file = file;
    if (!s->y[p]) return SB_OK;
    SB_TRY(sb_file_ref_load(s->y[p], places, &t->maps, cx, &a[1]));
    *y = sb_view_all(&a[1]);
    y->file = sb_file_ref_id(s->y[p], cx->arena);
    if (y->n == x->n) return SB_OK;
    st = sb_err_set(cx->err, SB_EDATA, __FILE__, __LINE__, "%zu rows for %zu rows of features", y->n, x->n);
    return sb_err_in(cx->err, st, "%s '%s'", s->y[p]->role, y->file ? y->file : "");
}

/* The last m of n rows, and those before them. */
static sb_status last_rows(size_t n, size_t m, sb_ctx *cx, uint32_t **test, uint32_t **train)
{
    uint32_t *all = SB_NEW(cx->arena, n, uint32_t);
    if (!all) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu rows", n);
    for (size_t i = 0; i < n; i++) all[i] = (uint32_t)i;
    *train = all;
    *test = all + (n - m);
    return SB_OK;
}

/* One part becomes two: the drawn rows, or the last ones, are the test part. */
static sb_status split(const sb_source *s, sb_ctx *cx, sb_parts *t)
{
    const size_t n = t->x[SB_TRAIN].n;
    const size_t m = s->test_last ? s->test_last : (size_t)floor(s->test_fraction * (double)n + 0.5);
    if (m == 0 || m >= n) SB_FAIL(cx->err, SB_EDATA, "a test part of %zu of %zu rows", m, n);
    const char *stream = sb_str_format(cx->arena, "%s/split", s->info.name);
    if (!stream) SB_FAIL(cx->err, SB_ENOMEM, "name of a stream");
    uint32_t *test = NULL, *train = NULL;
    SB_TRY(s->test_last ? last_rows(n, m, cx, &test, &train)
                        : sb_parts_sample(n, m, s->split_seed, stream, cx, &test, &train));
    t->x[SB_TEST] = t->x[SB_TRAIN];
    t->y[SB_TEST] = t->y[SB_TRAIN];
    uint32_t *const row[SB_PARTS] = {train, test};
    const size_t size[SB_PARTS] = {n - m, m};
    for (size_t p = 0; p < SB_PARTS; p++) {
        t->row[p] = t->x[p].row = t->y[p].row = row[p];
        t->x[p].n = t->y[p].n = size[p];
        t->source_n[p] = n;
    }
    return SB_OK;
}

/* list[chosen[i]] for m rows, or chosen itself when there is no list. */
static sb_status compose(const uint32_t *list, const uint32_t *chosen, size_t m, sb_ctx *cx, const uint32_t **out)
{
    *out = chosen;
    if (!list) return SB_OK;
    uint32_t *row = SB_NEW(cx->arena, m, uint32_t);
    if (!row) SB_FAIL(cx->err, SB_ENOMEM, "list of %zu rows", m);
    for (size_t i = 0; i < m; i++) row[i] = list[chosen[i]];
    *out = row;
    return SB_OK;
}

static sb_status pick(const int32_t *all, const uint32_t *chosen, size_t m, sb_ctx *cx, const int32_t **out)
{
    if (!all) return SB_OK;
    int32_t *v = SB_NEW(cx->arena, m, int32_t);
    if (!v) SB_FAIL(cx->err, SB_ENOMEM, "labels of %zu rows", m);
    for (size_t i = 0; i < m; i++) v[i] = all[chosen[i]];
    *out = v;
    return SB_OK;
}

/* Keeps `rows` training rows. Views count rows in their arrays, t->row counts them in the source: two lists. */
static sb_status sample(const sb_source *s, size_t rows, sb_ctx *cx, sb_parts *t)
{
    sb_view *x = &t->x[SB_TRAIN], *y = &t->y[SB_TRAIN];
    if (rows > x->n) SB_FAIL(cx->err, SB_EDATA, "'rows' is %zu, above the %zu training rows", rows, x->n);
    const char *stream = sb_str_format(cx->arena, "%s/rows", s->info.name);
    if (!stream) SB_FAIL(cx->err, SB_ENOMEM, "name of a stream");
    uint32_t *row = NULL;
    SB_TRY(sb_parts_sample(x->n, rows, SB_DATA_SEED, stream, cx, &row, NULL));
    SB_TRY(pick(t->label[SB_TRAIN], row, rows, cx, &t->label[SB_TRAIN]));
    SB_TRY(pick(t->group, row, rows, cx, &t->group));
    SB_TRY(compose(t->row[SB_TRAIN], row, rows, cx, &t->row[SB_TRAIN]));
    SB_TRY(compose(x->row, row, rows, cx, &x->row));
    y->row = x->row;
    x->n = y->n = rows;
    return SB_OK;
}

static sb_status number_labels(const sb_source *s, sb_ctx *cx, sb_parts *t)
{
    static const char *const what[SB_PARTS] = {"training labels", "test labels"};
    t->c = s->info.c;
    for (size_t p = 0; p < SB_PARTS; p++) {
        if (!t->x[p].n) continue;
        if (t->y[p].d != 1) SB_FAIL(cx->err, SB_EDATA, "%s have %zu columns, 1 expected", what[p], t->y[p].d);
        const sb_status st =
            sb_parts_labels(&t->y[p], what[p], s->label_value, s->label_values, &t->c, cx, &t->label[p]);
        if (st != SB_OK) return t->y[p].file ? sb_err_in(cx->err, st, "'%s'", t->y[p].file) : st;
    }
    return SB_OK;
}

static sb_status wrong_shape(const sb_source *s, const char *what, size_t got, size_t declared, sb_ctx *cx)
{
    const sb_status st =
        sb_err_set(cx->err, SB_EDATA, __FILE__, __LINE__, "%zu %s, but %zu are declared", got, what, declared);
    return s->shape ? sb_yaml_where(s->shape, st, cx) : st;
}

static sb_status check_shape(const sb_source *s, const sb_parts *t, sb_ctx *cx)
{
    const sb_dataset_info *i = &s->info;
    if (!i->n) return SB_OK; /* the user's own arrays declare nothing */
    if (t->x[SB_TRAIN].n != i->n) return wrong_shape(s, "training rows", t->x[SB_TRAIN].n, i->n, cx);
    if (t->x[SB_TEST].n != i->n_test) return wrong_shape(s, "test rows", t->x[SB_TEST].n, i->n_test, cx);
    if (t->x[SB_TRAIN].d != i->d) return wrong_shape(s, "features", t->x[SB_TRAIN].d, i->d, cx);
    if (t->kind == SB_REGRESSION && t->t != i->t) return wrong_shape(s, "targets", t->t, i->t, cx);
    return SB_OK;
}

/* Views of the cached features (already divided) of the data set this one is made from. */
static sb_status load_from(const sb_source *s, const sb_cached *base, sb_ctx *cx, sb_parts *t)
{
    sb_array *a = SB_NEW(cx->arena, SB_PARTS, sb_array);
    if (!a) SB_FAIL(cx->err, SB_ENOMEM, "arrays of a data set");
    for (size_t p = 0; p < SB_PARTS; p++) {
        if (!base->head->n[p]) continue;
        a[p] = (sb_array){.type = SB_F32,
                          .dims = 2,
                          .shape = {base->head->n[p], base->head->d},
                          .data = sb_cache_section(base, SB_X + p)};
        SB_TRY(divide_columns(s, &a[p], cx, &t->x[p], &t->y[p]));
        if (t->kind == SB_CLASSIFICATION && !t->y[p].n) t->label[p] = sb_cache_section(base, SB_Y + p);
        t->row[p] = sb_cache_section(base, SB_ROWS + p);
        t->source_n[p] = base->head->source_n[p];
    }
    t->c = base->head->c;
    return SB_OK;
}

sb_status sb_source_parts(const sb_source *s, size_t rows, const sb_places *places, const sb_cached *base, sb_ctx *cx,
                          sb_parts *t)
{
    if (s->generator) SB_TRY(sb_generated_parts(s, cx, t));
    t->kind = s->info.kind;
    if (base) SB_TRY(load_from(s, base, cx, t));
    for (size_t p = 0; p < SB_PARTS && !base; p++) {
        if (s->x[p]) SB_TRY(load_part(s, p, places, cx, t));
        if (s->x[p]) t->source_n[p] = t->x[p].n;
    }
    if (s->test_fraction > 0 || s->test_last) SB_TRY(split(s, cx, t));
    if (!base && !s->generator) {
        SB_TRY(sb_parts_same_levels(t, cx));
        SB_TRY(sb_parts_impute(t, cx));
    }
    t->features_only = s->bare;
    if (t->kind == SB_CLASSIFICATION && !t->label[SB_TRAIN]) SB_TRY(number_labels(s, cx, t));
    if (t->kind == SB_REGRESSION) t->t = t->y[SB_TRAIN].d;
    SB_TRY(check_shape(s, t, cx));
    return rows ? sample(s, rows, cx, t) : SB_OK;
}

/* Target sets: rows of the distribution to select for, taken through the embedding that methods see. Transforms learn
 * from the training rows as ever; the target rows only pass through. */
#include <string.h>
#include <sys/mman.h>

#include "embedding.h"

struct sb_target_spec {
    const char *name, *text;
    const sb_file_ref *file; /* or */
    const sb_dataset_spec *set;
    const sb_source *own; /* the generator's */
    double divide;
    const sb_yaml *at; /* NULL: it is a default */
};

static sb_status no_memory(sb_ctx *cx) { SB_FAIL(cx->err, SB_ENOMEM, "target entry"); }

static sb_status parse_map(const sb_yaml *node, const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx,
                           sb_target_spec *t)
{
    static const char *const keys[] = {"file", "set", "sha256", "divide", NULL};
    const char *sha256 = NULL;
    SB_TRY(sb_yaml_keys(node, keys, cx));
    const sb_yaml *file = sb_yaml_get(node, "file"), *set = sb_yaml_get(node, "set");
    if (!file == !set)
        return sb_yaml_fail(node, cx, "a target is {file: x.npy} or {set: NAME}: one of 'file' and 'set'");
    SB_TRY(sb_yaml_text(node, "sha256", cx, &sha256));
    SB_TRY(sb_yaml_real(node, "divide", 1e-30, 1e30, cx, &t->divide));
    sb_dataset_spec *spec = NULL;
    if (file) {
        SB_TRY(sb_file_ref_own(file, data->source->info.name, "target", sha256, NULL, cx, &t->file));
        const char *slash = strrchr(t->file->path, '/');
        t->name = slash ? slash + 1 : t->file->path;
        t->text = sb_file_ref_text(t->file, cx->arena);
    } else {
        if (sha256) return sb_yaml_fail(sb_yaml_get(node, "sha256"), cx, "'sha256' belongs to 'file'");
        SB_TRY(sb_dataset_parse(set, places, cx, &spec));
        t->set = spec;
        t->name = spec->info.name;
        t->text = spec->text;
    }
    if (t->text && t->divide != 1) t->text = sb_str_format(cx->arena, "%s, divide=%.17g", t->text, t->divide);
    return t->text ? SB_OK : no_memory(cx);
}

sb_status sb_target_parse(const sb_yaml *node, const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx,
                          sb_target_spec **out)
{
    const bool offered = sb_source_shape(data->source).target_n > 0;
    *out = NULL;
    if (node && node->kind == SB_YAML_SCALAR && strcmp(node->text, "none") == 0) return SB_OK;
    if (!node && !offered) return SB_OK;
    sb_target_spec *t = SB_NEW(cx->arena, 1, sb_target_spec);
    if (!t) return no_memory(cx);
    *t = (sb_target_spec){.name = "own", .text = "own", .divide = 1, .at = node};
    if (node && node->kind == SB_YAML_MAP) {
        SB_TRY(parse_map(node, data, places, cx, t));
    } else if (node && (node->kind != SB_YAML_SCALAR || strcmp(node->text, "own") != 0)) {
        return sb_yaml_fail(node, cx, "expected own, none, {file: x.npy} or {set: NAME}");
    } else {
        if (!offered) return sb_yaml_fail(node, cx, "'%s' brings no target set of its own", data->info.name);
        t->own = data->source;
    }
    *out = t;
    return SB_OK;
}

const char *sb_target_spec_name(const sb_target_spec *t) { return t->name; }
const char *sb_target_spec_text(const sb_target_spec *t) { return t->text; }

struct rows_job {
    const sb_target_spec *target;
    const sb_places *places;
    sb_cached from; /* of a set */
};

static sb_status make_rows(void *self, sb_ctx *cx, sb_parts *t)
{
    struct rows_job *job = self;
    const sb_target_spec *target = job->target;
    t->features_only = true;
    if (target->own) return sb_generated_target(target->own, cx, t);
    sb_array *a = SB_NEW(cx->arena, 1, sb_array);
    if (!a) return no_memory(cx);
    if (target->file) {
        SB_TRY(sb_file_ref_load(target->file, job->places, &t->maps, cx, a));
    } else {
        SB_TRY(sb_base_open(target->set, job->places, cx, &job->from));
        const sb_cache_head *h = job->from.head;
        *a = (sb_array){.type = SB_F32,
                        .dims = 2,
                        .shape = {h->n[SB_TRAIN], h->d},
                        .data = sb_cache_section(&job->from, SB_X + SB_TRAIN)};
    }
    t->x[SB_TRAIN] = sb_view_all(a);
    t->x[SB_TRAIN].divide = target->divide;
    return SB_OK;
}

static sb_status open_rows(const sb_dataset_spec *data, const sb_target_spec *target, const sb_places *places,
                           sb_ctx *cx, sb_cached *out)
{
    struct rows_job job = {.target = target, .places = places};
    sb_buf b = {.arena = cx->arena};
    sb_buf_add(&b, "target %s of %s", target->text, target->set ? target->set->key : target->own ? data->key : "file");
    sb_file_ref_code(&b, target->file);
    const char *name = sb_str_format(cx->arena, "%s-target", data->source->info.name);
    if (b.bad || !name) return no_memory(cx);
    const sb_status st = sb_cache_open(places, name, b.text, make_rows, &job, cx, out);
    sb_cache_close(&job.from);
    return st;
}

struct pass_job {
    const sb_embedding_step *step;
    const sb_cached *in, *rows;
    const sb_places *places;
};

static sb_mat features_of(const sb_cached *c)
{
    return (sb_mat){sb_cache_section(c, SB_X + SB_TRAIN), c->head->n[SB_TRAIN], c->head->d, c->head->d};
}

static sb_status make_pass(void *self, sb_ctx *cx, sb_parts *t)
{
    const struct pass_job *job = self;
    sb_array *a = SB_NEW(cx->arena, 2, sb_array);
    if (!a) return no_memory(cx);
    SB_TRY(sb_transform_run(job->step, features_of(job->in), features_of(job->rows), job->places, &t->maps, cx, &a[0],
                            &a[1]));
    t->features_only = true;
    t->x[SB_TRAIN] = sb_view_all(&a[1]);
    return SB_OK;
}

/* *rows after one more transform; in: the training features before it. */
static sb_status pass(const sb_dataset_spec *data, const sb_embedding_step *step, const sb_cached *in,
                      const sb_places *places, sb_ctx *cx, sb_cached *rows)
{
    struct pass_job job = {.step = step, .in = in, .rows = rows, .places = places};
    sb_buf b = {.arena = cx->arena};
    sb_step_code(&b, step, in);
    sb_buf_add(&b, " for target %s", rows->head->features);
    const char *name = sb_str_format(cx->arena, "%s-target-%s", data->source->info.name, step->name);
    if (b.bad || !name) return no_memory(cx);
    sb_cached next = {0};
    SB_TRY(sb_cache_open(places, name, b.text, make_pass, &job, cx, &next));
    sb_cache_close(rows);
    *rows = next;
    return SB_OK;
}

static sb_status same_width(const sb_cached *in, const sb_cached *rows, sb_ctx *cx)
{
    if (rows->head->d == in->head->d) return SB_OK;
    SB_FAIL(cx->err, SB_EDATA, "%zu columns, but the features that it stands beside have %zu", (size_t)rows->head->d,
            (size_t)in->head->d);
}

/* The chain of the embedding, training rows and target rows side by side. The target starts beside the first step when
 * that is a file or a view, else beside the data set itself. */
static sb_status through(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_places *places,
                         const sb_cached *base, sb_ctx *cx, sb_cached *in, sb_cached *rows)
{
    const bool own_columns = embedding->steps && !embedding->step[0].transform;
    if (!own_columns) SB_TRY(same_width(base, rows, cx));
    for (size_t i = 0; i < embedding->steps; i++) {
        const sb_embedding_step *step = &embedding->step[i];
        const sb_cached *before = in->map ? in : base;
        sb_cached next = {0};
        if (step->transform) SB_TRY(pass(data, step, before, places, cx, rows));
        if (i + 1 == embedding->steps && step->transform) break;
        SB_TRY(sb_step_open(data, step, base, before, places, cx, &next));
        sb_cache_close(in);
        *in = next;
        if (!i && own_columns) SB_TRY(same_width(in, rows, cx));
    }
    return SB_OK;
}

/* Puts data set and target, and where the target stands, in front of the error. */
static sb_status failed(const sb_dataset_spec *data, const sb_target_spec *target, sb_status st, sb_ctx *cx)
{
    if (st == SB_OK) return st;
    (void)sb_err_in(cx->err, st, "data set '%s', target '%s'", data->info.name, target->name);
    return target->at ? sb_yaml_where(target->at, st, cx) : st;
}

sb_status sb_target_fits(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_target_spec *target,
                         const sb_places *places, sb_ctx *cx)
{
    sb_cached base = {0}, first = {0}, rows = {0};
    const bool own_columns = embedding->steps && !embedding->step[0].transform;
    SB_TRY(sb_base_open(data, places, cx, &base));
    sb_status st = open_rows(data, target, places, cx, &rows);
    if (st == SB_OK && own_columns) st = sb_step_open(data, &embedding->step[0], &base, &base, places, cx, &first);
    if (st == SB_OK) st = same_width(own_columns ? &first : &base, &rows, cx);
    sb_cache_close(&first);
    sb_cache_close(&rows);
    sb_cache_close(&base);
    return failed(data, target, st, cx);
}

sb_status sb_target_open(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_target_spec *target,
                         const sb_places *places, sb_ctx *cx, sb_target *out)
{
    sb_cached base = {0}, in = {0}, rows = {0};
    *out = (sb_target){0};
    SB_TRY(sb_base_open(data, places, cx, &base));
    sb_status st = open_rows(data, target, places, cx, &rows);
    if (st == SB_OK) st = through(data, embedding, places, &base, cx, &in, &rows);
    sb_cache_close(&in);
    sb_cache_close(&base);
    if (st != SB_OK) {
        sb_cache_close(&rows);
        return failed(data, target, st, cx);
    }
    out->x = features_of(&rows);
    memcpy(out->content, rows.head->features, sizeof out->content);
    out->map[0] = rows.map;
    out->map_bytes[0] = rows.bytes;
    if (rows.file[SB_TRAIN]) {
        out->map[1] = rows.file[SB_TRAIN];
        out->map_bytes[1] = sb_cache_outside(&rows, SB_TRAIN)->bytes;
    }
    return SB_OK;
}

void sb_target_close(sb_target *t)
{
    for (size_t i = 0; i < 2; i++)
        if (t->map[i]) (void)munmap(t->map[i], t->map_bytes[i]);
    *t = (sb_target){0};
}

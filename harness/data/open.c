/* Opening: the data set's own cache file, then one cache file for each step of the embedding. */
#include <sys/mman.h>

#include "embedding.h"
#include "kernel.h"
#include "registry.h"

struct base_job {
    const sb_source *source;
    size_t rows;
    const sb_places *places;
    sb_cached from; /* opened when the cache file is built; here, because the arena is rewound after building */
};

static sb_status make_base(void *self, sb_ctx *cx, sb_parts *t)
{
    const struct base_job *job = self;
    return sb_source_parts(job->source, job->rows, job->places, job->from.map ? &job->from : NULL, cx, t);
}

/* Opens what the source is made from only when the cache file has to be built. */
static sb_status make_from(void *self, sb_ctx *cx, sb_parts *t)
{
    struct base_job *job = self;
    const sb_source *from = job->source->from;
    const char *key = sb_source_key(from, cx->arena);
    if (!key) SB_FAIL(cx->err, SB_ENOMEM, "key of data set '%s'", from->info.name);
    struct base_job below = {.source = from, .places = job->places};
    SB_TRY(sb_cache_open(job->places, from->info.name, key, make_base, &below, cx, &job->from));
    return make_base(job, cx, t);
}

sb_status sb_base_open(const sb_dataset_spec *spec, const sb_places *places, sb_ctx *cx, sb_cached *out)
{
    struct base_job job = {.source = spec->source, .rows = spec->rows, .places = places};
    const bool derived = spec->source->from;
    const sb_status st =
        sb_cache_open(places, spec->source->info.name, spec->key, derived ? make_from : make_base, &job, cx, out);
    sb_cache_close(&job.from);
    if (st == SB_OK) return st;
    (void)sb_err_in(cx->err, st, "data set '%s'", spec->info.name);
    return spec->at ? sb_yaml_where(spec->at, st, cx) : st;
}

struct step_job {
    const sb_embedding_step *step;
    const sb_cached *base, *in;
    const sb_places *places;
};

/* The rows of the view that splitting and sampling kept. */
static sb_status view_parts(const struct step_job *job, sb_ctx *cx, sb_parts *t)
{
    SB_TRY(sb_generated_view(job->step->view, cx, t));
    for (size_t p = 0; p < SB_PARTS; p++)
        if (job->base->head->n[p]) SB_TRY(sb_base_rows(job->base, p, &t->x[p], cx));
    return SB_OK;
}

static sb_status make_step(void *self, sb_ctx *cx, sb_parts *t)
{
    const struct step_job *job = self;
    if (job->places->progress) job->places->progress(job->places->self, job->step->name, 0);
    if (job->step->file) return sb_embedding_file_parts(job->step->file, job->base, job->places, cx, t);
    if (job->step->view) return view_parts(job, cx, t);
    return sb_embedding_transform_parts(job->step, job->in, job->places, cx, t);
}

void sb_step_code(sb_buf *b, const sb_embedding_step *step, const sb_cached *in)
{
    sb_buf_add(b, "%s code=%s core=%s kernel=%s (%s) of %s", step->text, step->code, sb_core_code, sb_kernel_name(),
               sb_kernel_library(), in->head->features);
}

/* What the features after a step depend on: a file's on the rows of the data set; a transform's on the features before,
 * and on the linear algebra that does the sums. */
static const char *step_key(const struct step_job *job, sb_arena *a)
{
    const sb_embedding_step *step = job->step;
    sb_buf b = {.arena = a};
    if (step->transform)
        sb_step_code(&b, step, job->in);
    else
        sb_buf_add(&b, "%s for %s %s", step->text, job->base->head->key, job->base->head->targets);
    if (step->file && step->file->d) sb_buf_add(&b, " d=%zu", step->file->d); /* checked when the file is read */
    for (size_t p = 0; p < SB_PARTS && step->file; p++) sb_file_ref_code(&b, step->file->x[p]);
    for (size_t p = 0; p < SB_PARTS && step->file; p++) {
        const char *text = step->file->label[p] ? sb_file_ref_text(step->file->label[p], a) : "";
        sb_buf_add(&b, " %s", text ? text : "");
    }
    return b.bad ? NULL : b.text;
}

sb_status sb_step_failed(const sb_dataset_spec *data, const sb_embedding_step *step, sb_status st, sb_ctx *cx)
{
    (void)sb_err_in(cx->err, st, "data set '%s', embedding '%s'", data->info.name, step->name);
    return step->at ? sb_yaml_where(step->at, st, cx) : st;
}

sb_status sb_step_open(const sb_dataset_spec *data, const sb_embedding_step *step, const sb_cached *base,
                       const sb_cached *in, const sb_places *places, sb_ctx *cx, sb_cached *out)
{
    struct step_job job = {.step = step, .base = base, .in = in, .places = places};
    const char *key = step_key(&job, cx->arena);
    const char *name = sb_str_format(cx->arena, "%s-%s", data->source->info.name, step->name);
    if (!key || !name) SB_FAIL(cx->err, SB_ENOMEM, "key of embedding '%s'", step->name);
    const sb_status st = sb_cache_open(places, name, key, make_step, &job, cx, out);
    return st == SB_OK ? st : sb_step_failed(data, step, st, cx);
}

/* Opens all steps; *last is the mapping of the last one (not opened when there is none). */
static sb_status open_steps(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_places *places,
                            const sb_cached *base, sb_ctx *cx, sb_cached *last)
{
    for (size_t i = 0; i < embedding->steps; i++) {
        sb_cached next = {0};
        const sb_status st = sb_step_open(data, &embedding->step[i], base, i ? last : base, places, cx, &next);
        sb_cache_close(last);
        if (st != SB_OK) return st;
        *last = next;
    }
    return SB_OK;
}

static void fill(const sb_cached *base, const sb_cached *features, sb_dataset *out)
{
    const sb_cache_head *h = base->head, *f = features->head;
    sb_data *const part[SB_PARTS] = {&out->train, &out->test};
    for (size_t p = 0; p < SB_PARTS; p++) {
        *part[p] = (sb_data){.x = {sb_cache_section(features, SB_X + p), h->n[p], f->d, f->d},
                             .kind = (sb_kind)h->kind,
                             .c = h->c,
                             .t = h->t};
        if (h->kind == SB_CLASSIFICATION)
            part[p]->label = sb_cache_section(base, SB_Y + p);
        else
            part[p]->y = sb_cache_section(base, SB_Y + p);
        out->row[p] = sb_cache_section(base, SB_ROWS + p);
        out->file[p] = features->file[p] ? sb_cache_outside(features, p)->path : NULL;
    }
    out->group = sb_cache_section(base, SB_GROUP);
    out->groups = h->groups;
    sb_hash hash = sb_hash_begin();
    sb_hash_add_text(&hash, f->features);
    sb_hash_add_text(&hash, h->targets);
    sb_hash_end_hex(&hash, out->content);
}

/* Hands the mappings over. */
static void keep(const sb_cached *c, sb_dataset *out)
{
    for (size_t p = 0; p < SB_PARTS; p++) {
        if (!c->file[p]) continue;
        out->map[out->maps] = c->file[p];
        out->map_bytes[out->maps++] = sb_cache_outside(c, p)->bytes;
    }
    out->map[out->maps] = c->map;
    out->map_bytes[out->maps++] = c->bytes;
}

sb_status sb_dataset_open(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_places *places,
                          sb_ctx *cx, sb_dataset *out)
{
    sb_cached base = {0}, last = {0};
    *out = (sb_dataset){0};
    SB_TRY(sb_base_open(data, places, cx, &base));
    const sb_status st = open_steps(data, embedding, places, &base, cx, &last);
    if (st != SB_OK) {
        sb_cache_close(&base);
        return st;
    }
    fill(&base, last.map ? &last : &base, out);
    keep(&base, out);
    if (last.map) keep(&last, out);
    return SB_OK;
}

void sb_dataset_close(sb_dataset *d)
{
    for (size_t i = 0; i < d->maps; i++) (void)munmap(d->map[i], d->map_bytes[i]);
    *d = (sb_dataset){0};
}

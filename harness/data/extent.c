/* The shape of a data set under an embedding, ahead of the work of making it. */
#include "embedding.h"

/* Columns behind the transforms from step `first` on, for d before them. */
static sb_status columns(const sb_dataset_spec *data, const sb_embedding_spec *embedding, size_t first, size_t n,
                         sb_ctx *cx, size_t *d)
{
    for (size_t i = first; i < embedding->steps; i++) {
        const sb_embedding_step *step = &embedding->step[i];
        sb_ctx own = {.arena = cx->arena, .err = cx->err, .seed = SB_DATA_SEED, .path = step->transform->name};
        const sb_status st = step->transform->columns(step->options, n, *d, &own, d);
        if (st != SB_OK) return sb_step_failed(data, step, st, cx);
    }
    return SB_OK;
}

/* Is the first step no transform: a file, or a second view? */
static bool replaces(const sb_embedding_spec *embedding) { return embedding->steps && !embedding->step[0].transform; }

sb_status sb_dataset_declared(const sb_dataset_spec *data, const sb_embedding_spec *embedding, sb_ctx *cx,
                              sb_extent *out)
{
    const sb_dataset_info *info = &data->info;
    *out = (sb_extent){.n = info->n, .n_test = info->n_test, .d = info->d, .c = info->c, .t = info->t};
    const sb_embedding_step *first = embedding->step;
    if (replaces(embedding)) out->d = first->file ? first->file->d : sb_source_shape(first->view).view_d;
    if (!out->n || !out->d) {
        out->d = 0;
        return SB_OK;
    }
    return columns(data, embedding, replaces(embedding), out->n, cx, &out->d);
}

static sb_status count_unused(const sb_cached *base, sb_ctx *cx, sb_extent *e)
{
    const int32_t *label = sb_cache_section(base, SB_Y + SB_TRAIN);
    const size_t mark = sb_arena_mark(cx->arena);
    unsigned char *seen = SB_NEW(cx->arena, e->c, unsigned char);
    if (!seen) SB_FAIL(cx->err, SB_ENOMEM, "%zu classes", e->c);
    for (size_t i = 0; i < e->n; i++) seen[label[i]] = 1;
    for (size_t k = e->c; k-- > 0;) {
        e->unused += !seen[k];
        if (!seen[k]) e->missing = k;
    }
    sb_arena_rewind(cx->arena, mark);
    return SB_OK;
}

static sb_status measure(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_places *places,
                         const sb_cached *base, sb_ctx *cx, sb_extent *e)
{
    const sb_cache_head *h = base->head;
    *e = (sb_extent){.n = h->n[SB_TRAIN], .n_test = h->n[SB_TEST], .d = h->d, .c = h->c, .t = h->t};
    if (h->kind == SB_CLASSIFICATION) SB_TRY(count_unused(base, cx, e));
    if (replaces(embedding)) {
        sb_cached first = {0};
        SB_TRY(sb_step_open(data, &embedding->step[0], base, base, places, cx, &first));
        e->d = first.head->d;
        sb_cache_close(&first);
    }
    return columns(data, embedding, replaces(embedding), e->n, cx, &e->d);
}

sb_status sb_dataset_extent(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_places *places,
                            sb_ctx *cx, sb_extent *out)
{
    const bool file = embedding->steps && embedding->step[0].file;
    if (data->source->generator && !file) return sb_dataset_declared(data, embedding, cx, out);
    sb_cached base = {0};
    SB_TRY(sb_base_open(data, places, cx, &base));
    const sb_status st = measure(data, embedding, places, &base, cx, out);
    sb_cache_close(&base);
    return st;
}

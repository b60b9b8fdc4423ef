/* The files behind a data set, for listing and fetching them ahead of a run. */
#include <string.h>
#include <sys/stat.h>

#include "source.h"

enum { FILES_MAX = 64 };

static const char *state_of(const sb_file_ref *f)
{
    if (f->trusted) return "trusted";
    if (strcmp(f->sha256, "unknown") == 0 && !f->published) return "unknown";
    return f->unconfirmed ? "unconfirmed" : "confirmed";
}

static sb_status add(const sb_file_ref *f, const char *licence, const char *embedding, const sb_places *places,
                     sb_ctx *cx, sb_data_file *list, size_t *n)
{
    if (!f || f->path) return SB_OK; /* the user's own is where it is */
    const char *id = sb_file_ref_id(f, cx->arena);
    if (!id) SB_FAIL(cx->err, SB_ENOMEM, "list of files");
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i].name, id) == 0 && strcmp(list[i].ref->sha256, f->sha256) == 0) return SB_OK;
    if (*n == FILES_MAX) SB_FAIL(cx->err, SB_ECONFIG, "more than %d files of data set '%s'", FILES_MAX, f->set);
    sb_data_file *one = &list[*n];
    *one = (sb_data_file){.set = f->set,
                          .role = f->role,
                          .name = id,
                          .licence = licence,
                          .embedding = embedding,
                          .sha256 = f->sha256,
                          .published = f->published,
                          .state = state_of(f),
                          .url = f->url[0] ? f->url[0] : "",
                          .bytes = f->bytes,
                          .about = f->about,
                          .ref = f};
    SB_TRY(sb_find_name(f, places, cx, &one->here));
    struct stat st;
    if (one->here && stat(one->here, &st) == 0) {
        one->bytes = (size_t)st.st_size;
        one->about = false;
    }
    ++*n;
    return SB_OK;
}

sb_status sb_dataset_files(const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx, const sb_data_file **file,
                           size_t *files)
{
    const sb_source *s = data->source->from ? data->source->from : data->source;
    sb_data_file *list = SB_NEW(cx->arena, FILES_MAX, sb_data_file);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "list of files");
    *files = 0;
    *file = list;
    for (size_t p = 0; p < SB_PARTS; p++) {
        SB_TRY(add(s->x[p], s->info.licence, NULL, places, cx, list, files));
        SB_TRY(add(s->y[p], s->info.licence, NULL, places, cx, list, files));
    }
    for (size_t i = 0; i < data->source->embeddings; i++)
        for (size_t p = 0; p < SB_PARTS; p++) {
            const sb_embedding_file *e = &data->source->embedding[i];
            SB_TRY(add(e->x[p], e->licence, e->name, places, cx, list, files));
            SB_TRY(add(e->label[p], e->licence, e->name, places, cx, list, files));
        }
    return SB_OK;
}

sb_status sb_dataset_embeddings(const sb_dataset_spec *data, sb_ctx *cx, const sb_embedding_info **info, size_t *count)
{
    const sb_source *s = data->source;
    sb_embedding_info *list = SB_NEW(cx->arena, s->embeddings, sb_embedding_info);
    if (!list) SB_FAIL(cx->err, SB_ENOMEM, "%zu embeddings", s->embeddings);
    for (size_t i = 0; i < s->embeddings; i++) {
        const sb_embedding_file *e = &s->embedding[i];
        list[i] = (sb_embedding_info){e->name, e->title, e->licence, e->source, e->citation, e->d};
    }
    *info = list;
    *count = s->embeddings;
    return SB_OK;
}

sb_status sb_dataset_fetch(const sb_data_file *file, const sb_places *places, sb_ctx *cx, const char **path)
{
    return sb_find(file->ref, places, cx, path);
}

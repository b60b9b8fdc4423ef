/* An embedding as a chain of steps: nothing (raw), a file, transforms. */
#ifndef SB_DATA_EMBEDDING_H
#define SB_DATA_EMBEDDING_H

#include "source.h"

typedef struct sb_embedding_step {
    const sb_embedding_file *file; /* or */
    const sb_source *view;         /* the second view of a generated set, or */
    const sb_transform *transform;
    const char *code; /* of the transform */
    const void *options;
    const char *name, *text; /* "pca{dims=64}" as given, and with every option */
    const sb_yaml *at;       /* where it stands, for messages; NULL: it is a default */
} sb_embedding_step;

struct sb_embedding_spec {
    const char *name, *text;
    size_t steps; /* 0: raw */
    const sb_embedding_step *step;
};

/* The mappings of the data set itself, and of the features after a step; in: before it (base for the first). */
sb_status sb_base_open(const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx, sb_cached *out) SB_CHECKED;
sb_status sb_step_open(const sb_dataset_spec *data, const sb_embedding_step *step, const sb_cached *base,
                       const sb_cached *in, const sb_places *places, sb_ctx *cx, sb_cached *out) SB_CHECKED;
/* Puts data set and embedding, and where they stand, in front of a step's error. */
sb_status sb_step_failed(const sb_dataset_spec *data, const sb_embedding_step *step, sb_status st, sb_ctx *cx);
/* What the result of a transform depends on: its options and code, the linear algebra, the features before it. */
void sb_step_code(sb_buf *b, const sb_embedding_step *step, const sb_cached *in);
/* Keeps the rows of v that belong to part p: all, or those that splitting and sampling kept. */
sb_status sb_base_rows(const sb_cached *base, size_t p, sb_view *v, sb_ctx *cx) SB_CHECKED;
/* Runs a transform that learns from `train` on these rows and on others. The results lie in the arena or in maps. */
sb_status sb_transform_run(const sb_embedding_step *step, sb_mat train, sb_mat rows, const sb_places *places,
                           sb_maps *maps, sb_ctx *cx, sb_array *train_out, sb_array *rows_out) SB_CHECKED;

/* Features of a file beside the rows of an opened data set; both borrowed. */
sb_status sb_embedding_file_parts(const sb_embedding_file *e, const sb_cached *base, const sb_places *places,
                                  sb_ctx *cx, sb_parts *t) SB_CHECKED;
/* Features that a transform makes of those in `in`. */
sb_status sb_embedding_transform_parts(const sb_embedding_step *step, const sb_cached *in, const sb_places *places,
                                       sb_ctx *cx, sb_parts *t) SB_CHECKED;

#endif

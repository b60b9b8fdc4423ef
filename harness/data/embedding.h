/* An embedding as a chain of steps: nothing (raw), a file, transforms. */
#ifndef SB_DATA_EMBEDDING_H
#define SB_DATA_EMBEDDING_H

#include "source.h"

typedef struct sb_embedding_step {
    const sb_embedding_file *file; /* or */
    const sb_transform *transform;
    const char *code; /* of the transform */
    const void *options;
    const char *name, *text; /* "pca{dims=64}" as given, and with every option */
} sb_embedding_step;

struct sb_embedding_spec {
    const char *name, *text;
    size_t steps; /* 0: raw */
    const sb_embedding_step *step;
};

/* Features of a file beside the rows of an opened data set; both borrowed. */
sb_status sb_embedding_file_parts(const sb_embedding_file *e, const sb_cached *base, const sb_places *places,
                                  sb_ctx *cx, sb_parts *t) SB_CHECKED;
/* Features that a transform makes of those in `in`. */
sb_status sb_embedding_transform_parts(const sb_embedding_step *step, const sb_cached *in, const sb_places *places,
                                       sb_ctx *cx, sb_parts *t) SB_CHECKED;

#endif

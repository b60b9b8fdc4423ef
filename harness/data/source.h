/* What a data set is made from: its YAML, a generator with options, or the user's own files. Read once, never changed;
 * everything in the arena of the context that read it. */
#ifndef SB_DATA_SOURCE_H
#define SB_DATA_SOURCE_H

#include "cache.h"
#include "npy.h"
#include "selbench/generator.h"
#include "str.h"

enum { SB_DATA_SEED = 1 }; /* of rows samples, of splits unless the YAML says, of generators: never the experiment's */

/* One array: where its file may be, what its content must be, how to read it. */
typedef struct sb_file_ref {
    const char *set, *role;       /* data set, and "train_features": for messages and mirror folders */
    const struct sb_source *of;   /* the data set; NULL: the user's own file */
    const char *name;             /* file name in folders, mirrors and at URLs that end in '/' */
    const char *path;             /* the user's own file: name is not used then */
    const char *sha256;           /* of the decompressed content; NULL: any (the user's own, not pinned); "unknown" */
    const char *published;        /* SHA-256 of the file as it is published, packed: proves what is in it; or NULL */
    bool unconfirmed;             /* the YAML says so, or the checksum is unknown, and the lock file has none */
    bool trusted;                 /* sha256 is that of the lock file */
    size_t bytes;                 /* of the file as it is published; 0: not said */
    bool about;                   /* bytes is what somebody remembers, not what somebody measured */
    bool packed;                  /* `name` is an archive or a packed file; sha256 and reader are of what is inside */
    const char *const *inside;    /* its members, ended by NULL; NULL: a packed file without names; of the user's own
                                   * archive, which is not `packed` but read where it is, too */
    const char *format;           /* reader; NULL: by the file's suffix */
    const sb_option_text *option; /* of the reader */
    size_t options;
    const char *const *folder, *const *url; /* ended by NULL */
    const char *package;                    /* system package that brings the folder, or NULL */
    const sb_yaml *at;
} sb_file_ref;

/* An embedding from files: the one array of each part, and labels that prove the order of its rows (or NULL). */
typedef struct sb_embedding_file {
    const char *name, *title, *licence, *source, *citation; /* texts of the YAML, or "" */
    const sb_file_ref *x[SB_PARTS], *label[SB_PARTS];
    size_t d;      /* declared; 0: any */
    double divide; /* values are divided by this */
} sb_embedding_file;

/* Where in an array the features and targets are, when one array holds both. */
typedef struct sb_layout {
    size_t features[2], targets[2]; /* columns [begin, end); begin = end: not given */
    const char *target_column;      /* first, last, a number or a name; NULL: none */
} sb_layout;

typedef struct sb_source {
    sb_dataset_info info;
    const sb_yaml *shape; /* where the YAML declares n, n_test, d, c, t; NULL: not declared there */
    const sb_file_ref *x[SB_PARTS], *y[SB_PARTS];
    const struct sb_source *from; /* made from another data set's columns */
    const sb_generator *generator;
    const char *generator_code;
    const void *options; /* of the generator */
    const char *changed; /* options the user gave, "n=500, d=20", for names; "" */
    sb_layout layout;
    bool bare;                 /* features alone: no labels, no targets */
    double divide;             /* features are divided by this */
    const double *label_value; /* class j is written as label_value[j] in the file; NULL: as j */
    size_t label_values;
    double test_fraction; /* > 0: this part of the rows, drawn, becomes the test part */
    size_t test_last;     /* > 0: or so many at the end do */
    uint64_t split_seed;
    const sb_embedding_file *embedding;
    size_t embeddings;
} sb_source;

/* datasets/NAME.yaml of the home folder, a path that ends in .yaml, or a generator with its defaults.
 * SB_ENOTFOUND with the nearest name. at: where the name stands in a config, or NULL. */
sb_status sb_source_read(const char *name, const sb_yaml *at, const sb_places *places, sb_ctx *cx,
                         const sb_source **out) SB_CHECKED;
/* From the text of a YAML (named `path` in messages). */
sb_status sb_source_yaml(const sb_yaml *root, const sb_places *places, sb_ctx *cx, const sb_source **out) SB_CHECKED;
/* A config's {file: ...} map. */
sb_status sb_source_own(const sb_yaml *node, sb_ctx *cx, const sb_source **out) SB_CHECKED;
/* Features alone, named "features"; at: where the path stands, for messages. */
sb_status sb_source_features(const sb_yaml *at, sb_ctx *cx, const sb_source **out) SB_CHECKED;
/* A generator with options from a config's map (NULL: defaults). */
sb_status sb_source_generator(const sb_generator *g, const char *code, const sb_yaml *options, sb_ctx *cx,
                              const sb_source **out) SB_CHECKED;

/* Keys shared by data set files and a config's own arrays: divide, target_column, feature_columns, target_columns,
 * label_values. */
sb_status sb_source_layout(const sb_yaml *map, sb_ctx *cx, sb_source *s) SB_CHECKED;

/* Keys of a file entry, ended by NULL. */
extern const char *const sb_file_ref_keys[];
/* A file entry of a data set's YAML (its keys are checked by the caller); top: the YAML, whose folders, package, urls
 * and reader are used where the entry has none. member: array of an NPZ, or NULL. */
sb_status sb_file_ref_read(const sb_yaml *entry, const sb_yaml *top, const sb_source *set, const char *role,
                           const char *member, sb_ctx *cx, const sb_file_ref **out) SB_CHECKED;
/* The user's own file: a path, or {path:, inside:, reader:, member:, options:, sha256:}; hashed here unless pinned. */
sb_status sb_file_ref_own(const sb_yaml *entry, const char *set, const char *role, const char *sha256,
                          const char *member, sb_ctx *cx, const sb_file_ref **out) SB_CHECKED;
/* The same for an embedding: an entry of `embeddings`, and a config's {file:, train:, test:} map. */
sb_status sb_embedding_file_read(const sb_yaml *entry, const char *name, const sb_source *set, sb_ctx *cx,
                                 sb_embedding_file *out) SB_CHECKED;
sb_status sb_embedding_file_own(const sb_yaml *map, const char *set, sb_ctx *cx, sb_embedding_file *out) SB_CHECKED;
/* What decides its content, and with the readers' code versions. NULL: no memory. */
const char *sb_embedding_file_text(const sb_embedding_file *e, sb_arena *a);
/* Adds the code versions of the readers a file may need; f may be NULL. */
void sb_file_ref_code(sb_buf *b, const sb_file_ref *f);

/* What tells the file from the set's others: its name, or "ARCHIVE:MEMBER". NULL: no memory. */
const char *sb_file_ref_id(const sb_file_ref *f, sb_arena *a);
/* "idx:SHA{member=train}": what decides the content of the array. NULL: no memory. */
const char *sb_file_ref_text(const sb_file_ref *f, sb_arena *a);
/* Canonical text of everything that decides the content. NULL: no memory. */
const char *sb_source_text(const sb_source *s, sb_arena *a);
/* The same with the code versions of the plug-ins that read or make it: the key of the cache. NULL: no memory. */
const char *sb_source_key(const sb_source *s, sb_arena *a);

/* A config's data entry after parsing. */
struct sb_dataset_spec {
    sb_dataset_info info; /* name: for tables; n: after sampling */
    const sb_source *source;
    size_t rows; /* 0: all */
    const char *text, *key;
    const sb_yaml *at; /* where it stands, for messages; NULL: nowhere */
};

/* Where a file of this name is, its content not looked at; *path NULL: nowhere. */
sb_status sb_find_name(const sb_file_ref *f, const sb_places *places, sb_ctx *cx, const char **path) SB_CHECKED;
/* Finds the file of a ref: own path, cache, mirrors, folders, network. The content has been checked. */
sb_status sb_find(const sb_file_ref *f, const sb_places *places, sb_ctx *cx, const char **path) SB_CHECKED;
/* Finds and reads it, or maps it where it lies (see maps.h). */
sb_status sb_file_ref_load(const sb_file_ref *f, const sb_places *places, sb_maps *maps, sb_ctx *cx,
                           sb_array *out) SB_CHECKED;

/* Reads or makes everything of a source; rows > 0: a sample of the training rows. base: the opened data set of s->from,
 * or NULL. The table borrows from the arena and from base. */
sb_status sb_source_parts(const sb_source *s, size_t rows, const sb_places *places, const sb_cached *base, sb_ctx *cx,
                          sb_parts *t) SB_CHECKED;
/* The part of it that makes generated data. */
sb_status sb_generated_parts(const sb_source *s, sb_ctx *cx, sb_parts *out) SB_CHECKED;
/* Its second view, and its target set as a training part: features only. */
sb_status sb_generated_view(const sb_source *s, sb_ctx *cx, sb_parts *out) SB_CHECKED;
sb_status sb_generated_target(const sb_source *s, sb_ctx *cx, sb_parts *out) SB_CHECKED;
/* What the generator offers (all 0 when the set is from files). */
sb_shape sb_source_shape(const sb_source *s);

#endif

/* Data sets and embeddings, opened: found, verified, parsed once into a page-aligned cache file, mapped read-only.
 * Opening twice costs two mmaps; workers share the pages. */
#ifndef SB_DATA_DATASET_H
#define SB_DATA_DATASET_H

#include "selbench/data.h"
#include "selbench/transform.h"
#include "yaml.h"

/* Where things may come from and go to. All texts borrowed. */
typedef struct sb_places {
    const char *home;          /* the source or install folder: HOME/datasets/NAME.yaml */
    const char *cache;         /* SELBENCH_CACHE, else XDG_CACHE_HOME/selbench, else ~/.cache/selbench */
    const char *const *mirror; /* folders searched by file name or checksum; ended by NULL */
    bool offline;              /* never use the network */
    bool verify;         /* hash all of a cached file on opening (0.2 s per 200 MB); a damaged one is built again */
    bool trust;          /* a file without a confirmed checksum is taken as it is found, and pinned from then on */
    const char *ca_file; /* certificate authorities of https: CURL_CA_BUNDLE, else SSL_CERT_FILE; NULL: the system's */
    /* Downloads: first pause before trying again, silence that ends a try, tries in a row. 0: 1000, 30, 5 */
    unsigned retry_ms, silence_s, tries;
    void (*progress)(void *self, const char *what, double done); /* done 0..1; NULL: silent */
    /* Downloads: bytes there, bytes in all (0: not known), bytes a second. NULL: progress is told. */
    void (*transfer)(void *self, const char *url, double now, double total, double rate);
    void *self;
} sb_places;

/* Home and cache from the environment and the build; mirrors from SELBENCH_MIRROR (colon-separated). */
sb_status sb_places_default(sb_ctx *cx, sb_places *out) SB_CHECKED;

/* What describes a data set without opening it: from datasets/NAME.yaml, a generator, or a config's inline map. */
typedef struct sb_dataset_info {
    const char *name, *title, *licence, *source, *citation, *note;
    const char *target, *split; /* in words: where labels or targets are, and where the test part comes from */
    sb_kind kind;
    size_t n, n_test, d, c, t; /* as declared; checked on opening */
    bool generated;
    const char *const *embedding; /* names of embeddings declared in its YAML, ended by NULL ("raw" not among them) */
} sb_dataset_info;

/* The request of a config's data entry, validated, not opened. */
typedef struct sb_dataset_spec sb_dataset_spec;

/* A name ("fashion-mnist", a generator, or the path of a .yaml of the same form), or a map: {name: ..., rows: 10000,
 * options: {...}, split: none} for a named set or a generator (none: what is split off as a test part elsewhere stays
 * among the training rows), or {file: x.npy, labels: y.npy | targets: y.npy, test_file:,
 * test_labels: | test_targets:, test_fraction: 0.2} for the user's own arrays (also target_column: with kind:,
 * feature_columns:, target_columns:, label_values:, divide:; a file may be {path:, reader:, member:, options:,
 * sha256:}; name: from the file unless given). as: another name for tables. rows: a sample of the training rows (stream
 * NAME/rows of a fixed seed: the same in every experiment). SB_ECONFIG/SB_ENOTFOUND with file:line:column and the
 * nearest name. */
sb_status sb_dataset_parse(const sb_yaml *node, const sb_places *places, sb_ctx *cx, sb_dataset_spec **out) SB_CHECKED;
/* One file of features, without labels: for selecting and describing, not for experiments. path: of a file, or the text
 * of a {path:, ...} map. train.y and train.label are NULL when it is opened. */
sb_status sb_dataset_features(const char *path, sb_ctx *cx, sb_dataset_spec **out) SB_CHECKED;
/* Is the test part drawn here, by `split` or test_fraction? Then resplit makes spec another draw of it (the seed of its
 * split plus `draw`). SB_ENOMEM. */
bool sb_dataset_splits(const sb_dataset_spec *spec);
sb_status sb_dataset_resplit(sb_dataset_spec *spec, unsigned draw, sb_ctx *cx) SB_CHECKED;
const sb_dataset_info *sb_dataset_spec_info(const sb_dataset_spec *spec);
/* Canonical text of everything that decides the content (name, rows, options, file checksums): part of a cell's key. */
const char *sb_dataset_spec_text(const sb_dataset_spec *spec);
/* The name of the data set itself, without rows and options: who shares it shares its files. */
const char *sb_dataset_spec_set(const sb_dataset_spec *spec);

/* An embedding: `raw`; the name of one declared in the data set's YAML; `view`, of a generator that makes one; {file:
 * p, sha256:, train: member, test: member}; a transform {pca: {dims: 64}}; or a list of these, applied in order (the
 * first may be a file or raw). */
typedef struct sb_embedding_spec sb_embedding_spec;
sb_status sb_embedding_parse(const sb_yaml *node, const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx,
                             sb_embedding_spec **out) SB_CHECKED;
const char *sb_embedding_spec_name(const sb_embedding_spec *spec); /* short, for tables: "raw", "pca{dims=64}" */
const char *sb_embedding_spec_text(const sb_embedding_spec *spec); /* canonical, for keys */
const char *sb_embedding_spec_file(const sb_embedding_spec *spec); /* of the file it begins with, or NULL */

/* Opened: everything in x, label, y is mapped read-only, from the cache or, for a large NPY file of the user's own
 * whose values need no conversion, from that file. */
enum { SB_DATASET_MAPS = 8 };
typedef struct sb_dataset {
    char content[65];       /* SHA-256 of the parsed content of this embedding (features, labels, both parts) */
    sb_data train, test;    /* test.x.n = 0: none */
    const uint32_t *row[2]; /* train, test: row of the source behind each row, if split or sampled; else NULL */
    const int32_t *group;   /* planted clusters of the training rows, or NULL */
    size_t groups;
    void *map[SB_DATASET_MAPS]; /* mappings, released by sb_dataset_close */
    size_t map_bytes[SB_DATASET_MAPS];
    size_t maps;
    const char *file[2]; /* the user's own file that the features of a part are in, unless they are in the cache */
} sb_dataset;

/* Opens the data set under the embedding; builds what the cache lacks (only one process builds: others wait for a
 * lock). Checks: checksums, shapes against the declaration, finite features, labels in 0..c-1, both parts of equal
 * width. SB_ENOTFOUND (says every place that was looked in and how to get the file), SB_EDATA, SB_EFORMAT, SB_EIO,
 * SB_ENOMEM. */
sb_status sb_dataset_open(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_places *places,
                          sb_ctx *cx, sb_dataset *out) SB_CHECKED;
void sb_dataset_close(sb_dataset *d);

/* What sb_dataset_open would find, without the work of making it: a file or view that the embedding begins with is
 * opened, the transforms behind it only say how many columns they make, and whether they can. A generated set is not
 * made: its shape is what its options say. Errors as sb_dataset_open. */
typedef struct sb_extent {
    size_t n, n_test, d, c, t;
    size_t unused;  /* classes without a training row (not counted for a generated set) ... */
    size_t missing; /* ... the lowest of them */
} sb_extent;
sb_status sb_dataset_extent(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_places *places,
                            sb_ctx *cx, sb_extent *out) SB_CHECKED;
/* The same from what is declared, nothing opened. d is 0 where that cannot be known: the user's own files. */
sb_status sb_dataset_declared(const sb_dataset_spec *data, const sb_embedding_spec *embedding, sb_ctx *cx,
                              sb_extent *out) SB_CHECKED;

/* An embedding that is declared in a data set's YAML. */
typedef struct sb_embedding_info {
    const char *name, *title, *licence, *source, *citation;
    size_t d; /* 0: not declared */
} sb_embedding_info;

/* The declared embeddings, in the order of the YAML; none for a generator or the user's own data. */
sb_status sb_dataset_embeddings(const sb_dataset_spec *data, sb_ctx *cx, const sb_embedding_info **info,
                                size_t *count) SB_CHECKED;

/* A target set: `own` (the generator's; the default where there is one), none, {file: x.npy, sha256:, divide:} or
 * {set: DATA}, its training rows. Its columns are those of the data set, or of the file or view that the embedding
 * begins with; the transforms of the embedding are applied to it. *out NULL: there is none. node may be NULL. */
typedef struct sb_target_spec sb_target_spec;
sb_status sb_target_parse(const sb_yaml *node, const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx,
                          sb_target_spec **out) SB_CHECKED;
const char *sb_target_spec_name(const sb_target_spec *t); /* for messages: "own", a file's or a set's name */
const char *sb_target_spec_text(const sb_target_spec *t); /* canonical */

/* Opened: rows as methods see them, mapped read-only. */
typedef struct sb_target {
    sb_mat x;
    char content[65]; /* SHA-256 of shape and values */
    void *map[2];
    size_t map_bytes[2];
} sb_target;
/* Errors as sb_dataset_open; SB_EDATA: another number of columns. */
sb_status sb_target_open(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_target_spec *target,
                         const sb_places *places, sb_ctx *cx, sb_target *out) SB_CHECKED;
void sb_target_close(sb_target *t);
/* Opens the rows and compares their columns; no transform is run. Errors as sb_target_open. */
sb_status sb_target_fits(const sb_dataset_spec *data, const sb_embedding_spec *embedding, const sb_target_spec *target,
                         const sb_places *places, sb_ctx *cx) SB_CHECKED;

/* A second view: an embedding as above, or with node NULL the generator's own, where there is one. *out NULL: none. */
sb_status sb_view_parse(const sb_yaml *node, const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx,
                        sb_embedding_spec **out) SB_CHECKED;

/* A file that a data set or an embedding of it needs. */
typedef struct sb_data_file {
    const char *set, *role, *name, *licence;
    const char *embedding;         /* the one that it belongs to; NULL: the data set itself */
    const char *sha256;            /* of its content, as it is declared or was trusted; "unknown" */
    const char *published;         /* SHA-256 of the archive or packed file that it comes in, where that is declared */
    const char *state;             /* of its checksum: confirmed, unconfirmed, unknown, trusted (on first use) */
    const char *url;               /* the first, or "" */
    const char *here;              /* where a file of this name is (its content not looked at), or NULL */
    size_t bytes;                  /* of the file that is here, or as its YAML says; 0: not known */
    bool about;                    /* bytes is a guess */
    const struct sb_file_ref *ref; /* for sb_dataset_fetch */
} sb_data_file;

/* The files of a data set and of its precomputed embeddings, each once; none for a generator or the user's own. */
sb_status sb_dataset_files(const sb_dataset_spec *data, const sb_places *places, sb_ctx *cx, const sb_data_file **file,
                           size_t *files) SB_CHECKED;
/* Finds or downloads it and checks its content. *path: where it is. Errors as sb_dataset_open. */
sb_status sb_dataset_fetch(const sb_data_file *file, const sb_places *places, sb_ctx *cx, const char **path) SB_CHECKED;

/* All data sets of HOME/datasets (YAML and generators), sorted by name. */
sb_status sb_dataset_list(const sb_places *places, sb_ctx *cx, const sb_dataset_info **info, size_t *count) SB_CHECKED;

#endif

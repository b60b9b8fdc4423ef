/* Writing NPY and NPZ so that numpy.load opens them, byte for byte the same for the same content (no time stamps). */
#ifndef SB_IO_NPY_H
#define SB_IO_NPY_H

#include "selbench/reader.h"

/* The bytes of one .npy (version 1.0, C order, little endian) in arena memory. */
sb_status sb_npy_bytes(const sb_array *a, sb_ctx *cx, char **bytes, size_t *size) SB_CHECKED;
/* Atomic. */
sb_status sb_npy_write(const char *path, const sb_array *a, sb_ctx *cx) SB_CHECKED;

typedef struct sb_npz_member {
    const char *name; /* without .npy */
    sb_array array;
} sb_npz_member;
/* Stored (not deflated) zip, atomic. A text is a member of dtype SB_U8. SB_EARG: above 4 GiB or 65535
 * members, a member without name. */
sb_status sb_npz_write(const char *path, const sb_npz_member *member, size_t members, sb_ctx *cx) SB_CHECKED;
/* The same as bytes in arena memory. */
sb_status sb_npz_bytes(const sb_npz_member *member, size_t members, sb_ctx *cx, char **bytes, size_t *size) SB_CHECKED;

/* Reads one array file (any registered format, found by `format` or, when NULL, by suffix) with options given as
 * name/value pairs; the one way in which data sets, embeddings and the command line read arrays. */
typedef struct sb_option_text {
    const char *name, *text;
} sb_option_text;
/* The reader of that name or, with format NULL, for that path. SB_ENOTFOUND, SB_ECONFIG. */
sb_status sb_array_reader(const char *path, const char *format, sb_ctx *cx, const sb_reader **reader) SB_CHECKED;
/* limit: no array above this many bytes. SB_ENOTFOUND, SB_ECONFIG (format or option), SB_EFORMAT, SB_EDATA, SB_ENOMEM;
 * messages begin with the path. */
sb_status sb_array_read(const char *path, const char *format, const sb_option_text *option, size_t options,
                        size_t limit, sb_ctx *cx, sb_array *out) SB_CHECKED;
/* The same from members of the archive at path, one behind the other (ended by NULL; NULL: path is no archive); the
 * format is found by the first one's suffix. */
sb_status sb_array_read_inside(const char *path, const char *const *inside, const char *format,
                               const sb_option_text *option, size_t options, size_t limit, sb_ctx *cx,
                               sb_array *out) SB_CHECKED;

#endif

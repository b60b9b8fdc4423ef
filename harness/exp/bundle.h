/* A run as one archive that can be checked and replayed elsewhere. */
#ifndef SB_EXP_BUNDLE_H
#define SB_EXP_BUNDLE_H

#include <stddef.h>

#include "selbench/ctx.h"

typedef struct sb_bundle {
    const char *path, *name; /* the archive; the folder inside it */
    size_t files;
    double bytes;            /* of the files, unpacked */
} sb_bundle;

/* Writes OUT (NULL: NAME.tar.gz in the working folder, NAME being that of the run): all files of the run folder DIR under
 * NAME/, with NAME/SHA256SUMS (for sha256sum -c) and NAME/ro-crate-metadata.json (RO-Crate 1.1: every file with its size
 * and checksum, the versions, the command; license: its URL, or NULL). Equal folders give equal bytes: names sorted, no
 * times, no owners. The data are not in it: run.json names them by checksum. Memory: the largest file. SB_ENOTFOUND: DIR
 * is no finished run; SB_EDATA: a name too long for the format; SB_EIO. The archive appears when it is whole. */
sb_status sb_bundle_write(const char *dir, const char *out, const char *license, sb_ctx *cx,
                          sb_bundle *done) SB_CHECKED;

#endif

/* Archives and packed files, by libarchive: tar, zip; gzip, bzip2, xz. Nothing is ever named after what an archive
 * says: the bytes of chosen members go, in the order of the choice, into one file of the caller's. */
#ifndef SB_IO_UNPACK_H
#define SB_IO_UNPACK_H

#include "selbench/ctx.h"

/* Writes the members (a list ended by NULL: whole names, or their ends behind a '/') of the archive at path, one after
 * the other, to out; member NULL: path is one packed file without names. out is written anew, and removed on failure.
 * limit: no more bytes than this come out, whatever the archive says of itself.
 * SB_ENOTFOUND: no such member (some names are given); SB_EFORMAT: damaged, encrypted, no archive; SB_EDATA: above the
 * limit; SB_EIO. Each member costs a walk through the archive. */
sb_status sb_unpack(const char *path, const char *const *member, const char *out, size_t limit, sb_ctx *cx) SB_CHECKED;

#endif

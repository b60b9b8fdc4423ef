/* One data set of an HDF5 file, by libhdf5, which may have been absent when selbench was built. */
#ifndef SELBENCH_HDF5_H
#define SELBENCH_HDF5_H

#include "selbench/reader.h"

/* Version of libhdf5 ("1.10.8"), or NULL: built without it. */
const char *sb_hdf5_version(void);

/* The data set `member` ("train", "group/x"; "": the only one) of a file that lies in memory: integers and floats of 1
 * to 8 bytes, up to 8 dimensions; i2 u2 become i4, u4 u8 i8, f2 f4. Never opens another file, whatever the links,
 * external storage or plug-ins that this one asks for. libhdf5 takes memory of its own (a few MiB, and chunks).
 * SB_ECONFIG: no such member (names are given); SB_EFORMAT: damaged; SB_EDATA: other types, values in other files;
 * SB_ENOMEM: above limit bytes; SB_ENOTFOUND: built without libhdf5. */
sb_status sb_hdf5_read(uint8_t *bytes, size_t size, const char *member, size_t limit, sb_ctx *cx,
                       sb_array *out) SB_CHECKED;

#endif

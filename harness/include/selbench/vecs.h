/* The plain vector files of nearest-neighbour benchmarks, for the readers named after their suffixes. */
#ifndef SELBENCH_VECS_H
#define SELBENCH_VECS_H

#include "selbench/reader.h"

/* TEXMEX files (.fvecs, .bvecs, .ivecs): before each row its number of columns as int32, the same in all rows. type:
 * SB_F32, SB_U8 or SB_I32. Held in memory once. SB_EFORMAT names the row; SB_ENOMEM above limit bytes. */
sb_status sb_vecs_read(sb_stream *in, sb_dtype type, size_t limit, sb_ctx *cx, sb_array *out) SB_CHECKED;

/* Big-ANN files (.fbin, .u8bin, .i8bin): rows and columns as uint32, then the rows. type: SB_F32, SB_U8 or SB_I8. */
sb_status sb_bin_read(sb_stream *in, sb_dtype type, size_t limit, sb_ctx *cx, sb_array *out) SB_CHECKED;

#endif

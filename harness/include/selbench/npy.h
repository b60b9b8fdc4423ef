/* The NPY format as a stream of bytes, for the readers of .npy and .npz. */
#ifndef SELBENCH_NPY_H
#define SELBENCH_NPY_H

#include "selbench/reader.h"

/* Reads one array of NPY version 1 to 3: f2 f4 f8 i1 i4 i8 u1, and widened b1 (u1), i2 u2 (i4), u4 u8 (i8); either byte
 * order, C or Fortran order (needs the memory twice). The stream must end with the array.
 * SB_EFORMAT: damaged, too short, too long. SB_EDATA: a dtype that is no number, a u8 above 2^63 - 1.
 * SB_ENOMEM: above limit bytes. */
sb_status sb_npy_read(sb_stream *in, size_t limit, sb_ctx *cx, sb_array *out) SB_CHECKED;

/* The header alone: type and shape of the array (data NULL), and, when the elements lie in the file as they would in
 * memory (little endian, C order, a type that is not widened), the byte they begin at; else *offset = 0. Errors as
 * above. */
sb_status sb_npy_header(sb_stream *in, sb_ctx *cx, sb_array *out, size_t *offset) SB_CHECKED;

#endif

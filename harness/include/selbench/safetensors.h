/* One tensor of a safetensors file as a stream of bytes. */
#ifndef SELBENCH_SAFETENSORS_H
#define SELBENCH_SAFETENSORS_H

#include "selbench/reader.h"

/* The tensor `member` ("": the only one): F16 F32 F64 I8 I32 I64 U8, and widened BOOL (u1), I16 U16 (i4), U32 U64 (i8),
 * BF16 (f4, exact); up to 8 dimensions. The file is walked to its end, one tensor is held in memory.
 * SB_ECONFIG: no such tensor (names are given); SB_EFORMAT: damaged, cut short, bytes behind the end; SB_EDATA: another
 * dtype, a U64 above 2^63 - 1; SB_ENOMEM: above limit bytes. */
sb_status sb_safetensors_read(sb_stream *in, const char *member, size_t limit, sb_ctx *cx, sb_array *out) SB_CHECKED;

#endif

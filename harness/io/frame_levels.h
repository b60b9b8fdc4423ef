/* Levels of a category: texts, numbered. Part of frame.c. */
#ifndef SB_IO_FRAME_LEVELS_H
#define SB_IO_FRAME_LEVELS_H

#include "selbench/frame.h"

enum { SB_LEVELS_MAX = 1 << 16 };

sb_status sb_levels_new(sb_ctx *cx, sb_frame_levels **out) SB_CHECKED;
/* Levels from the user, "a|b|c"; SB_ECONFIG: one of them twice or empty. */
sb_status sb_levels_give(sb_frame_levels *l, const char *text, sb_ctx *cx) SB_CHECKED;
/* Levels from the file. SB_EFORMAT: one of them twice. */
sb_status sb_levels_declare(sb_frame_levels *l, const char *const *level, size_t levels, sb_ctx *cx) SB_CHECKED;
bool sb_levels_find(const sb_frame_levels *l, const char *text, uint32_t *code);
/* The code of a text, which is added unless the levels are given or declared. */
sb_status sb_levels_code(sb_frame_levels *l, const char *text, sb_ctx *cx, uint32_t *code) SB_CHECKED;
/* Levels that were met in the order of the rows are sorted by their bytes; the n values, stride apart, follow. */
sb_status sb_levels_sort(sb_frame_levels *l, double *value, size_t n, size_t stride, sb_ctx *cx) SB_CHECKED;
/* Name of column j of those taken, its position if the file has no names; and "name=level". */
sb_status sb_levels_column(const sb_frame *f, size_t j, const char **name) SB_CHECKED;
sb_status sb_levels_name(const char *column, const char *level, sb_ctx *cx, const char **name) SB_CHECKED;
/* "cut: Fair|Good; colour: red|blue": what the numbers of the categories stand for; NULL without categories. */
sb_status sb_levels_text(const sb_frame *f, const char **text) SB_CHECKED;

#endif

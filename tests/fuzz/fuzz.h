/* What the fuzz targets share. A target takes any bytes; a defect is a crash, a sanitizer report, a failure without a
 * message, or memory above what the limit allows.
 *   cmake -B build-fuzz -DCMAKE_C_COMPILER=clang -DSB_SANITIZE=ON -DSB_FUZZ=ON && ninja -C build-fuzz fuzz_npy
 *   build-fuzz/tests/fuzz_npy NEW_FOLDER tests/fuzz/corpus/npy
 * Inputs that found a defect are kept in the corpus, which tests/unit/test_fuzz_corpus.c replays. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"
#include "selbench/ctx.h"
#include "stream.h"

enum { FUZZ_LIMIT = 1 << 20, FUZZ_MEMORY = 8 << 20 };

static inline void fuzz_check(sb_status st, const sb_err *err)
{
    if (st == SB_OK || (*err->text && err->code == st)) return;
    fprintf(stderr, "status '%s' without a message\n", sb_status_text(st));
    abort();
}

/* Readers that a target has called: test_fuzz_corpus.c wants all of them. */
static const char *fuzz_called[256];
static size_t fuzz_calls;

static inline void fuzz_note(const char *reader)
{
    for (size_t k = 0; k < fuzz_calls; k++)
        if (strcmp(fuzz_called[k], reader) == 0) return;
    if (fuzz_calls < sizeof fuzz_called / sizeof *fuzz_called) fuzz_called[fuzz_calls++] = reader;
}

/* Reads data with a reader; option NULL: the defaults. Every element of a result is looked at. */
static inline void fuzz_reader(const char *name, const char *const *option, const uint8_t *data, size_t size)
{
    sb_err err = {0};
    fuzz_note(name);
    sb_ctx cx = {.arena = sb_arena_new(FUZZ_MEMORY), .err = &err, .path = "fuzz"};
    const sb_reader *r = sb_reader_find(name, NULL);
    void *options = cx.arena && r ? sb_arena_alloc(cx.arena, 1, r->option_size) : NULL;
    uint8_t *copy = options ? SB_NEW(cx.arena, size, uint8_t) : NULL; /* its end is the end of its memory */
    if (!copy) abort();
    if (size) memcpy(copy, data, size);
    sb_param_defaults(r->options, options, &cx);
    for (; option && option[0]; option += 2)
        if (sb_param_set(r->options, options, option[0], option[1], &cx) != SB_OK) abort();
    sb_stream *in = NULL;
    sb_array a = {0};
    sb_status st = sb_stream_bytes(copy, size, "fuzz", &cx, &in);
    if (st == SB_OK) st = r->read(in, options, FUZZ_LIMIT, &cx, &a);
    fuzz_check(st, &err);
    volatile double sink = 0;
    if (st == SB_OK) {
        if (sb_array_rows(&a) * sb_array_width(&a) * sb_dtype_size(a.type) > FUZZ_LIMIT) abort();
        for (size_t i = 0; i < sb_array_rows(&a); i++)
            for (size_t j = 0; j < sb_array_width(&a); j++) sink = sink + sb_array_at(&a, i, j);
        for (size_t j = 0; a.column && j < sb_array_width(&a); j++) sink = sink + (double)strlen(a.column[j]);
    }
    sb_stream_close(in);
    sb_arena_free(cx.arena);
}

#endif

/* Packed files and archives: the bytes as a stream by themselves, and as an archive whose members are asked for. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

/* All that comes out, under a limit that stops bombs. */
static void fuzz_drain(sb_stream *in, sb_status st, sb_ctx *cx)
{
    uint8_t block[4096];
    size_t got = sizeof block, all = 0;
    if (st == SB_OK) sb_stream_limit(in, FUZZ_LIMIT);
    for (; st == SB_OK && got == sizeof block; all += got) st = sb_stream_read(in, block, sizeof block, &got, cx);
    if (all > FUZZ_LIMIT + sizeof block) abort();
    fuzz_check(st, cx->err);
    sb_stream_close(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const member[] = {"a.csv", "folder/b.csv", NULL};
    sb_err err = {0};
    sb_ctx cx = {.arena = sb_arena_new(FUZZ_MEMORY), .err = &err, .path = "fuzz"};
    sb_stream *in = NULL;
    if (size > 1 && (data[0] == 0x1f || data[0] == 'B' || data[0] == 0xfd)) /* gzip, bzip2, xz; else plain */ {
        const sb_status opened = sb_stream_bytes(data, size, "fuzz", &cx, &in);
        fuzz_drain(in, opened, &cx);
    }
    char path[64];
    const int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    in = NULL;
    const sb_status st = sb_stream_inside(path, member, &cx, &in);
    fuzz_drain(in, st, &cx);
    (void)close(fd);
    sb_arena_free(cx.arena);
    return 0;
}

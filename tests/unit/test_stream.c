/* Streams: plain and gzip, files and memory, damage of every kind, limits; hashes of content. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "hash.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

enum { SIZE = 1000003 }; /* above the window of a file, no multiple of anything */

static test_ctx t;
static char folder[32];
static uint8_t *content;

static void set_up(void)
{
    test_ctx_init(&t, "stream");
    (void)snprintf(folder, sizeof folder, "/tmp/test_stream_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    content = SB_NEW(t.cx.arena, SIZE, uint8_t);
    sb_rng rng = sb_ctx_stream(&t.cx, "content");
    for (size_t i = 0; i < SIZE; i++) content[i] = (uint8_t)(sb_rng_below(&rng, 16) + i / 4096); /* packs well */
}
static void tear_down(void)
{
    ck_assert_int_eq(system(sb_str_format(t.cx.arena, "rm -r %s", folder)), 0);
    test_ctx_release(&t);
}

/* bits: 31 for gzip, -15 for raw deflate */
static uint8_t *pack(const uint8_t *bytes, size_t size, int bits, size_t *packed)
{
    z_stream z = {0};
    const size_t room = size + size / 100 + 1000;
    uint8_t *out = SB_NEW(t.cx.arena, room, uint8_t);
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uint8_t *in = SB_NEW(t.cx.arena, size, uint8_t);
    memcpy(in, bytes, size);
    z.next_in = in;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)room;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    *packed = z.total_out;
    (void)deflateEnd(&z);
    return out;
}

static const char *put_file(const char *name, const uint8_t *bytes, size_t size)
{
    const char *path = sb_str_format(t.cx.arena, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
    return path;
}

/* Reads in pieces of growing size and compares with the content. */
static void check_content(sb_stream *s, size_t size)
{
    uint8_t *piece = SB_NEW(t.cx.arena, SIZE + 1, uint8_t);
    size_t at = 0, got = 1, step = 1;
    for (; got; step = step < 400000 ? 3 * step : step) {
        ck_assert_ok(&t, sb_stream_read(s, piece, step, &got, &t.cx));
        ck_assert_uint_le(at + got, size);
        ck_assert_mem_eq(piece, content + at, got);
        at += got;
        ck_assert(got == step || at == size);
    }
    ck_assert_uint_eq(at, size);
    ck_assert_ok(&t, sb_stream_end(s, &t.cx));
    sb_stream_close(s);
}

static void check_file_and_memory(const char *name, const uint8_t *bytes, size_t size)
{
    sb_stream *s = NULL;
    const char *path = put_file(name, bytes, size);
    ck_assert_ok(&t, sb_stream_open(path, &t.cx, &s));
    ck_assert_str_eq(sb_stream_name(s), path);
    check_content(s, SIZE);
    ck_assert_ok(&t, sb_stream_bytes(bytes, size, name, &t.cx, &s));
    check_content(s, SIZE);
    uint8_t *all = NULL;
    size_t got = 0;
    ck_assert_ok(&t, sb_stream_open(path, &t.cx, &s));
    ck_assert_ok(&t, sb_stream_all(s, SIZE, &all, &got, &t.cx));
    sb_stream_close(s);
    ck_assert_uint_eq(got, SIZE);
    ck_assert_mem_eq(all, content, SIZE);
    ck_assert_uint_eq(all[SIZE], 0);
    char hex[65], want[65];
    sb_hash_hex_of(content, SIZE, want);
    ck_assert_ok(&t, sb_content_hash(path, NULL, &t.cx, hex, &got));
    ck_assert_str_eq(hex, want);
    ck_assert_uint_eq(got, SIZE);
    ck_assert_ok(&t, sb_stream_open(path, &t.cx, &s));
    ck_assert_fails(&t, sb_stream_all(s, SIZE - 1, &all, &got, &t.cx), SB_ENOMEM, "above the limit of 1000002 bytes");
    sb_stream_close(s);
    sb_stream_close(NULL);
}

START_TEST(plain_and_gzip_give_the_same)
{
    size_t size = 0, half = 0, rest = 0;
    const uint8_t *gz = pack(content, SIZE, 31, &size);
    ck_assert_uint_lt(size, SIZE);
    check_file_and_memory("plain", content, SIZE);
    check_file_and_memory("packed.gz", gz, size);
    const uint8_t *a = pack(content, SIZE / 2, 31, &half), *b = pack(content + SIZE / 2, SIZE - SIZE / 2, 31, &rest);
    uint8_t *both = SB_NEW(t.cx.arena, half + rest, uint8_t);
    memcpy(both, a, half);
    memcpy(both + half, b, rest);
    check_file_and_memory("members.gz", both, half + rest);
}
END_TEST

static sb_status read_all(const uint8_t *bytes, size_t size)
{
    sb_stream *s = NULL;
    uint8_t *all = NULL;
    size_t got = 0;
    SB_TRY(sb_stream_bytes(bytes, size, "bytes", &t.cx, &s));
    return sb_stream_all(s, SIZE, &all, &got, &t.cx);
}

START_TEST(damaged_gzip_is_an_error)
{
    size_t size = 0, got = 0;
    const uint8_t *gz = pack(content, 5000, 31, &size);
    for (size_t cut = 2; cut < size; cut++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        uint8_t *copy = SB_NEW(t.cx.arena, cut, uint8_t);
        memcpy(copy, gz, cut);
        ck_assert_fails(&t, read_all(copy, cut), SB_EFORMAT, "compressed data is cut short after ");
        sb_arena_rewind(t.cx.arena, mark);
    }
    const char *path = put_file("cut.gz", gz, size - 1);
    char hex[65];
    ck_assert_fails(&t, sb_content_hash(path, NULL, &t.cx, hex, &got), SB_EFORMAT,
                    "cut.gz': compressed data is cut short after 5000");
    uint8_t *copy = SB_NEW(t.cx.arena, size + 1, uint8_t);
    memcpy(copy, gz, size);
    ck_assert_ok(&t, read_all(copy, size));
    ck_assert_fails(&t, read_all(copy, size + 1), SB_EFORMAT, "not gzip follow");
    copy[size - 1] ^= 1;
    ck_assert_fails(&t, read_all(copy, size), SB_EFORMAT, "incorrect length check");
    copy[size - 1] ^= 1;
    copy[size - 8] ^= 1;
    ck_assert_fails(&t, read_all(copy, size), SB_EFORMAT, "incorrect data check");
    copy[size - 8] ^= 1;
    copy[3] |= 0xe0;
    ck_assert_fails(&t, read_all(copy, size), SB_EFORMAT, "unknown header flags");
}
END_TEST

START_TEST(members_of_archives_are_checked)
{
    size_t packed = 0, got = 0;
    const uint8_t *raw = pack(content, 5000, -15, &packed);
    const uint32_t crc = (uint32_t)crc32(0, content, 5000);
    uint8_t *all = NULL;
    for (int stored = 0; stored < 2; stored++) {
        const uint8_t *bytes = stored ? content : raw;
        const size_t size = stored ? 5000 : packed;
        sb_stream *s = NULL;
        ck_assert_ok(&t, sb_stream_packed(bytes, size, !stored, 5000, crc, "m", &t.cx, &s));
        ck_assert_ok(&t, sb_stream_all(s, 5000, &all, &got, &t.cx));
        ck_assert_uint_eq(got, 5000);
        ck_assert_mem_eq(all, content, 5000);
        ck_assert_ok(&t, sb_stream_packed(bytes, size, !stored, 5000, crc ^ 1, "m", &t.cx, &s));
        ck_assert_fails(&t, sb_stream_all(s, 5000, &all, &got, &t.cx), SB_EFORMAT, "CRC-32");
        ck_assert_ok(&t, sb_stream_packed(bytes, size, !stored, 5001, crc, "m", &t.cx, &s));
        ck_assert_fails(&t, sb_stream_all(s, 6000, &all, &got, &t.cx), SB_EFORMAT, "ends after 5000");
        ck_assert_ok(&t, sb_stream_packed(bytes, size, !stored, 4999, crc, "m", &t.cx, &s));
        ck_assert_fails(&t, sb_stream_all(s, 6000, &all, &got, &t.cx), SB_EFORMAT, "more than the 4999");
        ck_assert_ok(&t, sb_stream_packed(bytes, size - 1, !stored, 5000, crc, "m", &t.cx, &s));
        ck_assert_fails(&t, sb_stream_all(s, 6000, &all, &got, &t.cx), SB_EFORMAT, stored ? "ends after" : "cut short");
    }
}
END_TEST

START_TEST(short_reads_are_named)
{
    sb_stream *s = NULL;
    uint8_t b[8];
    ck_assert_ok(&t, sb_stream_bytes("abcdef", 6, "x", &t.cx, &s));
    ck_assert_ok(&t, sb_stream_exact(s, b, 4, "head", &t.cx));
    ck_assert_fails(&t, sb_stream_exact(s, b, 3, "data", &t.cx), SB_EFORMAT, "data: ends after 6 bytes, 7 expected");
    ck_assert_ok(&t, sb_stream_bytes("ab", 2, "x", &t.cx, &s));
    ck_assert_fails(&t, sb_stream_end(s, &t.cx), SB_EFORMAT, "goes on after the 0 bytes");
    ck_assert_ok(&t, sb_stream_bytes(NULL, 0, "x", &t.cx, &s));
    ck_assert_ok(&t, sb_stream_end(s, &t.cx));
    ck_assert_fails(&t, sb_stream_open("/no/file", &t.cx, &s), SB_ENOTFOUND, "'/no/file'");
    ck_assert_fails(&t, sb_stream_open("/tmp", &t.cx, &s), SB_EIO, "'/tmp' is a folder");
    uint8_t *all = NULL;
    size_t got = 0;
    ck_assert_ok(&t, sb_stream_open(put_file("empty", content, 0), &t.cx, &s));
    ck_assert_ok(&t, sb_stream_all(s, 10, &all, &got, &t.cx));
    ck_assert_uint_eq(got, 0);
    sb_stream_close(s);
}
END_TEST

/* Every open file is closed on every path, and a failed allocation is an error. */
START_TEST(failures_leave_no_file_open)
{
    size_t size = 0;
    const uint8_t *gz = pack(content, SIZE, 31, &size);
    const char *path = put_file("packed.gz", gz, size);
    const int lowest = dup(0);
    (void)close(lowest);
    char hex[65];
    for (size_t k = 0;; k++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        sb_arena_fail_at(t.cx.arena, k);
        const sb_status st = sb_content_hash(path, NULL, &t.cx, hex, &size);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
        ck_assert_uint_lt(k, 20);
        sb_arena_rewind(t.cx.arena, mark);
    }
    sb_arena_fail_at(t.cx.arena, SIZE_MAX);
    const int now = dup(0);
    (void)close(now);
    ck_assert_int_eq(now, lowest);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stream");
    TCase *c = tcase_create("stream");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, plain_and_gzip_give_the_same);
    tcase_add_test(c, damaged_gzip_is_an_error);
    tcase_add_test(c, members_of_archives_are_checked);
    tcase_add_test(c, short_reads_are_named);
    tcase_add_test(c, failures_leave_no_file_open);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

/* bzip2 and xz as streams: what libarchive's writer packs comes out; cuts, changed bytes, bytes behind the end, bombs.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>

#include "str.h"
#include "stream.h"
#include "test_main.h"
#include "unpack.h"

enum { SIZE = 1000003, SMALL = 3000 };

static test_ctx t;
static uint8_t *content;

static void set_up(void)
{
    test_ctx_init(&t, "packed");
    content = SB_NEW(t.cx.arena, SIZE, uint8_t);
    sb_rng rng = sb_ctx_stream(&t.cx, "content");
    for (size_t i = 0; i < SIZE; i++) content[i] = (uint8_t)(sb_rng_below(&rng, 16) + i / 4096);
}
static void tear_down(void) { test_ctx_release(&t); }

/* kind: 0 bzip2, 1 xz, 2 gzip */
static uint8_t *pack(const uint8_t *bytes, size_t size, int kind, size_t *packed)
{
    const size_t room = size + size / 50 + 2000;
    uint8_t *out = SB_NEW(t.cx.arena, room, uint8_t);
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    ck_assert_int_eq(kind == 2   ? archive_write_add_filter_gzip(a)
                     : kind == 1 ? archive_write_add_filter_xz(a)
                                 : archive_write_add_filter_bzip2(a),
                     ARCHIVE_OK);
    ck_assert_int_eq(archive_write_set_options(a, "compression-level=1"), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_set_format_raw(a), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_open_memory(a, out, room, packed), ARCHIVE_OK);
    archive_entry_set_filetype(e, AE_IFREG);
    ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
    ck_assert_int_eq((int)archive_write_data(a, bytes, size), (int)size);
    ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
    archive_entry_free(e);
    ck_assert_int_eq(archive_write_free(a), ARCHIVE_OK);
    return out;
}

static sb_status read_all(const uint8_t *bytes, size_t size, uint8_t **all, size_t *got)
{
    sb_stream *s = NULL;
    t.err.text[0] = '\0';
    SB_TRY(sb_stream_bytes(bytes, size, "bytes", &t.cx, &s));
    const sb_status st = sb_stream_all(s, 2 * SIZE, all, got, &t.cx);
    sb_stream_close(s);
    return st;
}

/* From memory, from a file, and several packed files behind each other. */
START_TEST(what_was_packed_comes_out)
{
    size_t size = 0, half = 0, rest = 0, got = 0;
    uint8_t *all = NULL;
    const uint8_t *packed = pack(content, SIZE, _i, &size);
    ck_assert_uint_lt(size, SIZE);
    ck_assert_ok(&t, read_all(packed, size, &all, &got));
    ck_assert_uint_eq(got, SIZE);
    ck_assert_mem_eq(all, content, SIZE);
    char path[] = "/tmp/test_packed_XXXXXX";
    const int fd = mkstemp(path);
    FILE *f = fdopen(fd, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(packed, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
    sb_stream *s = NULL;
    ck_assert_ok(&t, sb_stream_open(path, &t.cx, &s));
    ck_assert_ok(&t, sb_stream_exact(s, all, SIZE, "content", &t.cx));
    ck_assert_ok(&t, sb_stream_end(s, &t.cx));
    sb_stream_close(s);
    ck_assert_int_eq(remove(path), 0);
    ck_assert_mem_eq(all, content, SIZE);
    const uint8_t *a = pack(content, SMALL, _i, &half), *b = pack(content + SMALL, SMALL, _i, &rest);
    uint8_t *both = SB_NEW(t.cx.arena, half + rest, uint8_t);
    memcpy(both, a, half);
    memcpy(both + half, b, rest);
    ck_assert_ok(&t, read_all(both, half + rest, &all, &got));
    ck_assert_uint_eq(got, 2 * SMALL);
    ck_assert_mem_eq(all, content, 2 * SMALL);
    const uint8_t *twice = pack(packed, size, _i, &half); /* one layer comes off, the other is content */
    ck_assert_ok(&t, read_all(twice, half, &all, &got));
    ck_assert_uint_eq(got, size);
    ck_assert_mem_eq(all, packed, size);
    const uint8_t *nothing = pack(content, 0, _i, &half);
    if (_i == 2)
        ck_assert_ok(&t, read_all(nothing, half, &all, &got));
    else
        ck_assert_fails(&t, read_all(nothing, half, &all, &got), SB_EFORMAT, "nothing comes out of the packed data");
}
END_TEST

START_TEST(damage_is_an_error)
{
    size_t size = 0, got = 0, unseen = 0;
    uint8_t *all = NULL;
    const uint8_t *packed = pack(content, SMALL, _i, &size);
    for (size_t cut = 10; cut < size; cut += cut < 60 || cut + 60 > size ? 1 : 13) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        uint8_t *copy = SB_NEW(t.cx.arena, cut, uint8_t); /* its end is the end of its memory */
        memcpy(copy, packed, cut);
        const sb_status st = read_all(copy, cut, &all, &got);
        ck_assert_msg(st == SB_EFORMAT && *t.err.text, "cut at %zu of %zu: %s", cut, size, sb_status_text(st));
        sb_arena_rewind(t.cx.arena, mark);
    }
    sb_rng rng = sb_ctx_stream(&t.cx, "changes");
    for (size_t k = 0; k < 100; k++) {
        const size_t mark = sb_arena_mark(t.cx.arena), at = 10 + sb_rng_below(&rng, size - 10);
        uint8_t *copy = SB_NEW(t.cx.arena, size, uint8_t);
        memcpy(copy, packed, size);
        copy[at] ^= (uint8_t)(1 + sb_rng_below(&rng, 255));
        const sb_status st = read_all(copy, size, &all, &got);
        ck_assert_msg(st == SB_OK || *t.err.text, "change at %zu: no message", at);
        ck_assert_msg(st != SB_OK || (got == SMALL && memcmp(all, content, SMALL) == 0), "change at %zu passes", at);
        unseen += st == SB_OK; /* bits that mean nothing, such as padding */
        sb_arena_rewind(t.cx.arena, mark);
    }
    ck_assert_uint_le(unseen, 5);
    uint8_t *more = SB_NEW(t.cx.arena, size + 4, uint8_t);
    memcpy(more, packed, size);
    memcpy(more + size, "1,2\n", 4);
    ck_assert_fails(&t, read_all(more, size + 4, &all, &got), SB_EFORMAT, _i == 1 ? "packed data" : " follow");
}
END_TEST

START_TEST(bombs_are_stopped)
{
    size_t size = 0, got = 0;
    uint8_t *zero = SB_NEW(t.cx.arena, SIZE, uint8_t), *all = NULL;
    const uint8_t *packed = pack(zero, SIZE, _i, &size);
    ck_assert_uint_lt(size, SIZE / 200);
    sb_stream *s = NULL;
    ck_assert_ok(&t, sb_stream_bytes(packed, size, "bomb", &t.cx, &s));
    sb_stream_limit(s, SIZE - 1);
    ck_assert_fails(&t, sb_stream_all(s, 2 * SIZE, &all, &got, &t.cx), SB_EDATA,
                    "more than 1000002 bytes come out of the packed data");
    sb_stream_close(s);
    ck_assert_ok(&t, sb_stream_bytes(packed, size, "no bomb", &t.cx, &s));
    sb_stream_limit(s, SIZE);
    ck_assert_ok(&t, sb_stream_all(s, 2 * SIZE, &all, &got, &t.cx));
    sb_stream_close(s);
    ck_assert_uint_eq(got, SIZE);
    ck_assert_uint_eq(sb_unpack_allowance(0), (size_t)1 << 30);
    ck_assert_uint_eq(sb_unpack_allowance(1000), ((size_t)1 << 30) + 200000);
}
END_TEST

START_TEST(failed_allocations_are_errors)
{
    size_t size = 0, got = 0;
    uint8_t *all = NULL;
    const uint8_t *packed = pack(content, SMALL, _i, &size);
    for (size_t k = 0;; k++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        sb_arena_fail_at(t.cx.arena, k);
        const sb_status st = read_all(packed, size, &all, &got);
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        if (st == SB_OK) break;
        ck_assert_int_eq(st, SB_ENOMEM);
        ck_assert_uint_lt(k, 20);
        sb_arena_rewind(t.cx.arena, mark);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("packed");
    TCase *c = tcase_create("packed");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, what_was_packed_comes_out, 0, 3);
    tcase_add_loop_test(c, damage_is_an_error, 0, 3);
    tcase_add_loop_test(c, bombs_are_stopped, 0, 3);
    tcase_add_loop_test(c, failed_allocations_are_errors, 0, 3);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

/* Gzip files unpacked at once: what zlib packs comes out, and everything unusual is left to the stream. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "inflate_whole.h"
#include "test_main.h"

enum { SIZE = 300007 };

static test_ctx t;
static uint8_t content[SIZE], packed[2 * SIZE];
static size_t size;

static void set_up(void)
{
    test_ctx_init(&t, "inflate");
    sb_rng rng = sb_ctx_stream(&t.cx, "content");
    for (size_t i = 0; i < SIZE; i++) content[i] = (uint8_t)(sb_rng_below(&rng, 8) + i / 4096);
    z_stream z = {.next_in = content, .avail_in = SIZE, .next_out = packed, .avail_out = sizeof packed};
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    size = z.total_out;
    ck_assert_int_eq(deflateEnd(&z), Z_OK);
}
static void tear_down(void) { test_ctx_release(&t); }

/* What comes out of `bytes` bytes of the packed ones, put into a file that has no name. */
static const uint8_t *whole(size_t bytes, size_t room)
{
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(packed, 1, bytes, f), bytes);
    ck_assert_int_eq(fflush(f), 0);
    const uint8_t *out = sb_inflate_whole(fileno(f), bytes, room, t.cx.arena);
    ck_assert_int_eq(fclose(f), 0);
    return out;
}

START_TEST(content_comes_out)
{
    const uint8_t *out = whole(size, SIZE);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(memcmp(out, content, SIZE), 0);
}
END_TEST

START_TEST(the_unusual_is_left_alone)
{
    const size_t used = sb_arena_used(t.cx.arena);
    ck_assert_ptr_null(whole(size - 1, SIZE)); /* cut */
    ck_assert_ptr_null(whole(10, SIZE));
    ck_assert_ptr_null(whole(size, SIZE - 1)); /* another size than its last bytes say */
    ck_assert_ptr_null(whole(size, SIZE + 1));
    ck_assert_ptr_null(whole(size, 0));
    ck_assert_ptr_null(whole(size + 5, SIZE)); /* bytes behind the end */
    memcpy(packed + size, packed, size);       /* two members */
    ck_assert_ptr_null(whole(2 * size, 2 * SIZE));
    packed[size - 6] ^= 1; /* CRC-32 */
    ck_assert_ptr_null(whole(size, SIZE));
    packed[size - 6] ^= 1;
    packed[size / 2] ^= 1;
    ck_assert_ptr_null(whole(size, SIZE));
    ck_assert_ptr_null(sb_inflate_whole(-1, size, SIZE, t.cx.arena));
    ck_assert_ptr_null(sb_inflate_whole(-1, (size_t)SB_WHOLE_PACKED + 1, SIZE, t.cx.arena));
    ck_assert_ptr_null(sb_inflate_whole(-1, size, (size_t)SB_WHOLE_OUT + 1, t.cx.arena));
    ck_assert_uint_eq(sb_arena_used(t.cx.arena), used); /* nothing is kept */
}
END_TEST

START_TEST(no_memory_is_no_failure)
{
    for (size_t k = 0; k < 2; k++) {
        sb_arena_fail_at(t.cx.arena, k);
        ck_assert_ptr_null(whole(size, SIZE));
    }
    sb_arena_fail_at(t.cx.arena, SIZE_MAX);
    ck_assert_ptr_nonnull(whole(size, SIZE));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("inflate_whole");
    TCase *c = tcase_create("inflate_whole");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, content_comes_out);
    tcase_add_test(c, the_unusual_is_left_alone);
    tcase_add_test(c, no_memory_is_no_failure);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

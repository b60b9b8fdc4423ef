/* Members of archives that Python wrote (tests/data/make_archives.py): what comes out, in which order, and what is
 * refused: absent members, damage, more bytes than allowed. Names inside archives decide nothing. */
#include <stdio.h>

#include "file.h"
#include "test_places.h"
#include "unpack.h"

#define FOLDER SB_SOURCE_DIR "/tests/data/archives"
enum { LIMIT = 1 << 20, A = 400, B = 200 };

static test_places p;
static void set_up(void) { test_places_init(&p, NULL); }
static void tear_down(void) { test_places_release(&p); }

static const char *const archives[] = {"x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz", "x.zip"};
static const char *const packed[] = {"a.csv.gz", "a.csv.bz2", "a.csv.xz"};

static sb_status unpack(const char *file, const char *const *member, size_t limit)
{
    return sb_unpack(sb_str_format(p.t.cx.arena, "%s/%s", FOLDER, file), member, test_path(&p, "out"), limit, &p.t.cx);
}

/* The text "1,2\n" as often as it takes for `a` bytes, then "3,4\n" for `b`. */
static void check_out(const char *file, size_t a, size_t b)
{
    char *bytes;
    size_t size, wrong = 0;
    ck_assert_ok(&p.t, sb_file_read(test_path(&p, "out"), LIMIT, &p.t.cx, &bytes, &size));
    ck_assert_msg(size == a + b, "%s: %zu bytes, not %zu", file, size, a + b);
    for (size_t i = 0; i < size; i++) wrong += bytes[i] != (i < a ? "1,2\n" : "3,4\n")[i % 4];
    ck_assert_msg(wrong == 0, "%s: %zu bytes differ", file, wrong);
}

START_TEST(members_come_out_in_the_order_asked)
{
    static const char *const a[] = {"folder/a.csv", NULL}, *const end[] = {"a.csv", NULL};
    static const char *const both[] = {"a.csv", "b.csv", NULL}, *const swapped[] = {"b.csv", "b.csv", NULL};
    ck_assert_ok(&p.t, unpack(archives[_i], a, LIMIT));
    check_out(archives[_i], A, 0);
    ck_assert_ok(&p.t, unpack(archives[_i], end, A)); /* exactly the limit; the link of that name is no file */
    check_out(archives[_i], A, 0);
    ck_assert_ok(&p.t, unpack(archives[_i], both, LIMIT));
    check_out(archives[_i], A, B);
    ck_assert_ok(&p.t, unpack(archives[_i], swapped, LIMIT));
    check_out(archives[_i], 0, 2 * B);
}
END_TEST

START_TEST(packed_files_come_out)
{
    ck_assert_ok(&p.t, unpack(packed[_i], NULL, LIMIT));
    check_out(packed[_i], A, 0);
}
END_TEST

START_TEST(nothing_is_written_elsewhere)
{
    static const char *const evil[] = {"evil.csv", NULL};
    ck_assert_ok(&p.t, unpack(archives[_i], evil, LIMIT));
    const char **name;
    size_t n;
    ck_assert_ok(&p.t, sb_file_list(p.folder, &p.t.cx, &name, &n));
    ck_assert_uint_eq(n, 3); /* home, mirror, out */
    ck_assert(!sb_file_exists(test_path(&p, "../../evil.csv")));
}
END_TEST

START_TEST(refusals_are_clear_and_leave_nothing)
{
    static const char *const absent[] = {"c.csv", NULL}, *const part[] = {"sv", NULL}, *const a[] = {"a.csv", NULL};
    ck_assert_fails(&p.t, unpack(archives[_i], absent, LIMIT), SB_ENOTFOUND,
                    "has no file 'c.csv', but: ../../evil.csv");
    ck_assert_fails(&p.t, unpack(archives[_i], part, LIMIT), SB_ENOTFOUND, "has no file 'sv'");
    ck_assert_fails(&p.t, unpack(archives[_i], a, A - 1), SB_EDATA, "more than 399 bytes");
    ck_assert(!sb_file_exists(test_path(&p, "out")));
    ck_assert_fails(&p.t, unpack("bomb.zip", a, LIMIT), SB_EDATA, "more than 1048576 bytes");
    ck_assert_fails(&p.t, unpack("nothing.zip", a, LIMIT), SB_EFORMAT, "nothing.zip");
    ck_assert(!sb_file_exists(test_path(&p, "out")));
}
END_TEST

START_TEST(cut_and_flipped_archives_do_no_harm)
{
    static const char *const a[] = {"a.csv", "b.csv", NULL};
    const bool whole = _i >= 5;
    const char *file = whole ? packed[_i - 5] : archives[_i];
    char *bytes;
    size_t size;
    sb_rng rng = sb_ctx_stream(&p.t.cx, file);
    ck_assert_ok(&p.t, sb_file_read(sb_file_join(p.t.cx.arena, FOLDER, file), LIMIT, &p.t.cx, &bytes, &size));
    for (size_t round = 0; round < 60; round++) {
        const size_t mark = sb_arena_mark(p.t.cx.arena), keep = round % 2 ? size : size * round / 60;
        char *copy = sb_str_copy(p.t.cx.arena, bytes, size);
        for (size_t f = 0; f < 3 && round % 2; f++) copy[sb_rng_below(&rng, size)] = (char)sb_rng_below(&rng, 256);
        test_write(&p, "damaged", copy, keep);
        p.t.err.text[0] = '\0';
        const sb_status st =
            sb_unpack(test_path(&p, "damaged"), whole ? NULL : a, test_path(&p, "out"), LIMIT, &p.t.cx);
        ck_assert_msg(st == SB_OK || *p.t.err.text, "%s, round %zu: no message", file, round);
        ck_assert(st == SB_OK || !sb_file_exists(test_path(&p, "out")));
        sb_arena_rewind(p.t.cx.arena, mark);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("unpack");
    TCase *c = tcase_create("unpack");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, members_come_out_in_the_order_asked, 0, 5);
    tcase_add_loop_test(c, packed_files_come_out, 0, 3);
    tcase_add_loop_test(c, nothing_is_written_elsewhere, 0, 5);
    tcase_add_loop_test(c, refusals_are_clear_and_leave_nothing, 0, 5);
    tcase_add_loop_test(c, cut_and_flipped_archives_do_no_harm, 0, 8);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

/* HDF5 files written by h5py (tests/data/make_hdf5.py): values of every type, names, what is refused; cut files. */
#include "file.h"
#include "npy.h"
#include "selbench/hdf5.h"
#include "str.h"
#include "test_main.h"

#define FOLDER SB_SOURCE_DIR "/tests/data/hdf5"
enum { LIMIT = 1 << 20 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "hdf5"); }
static void tear_down(void) { test_ctx_release(&t); }

static sb_status read_file(const char *file, const char *member, size_t limit, sb_array *a)
{
    const sb_option_text option = {"member", member};
    t.err.text[0] = '\0';
    return sb_array_read(sb_file_join(t.cx.arena, FOLDER, file), NULL, &option, 1, limit, &t.cx, a);
}

/* The rule of make_hdf5.py, on its own. */
static double expected(char kind, size_t i)
{
    const int v = (int)((7 * i + 3) % 50);
    if (kind == 'i') return v - 20;
    return kind == 'f' ? (v - 20) / 8.0 : v;
}

static void check(const char *file, const char *member, char kind, sb_dtype type, size_t dims, size_t rows,
                  size_t width)
{
    sb_array a;
    ck_assert_ok(&t, read_file(file, member, LIMIT, &a));
    ck_assert_msg(a.type == type && a.dims == dims && sb_array_rows(&a) == rows && sb_array_width(&a) == width,
                  "%s: dtype %d, %zu dimensions, %zu x %zu", member, (int)a.type, a.dims, sb_array_rows(&a),
                  sb_array_width(&a));
    for (size_t i = 0; i < rows * width; i++)
        ck_assert_msg(sb_array_at(&a, i / width, i % width) == expected(kind, i), "%s: element %zu is %g", member, i,
                      sb_array_at(&a, i / width, i % width));
}

START_TEST(values_read_back)
{
    static const struct {
        const char *code;
        sb_dtype type;
    } types[] = {{"u1", SB_U8},      {"i1", SB_I8},      {"u2", SB_I32},     {"i2", SB_I32},     {"u4", SB_I64},
                 {"i4", SB_I32},     {"u8", SB_I64},     {"i8", SB_I64},     {"f2", SB_F32},     {"f4", SB_F32},
                 {"f8", SB_F64},     {"big_i2", SB_I32}, {"big_i4", SB_I32}, {"big_u8", SB_I64}, {"big_f2", SB_F32},
                 {"big_f4", SB_F32}, {"big_f8", SB_F64}};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        const char *code = types[k].code, *kind = strrchr(code, '_');
        check("types.h5", code, kind ? kind[1] : code[0], types[k].type, 2, 4, 3);
    }
    check("types.h5", "cube", 'f', SB_F32, 3, 2, 6);
    check("types.h5", "vector", 'f', SB_F64, 1, 12, 1);
    check("types.h5", "scalar", 'f', SB_F32, 0, 1, 1);
    check("types.h5", "empty", 'f', SB_F32, 2, 0, 3);
    check("types.h5", "group/x", 'f', SB_F32, 2, 4, 3);
    check("types.h5", "/group/x", 'f', SB_F32, 2, 4, 3);
    check("types.h5", "soft", 'f', SB_F32, 2, 4, 3);
    check("ann.hdf5", "train", 'f', SB_F32, 2, 4, 3);
    check("ann.hdf5", "neighbors", 'i', SB_I32, 2, 4, 3);
    check("one.h5", "", 'f', SB_F64, 2, 4, 3); /* packed in chunks, the only one, two groups down */
    check("elsewhere.h5", "x", 'f', SB_F32, 2, 4, 3);
}
END_TEST

static const struct {
    const char *file, *member;
    size_t limit;
    sb_status status;
    const char *words;
} refused[] = {
    {"ann.hdf5", "", LIMIT, SB_ECONFIG,
     "4 data sets, name one with option 'member': distances, neighbors, test, train"},
    {"ann.hdf5", "trian", LIMIT, SB_ECONFIG, "no data set 'trian' in this file, there are: distances, neighbors"},
    {"types.h5", "group", LIMIT, SB_ECONFIG, "no data set 'group'"},
    {"types.h5", "broken", LIMIT, SB_ECONFIG, "no data set 'broken'"},
    {"types.h5", "text", LIMIT, SB_EDATA, "neither integers nor floats"},
    {"types.h5", "complex", LIMIT, SB_EDATA, "neither integers nor floats"},
    {"types.h5", "nothing", LIMIT, SB_EDATA, "it has no values"},
    {"types.h5", "huge", LIMIT, SB_EDATA, "element 0 is above 2^63 - 1"},
    {"one.h5", "deep/er/x", 2000, SB_ENOMEM, "above the limit of 2000 bytes"}, /* the file */
    {"elsewhere.h5", "external", LIMIT, SB_ECONFIG, "no data set 'external' in this file"},
    {"elsewhere.h5", "raw", LIMIT, SB_EDATA, "lie in other files"},
    {"elsewhere.h5", "virtual", LIMIT, SB_EDATA, "lie in other files"},
};

START_TEST(refusals_are_clear)
{
    sb_array a;
    size_t size = 0;
    char *bytes = NULL;
    ck_assert_fails(&t, read_file(refused[_i].file, refused[_i].member, refused[_i].limit, &a), refused[_i].status,
                    refused[_i].words);
    ck_assert_ok(&t, sb_file_read(FOLDER "/types.h5", LIMIT, &t.cx, &bytes, &size));
    ck_assert_fails(&t, sb_hdf5_read((uint8_t *)bytes, size, "vector", 95, &t.cx, &a), SB_ENOMEM,
                    "the array is above the limit of 95 bytes");
}
END_TEST

/* Damage inside is libhdf5's to find, and 1.10 crashes on some of it: published files are hashed before they are read.
 * What is cut short, it does find. */
START_TEST(cut_files_are_errors)
{
    static const char *const files[] = {"ann.hdf5", "one.h5"};
    for (size_t k = 0; k < 2; k++) {
        char *bytes;
        size_t size;
        ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, FOLDER, files[k]), LIMIT, &t.cx, &bytes, &size));
        for (size_t cut = 0; cut < size; cut += cut < 100 || cut + 20 > size ? 1 : 97) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            uint8_t *copy = SB_NEW(t.cx.arena, cut, uint8_t); /* its end is the end of its memory */
            sb_array a;
            memcpy(copy, bytes, cut);
            t.err.text[0] = '\0';
            const sb_status st = sb_hdf5_read(copy, cut, k ? "" : "train", LIMIT, &t.cx, &a);
            ck_assert_msg(st == SB_EFORMAT && *t.err.text, "%s cut at %zu: %s", files[k], cut, sb_status_text(st));
            sb_arena_rewind(t.cx.arena, mark);
        }
    }
}
END_TEST

START_TEST(failed_allocations_are_errors)
{
    for (size_t at = 0;; at++) {
        const size_t mark = sb_arena_mark(t.cx.arena);
        sb_array a;
        sb_arena_fail_at(t.cx.arena, at);
        const sb_status st = sb_array_read(FOLDER "/one.h5", NULL, NULL, 0, LIMIT, &t.cx, &a);
        sb_arena_fail_at(t.cx.arena, SIZE_MAX);
        if (st == SB_OK) break;
        ck_assert_msg(st == SB_ENOMEM, "allocation %zu: %s", at, t.err.text);
        ck_assert_uint_lt(at, 20);
        sb_arena_rewind(t.cx.arena, mark);
    }
}
END_TEST

START_TEST(without_the_library_it_says_so)
{
    sb_array a;
    ck_assert_fails(&t, read_file("ann.hdf5", "train", LIMIT, &a), SB_ENOTFOUND,
                    "built without libhdf5 (package libhdf5-dev)");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hdf5");
    TCase *c = tcase_create("hdf5");
    tcase_add_checked_fixture(c, set_up, tear_down);
    if (sb_hdf5_version()) {
        tcase_add_test(c, values_read_back);
        tcase_add_loop_test(c, refusals_are_clear, 0, (int)(sizeof refused / sizeof *refused));
        tcase_add_test(c, cut_files_are_errors);
        tcase_add_test(c, failed_allocations_are_errors);
    } else {
        tcase_add_test(c, without_the_library_it_says_so);
    }
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)

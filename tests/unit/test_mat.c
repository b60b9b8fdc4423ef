/* MAT-files that SciPy wrote (tests/data/make_mat.py): every type, packed or not, cut and flipped, refused. */
#include <string.h>

#include "file.h"
#include "npy.h"
#include "registry.h"
#include "str.h"
#include "stream.h"
#include "test_main.h"

#define FOLDER SB_SOURCE_DIR "/tests/data/mat/"
enum { LIMIT = 1 << 20, N = 5, D = 3, HEADER = 128 };

static test_ctx t;
static void set_up(void) { test_ctx_init(&t, "mat"); }
static void tear_down(void) { test_ctx_release(&t); }

/* The rule of make_mat.py, on its own. */
static double expected(char kind, size_t i)
{
    const int v = (int)((7 * i + 3) % 50);
    if (kind == 'i') return v - 20;
    return kind == 'f' ? (v - 20) / 8.0 : v;
}

static sb_status read_file(const char *file, const char *member, sb_array *a)
{
    const sb_option_text option = {"member", member};
    return sb_array_read(sb_str_format(t.cx.arena, FOLDER "%s", file), NULL, &option, member ? 1 : 0, LIMIT, &t.cx, a);
}

START_TEST(arrays_read_back)
{
    static const char *const file[] = {"plain.mat", "packed.mat"};
    static const struct {
        const char *name;
        char kind;
        sb_dtype type;
        size_t width;
    } array[] = {{"int8", 'i', SB_I8, D},    {"uint8", 'u', SB_U8, D},   {"int16", 'i', SB_F64, D},
                 {"uint16", 'u', SB_F64, D}, {"int32", 'i', SB_I32, D},  {"uint32", 'u', SB_F64, D},
                 {"int64", 'i', SB_I64, D},  {"single", 'f', SB_F32, D}, {"double", 'f', SB_F64, D},
                 {"cube", 'u', SB_U8, 12},   {"row", 'u', SB_U8, 1},     {"y", 'u', SB_U8, 1}};
    for (size_t f = 0; f < 2; f++)
        for (size_t k = 0; k < sizeof array / sizeof *array; k++) {
            sb_array a;
            size_t wrong = 0;
            ck_assert_ok(&t, read_file(file[f], array[k].name, &a));
            ck_assert_msg(a.type == array[k].type && sb_array_rows(&a) == N && sb_array_width(&a) == array[k].width,
                          "%s: type %d, %zu x %zu", array[k].name, (int)a.type, sb_array_rows(&a), sb_array_width(&a));
            for (size_t i = 0; i < N * array[k].width; i++)
                wrong += sb_array_at(&a, i / array[k].width, i % array[k].width) != expected(array[k].kind, i);
            ck_assert_msg(wrong == 0, "%s, %s: %zu elements differ", file[f], array[k].name, wrong);
        }
    sb_array a;
    ck_assert_ok(&t, read_file("one.mat", NULL, &a));
    ck_assert(sb_array_rows(&a) == N && sb_array_at(&a, 1, 2) == expected('f', 5));
}
END_TEST

START_TEST(others_are_refused)
{
    sb_array a;
    ck_assert_fails(&t, read_file("plain.mat", NULL, &a), SB_ECONFIG, "13 arrays, name one with option 'member': int8");
    ck_assert_fails(&t, read_file("plain.mat", "X", &a), SB_ECONFIG, "no variable 'X', there are: int8, uint8");
    ck_assert_fails(&t, read_file("packed.mat", "z", &a), SB_EDATA, "variable 'z': is no array of real numbers");
    ck_assert_fails(&t, read_file("packed.mat", "word", &a), SB_EDATA, "class 4");
    ck_assert_fails(&t, read_file("packed.mat", "cell", &a), SB_EDATA, "class 1");
}
END_TEST

/* Reads size bytes that end where their memory ends; member: or NULL. */
static sb_status read_bytes(const char *bytes, size_t size, const char *member, sb_array *a)
{
    const sb_reader *r = sb_reader_find("mat", NULL);
    void *options = sb_arena_alloc(t.cx.arena, 1, r->option_size);
    char *copy = SB_NEW(t.cx.arena, size, char);
    sb_stream *in = NULL;
    if (!options || !copy) SB_FAIL(t.cx.err, SB_ENOMEM, "test");
    memcpy(copy, bytes, size);
    sb_param_defaults(r->options, options, &t.cx);
    if (member) SB_TRY(sb_param_set(r->options, options, "member", member, &t.cx));
    SB_TRY(sb_stream_bytes(copy, size, "bytes", &t.cx, &in));
    return r->read(in, options, LIMIT, &t.cx, a);
}

START_TEST(headers_and_elements_are_checked)
{
    static const struct {
        size_t at;
        const char *bytes;
        size_t size;
        sb_status status;
        const char *words;
    } bad[] = {
        {124, "\0\2IM", 4, SB_EFORMAT, "version 7.3 is HDF5"},
        {124, "\1\0MI", 4, SB_EDATA, "big-endian"},
        {124, "\0\1XX", 4, SB_EFORMAT, "not a MAT-file"},
        {HEADER + 4, "\377\377\377\177", 4, SB_EFORMAT, "element at byte 128: 2147483647 bytes"},
        {HEADER + 2, "\1", 1, SB_EFORMAT, "element at byte 128"},
        {HEADER + 12, "\7", 1, SB_EFORMAT, "array flags of 7 bytes"},
        {HEADER + 28, "\3", 1, SB_EFORMAT, "3 bytes of dimensions"},
        {HEADER + 32, "\0\0\0\1", 4, SB_EFORMAT, "expected"}, /* 2^24 rows, five in the file */
    };
    char *bytes;
    size_t size;
    sb_array a;
    ck_assert_ok(&t, sb_file_read(FOLDER "plain.mat", LIMIT, &t.cx, &bytes, &size));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *copy = sb_str_copy(t.cx.arena, bytes, size);
        memcpy(copy + bad[i].at, bad[i].bytes, bad[i].size);
        t.err.text[0] = '\0';
        ck_assert_fails(&t, read_bytes(copy, size, "int8", &a), bad[i].status, bad[i].words);
    }
    ck_assert_fails(&t, read_bytes(bytes, size - 4, "int8", &a), SB_EFORMAT, "bytes");
}
END_TEST

START_TEST(cut_and_flipped_files_do_no_harm)
{
    static const char *const file[] = {"one.mat", "packed.mat", "plain.mat"};
    sb_rng rng = sb_ctx_stream(&t.cx, "flips");
    volatile double sink = 0;
    size_t refused = 0;
    for (size_t k = 0; k < 3; k++) {
        char *bytes;
        size_t size;
        ck_assert_ok(&t, sb_file_read(sb_str_format(t.cx.arena, FOLDER "%s", file[k]), LIMIT, &t.cx, &bytes, &size));
        for (size_t round = 0; round < 1500; round++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            const bool cut = round < 500;
            char *copy = sb_str_copy(t.cx.arena, bytes, size);
            for (size_t f = 0; !cut && f < 3; f++)
                copy[HEADER + sb_rng_below(&rng, size - HEADER)] = (char)sb_rng_below(&rng, 256);
            sb_array a = {0};
            t.err.text[0] = '\0';
            const sb_status st = read_bytes(copy, cut ? size * round / 500 : size, k ? "cube" : NULL, &a);
            ck_assert_msg(st == SB_OK || *t.err.text, "%s, round %zu: no message", file[k], round);
            refused += st != SB_OK;
            for (size_t i = 0; st == SB_OK && i < sb_array_rows(&a); i++)
                for (size_t j = 0; j < sb_array_width(&a); j++) sink = sink + sb_array_at(&a, i, j);
            sb_arena_rewind(t.cx.arena, mark);
        }
    }
    ck_assert_uint_ge(refused, 1500);
}
END_TEST

START_TEST(allocation_failures_are_clean)
{
    static const char *const file[] = {"plain.mat", "packed.mat"};
    for (size_t k = 0; k < 2; k++)
        for (size_t at = 0;; at++) {
            const size_t mark = sb_arena_mark(t.cx.arena);
            sb_array a;
            const sb_option_text cube = {"member", "cube"};
            const char *path = sb_str_format(t.cx.arena, FOLDER "%s", file[k]);
            sb_arena_fail_at(t.cx.arena, at);
            const sb_status st = sb_array_read(path, "mat", &cube, 1, LIMIT, &t.cx, &a);
            sb_arena_fail_at(t.cx.arena, SIZE_MAX);
            if (st == SB_OK) break;
            ck_assert_msg(st == SB_ENOMEM, "%s, allocation %zu: %s", file[k], at, t.err.text);
            sb_arena_rewind(t.cx.arena, mark);
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mat");
    TCase *c = tcase_create("mat");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, arrays_read_back);
    tcase_add_test(c, others_are_refused);
    tcase_add_test(c, headers_and_elements_are_checked);
    tcase_add_test(c, cut_and_flipped_files_do_no_harm);
    tcase_add_test(c, allocation_failures_are_clean);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
